"""Reading a PostgreSQL catalog from asyncio: one connection, asked in a worker thread."""

import asyncio
import os
import time
from collections.abc import Callable, Mapping
from threading import Thread
from typing import Any, TypeVar

from modeldex.errors import CatalogError
from modeldex.places import Postgres
from modeldex.postgres.connection import ReadConnection
from modeldex.postgres.migrate import open_reader
from modeldex.turns import Turn

T = TypeVar("T")

_HURRY_EVERY = 0.05
"""Seconds: what is given up may be between two statements when it is told so."""


class _Link:
    """One connection, opened when it is first needed, and anew where it was lost.

    Who takes it owns it, so a thread that is at work on it is never disturbed.
    """

    def __init__(self, place: Postgres) -> None:
        self._place = place
        self._kept: list[tuple[int, ReadConnection]] = []
        self._asked: ReadConnection | None = None
        self._given_up = False

    def ask(self, question: Callable[[ReadConnection], T]) -> T:
        """The answer. Raises CatalogError and its kind."""
        connection = self._asked = self._taken() or open_reader(self._place)
        try:
            if self._given_up:
                raise CatalogError(self._place, "nobody waits for an answer any more")
            return question(connection)
        finally:
            self._asked = None
            self._kept.append((os.getpid(), connection))
            if self._given_up:
                self.close()

    def give_up(self) -> None:
        """Close the connection; a thread that is at work on it does that when it ends, soon."""
        self._given_up = True
        self.close()
        if self._asked is not None:
            Thread(target=self._hurry, daemon=True).start()

    def _hurry(self) -> None:
        while (asked := self._asked) is not None:
            asked.cancel()
            time.sleep(_HURRY_EVERY)

    def close(self) -> None:
        """Close the connection that nobody is at work on; the next question opens another."""
        connection = self._taken()
        if connection is not None:
            connection.close()

    def _taken(self) -> ReadConnection | None:
        try:
            opened_by, connection = self._kept.pop()
        except IndexError:
            return None
        if opened_by != os.getpid():  # after a fork it is the parent's to close
            return None
        if connection.broken:
            connection.close()
            return None
        return connection


class PostgresReader:
    """A read-only view of one catalog; a connection that was lost is opened anew."""

    def __init__(self, place: Postgres) -> None:
        self.path = place
        self._link = _Link(place)
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
            try:
                return await asyncio.to_thread(self._link.ask, question)
            except asyncio.CancelledError:  # the thread works on, in the transaction of its own
                self._link.give_up()
                self._link = _Link(self.path)
                raise

    def version(self) -> int | None:
        """None: another host may have written since, so nothing is answered from memory."""
        return None

    def moved(self) -> bool:
        """Whether the catalog is another than before: a server's never is."""
        return False

    async def close(self) -> None:
        """Close the connection; the next question opens another."""
        await asyncio.to_thread(self._link.close)
