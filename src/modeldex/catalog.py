"""An open catalog: a connection, the scope of callable offers, and the moment of the view."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from modeldex import moments, search
from modeldex.db import translated
from modeldex.places import Place

Row = tuple[object, ...]
Record = dict[str, object]
"""A row as a mapping from column names to values, or a model as JSON values."""


class Catalog(NamedTuple):
    """An open catalog; `scope` limits queries to callable offers, `moment` is None for now."""

    path: Place
    connection: Any
    scope: search.Scope
    moment: str | None = None

    def as_of(self, given: moments.When | None, parameter: str = "as_of") -> "Catalog":
        """The same catalog as of a past moment; None means now.

        `parameter` is the parameter's name in errors. Raises InvalidQuery as `moments.read` does.
        """
        if given is None:
            return self
        [(born,)] = self.rows(moments.BORN) or [("",)]
        return self._replace(moment=moments.read(parameter, given, str(born)))

    def rows(self, sql: str, parameters: Mapping[str, object] | None = None) -> list[Row]:
        """All rows of one SELECT. Raises CatalogError or a subclass."""
        with translated(self.path):
            return list(self._execute(sql, parameters).fetchall())

    def one(self, sql: str, parameters: Mapping[str, object]) -> list[Row]:
        """As `rows`, for a SELECT of the one model named `:name`: much faster in the past."""
        if self.moment is None:
            return self.rows(sql, parameters)
        past = moments.at(sql, parameters, self.moment, moments.NAMED)
        return self._replace(moment=None).rows(*past)

    def table(self, sql: str, parameters: Mapping[str, object] | None = None) -> list[Record]:
        """As `rows`, each row as a mapping from column names to values."""
        with translated(self.path):
            cursor = self._execute(sql, parameters)
            names = [column[0] for column in cursor.description]
            return [dict(zip(names, row, strict=True)) for row in cursor]

    def _execute(self, sql: str, parameters: Mapping[str, object] | None) -> Any:
        if self.moment is None:
            return self.connection.execute(sql, parameters or {})
        return self.connection.execute(*moments.at(sql, parameters or {}, self.moment))

    def records(self, criteria: Mapping[str, object]) -> list[Record]:
        """The models that meet the criteria, best first. Raises InvalidQuery."""
        return list(map(as_record, self.rows(*search.compile_query(criteria, self.scope))))

    def count(self, criteria: Mapping[str, object]) -> int:
        """The number of models that meet the criteria. Raises InvalidQuery."""
        [(number,)] = self.rows(*search.compile_count(criteria, self.scope))
        return int(str(number))


def as_record(row: Row) -> Record:
    """One row of `search.COLUMNS` as JSON values, with `id` as the first key."""
    record = search.record(row)
    return {"id": f"{record['provider']}/{record['name']}", **record}
