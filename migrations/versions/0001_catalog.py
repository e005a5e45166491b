"""The first tables: models, sightings, opinions and their history, measurements, runs.

Frozen text only, never an import of modeldex. Views, triggers and indexes are no part of a
revision: they are made from the code of the head.
"""

from pathlib import Path

from alembic import op
from alembic.util import CommandError

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Catalogs on PostgreSQL begin with revision 0002."""
    if op.get_context().dialect.name == "postgresql":
        return
    text = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
    for statement in text.split("\n;;\n"):
        op.execute(statement.strip().replace(":", r"\:"))


def downgrade() -> None:
    raise CommandError("a catalog cannot go back below revision 0003: restore a backup of it")
