"""Filters of the templates: they format values as text, which the templates escape."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any, cast
from urllib.parse import quote, urlencode, urlsplit

from modeldex.vocabulary import clock
from modeldex.vocabulary.fields import BY_NAME
from modeldex.vocabulary.formatting import dollars
from modeldex.vocabulary.pages import is_page

UNKNOWN = "unknown"

_AGES = (("days", 86400), ("hours", 3600), ("minutes", 60))
_SHORT = {
    "max_context": "context",
    "max_output_tokens": "output",
    "input_cost_per_1m": "input price",
    "output_cost_per_1m": "output price",
    "cache_read_cost_per_1m": "cached input price",
    "cache_write_cost_per_1m": "cache write price",
    "speed_hint_tps": "speed",
    "ttft_ms": "time to first token",
    "param_count": "parameters",
    "retires_at": "retires",
}


def label(field: str) -> str:
    """Return the label of a field."""
    return _SHORT.get(field) or field.removeprefix("supports_").replace("_", " ")


def shown(value: object, field: str = "") -> str:
    """Format a value of a field, with a currency sign or unit where needed."""
    if value is None:
        return UNKNOWN
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        return value
    if isinstance(value, Iterable):
        return ", ".join(sorted(map(str, value)))
    return _number(cast("float", value), field)


def exact(value: object, field: str) -> str:
    """Format a value like `shown`, but prices unrounded, so that different ones look different."""
    if isinstance(value, int | float) and "cost" in field:
        return f"${value:.12g}"
    return shown(value, field)


def _number(value: float, field: str) -> str:
    if "cost" in field:
        return dollars(value)
    text = f"{value:,}" if isinstance(value, int) else f"{value:,.4g}"
    known = BY_NAME.get(field)
    return f"{text} {known.unit}" if known and known.kind == "rate" else text


def money(value: float | None) -> str:
    """Format US dollars."""
    return UNKNOWN if value is None else dollars(value)


def number(value: float | None) -> str:
    """Format a count with thousands separators."""
    return UNKNOWN if value is None else shown(value)


def ago(moment: str | None) -> str:
    """Format the age of a time; a page that uses this may be cached for a minute only."""
    if moment is None:
        return "never"
    seconds = (clock.now() - datetime.fromisoformat(moment)).total_seconds()
    for unit, length in _AGES:
        if seconds >= 2 * length:
            return f"{int(seconds // length)} {unit} ago"
    return "just now"


def days_ago(moment: str) -> str:
    """Format the age of a time in days; right until the day ends, as long as a page is cached."""
    days = (clock.today() - date.fromisoformat(moment[:10])).days
    return {0: "today", 1: "yesterday"}.get(days, f"{days:,} days ago")


def minute(moment: str) -> str:
    """Format a time of the catalog to the minute, in UTC."""
    return moment[:16].replace("T", " ")


def page_of(provider: str, name: str) -> str:
    """Return the path of a model's page.

    Browsers resolve `.` and `..` in a path, and proxies may merge slashes, so a name with such a
    segment goes into the query string.
    """
    if {"", ".", ".."}.intersection(name.split("/")):
        return f"/m/{quote(provider, safe='')}?{urlencode({'name': name})}"
    return f"/m/{quote(provider, safe='')}/{quote(name, safe='/:@')}"


def page_of_id(model: str) -> str:
    """Return the path of a model's page by `provider/name`; a provider id has no slash."""
    provider, _, name = model.partition("/")
    return page_of(provider, name)


def link(path: str, given: Mapping[str, Any], **other: Any) -> str:
    """Build a URL from parameters; `other` replaces some of them, None removes one."""
    query = {name: value for name, value in {**given, **other}.items() if value is not None}
    return f"{path}?{urlencode(query, doseq=True)}" if query else path


def site(url: str | None) -> str:
    """Return the host of a page; empty for a text that no browser may be sent to."""
    return (urlsplit(url or "").hostname or "") if is_page(url) else ""


FILTERS = {
    "label": label, "shown": shown, "exact": exact, "money": money, "number": number, "ago": ago,
    "days_ago": days_ago, "minute": minute, "page_of_id": page_of_id,
    "site": site,
}  # fmt: skip
