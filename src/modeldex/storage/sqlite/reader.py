"""Read a catalog file from asyncio, with a version number for cached results.

Not by aiosqlite: its public calls run single statements, in a thread that an unclosed connection
keeps alive after the program, and that fails when a read outlives its event loop.
"""

import asyncio
import os
import sqlite3
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any, TypeVar

from modeldex.errors import CatalogLocked, CatalogReadOnly
from modeldex.storage.concurrency import LoopSafeLock
from modeldex.storage.reader import ThreadReader, inherited
from modeldex.storage.sqlite.connection import (
    READ_WAIT,
    FileConnection,
    file_identity,
    logged,
    translated,
)
from modeldex.storage.sqlite.open import open_reader
from modeldex.vocabulary import clock

SqlRow = tuple[object, ...]
T = TypeVar("T")

_FILE_CHECK_INTERVAL = 1.0
"""Seconds between checks whether the file was replaced."""

_MAX_STEPS = 10_000
"""SQLite VM steps that a statement may take in the event loop's thread, about 0.5 ms."""

_TURN = 0.1
"""Seconds for which a thread waits for a lock; between two turns a read can be cancelled."""

_RETRY_IN_THREAD = (sqlite3.SQLITE_INTERRUPT, sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


class Reader(ThreadReader[Path, FileConnection]):
    """A read-only view of one catalog file that notices commits of every process.

    Short statements run in the event loop's thread on a connection of their own, the probe.
    Connections are opened when needed, and reopened if the file was replaced or the process
    forked.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._lock = LoopSafeLock()
        self._probe: FileConnection | None = None
        self._pid = 0
        self._file: tuple[int, int] | None = None
        self._stat: _Stat | None = None
        self._checked_at = 0.0
        self._replaced = False
        self._opened = 0

    async def rows(self, sql: str, parameters: Mapping[str, object] | None = None) -> list[SqlRow]:
        """Return all rows of one SELECT. Raises CatalogError."""
        given = parameters or {}
        found = await self._insist(partial(self._short, sql, given))
        if found is not None:
            return found
        return await self.run_read(lambda connection: connection.execute(sql, given).fetchall())

    async def run_read(self, work: Callable[[Any], T]) -> T:
        """Run `work` with a connection on which it sees one state of the catalog.

        Returns its result. It runs in a worker thread. Raises CatalogError.
        """
        return await self._insist(partial(self._run_read, work))

    async def _run_read(self, work: Callable[[Any], T]) -> T:
        def under_lock(connection: FileConnection) -> T:
            # Takes the shared lock, so that no statement of `work` has to wait for one.
            connection.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone()
            return work(connection)

        await self._ready()
        with translated(self.path, _TURN):
            return await super().run_read(under_lock)

    async def _insist(self, read: Callable[[], Awaitable[T]]) -> T:
        """Return the result of a read; reopen the file once if it must be opened anew."""
        try:
            return await self._unlocked(read)
        except CatalogReadOnly:
            # A killed writer left a journal to roll back, or the last one removed the WAL files:
            # a new connection handles both.
            await self.close()
            return await self._unlocked(read)

    async def _unlocked(self, read: Callable[[], Awaitable[T]]) -> T:
        """Return the result of a read, repeated until it gets its lock or READ_WAIT is over."""
        for _ in range(round(READ_WAIT / _TURN)):
            try:
                return await read()
            except CatalogLocked as error:
                if error.waited > _TURN:  # a migration has waited for its own time
                    raise
        raise CatalogLocked(self.path, READ_WAIT)

    async def _short(self, sql: str, parameters: Mapping[str, object]) -> list[SqlRow] | None:
        await self._ready()
        with translated(self.path, _TURN):
            return self._run_in_loop(sql, parameters)

    def _run_in_loop(self, sql: str, parameters: Mapping[str, object]) -> list[SqlRow] | None:
        """Run a short statement in the event loop's own thread; return its rows.

        A look-up takes microseconds, switching to another thread and back several times that.
        None if the statement takes more than _MAX_STEPS, at most twice that, or a writer holds a
        lock.
        """
        assert self._probe is not None  # noqa: S101 - tells the type checker
        # SQLite counts the steps of earlier runs of a prepared statement, too, so the first call
        # comes at any time. Each call returns the number of those before; not 0 interrupts.
        self._probe.set_progress_handler(count().__next__, _MAX_STEPS)
        try:
            return self._probe.execute(sql, parameters).fetchall()
        except sqlite3.OperationalError as error:
            # The low byte of an extended result code is the primary code.
            if error.sqlite_errorcode & 0xFF in _RETRY_IN_THREAD:
                return None
            raise
        finally:
            self._probe.set_progress_handler(None, 0)

    def version(self) -> int | None:
        """Return a number that changes with every commit and every reopening; None if unknown."""
        if self._probe is None or self.moved():
            return None
        try:
            row = self._probe.execute("PRAGMA data_version").fetchone()
        except sqlite3.Error:
            return None
        # data_version starts anew with each connection, so the number of openings comes first.
        return (self._opened << 32) + int(row[0])

    def moved(self) -> bool:
        """Whether the process forked or the file was replaced; the file is checked once a second.

        An immutable connection sees no writes, so there the file is checked at each call.
        """
        if os.getpid() != self._pid:
            return True
        if self._stat is not None and _file_stat(self.path) != self._stat:
            return True
        moment = clock.steady()
        if moment - self._checked_at >= _FILE_CHECK_INTERVAL:
            self._checked_at = moment
            self._replaced = file_identity(self.path) != self._file
        return self._replaced

    async def _ready(self) -> None:
        if self._probe is None or self.moved():
            async with self._lock:
                if self._probe is None or self.moved():
                    await self.close()
                    await self._reopen()

    async def _reopen(self) -> None:
        self._stat = None
        probe = await asyncio.to_thread(self._open_connection)
        probe.execute("PRAGMA busy_timeout = 0")  # the event loop must not wait for a lock
        self._probe = probe
        self._pid = os.getpid()
        self._file = file_identity(self.path)
        self._replaced = False
        self._opened += 1

    def _open_connection(self) -> FileConnection:
        # Before opening: a write in between then counts as a change.
        stat = _file_stat(self.path)
        connection = open_reader(self.path, _TURN)
        if connection.snapshot:
            self._stat = self._stat or stat
        return connection

    async def close(self) -> None:
        """Close both connections, those of a parent process excepted; the next read opens others.

        Reads that wait for the one in the thread come first.
        """
        probe, self._probe = self._probe, None
        if probe is not None:
            if os.getpid() == self._pid:
                probe.close()
            else:
                inherited.append(probe)
        await super().close()


_Stat = tuple[int, int, bool] | None


def _file_stat(path: Path) -> _Stat:
    """Return what a write changes: modification time, size, whether the WAL has content."""
    try:
        found = path.stat()
        return found.st_mtime_ns, found.st_size, logged(path)
    except OSError:
        return None
