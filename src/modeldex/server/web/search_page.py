"""The search page: the form, with a field per criterion, and the ranked models."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from modeldex.query.catalog import Catalog
from modeldex.query.compile import compile_columns
from modeldex.query.lasting import NOTHING_LASTS
from modeldex.query.ranking import Placed, standings
from modeldex.server import parameters, query_string
from modeldex.server.operations import OPERATIONS
from modeldex.server.parameters import (
    FOR_ITSELF,
    WORKLOAD_PARAMETERS,
    Parameters,
    parsed,
)
from modeldex.server.registry import ServedRegistry
from modeldex.server.responses_schema import Model, QueryExplained
from modeldex.server.web.charts import MAX_POINTS, TIERS, Charted, Plot, plot
from modeldex.server.web.filters import link
from modeldex.vocabulary.criteria import BY_CRITERION, GROUPS, TABLE, WORKLOAD
from modeldex.vocabulary.ends import USUAL_DAYS

PAGE = 25
_USUAL: Mapping[str, int] = {"limit": PAGE, "min_days_left": USUAL_DAYS}
"""Defaults of this page, which recommends a model; those of the operation are others."""

QUERY = OPERATIONS["query"]
_EXPLAIN = OPERATIONS["explain_query"]
_OTHERS = "More criteria"
_SCOPE, _NO_FIELD = ("known", "available") if FOR_ITSELF else ("available", "known")
"""The box that changes whose models are searched; the other one would say the same."""

_GROUPS: Mapping[str, tuple[str, ...]] = {
    title: tuple(
        _SCOPE if row.name == "available" else row.name for row in TABLE if row.group == title
    )
    for title in GROUPS
}
_GROUPED = {name for names in _GROUPS.values() for name in names}
"""Criteria without a hint: their title is enough."""

_TITLES = {
    **{row.name: row.title for row in TABLE if row.title},
    "distinct": "Only the best of each", "sort": "Sort by", "as_of": "At a past time",
    "at": "Prices at a time", "region": "Prices of a region",
    "limit": "Models per page", "known": "All known models",
}  # fmt: skip
_ABSENT = {**{row.name: row.absent for row in TABLE}, "distinct": "show all"}
"""Label of the empty choice, which stands for the default."""

_PLOTTED = "c.provider || '/' || c.name, c.quality_tier, c.blended_cost, c.{}"

_FIGURES = (
    ("min_context", "usable_context", "context", "tokens"),
    ("min_speed_tps", "speed_hint_tps", "speed", "tokens per second"),
)
"""Charts against the price: criterion with the lower bound, column, name and unit of the figure."""


class Input(NamedTuple):
    """One form field; `kind` is check, choice, number or text, `usual` the default value."""

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
    """Form fields under a title."""

    title: str
    inputs: tuple[Input, ...]

    @property
    def set(self) -> bool:
        """Whether a field differs from its default."""
        return any(each.value != each.usual for each in self.inputs)


class SearchResult(NamedTuple):
    """Results of a search.

    `first`: position of the first model. `behind`: why each model ranks below the first one.
    `relaxed`: URL of the same search without a criterion, by criterion. `remark`: why models are
    shown that end soon.
    """

    models: Sequence[Model]
    total: int
    first: int
    why: QueryExplained
    behind: Sequence[str]
    plots: Sequence[Plot]
    previous: str | None
    next: str | None
    relaxed: Mapping[str, str]
    remark: str | None


def form(
    typed: Mapping[str, Sequence[str]], providers: Iterable[tuple[str, str]], wrong: str | None
) -> list[Group]:
    """Return the form with the submitted values; it has every criterion of the query operation."""
    choices = {"provider": tuple(providers)}
    others = [
        name
        for name in QUERY.parameters.model_fields
        if name not in {*_GROUPED, _NO_FIELD, "offset"}
    ]
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
    usual = _default(name, schema)
    words = _words(schema)
    choices = tuple((word, word) for word in words) or known
    if choices and usual not in [value for value, _ in choices]:
        choices = (("", _ABSENT.get(name, "any")), *choices)
    return Input(
        name=name,
        title=_TITLES.get(name) or name.replace("_", " ").capitalize(),
        hint="" if name in _GROUPED else str(schema.get("description", "")),
        kind=_kind(schema, choices),
        value=", ".join(typed.get(name, ())) or usual,
        usual=usual,
        choices=choices,
        whole=schema.get("type") == "integer",
        wrong=name == wrong,
    )


def _default(name: str, schema: Mapping[str, Any]) -> str:
    usual = _USUAL.get(name, schema.get("default"))
    if usual in (None, False, 0, []):
        return ""
    return str(usual)


def _kind(schema: Mapping[str, Any], choices: Sequence[object]) -> str:
    if choices:
        return "choice"
    kinds = {"boolean": "check", "integer": "number", "number": "number"}
    return kinds.get(str(schema.get("type")), "text")


def _words(schema: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the allowed values of a parameter, from `enum` or `const` of its JSON schema."""
    if schema.get("type") == "array":
        return ()
    one = schema.get("enum") or ([schema["const"]] if "const" in schema else [])
    found = [*one, *(word for part in schema.get("anyOf", ()) for word in _words(part))]
    return tuple(map(str, found))


async def search(registry: ServedRegistry, given: Mapping[str, object]) -> SearchResult:
    """Run the query operation and load what the page shows. Raises as the operation does."""
    asked = {**_USUAL, **given}
    page: Any = await QUERY.call(registry, asked)
    ending = not page.total and asked["min_days_left"] == USUAL_DAYS
    if ending:
        asked["min_days_left"] = 0
        page = await QUERY.call(registry, asked)
    criteria = {name: asked[name] for name in asked if name in _EXPLAIN.parameters.model_fields}
    why: Any = await _EXPLAIN.call(registry, criteria)
    query = parsed(QUERY.parameters, asked)
    return SearchResult(
        models=page.models,
        total=page.total,
        why=why,
        behind=await registry.run_read(lambda catalog: _behind(catalog, query, why, page.models)),
        plots=await registry.run_read(lambda catalog: plots(catalog, query)),
        relaxed={each.criterion: _relaxed(given, each.criterion) for each in why.requirements},
        remark=NOTHING_LASTS if ending else None,
        **pages(given, query, page.total),
    )


def _behind(
    catalog: Catalog, query: Any, why: QueryExplained, models: Sequence[Model]
) -> list[str]:
    """Return why each model ranks below the first one of its rank."""
    if not why.ranked:
        return []
    best = why.ranked[0]
    provider, _, name = best.id.partition("/")
    placed = [
        Placed(model.spec.provider, model.spec.name, model.cost.usd if model.cost else None)
        for model in models
    ]
    first, *ranks = standings(
        catalog.as_of(query.as_of), [Placed(provider, name, best.workload_cost), *placed],
        parameters.criteria(query), query.sort,
        by_workload=parameters.workload(query) is not None,
    )  # fmt: skip
    return [
        "first" if model.id == best.id else first.shortfall(rank)
        for model, rank in zip(models, ranks, strict=True)
    ]


def _relaxed(given: Mapping[str, object], criterion: str) -> str:
    """Return the URL of the same search without one criterion."""
    if criterion == WORKLOAD.name:
        return link("/", written({**given, **dict.fromkeys(WORKLOAD_PARAMETERS), "offset": None}))
    row = BY_CRITERION[criterion]
    default = QUERY.parameters.model_fields[criterion].default
    wider = row.lifted if row.applies_by_default and default != row.lifted else None
    if criterion in _USUAL:
        wider = 0
    return link("/", written({**given, criterion: wider, "offset": None}))


def pages(given: Mapping[str, object], query: Any, total: int, path: str = "/") -> dict[str, Any]:
    """Return the position of the first model and the URLs of the previous and next page."""
    before, after = query.offset - query.limit, query.offset + query.limit
    shown = written(given)
    return {
        "first": query.offset + 1,
        "previous": link(path, shown, offset=max(before, 0) or None) if query.offset else None,
        "next": link(path, shown, offset=after) if after < total else None,
    }


def written(given: Mapping[str, object]) -> dict[str, object]:
    """Return parameters as they are written in a query string."""
    return {
        name: str(value).lower() if isinstance(value, bool) else value
        for name, value in given.items()
    }


def plots(catalog: Catalog, query: Parameters, marked: Model | None = None) -> list[Plot]:
    """Chart price against window and speed for the best models that meet the criteria.

    `marked` is a model to highlight, whether or not it meets the criteria.
    """
    then = catalog.as_of(getattr(query, "as_of", None))
    criteria = parameters.criteria(query)
    drawn = (
        plot(_charted(then, criteria, known, column), figure, unit, _marked(marked, column))
        for known, column, figure, unit in _FIGURES
    )
    return [each for each in drawn if each]


def _marked(model: Model | None, column: str) -> Charted | None:
    if model is None:
        return None
    facts = {"usable_context": model.usable_context, **model.capabilities.known()}
    return Charted(model.id, facts.get("quality_tier"), model.blended_cost, facts.get(column))


def _charted(
    catalog: Catalog, criteria: Mapping[str, object], known: str, column: str
) -> list[Charted]:
    """Select the best models of each tier with a known value of the charted column.

    `known` is the criterion with a lower bound for it: a bound of 0 excludes unknown values.
    """
    wanted = {**criteria, known: criteria[known] or 0}
    exact = criteria["quality_tier"] or "any"
    found: list[Charted] = []
    for tier in TIERS if exact == "any" else (str(exact),):
        columns = _PLOTTED.format(column)
        sql, bound = compile_columns(columns, {**wanted, "quality_tier": tier}, catalog.scope)
        rows: Any = catalog.rows(f"{sql} LIMIT {MAX_POINTS}", bound)
        found += map(Charted._make, rows)
    return found
