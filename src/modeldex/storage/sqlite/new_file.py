"""Makes catalog files: empty ones to be migrated, and copies of a finished catalog.

No import of SQLAlchemy: the first command on a machine needs no more than this.
"""

import os
import sqlite3
from collections.abc import Callable, Collection
from contextlib import closing
from pathlib import Path

from modeldex import errors
from modeldex.storage.sqlite.connection import (
    WRITE_WAIT,
    exists,
    translated,
    uri,
)
from modeldex.storage.sqlite.journal import file_system, journal_mode
from modeldex.storage.sqlite.lock_queue import write_lock
from modeldex.storage.sqlite.scratch import complete, image_connection
from modeldex.storage.sqlite.state import state
from modeldex.vocabulary import clock, timestamps

BORN = (
    "UPDATE about SET value = :now WHERE key = 'born_at'",
    "UPDATE about SET value = :catalog_id WHERE key = 'catalog_id'",
    "UPDATE runs SET started_at = :now, finished_at = :now",
    "UPDATE run_steps SET started_at = :now",
)
"""SQL that gives the copy of a catalog an id, a birth and a first run of its own."""


def identity() -> dict[str, str]:
    """The parameters of BORN: the time, and an id that no other catalog has."""
    return {"now": timestamps.now(), "catalog_id": os.urandom(16).hex()}


def is_new(path: Path) -> bool:
    """Whether there is nothing, or an empty file. Raises CatalogError."""
    return not exists(path) or (path.is_file() and path.stat().st_size == 0)


def prepare(path: Path, journal: str | None = None) -> None:
    """Make folder and file where they are missing; the file is empty then."""
    _make_folder(path)
    if is_new(path):
        with write_lock(path, WRITE_WAIT):
            _create(path, journal)


def copy_to_new(path: Path, image: bytes, forgotten: Collection[str] = ()) -> bool:
    """Write the bytes of a finished catalog into a missing or empty file, in one transaction.

    The copy gets an id and a birth of its own. Sources and resolvers named in `forgotten` count
    in it as never run. False if the file holds something by now. A kill or a full disk leaves
    the file empty. Raises CatalogError or a subclass.
    """
    prepare(path)
    with (
        write_lock(path, WRITE_WAIT),
        translated(path, WRITE_WAIT),
        closing(_connect(path)) as connection,
    ):
        if state(connection).kind != "empty":
            return False
        (mode,) = connection.execute("PRAGMA journal_mode").fetchone()
        connection.execute(f"PRAGMA synchronous={'FULL' if mode == 'wal' else 'EXTRA'}")
        with closing(image_connection(image)) as copied:
            complete(copied)
            given = identity()
            for statement in BORN:
                copied.execute(statement, given)
            marks = ", ".join("?" for _ in forgotten)
            copied.execute(f"DELETE FROM run_steps WHERE name IN ({marks})", tuple(forgotten))
            copied.backup(connection, progress=_patience(path))
    return True


def _patience(path: Path) -> Callable[[int, int, int], None]:
    """Ends a backup, which would wait for ever for another program's lock."""
    deadline = clock.steady() + WRITE_WAIT

    def check(_status: int, _remaining: int, _total: int) -> None:
        if clock.steady() > deadline:
            raise errors.CatalogLocked(path, WRITE_WAIT)

    return check


def _connect(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(uri(path, "rw"), uri=True, timeout=WRITE_WAIT, isolation_level=None)


def _refused(path: Path, error: OSError) -> errors.CatalogReadOnly:
    return errors.CatalogReadOnly(
        path, f"cannot be created: {error.strerror}; set another path with --db or MODELDEX_DB"
    )


def _make_folder(path: Path) -> None:
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise _refused(path, error) from None


def _create(path: Path, journal: str | None) -> None:
    """Create an empty file readable by its owner only, in the journal mode that is safe here."""
    try:
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    except OSError as error:
        raise _refused(path, error) from None
    # The mode is set outside of the migration: SQLite cannot change it inside a transaction.
    mode = journal or journal_mode(sqlite3.sqlite_version_info[:3], file_system(path))
    with translated(path, WRITE_WAIT), closing(_connect(path)) as connection:
        if state(connection).kind == "empty":
            connection.execute(f"PRAGMA journal_mode={mode}").fetchone()
