"""Tables as SQLAlchemy's metadata declares them.

On SQLite every table is made anew and filled from the old one; on PostgreSQL they are as they
were. Frozen text only, never an import of modeldex. Views, triggers and indexes are made from
the code of the head.
"""

from pathlib import Path

from alembic import context, op
from alembic.util import CommandError

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

ON_SERVER = (
    "UPDATE about SET value = '0.3.0' WHERE key = 'needs_modeldex'",
    "UPDATE about SET value = '3' WHERE key = 'schema'",
)


def clear() -> None:
    """Drop all views and triggers of a file, which would refer to tables that are made anew."""
    if context.is_offline_mode():
        return
    found = op.get_bind().exec_driver_sql(
        "SELECT type, name FROM sqlite_master WHERE type IN ('trigger', 'view')"
    )
    for kind, name in found.fetchall():
        op.get_bind().exec_driver_sql(f'DROP {kind} "{name}"')


def upgrade() -> None:
    if op.get_context().dialect.name == "postgresql":
        for statement in ON_SERVER:
            op.execute(statement)
        return
    clear()
    text = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
    for statement in text.split("\n;;\n"):
        op.execute(statement.strip().replace(":", r"\:"))


def downgrade() -> None:
    raise CommandError(
        "a catalog cannot go back below revision 0003: restore the backup that was made of it "
        "before (modeldex backup), or refresh an empty catalog with the older modeldex"
    )
