"""Runs untrusted SQL on a catalog file: read-only, with limits on time, rows and memory.

SQLite enforces it: the file is opened read-only, and an authorizer allows only SELECT,
functions and read-only PRAGMAs. Each statement runs in a thread of its own, which is watched
and interrupted. SQLite checks for interrupts between VM steps, but not inside one function
call or while it compiles a statement: such a thread is abandoned and ends with the process.
"""

import sqlite3
import sys
import threading
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from typing import NamedTuple

from modeldex.errors import InvalidStatement, StatementStopped
from modeldex.storage.location import Place, Postgres
from modeldex.storage.sqlite.connection import FileConnection, translate
from modeldex.storage.sqlite.open import open_reader
from modeldex.vocabulary import clock

try:
    import resource
except ImportError:  # not on Windows
    resource = None  # type: ignore[assignment]

_MEGABYTE = 1_000_000
_MAX_RESULT = 16 * _MEGABYTE
"""Bytes that the values of a result may take."""
_MAX_GROWTH = 28 * _MEGABYTE
"""Bytes by which the process may grow before the statement is interrupted."""
_POLL_INTERVAL = 0.002
_INTERRUPT_WAIT = 0.02
"""Seconds to wait for an interrupted statement before its thread is abandoned."""

_LIMITS = {
    sqlite3.SQLITE_LIMIT_LENGTH: _MEGABYTE,
    sqlite3.SQLITE_LIMIT_SQL_LENGTH: 100_000,
    sqlite3.SQLITE_LIMIT_COLUMN: 500,
    sqlite3.SQLITE_LIMIT_EXPR_DEPTH: 200,
    sqlite3.SQLITE_LIMIT_COMPOUND_SELECT: 200,
    sqlite3.SQLITE_LIMIT_VDBE_OP: 250_000,
    sqlite3.SQLITE_LIMIT_LIKE_PATTERN_LENGTH: 200,
    sqlite3.SQLITE_LIMIT_ATTACHED: 0,
    sqlite3.SQLITE_LIMIT_WORKER_THREADS: 0,
}
_SETTINGS = "PRAGMA cache_size=-4000; PRAGMA temp_store=FILE; PRAGMA mmap_size=0;"

_READ_ACTIONS = {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_RECURSIVE}
_UNSAFE_FUNCTIONS = {
    "load_extension", "readfile", "writefile", "edit", "fsdir", "lsmode", "eval",
    "fts3_tokenizer",
}  # fmt: skip
"""Functions of some SQLite builds that access files or load code."""
_TABLE_PRAGMAS = {
    "table_info", "table_xinfo", "table_list", "index_list", "index_info", "index_xinfo",
    "foreign_key_list",
}  # fmt: skip
_FUNCTIONS_AS_TABLES = ("json_each", "json_tree", *(f"pragma_{name}" for name in _TABLE_PRAGMAS))
_FILE_PRAGMAS = {
    "application_id", "user_version", "schema_version", "data_version", "encoding",
    "journal_mode", "page_count", "page_size", "freelist_count", "compile_options",
    "integrity_check", "quick_check", "foreign_key_check", "query_only",
}  # fmt: skip
"""PRAGMAs allowed without an argument only: with one, some of them change a setting."""

_STATEMENT_ERRORS = {
    sqlite3.SQLITE_ERROR, sqlite3.SQLITE_AUTH, sqlite3.SQLITE_TOOBIG, sqlite3.SQLITE_MISMATCH,
    sqlite3.SQLITE_RANGE,
}  # fmt: skip

_DENIED = {
    sqlite3.SQLITE_INSERT: "INSERT INTO", sqlite3.SQLITE_UPDATE: "UPDATE of",
    sqlite3.SQLITE_DELETE: "DELETE FROM", sqlite3.SQLITE_ATTACH: "ATTACH",
    sqlite3.SQLITE_DETACH: "DETACH", sqlite3.SQLITE_PRAGMA: "PRAGMA",
    sqlite3.SQLITE_TRANSACTION: "a transaction", sqlite3.SQLITE_SAVEPOINT: "a savepoint",
    sqlite3.SQLITE_FUNCTION: "the function", sqlite3.SQLITE_ANALYZE: "ANALYZE",
    sqlite3.SQLITE_REINDEX: "REINDEX",
}  # fmt: skip


class Limits(NamedTuple):
    """Limits of one statement: number of rows, and seconds."""

    rows: int
    seconds: float


class SqlResult(NamedTuple):
    """The result of a statement; `more` means that the row limit cut it off."""

    columns: tuple[str, ...]
    rows: list[tuple[object, ...]]
    more: bool


def run_select(path: Place, sql: str, limits: Limits) -> SqlResult:
    """Run one SELECT and return its result; on a file also EXPLAIN and read-only PRAGMAs.

    Raises InvalidStatement for any other statement and for invalid SQL, StatementStopped if a
    limit is exceeded, and CatalogError or a subclass.
    """
    if isinstance(path, Postgres):
        from modeldex.storage.postgres.read_only import run_select as ask_server

        return SqlResult(*ask_server(path, sql, *limits, _MAX_RESULT))
    job = _Job(path, sql, limits)
    threading.Thread(target=job.run, daemon=True).start()
    reason = job.watch()
    if job.failure is not None:
        raise job.failure
    if job.answer is None:
        raise StatementStopped(reason)
    return job.answer


class _Job:
    """One statement, shared by the thread that runs it and the thread that watches it."""

    def __init__(self, path: Path, sql: str, limits: Limits) -> None:
        self._path, self._sql, self._limits = path, sql, limits
        self._connection = open_reader(path)
        self._done = threading.Event()
        self._denied = ""
        self._reason = ""
        self.answer: SqlResult | None = None
        self.failure: Exception | None = None

    def run(self) -> None:
        """Run the statement. Only this thread uses the connection, except for `interrupt`."""
        try:
            with closing(self._connection):
                _confine(self._connection, self._authorize)
                self.answer = self._answer()
        except (sqlite3.Error, sqlite3.Warning, ValueError, MemoryError) as error:
            self.failure = self._translated(error)
        except (InvalidStatement, StatementStopped) as error:
            self.failure = error
        finally:
            self._done.set()

    def watch(self) -> str:
        """Wait for the statement; interrupt it at a limit. Returns the reason, "" if it ended."""
        size, deadline = _peak_memory(), clock.steady() + self._limits.seconds
        while not self._done.wait(_POLL_INTERVAL):
            if clock.steady() > deadline:
                allowed = f"{self._limits.seconds:g} s"
                self._reason = (
                    f"it took longer than {allowed}; narrow the query, or raise the time limit"
                )
            elif _peak_memory() - size > _MAX_GROWTH:
                self._reason = "it took too much memory; select less at once"
            if self._reason:
                self._interrupt()
                break
        return self._reason

    def _interrupt(self) -> None:
        try:
            self._connection.interrupt()
        except sqlite3.ProgrammingError:  # it has just ended and was closed
            self._done.wait()
        self._done.wait(_INTERRUPT_WAIT)

    def _answer(self) -> SqlResult:
        cursor = self._connection.execute(self._sql)
        if cursor.description is None:
            raise InvalidStatement("expected a SELECT; this statement returns no rows")
        rows: list[tuple[object, ...]] = []
        left = _MAX_RESULT
        for row in cursor:
            if len(rows) == self._limits.rows:
                return SqlResult(_named(cursor), rows, more=True)
            left -= sum(map(sys.getsizeof, row), sys.getsizeof(row))
            if left < 0:
                raise StatementStopped(
                    f"the result takes more than {_MAX_RESULT // _MEGABYTE} MB; select less at once"
                )
            rows.append(row)
        return SqlResult(_named(cursor), rows, more=False)

    def _translated(self, error: BaseException) -> Exception:
        """The modeldex error for one of SQLite's: an invalid statement or a file problem."""
        code = (getattr(error, "sqlite_errorcode", None) or sqlite3.SQLITE_ERROR) & 0xFF
        if code == sqlite3.SQLITE_INTERRUPT:
            return StatementStopped(self._reason)
        if self._denied:
            return InvalidStatement(f"{self._denied} is refused: statements here can only read")
        if isinstance(error, MemoryError):
            return InvalidStatement("the statement is too large")
        if code in _STATEMENT_ERRORS:
            return InvalidStatement(str(error))
        return translate(self._path, error)

    def _authorize(
        self, action: int, one: str | None, two: str | None, _base: str | None, _by: str | None
    ) -> int:
        if action in _READ_ACTIONS or (
            action == sqlite3.SQLITE_FUNCTION and two not in _UNSAFE_FUNCTIONS
        ):
            return sqlite3.SQLITE_OK
        if action == sqlite3.SQLITE_PRAGMA and _is_read_only(one or "", two):
            return sqlite3.SQLITE_OK
        what = two if action == sqlite3.SQLITE_FUNCTION else one
        denied = f"{_DENIED.get(action, 'a schema change of')} {what or ''}".rstrip()
        self._denied = self._denied or denied
        return sqlite3.SQLITE_DENY


def _is_read_only(pragma: str, argument: str | None) -> bool:
    """Whether a PRAGMA only reads."""
    return pragma in _TABLE_PRAGMAS or (pragma in _FILE_PRAGMAS and argument is None)


def _confine(connection: FileConnection, authorize: Callable[..., int]) -> None:
    connection.executescript(_SETTINGS)
    # The first use of a table-valued function asks the authorizer for a schema change, which
    # it would deny: each is used once before the authorizer is set.
    for name in _FUNCTIONS_AS_TABLES:
        with suppress(sqlite3.OperationalError):
            connection.execute(f"SELECT 1 FROM {name} LIMIT 0")
    for limit, value in _LIMITS.items():
        connection.setlimit(limit, value)
    connection.set_authorizer(authorize)


def _named(cursor: sqlite3.Cursor) -> tuple[str, ...]:
    """The column names, made unique by a number: name, name_2."""
    names: dict[str, None] = {}
    for name, *_ in cursor.description:
        count, fresh = 1, name
        while fresh in names:
            count += 1
            fresh = f"{name}_{count}"
        names[fresh] = None
    return tuple(names)


def _peak_memory() -> int:
    """The peak memory of this process in bytes; 0 on Windows, where it is unknown."""
    if resource is None:
        return 0
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # bytes on macOS, else kilobytes
    return most if sys.platform == "darwin" else most * 1024
