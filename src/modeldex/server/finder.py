"""The page that finds a model: its form, which mirrors the criteria, and the ranking."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from modeldex import search
from modeldex.catalog import Catalog, Record
from modeldex.ranking import shortfall
from modeldex.search import REQUIRED_FLAGS
from modeldex.server import parameters, query_string
from modeldex.server.operations import OPERATIONS
from modeldex.server.parameters import Parameters, parsed
from modeldex.server.plots import MOST, TIERS, Plot, plot
from modeldex.server.results import Model, QueryExplained
from modeldex.server.served import ServedRegistry
from modeldex.server.showing import link

PAGE = 25

QUERY = OPERATIONS["query"]
_EXPLAIN = OPERATIONS["explain_query"]
_GROUPS: Mapping[str, tuple[str, ...]] = {
    "It must support": tuple(REQUIRED_FLAGS),
    "Size and price": (
        "min_context", "min_output_tokens", "cost_tier",
        "max_cost_per_1m_input", "max_cost_per_1m_output",
    ),
    "Quality and kind": ("min_quality_tier", "min_speed_tps", "mode", "provider", "available"),
}  # fmt: skip
_OTHERS = "More criteria"
_PLAIN = {name for names in _GROUPS.values() for name in names}
"""Criteria whose title says enough."""

_TITLES = {
    "min_context": "Tokens of window, at least",
    "max_context": "Tokens of window, at most",
    "min_output_tokens": "Tokens of output, at least",
    "max_cost_per_1m_input": "USD per 1M input, at most",
    "max_cost_per_1m_output": "USD per 1M output, at most",
    "min_quality_tier": "Quality, at least",
    "min_speed_tps": "Tokens per second, at least",
    "requires_json_mode": "JSON mode",
    "requires_params": "Parameters",
    "available": "Callable by this server",
    "distinct": "Best of each only",
    "as_of": "As it stood",
    "limit": "Models per page",
}
_ABSENT = {"price_basis": "metered, self-hosted or unknown", "distinct": "show all"}
"""What a choice means that is not made."""

_RELAXED = {"mode": "any", "price_basis": "any", "include_deprecated": "true", "available": None}
"""What to ask for instead of a criterion, where leaving it out asks for something too."""

_PLOTTED = "c.provider, c.name, c.blended_cost, c.usable_context, c.speed_hint_tps, c.quality_tier"


_FIGURES = (
    ("min_context", "usable_context", "context", "tokens"),
    ("min_speed_tps", "speed_hint_tps", "speed", "tokens per second"),
)
"""What is plotted against the price: the criterion that bounds it, its column, its words."""


class Input(NamedTuple):
    """One criterion as a form has it: kind is check, choice, number or text."""

    name: str
    title: str
    hint: str
    kind: str
    value: str
    usual: str
    choices: Sequence[tuple[str, str]] = ()
    whole: bool = True
    wrong: bool = False


class Group(NamedTuple):
    """Some inputs under a title; `set` tells that one is not as usual."""

    title: str
    inputs: tuple[Input, ...]

    @property
    def set(self) -> bool:
        """Whether one of them is not as usual."""
        return any(each.value != each.usual for each in self.inputs)


class Found(NamedTuple):
    """What the criteria find, and why it ranks as it does."""

    models: Sequence[Model]
    total: int
    first: int
    why: QueryExplained
    behind: Sequence[str]
    plots: Sequence[Plot]
    previous: str | None
    next: str | None
    relaxed: Mapping[str, str]


def form(
    typed: Mapping[str, Sequence[str]], providers: Iterable[tuple[str, str]], wrong: str | None
) -> list[Group]:
    """The form as it was filled in; every criterion of the query operation is in it."""
    choices = {"provider": tuple(providers)}
    grouped = {name for names in _GROUPS.values() for name in names}
    others = [name for name in QUERY.parameters.model_fields if name not in {*grouped, "offset"}]
    return [
        Group(title, tuple(_input(name, typed, choices.get(name, ()), wrong) for name in names))
        for title, names in {**_GROUPS, _OTHERS: tuple(others)}.items()
    ]


def _input(
    name: str,
    typed: Mapping[str, Sequence[str]],
    known: tuple[tuple[str, str], ...],
    wrong: str | None,
) -> Input:
    schema = query_string.kinds(QUERY.parameters)[name].schema
    usual = _usual(name, schema)
    words = _words(schema)
    choices = tuple((word, word) for word in words) or known
    if choices and usual not in [value for value, _ in choices]:
        choices = (("", _ABSENT.get(name, "any")), *choices)
    return Input(
        name=name,
        title=_TITLES.get(name) or name.removeprefix("requires_").replace("_", " ").capitalize(),
        hint="" if name in _PLAIN else str(schema.get("description", "")),
        kind=_kind(schema, choices),
        value=", ".join(typed.get(name, ())) or usual,
        usual=usual,
        choices=choices,
        whole=schema.get("type") == "integer",
        wrong=name == wrong,
    )


def _usual(name: str, schema: Mapping[str, Any]) -> str:
    if name == "limit":
        return str(PAGE)
    usual = schema.get("default")
    if usual in (None, False, 0, []):
        return ""
    return str(usual)


def _kind(schema: Mapping[str, Any], choices: Sequence[object]) -> str:
    if choices:
        return "choice"
    kinds = {"boolean": "check", "integer": "number", "number": "number"}
    return kinds.get(str(schema.get("type")), "text")


def _words(schema: Mapping[str, Any]) -> tuple[str, ...]:
    """The words that a parameter may be, from its JSON schema."""
    if schema.get("type") == "array":
        return ()
    one = schema.get("enum") or ([schema["const"]] if "const" in schema else [])
    found = [*one, *(word for part in schema.get("anyOf", ()) for word in _words(part))]
    return tuple(map(str, found))


async def found(registry: ServedRegistry, given: Mapping[str, object]) -> Found:
    """What the parameters of the query operation find. Raises as the operation does."""
    asked = parsed(QUERY.parameters, {"limit": PAGE, **given})
    page: Any = await QUERY.within_time(registry, asked)
    criteria = {name: given[name] for name in given if name in _EXPLAIN.parameters.model_fields}
    why: Any = await _EXPLAIN.ask(registry, criteria)
    return Found(
        models=page.models,
        total=page.total,
        why=why,
        behind=[_behind(why, model) for model in page.models],
        plots=await registry.consult(lambda catalog: plots(catalog, asked)),
        relaxed={each.criterion: _relaxed(given, each.criterion) for each in why.requirements},
        **_pages(given, asked, page.total),
    )


def _behind(why: QueryExplained, model: Model) -> str:
    """What puts a model behind the winner."""
    best = why.ranked[0]
    if model.id == best.id:
        return "first"
    told = {name: getattr(model.capabilities, name) for name in ("quality_tier", "release_date")}
    cost = {"workload_cost": model.cost and model.cost.usd}
    return shortfall(dict(best), {**dict(model), **told, **cost})


def _relaxed(given: Mapping[str, object], criterion: str) -> str:
    """The same page without one criterion."""
    return link("/", written(given), **{criterion: _RELAXED.get(criterion), "offset": None})


def _pages(given: Mapping[str, object], asked: Any, total: int) -> dict[str, Any]:
    """Where this page begins, and the links to its neighbours."""
    before, after = asked.offset - asked.limit, asked.offset + asked.limit
    shown = written(given)
    return {
        "first": asked.offset + 1,
        "previous": link("/", shown, offset=max(before, 0) or None) if asked.offset else None,
        "next": link("/", shown, offset=after) if after < total else None,
    }


def written(given: Mapping[str, object]) -> dict[str, object]:
    """Parameters as a query string has them."""
    return {
        name: str(value).lower() if isinstance(value, bool) else value
        for name, value in given.items()
    }


def plots(catalog: Catalog, asked: Parameters, marked: Record | None = None) -> list[Plot]:
    """Price against window and against speed, of the best models that meet the criteria.

    `marked` is a model that stands out, whether it meets them or not.
    """
    then = catalog.as_of(getattr(asked, "as_of", None))
    criteria = parameters.criteria(asked)
    drawn = (
        plot(_rows(then, criteria, known), column, figure, unit, marked)
        for known, column, figure, unit in _FIGURES
    )
    return [each for each in drawn if each]


def _rows(catalog: Catalog, criteria: Mapping[str, object], known: str) -> list[Record]:
    """Of each tier the best that have the figure which the criterion `known` bounds."""
    asked = {**criteria, known: criteria[known] or 0}
    exact = criteria["quality_tier"] or "any"
    found: list[Record] = []
    for tier in TIERS if exact == "any" else (str(exact),):
        sql, bound = search.compile_columns(
            _PLOTTED, {**asked, "quality_tier": tier}, catalog.scope
        )
        found += catalog.table(f"{sql} LIMIT {MOST}", bound)
    return found
