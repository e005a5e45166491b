"""Makes views, triggers and missing indexes of a file from the code; keeps those of users."""

import logging
import re
import sqlite3
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy.dialects import sqlite
from sqlalchemy.schema import CreateIndex, CreateTable

from modeldex.storage.schema.dialect import SQLITE
from modeldex.storage.schema.fold import PLACES, fold_all
from modeldex.storage.schema.metadata import METADATA
from modeldex.storage.schema.shipped_rows import shipped_rows
from modeldex.storage.schema.version import marked
from modeldex.storage.schema.views import VIEWS
from modeldex.storage.sqlite.triggers import TRIGGERS

if TYPE_CHECKING:
    from sqlalchemy import Connection

_OBJECTS = (
    "SELECT type, name, tbl_name, sql FROM sqlite_master WHERE type <> 'table' "
    "AND sql IS NOT NULL ORDER BY rowid"
)
_KEEP = "INSERT OR REPLACE INTO about (key, value) VALUES (?, ?)"
SET_ASIDE = "set aside: "
"""Beginning of the keys of `about` that hold what users had added and has no place any more."""


class Own(NamedTuple):
    """An index, view or trigger that a user has added to a catalog."""

    kind: str
    name: str
    sql: str


def compiled(item: CreateTable | CreateIndex) -> str:
    """The DDL of a table or an index in SQLite's dialect."""
    return str(item.compile(dialect=sqlite.dialect())).strip()


DERIVED_OBJECTS: dict[str, str] = {**VIEWS, **TRIGGERS}
"""DDL of views and triggers by name, in the order in which it is run."""

TABLES: dict[str, str] = {
    name: compiled(CreateTable(table)) for name, table in METADATA.tables.items()
}
INDEXES: dict[str, str] = {
    str(index.name): compiled(CreateIndex(index))
    for table in METADATA.tables.values()
    for index in sorted(table.indexes, key=lambda index: str(index.name))
}

_COMMENT = re.compile(r"--[^\n]*|/\*.*?\*/", re.DOTALL)


def normalized(sql: str) -> str:
    """DDL without comments, quotes of names and the way that it is broken into lines."""
    plain = " ".join(_COMMENT.sub(" ", sql).replace('"', "").split())
    return re.sub(r" ?([(),]) ?", r"\1", plain)


def users_own(connection: sqlite3.Connection) -> list[Own]:
    """What users have added: neither this program has made it nor the one that was here before."""
    made = _made(connection)
    found = connection.execute(_OBJECTS).fetchall()
    return [Own(kind, name, sql) for kind, name, _, sql in found if name not in made]


def _made(connection: sqlite3.Connection) -> set[str]:
    """Names of what this program makes, and of what the one made that was here before."""
    row = connection.execute("SELECT value FROM about WHERE key = 'derived_objects'").fetchone()
    return {*INDEXES, *DERIVED_OBJECTS, *(row[0].split() if row else ())}


def statements() -> list[str]:
    """What makes indexes, views and triggers, and merges every model, on tables without them."""
    made = " ".join([*INDEXES, *DERIVED_OBJECTS])
    return [
        PLACES, *INDEXES.values(), *VIEWS.values(), *fold_all(SQLITE),
        *TRIGGERS.values(), *shipped_rows(), *marked(),
        "DELETE FROM about WHERE key = 'derived_objects'",
        f"INSERT INTO about (key, value) VALUES ('derived_objects', '{made}')",
    ]  # fmt: skip


def drop_views_and_triggers(connection: "Connection") -> None:
    """Drop them all before tables are made anew; `derive` gives users back their own."""
    raw: Any = connection.connection.driver_connection
    for kind, name, _, _ in raw.execute(_OBJECTS).fetchall():
        if kind != "index":
            connection.exec_driver_sql(f'DROP {kind} "{name}"')


def derive(connection: "Connection", own: Iterable[Own]) -> None:
    """Make indexes, views and triggers anew, merge every model, give users back what is theirs.

    To be called in an open transaction, on the tables of this program's schema.
    """
    raw: Any = connection.connection.driver_connection
    made = _made(raw)
    for kind, name, _, _ in raw.execute(_OBJECTS).fetchall():
        if name in made:
            connection.exec_driver_sql(f"DROP {kind} {name}")
    for sql in statements():
        connection.exec_driver_sql(sql)
    restore(raw, own)


def restore(connection: sqlite3.Connection, own: Iterable[Own]) -> None:
    """Give users back what is theirs; of what no longer works the text is kept, with a warning."""
    there = {name for _, name, _, _ in connection.execute(_OBJECTS).fetchall()}
    for one in own:
        if one.name in there:
            continue
        try:
            connection.execute(one.sql)
        except sqlite3.OperationalError as error:  # what it is about is no longer there
            connection.execute(_KEEP, (f"{SET_ASIDE}{one.kind} {one.name}", one.sql))
            _warn(connection, one, error)


def _warn(connection: sqlite3.Connection, one: Own, error: sqlite3.Error) -> None:
    (path,) = connection.execute(
        "SELECT file FROM pragma_database_list WHERE name = 'main'"
    ).fetchone()
    logging.getLogger("modeldex.db").warning(
        "%s: your %s %s no longer works (%s); its text is kept: SELECT value FROM about "
        "WHERE key = '%s%s %s'",
        Path(path), one.kind, one.name, error, SET_ASIDE, one.kind, one.name,
    )  # fmt: skip


def broken_views(connection: sqlite3.Connection) -> list[str]:
    """Views of users that cannot be read, each with the reason."""
    found = []
    for one in users_own(connection):
        if one.kind == "view":
            try:
                connection.execute(f'SELECT * FROM "{one.name}" LIMIT 0')
            except sqlite3.OperationalError as error:
                found.append(f"{one.name}: {error}")
    return found
