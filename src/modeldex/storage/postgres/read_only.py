"""Runs a user's SQL on a PostgreSQL catalog: one SELECT, read-only, limited in time and size.

The statement runs as a server-side cursor, which accepts only a SELECT, in a read-only
transaction. What the role can read outside the catalog depends on its privileges, so readers
should have a role of their own.
"""

import sys
from contextlib import closing
from typing import TYPE_CHECKING, Any

from modeldex.errors import InvalidStatement, StatementStopped
from modeldex.storage.location import Postgres
from modeldex.storage.postgres.connection import connect, library, translate
from modeldex.vocabulary import clock

if TYPE_CHECKING:
    import psycopg

_FETCH_SIZE = 500
_STOPPED = "57014"
_REFUSED = ("25006", "42501")
_STATEMENT_ERRORS = ("42", "22", "25", "0A", "34", "54")
"""SQLSTATE classes of errors in the statement, rather than failures of the server."""

Rows = list[tuple[object, ...]]


def run_select(
    place: Postgres, sql: str, rows: int, seconds: float, size: int
) -> tuple[tuple[str, ...], Rows, bool]:
    """Return columns and at most `rows` rows of one SELECT, and whether there are more rows.

    `seconds` and `size` (bytes) limit the time and the size of the result. Raises
    InvalidStatement for anything but a SELECT, StatementStopped at a limit, and CatalogError.
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
    """The time that is left to a statement and to fetching its rows."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._ends = clock.steady() + seconds

    def let_run(self, connection: "psycopg.Connection[Any]") -> None:
        """Limit the next statement to the time that is left.

        Set before every statement, because a SELECT can change the setting by set_config().
        """
        left = self._ends - clock.steady()
        if left <= 0:
            raise self.up()
        connection.execute(f"SET LOCAL statement_timeout = {max(1, int(left * 1000))}".encode())

    def up(self) -> StatementStopped:
        """The error for a statement that ran out of time."""
        return StatementStopped(
            f"it took longer than {self._seconds:g} s; narrow it down, or raise the limit"
        )


def _fetched(
    cursor: "psycopg.ServerCursor[Any]", limit: int, allowed: _Time, size: int
) -> tuple[Rows, bool]:
    found: Rows = []
    while len(found) <= limit:
        allowed.let_run(cursor.connection)
        part = cursor.fetchmany(min(_FETCH_SIZE, limit + 1 - len(found)))
        if not part:
            return found, False
        found += [tuple(map(_plain, row)) for row in part]
        size -= sum(sys.getsizeof(value) for row in found[-len(part) :] for value in row)
        if size < 0 and len(found) <= limit:
            raise StatementStopped("the result takes too much memory; select fewer rows or columns")
    return found[:limit], True


def _plain(value: object) -> object:
    """Convert a value to a type that SQLite has too: number, text, bytes or None."""
    known = value is None or isinstance(value, int | float | str | bytes)
    return value if known else str(value)


def _explained(place: Postgres, error: Any, allowed: _Time) -> Exception:
    """Convert an error of the driver: a mistake in the statement, or a failure of the server."""
    code = error.sqlstate or ""
    reason = str(error).partition("\n")[0]
    if code == _STOPPED:
        return allowed.up()
    if code in _REFUSED:
        return InvalidStatement(f"{reason}: statements can only read here")
    if code.startswith(_STATEMENT_ERRORS):
        return InvalidStatement(reason)
    return translate(place, error)
