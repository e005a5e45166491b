"""`GET /api.json` in the format of models.dev: providers by id, each with its models by name."""

from collections.abc import Iterable, Mapping
from itertools import groupby
from typing import Any, cast

from pydantic import RootModel
from pydantic_core import to_json

from modeldex.query.catalog import Catalog
from modeldex.query.compile import SELECTED
from modeldex.server.exports.models import ModelFilters, export_rows
from modeldex.server.json_types import ResponseModel
from modeldex.server.responses import Reply
from modeldex.vocabulary.entry import CatalogEntry
from modeldex.vocabulary.json_shape import JsonObject, encoded
from modeldex.vocabulary.prices import STANDARD, USUAL, price_list
from modeldex.vocabulary.providers import providers

_STATUS = {"deprecated": "deprecated", "preview": "beta"}
_ATTACHED = ("supports_vision", "supports_pdf", "supports_audio")
_SAME = {
    "family": "family",
    "reasoning": "supports_reasoning",
    "tool_call": "supports_tools",
    "structured_output": "supports_structured_outputs",
    "knowledge": "knowledge_cutoff",
    "release_date": "release_date",
    "open_weights": "open_weights",
}
_LIMITS = {"context": "max_context", "input": "max_input_tokens", "output": "max_output_tokens"}
_MODALITIES = {"input": "input_modalities", "output": "output_modalities"}


class DevModel(ResponseModel):
    """One model in the format of models.dev; unknown values are absent."""

    id: str
    name: str
    family: str | None = None
    attachment: bool | None = None
    reasoning: bool | None = None
    tool_call: bool | None = None
    structured_output: bool | None = None
    temperature: bool | None = None
    knowledge: str | None = None
    release_date: str | None = None
    open_weights: bool | None = None
    status: str | None = None
    modalities: dict[str, list[str]]
    limit: dict[str, int]
    cost: dict[str, Any] | None = None


class DevProvider(ResponseModel):
    """One provider: name, environment variables of its key, documentation, models by name."""

    id: str
    name: str
    env: list[str]
    doc: str | None = None
    models: dict[str, DevModel]


class DevProviders(RootModel[dict[str, DevProvider]]):
    """Providers by id."""


def export(catalog: Catalog, given: ModelFilters) -> Reply:
    """Return the whole document."""
    entries = map(catalog.entry, export_rows(catalog, given, SELECTED))
    found = groupby(entries, key=lambda entry: entry.spec.provider)
    return Reply(to_json({name: _provider(name, models) for name, models in found}))


def _provider(name: str, models: Iterable[CatalogEntry]) -> JsonObject:
    row = providers().get(name)
    shown: JsonObject = {
        "id": name,
        "name": row.name if row else name,
        "env": row.keys if row else (),
    }
    if row and row.docs:
        shown["doc"] = row.docs
    return {**shown, "models": {model.spec.name: _model(model) for model in models}}


def _model(model: CatalogEntry) -> JsonObject:
    facts: JsonObject = {
        "id": model.spec.name,
        "name": model.spec.display_name or model.spec.name,
        **_named(model, _SAME),
        "attachment": _any(model.value(name) for name in _ATTACHED),
        "temperature": _temperature(model),
        "status": _STATUS.get(str(model.value("lifecycle"))),
        "modalities": _named(model, _MODALITIES),
        "limit": _named(model, _LIMITS),
        "cost": _cost(model) or None,
    }
    return cast("JsonObject", encoded(facts))


def _named(model: CatalogEntry, columns: Mapping[str, str]) -> JsonObject:
    return {name: model.value(column) for name, column in columns.items()}


def _any(flags: Iterable[object]) -> bool | None:
    known = [flag for flag in flags if flag is not None]
    return any(known) if known else None


def _temperature(model: CatalogEntry) -> bool | None:
    for column, taken in (("known_params", True), ("unsupported_params", False)):
        if "temperature" in cast("frozenset[str]", model.capabilities.get(column, ())):
            return taken
    return None


def _cost(model: CatalogEntry) -> JsonObject:
    """Return the base prices, and under `tiers` those of longer prompts by size."""
    steps: dict[int, JsonObject] = {}
    for price in price_list(model.capabilities):
        if price.is_always and price.processing == STANDARD and price.direction in USUAL:
            steps.setdefault(price.above, {})[price.direction] = float(price.usd_per_1m)
    usual = steps.pop(0, {})
    tiers = [
        {**prices, "tier": {"type": "context", "size": above}}
        for above, prices in sorted(steps.items())
    ]
    return {**usual, "tiers": tiers} if tiers else usual
