"""The reason why the best model is ranked first, in one line."""

from typing import cast

from modeldex.catalog import Record
from modeldex.cli.terminal import money, show, tokens
from modeldex.ranking import difference


def why(best: Record, second: Record | None, total: int) -> str:
    """Tier and price of the best model, and what ranks it before the second.

    `total` is the number of models that match.
    """
    tier = f"tier {best['quality_tier']}" if best["quality_tier"] else "tier unknown"
    if second is None:
        return f"the only model that matches: {tier}; {prices(best)}"
    return f"first of {total:,} that match: {tier}; {prices(best)}; {_edge(best, second)}"


def prices(record: Record) -> str:
    """Input and output price of a model per 1M tokens."""
    input_, output = record["input_cost_per_1m"], record["output_cost_per_1m"]
    if input_ is None and output is None:
        return "price unknown"
    return f"{_price(input_)} in, {_price(output)} out per 1M tokens"


def _price(value: object) -> str:
    return "unknown" if value is None else money(value)


def cost(record: Record) -> str:
    """The cost of the workload on a model, in words."""
    usd = _usd(record)
    return "unknown for this workload" if usd is None else f"{money(usd)} for this workload"


def _usd(record: Record) -> object:
    """The cost of the workload in USD; None if it is unknown or there is no workload."""
    return cast("dict[str, object]", record.get("cost", {})).get("usd")


def _edge(best: Record, second: Record) -> str:
    """The first ranking column in which the two differ, in words."""
    other = show(second["id"])
    column = difference(best, second)
    if column == "quality_tier":
        return "the only one of that tier"
    if _usd(best) != _usd(second):
        return _cheapest(cost(best), "cost", _usd(second))
    if column == "blended_cost":
        price = money(best["blended_cost"])
        return _cheapest(price, "blended price", second["blended_cost"])
    window = tokens(best["usable_context"])
    return {
        "usable_context": f"same price as {other}, but a larger window ({window})",
        "release_date": f"otherwise equal to {other}, but newer ({best['release_date']})",
    }.get(column or "", f"equal to {other}, but first by name")


def _cheapest(amount: str, what: str, other: object) -> str:
    if other is None:
        return f"the only one of that tier whose {what.rpartition(' ')[2]} is known"
    return f"the lowest {what} of that tier ({amount})"
