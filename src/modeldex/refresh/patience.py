"""Writes of a refresh, which wait for other processes: what was fetched is not lost to a lock."""

from collections.abc import Callable
from typing import Any

from modeldex.errors import CatalogLocked
from modeldex.refresh.report import Progress
from modeldex.storage.concurrency import run_to_completion
from modeldex.vocabulary import clock

PATIENCE = 600.0
"""Seconds for which a write is tried again."""


async def stored(progress: Progress, work: Callable[..., Any], *args: Any, **how: Any) -> Any:
    """Return the result of a function that writes; it is run again while others hold a lock.

    Who is cancelled waits for the end of one try. Raises CatalogLocked when patience ends.
    """
    give_up_at = clock.steady() + PATIENCE
    while True:
        try:
            return await run_to_completion(work, *args, **how)
        except CatalogLocked:
            if clock.steady() >= give_up_at:
                raise
            progress("locked by another process: waiting to write")
