"""Work that must not be given up half-way, off the event loop."""

import asyncio
import contextlib
from collections.abc import Callable
from functools import partial
from typing import Any


async def to_its_end(work: Callable[..., Any], *about: Any, **named: Any) -> Any:
    """Run in a thread; who is cancelled, however often, waits for its end: it holds the writer."""
    loop = asyncio.get_running_loop()
    # No task: one would be cancelled with all others when the loop is closed, the thread not.
    done = loop.run_in_executor(None, partial(work, *about, **named))
    try:
        return await asyncio.shield(done)
    except asyncio.CancelledError:
        while not done.done():
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.wait([done])
        raise
