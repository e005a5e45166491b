"""What a SQLite file holds: nothing, another program's tables, or a catalog of some schema."""

import sqlite3
from pathlib import Path
from typing import NamedTuple

from modeldex import errors
from modeldex.storage.schema.version import APPLICATION_ID, SCHEMA, is_outdated


class State(NamedTuple):
    """What a file holds: `kind` is empty, foreign (another program's), dump or catalog.

    A dump is a catalog restored from `.dump`, which keeps no numbers in the header. `derived`
    says of which program views and triggers are.
    """

    kind: str
    schema: int = 0
    derived: str = ""

    @property
    def is_current(self) -> bool:
        """Whether it is a catalog on which this program has nothing to do."""
        return self[:2] == ("catalog", SCHEMA) and not is_outdated(self.derived)


def state(connection: sqlite3.Connection) -> State:
    """What the opened file holds; reads two header fields and one row, a few microseconds."""
    (identity,) = connection.execute("PRAGMA application_id").fetchone()
    (schema,) = connection.execute("PRAGMA user_version").fetchone()
    if identity == APPLICATION_ID:
        return State("catalog", schema, _about(connection, "derived"))
    if not identity and _about(connection, "format") == "modeldex catalog":
        row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
        return State("dump", int(row[0]))
    (objects,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    return State("foreign" if objects or identity else "empty")


def check(path: Path, found: State, connection: sqlite3.Connection) -> None:
    """Raise NotACatalog or CatalogTooNew for a file that this version cannot use."""
    if found.kind == "foreign":
        raise errors.NotACatalog(path, "another program's SQLite database; it was not changed")
    if found.schema > SCHEMA:
        raise errors.CatalogTooNew(path, found.schema, SCHEMA, _needed(connection))


def _about(connection: sqlite3.Connection, key: str) -> str:
    """A value of table `about`; empty where it has none."""
    try:
        row = connection.execute("SELECT value FROM about WHERE key = ?", (key,)).fetchone()
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode != sqlite3.SQLITE_ERROR:  # not that there is no such table
            raise
        row = None
    return str(row[0]) if row else ""


def _needed(connection: sqlite3.Connection) -> str:
    return _about(connection, "needs_modeldex") or "a newer one"
