"""A connection to a PostgreSQL catalog that is asked as one to a SQLite file is."""

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from modeldex import errors
from modeldex.places import Postgres
from modeldex.postgres.dialect import bound, for_driver

if TYPE_CHECKING:
    import psycopg

CONNECT_WAIT = 5
"""Seconds to wait for the server."""

_LOCKED = ("55P03", "40P01", "40001")
_FULL = ("53100", "53200")
_READ_ONLY = ("25006", "42501")


def library() -> Any:
    """The driver. Raises CatalogError where it is not installed."""
    try:
        import psycopg
    except ImportError:
        raise errors.CatalogError(
            "postgresql://...", "needs a driver; run: pip install 'modeldex[postgres]'"
        ) from None
    return psycopg


def translate(place: Postgres, error: BaseException, wait: float = 0) -> errors.CatalogError:
    """The modeldex error for one of the driver's, told apart by code and never by text."""
    code = getattr(error, "sqlstate", None) or ""
    shown: Any = str(place)
    if code in _LOCKED:
        return errors.CatalogLocked(shown, wait, "look at pg_stat_activity to see who")
    if code in _FULL:
        return errors.CatalogFull(shown, "the server is out of space; nothing was lost")
    if code in _READ_ONLY:
        return errors.CatalogReadOnly(shown, "may not be written; reads still work")
    first = str(error).strip().partition("\n")[0]
    if code or isinstance(error, library().DataError):  # refused by the driver itself
        return errors.CatalogError(shown, first)
    return errors.CatalogError(shown, f"cannot be reached: {first}")


@contextlib.contextmanager
def translated(place: Postgres, wait: float = 0) -> Iterator[None]:
    """Turn the driver's exceptions into ours."""
    try:
        yield
    except library().Error as error:
        raise translate(place, error, wait) from error


def _number(text: bytes | bytearray | memoryview) -> int | float:
    """A NUMERIC as the sums and means of SQLite come out."""
    value = float(bytes(text))
    return int(value) if value.is_integer() else value


@cache
def _quiet() -> "type[psycopg.Connection[Any]]":
    class Quiet(library().Connection):  # type: ignore[misc]
        """A connection that is closed without a warning when nobody holds it any more.

        libpq's own object closes it, in the process that opened it only.
        """

        def __del__(self) -> None:
            """Say nothing."""

    return Quiet


def connect(place: Postgres, *, autocommit: bool = True) -> "psycopg.Connection[tuple[Any, ...]]":
    """A connection whose statements carry their values in their text, as literals."""
    driver = library()
    with translated(place):
        connection: psycopg.Connection[tuple[Any, ...]] = _quiet().connect(
            place.conninfo, autocommit=autocommit, connect_timeout=CONNECT_WAIT,
            application_name="modeldex", cursor_factory=driver.ClientCursor,
        )  # fmt: skip
    prepare(connection)
    return connection


def prepare(connection: Any) -> None:
    """Numbers come as Python numbers."""
    from psycopg.adapt import Loader

    class Number(Loader):
        def load(self, data: Any) -> int | float:
            return _number(data)

    connection.adapters.register_loader("numeric", Number)


def _askable(value: object) -> object:
    """A text that the server cannot even be asked for becomes one that nothing is called."""
    return value.replace("\0", "\uffff") if isinstance(value, str) else value


class ReadConnection:
    """A read-only connection with the part of sqlite3's interface that questions use."""

    def __init__(self, place: Postgres) -> None:
        self.place = place
        self._connection = connect(place)
        with translated(place):
            # Compiling a view of forty parts takes ten seconds, running it one.
            self._connection.execute("SET default_transaction_read_only = on; SET jit = off")

    def execute(
        self, sql: str, parameters: Mapping[str, object] | Sequence[object] | None = None
    ) -> "psycopg.Cursor[tuple[Any, ...]]":
        """Run one statement. Raises CatalogError and its kind."""
        values = {name: _askable(value) for name, value in bound(parameters).items()}
        with translated(self.place):
            return self._connection.execute(for_driver(sql), values)

    def cancel(self) -> None:
        """End the statement that runs now, from another thread."""
        with contextlib.suppress(library().Error):  # it is over, or nobody can be told
            self._connection.cancel_safe(timeout=CONNECT_WAIT)

    @property
    def broken(self) -> bool:
        """Whether the server has gone away."""
        return self._connection.closed or self._connection.broken

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()
