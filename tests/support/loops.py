"""Event loops whose time is not that of the machine: no outcome depends on how fast it is."""

import asyncio
import selectors
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

T = TypeVar("T")

_GLANCE = 0.005
"""Seconds for which a loop that waits for a moment looks for something to do instead."""


class _Glancing(selectors.DefaultSelector):
    """Never waits for long, for the time of the loop may have been set meanwhile."""

    def select(self, timeout: float | None = None) -> Any:
        """What has happened within a moment."""
        return super().select(timeout if timeout is None else min(timeout, _GLANCE))


class Clock(asyncio.SelectorEventLoop):
    """An event loop whose time is set by hand."""

    now = 0.0

    def __init__(self, selector: selectors.BaseSelector | None = None) -> None:
        super().__init__(selector or _Glancing())

    def time(self) -> float:
        """The time that was set."""
        return self.now


class _Leaping(selectors.DefaultSelector):
    """Lets the time of a loop pass at once where there is nothing to do but wait for it."""

    loop: Clock

    def select(self, timeout: float | None = None) -> Any:
        """What has happened; otherwise it is later."""
        if timeout is None or timeout <= 0:
            return super().select(timeout)
        found = super().select(0)
        if not found:
            self.loop.now += timeout
        return found


def in_no_time(work: Coroutine[Any, Any, T]) -> T:
    """Run in a loop in which nobody ever waits, and work takes no time.

    It must not wait for another process or thread at the same time as for a moment.
    """
    selector = _Leaping()
    selector.loop = Clock(selector)
    with asyncio.Runner(loop_factory=lambda: selector.loop) as runner:
        return runner.run(work)


def by_hand(work: Callable[[Clock], Coroutine[Any, Any, T]]) -> T:
    """Run in a loop whose time stands still until `work` sets it."""
    clock = Clock()
    with asyncio.Runner(loop_factory=lambda: clock) as runner:
        return runner.run(work(clock))


async def until(holds: Callable[[], object]) -> None:
    """Wait for a condition."""
    while not holds():
        await asyncio.sleep(0)


async def late(clock: Clock, asked: Awaitable[T], holds: Callable[[], object]) -> T:
    """An answer for which the time is over once a condition holds, and what came is taken."""
    task = asyncio.ensure_future(asked)
    await until(holds)
    for _ in range(100):  # of the loop: enough to take what has arrived
        await asyncio.sleep(0)
    clock.now += 1000
    return await task
