"""Reading a catalog from asyncio: one hop to the driver, and a memory that is never stale."""

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

from modeldex import clock
from modeldex.db import FileConnection, logged, translated
from modeldex.errors import CatalogError, CatalogReadOnly
from modeldex.opening import open_reader
from modeldex.turns import Turn

Row = tuple[object, ...]
T = TypeVar("T")

_LOOK_AT_FILE_EVERY = 1.0
_STEPS_AT_ONCE = 10_000
"""Virtual-machine steps, about half a millisecond."""

_ASK_THE_THREAD = (sqlite3.SQLITE_INTERRUPT, sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


class _Connection(aiosqlite.Connection):
    """A connection that a forgetful caller may drop: no hang at exit, no warning."""

    def __init__(self, path: Path) -> None:
        super().__init__(lambda: open_reader(path), iter_chunk_size=64)
        self.worker = Thread(target=_work, args=(self._tx,), daemon=True)
        self._thread = self.worker

    @property
    def snapshot(self) -> bool:
        """Whether the file is read as it was, blind to what is written to it."""
        return isinstance(self._connection, FileConnection) and self._connection.snapshot

    def __del__(self) -> None:
        if self._connection is not None:
            self.stop()


def _work(questions: "SimpleQueue[Any]") -> None:
    """The worker of aiosqlite, which goes on when the loop that waited for an answer is closed."""
    while True:
        try:
            _connection_worker_thread(questions)
        except RuntimeError:
            continue
        return


def _give_up() -> int:
    return 1


class Reader:
    """A read-only view of one catalog file that notices every commit, whoever made it.

    Connections are opened at the first question, reopened when the file was replaced or the
    process forked, and may be used from one event loop after another.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._connection: _Connection | None = None
        self._probe: FileConnection | None = None
        self._pid = 0
        self._file: tuple[int, int] | None = None
        self._frozen: _Stand | None = None
        self._looked = 0.0
        self._replaced = False
        self._opened = 0
        self._turn = Turn()

    async def rows(self, sql: str, parameters: Mapping[str, object] | None = None) -> list[Row]:
        """All rows of one SELECT. Raises CatalogError and its kind."""
        try:
            return await self._rows(sql, parameters or {})
        except CatalogReadOnly:  # a writer was killed, or the last one has left: open anew
            await self.close()
            return await self._rows(sql, parameters or {})

    async def _rows(self, sql: str, parameters: Mapping[str, object]) -> list[Row]:
        connection = await self._open()
        with translated(self.path):
            if (quick := self._at_once(sql, parameters)) is not None:
                return quick
            return list(await connection.execute_fetchall(sql, parameters))  # type: ignore[arg-type]

    async def consult(self, question: Callable[[sqlite3.Connection], T]) -> T:
        """The answer to a question of several statements, put to one state of the catalog.

        It runs in the connection's own thread. Raises CatalogError and its kind.
        """
        try:
            return await self._consult(question)
        except CatalogReadOnly:
            await self.close()
            return await self._consult(question)

    async def _consult(self, question: Callable[[sqlite3.Connection], T]) -> T:
        connection = await self._open()

        def of_one_state() -> T:
            raw = connection._conn  # noqa: SLF001 - aiosqlite runs single statements only
            raw.execute("BEGIN")
            try:
                return question(raw)
            finally:
                raw.execute("ROLLBACK")

        with translated(self.path):
            return cast("T", await connection._execute(of_one_state))  # type: ignore[no-untyped-call]  # noqa: SLF001

    def _at_once(self, sql: str, parameters: Mapping[str, object]) -> list[Row] | None:
        """The answer if it takes microseconds, a fraction of the way to another thread.

        None where it takes longer, or a writer is in the way.
        """
        assert self._probe is not None  # noqa: S101 - tells the type checker
        self._probe.set_progress_handler(_give_up, _STEPS_AT_ONCE)
        try:
            return self._probe.execute(sql, parameters).fetchall()
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF in _ASK_THE_THREAD:
                return None
            raise
        finally:
            self._probe.set_progress_handler(None, 0)

    def version(self) -> int | None:
        """A number that changes with every commit and every file; None when it cannot be told."""
        if self._probe is None or self.moved():
            return None
        try:
            row = self._probe.execute("PRAGMA data_version").fetchone()
        except sqlite3.Error:
            return None
        return (self._opened << 32) + int(row[0])

    def moved(self) -> bool:
        """Whether the process forked or, looked at once a second, the file was replaced.

        One that was opened as a snapshot is looked at each time.
        """
        if os.getpid() != self._pid:
            return True
        if self._frozen is not None and _stand(self.path) != self._frozen:
            return True
        moment = clock.steady()
        if moment - self._looked >= _LOOK_AT_FILE_EVERY:
            self._looked = moment
            self._replaced = _file_identity(self.path) != self._file
        return self._replaced

    async def _open(self) -> _Connection:
        if self._connection is not None and not self.moved():
            return self._connection
        async with self._turn:
            if self._connection is None or self.moved():
                await self._abandon()
                await self._reopen()
            assert self._connection is not None  # noqa: S101 - tells the type checker
            return self._connection

    async def _reopen(self) -> None:
        stand = _stand(self.path)
        connection = _Connection(self.path)
        try:
            await connection
        except CatalogError:
            connection.worker.join()  # its last word must find the loop open
            raise
        # Asked in the loop's own thread: never waits for a lock, gives up on long work.
        self._probe = await asyncio.to_thread(open_reader, self.path)
        self._probe.execute("PRAGMA busy_timeout = 0")
        self._frozen = stand if connection.snapshot or self._probe.snapshot else None
        self._connection = connection
        self._pid = os.getpid()
        self._file = _file_identity(self.path)
        self._replaced = False
        self._opened += 1

    async def _abandon(self) -> None:
        """Let go of connections; those of a parent process are left untouched."""
        if os.getpid() == self._pid:
            await self.close()
        else:
            _inherited.append((self._connection, self._probe))
            self._connection = self._probe = None

    async def close(self) -> None:
        """Close both connections; the next question opens others."""
        connection, self._connection = self._connection, None
        probe, self._probe = self._probe, None
        if probe is not None:
            probe.close()
        if connection is not None:
            await connection.close()


# SQLite forbids using or closing a connection that came through a fork: keep it alive.
_inherited: list[object] = []


_Stand = tuple[int, int, bool] | None


def _stand(path: Path) -> _Stand:
    """What differs once somebody has written: time, size, what is logged."""
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
