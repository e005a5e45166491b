"""When models end: notices, what data sets cover, what is presumed gone, the page of an opinion.

Frozen text only, never an import of modeldex. Views, triggers and indexes are made from the code
of the head; those of users are dropped before and made again by `modeldex.storage`.
"""

import sqlalchemy as sa
from alembic import op

NUMBER = 6
"""The schema of this revision."""

revision, down_revision = f"{NUMBER:04d}", f"{NUMBER - 1:04d}"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
OPINIONS = "capabilities"
COPIES = (
    "capability_history", "catalog", "catalog_before", "catalog_history", "replaced",
)  # fmt: skip
"""Tables with the same columns, without CHECKs; `replaced` is one of SQLite's."""

INDEXES = (
    "catalog_shown", "catalog_shown_by_provider", "catalog_that_is_own_shown",
    "catalog_history_shown",
)  # fmt: skip
RESOLVERS = {"coverage": 140, "pi_ai": 195, "earlier_notices": 315, "notices": 320}
"""Those that are new, by precedence."""

MODES = (
    "'chat', 'completion', 'embedding', 'rerank', 'image', 'audio', 'video', 'moderation', 'ocr', "
    "'realtime', 'other'"
)
MODE_CHECK = "mode_is_" + MODES.replace(", ", "_or_").replace("'", "")
PRESUMED = (
    "YYYY-MM-DD or YYYY-MM: day from which those who would know no longer list it; nobody has said "
    "that it ended"
)


def is_sqlite() -> bool:
    return op.get_context().dialect.name == "sqlite"


def number(schema: int) -> None:
    """Enter the schema number, which every revision counts up."""
    if is_sqlite():
        op.execute(f"PRAGMA user_version = {schema}")
    else:
        op.execute(f"UPDATE about SET value = '{schema}' WHERE key = 'schema'")


def check(name: str, sqlite: str, postgresql: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(sqlite if is_sqlite() else postgresql, name=name)


def printable(name: str, limit: int = 200) -> sa.CheckConstraint:
    short = f"length({name}) BETWEEN 1 AND {limit} AND {name} = trim({name})"
    control = "'*[' || char(1) || '-' || char(31) || char(127) || ']*'"
    return check(
        f"{name}_is_1_to_{limit}_printable_characters",
        f"{short} AND instr({name}, char(0)) = 0 AND {name} NOT GLOB {control}",
        f"{short} AND {name} !~ '[\\x01-\\x1f\\x7f]'",
    )


def word(name: str) -> sa.CheckConstraint:
    short = f"length({name}) BETWEEN 1 AND 64"
    return check(
        f"{name}_is_a_lower_case_id",
        f"{short} AND {name} GLOB '[a-z0-9]*' AND {name} NOT GLOB '*[^a-z0-9._-]*'",
        f"{short} AND {name} ~ '^[a-z0-9][a-z0-9._-]*$'",
    )


def date(name: str) -> sa.CheckConstraint:
    return check(
        f"{name}_is_a_date",
        f"{name} IS NULL OR (date(substr({name} || '-01', 1, 10)) IS NOT NULL AND "
        f"({name} GLOB '[0-9][0-9][0-9][0-9]-[0-1][0-9]' "
        f"OR {name} GLOB '[0-9][0-9][0-9][0-9]-[0-1][0-9]-[0-3][0-9]'))",
        f"{name} IS NULL OR modeldex_is_date({name})",
    )


def flag(name: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(f"{name} IN (0, 1)", name=f"{name}_is_0_or_1")


def text(name: str, *checks: sa.CheckConstraint, **options: object) -> sa.Column:
    return sa.Column(name, TEXT, *checks, **options)


def shipped() -> sa.Column:
    return sa.Column(
        "shipped", WHOLE, flag("shipped"), server_default=sa.text("0"), nullable=False,
        comment="1: came with modeldex, which replaces it",
    )  # fmt: skip


def create(name: str, comment: str, *columns: sa.Column) -> None:
    op.create_table(
        name, *columns, comment=comment, info={"modeldex": True}, sqlite_strict=True,
        sqlite_with_rowid=False,
    )  # fmt: skip


def drop_indexes() -> None:
    """Drop those whose condition differs; they are made again from the code."""
    for name in INDEXES:
        op.execute(f"DROP INDEX IF EXISTS {name}")


def upgrade() -> None:
    drop_indexes()
    create(
        "notices",
        "what makers and hosts announce of their models; add yours",
        text("provider", word("provider"), primary_key=True),
        text("name", printable("name"), primary_key=True, comment="as the page has it"),
        text("stated_by", printable("stated_by"), primary_key=True, server_default="user"),
        text("deprecated_at", date("deprecated_at")),
        text("retires_at", date("retires_at")),
        text("replacement", printable("replacement")),
        text("source_url", printable("source_url", 500), comment="the page"),
        text(
            "read_at", date("read_at"),
            comment="when it was read; of two that differ the later one counts",
        ),
        text(
            "presumed_gone", date("presumed_gone"),
            comment="day of a list that no longer had it; nobody announced an end",
        ),
        shipped(),
    )  # fmt: skip
    create(
        "coverage",
        "which data set lists all offers of a provider and mode; add yours",
        text("source", printable("source", 64), primary_key=True),
        text("provider", word("provider"), primary_key=True),
        text(
            "mode",
            sa.CheckConstraint(f"mode IN ({MODES})", name=MODE_CHECK),
            comment="NULL: any",
        ),
        sa.Column(
            "tools_only", WHOLE, flag("tools_only"), server_default=sa.text("0"), nullable=False,
            comment="1: only those that call tools",
        ),
        shipped(),
    )  # fmt: skip
    for table in (OPINIONS, *COPIES):
        if table != "replaced" or is_sqlite():
            comment = PRESUMED if table in (OPINIONS, "catalog") else None
            checks = [date("presumed_gone")] if table == OPINIONS else []
            op.add_column(table, text("presumed_gone", *checks, comment=comment))
    op.add_column(
        OPINIONS, text("source_url", printable("source_url", 500), comment="page that says it")
    )
    for name, precedence in RESOLVERS.items():
        new = f"WHERE NOT EXISTS (SELECT 1 FROM resolvers WHERE name = '{name}')"
        op.execute(
            "INSERT INTO resolver_history (name, at, precedence) "
            f"SELECT '{name}', '1970-01-01T00\\:00\\:00.000Z', {precedence} {new}"
        )
        op.execute(f"INSERT INTO resolvers (name, precedence) SELECT '{name}', {precedence} {new}")
    number(NUMBER)


def drop_views() -> None:
    """Drop views and triggers, which read the columns; an older program makes its own."""
    if op.get_context().as_sql:
        return
    sql = (
        "SELECT type, name, '' FROM sqlite_master WHERE type IN ('view', 'trigger')"
        if is_sqlite()
        else "SELECT 'view', viewname, ' CASCADE' FROM pg_views "
        "WHERE schemaname = current_schema() "
        "UNION ALL SELECT 'trigger', t.tgname, ' ON ' || c.relname FROM pg_trigger t "
        "JOIN pg_class c ON c.oid = t.tgrelid WHERE NOT t.tgisinternal "
        "AND c.relnamespace = current_schema()::regnamespace"
    )
    for kind, name, more in op.get_bind().exec_driver_sql(sql).fetchall():
        op.execute(f'DROP {kind} IF EXISTS "{name}"{more}')


def downgrade() -> None:
    drop_views()
    drop_indexes()
    op.drop_column(OPINIONS, "source_url")
    for table in (*COPIES, OPINIONS):
        if table != "replaced" or is_sqlite():
            op.drop_column(table, "presumed_gone")
    op.drop_table("coverage")
    op.drop_table("notices")
    number(NUMBER - 1)
