"""Connections to a PostgreSQL catalog, with the part of sqlite3's interface that queries use."""

import contextlib
from collections.abc import Iterator, Mapping
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

from modeldex import errors
from modeldex.storage.location import Postgres

if TYPE_CHECKING:
    import psycopg

CONNECT_WAIT = 5
"""Seconds to wait for a connection."""

LONGEST_NAME = 200
"""Longer names of constraints are cut by the server; SQLAlchemy would refuse those above 63."""

_LOCKED = ("55P03", "40P01", "40001")
_FULL = ("53100", "53200")
_READ_ONLY = ("25006", "42501")
_OF_A_NAME = "abcdefghijklmnopqrstuvwxyz_0123456789"


def library() -> Any:
    """Import psycopg. Raises CatalogError if it is not installed."""
    try:
        import psycopg
    except ImportError:
        raise errors.CatalogError(
            "postgresql://...", "no PostgreSQL driver; run: pip install 'modeldex[postgres]'"
        ) from None
    return psycopg


def translate(place: Postgres, error: BaseException, wait: float = 0) -> errors.CatalogError:
    """Convert an error of the driver by its SQLSTATE: texts depend on the server's language."""
    code = getattr(error, "sqlstate", None) or ""
    shown: Any = str(place)
    if code in _LOCKED:
        return errors.CatalogLocked(shown, wait, "look at pg_stat_activity to find it")
    if code in _FULL:
        return errors.CatalogFull(
            shown, "the server is out of disk space or memory; free some and try again"
        )
    if code in _READ_ONLY:
        return errors.CatalogReadOnly(shown, "no permission to write; reads still work")
    first = str(error).strip().partition("\n")[0]
    if code or isinstance(error, library().DataError):  # raised by the driver, so without a code
        return errors.CatalogError(shown, first)
    return errors.CatalogError(shown, f"cannot be reached: {first}")


@contextlib.contextmanager
def translated(place: Postgres, wait: float = 0) -> Iterator[None]:
    """Convert the driver's exceptions to CatalogError and its subclasses."""
    try:
        yield
    except library().Error as error:
        raise translate(place, error, wait) from error


def _number(text: bytes | bytearray | memoryview) -> int | float:
    """Convert NUMERIC to int or float, as SQLite's sums and means are."""
    value = float(bytes(text))
    return int(value) if value.is_integer() else value


@cache
def _quiet() -> "type[psycopg.Connection[Any]]":
    class Quiet(library().Connection):  # type: ignore[misc]
        """A connection without psycopg's ResourceWarning when it is garbage-collected open.

        libpq's own object still closes it, but only in the process that opened it.
        """

        def __del__(self) -> None:
            """Do nothing, in place of psycopg's warning."""

    return Quiet


def connect(place: Postgres, *, autocommit: bool = True) -> "psycopg.Connection[tuple[Any, ...]]":
    """Open a connection with client-side binding: values are sent as literals in the statement.

    So the server infers each type from the context, as it does for a literal in psql. Nothing is
    set for longer than a transaction, as a pooler may give the session to somebody else.
    """
    driver = library()
    with translated(place):
        connection: psycopg.Connection[tuple[Any, ...]] = _quiet().connect(
            place.conninfo, autocommit=autocommit, connect_timeout=CONNECT_WAIT,
            application_name="modeldex", cursor_factory=driver.ClientCursor,
            prepare_threshold=None,
        )  # fmt: skip
    prepare(connection)
    return connection


def prepare(connection: Any) -> None:
    """Register the conversion of NUMERIC on a connection."""
    from psycopg.adapt import Loader

    class Number(Loader):
        def load(self, data: Any) -> int | float:
            return _number(data)

    connection.adapters.register_loader("numeric", Number)


@lru_cache(maxsize=2048)
def for_driver(sql: str) -> str:
    """A statement whose parameters, such as `:name`, are written as psycopg takes them."""
    parts = sql.replace("%", "%%").split("'")  # every other one is a text, or a piece of one
    parts[::2] = map(_parameters, parts[::2])
    return "'".join(parts)


def _parameters(part: str) -> str:
    done, *rest = part.split(":")
    for words in rest:
        name = words[: len(words) - len(words.lstrip(_OF_A_NAME))]
        # In `value::TEXT` the second colon follows the first.
        is_parameter = name and not done.endswith(":")
        done += f"%({name})s{words[len(name) :]}" if is_parameter else f":{words}"
    return done


def _sendable(value: object) -> object:
    """Replace NUL in a text, which PostgreSQL refuses, by a character that no name contains."""
    return value.replace("\0", "\uffff") if isinstance(value, str) else value


# JIT compilation of the large views takes ten seconds, running them one.
_QUICKLY = "SET LOCAL jit = off"


class ReadConnection:
    """A connection for reads, with the part of sqlite3's interface that queries use.

    A statement outside of a transaction runs in a read-only one of its own. All of it is sent at
    once, so that this takes no longer.
    """

    def __init__(self, place: Postgres) -> None:
        self.place = place
        self._connection = connect(place)

    def execute(
        self, sql: str, parameters: Mapping[str, object] | None = None
    ) -> "psycopg.Cursor[tuple[Any, ...]]":
        """Run one statement. Raises CatalogError and its subclasses."""
        values = {name: _sendable(value) for name, value in (parameters or {}).items()}
        with translated(self.place):
            if self._is_within():
                return self._connection.execute(for_driver(sql), values)
            if sql.startswith("BEGIN"):
                return self._connection.execute(f"{sql}; {_QUICKLY}".encode())
            return self._alone(for_driver(sql), values)

    def _is_within(self) -> bool:
        """Whether a transaction is open, also one that has failed."""
        states = library().pq.TransactionStatus
        return self._connection.info.transaction_status in (states.INTRANS, states.INERROR)

    def _alone(
        self, statement: str, values: Mapping[str, object]
    ) -> "psycopg.Cursor[tuple[Any, ...]]":
        text = f"BEGIN READ ONLY; {_QUICKLY}; {statement}\n; COMMIT"
        try:
            cursor = self._connection.execute(text.encode(), values)
        except library().Error:
            if not self.broken:
                self._connection.rollback()
            raise
        cursor.nextset()  # of BEGIN, SET
        cursor.nextset()
        return cursor

    def cancel(self) -> None:
        """Cancel the running statement; called from another thread."""
        with contextlib.suppress(library().Error):  # it has ended, or the server is unreachable
            self._connection.cancel_safe(timeout=CONNECT_WAIT)

    @property
    def broken(self) -> bool:
        """Whether the connection is closed or lost."""
        return self._connection.closed or self._connection.broken

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()
