"""History of names and precedences, prices beside the default ones, richer measurements.

Tables whose columns change are made anew and filled from the old ones. Frozen text only, never
an import of modeldex. Views, triggers and indexes are made from the code of the head.
"""

from pathlib import Path

from alembic import context, op
from alembic.util import CommandError

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

TEXTS = {"sqlite": "0002_history.sql", "postgresql": "0002_postgresql.sql"}


def clear() -> None:
    """Drop all views and triggers of a file, which would refer to tables that are made anew."""
    if context.is_offline_mode() or op.get_context().dialect.name != "sqlite":
        return
    found = op.get_bind().exec_driver_sql(
        "SELECT type, name FROM sqlite_master WHERE type IN ('trigger', 'view')"
    )
    for kind, name in found.fetchall():
        op.get_bind().exec_driver_sql(f'DROP {kind} "{name}"')


def upgrade() -> None:
    clear()
    name = TEXTS[op.get_context().dialect.name]
    text = Path(__file__).with_name(name).read_text(encoding="utf-8")
    for statement in text.split("\n;;\n"):
        op.execute(statement.strip().replace(":", r"\:"))


def downgrade() -> None:
    raise CommandError("a catalog cannot go back below revision 0003: restore a backup of it")
