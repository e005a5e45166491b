"""The registry behind the server: ModelRegistry with time limits, on a catalog that must exist."""

import math
import os
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, TypeVar, cast

from modeldex.errors import CatalogError, StatementStopped
from modeldex.query.catalog import Catalog
from modeldex.registry import ModelRegistry
from modeldex.server.limits import USUAL, Limits
from modeldex.server.slow_lane import SlowLane
from modeldex.storage.location import Postgres
from modeldex.storage.sqlite.connection import exists
from modeldex.storage.sqlite.reader import Reader
from modeldex.vocabulary import clock

T = TypeVar("T")

TIME_LIMIT = 10.0
"""Default time limit of an operation in seconds, waiting for the connection included."""

NEW_MODELS = 100
"""Default of how many models the measurements that clients send may add in a day."""

_STEPS = 2_000
"""SQLite VM steps between two checks of the clock, about a tenth of a millisecond."""

# Changes with each commit of a transaction that wrote, and at times without one.
_SNAPSHOT = "SELECT CAST(pg_current_snapshot() AS TEXT)"


class CatalogMissing(CatalogError):
    """The catalog file does not exist; the server does not create one."""


def _missing(path: Path) -> CatalogMissing:
    return CatalogMissing(path, "the catalog file does not exist; restore it on the server")


class _ReplaceableReader(Reader):
    """A reader of a file that may be moved away and restored while the server runs."""

    may_create = False

    async def _reopen(self) -> None:
        if not exists(self.path):
            raise _missing(self.path)
        await super()._reopen()


class ServedRegistry(ModelRegistry):
    """A registry whose catalog exists at start, and may be replaced or missing later.

    While the file is missing, every read raises CatalogMissing; a file that appears at its path is
    opened. A read that takes more than `seconds` raises StatementStopped. One that takes more than
    `limits.quick_seconds` begins again in the slow lane, so that it keeps no quick one waiting.
    Measurements of clients may add `new_models` models in a day; with 0 they are taken of known
    models only.
    """

    def __init__(
        self,
        *,
        db: str | os.PathLike[str] | Postgres | None = None,
        environ: Mapping[str, str] | None = None,
        seconds: float = TIME_LIMIT,
        new_models: int = NEW_MODELS,
        limits: Limits = USUAL,
    ) -> None:
        super().__init__(db=db, environ=environ)
        self.environ: Mapping[str, str] = os.environ if environ is None else environ
        self.seconds = seconds
        self.new_models = new_models
        self._quick_seconds = limits.quick_seconds
        self._watch: Any = None
        if isinstance(self.path, Path):
            make: Any = partial(_ReplaceableReader, self.path)
            self._cache.reader = make()
        else:
            from modeldex.storage.postgres.reader import PostgresReader

            make = partial(PostgresReader, self.path)
            self._watch = make()  # of its own: never behind a long query
        self._slow_lane = SlowLane[Any](make, limits)

    async def aclose(self) -> None:
        """Close the connections. The registry may be used again and then reopens them."""
        await super().aclose()
        await self._slow_lane.close()
        if self._watch is not None:
            await self._watch.close()

    async def _prepare(self) -> None:
        """Do nothing: the shipped data is loaded before the server starts."""

    async def run_read(self, work: Callable[[Catalog], T]) -> T:
        """Run a function on one snapshot of the catalog, in a worker thread; return its result.

        The function may be stopped and run again. Raises what it raises, StatementStopped,
        CatalogError, and Fault if too many reads take long.
        """
        return await self._run_read(work)

    async def _run_read(self, work: Callable[[Catalog], T]) -> T:
        until = clock.steady() + self.seconds

        try:
            try:
                return await self._read_by(self._cache.reader, work, until, self._quick_seconds)
            except StatementStopped:
                if clock.steady() > until:
                    raise
            with self._slow_lane.entered() as reader:
                return await self._read_by(reader, work, until)
        except CatalogError:
            # It may be moved away between the look at the file and the read.
            if isinstance(self.path, Path) and not exists(self.path):
                raise _missing(self.path) from None
            raise

    async def _read_by(
        self, reader: Any, work: Callable[[Catalog], T], until: float, seconds: float = math.inf
    ) -> T:
        """Return the result of a read, which ends at `until`, and after so many seconds."""
        scope = await self._scope(clock.day())

        def within_time(connection: Any) -> T:
            with _time_limited(connection, min(until, clock.steady() + seconds)):
                return work(Catalog(self.path, connection, scope))

        return cast("T", await reader.run_read(within_time))

    async def revision(self) -> str | None:
        """Return a text that changes with every commit, by any process, and with every day.

        None if it cannot be determined now. Only comparable within this process. Raises
        CatalogError on PostgreSQL, where it takes a query.
        """
        today = clock.day()
        if self._watch is not None:
            [[seen]] = await self._watch.rows(_SNAPSHOT)
            return f"{today} {seen}"
        version = self._cache.reader.version()
        return None if version is None else f"{today} {version}"


@contextmanager
def _time_limited(connection: Any, until: float) -> Iterator[None]:
    """Stop statements of a connection at a time of the steady clock. Raises StatementStopped."""
    left = until - clock.steady()
    if left <= 0:
        raise time_limit_exceeded()
    on_file = isinstance(connection, sqlite3.Connection)
    if on_file:
        connection.set_progress_handler(lambda: clock.steady() > until, _STEPS)
    else:
        connection.execute(f"SET LOCAL statement_timeout = {int(left * 1000) + 1}")
    try:
        yield
    except CatalogError:
        if clock.steady() > until:
            raise time_limit_exceeded() from None
        raise
    finally:
        if on_file:
            connection.set_progress_handler(None, 0)


def time_limit_exceeded() -> StatementStopped:
    """Return the error for an exceeded time limit."""
    return StatementStopped("exceeded the server's time limit; request less, or try again")
