"""Per-host concurrency limit of HTTP requests, shared by all sources and resolvers."""

import asyncio
from weakref import WeakKeyDictionary

AT_ONCE = 8
"""Requests to one host that may run at the same time."""

_Gates = dict[str, asyncio.Semaphore]
_gates: WeakKeyDictionary[asyncio.AbstractEventLoop, _Gates] = WeakKeyDictionary()


def turn(host: str) -> asyncio.Semaphore:
    """The semaphore to hold during a request to a host; waiters are served in order."""
    # Semaphores belong to an event loop, and each thread of the sync API has its own loop.
    gates = _gates.setdefault(asyncio.get_running_loop(), {})
    return gates.setdefault(host, asyncio.Semaphore(AT_ONCE))
