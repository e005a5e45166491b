"""${message}

Frozen text only, never an import of modeldex. Views, triggers and indexes are made from the code
of the head; those of users are dropped before and made again by `modeldex.storage`.
"""

import sqlalchemy as sa
from alembic import op
${imports if imports else ""}

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = None
depends_on = None


def number(schema: int) -> None:
    """Enter the schema number, which every revision counts up."""
    if op.get_context().dialect.name == "sqlite":
        op.execute(f"PRAGMA user_version = {schema}")
    else:
        op.execute(f"UPDATE about SET value = '{schema}' WHERE key = 'schema'")


def upgrade() -> None:
    ${upgrades if upgrades else "raise SystemExit('write me')"}
    number(${int(up_revision)})


def downgrade() -> None:
    ${downgrades if downgrades else "raise SystemExit('write me')"}
    number(${int(up_revision) - 1})
