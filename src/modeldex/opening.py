"""Open a catalog, created or brought up to date first where that is needed."""

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
    """A checked read-only connection to a catalog of either kind.

    What it has in common is sqlite3's `execute` and `close`. Raises CatalogError and its kind.
    """
    if isinstance(place, Postgres):
        from modeldex.postgres.migrate import open_reader as open_postgres

        return open_postgres(place)
    return open_reader(place)


def open_writer(place: Place, wait: float = WRITE_WAIT) -> Writer:
    """What writes to a catalog of either kind, which must exist; waits so many seconds."""
    if isinstance(place, Postgres):
        from modeldex.postgres.writer import PostgresWriter

        return PostgresWriter(place, wait)
    return Writer(place, wait)


@contextlib.contextmanager
def refreshing(place: Place) -> Iterator[bool]:
    """Hold the lock of refreshes, which dies with its holder; False where another holds it."""
    if isinstance(place, Postgres):
        from modeldex.postgres.writer import refreshing as refreshing_postgres

        with refreshing_postgres(place) as ours:
            yield ours
    else:
        with try_lock_file(place, ".refresh.lock") as ours:
            yield ours


def open_reader(path: Path, wait: float = READ_WAIT) -> FileConnection:
    """A checked read-only connection; the file is created or migrated first where needed.

    Raises CatalogError and its kind.
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
    from modeldex.migrate import migrate

    migrate(path)
    return connect_reader(path, wait)
