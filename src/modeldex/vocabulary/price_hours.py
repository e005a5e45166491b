"""Hours of the week in UTC during which a price holds, as a text: `1630-0030`, `0400-0600w12345`.

The end is not included and may lie after midnight; equal times are 24 hours. The digits after `w`
are the days on which the hours begin, 1 for Monday to 7 for Sunday; without them every day.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple

DAY = 24 * 60
_TIME = r"(?:[01]\d|2[0-3])[0-5]\d"
HOURS = rf"{_TIME}-{_TIME}(?:w[1-7]{{1,7}})?"
"""The pattern of the text."""

EVERY_DAY = (1, 2, 3, 4, 5, 6, 7)
_NAMES = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


class Hours(NamedTuple):
    """Minutes of the day at which a span begins and ends, and the days on which it begins."""

    start: int
    end: int
    days: tuple[int, ...] = EVERY_DAY

    @classmethod
    def of(cls, text: str) -> "Hours":
        """Parse a text that matches HOURS."""
        times, _, days = text.partition("w")
        start, end = map(_minutes, times.split("-"))
        return cls(start, end, tuple(map(int, days)) or EVERY_DAY)

    @property
    def text(self) -> str:
        """The hours as they stand in a word of `other_prices`."""
        days = "" if self.days == EVERY_DAY else "w" + "".join(map(str, self.days))
        return f"{_clock(self.start)}-{_clock(self.end)}{days}"

    def hold(self, moment: datetime) -> bool:
        """Whether a moment in UTC lies in them."""
        minute, day = moment.hour * 60 + moment.minute, moment.isoweekday()
        if self.start < self.end:
            return self.start <= minute < self.end and day in self.days
        if minute >= self.start:
            return day in self.days
        return minute < self.end and (day - 2) % 7 + 1 in self.days

    def __str__(self) -> str:
        """In words: `16:30 to 00:30 UTC, Mon, Fri`."""
        days = "" if self.days == EVERY_DAY else ", ".join(_NAMES[day - 1] for day in self.days)
        if self.start == self.end == 0:
            return f"all day {days or 'UTC'}" + (" UTC" if days else "")
        start, end = (f"{text[:2]}:{text[2:]}" for text in map(_clock, self[:2]))
        return f"{start} to {end} UTC{days and ', ' + days}"


@lru_cache(maxsize=512)
def hours_of(text: str) -> Hours:
    """Parse a text that matches HOURS."""
    return Hours.of(text)


def others(spans: Iterable[Hours]) -> Iterator[Hours]:
    """Yield the hours of every day that are in none of the spans, which are of every day."""
    busy = sorted(part for span in spans for part in _within_a_day(span))
    gaps, free = [], 0
    for start, end in busy:
        if start > free:
            gaps.append((free, start))
        free = max(free, end)
    if free < DAY:
        gaps.append((free, DAY))
    # A gap up to midnight and one from midnight on are one span.
    if len(gaps) > 1 and gaps[0][0] == 0 and gaps[-1][1] == DAY:
        gaps[-1] = (gaps[-1][0], gaps.pop(0)[1])
    yield from (Hours(start, end % DAY) for start, end in gaps)


def _within_a_day(span: Hours) -> list[tuple[int, int]]:
    if span.start < span.end:
        return [(span.start, span.end)]
    return [(span.start, DAY), (0, span.end)]


def _minutes(text: str) -> int:
    return int(text[:2]) * 60 + int(text[2:])


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}{minutes % 60:02}"
