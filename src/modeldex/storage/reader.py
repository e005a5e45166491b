"""Reads from asyncio on one connection, used in a worker thread: what both engines share."""

import asyncio
import os
import time
from collections.abc import Callable
from concurrent.futures import CancelledError
from threading import Thread
from typing import Any, Generic, Protocol, TypeVar

from modeldex.storage.concurrency import LoopSafeLock
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
    """One connection of one process, opened at first use and reopened after it was lost.

    A thread takes the connection out of `_idle` while it uses it, so that no other closes it.
    """

    def __init__(self, open_connection: Callable[[], C]) -> None:
        self.pid = os.getpid()
        self._open = open_connection
        self._idle: list[C] = []
        self._in_use: C | None = None
        self._given_up = False

    def run(self, work: Callable[[C], T]) -> T:
        """Run a function with the connection; return its result."""
        connection = self._in_use = self._taken() or self._open()
        try:
            if self._given_up:
                raise CancelledError
            return work(connection)
        finally:
            self._in_use = None
            self._idle.append(connection)
            if self._given_up:
                self.close()

    def give_up(self) -> None:
        """Close the connection; if a thread uses it, cancel its statement and let it close."""
        self._given_up = True
        self.close()
        if self._in_use is not None:
            Thread(target=self._cancel, daemon=True).start()

    def _cancel(self) -> None:
        while (connection := self._in_use) is not None:
            connection.cancel()
            time.sleep(_CANCEL_EVERY)

    def close(self) -> None:
        """Close the connection unless a thread uses it; the next read opens another."""
        connection = self._taken()
        if connection is not None:
            connection.close()

    def _taken(self) -> C | None:
        try:
            connection = self._idle.pop()
        except IndexError:
            return None
        if connection.broken:
            connection.close()
            return None
        return connection


inherited: list[object] = []
"""Connections that a fork brought from the parent, which still uses them.

Neither driver allows the child to use or close one: kept here, none is garbage-collected.
"""


class ThreadReader(Generic[P, C]):
    """Reads one catalog in a worker thread, one read after another; reopens a lost connection.

    It serves one event loop after another, not two at once. A cancelled read is left to its
    thread, with its connection, and the next read opens another.
    """

    begin = "BEGIN"
    """The statement that begins a transaction in which all reads see one state."""

    def __init__(self, path: P) -> None:
        self.path = path
        self._lock = LoopSafeLock()
        self._link = _Link(self._open_connection)

    def _open_connection(self) -> C:
        """Open a read-only connection. Raises CatalogError."""
        raise NotImplementedError

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
        async with self._lock:
            try:
                return await asyncio.to_thread(self._own_link().run, work)
            except asyncio.CancelledError:  # the thread runs on: leave it its connection
                self._link.give_up()
                self._link = _Link(self._open_connection)
                raise

    async def close(self) -> None:
        """Close the connection after the read that uses it; the next read opens another."""
        async with self._lock:
            await self._close()

    async def _close(self) -> None:
        await asyncio.to_thread(self._own_link().close)

    def _own_link(self) -> _Link[C]:
        if self._link.pid != os.getpid():
            inherited.append(self._link)
            self._link = _Link(self._open_connection)
        return self._link
