"""Write transactions on a PostgreSQL catalog, serialised by an advisory lock."""

import contextlib
from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

from modeldex import errors
from modeldex.storage.location import Postgres
from modeldex.storage.postgres.connection import (
    LONGEST_NAME,
    ReadConnection,
    connect,
    for_driver,
    library,
    translate,
)
from modeldex.storage.postgres.fold import LOCK
from modeldex.storage.sqlite.connection import WRITE_WAIT
from modeldex.storage.sqlite.scratch import private_scratch
from modeldex.storage.sqlite.writer import Writer
from modeldex.vocabulary import clock

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

SILENCE = 60
"""Seconds until the server probes an idle connection, or ends an idle transaction.

Without it, a host that dies inside a transaction would hold the lock until TCP gives up.
"""


def _for_driver(
    _connection: "Connection", _cursor: Any, statement: str, given: Any, context: Any, _many: bool
) -> tuple[str, Any]:
    """Give a statement to the driver as it takes it, unless SQLAlchemy has."""
    if context is None or context.compiled or context.execution_options.get("as_it_is"):
        return statement, given
    return for_driver(statement), given or {}


def _engine(place: Postgres, wait: float) -> "Engine":
    from sqlalchemy import create_engine, event
    from sqlalchemy.pool import QueuePool

    engine = create_engine(
        place.engine_url,
        poolclass=QueuePool, pool_size=1, max_overflow=0, pool_pre_ping=True,
        hide_parameters=True, max_identifier_length=LONGEST_NAME,
        isolation_level="READ COMMITTED",  # a snapshot taken before the lock would be stale
        creator=partial(connect, place, autocommit=False),
    )  # fmt: skip
    event.listen(engine, "before_cursor_execute", _for_driver, retval=True)

    @event.listens_for(engine, "begin")
    def _on_begin(connection: "Connection") -> None:
        connection.exec_driver_sql(
            f"SET LOCAL lock_timeout = {max(1, round(wait * 1000))}; "
            f"SET LOCAL idle_in_transaction_session_timeout = '{SILENCE}s'"
        )
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({LOCK})")

    return engine


class PostgresWriter(Writer):
    """Write transactions on one catalog, one at a time across all hosts."""

    reads_scratch = False

    def __init__(self, place: Postgres, wait: float = WRITE_WAIT) -> None:
        self.path: Any = place
        self.wait = wait
        self._engine = _engine(place, wait)
        self._reading: Any = None
        self.held_ms: list[float] = []
        """Time each transaction held the lock, in milliseconds."""

    @contextlib.contextmanager
    def transaction(self) -> Iterator["Connection"]:
        """Run one transaction under the lock; commit at the end, roll back on any error."""
        from sqlalchemy.exc import DBAPIError

        try:
            with self._engine.connect() as connection, connection.begin():
                started = clock.steady()
                yield connection
        except DBAPIError as error:
            raise translate(self.path, error.orig or error, self.wait) from error
        except library().Error as error:  # from statements that bypass SQLAlchemy
            raise translate(self.path, error, self.wait) from error
        self.held_ms.append((clock.steady() - started) * 1000)

    @contextlib.contextmanager
    def scratch(self) -> Iterator[Any]:
        """Yield a connection with a temporary database `scratch`, of this process."""
        with private_scratch() as connection:
            yield connection

    @contextlib.contextmanager
    def reading(self) -> Iterator[Any]:
        """Return a connection for reads outside of transactions."""
        if self._reading is None:
            self._reading = ReadConnection(self.path)
        yield self._reading

    def is_usable(self) -> bool:
        """Whether the server still answers on the connection for reads."""
        try:
            with self.reading() as connection:
                connection.execute("SELECT 1")
        except errors.CatalogError:
            return False
        return True
