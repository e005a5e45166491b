"""Copies a whole catalog to another place: every row of every table, ids included, verified.

Either place may be a file or a PostgreSQL database. The source is read in one snapshot, the
destination is written in one transaction.
"""

import hashlib
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from modeldex import errors
from modeldex.storage.location import Place, Postgres
from modeldex.storage.open import open_catalog, open_writer
from modeldex.storage.schema.columns import RANKING
from modeldex.storage.schema.metadata import METADATA, OWN
from modeldex.storage.sqlite.connection import connect_reader, exists, translated
from modeldex.storage.sqlite.state import state

if TYPE_CHECKING:
    from sqlalchemy import Connection


_WITHIN = ("pending", "pending_measurements", "deferral", "replaced", "catalog_before")
"""Tables that hold rows only inside of a transaction."""

COPIED = tuple(name for name in METADATA.tables if name not in _WITHIN)
"""The tables, referenced ones first."""

_EMPTY = (
    "SELECT NOT EXISTS (SELECT 1 FROM models UNION ALL SELECT 1 FROM runs "
    "UNION ALL SELECT 1 FROM measurements)"
)
_LOCK = "LOCK TABLE models, runs, measurements IN SHARE ROW EXCLUSIVE MODE"
"""SQL for a server: nobody else writes to the tables of _EMPTY until the transaction ends."""

_BATCH = 2000
_MODULUS = 1 << 256

TableRow = tuple[Any, ...]


class Copied(NamedTuple):
    """A finished copy: the number of rows by table, and one digest over all rows."""

    rows: dict[str, int]
    digest: str


class _Checksum:
    """A digest of a table that does not depend on the order of its rows."""

    def __init__(self) -> None:
        self.rows = 0
        self._sum = 0

    def over(self, rows: Iterable[TableRow]) -> Iterator[TableRow]:
        """Yield the same rows, adding each to the count and the digest."""
        for row in rows:
            self.rows += 1
            # A sum of hashes, so that the two engines may return rows in different order.
            hashed = hashlib.sha256(repr(row).encode("utf-8", "surrogatepass"))
            self._sum = (self._sum + int.from_bytes(hashed.digest())) % _MODULUS
            yield row

    @property
    def total(self) -> tuple[int, str]:
        """The number of rows and their digest."""
        return self.rows, f"{self._sum:064x}"


def copy(source: Place, destination: Place, *, force: bool = False) -> Copied:
    """Copy the catalog at `source` to `destination`, which is created or migrated first.

    Raises CatalogError if the destination holds models, runs or measurements, unless `force`
    replaces them. On any failure the rows of the destination are unchanged. Raises
    CatalogError or a subclass.
    """
    if source == destination:
        raise errors.CatalogError(destination, "is the catalog itself; choose another destination")
    _must_exist(source)
    with closing(open_catalog(source)) as reader, closing(open_catalog(destination)) as there:
        _must_be_empty(destination, there, force=force)
        there.close()
        with translated(source), open_writer(destination) as writer:
            reader.execute(_BEGIN[isinstance(source, Postgres)])
            with writer.transaction() as connection:
                if isinstance(destination, Postgres):
                    connection.exec_driver_sql(_LOCK)
                _must_be_empty(destination, connection.connection.driver_connection, force=force)
                return _fill_and_verify(source, reader, destination, connection)


_BEGIN = {False: "BEGIN", True: "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"}


def _must_be_empty(destination: Place, connection: Any, *, force: bool) -> None:
    [(empty,)] = connection.execute(_EMPTY).fetchall()
    if not (empty or force):
        reason = "already holds a catalog; --force replaces all its rows"
        raise errors.CatalogError(destination, reason)


def _must_exist(place: Place) -> None:
    """Raise CatalogError if there is no catalog yet: opening would create an empty one."""
    if isinstance(place, Postgres):
        from modeldex.storage.postgres.migrate import is_catalog

        found = is_catalog(place)
    else:
        found = exists(place) and _is_catalog(place)
    if not found:
        raise errors.CatalogError(place, "there is no such catalog")


def _is_catalog(path: Path) -> bool:
    with translated(path), closing(connect_reader(path)) as connection:
        return state(connection).kind != "empty"


def _fill_and_verify(
    source: Place, reader: Any, destination: Place, connection: "Connection"
) -> Copied:
    """Fill the destination and compare; raises CatalogError, before the commit, if they differ."""
    raw: Any = connection.connection.driver_connection
    columns = {table: _columns(reader, table) for table in COPIED}
    sums = {table: _Checksum() for table in COPIED}
    tables = (
        (table, columns[table], sums[table].over(_rows(source, reader, table, columns[table])))
        for table in COPIED
    )
    if isinstance(destination, Postgres):
        from modeldex.storage.postgres.bulk_copy import fill as fill_database

        fill_database(raw, tables)
    else:
        fill(raw, tables)
    for table in COPIED:
        found = _Checksum()
        for _ in found.over(_rows(destination, raw, table, columns[table])):
            pass
        if found.total != sums[table].total:
            raise errors.CatalogError(
                destination, f"{table} differs from the source after the copy: nothing was changed"
            )
    totals = {table: each.total for table, each in sums.items()}
    digest = hashlib.sha256(repr(sorted(totals.items())).encode()).hexdigest()
    return Copied({table: rows for table, (rows, _) in totals.items()}, digest)


def _columns(connection: Any, table: str) -> tuple[str, ...]:
    """The columns to copy: all but the ranking columns, which are generated."""
    described = connection.execute(f"SELECT * FROM {table} LIMIT 0").description
    names = (column[0] for column in described)
    return tuple(name for name in names if name not in RANKING)


def _rows(place: Place, connection: Any, table: str, columns: Sequence[str]) -> Iterator[TableRow]:
    """The rows of a table, fetched in batches."""
    select = f"SELECT {', '.join(columns)} FROM {table}{OWN.get(table, '')}"
    if not isinstance(place, Postgres):
        found = connection.execute(select)
        while rows := found.fetchmany(_BATCH):
            yield from rows
        return
    # A server-side cursor: the driver would otherwise load the whole result into memory.
    connection.execute(f"DECLARE copied NO SCROLL CURSOR FOR {select}")
    while rows := connection.execute(f"FETCH {_BATCH} FROM copied").fetchall():
        yield from rows
    connection.execute("CLOSE copied")


TableRows = tuple[str, Sequence[str], Iterable[Sequence[Any]]]
"""A table, its columns and its rows."""


def fill(connection: sqlite3.Connection, tables: Iterable[TableRows]) -> None:
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
