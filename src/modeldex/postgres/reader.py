"""Reading a PostgreSQL catalog from asyncio: one connection, asked in a worker thread."""

import asyncio
import os
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from modeldex.places import Postgres
from modeldex.postgres.connection import ReadConnection
from modeldex.postgres.migrate import open_reader
from modeldex.turns import Turn

T = TypeVar("T")


class PostgresReader:
    """A read-only view of one catalog; a connection that was lost is opened anew."""

    def __init__(self, place: Postgres) -> None:
        self.path = place
        self._connection: ReadConnection | None = None
        self._opened_by = 0
        self._turn = Turn()

    async def rows(
        self, sql: str, parameters: Mapping[str, object] | None = None
    ) -> list[tuple[Any, ...]]:
        """All rows of one SELECT. Raises CatalogError and its kind."""
        return await self._ask(lambda connection: connection.execute(sql, parameters).fetchall())

    async def consult(self, question: Callable[[Any], T]) -> T:
        """The answer to a question of several statements, put to one state of the catalog."""

        def of_one_state(connection: ReadConnection) -> T:
            connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            try:
                return question(connection)
            finally:
                if not connection.broken:
                    connection.execute("ROLLBACK")

        return await self._ask(of_one_state)

    async def _ask(self, question: Callable[[ReadConnection], T]) -> T:
        async with self._turn:
            return await asyncio.to_thread(self._answer, question)

    def _answer(self, question: Callable[[ReadConnection], T]) -> T:
        if self._opened_by != os.getpid():  # after a fork it is the parent's to close
            self._connection = None
        elif self._connection is not None and self._connection.broken:
            self._connection.close()
            self._connection = None
        if self._connection is None:
            self._connection = open_reader(self.path)
            self._opened_by = os.getpid()
        return question(self._connection)

    def version(self) -> int | None:
        """None: another host may have written since, so nothing is answered from memory."""
        return None

    def moved(self) -> bool:
        """Whether the catalog is another than before: a server's never is."""
        return False

    async def close(self) -> None:
        """Close the connection; the next question opens another."""
        connection, self._connection = self._connection, None
        if connection is not None:
            await asyncio.to_thread(connection.close)
