"""A registry that serves: as ModelRegistry, but bounded, and it never makes a missing catalog."""

import os
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from modeldex import clock
from modeldex.catalog import Catalog
from modeldex.db import exists
from modeldex.errors import CatalogError, StatementStopped
from modeldex.places import Postgres
from modeldex.reader import Reader
from modeldex.registry import ModelRegistry

T = TypeVar("T")

TIME = 10.0
"""Seconds that a question usually may take, the time it waits for its turn included."""

_STEPS = 20_000
"""Virtual-machine steps between two looks at the clock, about a millisecond."""

# A text that is the same exactly while the same transactions can be seen.
_SEEN = "SELECT CAST(pg_current_snapshot() AS TEXT)"


class CatalogMissing(CatalogError):
    """The file of the catalog is not there, or not any more; it was not made anew."""


class _Standing(Reader):
    """A reader of a file that somebody may take away, and bring back."""

    _told: int | None = None

    def version(self) -> int | None:
        """As Reader has it, but also while a writer keeps all readers out.

        What he is committing then is not committed yet: the last version is still that.
        """
        if self._probe is None or self.moved():
            self._told = None
            return None
        try:
            [[counted]] = self._probe.execute("PRAGMA data_version")
        except sqlite3.Error as error:
            busy = getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_BUSY
            return self._told if busy else None
        self._told = (self._opened << 32) + int(counted)
        return self._told

    async def _reopen(self) -> None:
        if not exists(self.path):
            raise CatalogMissing(self.path, "the catalog file is not there")
        self._told = None
        await super()._reopen()


class ServedRegistry(ModelRegistry):
    """A registry whose catalog exists when it starts, and may be replaced or missing later.

    While the file is missing every question raises CatalogMissing; when it, or another, is in
    its place again, that one answers. A question that takes more than `seconds` raises
    StatementStopped.
    """

    def __init__(
        self,
        *,
        db: str | os.PathLike[str] | Postgres | None = None,
        environ: Mapping[str, str] | None = None,
        seconds: float = TIME,
    ) -> None:
        super().__init__(db=db, environ=environ)
        self.seconds = seconds
        self._watch: Any = None
        if isinstance(self.path, Path):
            self._answers.reader = _Standing(self.path)
        else:
            from modeldex.postgres.reader import PostgresReader

            self._watch = PostgresReader(self.path)  # so that it waits for no long question

    async def aclose(self) -> None:
        """Close the connections. The registry may be used again and then reopens them."""
        await super().aclose()
        if self._watch is not None:
            await self._watch.close()

    async def _prepare(self) -> None:
        """Nothing: who is asked writes nothing; what is shipped is loaded before it serves."""

    async def consult(self, question: Callable[[Catalog], T]) -> T:
        """The answer to a question put to one state of the catalog, in a thread of its own.

        Raises what the question raises, StatementStopped, and CatalogError and its kind.
        """
        return await self._consult(question)

    async def _consult(self, question: Callable[[Catalog], T]) -> T:
        until = clock.steady() + self.seconds

        def within_time(catalog: Catalog) -> T:
            with _ending(catalog.connection, until):
                return question(catalog)

        return await super()._consult(within_time)

    async def revision(self) -> str | None:
        """A text that another one follows with every commit and every day, whoever commits.

        None where that cannot be told just now. It means nothing to another process. Raises
        CatalogError and its kind where a server has to be asked.
        """
        today = self._scope().today
        if self._watch is not None:
            [[seen]] = await self._watch.rows(_SEEN)
            return f"{today} {seen}"
        version = self._answers.reader.version()
        return None if version is None else f"{today} {version}"


@contextmanager
def _ending(connection: Any, until: float) -> Iterator[None]:
    """Stop the statements of a connection when their time is over. Raises StatementStopped."""
    left = until - clock.steady()
    if left <= 0:
        raise too_long()
    on_file = isinstance(connection, sqlite3.Connection)
    if on_file:
        connection.set_progress_handler(lambda: clock.steady() > until, _STEPS)
    else:
        connection.execute(f"SET LOCAL statement_timeout = {int(left * 1000) + 1}")
    try:
        yield
    except CatalogError:
        if clock.steady() > until:
            raise too_long() from None
        raise
    finally:
        if on_file:
            connection.set_progress_handler(None, 0)


def too_long() -> StatementStopped:
    """The error of a question whose time is over."""
    return StatementStopped("it took longer than a question may take here")
