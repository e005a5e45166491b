"""Read a catalog file from asyncio, with a version number for cached results."""

import asyncio
import os
import sqlite3
from collections.abc import Callable, Mapping
from pathlib import Path
from queue import SimpleQueue
from threading import Thread
from typing import Any, TypeVar, cast

import aiosqlite
from aiosqlite.core import _connection_worker_thread

from modeldex.errors import CatalogError, CatalogReadOnly
from modeldex.storage.concurrency import LoopSafeLock
from modeldex.storage.sqlite.connection import FileConnection, logged, translated
from modeldex.storage.sqlite.open import open_reader
from modeldex.vocabulary import clock

SqlRow = tuple[object, ...]
T = TypeVar("T")

_FILE_CHECK_INTERVAL = 1.0
"""Seconds between checks whether the file was replaced."""

_MAX_STEPS = 10_000
"""SQLite VM steps that a statement may take in the event loop's thread, about 0.5 ms."""

_RETRY_IN_THREAD = (sqlite3.SQLITE_INTERRUPT, sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


class _Connection(aiosqlite.Connection):
    """A connection that may be dropped without closing: no hang at exit, no warning."""

    def __init__(self, path: Path) -> None:
        super().__init__(lambda: open_reader(path), iter_chunk_size=64)
        # A daemon, so that an unclosed connection does not keep the process running.
        self.worker = Thread(target=_work, args=(self._tx,), daemon=True)
        self._thread = self.worker

    @property
    def snapshot(self) -> bool:
        """Whether the file was opened as immutable, so that later writes are not seen."""
        return isinstance(self._connection, FileConnection) and self._connection.snapshot

    def __del__(self) -> None:
        if self._connection is not None:
            self.stop()


def _work(requests: "SimpleQueue[Any]") -> None:
    """Run aiosqlite's worker; restart it if the event loop that awaits a result was closed."""
    while True:
        try:
            _connection_worker_thread(requests)
        except RuntimeError:
            continue
        return


def _interrupt() -> int:
    return 1  # a progress handler's non-zero result interrupts the statement


class Reader:
    """A read-only view of one catalog file that notices commits of every process.

    Connections are opened at the first query and reopened if the file was replaced or the
    process forked. They may be used from one event loop after another, not from two at once.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._connection: _Connection | None = None
        self._probe: FileConnection | None = None
        self._pid = 0
        self._file: tuple[int, int] | None = None
        self._stat: _Stat | None = None
        self._checked_at = 0.0
        self._replaced = False
        self._opened = 0
        self._lock = LoopSafeLock()

    async def rows(self, sql: str, parameters: Mapping[str, object] | None = None) -> list[SqlRow]:
        """Return all rows of one SELECT. Raises CatalogError."""
        try:
            return await self._rows(sql, parameters or {})
        except CatalogReadOnly:
            # A killed writer left a journal to roll back, or the last one removed the WAL files:
            # a new connection handles both.
            await self.close()
            return await self._rows(sql, parameters or {})

    async def _rows(self, sql: str, parameters: Mapping[str, object]) -> list[SqlRow]:
        connection = await self._open()
        with translated(self.path):
            if (found := self._run_in_loop(sql, parameters)) is not None:
                return found
            return list(await connection.execute_fetchall(sql, parameters))  # type: ignore[arg-type]

    async def run_read(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Run `work` on the connection inside one read transaction and return its result.

        All its statements see one state of the catalog. It runs in the connection's thread.
        Raises CatalogError.
        """
        try:
            return await self._run_read(work)
        except CatalogReadOnly:
            await self.close()
            return await self._run_read(work)

    async def _run_read(self, work: Callable[[sqlite3.Connection], T]) -> T:
        connection = await self._open()

        def in_transaction() -> T:
            raw = connection._conn  # noqa: SLF001 - aiosqlite runs single statements only
            raw.execute("BEGIN")
            try:
                return work(raw)
            finally:
                raw.execute("ROLLBACK")

        with translated(self.path):
            return cast("T", await connection._execute(in_transaction))  # type: ignore[no-untyped-call]  # noqa: SLF001

    def _run_in_loop(self, sql: str, parameters: Mapping[str, object]) -> list[SqlRow] | None:
        """Run a short statement in the event loop's own thread; return its rows.

        A look-up takes microseconds, switching to another thread and back several times that.
        None if the statement takes more than _MAX_STEPS or a writer holds a lock.
        """
        assert self._probe is not None  # noqa: S101 - tells the type checker
        self._probe.set_progress_handler(_interrupt, _MAX_STEPS)
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
            self._replaced = _file_identity(self.path) != self._file
        return self._replaced

    async def _open(self) -> _Connection:
        if self._connection is not None and not self.moved():
            return self._connection
        async with self._lock:
            if self._connection is None or self.moved():
                await self._abandon()
                await self._reopen()
            assert self._connection is not None  # noqa: S101 - tells the type checker
            return self._connection

    async def _reopen(self) -> None:
        # Before opening: a write in between then counts as a change.
        stat = _file_stat(self.path)
        connection = _Connection(self.path)
        try:
            await connection
        except CatalogError:
            connection.worker.join()  # it still reports to the event loop
            raise
        # A second connection, used in the loop's own thread: it must not wait for a lock.
        self._probe = await asyncio.to_thread(open_reader, self.path)
        self._probe.execute("PRAGMA busy_timeout = 0")
        self._stat = stat if connection.snapshot or self._probe.snapshot else None
        self._connection = connection
        self._pid = os.getpid()
        self._file = _file_identity(self.path)
        self._replaced = False
        self._opened += 1

    async def _abandon(self) -> None:
        """Close the connections; those of a parent process stay open, see `_inherited`."""
        if os.getpid() == self._pid:
            await self.close()
        else:
            _inherited.append((self._connection, self._probe))
            self._connection = self._probe = None

    async def close(self) -> None:
        """Close both connections; the next query opens new ones."""
        connection, self._connection = self._connection, None
        probe, self._probe = self._probe, None
        if probe is not None:
            probe.close()
        if connection is not None:
            await connection.close()


# SQLite forbids using or closing a connection inherited through fork: keep references, so that
# the garbage collector never closes one.
_inherited: list[object] = []


_Stat = tuple[int, int, bool] | None


def _file_stat(path: Path) -> _Stat:
    """Return what a write changes: modification time, size, whether the WAL has content."""
    try:
        found = path.stat()
        return found.st_mtime_ns, found.st_size, logged(path)
    except OSError:
        return None


def _file_identity(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino
