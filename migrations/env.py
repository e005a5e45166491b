"""Run the revisions on the connection handed in, or on the catalog that MODELDEX_DB names."""

from alembic import context
from sqlalchemy import Connection


def run(connection: Connection) -> None:
    """All steps in the transaction that is open, so that a failure leaves nothing behind."""
    context.configure(connection=connection, transactional_ddl=True)
    with context.begin_transaction():
        context.run_migrations()


def main() -> None:
    """Use the connection of `modeldex.storage.sqlite.migrate`, else open the catalog as it does."""
    handed = context.config.attributes.get("connection")
    if handed is not None:
        run(handed)
        return
    from modeldex.storage.sqlite.connection import catalog_path
    from modeldex.storage.sqlite.writer import Writer

    with Writer(catalog_path(), foreign_keys=False) as writer, writer.transaction() as connection:
        run(connection)


main()
