"""Tables as SQLAlchemy's metadata declares them, and the past of the effective rows.

On SQLite every table is made anew and filled from the old one; on PostgreSQL they were so
already. Frozen text only, never an import of modeldex. Views, triggers and indexes are made from
the code of the head.
"""

from pathlib import Path

from alembic import op
from alembic.util import CommandError

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

TEXTS = {"sqlite": "0003_tables.sql", "postgresql": "0003_postgresql.sql"}


def upgrade() -> None:
    name = TEXTS[op.get_context().dialect.name]
    text = Path(__file__).with_name(name).read_text(encoding="utf-8")
    for statement in text.split("\n;;\n"):
        op.execute(statement.strip().replace(":", r"\:"))


def downgrade() -> None:
    raise CommandError(
        "a catalog cannot go back below revision 0003: restore the backup that was made of it "
        "before (modeldex backup), or refresh an empty catalog with the older modeldex"
    )
