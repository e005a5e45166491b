"""Exports tables as typed values: flags are bool, sets are sorted lists."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple, cast

from modeldex.query.catalog import Catalog
from modeldex.query.compile import COLUMNS, SELECTED
from modeldex.query.rows import SqlRow
from modeldex.storage.sqlite.connection import translated
from modeldex.vocabulary.entry import CatalogEntry
from modeldex.vocabulary.fields import BY_NAME
from modeldex.vocabulary.json_shape import JsonObject, encoded

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
    "provider_classes": _OWN.format("provider_classes", "provider"),
    "bases": _OWN.format("bases", "id"),
    "offers": _OWN.format("offers", "base, provider, name"),
    "suspicious_offers": _OWN.format("suspicious_offers", "model_id, reason"),
    "price_consensus": _OWN.format("price_consensus", "model_id, states, confirms"),
    "notices": _OWN.format("notices", "provider, name, stated_by"),
    "coverage": _OWN.format("coverage", "source, provider"),
    "unlisted_offers": _OWN.format("unlisted_offers", "model_id, source"),
    "superseded_offers": _OWN.format("superseded_offers", "model_id"),
    "suites": _OWN.format("suites", "name"),
    "benchmarks": _OWN.format("benchmarks", "base, suite, variant, day"),
    "quality_tiers": _OWN.format("quality_tiers", "above DESC"),
    "standings": _OWN.format("standings", "base, suite, variant"),
    "base_scores": _OWN.format("base_scores", "base, variant"),
    "evidence": _OWN.format("evidence", "model_id"),
    "sources": _OWN.format("sources", "name"),
    "listings": _OWN.format("listings", "provider, id"),
    "listed": _OF_MODELS.format("listed", "t.listing_id"),
    "configured": _OWN.format("configured", "provider"),
    "best_offers": "SELECT * FROM best_offers",
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

FLAGS = {
    "live",
    "own",
    "keyed",
    "complete",
    "wins",
    "acknowledged",
    "shipped",
    "of_lab",
    "tools_only",
}
STATED = {"value", "lowest", "highest", "effective"}
"""Columns that hold a value of the field named in the column `field`."""


class ExportTable(NamedTuple):
    """Column names, and an iterator of rows, read as it is consumed."""

    columns: tuple[str, ...]
    rows: Iterator[Sequence[object]]


def read_objects(catalog: Catalog, name: str) -> Iterator[JsonObject]:
    """All rows of one of TABLES as JSON objects, in one consistent snapshot.

    Those of `catalog` have the shape of `modeldex.vocabulary.json_shape`. Raises CatalogError or a
    subclass, also while they are consumed.
    """
    if name == "catalog":
        return map(encoded, _entries(catalog))
    columns, rows = read_cells(catalog, name)
    return (encoded(dict(zip(columns, row, strict=True))) for row in rows)


def read_cells(catalog: Catalog, name: str) -> ExportTable:
    """The same as rows of values by column, None for unknown."""
    if name == "catalog":
        return ExportTable(("id", *COLUMNS), map(_entry_cells, _entries(catalog)))
    with translated(catalog.path):
        cursor = catalog.connection.execute(TABLES[name])
    found = [column[0] for column in cursor.description]
    # A SELECT with m.provider and t.* may name a column twice: once is enough.
    columns = tuple(dict.fromkeys(found))
    rows = (dict(zip(found, row, strict=True)) for row in _translated(catalog, cursor))
    return ExportTable(columns, ([_typed(row, column) for column in columns] for row in rows))


def _entries(catalog: Catalog) -> Iterator[CatalogEntry]:
    with translated(catalog.path):
        cursor = catalog.connection.execute(TABLES["catalog"])
    return map(catalog.entry, _translated(catalog, cursor))


def _entry_cells(entry: CatalogEntry) -> list[object]:
    return [encoded(entry.value(column)) for column in ("id", *COLUMNS)]


def _translated(catalog: Catalog, rows: Iterator[SqlRow]) -> Iterator[SqlRow]:
    with translated(catalog.path):
        yield from rows


def _typed(row: Mapping[str, object], name: str) -> object:
    """One value of a row, as bool, number, text, sorted list or None."""
    stored = cast("float | str | None", row[name])
    if name in FLAGS and stored in (0, 1):
        return bool(stored)
    field = BY_NAME.get(str(row["field"]) if name in STATED and "field" in row else name)
    return stored if field is None else encoded(field.restore(stored))
