"""Times as the catalog writes them, and as callers give them."""

import math
import re
import time
from datetime import UTC, date, datetime, timedelta

from modeldex.errors import InvalidQuery
from modeldex.vocabulary import clock

When = datetime | date | timedelta | str
"""A moment as callers pass it: an aware datetime, a date, a text, or a timedelta ago."""

_SPAN = re.compile(r"(\d{1,9})([smhdw])", re.ASCII)
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def span(field: str, given: timedelta | str) -> timedelta:
    """Parse a time span: a timedelta, or a text such as 90m, 24h, 7d or 2w.

    `field` is the parameter's name in errors. Raises InvalidQuery if the span is invalid,
    negative or too long.
    """
    length = given if isinstance(given, timedelta) else _span(str(given))
    if length is None or length < timedelta():
        raise InvalidQuery(field, str(given), "expected a span of time such as 90m, 24h, 7d or 2w")
    return length


def _span(given: str) -> timedelta | None:
    found = _SPAN.fullmatch(given.strip().lower())
    try:
        return timedelta(**{_UNITS[found[2]]: int(found[1])}) if found else None
    except OverflowError:
        return None


def is_relative(given: When) -> bool:
    """Whether a moment is given as a span before now, so that it is another one each time."""
    return isinstance(given, timedelta) or (isinstance(given, str) and _span(given) is not None)


def parse_moment(field: str, given: When, born: str = "") -> str:
    """Parse a moment to the catalog's text form: ISO 8601, UTC, milliseconds, `Z`.

    A date means its start in UTC. A text is ISO 8601, in UTC if it has no zone. A timedelta,
    or a text such as 24h, 7d or 2w, means that long ago. Raises InvalidQuery for an invalid
    moment, a naive datetime, the future, and a moment before `born`.
    """
    now = clock.now()
    moment = _parsed(field, given, now)
    if moment > now:
        raise InvalidQuery(field, str(given), "lies in the future")
    if (written := text(moment)) < born:
        reason = f"history begins at {born}, when the catalog was created or pruned"
        raise InvalidQuery(field, str(given), reason)
    return written


def any_moment(field: str, given: When) -> str:
    """Parse a moment as `parse_moment` does, but one that may lie in the future."""
    return text(_parsed(field, given, clock.now()))


def _parsed(field: str, given: When, now: datetime) -> datetime:
    try:
        return _moment(given, now).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise InvalidQuery(field, str(given), str(error)) from None


def text(moment: datetime) -> str:
    """An aware datetime in the catalog's text form."""
    written = moment.astimezone(UTC).isoformat(timespec="milliseconds")
    return written.removesuffix("+00:00") + "Z"


def _moment(given: When, now: datetime) -> datetime:
    """The moment as an aware datetime. Raises ValueError with the reason, or OverflowError."""
    if isinstance(given, datetime):
        if given.tzinfo is None:
            raise ValueError("a datetime without a zone; use datetime.now(UTC)")
        return given
    if isinstance(given, date):
        return datetime(given.year, given.month, given.day, tzinfo=UTC)
    ago = given if isinstance(given, timedelta) else _span(str(given))
    if ago is not None:
        return now - ago
    try:
        moment = datetime.fromisoformat(str(given).strip())
    except ValueError:
        raise ValueError("expected a time such as 2026-11-22T09:30Z, 2026-11-22 or 7d") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def now() -> str:
    """Return the current time in the catalog's format, `2026-11-22T09:30:00.000Z`."""
    seconds = clock.wall()
    fraction = int(seconds % 1 * 1000)
    return time.strftime(f"%Y-%m-%dT%H:%M:%S.{fraction:03d}Z", time.gmtime(seconds))


MAX_RETRY_AFTER = 24 * 3600.0
"""Longest Retry-After that is respected, in seconds."""


def utc(moment: float) -> str:
    """Return a Unix time in the catalog's format, rounded up to whole seconds."""
    return time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(math.ceil(moment)))


def retry_time(wait: float) -> str:
    """Return the time `wait` seconds from now, but at most MAX_RETRY_AFTER from now."""
    return utc(clock.wall() + min(wait, MAX_RETRY_AFTER))


def pending_time(moment: object) -> str | None:
    """Return a future time that is at most MAX_RETRY_AFTER ahead; None for anything else."""
    try:
        seconds = datetime.fromisoformat(str(moment)).timestamp()
    except (ValueError, OverflowError):
        return None
    # One second more, as `utc` rounds up.
    return utc(seconds) if 0 < seconds - clock.wall() <= MAX_RETRY_AFTER + 1 else None
