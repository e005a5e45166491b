"""The prices of an entry of LiteLLM's map: in keys of their own, or in ranges of prompt sizes.

They are USD per token; a number may be written as text.
"""

import re
from collections.abc import Iterator
from decimal import Decimal

from modeldex.upstream.formats.payload import number
from modeldex.upstream.formats.price_basis import CACHE_READ, CACHE_WRITE, INPUT, OUTPUT, exact
from modeldex.upstream.formats.price_tiers import Stated
from modeldex.upstream.formats.rows import items, table

NOT_GENERATING = frozenset({"embedding", "rerank", "moderation"})
_COSTS = {
    INPUT: "input_cost_per_token",
    OUTPUT: "output_cost_per_token",
    CACHE_READ: "cache_read_input_token_cost",
    CACHE_WRITE: "cache_creation_input_token_cost",
}

DIRECTIONS = {
    "input_cost_per_token": "input",
    "output_cost_per_token": "output",
    "cache_read_input_token_cost": "cache_read",
    "cache_creation_input_token_cost": "cache_write",
    "cache_creation_input_token_cost_above_1hr": "cache_write_1h",
}
_PROCESSINGS = {None: "standard", "batches": "batch", "flex": "flex", "priority": "priority"}
_PRICE_KEY = re.compile(
    rf"({'|'.join(sorted(DIRECTIONS, reverse=True))})"
    r"(?:_above_(\d{1,9})(k?)_tokens)?(?:_(batches|flex|priority))?"
)


def prices(entry: dict[str, object]) -> dict[str, object]:
    """Return the four usual prices by catalog field, USD per 1M tokens; None where unknown."""
    smallest = next((tier for tier in _tiers(entry) if items(tier.get("range"))[:1] == [0]), {})
    costs = {ours: entry.get(key, smallest.get(key)) for ours, key in _COSTS.items()}
    return {ours: _per_million(cost) for ours, cost in costs.items()}


def _tiers(entry: dict[str, object]) -> list[dict[str, object]]:
    return [table(tier) for tier in items(entry.get("tiered_pricing"))]


def main_prices(entry: dict[str, object]) -> Iterator[Stated]:
    """The four usual prices; that of output where there is one."""
    usual = prices(entry)
    return (Stated(DIRECTIONS[key], usual[ours]) for ours, key in _COSTS.items() if usual[ours])


def other_prices(entry: dict[str, object], mode: str | None) -> list[Stated]:
    """Prices beside the four usual ones, without output prices where no text is generated."""
    stated = [*_steps(entry), *_others(entry)]
    return [each for each in stated if each.direction != "output" or mode not in NOT_GENERATING]


def _steps(entry: dict[str, object]) -> Iterator[Stated]:
    """The prices for longer prompts in `tiered_pricing`, a list of ranges."""
    for tier in _tiers(entry):
        start = next(iter(items(tier.get("range"))), 0)
        if start != 0:
            for key, direction in DIRECTIONS.items():
                yield Stated(direction, _per_million(tier.get(key)), above=start)


def _others(entry: dict[str, object]) -> Iterator[Stated]:
    """The prices for a prompt size or a processing mode, which are part of the key."""
    for key, cost in entry.items():
        if key in _COSTS.values() or (found := _PRICE_KEY.fullmatch(key)) is None:
            continue
        what, size, thousands, processing = found.groups()
        above = int(size or 0) * (1000 if thousands else 1)
        yield Stated(DIRECTIONS[what], _per_million(cost), _PROCESSINGS[processing], above)


def _per_million(cost: object) -> object:
    amount = exact(number(cost))
    return cost if amount is None else amount * Decimal(1_000_000)
