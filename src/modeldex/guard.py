"""SQL of anybody on a catalog file: it can read, and neither write, nor hang, nor eat memory.

SQLite itself refuses: the file is opened for reading, and an authorizer lets nothing pass
but SELECT, functions and questions about the schema. A statement runs in a thread of its
own, which is watched and interrupted; SQLite obeys between the steps of its program. Within
one function call, or while it compiles a statement, it does not: then the thread is left to
itself and ends with the process.
"""

import sqlite3
import sys
import threading
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from typing import NamedTuple

from modeldex import clock
from modeldex.db import FileConnection, translate
from modeldex.errors import InvalidStatement, StatementStopped
from modeldex.opening import open_reader
from modeldex.places import Place, Postgres

try:
    import resource
except ImportError:  # not on Windows
    resource = None  # type: ignore[assignment]

_MEGABYTE = 1_000_000
_ANSWER = 16 * _MEGABYTE
"""Bytes that the values of an answer may take."""
_GROWTH = 28 * _MEGABYTE
"""Bytes by which the process may grow before the statement is stopped."""
_LOOK_EVERY = 0.002
_OBEYS_WITHIN = 0.02
"""Seconds."""

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

_READS = {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_RECURSIVE}
_OUTSIDE = {
    "load_extension", "readfile", "writefile", "edit", "fsdir", "lsmode", "eval",
    "fts3_tokenizer",
}  # fmt: skip
"""Functions that reach beyond the catalog, where a SQLite has them."""
_OF_A_TABLE = {
    "table_info", "table_xinfo", "table_list", "index_list", "index_info", "index_xinfo",
    "foreign_key_list",
}  # fmt: skip
_FUNCTIONS_AS_TABLES = ("json_each", "json_tree", *(f"pragma_{name}" for name in _OF_A_TABLE))
_OF_THE_FILE = {
    "application_id", "user_version", "schema_version", "data_version", "encoding",
    "journal_mode", "page_count", "page_size", "freelist_count", "compile_options",
    "integrity_check", "quick_check", "foreign_key_check", "query_only",
}  # fmt: skip
"""Asked for without an argument only: with one, some of them are set."""

_MISTAKES = {
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
    """What one statement may take: `rows` of answer, `seconds` of time."""

    rows: int
    seconds: float


class Answer(NamedTuple):
    """What a statement found; `more` says that there are rows beyond the limit."""

    columns: tuple[str, ...]
    rows: list[tuple[object, ...]]
    more: bool


def ask(path: Place, sql: str, limits: Limits) -> Answer:
    """The answer to one SELECT; of a file also to EXPLAIN, or PRAGMA that tells of the schema.

    Raises InvalidStatement for any other statement and for one that makes no sense,
    StatementStopped for one that takes too much, and CatalogError and its kind.
    """
    if isinstance(path, Postgres):
        from modeldex.postgres.guard import ask as ask_server

        return Answer(*ask_server(path, sql, *limits, _ANSWER))
    job = _Job(path, sql, limits)
    threading.Thread(target=job.run, daemon=True).start()
    reason = job.watch()
    if job.failure is not None:
        raise job.failure
    if job.answer is None:
        raise StatementStopped(reason)
    return job.answer


class _Job:
    """One statement, between the thread that runs it and the one that watches."""

    def __init__(self, path: Path, sql: str, limits: Limits) -> None:
        self._path, self._sql, self._limits = path, sql, limits
        self._connection = open_reader(path)
        self._done = threading.Event()
        self._denied = ""
        self._reason = ""
        self.answer: Answer | None = None
        self.failure: Exception | None = None

    def run(self) -> None:
        """Run the statement; nothing else uses the connection, except to interrupt it."""
        try:
            with closing(self._connection):
                _confine(self._connection, self._authorize)
                self.answer = self._answer()
        except (sqlite3.Error, sqlite3.Warning, ValueError, MemoryError) as error:
            self.failure = self._explained(error)
        except (InvalidStatement, StatementStopped) as error:
            self.failure = error
        finally:
            self._done.set()

    def watch(self) -> str:
        """Wait for the end of the statement, or put one to it; why, where it was stopped."""
        size, deadline = _size(), clock.steady() + self._limits.seconds
        while not self._done.wait(_LOOK_EVERY):
            if clock.steady() > deadline:
                allowed = f"{self._limits.seconds:g} s"
                self._reason = f"it took longer than {allowed}; narrow it down, or allow it more"
            elif _size() - size > _GROWTH:
                self._reason = "it took too much memory; ask for less at once"
            if self._reason:
                self._interrupt()
                break
        return self._reason

    def _interrupt(self) -> None:
        try:
            self._connection.interrupt()
        except sqlite3.ProgrammingError:  # it has just ended and was closed
            self._done.wait()
        self._done.wait(_OBEYS_WITHIN)

    def _answer(self) -> Answer:
        cursor = self._connection.execute(self._sql)
        if cursor.description is None:
            raise InvalidStatement("expected a SELECT, got nothing that has an answer")
        rows: list[tuple[object, ...]] = []
        left = _ANSWER
        for row in cursor:
            if len(rows) == self._limits.rows:
                return Answer(_named(cursor), rows, more=True)
            left -= sum(map(sys.getsizeof, row), sys.getsizeof(row))
            if left < 0:
                raise StatementStopped(
                    f"the answer takes more than {_ANSWER // _MEGABYTE} MB; ask for less at once"
                )
            rows.append(row)
        return Answer(_named(cursor), rows, more=False)

    def _explained(self, error: BaseException) -> Exception:
        """Our error for one of SQLite's: a mistake in the statement, or trouble with the file."""
        code = (getattr(error, "sqlite_errorcode", None) or sqlite3.SQLITE_ERROR) & 0xFF
        if code == sqlite3.SQLITE_INTERRUPT:
            return StatementStopped(self._reason)
        if self._denied:
            return InvalidStatement(f"{self._denied} is refused: statements here can only read")
        if isinstance(error, MemoryError):
            return InvalidStatement("the statement is too large")
        if code in _MISTAKES:
            return InvalidStatement(str(error))
        return translate(self._path, error)

    def _authorize(
        self, action: int, one: str | None, two: str | None, _base: str | None, _by: str | None
    ) -> int:
        if action in _READS or (action == sqlite3.SQLITE_FUNCTION and two not in _OUTSIDE):
            return sqlite3.SQLITE_OK
        if action == sqlite3.SQLITE_PRAGMA and _tells(one or "", two):
            return sqlite3.SQLITE_OK
        what = two if action == sqlite3.SQLITE_FUNCTION else one
        denied = f"{_DENIED.get(action, 'a change of the schema:')} {what or ''}".rstrip()
        self._denied = self._denied or denied
        return sqlite3.SQLITE_DENY


def _tells(pragma: str, argument: str | None) -> bool:
    """Whether a pragma only tells something."""
    return pragma in _OF_A_TABLE or (pragma in _OF_THE_FILE and argument is None)


def _confine(connection: FileConnection, authorize: Callable[..., int]) -> None:
    connection.executescript(_SETTINGS)
    for name in _FUNCTIONS_AS_TABLES:  # the first use of each looks like a change of the schema
        with suppress(sqlite3.OperationalError):
            connection.execute(f"SELECT 1 FROM {name} LIMIT 0")
    for limit, value in _LIMITS.items():
        connection.setlimit(limit, value)
    connection.set_authorizer(authorize)


def _named(cursor: sqlite3.Cursor) -> tuple[str, ...]:
    """The names of the columns, told apart where two are alike."""
    names: dict[str, None] = {}
    for name, *_ in cursor.description:
        count, fresh = 1, name
        while fresh in names:
            count += 1
            fresh = f"{name}_{count}"
        names[fresh] = None
    return tuple(names)


def _size() -> int:
    """Bytes of memory that this process has had at most; 0 where the system does not say."""
    if resource is None:
        return 0
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024
