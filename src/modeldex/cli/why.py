"""Why the winner won, in one line."""

from modeldex.catalog import Record
from modeldex.cli.terminal import money, show, tokens


def why(best: Record, second: Record | None, total: int) -> str:
    """What the winner has and what put it before the runner-up; `total` is how many matched."""
    tier = f"tier {best['quality_tier']}" if best["quality_tier"] else "tier unknown"
    if second is None:
        return f"the only one that matches: {tier}; {prices(best)}"
    return f"first of {total:,} that match: {tier}; {prices(best)}; {_edge(best, second)}"


def prices(record: Record) -> str:
    """Both prices of a model per 1M tokens, or that they are unknown."""
    given, got = record["input_cost_per_1m"], record["output_cost_per_1m"]
    if given is None and got is None:
        return "price unknown"
    return f"{_price(given)} in, {_price(got)} out per 1M tokens"


def _price(value: object) -> str:
    return "unknown" if value is None else money(value)


def _edge(best: Record, second: Record) -> str:
    """The first ranking column on which the two differ, in words."""
    other = show(second["id"])
    if best["quality_tier"] != second["quality_tier"]:
        return "the only one of that tier"
    if best["blended_cost"] != second["blended_cost"]:
        if second["blended_cost"] is None:
            return "the only one of that tier whose price is known"
        return f"the lowest blended price of that tier ({money(best['blended_cost'])})"
    if best["usable_context"] != second["usable_context"]:
        return f"priced as {other}, with a larger window ({tokens(best['usable_context'])})"
    if best["release_date"] != second["release_date"]:
        return f"level with {other}, but newer ({best['release_date']})"
    return f"level with {other}, first by name"
