"""The window that ranks an offer is never larger than its cap on the prompt.

SQLite has no ALTER TABLE for the expression of a stored column. It is replaced in the text of the
tables, which is what SQLite's documentation advises for changes of a table's text alone, and an
UPDATE of every row computes it. Frozen text only, never an import of modeldex. Views and triggers
are made from the code of the head; those of users are dropped before and made again by
`modeldex.storage`.
"""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

WINDOW = "coalesce(served_context, max_context, max_input_tokens)"
USABLE = f"CASE WHEN max_input_tokens < {WINDOW} THEN max_input_tokens ELSE {WINDOW} END"
NEW = {"usable_context": USABLE, "rank_context": f"-coalesce({USABLE}, 0)"}
OLD = {
    "usable_context": WINDOW,
    "rank_context": "-coalesce(served_context, max_context, max_input_tokens, 0)",
}
TABLES = ("catalog", "catalog_history")


def is_sqlite() -> bool:
    return op.get_context().dialect.name == "sqlite"


def number(schema: int) -> None:
    """Enter the schema number, which every revision counts up."""
    if is_sqlite():
        op.execute(f"PRAGMA user_version = {schema}")
    else:
        op.execute(f"UPDATE about SET value = '{schema}' WHERE key = 'schema'")


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
    """Make the columns with these expressions, on PostgreSQL, where they come last then."""
    for table in TABLES:
        for name, sql in new.items():
            needed = " NOT NULL" if name.startswith("rank_") else ""
            op.execute(f"ALTER TABLE {table} DROP COLUMN {name}")
            op.execute(
                f"ALTER TABLE {table} ADD COLUMN {name} BIGINT GENERATED ALWAYS AS ({sql}) "
                f"STORED{needed}"
            )


def drop_derived() -> None:
    """Drop views and triggers, which read the columns; the program makes its own at its opening."""
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


def change(old: dict[str, str], new: dict[str, str]) -> None:
    drop_derived()
    if is_sqlite():
        rewrite(old, new)
    else:
        make_anew(new)


def upgrade() -> None:
    change(OLD, NEW)
    number(5)


def downgrade() -> None:
    change(NEW, OLD)
    number(4)
