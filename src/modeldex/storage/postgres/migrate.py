"""Creates and upgrades PostgreSQL catalogs, each in one transaction under the write lock."""

import contextlib
from collections.abc import Iterator
from typing import Any

from modeldex import errors
from modeldex.storage.location import Postgres
from modeldex.storage.postgres.connection import ReadConnection
from modeldex.storage.postgres.writer import PostgresWriter
from modeldex.storage.schema.tables import SCHEMA

_STATE = (
    "SELECT (SELECT count(*) FROM information_schema.tables WHERE table_schema = "
    "current_schema()), (SELECT count(*) FROM information_schema.tables WHERE table_schema = "
    "current_schema() AND table_name IN ('about', 'capabilities', 'catalog'))"
)

_NOT_PERMITTED = "42501"
_NEEDED = (
    "to make or upgrade a catalog a role must own it, or be permitted to create tables, functions "
    "and triggers: GRANT CREATE ON SCHEMA public, GRANT USAGE ON LANGUAGE plpgsql"
)


def schema_of(connection: Any, place: Postgres) -> int | None:
    """Return the schema number of a catalog; None for an empty database.

    Raises NotACatalog for another program's tables, CatalogTooNew for a newer catalog.
    """
    row = connection.execute(_STATE).fetchone()
    tables, own_tables = row or (0, 0)
    shown = str(place)
    if not tables:
        return None
    if own_tables != len(("about", "capabilities", "catalog")):
        raise errors.NotACatalog(
            shown, "holds another program's tables and was not changed; use an empty database"
        )
    about = dict(connection.execute("SELECT key, value FROM about").fetchall())
    found = int(about.get("schema", 0))
    if found > SCHEMA:
        raise errors.CatalogTooNew(shown, found, SCHEMA, about.get("needs_modeldex", "a newer one"))
    return found


def is_catalog(place: Postgres) -> bool:
    """Whether the database holds a catalog. Raises as schema_of does."""
    connection = ReadConnection(place)
    try:
        return schema_of(connection, place) is not None
    finally:
        connection.close()


def open_reader(place: Postgres) -> ReadConnection:
    """Open a read-only connection; create or migrate the catalog first if needed."""
    connection = ReadConnection(place)
    try:
        if schema_of(connection, place) != SCHEMA:
            migrate(place)
    except errors.ModeldexError:
        connection.close()
        raise
    return connection


def migrate(place: Postgres) -> bool:
    """Create or upgrade the catalog; return True if this call changed it."""
    from alembic import command

    from modeldex.storage.sqlite.migrate import alembic_config

    with PostgresWriter(place) as writer, writer.transaction() as connection:
        with writer.reading() as reader:
            # Checked under the lock: another process may have migrated it in the meantime.
            if schema_of(reader, place) == SCHEMA:
                return False
        connection.execution_options(as_it_is=True)
        with _told_what_is_missing(place):
            command.upgrade(alembic_config(connection), "head")
    return True


@contextlib.contextmanager
def _told_what_is_missing(place: Postgres) -> Iterator[None]:
    """Convert the error of a role that may not create something; it names what."""
    from sqlalchemy.exc import DBAPIError

    try:
        yield
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) != _NOT_PERMITTED:
            raise
        first = str(error.orig).partition("\n")[0]
        raise errors.CatalogError(str(place), f"{first}; {_NEEDED}") from error
