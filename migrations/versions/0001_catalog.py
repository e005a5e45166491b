"""The catalog: models, sightings, opinions, their history, the merge and its maintained copy.

House rules: frozen text only, never import modeldex; no batch mode on tables with children,
triggers or views (use ALTER); drop the views and triggers concerned, alter, create them
again; set user_version to the schema number; write the downgrade and test both with data.
"""

from pathlib import Path

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

SEPARATOR = "\n;;\n"


def statements() -> list[str]:
    """The frozen statements, in order, from the text file beside this one."""
    text = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
    return [statement.strip() for statement in text.split(SEPARATOR) if statement.strip()]


def upgrade() -> None:
    connection = op.get_bind()
    if connection.dialect.name == "postgresql":  # catalogs there begin with revision 0002
        return
    for statement in statements():
        connection.exec_driver_sql(statement)


def downgrade() -> None:
    connection = op.get_bind()
    if connection.dialect.name == "postgresql":
        return
    for kind in ("trigger", "view", "table"):
        rows = connection.exec_driver_sql(
            "SELECT name FROM sqlite_master WHERE type = ? AND name NOT LIKE 'sqlite_%' "
            "AND name <> 'alembic_version' ORDER BY rowid DESC",
            (kind,),
        ).fetchall()
        for (name,) in rows:
            connection.exec_driver_sql(f"DROP {kind} {name}")
    connection.exec_driver_sql("PRAGMA user_version = 0")
    connection.exec_driver_sql("PRAGMA application_id = 0")
