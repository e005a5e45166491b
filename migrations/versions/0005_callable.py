"""What can be called and how much it takes: listings of keys and addresses, and caps on prompts.

The window that ranks an offer is never larger than its cap on the prompt. SQLite has no ALTER TABLE
for the expression of a stored column. It is replaced in the text of the tables, which is what
SQLite's documentation advises for changes of a table's text alone, and an UPDATE of every row
computes it.

Frozen text only, never an import of modeldex. Views, triggers and indexes are made from the code
of the head; those of users are dropped before and made again by `modeldex.storage`.
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
COPIES = ("catalog", "catalog_before", "catalog_history")
"""The tables of effective rows."""

OLD_INDEXES = ("catalog_that_is_live", "catalog_that_is_live_shown")
NEW_INDEXES = ("catalog_that_is_own", "catalog_that_is_own_shown")
PROBLEMS = "'key', 'unreachable', 'timeout', 'refused', 'answer', 'shrunk', 'error'"
HOWS = "'listed', 'partial', 'presumed', 'account', 'refused', 'unread'"
OWN = "1: a live source that no key decides sees it now: a file or plug-in"
WINDOW = "coalesce(served_context, max_context, max_input_tokens)"
USABLE = f"CASE WHEN max_input_tokens < {WINDOW} THEN max_input_tokens ELSE {WINDOW} END"
NEW = {"usable_context": USABLE, "rank_context": f"-coalesce({USABLE}, 0)"}
OLD = {
    "usable_context": WINDOW,
    "rank_context": "-coalesce(served_context, max_context, max_input_tokens, 0)",
}
TABLES = ("catalog", "catalog_history")
"""Those with the columns that rank."""

GENERATED = {
    "usable_context": ("BIGINT", ""),
    "blended_cost": ("DOUBLE PRECISION", "(3 * input_cost_per_1m + output_cost_per_1m) / 4"),
    "rank_tier": (
        "BIGINT",
        (
            "CASE quality_tier WHEN 'best' THEN 0 WHEN 'balanced' THEN 1 "
            "WHEN 'cheap' THEN 2 ELSE 3 END"
        ),
    ),
    "rank_cost": (
        "DOUBLE PRECISION",
        "coalesce((3 * input_cost_per_1m + output_cost_per_1m) / 4, 9e99)",
    ),
    "rank_context": ("BIGINT", ""),
    "rank_release": ('TEXT COLLATE "C"', "coalesce(release_date, '')"),
}
"""On PostgreSQL: the columns that rank, in their order, with type and expression."""

C = 'TEXT COLLATE "C"'
OF_IDENTITY = (
    ("base", C, "maker/name: trained model that it offers; see table bases"),
    ("snapshot", C, "date or digits: dated release of the base as named"),
    ("variant", C, "words: precision or effort or adapter it is offered with"),
    ("target", C, "provider/name: offer that it stands for and has the facts of"),
    ("suspicious", "BIGINT", "0 or 1: its facts are not plausible; see view suspicious_offers"),
)
AFTER = {
    "catalog": (("valid_from", f"{C} NOT NULL", "since when this row holds"), *OF_IDENTITY),
    "catalog_history": OF_IDENTITY,
}
"""On PostgreSQL: the columns after those that rank, with type and comment."""

KEYED = "1: callable where the key and address of its listing are configured"
ORIGIN = "file or environment that it is configured in if that may go"


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


def time(name: str) -> sa.CheckConstraint:
    form = "[0-9][0-9][0-9][0-9]-[0-1][0-9]-[0-3][0-9]T[0-2][0-9]\\:[0-5][0-9]\\:[0-5][0-9]*Z"
    return check(
        f"{name}_is_an_iso_8601_utc_time",
        f"{name} IS NULL OR ({name} GLOB '{form}' AND datetime({name}) IS NOT NULL)",
        f"{name} IS NULL OR modeldex_is_time({name})",
    )


def flag(name: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(f"{name} IN (0, 1)", name=f"{name}_is_0_or_1")


def since(name: str, comment: str | None = None) -> sa.Column:
    now = "(strftime('%Y-%m-%dT%H\\:%M\\:%fZ', 'now'))" if is_sqlite() else "modeldex_now()"
    return sa.Column(
        name, TEXT, time(name), nullable=False, server_default=sa.text(now), comment=comment
    )


def create(name: str, comment: str, *columns: sa.Column, rowid: bool) -> None:
    op.create_table(
        name, *columns, comment=comment, info={"modeldex": True}, sqlite_strict=True,
        sqlite_with_rowid=rowid,
    )  # fmt: skip


def create_listings() -> None:
    create(
        "listings",
        "what was asked of a provider's API: its address, with which key, and how it went",
        sa.Column("id", WHOLE, sa.Identity(), primary_key=True),
        sa.Column("provider", TEXT, word("provider"), nullable=False),
        sa.Column(
            "address", TEXT, printable("address", 1000), nullable=False,
            comment="root of the API, without secrets",
        ),
        sa.Column(
            "variable", TEXT, printable("variable"),
            comment="that held the key; NULL: asked without one",
        ),
        sa.Column(
            "fingerprint", WHOLE,
            sa.CheckConstraint(
                "fingerprint BETWEEN 0 AND 65535", name="fingerprint_is_between_0_and_65535"
            ),
            comment="16 bits of a salted hash of the key: tells a few keys apart, finds none",
        ),
        sa.Column(
            "complete", WHOLE, flag("complete"), nullable=False, server_default=sa.text("1"),
            comment="0: lists only a part of what can be called",
        ),
        sa.Column("since", TEXT, time("since"), comment="when it was read first"),
        sa.Column(
            "read_at", TEXT, time("read_at"), comment="when it was read last; NULL: never"
        ),
        since("asked_at", "when it was asked last, whatever came of it"),
        sa.Column(
            "problem", TEXT,
            sa.CheckConstraint(
                f"problem IN ({PROBLEMS})", name="problem_is_one_of_those_in_the_docs"
            ),
            comment="kind of the failure of the last request; key: refused; NULL: none",
        ),
        sa.Column("error", TEXT, comment="why the last request failed, without secrets"),
        rowid=True,
    )  # fmt: skip


def listing_id(*, key: bool) -> sa.Column:
    return sa.Column(
        "listing_id", WHOLE, sa.ForeignKey("listings.id", ondelete="CASCADE"), primary_key=key,
        autoincrement=False, nullable=not key,
    )  # fmt: skip


def upgrade() -> None:
    drop_views()
    for name in OLD_INDEXES:
        op.execute(f"DROP INDEX IF EXISTS {name}")
    create_listings()
    create(
        "listed",
        "which offers a listing has, and until when it had those that it has no more",
        listing_id(key=True),
        sa.Column(
            "model_id", WHOLE, sa.ForeignKey("models.id", ondelete="CASCADE"), primary_key=True,
            autoincrement=False, nullable=False,
        ),
        since("since"),
        sa.Column("until", TEXT, time("until")),
        rowid=False,
    )  # fmt: skip
    create(
        "configured",
        "what the environment of the last refresh can call; view best_offers reads it",
        sa.Column("provider", TEXT, word("provider"), primary_key=True),
        sa.Column(
            "how", TEXT,
            sa.CheckConstraint(f"how IN ({HOWS})", name="how_is_one_of_those_in_the_docs"),
            nullable=False,
            comment="listed, partial, presumed, account: callable; refused, unread: not",
        ),
        listing_id(key=False),
        sa.Column(
            "elsewhere", TEXT,
            comment="first words of names of offers that its region cannot call",
        ),
        since("at"),
        rowid=False,
    )  # fmt: skip
    op.add_column(
        "sources",
        sa.Column(
            "keyed", WHOLE, flag("keyed"), nullable=False, server_default=sa.text("0"),
            comment=KEYED,
        ),
    )  # fmt: skip
    op.add_column("sources", sa.Column("origin", TEXT, comment=ORIGIN))
    change(OLD, NEW)
    for table in COPIES:
        op.add_column(
            table,
            sa.Column("own", WHOLE, nullable=False, server_default=sa.text("0"), comment=OWN),
        )
        op.execute(f"UPDATE {table} SET own = live WHERE live = 1")
    number(5)


def rewrite(old: dict[str, str], new: dict[str, str]) -> None:
    """Replace the expressions in the text of both tables, on SQLite, and compute them anew."""
    op.execute("PRAGMA writable_schema = ON")
    for name, sql in new.items():
        op.execute(
            f"UPDATE sqlite_master SET sql = replace(sql, 'AS ({old[name]}) STORED', "
            f"'AS ({sql}) STORED') WHERE type = 'table' AND name IN {TABLES}"
        )
    op.execute("PRAGMA writable_schema = RESET")
    for table in TABLES:
        op.execute(f"UPDATE {table} SET max_input_tokens = max_input_tokens")


def make_anew(new: dict[str, str]) -> None:
    """Make the columns with these expressions, on PostgreSQL, and all after them in their order."""
    for table in TABLES:
        for name, (type_, sql) in GENERATED.items():
            needed = " NOT NULL" if name.startswith("rank_") else ""
            op.execute(f"ALTER TABLE {table} DROP COLUMN {name}")
            op.execute(
                f"ALTER TABLE {table} ADD COLUMN {name} {type_} "
                f"GENERATED ALWAYS AS ({new.get(name, sql)}) STORED{needed}"
            )
        op.execute(f"COMMENT ON COLUMN {table}.blended_cost IS 'USD per 1M'")
        for name, type_, comment in AFTER[table]:
            move_to_the_end(table, name, type_, comment)


def move_to_the_end(table: str, name: str, type_: str, comment: str | None) -> None:
    moved = f"moved_{name}"
    plain = type_.removesuffix(" NOT NULL")
    op.execute(f"ALTER TABLE {table} ADD COLUMN {moved} {plain}")
    op.execute(f"UPDATE {table} SET {moved} = {name}")
    op.execute(f"ALTER TABLE {table} DROP COLUMN {name}")
    op.execute(f"ALTER TABLE {table} RENAME COLUMN {moved} TO {name}")
    if plain != type_:
        op.execute(f"ALTER TABLE {table} ALTER COLUMN {name} SET NOT NULL")
    if comment is not None and table == "catalog":
        op.execute(f"COMMENT ON COLUMN {table}.{name} IS '{comment}'")


def change(old: dict[str, str], new: dict[str, str]) -> None:
    """Change the expressions of the columns that rank."""
    if is_sqlite():
        rewrite(old, new)
    else:
        make_anew(new)


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
    for name in NEW_INDEXES:
        op.execute(f"DROP INDEX IF EXISTS {name}")
    for table in reversed(COPIES):
        op.drop_column(table, "own")
    change(NEW, OLD)
    op.drop_column("sources", "origin")
    op.drop_column("sources", "keyed")
    op.drop_table("configured")
    op.drop_table("listed")
    op.drop_table("listings")
    number(4)
