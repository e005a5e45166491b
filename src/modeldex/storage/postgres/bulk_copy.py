"""Bulk copy into a PostgreSQL catalog, with triggers disabled: copied rows are already merged."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from modeldex.storage.schema.metadata import OWN
from modeldex.storage.schema.server_tables import SERVER

if TYPE_CHECKING:
    import psycopg

_HERE = tuple(name for name in SERVER.tables if name != "leases")
_NUMBERED = tuple(
    name for name in _HERE if "id" in (all_ := SERVER.tables[name].columns) and all_["id"].identity
)

TableRows = tuple[str, Sequence[str], Iterable[Sequence[Any]]]
"""A table, its columns and its rows."""


def fill(connection: "psycopg.Connection[Any]", tables: Iterable[TableRows]) -> None:
    """Replace all rows in the open transaction; referenced tables must come first."""
    for table in reversed(_HERE):
        connection.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER".encode())
        connection.execute(f"DELETE FROM {table}{OWN.get(table, '')}".encode())
    cursor = connection.cursor()
    for table, columns, rows in tables:
        with cursor.copy(f"COPY {table} ({', '.join(columns)}) FROM STDIN".encode()) as copy:
            for row in rows:
                copy.write_row(row)
    for table in _HERE:
        connection.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER".encode())
        connection.execute(f"ANALYZE {table}".encode())
    for table in _NUMBERED:  # the next generated id must follow the copied ones
        free = "coalesce(max(id), 0) + 1, FALSE"
        connection.execute(f"SELECT setval('{table}_id_seq', {free}) FROM {table}".encode())
