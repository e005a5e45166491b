"""`GET /api.json` in the format of models.dev: providers by id, each with its models by name."""

from collections.abc import Iterable, Mapping
from itertools import groupby
from typing import Any

from pydantic import RootModel
from pydantic_core import to_json

from modeldex.query.catalog import Catalog
from modeldex.query.compile import SELECTED
from modeldex.query.records import Record, as_record
from modeldex.server.exports.models import ModelFilters, export_rows
from modeldex.server.json_types import ResponseModel
from modeldex.server.responses import Reply
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
    records = map(as_record, export_rows(catalog, given, SELECTED))
    found = groupby(records, key=lambda record: str(record["provider"]))
    return Reply(to_json({name: _provider(name, models) for name, models in found}))


def _provider(name: str, models: Iterable[Record]) -> Record:
    row = providers().get(name)
    shown = {"id": name, "name": row.name if row else name, "env": row.keys if row else ()}
    if row and row.docs:
        shown["doc"] = row.docs
    return {**shown, "models": {str(model["name"]): _model(model) for model in models}}


def _model(record: Record) -> Record:
    facts: Record = {
        "id": record["name"],
        "name": record["display_name"] or record["name"],
        **_named(record, _SAME),
        "attachment": _any(record[name] for name in _ATTACHED),
        "temperature": _temperature(record),
        "status": _STATUS.get(str(record["lifecycle"])),
        "modalities": _named(record, _MODALITIES),
        "limit": _named(record, _LIMITS),
        "cost": _cost(record) or None,
    }
    return {name: value for name, value in facts.items() if value is not None}


def _named(record: Record, columns: Mapping[str, str]) -> Record:
    return {n: record[column] for n, column in columns.items() if record[column] is not None}


def _any(flags: Iterable[object]) -> bool | None:
    known = [flag for flag in flags if flag is not None]
    return any(known) if known else None


def _temperature(record: Record) -> bool | None:
    for column, taken in (("known_params", True), ("unsupported_params", False)):
        if "temperature" in (record[column] or ()):  # type: ignore[operator]
            return taken
    return None


def _cost(record: Record) -> Record:
    """Return the base prices, and under `tiers` those of longer prompts by size."""
    steps: dict[int, Record] = {}
    for price in price_list(record):
        if price.processing == STANDARD and price.direction in USUAL:
            steps.setdefault(price.above, {})[price.direction] = float(price.usd_per_1m)
    usual = steps.pop(0, {})
    tiers = [
        {**prices, "tier": {"type": "context", "size": above}}
        for above, prices in sorted(steps.items())
    ]
    return {**usual, "tiers": tiers} if tiers else usual
