"""Open a catalog file to read; create or migrate it first if needed."""

import contextlib
import sqlite3
from pathlib import Path

from modeldex import errors
from modeldex.storage.schema.version import SCHEMA
from modeldex.storage.sqlite.connection import (
    MINIMUM_SQLITE,
    READ_WAIT,
    FileConnection,
    connect_reader,
    exists,
    translated,
)
from modeldex.storage.sqlite.state import check, state


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
            if found.is_current:
                stack.pop_all()
                return connection
        try:
            return _prepared(path, wait)
        except errors.CatalogReadOnly:
            # Views of an older program of the same schema: what is read here is in the tables.
            if found.schema != SCHEMA:
                raise
            return connect_reader(path, wait)


def _prepared(path: Path, wait: float) -> FileConnection:
    # Imported only if needed: most processes find a file of the current schema.
    from modeldex.storage.sqlite.migrate import migrate

    migrate(path)
    return connect_reader(path, wait)
