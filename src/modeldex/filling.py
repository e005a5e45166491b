"""Fill a catalog file with the rows of another, past the triggers: those rows are final."""

import sqlite3
from collections.abc import Iterable, Sequence
from typing import Any

Table = tuple[str, Sequence[str], Iterable[Sequence[Any]]]
"""A table, its columns and its rows."""


OWN = {"about": " WHERE key <> 'schema'"}
"""SQL: the rows of a table that move; on a server one row holds the number of its schema."""


def fill(connection: sqlite3.Connection, tables: Iterable[Table]) -> None:
    """Replace all rows, in the transaction that is open; tables that are referred to come first."""
    triggers = connection.execute(
        "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"
    ).fetchall()
    for name, _ in triggers:
        connection.execute(f'DROP TRIGGER "{name}"')
    connection.execute("PRAGMA defer_foreign_keys=ON")
    for table, columns, rows in tables:
        connection.execute(f"DELETE FROM {table}{OWN.get(table, '')}")
        marks = ", ".join("?" for _ in columns)
        connection.executemany(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})", rows)
    for _, sql in triggers:
        connection.execute(sql)
