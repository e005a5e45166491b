"""Creates and upgrades PostgreSQL catalogs, each in one transaction under the write lock."""

import contextlib
import secrets
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from modeldex import errors
from modeldex.storage.fill_history import fill_history
from modeldex.storage.location import Postgres
from modeldex.storage.postgres.connection import ReadConnection
from modeldex.storage.postgres.derived import derive, drop, restore
from modeldex.storage.postgres.views import FUNCTIONS
from modeldex.storage.postgres.writer import PostgresWriter
from modeldex.storage.schema.version import SCHEMA, is_outdated
from modeldex.vocabulary import timestamps

if TYPE_CHECKING:
    from sqlalchemy import Connection


class State(NamedTuple):
    """What a database holds: a schema number, and of which program views and triggers are."""

    schema: int
    derived: str

    @property
    def is_current(self) -> bool:
        """Whether this program has nothing to do."""
        return self.schema == SCHEMA and not is_outdated(self.derived)


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


def state_of(connection: Any, place: Postgres) -> State:
    """Return the schema number of a catalog and what its views are of; zero for an empty database.

    Raises NotACatalog for another program's tables, CatalogTooNew for a newer catalog.
    """
    row = connection.execute(_STATE).fetchone()
    tables, own_tables = row or (0, 0)
    shown = str(place)
    if not tables:
        return State(0, "")
    if own_tables != len(("about", "capabilities", "catalog")):
        raise errors.NotACatalog(
            shown, "holds another program's tables and was not changed; use an empty database"
        )
    about = dict(connection.execute("SELECT key, value FROM about").fetchall())
    found = int(about.get("schema", 0))
    if found > SCHEMA:
        raise errors.CatalogTooNew(shown, found, SCHEMA, about.get("needs_modeldex", "a newer one"))
    return State(found, about.get("derived", ""))


def is_catalog(place: Postgres) -> bool:
    """Whether the database holds a catalog. Raises as state_of does."""
    connection = ReadConnection(place)
    try:
        return state_of(connection, place).schema > 0
    finally:
        connection.close()


def open_reader(place: Postgres) -> ReadConnection:
    """Open a read-only connection; create or migrate the catalog first if needed."""
    connection = ReadConnection(place)
    try:
        if not state_of(connection, place).is_current:
            migrate(place)
    except errors.ModeldexError:
        connection.close()
        raise
    return connection


def migrate(place: Postgres) -> bool:
    """Create or upgrade the catalog; return True if this call changed it."""
    with migrating(place) as connection:
        # Checked under the lock: another process may have migrated it in the meantime.
        found = checked_state(connection, place)
        if found.is_current:
            return False
        if not found.schema:
            create(connection)
            derive(connection)
            return True
        with deriving(connection, place):
            if found.schema < SCHEMA:
                _run_revisions(connection)
    return True


@contextlib.contextmanager
def migrating(place: Postgres) -> Iterator["Connection"]:
    """A write transaction in which statements are not translated."""
    with (
        PostgresWriter(place) as writer,
        writer.transaction() as connection,
        _told_what_is_missing(place),
    ):
        yield connection.execution_options(as_it_is=True)


@contextlib.contextmanager
def deriving(connection: "Connection", place: Postgres) -> Iterator[None]:
    """Around revisions: afterwards make what is derived, unless nothing was outdated.

    Raises CatalogError where revisions would leave an existing catalog below the head, at which
    it has no views.
    """
    found = checked_state(connection, place)
    if found.is_current:
        yield
        return
    own = drop(connection) if found.schema else []
    yield
    after = checked_state(connection, place)
    if found.schema and after.schema < SCHEMA:
        raise errors.CatalogError(
            str(place), "can only be upgraded to the head; nothing was changed"
        )
    if after.schema == SCHEMA:
        derive(connection, own)
        fill_history(connection.execution_options(as_it_is=False))


@contextlib.contextmanager
def lowering(connection: "Connection", place: Postgres) -> Iterator[None]:
    """Around a downgrade: drop views and triggers; the older program makes its own at its opening.

    Users' own views come back where they still work; of the others the text is kept in `about`.
    """
    checked_state(connection, place)
    own = drop(connection)
    yield
    if checked_state(connection, place).schema == SCHEMA:
        derive(connection, own)
        return
    connection.exec_driver_sql("DELETE FROM about WHERE key = 'derived'")
    for name, text in own:
        restore(connection, name, text)


def checked_state(connection: "Connection", place: Postgres) -> State:
    """What the database holds. Raises NotACatalog and CatalogTooNew."""
    return state_of(connection.connection.driver_connection, place)


def create(connection: "Connection") -> None:
    """Make functions, tables and the first rows in an empty database."""
    from modeldex.storage.schema.first_rows import insert_first_rows
    from modeldex.storage.schema.server_tables import SERVER

    for sql in FUNCTIONS.values():
        connection.exec_driver_sql(sql.replace("%", "%%"))
    SERVER.create_all(connection)
    insert_first_rows(connection, timestamps.now(), secrets.token_hex(16))


def _run_revisions(connection: "Connection") -> None:
    from alembic import command

    from modeldex.storage.sqlite.migrate import alembic_config

    command.upgrade(alembic_config(connection), "head")


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
