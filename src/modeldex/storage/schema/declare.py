"""How the columns of the tables are declared, and the metadata that holds all tables of a file.

Capability columns derive from `modeldex.vocabulary.fields`; those of fields that are younger than
FIRST come last, where ALTER TABLE ADD COLUMN puts them.
"""

from operator import itemgetter
from typing import Any

from sqlalchemy import Column, Computed, ForeignKey, Identity, MetaData, Table
from sqlalchemy import text as sql

from modeldex.storage.schema.columns import RANKING, SCORED_TASKS
from modeldex.storage.schema.ddl import (
    MINE,
    REAL,
    TEXT,
    TYPES,
    WHOLE,
    above_0,
    check,
    field_check,
    present,
    utc_time,
)
from modeldex.vocabulary.fields import FIELDS, Field

FIRST = 3
"""The schema whose tables were the first to come from metadata."""

METADATA = MetaData()


def table(name: str, comment: str, *items: Any, rowid: bool = True, **info: object) -> Table:
    """A STRICT table; one without rowid has a key that is not a number."""
    return Table(
        name, METADATA, *items, comment=comment, info={MINE: True, **info},
        sqlite_strict=True, sqlite_with_rowid=rowid,
    )  # fmt: skip


def row_id(table: str | None = None) -> Column[Any]:
    """The id of a table; with the name of the table it has a CHECK."""
    checks = [above_0(table)] if table else []
    return Column("id", WHOLE, Identity(), *checks, primary_key=True)


def text_column(name: str, *items: Any, **options: Any) -> Column[Any]:
    """A column of texts, which sort by their bytes."""
    return Column(name, TEXT, *items, **options)


def time_column(name: str, **options: Any) -> Column[Any]:
    """A column of times in ISO 8601, UTC."""
    return Column(name, TEXT, utc_time(name), **options)


def since_column(name: str, comment: str | None = None) -> Column[Any]:
    """A time that is the present unless it is stated."""
    return time_column(name, nullable=False, server_default=present(), comment=comment)


def model_column(*, key: bool, linked: str | None = "CASCADE", owned: bool = True) -> Column[Any]:
    """The id of a model; `owned` refers to the model, and `linked` says what its deletion does."""
    link = [ForeignKey("models.id", ondelete=linked)] if owned else []
    return Column(
        "model_id", WHOLE, *link, primary_key=key, autoincrement=False, nullable=False
    )  # fmt: skip


def shipped_column() -> Column[Any]:
    """Whether a row came with modeldex."""
    return Column(
        "shipped", WHOLE, check("shipped_is_0_or_1", "shipped IN (0, 1)"), nullable=False,
        server_default=sql("0"), comment="1: came with modeldex, which replaces it",
    )  # fmt: skip


def field_columns(
    *rest: Column[Any],
    checked: bool = False,
    explained: bool = False,
    late: tuple[tuple[int, Column[Any]], ...] = (),
) -> list[Column[Any]]:
    """The capability columns around other columns: the older before, the younger after.

    They have CHECKs where people write to them, and comments where people look for them. `late`
    are columns that came later, each with its schema.
    """

    def column(field: Field) -> Column[Any]:
        checks = [field_check(field)] if checked else []
        comment = f"{field.unit}: {field.meaning}" if explained else None
        return Column(field.name, TYPES[field.column_type], *checks, comment=comment)

    older = [column(field) for field in FIELDS if field.since <= FIRST]
    younger = [(field.since, column(field)) for field in FIELDS if field.since > FIRST]
    return [*older, *rest, *(each for _, each in sorted([*younger, *late], key=itemgetter(0)))]


def _generated(name: str, type_: Any, comment: str | None = None) -> Column[Any]:
    return Column(
        name, type_, Computed(RANKING[name], persisted=True), comment=comment,
        nullable=not name.startswith("rank_"),
    )  # fmt: skip


def rank_columns() -> list[Column[Any]]:
    """The generated columns by which queries rank."""
    return [
        _generated("usable_context", WHOLE),
        _generated("blended_cost", REAL, "USD per 1M"),
        _generated("rank_tier", WHOLE), _generated("rank_cost", REAL),
        _generated("rank_context", WHOLE), _generated("rank_release", TEXT),
    ]  # fmt: skip


def band_columns() -> tuple[tuple[int, Column[Any]], ...]:
    """Those that came with benchmarks, and the one to search in, each with its schema."""
    bands = (_generated(f"rank_{name}", WHOLE) for name in ("band", *SCORED_TASKS))
    return tuple((7, each) for each in (_generated("rank_price", REAL), *bands, _search_text()))


def _search_text() -> Column[Any]:
    """What a name is searched in; a file computes it whenever it is read, and stores nothing."""
    # No comma in the comment: SQLite cuts a column that is dropped at the comma before it.
    return Column(
        "search_text", TEXT, Computed(RANKING["search_text"], persisted=False),
        comment="all its names in lower case with spaces between",
    )  # fmt: skip
