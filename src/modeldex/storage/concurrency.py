"""Blocking work in a thread, to completion; a lock for many event loops."""

import asyncio
import contextlib
from collections.abc import Callable
from functools import partial
from typing import Any


async def run_to_completion(work: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """Run in a thread and return the result; cancellation waits for completion.

    The thread may hold the write lock, which must be released before the caller goes on.
    """
    loop = asyncio.get_running_loop()
    # Not a task: closing the event loop cancels all tasks, but does not stop the thread.
    done = loop.run_in_executor(None, partial(work, *args, **kwargs))
    try:
        return await asyncio.shield(done)
    except asyncio.CancelledError:
        # The caller may be cancelled again while it waits.
        while not done.done():
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.wait([done])
        raise


class LoopSafeLock:
    """Like asyncio.Lock, but usable from one event loop after another.

    Only a holder in the running event loop blocks; an earlier loop has ended.
    """

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._lock = asyncio.Lock()

    async def __aenter__(self) -> None:
        loop = asyncio.get_running_loop()
        if self._loop is not loop:
            self._loop, self._lock = loop, asyncio.Lock()
        await self._lock.acquire()

    async def __aexit__(self, *_exception: object) -> None:
        self._lock.release()
