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

from modeldex.errors import CatalogError, CatalogLocked
from modeldex.storage.concurrency import LoopSafeLock
from modeldex.storage.reader import ThreadReader, inherited
from modeldex.storage.sqlite.connection import READ_WAIT, FileConnection, logged, translated
from modeldex.storage.sqlite.open import open_reader

SqlRow = tuple[object, ...]
T = TypeVar("T")

_MAX_STEPS = 10_000
"""SQLite VM steps that a statement may take in the event loop's thread, about 0.5 ms."""

_TURN = 0.1
"""Seconds for which a thread waits for a lock; between two turns a read can be cancelled."""

_LOCKED = -1

_PASSING = (sqlite3.SQLITE_INTERRUPT, sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
"""Codes of errors that say nothing about the connection or its file."""


class Reader(ThreadReader[Path, FileConnection]):
    """A read-only view of one catalog file that notices commits of every process.

    Short statements run in the event loop's thread on a connection of their own, the probe.
    Connections are opened when needed, and reopened if the process forked, after an error, and if
    the file is another one: replaced, overwritten in place, or of another schema.
    """

    may_create = True
    """Whether a missing or empty file is made a catalog: before the first opening only."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._lock = LoopSafeLock()
        self._probe: FileConnection | None = None
        self._pid = 0
        self._name = os.fspath(path)
        self._file: _File = ()
        self._header = (0, 0)
        self._counted = 0
        self._snapshot = False
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
        """Return the result of a read; after an error reopen the file and read once more."""
        try:
            return await self._unlocked(read)
        except CatalogError as error:
            # A killed writer left a journal to roll back, the last one removed the WAL files, the
            # file was empty for a moment or changed by no SQLite: a new connection handles all.
            if not _is_doubtful(error.__cause__):
                raise
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
            if _is_doubtful(error):
                raise
            return None
        finally:
            self._probe.set_progress_handler(None, 0)

    def version(self) -> int | None:
        """Return a number that changes with every commit and every reopening; None if unknown.

        While a writer locks readers out, its commit is not visible yet: the last number holds.
        Takes microseconds: it precedes every read.
        """
        if self._probe is None or self.moved():
            return None
        commit = self._commit(self._probe)
        if commit is None:
            return None
        if commit != _LOCKED:
            self._counted = commit
        # data_version starts anew with each connection, so the number of openings comes first.
        return (self._opened << 32) + self._counted

    def moved(self) -> bool:
        """Whether the process forked, or the file is not the catalog any more that was opened.

        A file of the same name and inode is another one if it changed without a commit, as by `cp`
        over it, or if its header says so.
        """
        if os.getpid() != self._pid:
            return True
        file = _look(self._name)
        if file == self._file:
            return self._snapshot and logged(self.path)
        if self._probe is None or file is None or file[:2] != self._file[:2] or self._snapshot:
            return True
        commit = self._commit(self._probe)
        if commit in (None, self._counted):
            return True
        if commit != _LOCKED:
            self._file, self._counted = file, commit
        return False

    def _commit(self, probe: FileConnection) -> int | None:
        """The number of the last commit that the probe sees; None if the header is another one.

        _LOCKED while a writer locks readers out.
        """
        try:
            counted = _number(probe, "PRAGMA data_version")
            if counted != self._counted and _header(probe) != self._header:
                return None
        except sqlite3.Error as error:
            return None if _is_doubtful(error) else _LOCKED
        return counted

    async def _ready(self) -> None:
        if self.version() is None:
            async with self._lock:
                if self.version() is None:
                    await self.close()
                    await self._reopen()

    async def _reopen(self) -> None:
        self._snapshot = False
        probe = await asyncio.to_thread(self._open_probe)
        probe.execute("PRAGMA busy_timeout = 0")  # the event loop must not wait for a lock
        self._probe = probe
        self._pid = os.getpid()
        self._opened += 1
        self.may_create = False

    def _open_probe(self) -> FileConnection:
        # Looked at before opening: what happens in between then counts as a change.
        file = _look(self._name)
        probe = self._open_connection()
        with translated(self.path, _TURN):
            self._header = _header(probe)
            self._counted = _number(probe, "PRAGMA data_version")
        self._file = file or _look(self._name) or ()
        return probe

    def _open_connection(self) -> FileConnection:
        connection = open_reader(self.path, _TURN, create=self.may_create)
        self._snapshot = self._snapshot or connection.snapshot
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


_File = tuple[int, ...]


def _look(path: str) -> _File | None:
    """Return what a replacement or a write changes of a file, device and inode first."""
    try:
        found = os.stat(path)  # noqa: PTH116 - half the time of Path.stat
    except OSError:
        return None
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns


def _number(connection: FileConnection, sql: str) -> int:
    number: int
    (number,) = connection.execute(sql).fetchone()
    return number


def _header(connection: FileConnection) -> tuple[int, int]:
    """Return what the header says the file is: the program's id, and the schema."""
    return (
        _number(connection, "PRAGMA application_id"), _number(connection, "PRAGMA user_version")
    )  # fmt: skip


def _is_doubtful(error: BaseException | None) -> bool:
    """Whether the connection or its file may be the cause of an error."""
    if isinstance(error, sqlite3.Error):
        # The low byte of an extended result code is the primary code.
        return getattr(error, "sqlite_errorcode", 0) & 0xFF not in _PASSING
    return isinstance(error, UnicodeDecodeError)
