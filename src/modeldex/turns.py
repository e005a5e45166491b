"""A lock for asyncio that is not bound to one event loop."""

import asyncio


class Turn:
    """Like asyncio.Lock, but usable from one event loop after another.

    Only a holder in the running event loop blocks; an earlier loop has ended.
    """

    def __init__(self) -> None:
        self._taken: asyncio.Future[None] | None = None

    async def __aenter__(self) -> None:
        loop = asyncio.get_running_loop()
        while self._taken is not None and self._taken.get_loop() is loop:
            # Shielded: cancelling one waiter must not cancel the future that all wait for.
            await asyncio.shield(self._taken)
        self._taken = loop.create_future()

    async def __aexit__(self, *_exception: object) -> None:
        taken, self._taken = self._taken, None
        if taken is not None:
            taken.set_result(None)
