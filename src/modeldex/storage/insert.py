"""Inserts many rows: one by one on SQLite, with one statement on a server, as each is fastest."""

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from sqlalchemy import Connection

Row = Mapping[str, object]

_FEW = 4
"""Up to this many rows are as fast one by one, also over a network."""

_TYPES: dict[type, str] = {str: "TEXT", int: "BIGINT", float: "DOUBLE PRECISION"}


class Insert(NamedTuple):
    """An INSERT of rows that do not depend on each other, as parts of its text.

    `values` has an expression for each column, in which `{name}` stands for a value of the row.
    Of `beside`, other tables, each row is joined with what meets the condition `where`.
    """

    table: str
    values: Mapping[str, str]
    beside: str = ""
    where: str = ""

    def run(self, connection: "Connection", rows: Sequence[Row]) -> None:
        """Insert the rows in the open transaction."""
        types = _types(rows) if connection.dialect.name == "postgresql" else None
        if types is None:
            source = f" FROM {self.beside}" if self.beside else ""
            connection.exec_driver_sql(self._text({n: f":{n}" for n in rows[0]}, source), rows)
            return
        columns = ", ".join(f"{name} {kind}" for name, kind in types.items())
        given = f" FROM json_to_recordset(:rows) AS given ({columns})"
        names = {name: f"given.{name}" if name in types else "NULL" for name in rows[0]}
        text = self._text(names, given + (f" CROSS JOIN {self.beside}" if self.beside else ""))
        values = [{name: row[name] for name in types} for row in rows]
        connection.exec_driver_sql(text, {"rows": json.dumps(values)})

    def _text(self, names: Mapping[str, str], source: str) -> str:
        values = ", ".join(self.values.values()).format_map(names)
        where = f" WHERE {self.where.format_map(names)}" if self.where else ""
        return f"INSERT INTO {self.table} ({', '.join(self.values)}) SELECT {values}{source}{where}"


def _types(rows: Sequence[Row]) -> dict[str, str] | None:
    """The SQL type of each value that is not NULL in every row, for many rows.

    None for few rows, or if the values of a name have no common scalar type.
    """
    if len(rows) < _FEW:
        return None
    types: dict[str, str] = {}
    for name in rows[0]:
        kinds = {type(row[name]) for row in rows} - {type(None)}
        if kinds == {int, float}:
            kinds = {float}
        if len(kinds) > 1 or not kinds <= _TYPES.keys():
            return None
        if kinds:
            types[name] = _TYPES[kinds.pop()]
    return types
