"""History of names and precedences, prices beside the default ones, richer measurements.

Tables whose columns change are made anew and filled from the old ones. Frozen text only, never
an import of modeldex. Views, triggers and indexes are made from the code of the head.
"""

from pathlib import Path

from alembic import op
from alembic.util import CommandError

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

TEXTS = {"sqlite": "0002_history.sql", "postgresql": "0002_postgresql.sql"}


def upgrade() -> None:
    name = TEXTS[op.get_context().dialect.name]
    text = Path(__file__).with_name(name).read_text(encoding="utf-8")
    for statement in text.split("\n;;\n"):
        op.execute(statement.strip().replace(":", r"\:"))


def downgrade() -> None:
    raise CommandError("a catalog cannot go back below revision 0003: restore a backup of it")
