"""Open a catalog to read it: created or brought up to date first where that is needed."""

import contextlib
import sqlite3
from pathlib import Path

from modeldex import errors
from modeldex.db import (
    MINIMUM_SQLITE,
    READ_WAIT,
    FileConnection,
    State,
    check,
    connect_reader,
    exists,
    state,
    translated,
)
from modeldex.schema import SCHEMA


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
