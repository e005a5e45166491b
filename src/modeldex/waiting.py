"""How long a server asks us to wait before the next try, and how long we can."""

import asyncio
import math
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from email.utils import parsedate_to_datetime

from modeldex import clock

LONGEST = 24 * 3600.0
"""Seconds for which a server is left alone at most, whatever it asks for."""

_SECONDS = re.compile(r"[0-9]{1,9}(\.[0-9]+)?")
_UNTIL: ContextVar[float] = ContextVar("until", default=math.inf)


@contextmanager
def no_longer_than(until: float) -> Iterator[None]:
    """Nobody inside waits beyond this time of the event loop for another try."""
    before = _UNTIL.set(until)
    try:
        yield
    finally:
        _UNTIL.reset(before)


def seconds_left(limit: asyncio.Timeout) -> float:
    """How long one may wait within `limit`, and within the time of whoever asks."""
    ends = limit.when()
    until = min(_UNTIL.get(), math.inf if ends is None else ends)
    return until - asyncio.get_running_loop().time()


def utc(moment: float) -> str:
    """A time as the catalog writes it, in whole seconds, never too early."""
    return time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(math.ceil(moment)))


def not_before(wait: float) -> str:
    """When a server that asks to wait so many seconds may be asked again."""
    return utc(clock.wall() + min(wait, LONGEST))


def still_ahead(moment: object) -> str | None:
    """A stated time that is to come, within a day; None for any other, and for no time."""
    try:
        seconds = datetime.fromisoformat(str(moment)).timestamp()
    except (ValueError, OverflowError):
        return None
    return utc(seconds) if 0 < seconds - clock.wall() <= LONGEST + 1 else None


def retry_after(header: str, body: object = None, now: float | None = None) -> float | None:
    """Seconds, from a Retry-After header or from Google's RetryInfo in the body.

    The header holds seconds or an HTTP date; a date in the past means 0. None where nothing
    is said.
    """
    text = header.strip()
    if _SECONDS.fullmatch(text):
        return float(text)
    try:
        moment = parsedate_to_datetime(text).timestamp()
    except ValueError:
        return _retry_info(body)
    return max(0.0, moment - (clock.wall() if now is None else now))


def _retry_info(body: object) -> float | None:
    error = body[0] if isinstance(body, list) and body else body
    inner = error.get("error") if isinstance(error, dict) else None
    details = inner.get("details") if isinstance(inner, dict) else None
    for detail in details if isinstance(details, list) else []:
        delay = detail.get("retryDelay") if isinstance(detail, dict) else None
        if isinstance(delay, str) and _SECONDS.fullmatch(delay.removesuffix("s")):
            return float(delay.removesuffix("s"))
    return None
