"""Open a catalog; create or migrate it first if needed."""

import contextlib
from collections.abc import Iterator
from typing import Any

from modeldex.storage.location import Place, Postgres
from modeldex.storage.sqlite.connection import WRITE_WAIT
from modeldex.storage.sqlite.lock_file import try_lock_file
from modeldex.storage.sqlite.open import open_reader
from modeldex.storage.sqlite.writer import Writer


def open_catalog(place: Place) -> Any:
    """Return a read-only connection to a SQLite or PostgreSQL catalog, schema checked.

    Both kinds offer `execute` and `close` as in sqlite3. Raises CatalogError.
    """
    if isinstance(place, Postgres):
        from modeldex.storage.postgres.migrate import open_reader as open_postgres

        return open_postgres(place)
    return open_reader(place)


def make_current(place: Place) -> None:
    """Create or migrate the catalog if needed, without leaving a connection open."""
    open_catalog(place).close()


def open_writer(place: Place, wait: float = WRITE_WAIT) -> Writer:
    """Return a writer for an existing catalog; `wait` is the lock timeout in seconds."""
    if isinstance(place, Postgres):
        from modeldex.storage.postgres.writer import PostgresWriter

        return PostgresWriter(place, wait)
    return Writer(place, wait)


@contextlib.contextmanager
def refreshing(place: Place) -> Iterator[bool]:
    """Hold the refresh lock, which ends with its process; yields False if it is taken."""
    if isinstance(place, Postgres):
        from modeldex.storage.postgres.lease import refreshing as refreshing_postgres

        with refreshing_postgres(place) as acquired:
            yield acquired
    else:
        with try_lock_file(place, ".refresh.lock") as acquired:
            yield acquired
