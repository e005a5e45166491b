"""The operations as MCP tools: short schemas, and answers that a language model can afford.

A tool answers with what one asks for most, a few rows; `full` gives all that the operation says.
"""

from collections.abc import Callable, Mapping, Sequence
from copy import copy
from typing import Any, NamedTuple

from pydantic import Field, create_model

from modeldex.query.catalog import Catalog
from modeldex.server import handlers, parameters
from modeldex.server import responses_schema as schema
from modeldex.server.exports import registry as exports_registry
from modeldex.server.json_types import ResponseModel
from modeldex.server.operations import OPERATIONS, Operation
from modeldex.server.parameter_types import MAX_PAGE
from modeldex.server.registry import ServedRegistry
from modeldex.vocabulary.frozen_model import without_null

Answer = dict[str, Any]

_ROW = (
    "quality_tier", "quality_score", "coding_score", "input_cost_per_1m", "output_cost_per_1m",
    "release_date", "retires_at", "replacement",
)  # fmt: skip
"""Facts in a short row."""
_BESIDE = ("usable_context", "blended_cost", "provider_class", "days_left", "remark", "cost")
_LONG = ("other_prices", "known_params", "unsupported_params")
"""Facts that are lists of many words."""
_FEW = 10
"""Rows of an answer, where a tool has no other limit."""
_LIMITS = {"changes": 15, "drift": 8, "models": 50, "scored_bases": 20}
_MANY_PROVIDERS = 60


def _rows(answer: Answer) -> Answer:
    return {**answer, "models": [_row(model) for model in answer["models"]]}


def _row(model: Answer) -> Answer:
    facts = model["capabilities"]
    known = {name: facts[name] for name in _ROW if name in facts}
    return {"id": model["id"], **known, **{name: model[name] for name in _BESIDE if name in model}}


def _without_prices(model: Answer) -> Answer:
    """A model without the prices that hold only under conditions, and lists of parameters."""
    facts = model["capabilities"]
    return {**model, "capabilities": {k: v for k, v in facts.items() if k not in _LONG}}


def _winners(answer: Answer) -> Answer:
    """The effective opinion on each field, and the fields on which resolvers disagree."""
    kept = ("id", "left_out", "callability", "facts_from", "price_doubts", "total")
    stated = [each for each in answer["fields"] if each["field"] not in _LONG]
    return {
        **{name: answer[name] for name in kept if answer.get(name)},
        "facts": [_winner(each) for each in stated],
        "disputed": [each["field"] for each in stated if _is_disputed(each)],
    }


def _winner(fact: Answer) -> Answer:
    first = next((each for each in fact["opinions"] if each["wins"]), fact["opinions"][0])
    by = {"resolver": first["resolver"], "on": str(first["observed_at"])[:10]}
    return {"field": fact["field"], "value": fact.get("value"), **by}


def _is_disputed(fact: Answer) -> bool:
    return len({str(each["value"]) for each in fact["opinions"]}) > 1


def _first(name: str, rows: int, kept: Sequence[str] = ()) -> Callable[[Answer], Answer]:
    """Return a function that keeps some rows of a list, and some keys of each."""

    def shorten(answer: Answer) -> Answer:
        found = [
            {key: row[key] for key in kept or row if key in row} for row in answer[name][:rows]
        ]
        return {**answer, name: found, "total": answer.get("total", len(answer[name]))}

    return shorten


def _largest_providers(answer: Answer) -> Answer:
    largest = sorted(answer["providers"], key=lambda each: -(each.get("known") or 0))
    return _first("providers", _MANY_PROVIDERS, ("id", "known"))({"providers": largest})


_SHORT: Mapping[str, Callable[[Answer], Answer]] = {
    "find_best": _rows, "query": _rows, "find_model": _without_prices, "explain": _winners,
    "offers": _first("offers", _FEW, (
        "id", "provider_class", "input_cost_per_1m", "output_cost_per_1m", "of_lab_price",
        "usable_context", "remark",
    )),
    "providers": _largest_providers,
}  # fmt: skip


class Tool(NamedTuple):
    """A tool: its operation, and what it leaves out of an answer unless `full` is asked for."""

    operation: Operation
    shorten: Callable[[Answer], Answer] | None

    async def answer(self, registry: ServedRegistry, given: Mapping[str, object]) -> Answer:
        """The answer as JSON values. Raises as the operation does."""
        asked = parameters.parsed(self.operation.parameters, given)
        found = (await self.operation.run_in_time(registry, asked)).model_dump(mode="json")
        if self.shorten is None or getattr(asked, "full", False):
            return found
        return self.shorten(found)


_WITH_CRITERIA = ("query",)
"""Tools that take the criteria of `find_best`, whose schema describes them once for all."""

_FULL = Field(
    default=False,
    description="all that is known; by default what one asks for most, in a few rows",
)


def input_schema(tool: Tool) -> dict[str, Any]:
    """The JSON schema of the parameters, in few words: defaults and bounds are left out.

    Nothing may be null: an unused parameter is left out.
    """
    found = tool.operation.parameters.model_json_schema()
    for described in (found, *found.get("$defs", {}).values()):
        for name, each in described.get("properties", {}).items():
            without_null(each)
            described["properties"][name] = _brief(each)
        described.pop("title", None)
        described.pop("description", None)
    if tool.operation.name in _WITH_CRITERIA:
        described = parameters.FindBest.model_fields
        found["properties"] = {k: v for k, v in found["properties"].items() if k not in described}
        del found["additionalProperties"]
    return found


_BRIEF = ("type", "description", "enum", "items", "$ref", "anyOf", "const", "properties")


def _brief(described: Any) -> Any:
    if not isinstance(described, dict):
        return described
    kept = {key: described[key] for key in _BRIEF if key in described}
    return {key: _brief(value) if key == "items" else value for key, value in kept.items()}


class Best(schema.Models):
    """The best models; `explanation` says why others do not match, where `why` asks for it."""

    explanation: list[str] | None = None


async def _find_best(registry: ServedRegistry, given: Any) -> Best:
    found = await handlers.find_best(registry, given)
    explanation: list[str] | None = None
    if given.why:
        explained = await registry.explain_query(
            parameters.query(given), workload=parameters.workload(given), as_of=given.as_of
        )
        explanation = list(explained.lines())
    return Best(**dict(found), explanation=explanation)


class Page(exports_registry.ModelListParameters):
    """Filters, page, and which facts to include."""

    limit: int = Field(default=_FEW, ge=1, le=MAX_PAGE, description="maximum number of models")


class ModelsPage(ResponseModel):
    """One page of models sorted by provider and name; `next_offset` is present if more follow."""

    models: list[exports_registry.ListedModel]
    next_offset: int | None = None


async def _models(registry: ServedRegistry, given: Page) -> ModelsPage:
    def read_page(catalog: Catalog) -> ModelsPage:
        listed, more = exports_registry.page(catalog, given)
        following = given.offset + given.limit if more else None
        return ModelsPage.model_validate({"models": listed, "next_offset": following})

    return await registry.run_read(read_page)


_LIST = Operation(
    "models",
    "The names of all known models, in pages; with capabilities=true all known facts of each.",
    Page, ModelsPage, _models, exports_registry.PATH,
)  # fmt: skip


def _tool(operation: Operation) -> Tool:
    """The tool of an operation: pages are small, and `full` is a parameter if it shortens."""
    kind, shorten = operation.parameters, _SHORT.get(operation.name)
    more: dict[str, Any] = {"full": (bool, _FULL)} if shorten else {}
    if "limit" in kind.model_fields:
        limit = copy(kind.model_fields["limit"])
        limit.default = _LIMITS.get(operation.name, _FEW)
        more["limit"] = int, limit
    made = create_model(kind.__name__, __base__=kind, **more) if more else kind
    return Tool(operation._replace(parameters=made), shorten)


def _tools() -> Mapping[str, Tool]:
    own = {
        "find_best": OPERATIONS["find_best"]._replace(result=Best, run=_find_best),
        _LIST.name: _LIST,
    }
    # What explain_query says is a part of find_best with why=true.
    offered = {**OPERATIONS, **own}
    del offered["explain_query"]
    return {name: _tool(operation) for name, operation in offered.items()}


TOOLS = _tools()
"""Tools by name: the operations, and the list of models that other registries read."""
