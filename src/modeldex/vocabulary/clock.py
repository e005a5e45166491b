"""The one place that reads the time; whoever sets `wall` or `steady` sets it for the package.

Always call them through the module (`clock.wall()`), so that a replaced one is seen.
"""

import time
from datetime import UTC, date, datetime
from functools import lru_cache

wall = time.time
"""Seconds since 1970-01-01 UTC."""

steady = time.perf_counter
"""Seconds of a clock that is never set back, to measure a span of time by."""


def now() -> datetime:
    """The current time, in UTC."""
    return datetime.fromtimestamp(wall(), UTC)


def today() -> date:
    """The current day in UTC."""
    return now().date()


def day() -> str:
    """The current day in UTC, as an ISO date."""
    # Asked for by every query, so it is formatted only when the day has changed.
    return _written(int(wall() // 86400))


@lru_cache(maxsize=1)
def _written(day: int) -> str:
    return time.strftime("%Y-%m-%d", time.gmtime(day * 86400))
