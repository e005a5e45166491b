"""Reads a PostgreSQL catalog from asyncio."""

from collections.abc import Mapping
from typing import Any

from modeldex.storage.location import Postgres
from modeldex.storage.postgres.connection import ReadConnection
from modeldex.storage.postgres.migrate import open_reader
from modeldex.storage.reader import ThreadReader


class PostgresReader(ThreadReader[Postgres, ReadConnection]):
    """Reads one catalog; reopens a lost connection."""

    begin = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"

    def _open_connection(self) -> ReadConnection:
        return open_reader(self.path)

    async def rows(
        self, sql: str, parameters: Mapping[str, object] | None = None
    ) -> list[tuple[Any, ...]]:
        """Return all rows of one SELECT. Raises CatalogError and its subclasses."""
        return await self._run(lambda connection: connection.execute(sql, parameters).fetchall())

    def version(self) -> int | None:
        """Return None: other hosts may have written, so answers are never cached."""
        return None

    def moved(self) -> bool:
        """Return False: a database is not replaced as a file is."""
        return False
