"""Prices beside the usual ones, as upstream states them, on their way to `other_prices`."""

from collections import Counter
from collections.abc import Iterable
from decimal import Decimal
from typing import NamedTuple

from modeldex.fields import MAX_PRICE, MAX_TOKENS
from modeldex.listings.price_basis import exact
from modeldex.prices import STANDARD, Price

_FINEST = Decimal("1e-12")


class Stated(NamedTuple):
    """A price as a data set states it: `amount` in USD per 1M tokens, of any type yet."""

    direction: str
    amount: object
    processing: str = STANDARD
    above: object = 0


def words(stated: Iterable[Stated], basis: object, left_out: Counter[str]) -> list[str]:
    """The words of those that can be prices, sorted; of one slice the first stays.

    `basis` is why the offer costs what it does: only one that is metered has other prices.
    What cannot be a price is counted by reason; an amount of None states nothing.
    """
    slices: dict[tuple[str, str, int], str] = {}
    for each in stated:
        if each.amount is None:
            continue
        price, reason = _read(each)
        if price is None or basis != "metered":
            left_out[f"other_prices: {reason or 'of an offer that is not metered'}"] += 1
        else:
            slices.setdefault((price.direction, price.processing, price.above), price.word)
    return sorted(slices.values())


def _read(stated: Stated) -> tuple[Price | None, str]:
    """The price, or why it is none."""
    above, amount = exact(stated.above), exact(stated.amount)
    if above is None or not 0 <= above < MAX_TOKENS or above != int(above):
        return None, "no size of a prompt"
    if amount is None:
        return None, "expected a number"
    if amount < 0:
        return None, "below 0"
    if amount > MAX_PRICE:
        return None, f"above {MAX_PRICE}"
    amount = _clean(amount)
    if amount == 0:
        return None, "zero beside a price"
    return Price(stated.direction, amount, stated.processing, int(above)), ""


def _clean(amount: Decimal) -> Decimal:
    """The amount without the noise of binary fractions: 2.5 for 2.5000000000000004."""
    return Decimal(f"{amount:.12g}").quantize(_FINEST)
