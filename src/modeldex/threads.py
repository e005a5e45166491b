"""Run blocking work in a thread, to completion."""

import asyncio
import contextlib
from collections.abc import Callable
from functools import partial
from typing import Any


async def to_its_end(work: Callable[..., Any], *about: Any, **named: Any) -> Any:
    """Run in a thread and return the result; cancellation waits for completion.

    The thread may hold the write lock, which must be released before the caller goes on.
    """
    loop = asyncio.get_running_loop()
    # Not a task: closing the event loop cancels all tasks, but does not stop the thread.
    done = loop.run_in_executor(None, partial(work, *about, **named))
    try:
        return await asyncio.shield(done)
    except asyncio.CancelledError:
        # The caller may be cancelled again while it waits.
        while not done.done():
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.wait([done])
        raise
