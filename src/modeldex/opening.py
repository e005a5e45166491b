"""Open a catalog; create or migrate it first if needed."""

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from modeldex import errors
from modeldex.db import (
    MINIMUM_SQLITE,
    READ_WAIT,
    WRITE_WAIT,
    FileConnection,
    State,
    check,
    connect_reader,
    exists,
    state,
    translated,
    try_lock_file,
)
from modeldex.places import Place, Postgres
from modeldex.schema import SCHEMA
from modeldex.writer import Writer


def open_catalog(place: Place) -> Any:
    """Return a read-only connection to a SQLite or PostgreSQL catalog, schema checked.

    Both kinds offer `execute` and `close` as in sqlite3. Raises CatalogError.
    """
    if isinstance(place, Postgres):
        from modeldex.postgres.migrate import open_reader as open_postgres

        return open_postgres(place)
    return open_reader(place)


def open_writer(place: Place, wait: float = WRITE_WAIT) -> Writer:
    """Return a writer for an existing catalog; `wait` is the lock timeout in seconds."""
    if isinstance(place, Postgres):
        from modeldex.postgres.writer import PostgresWriter

        return PostgresWriter(place, wait)
    return Writer(place, wait)


@contextlib.contextmanager
def refreshing(place: Place) -> Iterator[bool]:
    """Hold the refresh lock, which ends with its process; yields False if it is taken."""
    if isinstance(place, Postgres):
        from modeldex.postgres.writer import refreshing as refreshing_postgres

        with refreshing_postgres(place) as acquired:
            yield acquired
    else:
        with try_lock_file(place, ".refresh.lock") as acquired:
            yield acquired


def open_reader(path: Path, wait: float = READ_WAIT) -> FileConnection:
    """Return a read-only connection, schema checked; creates or migrates the file if needed.

    `wait` is the lock timeout in seconds. Raises CatalogError.
    """
    if sqlite3.sqlite_version_info < MINIMUM_SQLITE:
        raise errors.CatalogError(
            path, f"needs SQLite 3.37 or newer, this Python has {sqlite3.sqlite_version}"
        )
    with translated(path, wait):
        if not exists(path):
            return _prepared(path, wait)
        if path.is_dir():
            raise errors.NotACatalog(path, "a folder; give the path of a file")
        # Closes the connection on every way out but pop_all().
        with contextlib.ExitStack() as stack:
            connection = connect_reader(path, wait)
            stack.callback(connection.close)
            found = state(connection)
            check(path, found, connection)
            if found == State("catalog", SCHEMA):
                stack.pop_all()
                return connection
        return _prepared(path, wait)


def _prepared(path: Path, wait: float) -> FileConnection:
    # Imported only if needed: most processes find a file of the current schema.
    from modeldex.migrate import migrate

    migrate(path)
    return connect_reader(path, wait)
