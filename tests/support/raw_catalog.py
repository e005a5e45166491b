"""Catalogs below the library: empty ones in memory, whole-schema dumps, the real `sqlite3`."""

import functools
import re
import secrets
import shutil
import sqlite3
import subprocess
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from fork_process import HANG
from modeldex.storage.location import Place, Postgres
from modeldex.storage.open import open_catalog
from modeldex.storage.schema.columns import MODEL_COLUMNS, RANK_STEPS
from modeldex.storage.schema.first_rows import DEFAULT_PRECEDENCE
from modeldex.storage.sqlite.derive import DERIVED_OBJECTS, INDEXES, TABLES
from modeldex.storage.sqlite.migrate import migrate
from modeldex.vocabulary.criteria import COST_TIER_CUTS
from modeldex.vocabulary.fields import BY_NAME, NAMES

Below = Callable[[], AbstractContextManager[Any]]
"""Opens an empty catalog below the library: the fixture `below`."""

DDL = (*TABLES.values(), *INDEXES.values(), *DERIVED_OBJECTS.values())

needs_shell = pytest.mark.skipif(shutil.which("sqlite3") is None, reason="no sqlite3 program")


@contextmanager
def bare(database: str | Place) -> Iterator[Any]:
    """The driver as it comes: foreign keys and recursive triggers off, each statement commits.

    Of a catalog on a server, a connection that is typed at in the same way.
    """
    connection = plain(database)
    try:
        yield connection
    finally:
        connection.close()


def plain(database: str | Place) -> Any:
    """As `bare`, for those who close it themselves."""
    if isinstance(database, Postgres):
        from postgres_as_sqlite import Served

        return Served(database)
    return sqlite3.connect(database, timeout=HANG, isolation_level=None)


def migrated(place: Place, journal: str | None = None) -> Place:
    """An empty catalog at this place, which is made where it is missing.

    A file is a copy, with an identity of its own, of one that was made by migration in this
    journal mode.
    """
    if isinstance(place, Postgres) or place.exists():
        open_catalog(place).close()
    else:
        now = _identity()
        written(_made(journal), place, {_UNBORN[key]: now[key] for key in now})
    return place


_UNBORN = {"born_at": "1111-11-11T11:11:11.111Z", "catalog_id": "f" * 32}
"""The identity of a catalog of which copies are made."""


def _identity() -> dict[str, str]:
    now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return {"born_at": now, "catalog_id": secrets.token_hex(16)}


def written(content: bytes, path: Path, values: Mapping[str, str]) -> Path:
    """A file with the content of a catalog, of which some values are replaced by as long ones.

    Nobody has to open it for that, which takes longer than all the rest.
    """
    for before, after in values.items():
        assert (content.count(before.encode()), len(before)) == (1, len(after)), before
        content = content.replace(before.encode(), after.encode())
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(0o600)
    path.write_bytes(content)
    return path


def reborn(place: Place, identity: Mapping[str, str] | None = None) -> Place:
    """The same catalog with an identity of its own, made just now."""
    with bare(place) as connection:
        connection.execute("BEGIN")
        for key, value in (identity or _identity()).items():
            connection.execute("UPDATE about SET value = ? WHERE key = ?", (value, key))
        connection.execute("COMMIT")
    return place


@functools.cache
def _made(journal: str | None) -> bytes:
    with tempfile.TemporaryDirectory(prefix="modeldex-made-") as folder:
        path = Path(folder) / "catalog.db"
        migrate(path, journal=journal)
        reborn(path, _UNBORN)
        return path.read_bytes()


@contextmanager
def in_memory() -> Iterator[sqlite3.Connection]:
    """An empty catalog made from the DDL of the code, a copy of one that is made once."""
    with bare(":memory:") as connection:
        connection.deserialize(_declared())
        yield connection


@functools.cache
def _declared() -> bytes:
    with bare(":memory:") as connection:
        for statement in DDL:
            connection.execute(statement)
        connection.executemany(
            "INSERT INTO resolvers (name, precedence) VALUES (?, ?)", DEFAULT_PRECEDENCE
        )
        connection.executemany("INSERT INTO cost_tiers VALUES (?, ?, ?)", COST_TIER_CUTS)
        connection.executemany(
            "INSERT INTO rank_steps VALUES (?)", ((step,) for step in range(RANK_STEPS))
        )
        content: bytes = connection.serialize()
    return content


@contextmanager
def undone(connection: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    """A transaction that is rolled back at the end, so that many examples share one catalog."""
    connection.execute("BEGIN")
    if not is_file(connection):  # else it would be folded at the end that does not come
        connection.execute("SET CONSTRAINTS ALL IMMEDIATE")
    try:
        yield connection
    finally:
        connection.execute("ROLLBACK")


def objects(connection: sqlite3.Connection) -> dict[str, str]:
    """Every object of the schema as normalised text: the whole truth that SQLite knows."""
    rows = connection.execute(
        "SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL AND name <> 'alembic_version' "
        "AND name NOT LIKE 'sqlite_%'"
    )
    return {name: plain_ddl(sql) for name, sql in rows}


def plain_ddl(sql: str) -> str:
    """DDL without comments, quotes of names and the way that it is broken into lines."""
    words = " ".join(
        re.sub(r"--[^\n]*|/\*.*?\*/", " ", sql, flags=re.DOTALL).replace('"', "").split()
    )
    return re.sub(r" ?([(),]) ?", r"\1", words)


_TABLES = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
_SERVED_TABLES = (
    "SELECT table_name FROM information_schema.tables "
    "WHERE table_schema = current_schema() AND table_type = 'BASE TABLE'"
)


def is_file(connection: Any) -> bool:
    """Whether a connection is to SQLite."""
    return not type(connection).__module__.startswith(
        ("psycopg", "modeldex.storage.postgres", "postgres_as_sqlite")
    )


def stated(connection: Any, field: str, value: Any) -> Any:
    """A value of a view in which fields of all kinds share a column: on a server it is text."""
    return value if is_file(connection) else BY_NAME[field].stored(value)


def columns(connection: Any, table: str) -> list[str]:
    """The columns of a table or view, generated ones included."""
    if is_file(connection):
        return [row[1] for row in connection.execute(f"PRAGMA table_xinfo({table})")]
    return [
        column.name for column in connection.execute(f"SELECT * FROM {table} LIMIT 0").description
    ]


def contents(connection: Any) -> dict[str, list[tuple[object, ...]]]:
    """The rows of every table, sorted."""
    tables = connection.execute(_TABLES if is_file(connection) else _SERVED_TABLES).fetchall()
    return {
        table: sorted(connection.execute(f"SELECT * FROM {table}").fetchall(), key=repr)
        for (table,) in tables
    }


# What must hold after every statement, as SQL that counts the rows for which it does not.


def differing(columns: str) -> str:
    """SQL: the rows that only one of the copy and its definition holds."""
    return (
        f"WITH defined AS MATERIALIZED (SELECT {columns} FROM catalog_rows), "
        f"copied AS (SELECT {columns} FROM catalog) "
        "SELECT * FROM (SELECT * FROM copied EXCEPT SELECT * FROM defined) one "
        "UNION ALL SELECT * FROM (SELECT * FROM defined EXCEPT SELECT * FROM copied) other"
    )


_COPIED = f"model_id, {MODEL_COLUMNS}, live, {', '.join(NAMES)}"

INVARIANTS = {
    "the copy holds what the definition holds, and nothing else":  # which is worked out once
        differing(_COPIED),
    "the copy has one row per model":
        "SELECT 1 WHERE (SELECT count(*) FROM catalog) <> (SELECT count(*) FROM models)",
    "every opinion has a model":
        "SELECT 1 FROM capabilities WHERE model_id NOT IN (SELECT id FROM models)",
    "every opinion has a resolver":
        "SELECT 1 FROM capabilities WHERE resolver NOT IN (SELECT name FROM resolvers)",
    "every sighting has a model and a source":
        "SELECT 1 FROM sightings WHERE model_id NOT IN (SELECT id FROM models) "
        "OR source NOT IN (SELECT name FROM sources)",
    "every alias has a model":
        "SELECT 1 FROM aliases WHERE model_id NOT IN (SELECT id FROM models)",
    "history is of models that exist":
        "SELECT 1 FROM capability_history WHERE model_id NOT IN (SELECT id FROM models)",
    "nothing waits to be folded":
        "SELECT 1 FROM pending UNION ALL SELECT 1 FROM pending_measurements "
        "UNION ALL SELECT 1 FROM deferral",
    "nothing waits to be folded on a server":
        "SELECT 1 FROM pending UNION ALL SELECT 1 FROM pending_measurements UNION ALL "
        "SELECT 1 FROM pending_parts UNION ALL SELECT 1 FROM claimed UNION ALL SELECT 1 FROM folds",
    "only opinions that exist are set aside":
        "SELECT model_id, resolver FROM replaced "
        "EXCEPT SELECT model_id, resolver FROM capabilities",
    "places follow precedence, ties go to the first by name":
        "SELECT 1 FROM resolvers a, resolvers b WHERE a.name <> b.name AND (a.place > b.place) "
        "IS NOT (a.precedence > b.precedence OR (a.precedence = b.precedence AND a.name < b.name))",
    "the file is sound":
        "SELECT 1 FROM pragma_integrity_check WHERE integrity_check <> 'ok'",
}  # fmt: skip


OF_FILES = (
    "nothing waits to be folded", "only opinions that exist are set aside", "the file is sound",
)  # fmt: skip
"""Invariants that mean nothing on a server."""

OF_SERVERS = ("nothing waits to be folded on a server",)
"""Invariants that mean nothing in a file."""


def broken(connection: Any) -> list[str]:
    """The invariants that do not hold."""
    others = OF_SERVERS if is_file(connection) else OF_FILES
    rules = [rule for rule in INVARIANTS if rule not in others]
    return [rule for rule in rules if connection.execute(INVARIANTS[rule]).fetchone()]


# The program.


class ShellOutput(NamedTuple):
    """What the program printed, and its complaint by the line number of the statement."""

    lines: list[str]
    errors: dict[int, str]


def shell(path: Path, statements: Iterable[str]) -> ShellOutput:
    """Type statements, one per line, into the `sqlite3` program with its defaults."""
    done = subprocess.run(
        ["sqlite3", str(path)],
        input="\n".join(statements) + "\n",
        capture_output=True,
        text=True,
        check=False,
        timeout=HANG,
    )
    errors = re.findall(r"near line (\d+): (.*)", done.stderr)
    return ShellOutput(done.stdout.splitlines(), {int(line): text for line, text in errors})
