"""Reads a PostgreSQL catalog from asyncio: one connection, used in a worker thread."""

import asyncio
import os
import time
from collections.abc import Callable, Mapping
from threading import Thread
from typing import Any, TypeVar

from modeldex.errors import CatalogError
from modeldex.storage.concurrency import LoopSafeLock
from modeldex.storage.location import Postgres
from modeldex.storage.postgres.connection import ReadConnection
from modeldex.storage.postgres.migrate import open_reader

T = TypeVar("T")

_CANCEL_EVERY = 0.05
"""Seconds between cancel requests: one that arrives between two statements has no effect."""


class _Link:
    """One connection, opened at first use and reopened after it was lost.

    A thread takes the connection out of `_idle` while it uses it, so that no other closes it.
    """

    def __init__(self, place: Postgres) -> None:
        self._place = place
        self._idle: list[tuple[int, ReadConnection]] = []
        self._in_use: ReadConnection | None = None
        self._given_up = False

    def run(self, work: Callable[[ReadConnection], T]) -> T:
        """Run a function with the connection; return its result. Raises CatalogError."""
        connection = self._in_use = self._taken() or open_reader(self._place)
        try:
            if self._given_up:
                raise CatalogError(self._place, "the read was cancelled")
            return work(connection)
        finally:
            self._in_use = None
            self._idle.append((os.getpid(), connection))
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

    def _taken(self) -> ReadConnection | None:
        try:
            opened_by, connection = self._idle.pop()
        except IndexError:
            return None
        if opened_by != os.getpid():  # inherited by a fork: the parent uses it
            return None
        if connection.broken:
            connection.close()
            return None
        return connection


class PostgresReader:
    """Reads one catalog; reopens a lost connection."""

    def __init__(self, place: Postgres) -> None:
        self.path = place
        self._link = _Link(place)
        self._lock = LoopSafeLock()

    async def rows(
        self, sql: str, parameters: Mapping[str, object] | None = None
    ) -> list[tuple[Any, ...]]:
        """Return all rows of one SELECT. Raises CatalogError and its subclasses."""
        return await self._run(lambda connection: connection.execute(sql, parameters).fetchall())

    async def run_read(self, work: Callable[[Any], T]) -> T:
        """Run a function with several statements on one snapshot; return its result."""

        def on_one_snapshot(connection: ReadConnection) -> T:
            connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            try:
                return work(connection)
            finally:
                if not connection.broken:
                    connection.execute("ROLLBACK")

        return await self._run(on_one_snapshot)

    async def _run(self, work: Callable[[ReadConnection], T]) -> T:
        async with self._lock:
            try:
                return await asyncio.to_thread(self._link.run, work)
            except asyncio.CancelledError:  # the thread runs on: leave it its connection
                self._link.give_up()
                self._link = _Link(self.path)
                raise

    def version(self) -> int | None:
        """Return None: other hosts may have written, so answers are never cached."""
        return None

    def moved(self) -> bool:
        """Return False: a database is not replaced as a file is."""
        return False

    async def close(self) -> None:
        """Close the connection; the next read opens another."""
        await asyncio.to_thread(self._link.close)
