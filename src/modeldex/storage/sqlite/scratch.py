"""Temporary databases, which no other connection sees."""

import contextlib
import sqlite3
from collections.abc import Iterator

from modeldex.storage.sqlite.connection import FileConnection, driver_arguments


def scratch() -> FileConnection:
    """A private temporary database, on disk if it grows, deleted when it is closed."""
    connection: FileConnection = sqlite3.connect("", isolation_level=None, **driver_arguments(0))
    return connection


@contextlib.contextmanager
def scratch_beside(connection: sqlite3.Connection) -> Iterator[None]:
    """Attach such a temporary database to an autocommitting connection, as `scratch`."""
    connection.executescript(
        "ATTACH '' AS scratch; PRAGMA scratch.journal_mode=OFF; PRAGMA scratch.synchronous=OFF;"
        "PRAGMA scratch.cache_size=-8000;"
    )
    try:
        yield
    finally:
        if connection.in_transaction:  # what was begun has no journal to roll back from
            connection.execute("COMMIT")
        connection.execute("DETACH scratch")


@contextlib.contextmanager
def private_scratch() -> Iterator[FileConnection]:
    """A connection of its own, to a database `scratch`."""
    with contextlib.closing(scratch()) as connection, scratch_beside(connection):
        yield connection


LEFT_OUT = "indexes_left_out"
"""Key in `about`: DDL of the indexes that a ready file is shipped without."""


def complete(connection: sqlite3.Connection) -> None:
    """Make the indexes that a ready file is shipped without."""
    for (ddl,) in connection.execute(
        "SELECT value FROM about WHERE key = ?", (LEFT_OUT,)
    ).fetchall():
        connection.executescript(ddl)
    connection.execute("DELETE FROM about WHERE key = ?", (LEFT_OUT,))


def image_connection(image: bytes) -> FileConnection:
    """A private database in memory with the content of a file, autocommitting."""
    connection = scratch()
    connection.deserialize(image)
    return connection
