"""SQL of anybody on a PostgreSQL catalog: one statement, read-only, of limited time and size.

The statement becomes that of a cursor, which takes a SELECT and nothing else, in a read-only
transaction. What a role may read beyond the catalog is for the server to say: give readers a
role of their own.
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
            raise StatementStopped("the answer takes too much memory; ask for less at once")
        if clock.steady() > deadline:
            raise StatementStopped("it took too long; narrow it down, or allow it more")
    return found, False


def _plain(value: object) -> object:
    """A value as SQLite has them: number, text, bytes or None."""
    known = value is None or isinstance(value, int | float | str | bytes)
    return value if known else str(value)


def _explained(place: Postgres, error: Any, seconds: float) -> Exception:
    """Our error for one of the server's: a mistake in the statement, or trouble."""
    code = error.sqlstate or ""
    said = str(error).partition("\n")[0]
    if code == _STOPPED:
        return StatementStopped(
            f"it took longer than {seconds:g} s; narrow it down, or allow it more"
        )
    if code in _REFUSED:
        return InvalidStatement(f"{said}: statements here can only read")
    if code.startswith(_MISTAKES):
        return InvalidStatement(said)
    return translate(place, error)
