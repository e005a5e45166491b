"""Open a catalog file to read; create or migrate it first if needed."""

import contextlib
import os
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


def require(path: Path) -> None:
    """Raise CatalogError where a catalog was and no file is any more, or an empty one."""
    try:
        lost = os.stat(path).st_size == 0  # noqa: PTH116 - half the time of Path.stat
    except FileNotFoundError:
        lost = True
    except OSError:
        return  # who opens it gets the reason
    if lost:
        raise _lost(path)


def _lost(path: Path) -> errors.CatalogError:
    return errors.CatalogError(
        path,
        "the catalog file is gone or empty; restore it, or restart the program to make a new one",
    )


def open_reader(path: Path, wait: float = READ_WAIT, *, create: bool = True) -> FileConnection:
    """Return a read-only connection, schema checked; creates or migrates the file if needed.

    `wait` is the lock timeout in seconds. Without `create` a missing or empty file is an error,
    as for `require`. Raises CatalogError.
    """
    if sqlite3.sqlite_version_info < MINIMUM_SQLITE:
        raise errors.CatalogError(
            path, f"needs SQLite 3.37 or newer, this Python has {sqlite3.sqlite_version}"
        )
    if not create:
        require(path)
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
            if found.kind == "empty" and not create:
                raise _lost(path)
        try:
            return _prepared(path, wait)
        except errors.CatalogReadOnly:
            # Views of an older program of the same schema: what is read here is in the tables.
            if found.schema == SCHEMA:
                return connect_reader(path, wait)
            if found.kind != "catalog":
                raise
            reason = (
                f"has schema {found.schema}, this modeldex needs {SCHEMA}; "
                "run modeldex status once as a user who may write it"
            )
            raise errors.CatalogReadOnly(path, reason) from None


def _prepared(path: Path, wait: float) -> FileConnection:
    # Imported only if needed: most processes find a file of the current schema.
    from modeldex.storage.sqlite.migrate import migrate

    migrate(path)
    return connect_reader(path, wait)
