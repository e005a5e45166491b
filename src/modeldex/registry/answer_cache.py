"""Queries on one catalog from asyncio, with a cache that every commit invalidates."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, TypeVar, cast

from pydantic import ValidationError

from modeldex import errors
from modeldex.query.catalog import Catalog
from modeldex.query.compile import CompiledQuery
from modeldex.query.conditions import Scope
from modeldex.query.records import SqlRow
from modeldex.query.typed import model_of
from modeldex.storage.location import Place, Postgres
from modeldex.storage.sqlite.reader import Reader
from modeldex.vocabulary.values import ModelWithCapabilities

if TYPE_CHECKING:
    from modeldex.storage.postgres.reader import PostgresReader

_CACHE_SIZE = 512
"""How many results are cached; beyond that the cache is cleared."""

T = TypeVar("T")


def _reader_of(place: Place) -> "Reader | PostgresReader":
    if isinstance(place, Postgres):
        from modeldex.storage.postgres.reader import PostgresReader

        return PostgresReader(place)
    return Reader(place)


class AnswerCache:
    """Runs statements on one catalog and caches the models that they return."""

    def __init__(self, path: Place) -> None:
        self.path = path
        self.reader = _reader_of(path)
        self._cache: dict[object, list[ModelWithCapabilities]] = {}
        self._cache_version: int | None = None

    async def close(self) -> None:
        """Close the connections and clear the cache; the next query opens new ones."""
        self._cache.clear()
        await self.reader.close()

    async def models(self, statement: CompiledQuery) -> list[ModelWithCapabilities]:
        """The models of a statement with the columns compile.COLUMNS.

        The list is shared with the cache: do not modify it.
        """
        key = (statement.sql, *statement.parameters.items())
        version = self.reader.version()
        if version is None or version != self._cache_version or len(self._cache) > _CACHE_SIZE:
            self._cache.clear()
            self._cache_version = version
        elif key in self._cache:
            return self._cache[key]
        models = self.models_of(await self.reader.rows(*statement))
        # A commit during the read makes it unknown which version was read: do not cache.
        if version is not None and self.reader.version() == version:
            self._cache[key] = models
        return models

    def models_of(self, rows: Iterable[SqlRow]) -> list[ModelWithCapabilities]:
        """Models from rows of compile.COLUMNS. Raises CatalogDamaged for invalid values."""
        try:
            return [model_of(row) for row in rows]
        except (ValidationError, AttributeError):
            reason = "a row contains an invalid value; run: modeldex doctor"
            raise errors.CatalogDamaged(self.path, reason) from None

    async def scalar(self, statement: CompiledQuery) -> int:
        """The number that a statement returns in its first row and column."""
        rows = await self.reader.rows(*statement)
        return int(cast("int", rows[0][0]))

    async def run_read(self, work: Callable[[Catalog], T], scope: Scope) -> T:
        """The result of `work`, whose statements all read one state of the catalog."""
        return await self.reader.run_read(
            lambda connection: work(Catalog(self.path, connection, scope))
        )
