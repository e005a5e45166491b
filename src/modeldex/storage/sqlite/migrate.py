"""Creates or migrates a catalog file, atomically, and by one process only."""

import contextlib
import secrets
import sqlite3
import threading
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from modeldex import errors
from modeldex.storage.fill_history import fill_history
from modeldex.storage.schema.version import APPLICATION_ID, SCHEMA
from modeldex.storage.sqlite.derive import (
    TABLES,
    derive,
    drop_views_and_triggers,
    restore,
    users_own,
)
from modeldex.storage.sqlite.new_file import prepare
from modeldex.storage.sqlite.state import State, check, state
from modeldex.storage.sqlite.writer import Writer
from modeldex.vocabulary import timestamps

if TYPE_CHECKING:
    from alembic.config import Config
    from sqlalchemy import Connection

# Alembic's context is a module global: only one migration per process at a time.
_alembic = threading.Lock()


def migrations_folder() -> Path:
    """The folder of the revisions: inside an installed package, or beside `src` in a checkout."""
    packaged = Path(str(files("modeldex"))) / "migrations"
    if packaged.is_dir():
        return packaged
    return Path(__file__).resolve().parents[4] / "migrations"


def alembic_config(connection: "Connection | None" = None, script: Path | None = None) -> "Config":
    """Alembic's settings, for an open connection; `script` replaces the folder of revisions."""
    from alembic.config import Config

    config = Config()
    folder = str(script or migrations_folder())
    # The value is interpolated by configparser, where "%" must be doubled.
    config.set_main_option("script_location", folder.replace("%", "%%"))
    if connection is not None:
        config.attributes["connection"] = connection
    return config


def _upgrade(connection: "Connection", path: Path, revision: str, script: Path | None) -> bool:
    """Run the missing revisions and make what is derived; True if anything changed.

    It must be called inside the write transaction: another process may have migrated the file
    before this one got the lock.
    """
    raw = connection.connection.driver_connection
    assert isinstance(raw, sqlite3.Connection)  # noqa: S101 - for the type checker
    found = checked_state(raw, path)
    if found.is_current and revision == "head":
        return False
    if found.kind == "empty" and revision == "head" and script is None:
        create(connection)
    else:
        with deriving(connection, path):
            if found.schema != SCHEMA or revision != "head":
                _run_revisions(connection, path, revision, script)
    # Foreign keys are off during a migration (tables are rebuilt), so check them at its end.
    broken = raw.execute("PRAGMA foreign_key_check").fetchone()
    if broken:
        raise errors.CatalogDamaged(
            path, f"cannot be migrated: a row of {broken[0]} would refer to a missing row"
        )
    return state(raw) != found


def create(connection: "Connection") -> None:
    """Make all tables, the first rows and what is derived in an empty file."""
    from modeldex.storage.schema.first_rows import insert_first_rows

    for sql in TABLES.values():
        connection.exec_driver_sql(sql)
    insert_first_rows(connection, timestamps.now(), secrets.token_hex(16))
    _mark(connection, SCHEMA)
    derive(connection, [])


def _mark(connection: "Connection", schema: int) -> None:
    """Write into the header that the file is a catalog, and of which schema."""
    connection.exec_driver_sql(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.exec_driver_sql(f"PRAGMA user_version = {schema}")


@contextlib.contextmanager
def deriving(connection: "Connection", path: Path) -> Iterator[None]:
    """Around revisions: afterwards make what is derived and give users back what is theirs.

    Raises CatalogError where revisions would leave an existing catalog below the head, at which
    it has no views.
    """
    raw: Any = connection.connection.driver_connection
    found = checked_state(raw, path)
    if found.kind == "dump":
        _mark(connection, found.schema)
    own = [] if found.kind == "empty" else users_own(raw)
    if found.kind != "empty" and not found.is_current:
        drop_views_and_triggers(connection)
    yield
    after = state(raw)
    if after.schema < SCHEMA and found.kind != "empty":
        raise errors.CatalogError(path, "can only be upgraded to the head; nothing was changed")
    if after.schema >= SCHEMA and (after != found or not found.is_current):
        derive(connection, own)
        fill_history(connection)


@contextlib.contextmanager
def lowering(connection: "Connection", path: Path) -> Iterator[None]:
    """Around a downgrade: drop views and triggers, and give users back those that still work.

    The older program, whose schema the file then has, makes its own when it opens the file.
    """
    raw: Any = connection.connection.driver_connection
    checked_state(raw, path)
    own = users_own(raw)
    drop_views_and_triggers(connection)
    yield
    if state(raw).schema == SCHEMA:
        derive(connection, own)
    else:
        connection.exec_driver_sql("DELETE FROM about WHERE key LIKE 'derived%'")
        restore(raw, own)


def checked_state(raw: sqlite3.Connection, path: Path) -> State:
    """What the file holds. Raises NotACatalog and CatalogTooNew."""
    found = state(raw)
    check(path, found, raw)
    return found


def _run_revisions(
    connection: "Connection", path: Path, revision: str, script: Path | None
) -> None:
    from alembic import command
    from alembic.util import CommandError

    try:
        with _alembic:
            command.upgrade(alembic_config(connection, script), revision)
    except CommandError as error:
        raise errors.CatalogError(path, f"cannot be migrated: {error}") from error


def migrate(
    path: Path, *, journal: str | None = None, revision: str = "head", script: Path | None = None
) -> bool:
    """Create or upgrade the catalog at `path`. Returns whether this call changed it.

    Safe to call from many processes at once: one migrates, all succeed. An error leaves the
    file unchanged. `journal` sets the journal mode of a new file, `revision` the Alembic
    target, `script` the folder of the revisions. Raises CatalogError or a subclass.
    """
    prepare(path, journal)
    with migrating(path) as connection:
        return _upgrade(connection, path, revision, script)


@contextlib.contextmanager
def migrating(path: Path) -> Iterator["Connection"]:
    """A write transaction in which tables may be made anew: foreign keys are off."""
    with Writer(path, foreign_keys=False) as writer, writer.transaction() as connection:
        yield connection
