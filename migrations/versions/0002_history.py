"""History of names and precedences, prices beside the default ones, richer measurements.

Tables whose columns change are made anew and filled from the old ones; every index, view and
trigger is dropped and created again. The copy is derived anew.
"""

import re
from pathlib import Path

from alembic import op
from sqlalchemy import Connection

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

SEPARATOR = "\n;;\n"
REBUILT = ("capabilities", "capability_history", "measurements", "run_steps", "replaced")
DERIVED = "catalog"
ADDED = ("acknowledged", "quality_suites", "model_history", "resolver_history")
OTHERS = ("CREATE INDEX", "CREATE UNIQUE INDEX", "CREATE VIEW", "CREATE TRIGGER")
DECLARED = re.compile(r"CREATE (?:UNIQUE )?(?:INDEX|VIEW|TRIGGER) (\w+)")
NOW = "strftime('%Y-%m-%dT%H:%M:%fZ', 'now')"

FILL = (
    "INSERT INTO about (key, value) VALUES ('catalog_id', lower(hex(randomblob(16))))",
    (
        "INSERT INTO about (key, value) SELECT 'born_at', min(at) FROM ("
        "SELECT min(first_seen) AS at FROM models UNION ALL SELECT min(started_at) FROM runs "
        f"UNION ALL SELECT {NOW})"
    ),
    "UPDATE about SET value = '0.2.0' WHERE key = 'needs_modeldex'",
    (
        "INSERT INTO model_history "
        "(model_id, at, provider, name, family, display_name, retired_at, live) "
        "SELECT c.model_id, m.first_seen, c.provider, c.name, c.family, c.display_name, "
        "c.retired_at, c.live FROM catalog c JOIN models m ON m.id = c.model_id"
    ),
    (
        "INSERT INTO resolver_history (name, at, precedence) "
        "SELECT name, '1970-01-01T00:00:00.000Z', precedence FROM resolvers"
    ),
)


def statements(name: str) -> list[str]:
    """The frozen statements, in order, from a text file beside this one."""
    text = Path(__file__).with_name(name).read_text(encoding="utf-8")
    return [statement.strip() for statement in text.split(SEPARATOR) if statement.strip()]


def columns(connection: Connection, table: str) -> list[str]:
    """The columns that can be written."""
    rows = connection.exec_driver_sql(f"PRAGMA table_xinfo({table})").fetchall()
    return [row[1] for row in rows if row[6] == 0]


def drop_all(connection: Connection, kind: str) -> None:
    rows = connection.exec_driver_sql(
        "SELECT name FROM sqlite_master WHERE type = ? AND name NOT LIKE 'sqlite_%' "
        "AND sql IS NOT NULL",
        (kind,),
    ).fetchall()
    for (name,) in rows:
        connection.exec_driver_sql(f'DROP {kind} "{name}"')


def users_own(connection: Connection) -> list[tuple[str, str]]:
    """Indexes, views and triggers that no schema declares, each with the table it is on."""
    texts = (*statements("0001_catalog.sql"), *statements("0002_history.sql"))
    declared = {found[1] for text in texts if (found := DECLARED.match(text))}
    rows = connection.exec_driver_sql(
        "SELECT name, tbl_name, sql FROM sqlite_master WHERE type <> 'table' AND sql IS NOT NULL "
        "ORDER BY rowid"
    ).fetchall()
    return [(table, sql) for name, table, sql in rows if name not in declared]


def restore(connection: Connection, own: list[tuple[str, str]]) -> None:
    """Give users back what they had added, where there still is what it is about."""
    for table, sql in own:
        known = connection.exec_driver_sql(f'PRAGMA table_info("{table}")').fetchall()
        if known or sql.upper().startswith("CREATE VIEW"):
            connection.exec_driver_sql(sql)


def rebuild(connection: Connection, create: list[str]) -> None:
    """Give the tables their new form, keep the rows, derive the copy."""
    for kind in ("trigger", "view", "index"):
        drop_all(connection, kind)
    for table in REBUILT:
        connection.exec_driver_sql(f"ALTER TABLE {table} RENAME TO old_{table}")
    connection.exec_driver_sql(f"DROP TABLE {DERIVED}")
    triggers = [statement for statement in create if statement.startswith("CREATE TRIGGER")]
    for statement in create:
        if statement not in triggers:
            connection.exec_driver_sql(statement)
    for table in REBUILT:
        kept = [c for c in columns(connection, f"old_{table}") if c in columns(connection, table)]
        names = ", ".join(kept)
        connection.exec_driver_sql(f"INSERT INTO {table} ({names}) SELECT {names} FROM old_{table}")
        connection.exec_driver_sql(f"DROP TABLE old_{table}")
    names = ", ".join(columns(connection, DERIVED))
    connection.exec_driver_sql(f"INSERT INTO {DERIVED} ({names}) SELECT {names} FROM catalog_rows")
    for statement in triggers:
        connection.exec_driver_sql(statement)


def remove(connection: Connection) -> None:
    """Everything of the catalog in a PostgreSQL database."""
    for kind, name in connection.exec_driver_sql(
        "SELECT CASE table_type WHEN 'VIEW' THEN 'VIEW' ELSE 'TABLE' END, table_name "
        "FROM information_schema.tables WHERE table_schema = current_schema() "
        "AND table_name <> 'alembic_version' ORDER BY 1 DESC"
    ).fetchall():
        connection.exec_driver_sql(f"DROP {kind} IF EXISTS {name} CASCADE")
    for (name,) in connection.exec_driver_sql(
        "SELECT oid::regprocedure FROM pg_proc WHERE pronamespace = current_schema()::regnamespace"
    ).fetchall():
        connection.exec_driver_sql(f"DROP FUNCTION {name}")


def upgrade() -> None:
    connection = op.get_bind()
    if connection.dialect.name == "postgresql":
        for statement in statements("0002_postgresql.sql"):
            connection.exec_driver_sql(statement.replace("%", "%%"))
        return
    own = users_own(connection)
    rebuild(connection, statements("0002_history.sql"))
    for statement in FILL:
        connection.exec_driver_sql(statement)
    restore(connection, own)
    connection.exec_driver_sql("PRAGMA user_version = 2")


def downgrade() -> None:
    """What only this revision can hold is lost: samples without a figure of old among it."""
    connection = op.get_bind()
    if connection.dialect.name == "postgresql":
        remove(connection)
        return
    own = users_own(connection)
    drop_all(connection, "trigger")
    connection.exec_driver_sql(
        "DELETE FROM measurements WHERE coalesce(tokens_per_second, ttft_ms, input_cost_per_1m, "
        "output_cost_per_1m) IS NULL"
    )
    drop_all(connection, "view")
    for table in ADDED:
        connection.exec_driver_sql(f"DROP TABLE {table}")
    before = statements("0001_catalog.sql")
    tables = tuple(f"CREATE TABLE {table} " for table in (*REBUILT, DERIVED))
    rebuild(
        connection,
        [statement for statement in before if statement.startswith((*tables, *OTHERS))],
    )
    restore(connection, own)
    connection.exec_driver_sql("DELETE FROM about WHERE key IN ('catalog_id', 'born_at')")
    connection.exec_driver_sql("UPDATE about SET value = '0.1.0' WHERE key = 'needs_modeldex'")
    connection.exec_driver_sql("PRAGMA user_version = 1")
