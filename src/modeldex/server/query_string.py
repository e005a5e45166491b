"""Parses query strings; each parameter gets the type of its JSON schema."""

import re
from collections.abc import Callable, Mapping
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
_FLAGS = {"true": True, "1": True, "false": False, "0": False}
_INTEGER = re.compile(r"-?(0|[1-9][0-9]{0,18})", re.ASCII)
_NUMBER = re.compile(r"-?(0|[1-9][0-9]{0,18})(\.[0-9]{1,30})?([eE][+-]?[0-9]{1,3})?", re.ASCII)


class Kind(NamedTuple):
    """How a parameter is parsed: from text by `parse`, repeated if `many`."""

    parse: Callable[[str], object]
    many: bool
    schema: Mapping[str, Any]


def _flag(text: str) -> bool:
    if text not in _FLAGS:
        raise ValueError("expected true or false")
    return _FLAGS[text]


def _integer(text: str) -> int:
    if not _INTEGER.fullmatch(text):
        raise ValueError("expected a whole number")
    return int(text)


def _number(text: str) -> float:
    if not _NUMBER.fullmatch(text):
        raise ValueError("expected a number")
    return float(text)


_PARSERS: Mapping[str, Callable[[str], object]] = {
    "boolean": _flag,
    "integer": _integer,
    "number": _number,
}


@cache
def kinds(parameters: type[Parameters]) -> Mapping[str, Kind]:
    """Return how each parameter of an operation is parsed."""
    described = parameters.model_json_schema()["properties"]
    return {name: _kind(schema) for name, schema in described.items()}


def _kind(schema: dict[str, Any]) -> Kind:
    without_null(schema)
    parse = _PARSERS.get(str(schema.get("type")), str)
    return Kind(parse, schema.get("type") == "array", schema)


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
            found[name] = [*found.get(name, ()), text]  # type: ignore[misc]
        elif name in found:
            reason = "is in the path" if name in path else "given twice"
            raise InvalidParameter(name, text[:80], reason)
        else:
            found[name] = _parsed_value(name, kind, text)
    return found


def _parsed_value(name: str, kind: Kind, text: str) -> object:
    try:
        return kind.parse(text)
    except ValueError as error:
        raise InvalidParameter(name, text[:80], str(error)) from None


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
