"""An open catalog: what is asked of it, and what can be called from here."""

import sqlite3
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from modeldex import search
from modeldex.db import translated

Row = tuple[object, ...]
Record = dict[str, object]
"""A row by column name, or a model as JSON values."""


class Catalog(NamedTuple):
    """An open catalog and what can be called from here."""

    path: Path
    connection: sqlite3.Connection
    scope: search.Scope

    def rows(self, sql: str, parameters: Mapping[str, object] | None = None) -> list[Row]:
        """All rows of one SELECT. Raises CatalogError and its kind."""
        with translated(self.path):
            return self.connection.execute(sql, parameters or {}).fetchall()

    def table(self, sql: str, parameters: Mapping[str, object] | None = None) -> list[Record]:
        """As rows, each by column name."""
        with translated(self.path):
            cursor = self.connection.execute(sql, parameters or {})
            names = [column[0] for column in cursor.description]
            return [dict(zip(names, row, strict=True)) for row in cursor]

    def records(self, criteria: Mapping[str, object]) -> list[Record]:
        """The models that meet the criteria, best first. Raises InvalidQuery."""
        return list(map(as_record, self.rows(*search.compile_query(criteria, self.scope))))

    def count(self, criteria: Mapping[str, object]) -> int:
        """How many models meet the criteria. Raises InvalidQuery."""
        [(number,)] = self.rows(*search.compile_count(criteria, self.scope))
        return int(str(number))


def as_record(row: Row) -> Record:
    """One row of search.COLUMNS as JSON values, its id in front."""
    record = search.record(row)
    return {"id": f"{record['provider']}/{record['name']}", **record}
