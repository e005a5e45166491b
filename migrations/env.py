"""Runs the revisions on the connection handed in, or on the catalog that MODELDEX_DB names.

MODELDEX_DB is a path or a PostgreSQL URL, as for the programs; the default is the catalog in the
user's data folder. After an upgrade to the head, views, triggers and indexes are made from the
code.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from types import ModuleType

from alembic import context
from alembic.util import CommandError
from sqlalchemy import Connection

from modeldex.storage.location import Place, Postgres
from modeldex.storage.schema import autogenerate
from modeldex.storage.schema.metadata import METADATA
from modeldex.storage.schema.server_tables import SERVER
from modeldex.storage.sqlite.connection import catalog_path

PLACE = catalog_path()
OPTIONS = {
    "target_metadata": SERVER if isinstance(PLACE, Postgres) else METADATA,
    "transactional_ddl": True,
    "include_object": autogenerate.is_compared,
    "render_item": autogenerate.render_item,
}


def run(connection: Connection) -> None:
    """All steps in the transaction that is open, so that a failure leaves nothing behind."""
    context.configure(connection=connection, **OPTIONS)
    with context.begin_transaction():
        context.run_migrations()


def command() -> str:
    """The name of Alembic's command."""
    return str(context.config.cmd_opts.cmd[0].__name__) if context.config.cmd_opts else ""


def around(migrate: ModuleType) -> Callable[..., AbstractContextManager[None]]:
    """What else has to be done with views and triggers by this command, before and after."""
    contexts = {"upgrade": migrate.deriving, "downgrade": migrate.lowering}
    return contexts.get(command(), lambda *_: nullcontext())


def on_file(place: Place) -> None:
    """Run on a SQLite file, which an upgrade makes where it is missing."""
    from modeldex.storage.sqlite import migrate

    if command() == "upgrade":
        migrate.prepare(place)
    elif not place.exists():
        raise CommandError(f"there is no catalog at {place}; alembic upgrade head makes it")
    with migrate.migrating(place) as connection:
        migrate.checked_state(connection.connection.driver_connection, place)
        with around(migrate)(connection, place):
            run(connection)


def on_server(place: Postgres) -> None:
    """Run on a PostgreSQL database."""
    from modeldex.storage.postgres import migrate

    with migrate.migrating(place) as connection:
        migrate.checked_state(connection, place)
        with around(migrate)(connection, place):
            run(connection)


def offline(place: Place) -> None:
    """Print the statements, those for views and triggers at the end."""
    if isinstance(place, Postgres):
        from modeldex.storage.postgres.connection import LONGEST_NAME
        from modeldex.storage.postgres.derived import statements

        options = {"max_identifier_length": LONGEST_NAME, "paramstyle": "named"}
        context.configure(dialect_name="postgresql", dialect_opts=options, **OPTIONS)
    else:
        from modeldex.storage.sqlite.derive import statements

        context.configure(dialect_name="sqlite", **OPTIONS)
    with context.begin_transaction():
        context.run_migrations()
        if context.get_revision_argument() == context.get_head_revision():
            for statement in statements():
                context.execute(statement.replace(":", r"\:"))


def main() -> None:
    """Use the connection of `modeldex.storage`, else open the catalog as the programs do."""
    handed = context.config.attributes.get("connection")
    if handed is not None:
        run(handed)
    elif context.is_offline_mode():
        offline(PLACE)
    elif isinstance(PLACE, Postgres):
        on_server(PLACE)
    else:
        on_file(PLACE)


main()
