"""No host is asked more than a few questions at once, whichever part asks."""

import asyncio
from weakref import WeakKeyDictionary

AT_ONCE = 8
"""Exchanges that may run with one host at the same time."""

_Gates = dict[str, asyncio.Semaphore]
_gates: WeakKeyDictionary[asyncio.AbstractEventLoop, _Gates] = WeakKeyDictionary()


def turn(host: str) -> asyncio.Semaphore:
    """Held during an exchange with a host; those beyond AT_ONCE wait here, in order."""
    gates = _gates.setdefault(asyncio.get_running_loop(), {})
    return gates.setdefault(host, asyncio.Semaphore(AT_ONCE))
