"""Makes views, triggers, functions and missing indexes of a PostgreSQL catalog from the code."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from modeldex.storage.postgres.connection import LONGEST_NAME
from modeldex.storage.postgres.dialect import POSTGRES
from modeldex.storage.postgres.triggers import TRIGGERS
from modeldex.storage.postgres.views import FUNCTIONS, VIEW_DDL
from modeldex.storage.schema.columns import quoted
from modeldex.storage.schema.fold import PLACES, fold_all
from modeldex.storage.schema.shipped_rows import shipped_rows
from modeldex.storage.schema.version import marked

if TYPE_CHECKING:
    from sqlalchemy import Connection, Dialect
    from sqlalchemy.schema import ExecutableDDLElement

DERIVED_OBJECTS: dict[str, str] = {**FUNCTIONS, **VIEW_DDL, **TRIGGERS}
"""DDL by name, in the order in which it is run."""

_TRIGGERS = (
    "SELECT t.tgname, c.relname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid "
    "JOIN pg_proc p ON p.oid = t.tgfoid WHERE NOT t.tgisinternal "
    "AND c.relnamespace = current_schema()::regnamespace AND p.proname LIKE 'modeldex\\_%'"
)
_FUNCTIONS = (
    "SELECT p.oid::regprocedure FROM pg_proc p WHERE p.proname LIKE 'modeldex\\_%' "
    "AND p.pronamespace = current_schema()::regnamespace "
    f"AND p.proname NOT IN ({quoted(FUNCTIONS)})"
)
_VIEWS = (
    "SELECT c.relname, pg_get_viewdef(c.oid) FROM pg_class c WHERE c.relkind = 'v' "
    "AND c.relnamespace = current_schema()::regnamespace ORDER BY c.oid"
)


def statements() -> Iterator[str]:
    """What makes functions, missing indexes, comments, views, triggers, and merges every model."""
    from sqlalchemy.dialects import postgresql
    from sqlalchemy.schema import CreateIndex, SetColumnComment, SetTableComment

    from modeldex.storage.schema.server_tables import SERVER

    dialect: Dialect = postgresql.dialect(  # type: ignore[no-untyped-call]
        max_identifier_length=LONGEST_NAME
    )
    for table in SERVER.tables.values():
        commented = [column for column in table.columns if column.comment]
        items: list[ExecutableDDLElement] = [
            *(CreateIndex(one, if_not_exists=True) for one in sorted(table.indexes, key=_name)),
            SetTableComment(table), *map(SetColumnComment, commented),
        ]  # fmt: skip
        for item in items:
            yield str(item.compile(dialect=dialect)).replace("%%", "%")
    yield from FUNCTIONS.values()
    yield from VIEW_DDL.values()
    yield PLACES
    yield from fold_all(POSTGRES)
    yield from TRIGGERS.values()
    yield from shipped_rows()
    yield from marked()


def _name(index: Any) -> str:
    return str(index.name)


def derive(connection: "Connection", own: Iterable[tuple[str, str]] = ()) -> None:
    """Make indexes, views and triggers anew, merge every model, give users back their views.

    To be called in an open transaction, on the tables of this program's schema; `own` is what
    `drop` returned.
    """
    for sql in (*statements(), *(f'CREATE VIEW "{name}" AS {text}' for name, text in own)):
        connection.exec_driver_sql(sql.replace("%", "%%"))


def drop(connection: "Connection") -> list[tuple[str, str]]:
    """Drop triggers, functions and all views; returns name and definition of a user's own views."""
    rows = [tuple(row) for row in connection.exec_driver_sql(_VIEWS.replace("%", "%%"))]
    for name, table in connection.exec_driver_sql(_TRIGGERS.replace("%", "%%")).fetchall():
        connection.exec_driver_sql(f'DROP TRIGGER "{name}" ON "{table}"')
    for (name,) in connection.exec_driver_sql(_FUNCTIONS.replace("%", "%%")).fetchall():
        connection.exec_driver_sql(f"DROP FUNCTION {name}")
    for name, _ in rows:
        connection.exec_driver_sql(f'DROP VIEW IF EXISTS "{name}" CASCADE')
    return [(name, text) for name, text in rows if name not in VIEW_DDL]


def restore(connection: "Connection", name: str, text: str) -> None:
    """Make a user's own view again; of one that no longer works the text is kept in `about`."""
    from sqlalchemy.exc import DBAPIError

    try:
        with connection.begin_nested():
            connection.exec_driver_sql(f'CREATE VIEW "{name}" AS {text}'.replace("%", "%%"))
    except DBAPIError:
        connection.exec_driver_sql(
            "INSERT INTO about (key, value) VALUES (%s, %s)", (f"set aside: view {name}", text)
        )
