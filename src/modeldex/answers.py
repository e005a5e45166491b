"""Questions from asyncio to one catalog file, answered from memory while nobody has written."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, TypeVar, cast

from pydantic import ValidationError

from modeldex import errors
from modeldex.catalog import Catalog, Row
from modeldex.places import Place, Postgres
from modeldex.reader import Reader
from modeldex.rows import model_of
from modeldex.search import Scope, Statement
from modeldex.values import ModelWithCapabilities

if TYPE_CHECKING:
    from modeldex.postgres.reader import PostgresReader

_REMEMBERED = 512

T = TypeVar("T")


def _reader_of(place: Place) -> "Reader | PostgresReader":
    if isinstance(place, Postgres):
        from modeldex.postgres.reader import PostgresReader

        return PostgresReader(place)
    return Reader(place)


class Answers:
    """The models that statements find, and whatever else is asked of a catalog file."""

    def __init__(self, path: Place) -> None:
        self.path = path
        self.reader = _reader_of(path)
        self._memory: dict[object, list[ModelWithCapabilities]] = {}
        self._memory_of: int | None = None

    async def close(self) -> None:
        """Close the connections and forget; the next question opens others."""
        self._memory.clear()
        await self.reader.close()

    async def models(self, statement: Statement) -> list[ModelWithCapabilities]:
        """What a statement finds, whose columns are search.COLUMNS. Do not alter the list."""
        key = (statement.sql, *statement.parameters.items())
        version = self.reader.version()
        if version is None or version != self._memory_of or len(self._memory) > _REMEMBERED:
            self._memory.clear()
            self._memory_of = version
        elif key in self._memory:
            return self._memory[key]
        models = self.read(await self.reader.rows(*statement))
        if version is not None and self.reader.version() == version:
            self._memory[key] = models
        return models

    def read(self, rows: Iterable[Row]) -> list[ModelWithCapabilities]:
        """Rows of search.COLUMNS as values."""
        try:
            return [model_of(row) for row in rows]
        except (ValidationError, AttributeError):
            reason = "a row holds a value that means nothing; run: modeldex doctor"
            raise errors.CatalogDamaged(self.path, reason) from None

    async def number(self, statement: Statement) -> int:
        """The one number that a statement gives."""
        rows = await self.reader.rows(*statement)
        return int(cast("int", rows[0][0]))

    async def consult(self, question: Callable[[Catalog], T], scope: Scope) -> T:
        """The answer to a question of several statements, put to one state of the catalog."""
        return await self.reader.consult(
            lambda connection: question(Catalog(self.path, connection, scope))
        )
