"""An open catalog: a connection, the scope of callable offers, and the moment of the view."""

from collections.abc import Iterator, Mapping
from contextlib import closing
from typing import Any, NamedTuple

from modeldex.query.compile import CompiledQuery, compile_count, compile_query
from modeldex.query.rows import SqlRow, TableRow, entry_of
from modeldex.query.scope import Scope
from modeldex.storage.location import Place
from modeldex.storage.sqlite.connection import translated
from modeldex.vocabulary import timestamps
from modeldex.vocabulary.entry import CatalogEntry


class Catalog(NamedTuple):
    """An open catalog; `scope` limits queries to callable offers, `moment` is None for now.

    As of a moment, `scope.today` is its day.
    """

    path: Place
    connection: Any
    scope: Scope
    moment: str | None = None

    def as_of(self, given: timestamps.When | None, parameter: str = "as_of") -> "Catalog":
        """The same catalog as of a past moment; None means now.

        `parameter` is the parameter's name in errors. Raises InvalidQuery as `parse_moment` does.
        """
        if given is None:
            return self
        from modeldex.query.as_of import BORN

        [(born,)] = self.rows(BORN) or [("",)]
        moment = timestamps.parse_moment(parameter, given, str(born))
        return self._replace(moment=moment, scope=self.scope._replace(today=moment[:10]))

    def rows(self, sql: str, parameters: Mapping[str, object] | None = None) -> list[SqlRow]:
        """All rows of one SELECT. Raises CatalogError or a subclass."""
        with translated(self.path):
            return list(self._execute(sql, parameters).fetchall())

    def stream(self, sql: str, parameters: Mapping[str, object] | None = None) -> Iterator[SqlRow]:
        """As `rows`, each row computed when it is asked for, on SQLite."""
        with translated(self.path), closing(self._execute(sql, parameters)) as cursor:
            yield from cursor

    def table(self, sql: str, parameters: Mapping[str, object] | None = None) -> list[TableRow]:
        """As `rows`, each row as a mapping from column names to values."""
        with translated(self.path):
            cursor = self._execute(sql, parameters)
            names = [column[0] for column in cursor.description]
            return [dict(zip(names, row, strict=True)) for row in cursor]

    def _execute(self, sql: str, parameters: Mapping[str, object] | None) -> Any:
        if self.moment is None:
            return self.connection.execute(sql, parameters or {})
        from modeldex.query.as_of import rewrite_as_of

        return self.connection.execute(
            *rewrite_as_of(sql, parameters or {}, self.moment, self.path)
        )

    def compiled(self, criteria: Mapping[str, object], sort: str = "quality") -> CompiledQuery:
        """The SELECT of the models that meet the criteria, for `rows`. Raises InvalidQuery."""
        return compile_query(criteria, self.scope, sort=sort, past=self.moment is not None)

    def entries(self, criteria: Mapping[str, object]) -> list[CatalogEntry]:
        """The models that meet the criteria, best first. Raises InvalidQuery."""
        return list(map(self.entry, self.rows(*self.compiled(criteria))))

    def entry(self, row: SqlRow) -> CatalogEntry:
        """One row of compile.COLUMNS as a catalog entry."""
        return entry_of(row, self.scope.today)

    def count(self, criteria: Mapping[str, object]) -> int:
        """The number of models that meet the criteria. Raises InvalidQuery."""
        [(number,)] = self.rows(*compile_count(criteria, self.scope))
        return int(str(number))
