"""Write transactions on a PostgreSQL catalog: queued on an advisory lock, whole or not at all."""

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from modeldex import clock
from modeldex.db import WRITE_WAIT
from modeldex.places import Postgres
from modeldex.postgres.bulk import at_once
from modeldex.postgres.connection import (
    CONNECT_WAIT,
    ReadConnection,
    connect,
    library,
    prepare,
    translate,
    translated,
)
from modeldex.postgres.dialect import bound, for_driver, words
from modeldex.postgres.triggers import LOCK
from modeldex.writer import Writer

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

SILENCE = 60
"""Seconds after which a server asks after a silent client, or ends it where it holds a lock."""


def _in_its_words(
    _connection: "Connection", _cursor: Any, statement: str, given: Any, context: Any, many: bool
) -> tuple[str, Any]:
    """Each statement of the package as the driver takes it, with its values by name."""
    if context is not None and context.execution_options.get("as_it_is"):
        return statement, given
    if "%(" in statement:
        return words(statement), given
    values = [bound(row) for row in given] if many else bound(given)
    return for_driver(statement), values


def _all_at_once(cursor: Any, statement: str, rows: Any, _context: Any) -> bool:
    """Whether many rows went by one statement; the driver goes row by row else."""
    whole = at_once(statement, rows)
    if whole is not None:
        cursor.execute(*whole)
    return whole is not None


def _engine(place: Postgres, wait: float) -> "Engine":
    from sqlalchemy import create_engine, event
    from sqlalchemy.pool import QueuePool

    engine = create_engine(
        place.engine_url,
        poolclass=QueuePool, pool_size=1, max_overflow=0, pool_pre_ping=True,
        hide_parameters=True,
        isolation_level="READ COMMITTED",  # a snapshot from before the lock was had would be stale
        connect_args={
            "cursor_factory": library().ClientCursor, "connect_timeout": CONNECT_WAIT,
            "application_name": "modeldex",
        },
    )  # fmt: skip
    event.listen(engine, "before_cursor_execute", _in_its_words, retval=True)
    event.listen(engine, "do_executemany", _all_at_once)

    @event.listens_for(engine, "connect")
    def _on_connect(connection: Any, _record: object) -> None:
        prepare(connection)

    @event.listens_for(engine, "begin")
    def _on_begin(connection: "Connection") -> None:
        connection.exec_driver_sql(
            f"SET LOCAL lock_timeout = {max(1, round(wait * 1000))}; "
            f"SET LOCAL idle_in_transaction_session_timeout = '{SILENCE}s'"
        )
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({LOCK})")

    return engine


class PostgresWriter(Writer):
    """Write transactions on one catalog, one at a time over all hosts."""

    def __init__(self, place: Postgres, wait: float = WRITE_WAIT) -> None:
        self.path: Any = place
        self.wait = wait
        self._engine = _engine(place, wait)
        self._reading: Any = None
        self.held_ms: list[float] = []
        """How long each transaction held the lock, in milliseconds."""

    @contextlib.contextmanager
    def transaction(self) -> Iterator["Connection"]:
        """One transaction behind the lock; commits at the end, rolls back on any error."""
        from sqlalchemy.exc import DBAPIError

        try:
            with self._engine.connect() as connection, connection.begin():
                started = clock.steady()
                yield connection
        except DBAPIError as error:
            raise translate(self.path, error.orig or error, self.wait) from error
        except library().Error as error:  # of a connection used past SQLAlchemy
            raise translate(self.path, error, self.wait) from error
        self.held_ms.append((clock.steady() - started) * 1000)

    @contextlib.contextmanager
    def reading(self) -> Iterator[Any]:
        """Reads between transactions."""
        if self._reading is None:
            self._reading = ReadConnection(self.path)
        yield self._reading


@contextlib.contextmanager
def refreshing(place: Postgres) -> Iterator[bool]:
    """Hold the lock of refreshes, which dies with its holder; False where another holds it."""
    connection = connect(place)
    try:
        with translated(place):
            connection.execute(f"SET tcp_keepalives_idle = {SILENCE}")
            row = connection.execute(f"SELECT pg_try_advisory_lock({LOCK + 1})").fetchone()
        yield bool(row and row[0])
    finally:
        with contextlib.suppress(library().Error):  # the end of the connection comes later
            connection.execute("SELECT pg_advisory_unlock_all()")
        connection.close()
