"""Bulk copy into a catalog file with triggers disabled: the rows are already merged."""

import sqlite3
from collections.abc import Iterable, Sequence
from typing import Any

Table = tuple[str, Sequence[str], Iterable[Sequence[Any]]]
"""A table, its columns and its rows."""


OWN = {"about": " WHERE key <> 'schema'"}
"""SQL: restricts the rows that are copied; in PostgreSQL `about` also holds the schema number."""


def fill(connection: sqlite3.Connection, tables: Iterable[Table]) -> None:
    """Replace all rows of these tables, in the open transaction. Referenced tables come first."""
    triggers = connection.execute(
        "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"
    ).fetchall()
    # SQLite cannot disable triggers: they are dropped, and created again from their own text.
    for name, _ in triggers:
        connection.execute(f'DROP TRIGGER "{name}"')
    connection.execute("PRAGMA defer_foreign_keys=ON")
    for table, columns, rows in tables:
        connection.execute(f"DELETE FROM {table}{OWN.get(table, '')}")
        marks = ", ".join("?" for _ in columns)
        connection.executemany(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})", rows)
    for _, sql in triggers:
        connection.execute(sql)
