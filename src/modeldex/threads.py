"""Work that must not be given up half-way, off the event loop."""

import asyncio
from collections.abc import Callable
from typing import Any


async def to_its_end(work: Callable[..., Any], *about: Any, **named: Any) -> Any:
    """Run in a thread; whoever is cancelled waits for its end, for it holds the writer."""
    task = asyncio.create_task(asyncio.to_thread(work, *about, **named))
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task])
        raise
