"""A price list: the usual four prices of a model from their columns, the others from words.

A word of `other_prices` such as `input/batch>200000:1.25` names what is paid for, how the
request is processed, from which size of prompt on, and USD per 1M tokens.
"""

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from modeldex.fields import PRICE_WORD

STANDARD = "standard"
USUAL = {
    "input": "input_cost_per_1m",
    "output": "output_cost_per_1m",
    "cache_read": "cache_read_cost_per_1m",
    "cache_write": "cache_write_cost_per_1m",
}
"""The column of what is usually paid for: processed as standard, whatever the size."""


class Price(NamedTuple):
    """One line of a price list.

    `direction` is input, output, cache_read, cache_write or cache_write_1h; `processing` is
    standard, batch, flex or priority. It holds for whole requests with more than `above`
    prompt tokens, cached ones included.
    """

    direction: str
    usd_per_1m: Decimal
    processing: str = STANDARD
    above: int = 0

    @property
    def word(self) -> str:
        """The price as a word of `other_prices`."""
        how = "" if self.processing == STANDARD else f"/{self.processing}"
        size = f">{self.above}" if self.above else ""
        return f"{self.direction}{how}{size}:{decimals(self.usd_per_1m)}"


def decimals(amount: Decimal) -> str:
    """An amount in plain decimals, as short as it can be: 2.5, 0.075, 30."""
    text = f"{amount:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


@lru_cache(maxsize=4096)
def price_of(word: str) -> Price | None:
    """The price that a word of `other_prices` states; None where it states none."""
    found = PRICE_WORD.fullmatch(word)
    if found is None:
        return None
    direction, processing, above, amount = found.groups()
    return Price(direction, Decimal(amount), processing or STANDARD, int(above or 0))


def price_list(facts: Mapping[str, object]) -> list[Price]:
    """Every known price of a model, from its fields by name; the usual ones first.

    A word that states no price is passed over.
    """
    others = map(price_of, _words(facts.get("other_prices")))
    return [*_usual(facts), *(price for price in others if price)]


def _usual(facts: Mapping[str, object]) -> Iterator[Price]:
    for direction, column in USUAL.items():
        cost = facts.get(column)
        if isinstance(cost, int | float):
            yield Price(direction, _exact(cost))


@lru_cache(maxsize=4096)
def _exact(number: float) -> Decimal:
    """The amount that a float was written as: 0.1, and not what binary fractions make of it."""
    return Decimal(repr(number))


def _words(stored: object) -> Iterable[str]:
    if isinstance(stored, str):
        return stored.split(",")
    return sorted(stored) if isinstance(stored, Iterable) else ()
