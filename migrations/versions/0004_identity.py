"""Which model an offer is of: its base, the kind of its provider, and what it stands for.

Frozen text only, never an import of modeldex. Views, triggers and indexes are made from the code
of the head; those of users are dropped before and made again by `modeldex.storage`.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
CLASSES = "'lab', 'cloud', 'host', 'gateway', 'reseller', 'local', 'plan', 'unclassed'"
OPINIONS = "capabilities"
COPIES = (
    "capability_history", "catalog", "catalog_before", "catalog_history", "replaced",
)  # fmt: skip
"""Tables with the same columns, without CHECKs; `replaced` is one of SQLite's."""

INDEXES = (
    "catalog_by_base", "catalog_shown", "catalog_shown_by_provider", "catalog_that_is_live_shown",
    "catalog_history_shown",
)  # fmt: skip
RESOLVERS = {"base": 110, "target": 120, "plausibility": 130}
"""Those that are new, by precedence."""

FIELDS = {
    "base": "maker/name: trained model that it offers; see table bases",
    "snapshot": "date or digits: dated release of the base as named",
    "variant": "words: precision or effort or adapter it is offered with",
    "target": "provider/name: offer that it stands for and has the facts of",
    "suspicious": "0 or 1: its facts are not plausible; see view suspicious_offers",
}


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


def printable(name: str) -> sa.CheckConstraint:
    short = f"length({name}) BETWEEN 1 AND 200 AND {name} = trim({name})"
    control = "'*[' || char(1) || '-' || char(31) || char(127) || ']*'"
    return check(
        f"{name}_is_1_to_200_printable_characters",
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


def column(name: str, *, checked: bool, comment: str | None) -> sa.Column:
    of_flag = name == "suspicious"
    checks = [flag(name) if of_flag else printable(name)] if checked else []
    return sa.Column(name, WHOLE if of_flag else TEXT, *checks, comment=comment)


def drop_indexes() -> None:
    """Drop those whose definition depends on the new columns; they are made again from the code."""
    for name in INDEXES:
        op.execute(f"DROP INDEX IF EXISTS {name}")


def upgrade() -> None:
    drop_indexes()
    create(
        "provider_classes",
        "what kind of business a provider is; no row means: nobody has said",
        text("provider", word("provider"), primary_key=True),
        text(
            "class",
            sa.CheckConstraint(f"class IN ({CLASSES})", name="class_is_one_of_those_in_the_docs"),
            nullable=False,
            comment="lab, cloud, host, gateway, reseller, local, plan or unclassed",
        ),
        text("maker", word("maker"), comment="of base models: whose lab it is"),
        shipped(),
    )
    create(
        "bases",
        "reviewed base models: what was trained, whoever offers it; add yours",
        text("id", printable("id"), primary_key=True, comment="maker/name"),
        text("maker", word("maker"), nullable=False),
        text("line", printable("line"), comment="such as claude-sonnet"),
        text("version", printable("version")),
        text("display_name", printable("display_name")),
        text("released", date("released")),
        text("cutoff", date("cutoff")),
        text("licence", printable("licence")),
        sa.Column("open_weights", WHOLE, flag("open_weights")),
        text("hugging_face", printable("hugging_face"), comment="id at Hugging Face"),
        text("parent", printable("parent"), comment="base that it was tuned or distilled from"),
        shipped(),
    )
    for table in (OPINIONS, *COPIES):
        if table != "replaced" or is_sqlite():
            explained = table in (OPINIONS, "catalog")
            for name, meaning in FIELDS.items():
                comment = meaning if explained else None
                op.add_column(table, column(name, checked=table == OPINIONS, comment=comment))
    for name, precedence in RESOLVERS.items():
        new = f"WHERE NOT EXISTS (SELECT 1 FROM resolvers WHERE name = '{name}')"
        op.execute(
            "INSERT INTO resolver_history (name, at, precedence) "
            f"SELECT '{name}', '1970-01-01T00\\:00\\:00.000Z', {precedence} {new}"
        )
        op.execute(f"INSERT INTO resolvers (name, precedence) SELECT '{name}', {precedence} {new}")
    number(4)


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
    for table in (*COPIES, OPINIONS):
        if table != "replaced" or is_sqlite():
            for name in reversed(FIELDS):
                op.drop_column(table, name)
    op.drop_table("bases")
    op.drop_table("provider_classes")
    number(3)
