"""Print why a model was chosen, and why each other one was not."""

import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from modeldex.cli.settings import Settings
from modeldex.cli.terminal import (
    Column,
    escaped,
    is_terminal,
    money,
    print_json,
    print_table,
    print_text,
    tokens,
)
from modeldex.query.catalog import Catalog
from modeldex.query.ranking import Standing
from modeldex.vocabulary.entry import CatalogEntry

if TYPE_CHECKING:
    from modeldex.query.explain_query import QueryExplanation
    from modeldex.vocabulary.workloads import Workload


RANKED = (
    Column("place", "rank", number=True),
    Column("id", "model"),
    Column("text", "why ranked lower"),
)
# The first two counts add up to the models that do not match, each at its first requirement;
# the next two count all known models that fail a requirement or whose value is unknown.
REQUIREMENTS = (
    Column("wants", "requirement"),
    Column("fell", "excluded", tokens, number=True),
    Column("fell_unknown", "+ unknown", tokens, number=True),
    Column("failed", "all failing", tokens, number=True),
    Column("unknown", "all unknown", tokens, number=True),
    Column("only", "fail only this", tokens, number=True),
)
NEAREST = (Column("id", "nearest miss"), Column("text", "fails only"))


def explained_by(
    catalog: Catalog,
    criteria: Mapping[str, object],
    load: "Workload | None",
    sort: str = "quality",
) -> "QueryExplanation":
    """Explain a query; `modeldex.query.explain_query` is imported on demand."""
    from modeldex.query.explain_query import explain_query

    return explain_query(catalog, criteria, load, sort=sort)


def explanation(found: "QueryExplanation") -> dict[str, object]:
    """The explanation as a part of a JSON document."""
    return {**found._asdict(), "only_unknown": found.only_unknown, "summary": list(found.lines())}


def print_explanation(settings: Settings, found: "QueryExplanation") -> None:
    """Print the explanation: as JSON, as tables on a terminal, else one sentence per line."""
    if settings.json:
        print_json({"explanation": explanation(found)})
        return
    if not is_terminal(sys.stdout):
        for line in found.lines():
            print_text(settings, escaped(line))
        return
    if found.ranked[1:]:
        _print_table(settings, RANKED, [(r.place, r.id, r.text) for r in found.ranked[1:]])
    if found.choice:
        print_text(settings, f"\n{escaped(found.choice.text)}")
    print_text(settings, f"\n{found.headline()}")
    _print_table(settings, REQUIREMENTS, [row[1:] for row in found.requirements])
    if found.nearest:
        _print_table(settings, NEAREST, [(miss.id, miss.lack.text) for miss in found.nearest])


def _print_table(
    settings: Settings, columns: tuple[Column, ...], rows: list[tuple[object, ...]]
) -> None:
    print_text(settings, "")
    print_table(settings, columns, rows)


def why(found: Sequence[CatalogEntry], ranks: Sequence[Standing], total: int) -> str:
    """Tier, score and price of the best model, and what ranks it before the second.

    `ranks` are the standings of the models, `total` is the number of those that match.
    """
    best = ranks[0]
    score = best.quality_score if best.task_score is None else best.task_score
    tier = f"tier {best.quality_tier or 'unknown'}{'' if score is None else f', score {score}'}"
    if not found[1:]:
        return f"the only model that matches: {tier}; {prices(found[0])}"
    edge = _edge(found[0], found[1], best, ranks[1])
    return f"first of {total:,} that match: {tier}; {prices(found[0])}; {edge}"


def prices(model: CatalogEntry) -> str:
    """Input and output price of a model per 1M tokens, and what they will be within 30 days."""
    input_, output = (model.value(name) for name in ("input_cost_per_1m", "output_cost_per_1m"))
    if input_ is None and output is None:
        return "price unknown"
    change = f", {model.price_change}" if model.price_change else ""
    return f"{_price(input_)} in, {_price(output)} out per 1M tokens{change}"


def _price(value: object) -> str:
    return "unknown" if value is None else money(value)


def cost(model: CatalogEntry) -> str:
    """The cost of the workload on a model, in words."""
    usd = model.cost and model.cost.usd
    return "unknown for this workload" if usd is None else f"{money(usd)} for this workload"


def _edge(best: CatalogEntry, second: CatalogEntry, first: Standing, other: Standing) -> str:
    """The first ranking column in which the two differ, in words."""
    column, name = first.difference(other), escaped(second.id)
    if column == "quality_tier":
        return "the only one of that tier"
    if column in ("quality_score", "task_score"):
        behind = getattr(other, column)
        return f"in a band of its own, before {name} ({behind or 'unknown'})"
    if column == "workload_cost":
        return _cheapest(cost(best), "cost", other.workload_cost)
    if column == "blended_cost":
        return _cheapest(money(first.blended_cost), "blended price", other.blended_cost)
    own = "its maker's own offer" if first.is_of_its_maker else f"at a {first.provider_class}"
    return {
        "provider_class": f"same price as {name}, but {own}",
        "usable_context": f"same price as {name}, but a larger window "
        f"({tokens(first.usable_context)})",
        "release_date": f"otherwise equal to {name}, but newer ({first.release_date})",
        "speed_hint_tps": f"the fastest, before {name}",
        "value": f"the most score for its price, before {name}",
    }.get(column or "", f"equal to {name}, but first by name")


def _cheapest(amount: str, what: str, other: object) -> str:
    if other is None:
        return f"the only one of that band whose {what.rpartition(' ')[2]} is known"
    return f"the lowest {what} of that band ({amount})"
