"""Write transactions on a SQLite catalog, serialized by a lock file.

SQLite's busy handler polls with growing pauses, so that a waiting process may starve. A writer
therefore waits in the queue for the lock file first, then runs BEGIN IMMEDIATE.
"""

import contextlib
import sqlite3
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from modeldex import errors
from modeldex.storage.sqlite.connection import (
    WRITE_WAIT,
    FileConnection,
    connect_reader,
    driver_arguments,
    file_identity,
    translate,
    translated,
    uri,
)
from modeldex.storage.sqlite.lock_queue import write_lock
from modeldex.storage.sqlite.scratch import scratch_beside
from modeldex.storage.sqlite.state import state
from modeldex.vocabulary import clock

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine


# With a rollback journal, nobody can read from the first page on that a transaction writes early.
_SPILL = 20_000
"""Changed pages of 4 KiB that a transaction keeps in memory, before it writes some to the file."""


def _connect(path: Path, wait: float) -> FileConnection:
    # Looked at before: a file that is replaced while it is opened is then found to be another.
    identity = file_identity(path)
    connection: FileConnection = sqlite3.connect(
        uri(path, "rw"), uri=True, **driver_arguments(wait)
    )
    connection.file = identity
    return connection


def _engine(path: Path, wait: float, *, foreign_keys: bool) -> "Engine":
    from sqlalchemy import create_engine, event
    from sqlalchemy.pool import QueuePool

    engine = create_engine(
        "sqlite://", creator=partial(_connect, path, wait),
        poolclass=QueuePool, pool_size=1, max_overflow=0, hide_parameters=True,
    )  # fmt: skip

    @event.listens_for(engine, "connect")
    def _on_connect(connection: sqlite3.Connection, _record: object) -> None:
        # SQLAlchemy's "begin" event issues BEGIN IMMEDIATE; the driver must not begin on its own.
        connection.isolation_level = None
        (mode,) = connection.execute("PRAGMA journal_mode").fetchone()
        # In WAL mode FULL syncs each commit; a rollback journal needs EXTRA, which also syncs the
        # folder after deleting the journal.
        connection.executescript(
            f"PRAGMA foreign_keys={'ON' if foreign_keys else 'OFF'};"
            f"PRAGMA synchronous={'FULL' if mode == 'wal' else 'EXTRA'};"
            "PRAGMA recursive_triggers=ON; PRAGMA trusted_schema=OFF; PRAGMA cell_size_check=ON;"
            f"PRAGMA journal_size_limit=16777216; PRAGMA cache_spill={_SPILL};"
        )

    @event.listens_for(engine, "begin")
    def _on_begin(connection: "Connection") -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


class Writer:
    """Runs write transactions on one catalog; `wait` is the lock timeout in seconds."""

    reads_scratch = True
    """Whether its transactions can read the database that `scratch` yields."""

    def __init__(self, path: Path, wait: float = WRITE_WAIT, *, foreign_keys: bool = True) -> None:
        self.path = path
        self.wait = wait
        self._engine = _engine(path, wait, foreign_keys=foreign_keys)
        self._reading: FileConnection | None = None
        self.held_ms: list[float] = []
        """How long each transaction held the write lock, in milliseconds."""

    @contextlib.contextmanager
    def transaction(self) -> Iterator["Connection"]:
        """Run one BEGIN IMMEDIATE transaction; commits at the end, rolls back on any exception."""
        from sqlalchemy.exc import DBAPIError

        with translated(self.path, self.wait):
            try:
                # A new connection reads the schema, which needs no lock.
                with self._engine.connect() as connection, write_lock(self.path, self.wait):
                    self._check_file(connection)
                    with connection.begin():
                        started = clock.steady()
                        yield connection
                    self.held_ms.append((clock.steady() - started) * 1000)
            except DBAPIError as error:
                raise translate(self.path, error.orig, self.wait) from error

    def _check_file(self, connection: "Connection") -> None:
        """Raise CatalogError if the path no longer leads to the file that was opened."""
        raw: Any = connection.connection.driver_connection
        if raw.file != file_identity(self.path):
            connection.invalidate()
            raise errors.CatalogError(
                self.path, "was replaced or removed while it was written to; run it again"
            )

    def is_usable(self) -> bool:
        """Whether its connections lead to the catalog as it is now, in the schema that they know.

        Raises CatalogError.
        """
        with self.reading() as connection:
            return connection.file == file_identity(self.path) and state(connection).is_current

    @contextlib.contextmanager
    def reading(self) -> Iterator[FileConnection]:
        """Yield a read-only connection, for reads between transactions; it waits as long."""
        with translated(self.path, self.wait):
            if self._reading is None:
                self._reading = connect_reader(self.path, self.wait)
            yield self._reading

    @contextlib.contextmanager
    def attached(self, image: bytes, name: str) -> Iterator[None]:
        """Let the transactions of the block read a second catalog, the content of a file."""
        with translated(self.path, self.wait), self._engine.connect() as connection:
            raw: Any = connection.connection.driver_connection
            raw.execute(f"ATTACH ':memory:' AS {name}")
            raw.deserialize(image, name=name)
        try:
            yield
        finally:
            raw.execute(f"DETACH {name}")

    @contextlib.contextmanager
    def scratch(self) -> Iterator[sqlite3.Connection]:
        """Yield a connection with a temporary database `scratch`, which transactions can read."""
        with translated(self.path, self.wait), self._engine.connect() as connection:
            raw: Any = connection.connection.driver_connection
        with translated(self.path, self.wait), scratch_beside(raw):
            yield raw

    def close(self) -> None:
        """Close the connections; a later transaction opens new ones."""
        self._engine.dispose()
        reading, self._reading = self._reading, None
        if reading is not None:
            reading.close()

    def __enter__(self) -> "Writer":
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()
