"""Exports tables as typed values: flags are bool, sets are sorted lists, unknown is None."""

from collections.abc import Iterator
from typing import NamedTuple, cast

from modeldex.query.catalog import Catalog
from modeldex.query.compile import COLUMNS, SELECTED
from modeldex.query.records import Record, as_record
from modeldex.storage.sqlite.connection import translated
from modeldex.vocabulary.fields import BY_NAME

_OF_MODELS = (
    "SELECT m.provider, m.name, t.* FROM {} t JOIN models m ON m.id = t.model_id "
    "ORDER BY m.provider, m.name, {}"
)
_OWN = "SELECT * FROM {} ORDER BY {}"
_BY_MODEL = "provider, name, {}"

TABLES: dict[str, str] = {
    "catalog": f"SELECT {SELECTED} FROM catalog c ORDER BY c.provider, c.name",
    "catalog_history": _OWN.format("catalog_history", "id"),
    "models": _OWN.format("models", "provider, name"),
    "aliases": _OF_MODELS.format("aliases", "t.alias"),
    "provider_aliases": _OWN.format("provider_aliases", "alias"),
    "sources": _OWN.format("sources", "name"),
    "sightings": _OF_MODELS.format("sightings", "t.source"),
    "resolvers": _OWN.format("resolvers", "precedence, name"),
    "capabilities": _OF_MODELS.format("capabilities", "t.resolver"),
    "capability_history": _OF_MODELS.format("capability_history", "t.id"),
    "provenance": _OWN.format("provenance", _BY_MODEL.format("field, precedence, resolver")),
    "drift": _OWN.format("drift", _BY_MODEL.format("field")),
    "acknowledged": _OF_MODELS.format("acknowledged", "t.field"),
    "prices": _OWN.format("prices", _BY_MODEL.format("direction, processing, min_prompt_tokens")),
    "measurements": _OWN.format("measurements", "id"),
    "measured_figures": _OWN.format("measured_figures", _BY_MODEL.format("field")),
    "model_history": _OWN.format("model_history", "id"),
    "resolver_history": _OWN.format("resolver_history", "id"),
    "cost_tiers": _OWN.format("cost_tiers", "at_least, name"),
    "quality_suites": _OWN.format("quality_suites", "name"),
    "runs": _OWN.format("runs", "id"),
    "run_steps": _OWN.format("run_steps", "id"),
}
"""SQL: all rows of each table that can be exported, in a stable order."""

_FLAGS = {"live", "wins", "acknowledged", "shipped"}
_STATED = {"value", "lowest", "highest", "effective"}
"""Columns that hold a value of the field named in the column `field`."""


class ExportTable(NamedTuple):
    """Column names, and an iterator of rows, read as it is consumed."""

    columns: tuple[str, ...]
    rows: Iterator[Record]


def read_table(catalog: Catalog, name: str) -> ExportTable:
    """All rows of one of TABLES, in one consistent snapshot.

    Rows of `catalog` are model records as in JSON output. Raises CatalogError or a subclass,
    also while the rows are consumed.
    """
    with translated(catalog.path):
        cursor = catalog.connection.execute(TABLES[name])
    if name == "catalog":
        return ExportTable(("id", *COLUMNS), _translated(catalog, map(as_record, cursor)))
    # A SELECT with m.provider and t.* may name a column twice: the record keeps it once.
    columns = tuple(dict.fromkeys(column[0] for column in cursor.description))
    found = [column[0] for column in cursor.description]
    records = (dict(zip(found, row, strict=True)) for row in cursor)
    typed = ({column: _typed(record, column) for column in columns} for record in records)
    return ExportTable(columns, _translated(catalog, typed))


def _translated(catalog: Catalog, rows: Iterator[Record]) -> Iterator[Record]:
    with translated(catalog.path):
        yield from rows


def _typed(record: Record, name: str) -> object:
    """One value of a row, as bool, number, text, sorted list or None."""
    stored = cast("float | str | None", record[name])
    if name in _FLAGS and stored in (0, 1):
        return bool(stored)
    field = BY_NAME.get(str(record["field"]) if name in _STATED else name)
    if stored is None or field is None:
        return stored
    value = field.restore(stored)
    return sorted(value) if isinstance(value, frozenset) else value
