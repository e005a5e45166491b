"""Queries on one catalog from asyncio, with a cache that every commit invalidates."""

from collections.abc import Callable, Iterable
from math import inf
from typing import TYPE_CHECKING, NamedTuple, TypeVar, cast

from pydantic import ValidationError

from modeldex import errors
from modeldex.query.as_of import BORN, rewrite_as_of
from modeldex.query.catalog import Catalog
from modeldex.query.compile import CompiledQuery
from modeldex.query.rows import SqlRow, entry_of
from modeldex.query.scope import Scope
from modeldex.storage.listings import READ, Listing
from modeldex.storage.location import Place, Postgres
from modeldex.storage.sqlite.reader import Reader
from modeldex.vocabulary import clock
from modeldex.vocabulary.notebook import ModelList
from modeldex.vocabulary.timestamps import When, is_relative, parse_moment
from modeldex.vocabulary.values import ModelWithCapabilities

if TYPE_CHECKING:
    from modeldex.storage.postgres.reader import PostgresReader

_CACHE_SIZE = 512
"""How many results are cached; beyond that the cache is cleared."""

_PAST_MODELS = 10_000
"""How many models the results as of past moments hold together: there is no end of moments."""

T = TypeVar("T")


class Time(NamedTuple):
    """The time of a question: its day and, if it is about the past, its moment.

    `passes`: the same question is about another moment each time.
    """

    today: str
    moment: str | None = None
    passes: bool = False


Models = list[ModelWithCapabilities]
_Answers = dict[object, Models]


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
        self._cache: _Answers = {}
        self._past_cache: _Answers = {}
        self._born: str | None = None
        self._listings: tuple[Listing, ...] | None = None
        self._cache_version: int | None = None

    async def close(self) -> None:
        """Close the connections and clear the cache; the next query opens new ones."""
        self._forget()
        await self.reader.close()

    async def listings(self) -> tuple[Listing, ...]:
        """All listings; the same object while the catalog is the same."""
        version = self._checked_version()
        if self._listings is None or version is None:
            try:
                rows = await self.reader.rows(READ)
            except errors.CatalogLocked:
                if self._listings is None or not self._is_proven():
                    raise
            else:
                self._listings = tuple(Listing(*row) for row in rows)
        return self._listings

    async def models(self, statement: CompiledQuery, time: Time) -> Models:
        """The models of a statement with the columns compile.COLUMNS, at a time.

        The list is shared with the cache: do not modify it. A moment relative to now is another one
        each time: its models are not cached.
        """
        version = self._checked_version()
        if time.moment is None:
            return await self._cached(statement, time.today, version, self._cache, inf)
        statement = self._past(statement, time.moment)
        if time.passes:
            return self.models_of(await self.reader.rows(*statement), time.today)
        return await self._cached(statement, time.today, version, self._past_cache, _PAST_MODELS)

    async def _cached(
        self,
        statement: CompiledQuery,
        today: str,
        version: int | None,
        cache: _Answers,
        most: float,
    ) -> Models:
        """As `models`, from a cache of at most so many models; `version` is that of the catalog."""
        key = (today, statement.sql, *statement.parameters.items())
        if version is not None and key in cache:
            return cache[key]
        try:
            rows = await self.reader.rows(*statement)
        except errors.CatalogLocked:
            if key not in cache or not self._is_proven():
                raise
            return cache[key]
        models = self.models_of(rows, today)
        # A commit during the read makes it unknown which version was read: do not cache.
        if version is not None and self.reader.version() == version:
            # Counting the models of all results takes longer than a look-up: only where it matters.
            held = sum(map(len, cache.values())) if most < inf else 0
            if len(cache) >= _CACHE_SIZE or held + len(models) > most:
                cache.clear()
            cache[key] = models
        return models

    def _checked_version(self) -> int | None:
        """The version of the catalog, if it is known; the caches are empty if it is another one.

        While it is unknown, as behind a lock, the caches hold what is of the last known version.
        """
        version = self.reader.version()
        if version != self._cache_version and (version is not None or not self._is_proven()):
            self._forget()
            self._cache_version = version
        return version

    def _is_proven(self) -> bool:
        """Whether the caches are of the last version that anybody here could read of this file."""
        return self._cache_version is not None and not self.reader.moved()

    def _forget(self) -> None:
        self._cache.clear()
        self._past_cache.clear()
        self._born = None
        self._listings = None

    async def time(self, then: When | None) -> Time:
        """The time of a question as of a moment; None means now.

        Raises InvalidQuery as `Catalog.as_of` does.
        """
        if then is None:
            return Time(clock.day())
        if self._checked_version() is None or self._born is None:
            rows = await self.reader.rows(BORN)
            self._born = str(rows[0][0]) if rows else ""
        moment = parse_moment("as_of", then, self._born)
        return Time(moment[:10], moment, is_relative(then))

    def _past(self, statement: CompiledQuery, moment: str) -> CompiledQuery:
        """The same statement as of a moment."""
        return CompiledQuery(*rewrite_as_of(*statement, moment, self.path))

    def models_of(self, rows: Iterable[SqlRow], today: str) -> list[ModelWithCapabilities]:
        """Models from rows of compile.COLUMNS. Raises CatalogDamaged for invalid values."""
        try:
            return ModelList(
                ModelWithCapabilities.model_validate(entry_of(row, today)) for row in rows
            )
        except (ValidationError, AttributeError):
            reason = "a row contains an invalid value; run: modeldex doctor"
            raise errors.CatalogDamaged(self.path, reason) from None

    async def scalar(self, statement: CompiledQuery, time: Time) -> int:
        """The number that a statement returns in its first row and column, at a time."""
        if time.moment is not None:
            statement = self._past(statement, time.moment)
        rows = await self.reader.rows(*statement)
        return int(cast("int", rows[0][0]))

    async def run_read(self, work: Callable[[Catalog], T], scope: Scope) -> T:
        """The result of `work`, whose statements all read one state of the catalog."""
        return await self.reader.run_read(
            lambda connection: work(Catalog(self.path, connection, scope))
        )
