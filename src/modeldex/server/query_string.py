"""Splits query strings into parameters, whose texts pydantic converts to their types."""

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

from modeldex.server.errors import Fault
from modeldex.server.parameters import InvalidParameter, Parameters
from modeldex.vocabulary.frozen_model import without_null

MAX_LENGTH = 8192
_MAX_PAIRS = 200
_NOTHING: Mapping[str, str] = MappingProxyType({})


class Kind(NamedTuple):
    """What a parameter takes: the JSON schema of its value, which is repeated if `many`."""

    many: bool
    schema: Mapping[str, Any]


@cache
def kinds(parameters: type[Parameters]) -> Mapping[str, Kind]:
    """Return what each parameter of an operation takes."""
    described = parameters.model_json_schema()["properties"]
    return {name: _kind(schema) for name, schema in described.items()}


def _kind(schema: dict[str, Any]) -> Kind:
    without_null(schema)
    return Kind(schema.get("type") == "array", schema)


def given(
    parameters: type[Parameters], query: bytes, path: Mapping[str, str] = _NOTHING
) -> dict[str, object]:
    """Parse a query string and path parameters, as input of `parsed`.

    Unknown parameters are passed on as text, so that `parsed` reports them. Raises Fault and
    InvalidParameter.
    """
    if len(query) > MAX_LENGTH:
        raise Fault(414, "query_too_long", f"the query string is longer than {MAX_LENGTH} bytes")
    known = kinds(parameters)
    found: dict[str, object] = dict(path)
    for name, text in _pairs(query):
        kind = known.get(name)
        if kind is None:
            found[name] = text
        elif kind.many:
            parts = [part for part in text.split(",") if part] or [text]
            found[name] = [*found.get(name, ()), *parts]  # type: ignore[misc]
        elif name in found:
            reason = "is in the path" if name in path else "given twice"
            raise InvalidParameter(name, text[:80], reason)
        else:
            found[name] = text
    return found


def _pairs(query: bytes) -> list[tuple[str, str]]:
    try:
        return parse_qsl(
            query.decode("ascii"), keep_blank_values=True, errors="strict",
            max_num_fields=_MAX_PAIRS,
        )  # fmt: skip
    except ValueError:
        raise Fault(
            400, "malformed_query",
            f"the query string must be percent-encoded UTF-8 with at most {_MAX_PAIRS} parameters",
        ) from None  # fmt: skip
