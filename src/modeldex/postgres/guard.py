"""Runs a user's SQL on a PostgreSQL catalog: one SELECT, read-only, limited in time and size.

The statement runs as a server-side cursor, which accepts only a SELECT, in a read-only
transaction. What the role can read outside the catalog depends on its privileges, so readers
should have a role of their own.
"""

import sys
from typing import TYPE_CHECKING, Any

from modeldex import clock
from modeldex.errors import InvalidStatement, StatementStopped
from modeldex.places import Postgres
from modeldex.postgres.connection import connect, library, translate

if TYPE_CHECKING:
    import psycopg

_AT_ONCE = 500
_STOPPED = "57014"
_REFUSED = ("25006", "42501")
_MISTAKES = ("42", "22", "25", "0A", "34", "54")
"""SQLSTATE classes of errors in the statement, rather than failures of the server."""

Rows = list[tuple[object, ...]]


def ask(
    place: Postgres, sql: str, rows: int, seconds: float, size: int
) -> tuple[tuple[str, ...], Rows, bool]:
    """Return columns and at most `rows` rows of one SELECT, and whether there are more rows.

    `seconds` and `size` (bytes) limit the time and the size of the result. Raises
    InvalidStatement for anything but a SELECT, StatementStopped at a limit, and CatalogError.
    """
    connection = connect(place, autocommit=False)
    try:
        connection.read_only = True
        connection.execute(f"SET LOCAL statement_timeout = {max(1, int(seconds * 1000))}".encode())
        with connection.cursor(name="asked") as cursor:
            cursor.execute(sql.encode())
            columns = tuple(column.name for column in cursor.description or ())
            return columns, *_fetched(cursor, rows, clock.steady() + seconds, size)
    except library().Error as error:
        raise _explained(place, error, seconds) from error
    finally:
        connection.close()


def _fetched(
    cursor: "psycopg.ServerCursor[Any]", limit: int, deadline: float, size: int
) -> tuple[Rows, bool]:
    found: Rows = []
    while part := cursor.fetchmany(min(_AT_ONCE, limit + 1 - len(found))):
        found += [tuple(map(_plain, row)) for row in part]
        size -= sum(sys.getsizeof(value) for row in found[-len(part) :] for value in row)
        if len(found) > limit:
            return found[:limit], True
        if size < 0:
            raise StatementStopped("the result takes too much memory; select fewer rows or columns")
        if clock.steady() > deadline:
            raise StatementStopped("it exceeded the time limit; narrow it down, or raise the limit")
    return found, False


def _plain(value: object) -> object:
    """Convert a value to a type that SQLite has too: number, text, bytes or None."""
    known = value is None or isinstance(value, int | float | str | bytes)
    return value if known else str(value)


def _explained(place: Postgres, error: Any, seconds: float) -> Exception:
    """Convert an error of the driver: a mistake in the statement, or a failure of the server."""
    code = error.sqlstate or ""
    reason = str(error).partition("\n")[0]
    if code == _STOPPED:
        return StatementStopped(
            f"it took longer than {seconds:g} s; narrow it down, or raise the limit"
        )
    if code in _REFUSED:
        return InvalidStatement(f"{reason}: statements can only read here")
    if code.startswith(_MISTAKES):
        return InvalidStatement(reason)
    return translate(place, error)
