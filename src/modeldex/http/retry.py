"""Retry-After, how long a retry may wait, and the limit of requests per host."""

import asyncio
import math
import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from email.utils import parsedate_to_datetime
from weakref import WeakKeyDictionary

from modeldex.vocabulary import clock

_SECONDS = re.compile(r"[0-9]+(\.[0-9]+)?")
_DEADLINE: ContextVar[float] = ContextVar("until", default=math.inf)


@contextmanager
def retry_deadline(until: float) -> Iterator[None]:
    """Cap retry sleeps inside the block at this deadline, in the event loop's time."""
    before = _DEADLINE.set(until)
    try:
        yield
    finally:
        _DEADLINE.reset(before)


def seconds_left(limit: asyncio.Timeout) -> float:
    """Return the seconds left before `limit` or the deadline of `retry_deadline`, the earlier."""
    ends = limit.when()
    until = min(_DEADLINE.get(), math.inf if ends is None else ends)
    return until - asyncio.get_running_loop().time()


def retry_after(header: str, body: object = None, now: float | None = None) -> float | None:
    """Return the seconds to wait, from a Retry-After header or Google's RetryInfo in the body.

    The header is seconds or an HTTP date; a date in the past gives 0. None if neither is valid.
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
    # {"error": {"details": [{"retryDelay": "30s"}]}}, or a list of one such object.
    error = body[0] if isinstance(body, list) and body else body
    inner = error.get("error") if isinstance(error, dict) else None
    details = inner.get("details") if isinstance(inner, dict) else None
    for detail in details if isinstance(details, list) else []:
        delay = detail.get("retryDelay") if isinstance(detail, dict) else None
        if isinstance(delay, str) and _SECONDS.fullmatch(delay.removesuffix("s")):
            return float(delay.removesuffix("s"))
    return None


MAX_CONCURRENT = 8
"""Requests to one host that may run at the same time."""

_Semaphores = dict[str, asyncio.Semaphore]
_semaphores: WeakKeyDictionary[asyncio.AbstractEventLoop, _Semaphores] = WeakKeyDictionary()


def host_semaphore(host: str) -> asyncio.Semaphore:
    """The semaphore to hold during a request to a host; waiters are served in order."""
    # Semaphores belong to an event loop, and each thread of the sync API has its own loop.
    gates = _semaphores.setdefault(asyncio.get_running_loop(), {})
    return gates.setdefault(host, asyncio.Semaphore(MAX_CONCURRENT))
