"""The past of the effective rows: `catalog` says since when a row holds, `catalog_history` keeps.

The copy is derived anew. Its rows hold since '', which stands for a past that is not filled in.
"""

from pathlib import Path

from alembic import op
from sqlalchemy import Connection

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

SEPARATOR = "\n;;\n"
CHANGED = ("pending_fold", "models_deleted")
"""Triggers of other tables than the copy whose text is another one now."""
GUARDS = ("catalog_insert_refused", "catalog_update_refused", "catalog_delete_refused")
FUNCTIONS = ("modeldex_fold", "modeldex_models_after")
"""Functions of PostgreSQL whose text is another one now."""


def statements(name: str) -> list[str]:
    """The frozen statements, in order, from a text file beside this one."""
    text = Path(__file__).with_name(name).read_text(encoding="utf-8")
    return [statement.strip() for statement in text.split(SEPARATOR) if statement.strip()]


def columns(connection: Connection, table: str) -> list[str]:
    """The columns of a table or view that can be written."""
    rows = connection.exec_driver_sql(f"PRAGMA table_xinfo({table})").fetchall()
    return [row[1] for row in rows if row[6] == 0]


def derive(connection: Connection, create: list[str], since: str) -> None:
    """Make the copy anew from these statements, and whatever users had put on it."""
    own = connection.exec_driver_sql(
        "SELECT name, sql FROM sqlite_master WHERE tbl_name = 'catalog' AND sql IS NOT NULL "
        "AND type <> 'table' ORDER BY rowid"
    ).fetchall()
    for trigger in CHANGED:
        connection.exec_driver_sql(f"DROP TRIGGER {trigger}")
    connection.exec_driver_sql("DROP TABLE catalog")
    triggers = [statement for statement in create if statement.startswith("CREATE TRIGGER")]
    for statement in create:
        if statement not in triggers:
            connection.exec_driver_sql(statement)
    names = ", ".join(columns(connection, "catalog_rows"))
    into, values = (f"{names}, valid_from", f"{names}, ''") if since else (names, names)
    connection.exec_driver_sql(f"INSERT INTO catalog ({into}) SELECT {values} FROM catalog_rows")
    made = {statement.split("(")[0].split(" ON ")[0].split()[-1] for statement in create}
    made |= {statement.split()[2] for statement in triggers}
    for statement in triggers:
        connection.exec_driver_sql(statement)
    for name, sql in own:
        if name not in made:
            connection.exec_driver_sql(sql)


def undo(connection: Connection) -> None:
    """Give a PostgreSQL database back the copy and the functions of before."""
    for table in ("catalog_history", "catalog_before", "catalog"):
        connection.exec_driver_sql(f"DROP TABLE {table} CASCADE")
    again = (
        "CREATE TABLE catalog ", "CREATE VIEW prices ",
        *(f"CREATE FUNCTION {name}(" for name in FUNCTIONS),
    )  # fmt: skip
    text = [each.replace("%", "%%") for each in statements("0002_postgresql.sql")]
    for each in text:
        if each.startswith(again):
            connection.exec_driver_sql(
                each.replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION")
            )
    rows = connection.exec_driver_sql(
        "SELECT column_name FROM information_schema.columns WHERE table_name = 'catalog_rows' "
        "AND table_schema = current_schema() ORDER BY ordinal_position"
    ).fetchall()
    names = ", ".join(name for (name,) in rows)
    connection.exec_driver_sql(f"INSERT INTO catalog ({names}) SELECT {names} FROM catalog_rows")
    for each in text:
        if " ON catalog " in each.split("\n")[0]:
            connection.exec_driver_sql(each)
    for key, value in (("schema", "2"), ("needs_modeldex", "0.2.0")):
        connection.exec_driver_sql(f"UPDATE about SET value = '{value}' WHERE key = '{key}'")


def upgrade() -> None:
    connection = op.get_bind()
    if connection.dialect.name == "postgresql":
        for statement in statements("0003_postgresql.sql"):
            connection.exec_driver_sql(statement.replace("%", "%%"))
        return
    derive(connection, statements("0003_catalog_history.sql"), "valid_from")
    connection.exec_driver_sql("UPDATE about SET value = '0.3.0' WHERE key = 'needs_modeldex'")
    connection.exec_driver_sql("PRAGMA user_version = 3")


def downgrade() -> None:
    """The past of the effective rows is lost; that of opinions and names stays."""
    connection = op.get_bind()
    if connection.dialect.name == "postgresql":
        undo(connection)
        return
    connection.exec_driver_sql("DROP TABLE catalog_history")
    connection.exec_driver_sql("DROP TABLE catalog_before")
    names = (
        "CREATE TABLE catalog ",
        *(f"CREATE TRIGGER {name} " for name in (*CHANGED, *GUARDS)),
        *(f"CREATE {kind} catalog_" for kind in ("INDEX", "UNIQUE INDEX")),
    )
    before = [each for each in statements("0002_history.sql") if each.startswith(names)]
    derive(connection, before, "")
    connection.exec_driver_sql("UPDATE about SET value = '0.2.0' WHERE key = 'needs_modeldex'")
    connection.exec_driver_sql("PRAGMA user_version = 2")
