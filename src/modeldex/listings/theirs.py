"""Typed models of foreign JSON: a field of a wrong type is unknown, and counted.

A listing is validated row by row with the counter of its Rows as context.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
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
from modeldex.listings.page import Page
from modeldex.listings.rows import Rows, table

T = TypeVar("T")

_EPOCH = "1970-01-01"


def _lost(info: ValidationInfo, reason: str) -> None:
    if info.context is not None:
        info.context[f"{info.field_name}: {reason}"] += 1


def _or_unknown(value: object, handler: Handler, info: ValidationInfo) -> object:
    try:
        return handler(value)
    except ValidationError:
        _lost(info, "of another type")
        return None


def _only_words(value: object, info: ValidationInfo) -> object:
    if not isinstance(value, list):
        if value is not None:
            _lost(info, "of another type")
        return ()
    return tuple(word for word in value if isinstance(word, str))


def _limit(value: object, info: ValidationInfo) -> int | None:
    if type(value) is int or (type(value) is float and value.is_integer()):
        return int(value) if value > 0 else None
    if value is not None:
        _lost(info, "of another type")
    return None


def _day(value: object, info: ValidationInfo) -> str | None:
    if value is None or value == "":
        return None
    try:
        day = _iso(value)
    except (ValueError, OverflowError, OSError):
        _lost(info, "no date")
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
    raise ValueError("of another type")


Maybe = Annotated[T | None, WrapValidator(_or_unknown)]
"""A value of this very type, or None."""
Words = Annotated[tuple[str, ...], BeforeValidator(_only_words)]
"""The texts in a list."""
Limit = Annotated[int | None, PlainValidator(_limit)]
"""A whole number above 0: hosts write 0 and less where they know none."""
Day = Annotated[str | None, PlainValidator(_day)]
"""The day, or month, in ISO 8601 text, in a date or in Unix seconds; the epoch is no date."""


class Theirs(BaseModel):
    """A JSON object of somebody else's: what we do not know of it is ignored."""

    model_config = ConfigDict(strict=True, extra="ignore", hide_input_in_errors=True)


class Camel(Theirs):
    """The same for hosts that write camelCase."""

    model_config = ConfigDict(alias_generator=to_camel)


Row = TypeVar("Row", bound=Theirs)


def listed(payload: object, key: str, provider: str) -> list[object]:
    """The rows under a key of the answer; SourceFailed where it has no such list."""
    rows = table(payload).get(key)
    if not isinstance(rows, list):
        raise SourceFailed(provider, f"the answer holds no list of models ({key})")
    return rows


def array(payload: object, provider: str) -> list[object]:
    """The rows of an answer that is a bare array; SourceFailed where it is none."""
    if not isinstance(payload, list):
        raise SourceFailed(provider, "the answer is no list of models")
    return payload


def each(rows: list[object], model: type[Row], found: Rows) -> Iterator[Row]:
    """The rows as typed objects; what is no object is counted as a lost row."""
    for row in rows:
        if isinstance(row, dict):
            yield model.model_validate(row, context=found.values)
        else:
            found.skip("the row is no object")


def page(found: Rows, provider: str, following: Mapping[str, str] | None = None) -> Page:
    """The page of what was found; SourceFailed where rows came and not one could be read."""
    mapped = found.mapped()
    if mapped.dropped and not mapped.rows:
        reason = next(iter(mapped.dropped))
        raise SourceFailed(provider, f"not one of {mapped.read} rows can be read: {reason}")
    return Page(mapped, following)


def cursor(parameter: str, token: object) -> Mapping[str, str] | None:
    """The query for the next page by a token; None where there is none."""
    return {parameter: token} if isinstance(token, str) and token else None


def linked(address: object) -> Mapping[str, str] | None:
    """The query of the next page's address. Its host is not looked at, let alone asked."""
    try:
        query = urlsplit(address).query if isinstance(address, str) else ""
    except ValueError:
        return None
    return dict(parse_qsl(query)) or None


def more(
    provider: str, said: object, following: Mapping[str, str] | None
) -> Mapping[str, str] | None:
    """The query for the next page, where the answer says that there is one.

    Raises SourceFailed where it does not say how to ask: half a listing is not taken for all.
    """
    if said and following is None:
        raise SourceFailed(provider, "there are more models, but the answer does not say where")
    return following if said else None
