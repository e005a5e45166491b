"""The OpenAPI document, built from the tables of operations and exports."""

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any

from pydantic.json_schema import models_json_schema

from modeldex.server import query_string
from modeldex.server.errors import Error
from modeldex.server.exports.routes import EXPORTS, Export
from modeldex.server.metrics import MEDIA
from modeldex.server.operations import OPERATIONS, Operation
from modeldex.server.parameters import Parameters
from modeldex.server.responses import JSON
from modeldex.version import __version__

Document = dict[str, Any]

_REF = "#/components/schemas/{model}"
_ABOUT = """A registry of language models: capabilities, prices, and the origin of each fact.

Unknown values are absent from responses, never null. Responses to GET have an ETag; send it in
If-None-Match to get 304 if nothing changed. All errors have one JSON shape with a stable `code`.
A server with keys or addresses of providers answers for the models that it can call, and says so in
`scope`; `known=1` gives all known models. One without any answers for all known models."""


@cache
def document(*, reads_need_token: bool, root: str = "") -> Document:
    """Return the document; `root` is the prefix of all paths, empty for none."""
    rows: list[Operation | Export] = [*EXPORTS, *OPERATIONS.values()]
    rows += [
        each._replace(path=path, name=f"{each.name}_by_name")
        for each in OPERATIONS.values()
        for path in each.also
    ]
    kinds = [
        *((each.result, "serialization") for each in rows),
        *((each.parameters, "validation") for each in OPERATIONS.values() if _posts(each)),
        (Error, "serialization"),
    ]
    schemas = models_json_schema(kinds, ref_template=_REF)  # type: ignore[arg-type]
    names = {kind: str(ref["$ref"]) for (kind, _), ref in schemas[0].items()}
    paths: Document = {}
    for row in rows:
        for method, described in _described(row, names, reads_need_token):
            paths.setdefault(_path(row.path), {})[method] = described
    return {
        "openapi": "3.1.0",
        "info": {"title": "modeldex", "version": __version__, "description": _ABOUT},
        **({"servers": [{"url": root}]} if root else {}),
        "paths": paths | _others(reads_need_token),
        "components": {
            "schemas": schemas[1]["$defs"],
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
            "responses": {"Error": _error(names[Error])},
        },
    }


def _posts(row: Operation) -> bool:
    return "POST" in row.methods


def _path(path: str) -> str:
    return path.replace(":path}", "}")


def _error(ref: str) -> Document:
    return {
        "description": "An error; 4xx: the request must change.",
        "content": {JSON: {"schema": {"$ref": ref}}},
    }


def _described(
    row: Operation | Export, names: Mapping[type, str], reads_need_token: bool
) -> Iterator[tuple[str, Document]]:
    """Yield each method of a path with its description."""
    methods = row.methods if isinstance(row, Operation) else ("GET",)
    writes = isinstance(row, Operation) and row.writes
    for method in methods:
        described: Document = {
            "operationId": row.name if method == methods[0] else f"{row.name}_{method.lower()}",
            "summary": row.summary,
            "responses": {
                "200": _ok({"$ref": names[row.result]}, etag=method == "GET"),
                **_failures(method),
            },
            "security": [{"token": []}] if writes or reads_need_token else [],
        }
        if method == "POST":
            body = {JSON: {"schema": {"$ref": names[row.parameters]}}}
            described["requestBody"] = {"required": True, "content": body}
        else:
            described["parameters"] = list(_parameters(row.path, row.parameters))
        yield method.lower(), described


def _ok(schema: Document, media: str = JSON, *, etag: bool = False) -> Document:
    content = {media: {"schema": schema}}
    headers = {"ETag": {"schema": {"type": "string"}}} if etag else {}
    return {"description": "The result.", "headers": headers, "content": content}


def _failures(method: str) -> Document:
    ref = {"$ref": "#/components/responses/Error"}
    unchanged = {"304": {"description": "Not modified."}} if method == "GET" else {}
    return {**unchanged, "4XX": ref, "5XX": ref}


def _parameters(path: str, parameters: type[Parameters]) -> Iterator[Document]:
    in_path = set(re.findall(r"{(\w+)", path))
    for name, kind in query_string.kinds(parameters).items():
        schema = {key: value for key, value in kind.schema.items() if key != "description"}
        described = {
            "name": name,
            "in": "path" if name in in_path else "query",
            "required": name in in_path or parameters.model_fields[name].is_required(),
            "description": kind.schema.get("description", ""),
            "schema": schema,
        }
        yield {**described, "style": "form", "explode": True} if kind.many else described


def _others(reads_need_token: bool) -> Document:
    """Describe the routes about the server itself."""
    token: list[Any] = [{"token": []}] if reads_need_token else []
    rows: Iterable[tuple[str, str, str, Document, list[Any]]] = (
        ("/healthz", "healthz", "Whether the catalog can be read.", _ok(_HEALTHY), []),
        ("/openapi.json", "openapi", "This document.", _ok({"type": "object"}), token),
        ("/metrics", "metrics", "Metrics for Prometheus.", _ok({"type": "string"}, MEDIA), token),
    )
    return {
        path: {
            "get": {
                "operationId": name, "summary": summary, "security": security,
                "responses": {"200": ok, **_failures("GET")},
            }
        }
        for path, name, summary, ok, security in rows
    }  # fmt: skip


_HEALTHY = {
    "type": "object",
    "properties": {
        "status": {"const": "ok"},
        "oldest_answer": {
            "description": "The oldest last answer of the sources that should answer from outside, "
            "whose `at` is null if one never did; null if none should.",
            "anyOf": [
                {
                    "type": "object",
                    "properties": {
                        "at": {"type": ["string", "null"]},
                        "age_s": {"type": ["number", "null"]},
                    },
                    "required": ["at", "age_s"],
                },
                {"type": "null"},
            ],
        },
    },
    "required": ["status", "oldest_answer"],
}
