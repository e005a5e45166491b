"""Catalogs below the library: empty ones in memory, whole-schema dumps, the real `sqlite3`."""

import re
import shutil
import sqlite3
import subprocess
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest

from modeldex.fields import NAMES
from modeldex.schema import COST_TIERS, DEFAULT_PRECEDENCE, INDEXES, TABLES
from modeldex.triggers import TRIGGERS
from modeldex.views import MODEL_COLUMNS, VIEWS

DDL = (*TABLES.values(), *INDEXES.values(), *VIEWS.values(), *TRIGGERS.values())

needs_shell = pytest.mark.skipif(shutil.which("sqlite3") is None, reason="no sqlite3 program")


@contextmanager
def bare(database: str | Path) -> Iterator[sqlite3.Connection]:
    """The driver as it comes: foreign keys and recursive triggers off, each statement commits."""
    connection = sqlite3.connect(database, isolation_level=None)
    try:
        yield connection
    finally:
        connection.close()


@contextmanager
def in_memory() -> Iterator[sqlite3.Connection]:
    """An empty catalog made from the DDL of the code."""
    with bare(":memory:") as connection:
        for statement in DDL:
            connection.execute(statement)
        connection.executemany(
            "INSERT INTO resolvers (name, precedence) VALUES (?, ?)", DEFAULT_PRECEDENCE
        )
        connection.executemany("INSERT INTO cost_tiers VALUES (?, ?, ?)", COST_TIERS)
        yield connection


@contextmanager
def undone(connection: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    """A transaction that is rolled back at the end, so that many examples share one catalog."""
    connection.execute("BEGIN")
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
    return {name: " ".join(sql.replace('"', "").split()) for name, sql in rows}


def columns(connection: sqlite3.Connection, table: str) -> list[str]:
    """The columns of a table or view, generated ones included."""
    return [row[1] for row in connection.execute(f"PRAGMA table_xinfo({table})")]


def contents(connection: sqlite3.Connection) -> dict[str, list[tuple[object, ...]]]:
    """The rows of every table, sorted."""
    tables = connection.execute(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
    ).fetchall()
    return {
        table: sorted(connection.execute(f"SELECT * FROM {table}").fetchall(), key=repr)
        for (table,) in tables
    }


# What must hold after every statement, as SQL that counts the rows for which it does not.

_COPIED = f"model_id, {MODEL_COLUMNS}, live, {', '.join(NAMES)}"

INVARIANTS = {
    "the copy holds nothing that the definition lacks":
        f"SELECT {_COPIED} FROM catalog EXCEPT SELECT {_COPIED} FROM catalog_rows",
    "the definition holds nothing that the copy lacks":
        f"SELECT {_COPIED} FROM catalog_rows EXCEPT SELECT {_COPIED} FROM catalog",
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
    "only opinions that exist are set aside":
        "SELECT model_id, resolver FROM replaced "
        "EXCEPT SELECT model_id, resolver FROM capabilities",
    "places follow precedence, ties go to the first by name":
        "SELECT 1 FROM resolvers a, resolvers b WHERE a.name <> b.name AND (a.place > b.place) "
        "IS NOT (a.precedence > b.precedence OR (a.precedence = b.precedence AND a.name < b.name))",
    "the file is sound":
        "SELECT 1 FROM pragma_integrity_check WHERE integrity_check <> 'ok'",
}  # fmt: skip


def broken(connection: sqlite3.Connection) -> list[str]:
    """The invariants that do not hold."""
    return [rule for rule, sql in INVARIANTS.items() if connection.execute(sql).fetchone()]


# The program.


class Said(NamedTuple):
    """What the program printed, and its complaint by the line number of the statement."""

    lines: list[str]
    errors: dict[int, str]


def shell(path: Path, statements: Iterable[str]) -> Said:
    """Type statements, one per line, into the `sqlite3` program with its defaults."""
    done = subprocess.run(
        ["sqlite3", str(path)],
        input="\n".join(statements) + "\n",
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    errors = re.findall(r"near line (\d+): (.*)", done.stderr)
    return Said(done.stdout.splitlines(), {int(line): text for line, text in errors})
