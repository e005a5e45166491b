"""Reads from asyncio on one connection, used in a worker thread: what both engines share."""

import asyncio
import os
from abc import ABC, abstractmethod
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from threading import Thread
from typing import Any, Generic, Protocol, TypeVar

from modeldex.storage.location import Place

_CANCEL_EVERY = 0.05
"""Seconds between cancel requests: one that arrives between two statements has no effect."""


class Connection(Protocol):
    """What a connection must do to be used in a worker thread."""

    @property
    def broken(self) -> bool:
        """Whether the connection is closed or lost."""

    def execute(self, sql: str, /) -> object:
        """Run one statement."""

    def cancel(self) -> None:
        """Cancel the running statement; called from another thread."""

    def close(self) -> None:
        """Close the connection."""


C = TypeVar("C", bound=Connection)
P = TypeVar("P", bound=Place)
T = TypeVar("T")


class _Link(Generic[C]):
    """One connection and the one thread that uses it, one read after another."""

    def __init__(self, open_connection: Callable[[], C]) -> None:
        self.pid = os.getpid()
        self._open = open_connection
        self._thread = ThreadPoolExecutor(1, "modeldex reader")
        self._connection: C | None = None

    def submit(self, work: Callable[[C], T]) -> Future[T]:
        """Have the thread run a function with the connection; return its future result."""
        return self._thread.submit(self._run, work)

    def _run(self, work: Callable[[C], T]) -> T:
        if self._connection is None or self._connection.broken:
            self._drop()
            self._connection = self._open()
        return work(self._connection)

    def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def close(self) -> Future[None]:
        """Close the connection after the reads that were submitted; end the thread."""
        closing = self._thread.submit(self._drop)
        self._thread.shutdown(wait=False)
        return closing

    def give_up(self, running: Future[Any]) -> None:
        """Cancel the read that is running and all that wait for it; close the connection."""
        self._thread.shutdown(wait=False, cancel_futures=True)
        Thread(target=self._cancel, args=(running,), daemon=True).start()

    def _cancel(self, running: Future[Any]) -> None:
        while not running.done():
            if (connection := self._connection) is not None:
                connection.cancel()
            wait([running], _CANCEL_EVERY)
        self._drop()


inherited: list[object] = []
"""Connections that a fork brought from the parent, which still uses them.

Neither driver allows the child to use or close one: kept here, none is garbage-collected.
"""


class ThreadReader(ABC, Generic[P, C]):
    """Reads one catalog in a worker thread, one read after another; reopens a lost connection.

    It serves one event loop after another, not two at once. A cancelled read that is running is
    left to its thread, with its connection, and the next read opens another.
    """

    may_create = True
    """Whether a missing or empty place is made a catalog when it is opened."""

    begin = "BEGIN"
    """The statement that begins a transaction in which all reads see one state."""

    def __init__(self, path: P) -> None:
        self.path = path
        self._link: _Link[C] | None = None

    @abstractmethod
    def _open_connection(self) -> C:
        """Open a read-only connection. Raises CatalogError."""

    async def run_read(self, work: Callable[[Any], T]) -> T:
        """Run `work` with a connection on which it sees one state of the catalog.

        Returns its result. It runs in a worker thread. Raises CatalogError.
        """

        def on_one_snapshot(connection: C) -> T:
            connection.execute(self.begin)
            try:
                return work(connection)
            finally:
                if not connection.broken:
                    connection.execute("ROLLBACK")

        return await self._run(on_one_snapshot)

    async def _run(self, work: Callable[[C], T]) -> T:
        while True:
            link = self._link = self._own_link() or _Link(self._open_connection)
            submitted = link.submit(work)
            result = asyncio.wrap_future(submitted)
            try:
                await asyncio.wait([result])
            except asyncio.CancelledError:
                self._give_up(link, submitted)
                result.cancel()
                raise
            if not result.cancelled():  # else another read was given up, and the thread with it
                return result.result()

    def _give_up(self, link: _Link[C], submitted: Future[Any]) -> None:
        if submitted.cancel() or submitted.done():
            return
        link.give_up(submitted)
        if self._link is link:
            self._link = None

    async def close(self) -> None:
        """Close the connection after the reads that wait for it; the next read opens another."""
        link, self._link = self._own_link(), None
        if link is not None:
            await asyncio.wrap_future(link.close())

    def _own_link(self) -> _Link[C] | None:
        """Return the link of this process; None if there is none."""
        if self._link is not None and self._link.pid != os.getpid():
            inherited.append(self._link)
            self._link = None
        return self._link
