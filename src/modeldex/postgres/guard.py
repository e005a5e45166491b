"""SQL of anybody on a PostgreSQL catalog: one statement, read-only, of limited time and size.

The statement becomes that of a cursor, which takes a SELECT and nothing else, in a read-only
transaction. What a role may read beyond the catalog is for the server to say: give readers a
role of their own.
"""

import sys
import time
from contextlib import closing
from typing import TYPE_CHECKING, Any

from modeldex.errors import InvalidStatement, StatementStopped
from modeldex.places import Postgres
from modeldex.postgres.connection import connect, library, translate

if TYPE_CHECKING:
    import psycopg

_AT_ONCE = 500
_STOPPED = "57014"
_REFUSED = ("25006", "42501")
_MISTAKES = ("42", "22", "25", "0A", "34", "54")
"""Classes of errors that are of the statement, not of the server."""

Rows = list[tuple[object, ...]]


def ask(
    place: Postgres, sql: str, rows: int, seconds: float, size: int
) -> tuple[tuple[str, ...], Rows, bool]:
    """Columns and rows of one SELECT, and whether there are more than so many `rows`.

    It may take so many `seconds`, and `size` bytes for its answer. Raises InvalidStatement for
    anything else, StatementStopped for what takes too much, CatalogError and its kind.
    """
    connection = connect(place, autocommit=False)
    allowed = _Time(seconds)
    # The connection is closed first, and with it the cursor on the server: CLOSE is a statement
    # that may be stopped as any other, and would leave the driver's cursor open.
    with closing(connection.cursor(name="asked")) as cursor, closing(connection):
        try:
            connection.read_only = True
            allowed.let_run(connection)
            cursor.execute(sql.encode())
            columns = tuple(column.name for column in cursor.description or ())
            return columns, *_fetched(cursor, rows, allowed, size)
        except library().Error as error:
            raise _explained(place, error, allowed) from error


class _Time:
    """So many seconds from now on, for all that a statement does."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._ends = time.monotonic() + seconds

    def let_run(self, connection: "psycopg.Connection[Any]") -> None:
        """Let the next statement take what is left. Each time anew: what was asked may set it."""
        left = self._ends - time.monotonic()
        if left <= 0:
            raise self.up()
        connection.execute(f"SET LOCAL statement_timeout = {max(1, int(left * 1000))}".encode())

    def up(self) -> StatementStopped:
        """What is said when it is over."""
        return StatementStopped(
            f"it took longer than {self._seconds:g} s; narrow it down, or allow it more"
        )


def _fetched(
    cursor: "psycopg.ServerCursor[Any]", limit: int, allowed: _Time, size: int
) -> tuple[Rows, bool]:
    found: Rows = []
    while len(found) <= limit:
        allowed.let_run(cursor.connection)
        part = cursor.fetchmany(min(_AT_ONCE, limit + 1 - len(found)))
        if not part:
            return found, False
        found += [tuple(map(_plain, row)) for row in part]
        size -= sum(sys.getsizeof(value) for row in found[-len(part) :] for value in row)
        if size < 0 and len(found) <= limit:
            raise StatementStopped("the answer takes too much memory; ask for less at once")
    return found[:limit], True


def _plain(value: object) -> object:
    """A value as SQLite has them: number, text, bytes or None."""
    known = value is None or isinstance(value, int | float | str | bytes)
    return value if known else str(value)


def _explained(place: Postgres, error: Any, allowed: _Time) -> Exception:
    """Our error for one of the server's: a mistake in the statement, or trouble."""
    code = error.sqlstate or ""
    said = str(error).partition("\n")[0]
    if code == _STOPPED:
        return allowed.up()
    if code in _REFUSED:
        return InvalidStatement(f"{said}: statements here can only read")
    if code.startswith(_MISTAKES):
        return InvalidStatement(said)
    return translate(place, error)
