"""An open catalog: what is asked of it, and what can be called from here."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from modeldex import moments, search
from modeldex.db import translated
from modeldex.places import Place

Row = tuple[object, ...]
Record = dict[str, object]
"""A row by column name, or a model as JSON values."""


class Catalog(NamedTuple):
    """An open catalog, what can be called from here, and the moment at which it is looked at."""

    path: Place
    connection: Any
    scope: search.Scope
    moment: str | None = None

    def as_of(self, given: moments.When | None, asked: str = "as_of") -> "Catalog":
        """The same as it stood at a moment, `asked` for under this name; None means now.

        Raises InvalidQuery as moments.read does.
        """
        if given is None:
            return self
        [(born,)] = self.rows(moments.BORN) or [("",)]
        return self._replace(moment=moments.read(asked, given, str(born)))

    def rows(self, sql: str, parameters: Mapping[str, object] | None = None) -> list[Row]:
        """All rows of one SELECT. Raises CatalogError and its kind."""
        with translated(self.path):
            return list(self._asked(sql, parameters).fetchall())

    def one(self, sql: str, parameters: Mapping[str, object]) -> list[Row]:
        """As rows, of a search for the one model that is called `:name`; the past is quick then."""
        if self.moment is None:
            return self.rows(sql, parameters)
        past = moments.at(sql, parameters, self.moment, moments.NAMED)
        return self._replace(moment=None).rows(*past)

    def table(self, sql: str, parameters: Mapping[str, object] | None = None) -> list[Record]:
        """As rows, each by column name."""
        with translated(self.path):
            cursor = self._asked(sql, parameters)
            names = [column[0] for column in cursor.description]
            return [dict(zip(names, row, strict=True)) for row in cursor]

    def _asked(self, sql: str, parameters: Mapping[str, object] | None) -> Any:
        if self.moment is None:
            return self.connection.execute(sql, parameters or {})
        return self.connection.execute(*moments.at(sql, parameters or {}, self.moment))

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
