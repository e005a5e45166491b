"""Lenient pydantic models for upstream JSON: a field of a wrong type is unknown, and counted.

Each row is validated with the `values` counter of its Rows as validation context.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Annotated, TypeVar
from urllib.parse import parse_qsl, urlsplit

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    PlainValidator,
    ValidationError,
    ValidationInfo,
    WrapValidator,
)
from pydantic import ValidatorFunctionWrapHandler as Handler
from pydantic.alias_generators import to_camel

from modeldex.errors import SourceFailed
from modeldex.http.failures import OtherFormat
from modeldex.upstream.formats.rows import Page, Rows, table

T = TypeVar("T")

_EPOCH = "1970-01-01"
_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]{1,3})?")
_DIGITS = 40
_HUGE = 10**18


def _count_lost(info: ValidationInfo, reason: str) -> None:
    if info.context is not None:
        info.context[f"{info.field_name}: {reason}"] += 1


def _or_unknown(value: object, handler: Handler, info: ValidationInfo) -> object:
    try:
        return handler(value)
    except ValidationError:
        _count_lost(info, "unexpected type")
        return None


def _only_words(value: object, info: ValidationInfo) -> object:
    if not isinstance(value, list):
        if value is not None:
            _count_lost(info, "unexpected type")
        return ()
    return tuple(word for word in value if isinstance(word, str))


def number(value: object) -> object:
    """The exact number in a text that is one, such as "5e-06"; any other value as it is."""
    if isinstance(value, str) and len(value) <= _DIGITS and _NUMBER.fullmatch(value):
        return Decimal(value)
    return value


def whole(value: object) -> int | None:
    """An integer above 0, also as text; None for another, and for null. Raises ValueError."""
    given = number(value)
    if isinstance(given, int | float | Decimal) and _is_whole(given):
        return max(int(given), 0) or None
    if value is None:
        return None
    raise ValueError("unexpected type")


def _limit(value: object, info: ValidationInfo) -> int | None:
    try:
        return whole(value)
    except ValueError as error:
        _count_lost(info, str(error))
        return None


def _is_whole(given: float | Decimal) -> bool:
    # A text such as 1e999 would become an integer of as many digits.
    return not isinstance(given, bool) and -_HUGE < given < _HUGE and given == int(given)


def _day(value: object, info: ValidationInfo) -> str | None:
    if value is None or value == "":
        return None
    try:
        day = _iso(value)
    except (ValueError, OverflowError, OSError):
        _count_lost(info, "not a date")
        return None
    return None if day == _EPOCH else day


def _iso(value: object) -> str:
    if isinstance(value, str) and len(value) == len("2026-11"):
        return date.fromisoformat(f"{value}-01").isoformat()[: len(value)]
    if isinstance(value, str):
        return date.fromisoformat(value[:10]).isoformat()
    if isinstance(value, date):
        return value.isoformat()[:10]
    if type(value) is int:
        return datetime.fromtimestamp(value, UTC).date().isoformat()
    raise ValueError("unexpected type")


Maybe = Annotated[T | None, WrapValidator(_or_unknown)]
"""A value of exactly this type, or None."""
Words = Annotated[tuple[str, ...], BeforeValidator(_only_words)]
"""The strings in a list; other items are ignored."""
Limit = Annotated[int | None, PlainValidator(_limit)]
"""An integer above 0, also as text, else None: hosts write 0 or less for "unknown"."""
Day = Annotated[str | None, PlainValidator(_day)]
"""YYYY-MM-DD or YYYY-MM, from ISO 8601 text, a date or Unix seconds; the epoch is unknown."""


class Payload(BaseModel):
    """A JSON object of an upstream API; unknown keys are ignored."""

    model_config = ConfigDict(strict=True, extra="ignore", hide_input_in_errors=True)


class CamelPayload(Payload):
    """The same with camelCase keys."""

    model_config = ConfigDict(alias_generator=to_camel)


PayloadT = TypeVar("PayloadT", bound=Payload)


def list_under(payload: object, key: str, provider: str) -> list[object]:
    """The list under a key of the payload. Raises OtherFormat if it is not there."""
    rows = table(payload).get(key)
    if not isinstance(rows, list):
        raise OtherFormat(
            provider, f"the response has no list of models (expected an array as {key!r})"
        )
    return rows


def as_list(payload: object, provider: str) -> list[object]:
    """The payload itself if it is an array. Raises OtherFormat otherwise."""
    if not isinstance(payload, list):
        raise OtherFormat(provider, "the response is not a list of models (expected a JSON array)")
    return payload


def typed_rows(rows: list[object], model: type[PayloadT], found: Rows) -> Iterator[PayloadT]:
    """Each row as a typed object; rows that are not objects are counted as dropped."""
    for row in rows:
        if isinstance(row, dict):
            yield model.model_validate(row, context=found.values)
        else:
            found.skip("the row is not a JSON object")


def page(found: Rows, provider: str, following: Mapping[str, str] | None = None) -> Page:
    """The collected rows as a Page. Raises SourceFailed if there were rows, but none valid."""
    mapped = found.mapped()
    if mapped.dropped and not mapped.rows:
        reason = next(iter(mapped.dropped))
        raise SourceFailed(
            provider, f"none of the {mapped.seen} rows is valid; first reason: {reason}"
        )
    return Page(mapped, following)


def query_of_token(parameter: str, token: object) -> Mapping[str, str] | None:
    """The query for the next page from a page token; None without a token."""
    return {parameter: token} if isinstance(token, str) and token else None


def query_of_link(address: object) -> Mapping[str, str] | None:
    """The query of the next page's URL. Only the query: a foreign host must not get the key."""
    try:
        query = urlsplit(address).query if isinstance(address, str) else ""
    except ValueError:
        return None
    return dict(parse_qsl(query)) or None


def next_query(
    provider: str, announced: object, following: Mapping[str, str] | None
) -> Mapping[str, str] | None:
    """The query for the next page if one is announced (truthy), else None.

    Raises SourceFailed if it is announced without a usable query: an incomplete listing must
    not pass for a complete one, because the models it lacks would be marked missing.
    """
    if announced and following is None:
        raise SourceFailed(
            provider,
            "the listing has more pages, but no usable link or token to the next one",
        )
    return following if announced else None
