"""How the parts of a table that the two engines write differently are written in DDL.

A CHECK of a text differs between SQLite and PostgreSQL, as does the present time; what is said
about a table or a column stands inside SQLite's DDL, where `.schema` shows it.
"""

from typing import Any

from sqlalchemy import BigInteger, Double, Integer, Text, types
from sqlalchemy import text as sql
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.schema import CheckConstraint, CreateColumn, CreateTable
from sqlalchemy.sql.expression import ColumnElement

from modeldex.storage.schema.columns import NOW, quoted
from modeldex.vocabulary.fields import Field
from modeldex.vocabulary.text import MAX_TEXT

WHOLE: types.TypeEngine[Any] = BigInteger().with_variant(Integer, "sqlite")
REAL: types.TypeEngine[Any] = Double().with_variant(types.REAL(), "sqlite")
TEXT: types.TypeEngine[Any] = Text().with_variant(Text(collation="C"), "postgresql")
TYPES = {"INTEGER": WHOLE, "REAL": REAL, "TEXT": TEXT}
"""Column types by the name that SQLite has for them."""

MINE = "modeldex"
"""Key in `Table.info`: only tables that have it get comments in their DDL."""


class ByDialect(ColumnElement[Any]):
    """An SQL expression with a text of its own for each engine."""

    inherit_cache = False

    def __init__(self, sqlite: str, postgresql: str) -> None:
        self.texts = {"sqlite": sqlite, "postgresql": postgresql}


@compiles(ByDialect)
def _by_dialect(element: ByDialect, compiler: Any, **options: Any) -> str:
    # As a text of SQLAlchemy's own, so that the driver's "%" is doubled where it must be.
    written = sql(element.texts[compiler.dialect.name].replace(":", r"\:"))
    return str(compiler.process(written, **options))


def present() -> ByDialect:
    """The present time in ISO 8601, UTC, as the default of a column."""
    return ByDialect(f"({NOW})", "modeldex_now()")


def check(name: str, sqlite: str, postgresql: str | None = None) -> CheckConstraint:
    """A named CHECK; its name is the error message."""
    given = sqlite if postgresql is None else ByDialect(sqlite, postgresql)
    return CheckConstraint(given, name=name)


_TIME = "[0-9][0-9][0-9][0-9]-[0-1][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-5][0-9]*Z"


def utc_time(column: str) -> CheckConstraint:
    """The CHECK of a column that holds a time in ISO 8601, UTC, ending in Z; or NULL."""
    return check(
        f"{column}_is_an_iso_8601_utc_time",
        f"{column} IS NULL OR ({column} GLOB '{_TIME}' AND datetime({column}) IS NOT NULL)",
        f"{column} IS NULL OR modeldex_is_time({column})",
    )


def text(column: str, limit: int = MAX_TEXT) -> CheckConstraint:
    """The CHECK of a short printable text without surrounding blanks."""
    short = f"length({column}) BETWEEN 1 AND {limit} AND {column} = trim({column})"
    control = "'*[' || char(1) || '-' || char(31) || char(127) || ']*'"
    return check(
        f"{column}_is_1_to_{limit}_printable_characters",
        f"{short} AND instr({column}, char(0)) = 0 AND {column} NOT GLOB {control}",
        f"{short} AND {column} !~ '[\\x01-\\x1f\\x7f]'",
    )


def word(column: str) -> CheckConstraint:
    """The CHECK of a lower-case id, such as that of a provider."""
    short = f"length({column}) BETWEEN 1 AND 64"
    return check(
        f"{column}_is_a_lower_case_id",
        f"{short} AND {column} GLOB '[a-z0-9]*' AND {column} NOT GLOB '*[^a-z0-9._-]*'",
        f"{short} AND {column} ~ '^[a-z0-9][a-z0-9._-]*$'",
    )


def above_0(table: str) -> CheckConstraint:
    """The CHECK of a table's id.

    In a BEFORE INSERT trigger of SQLite NEW.id is -1 if the statement omits the id: no row may
    have -1.
    """
    return check(f"{table}_id_is_above_0", "id > 0")


def one_of(column: str, words: tuple[str, ...], name: str = "") -> CheckConstraint:
    """The CHECK of a column that holds one of some words."""
    return check(name or f"{column}_is_{'_or_'.join(words)}", f"{column} IN ({quoted(words)})")


def between(column: str, low: float, high: float, unit: str = "") -> CheckConstraint:
    """The CHECK of a number with bounds, which are allowed; `unit` ends the message."""
    return check(
        f"{column}_is_between_{low:.0f}_and_{high:.0f}{unit}",
        f"{column} BETWEEN {low:.0f} AND {high:.0f}",
    )


def _date(field: Field) -> CheckConstraint:
    name = field.name
    return check(
        f"{name}_is_a_date",
        f"{name} IS NULL OR (date(substr({name} || '-01', 1, 10)) IS NOT NULL AND "
        f"({name} GLOB '[0-9][0-9][0-9][0-9]-[0-1][0-9]' "
        f"OR {name} GLOB '[0-9][0-9][0-9][0-9]-[0-1][0-9]-[0-3][0-9]'))",
        f"{name} IS NULL OR modeldex_is_date({name})",
    )


def _set(field: Field) -> CheckConstraint:
    name = field.name
    return check(
        f"{name}_is_words_separated_by_commas",
        f"{name} NOT GLOB '*[^!-~]*' AND ',' || {name} || ',' NOT GLOB '*,,*'",
        f"{name} !~ '[^!-~]' AND ',' || {name} || ',' NOT LIKE '%,,%'",
    )


_CHECKS = {
    "text": lambda field: text(field.name),
    "flag": lambda field: check(f"{field.name}_is_0_or_1", f"{field.name} IN (0, 1)"),
    "count": lambda field: between(field.name, field.low, field.high),
    "price": lambda field: between(field.name, field.low, field.high, "_usd"),
    "rate": lambda field: between(field.name, field.low, field.high),
    "choice": lambda field: one_of(field.name, field.choices),
    "date": _date,
    "set": _set,
}


def field_check(field: Field) -> CheckConstraint:
    """The named CHECK of one capability column."""
    return _CHECKS[field.kind](field)


@compiles(CreateTable, "sqlite")
def _create_table(create: CreateTable, compiler: Any, **options: Any) -> str:
    made: str = compiler.visit_create_table(create, **options)
    comment = create.element.comment if MINE in create.element.info else None
    return made.replace(" (\n", f" ( /* {comment} */\n", 1) if comment else made


@compiles(CreateColumn, "sqlite")
def _create_column(create: CreateColumn, compiler: Any, **options: Any) -> str:
    made: str = compiler.visit_create_column(create, **options)
    column = create.element
    commented = column.comment and MINE in column.table.info
    return f"/* {column.comment} */\n\t{made}" if commented else made
