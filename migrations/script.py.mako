"""${message}

House rules: frozen text only, never import modeldex; no batch mode on tables with children,
triggers or views (use ALTER); drop the views and triggers concerned, alter, create them
again; set user_version to the schema number; write the downgrade and test both with data.
"""

from alembic import op

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = None
depends_on = None


def upgrade() -> None:
    ${upgrades if upgrades else "raise SystemExit('write me')"}


def downgrade() -> None:
    ${downgrades if downgrades else "raise SystemExit('write me')"}
