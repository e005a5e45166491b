"""Price lists that hold at some hours of the day: the dearest is the main one.

A price that holds at night only must not be what ranks a model.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import groupby
from typing import TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from modeldex.vocabulary.price_hours import DAY, EVERY_DAY, Hours, others

S = TypeVar("S")

_TIME = r"\s*([01]?\d|2[0-4]):?([0-5]\d)(?::00)?Z?\s*"
_SPAN = re.compile(f"{_TIME}-{_TIME}", re.ASCII)
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def by_hour(
    usual: S, at_hours: Sequence[tuple[Hours, S]], height: Callable[[S], Decimal]
) -> tuple[S, list[tuple[Hours, S]]]:
    """Return the dearest of the lists, and the others with the hours of every day they hold at.

    `usual` holds at all hours but those of `at_hours`; `height` says how dear a list is.
    """
    dearest = max((usual, *(each for _, each in at_hours)), key=height)
    rest = [(hours, each) for hours, each in at_hours if height(each) < height(dearest)]
    if height(usual) < height(dearest):
        rest += [(hours, usual) for hours in others(hours for hours, _ in at_hours)]
    return dearest, rest


def span(text: str) -> Hours | None:
    """Parse hours of every day such as `16:30-00:30`; None if they are malformed."""
    found = _SPAN.fullmatch(text)
    if found is None:
        return None
    start_hour, start, end_hour, end = map(int, found.groups())
    first, last = start_hour * 60 + start, end_hour * 60 + end
    return None if max(first, last) > DAY else Hours(first % DAY, last % DAY)


def weekday(given: object) -> int | None:
    """Return the number of a day from 1, Monday, to 7; its English name may be given, too."""
    if type(given) is int:
        return given if given in EVERY_DAY else None
    name = given.strip().lower()[:3] if isinstance(given, str) else ""
    return _DAYS.index(name) + 1 if name in _DAYS else None


def on_days(spans: Iterable[Hours], days: Iterable[int], zone: str) -> Iterator[Hours]:
    """Yield the parts of spans, in UTC, that lie on some days of the week as counted in a zone.

    Raises ValueError for an unknown zone, and for one whose distance to UTC changes.
    """
    ahead, chosen = _minutes_ahead(zone), set(days)
    found: dict[tuple[int, int], set[int]] = {}
    for each in spans:
        for start, end in _cut(each, (DAY - ahead) % DAY):
            # Midnight of the zone lies between parts, never in one.
            found.setdefault((start, end), set()).update(
                day for day in EVERY_DAY if _local_day(day, start + ahead) in chosen
            )
    for (start, end), held in _joined(found):
        if held:
            yield Hours(start, end % DAY, held)


def _local_day(day: int, minute: int) -> int:
    return (day - 1 + minute // DAY) % 7 + 1


def _cut(span: Hours, at: int) -> list[tuple[int, int]]:
    """The parts of a span within a day of UTC, cut at one more minute of the day."""
    whole = [(span.start, span.end or DAY)]
    if span.end and span.start >= span.end:
        whole = [(0, span.end), (span.start, DAY)]
    cut = [(a, b) for low, high in whole for a, b in ((low, min(high, at)), (max(low, at), high))]
    return [(a, b) for a, b in cut if a < b]


def _joined(
    found: dict[tuple[int, int], set[int]],
) -> Iterator[tuple[tuple[int, int], tuple[int, ...]]]:
    """The parts by their days, neighbours with the same days as one."""
    parts = sorted((tuple(sorted(days)), span) for span, days in found.items())
    for days, spans in groupby(parts, key=lambda part: part[0]):
        last: tuple[int, int] | None = None
        for _, (start, end) in spans:
            if last is not None and start <= last[1]:
                last = last[0], max(end, last[1])
                continue
            if last is not None:
                yield last, days
            last = start, end
        if last is not None:
            yield last, days


def _minutes_ahead(zone: str) -> int:
    """How many minutes a zone is ahead of UTC, all year."""
    try:
        known = ZoneInfo(zone) if zone != "UTC" else UTC
    except (ZoneInfoNotFoundError, OSError):
        raise ValueError(f"{zone!a}: not a time zone") from None
    january = datetime(2026, 1, 1, tzinfo=known)
    distances = {(january + timedelta(days=days)).utcoffset() for days in range(0, 365, 30)}
    if len(distances) > 1:
        raise ValueError(f"{zone!a}: its distance to UTC changes")
    return int((distances.pop() or timedelta()).total_seconds()) // 60
