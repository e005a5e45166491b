"""Encodes upstream prices beside the four usual ones as the words of `other_prices`."""

from collections import Counter
from collections.abc import Iterable
from decimal import Decimal
from typing import NamedTuple

from modeldex.upstream.formats.price_basis import exact
from modeldex.vocabulary.fields import MAX_PRICE, MAX_TOKENS
from modeldex.vocabulary.prices import STANDARD, Price, price_of

_FINEST = Decimal("1e-12")


class Stated(NamedTuple):
    """A price as a data set states it, unvalidated; `amount` in USD per 1M tokens.

    Where and when it holds is as in `modeldex.vocabulary.prices.Price`.
    """

    direction: str
    amount: object
    processing: str = STANDARD
    above: object = 0
    region: str | None = None
    hours: str | None = None
    valid_from: str | None = None
    valid_until: str | None = None


def price_words(stated: Iterable[Stated], basis: object, left_out: Counter[str]) -> list[str]:
    """The words of all valid prices, sorted; of two for the same case the first wins.

    `basis` is the offer's price basis: only a metered offer has other prices. Invalid prices
    are counted by reason in `left_out`; an amount of None is skipped.
    """
    slices: dict[str, str] = {}
    for each in stated:
        if each.amount is None:
            continue
        price, reason = _validated(each)
        if price is None or basis != "metered":
            left_out[f"other_prices: {reason or 'of an offer that is not metered'}"] += 1
        else:
            slices.setdefault(price.slice, price.word)
    return sorted(slices.values())


def _validated(stated: Stated) -> tuple[Price | None, str]:
    """The validated price, or None and the reason."""
    above, amount = exact(stated.above), exact(stated.amount)
    if above is None or not 0 <= above < MAX_TOKENS or above != int(above):
        return None, "not a prompt size"
    if amount is None:
        return None, "expected a number"
    amount = _clean(amount)
    price = Price(stated.direction, amount, stated.processing, int(above), *stated[4:])
    return (None, reason) if (reason := _fault(price)) else (price, "")


def _fault(price: Price) -> str:
    """Why a price cannot be one; empty if it can."""
    if price.usd_per_1m < 0:
        return "below 0"
    if price.usd_per_1m > MAX_PRICE:
        return f"above {MAX_PRICE}"
    if price.usd_per_1m == 0:
        return "zero beside a price"
    return "" if price_of(price.word) else "not a region, hours or days"


def _clean(amount: Decimal) -> Decimal:
    """The amount without binary rounding errors: 2.5 for 2.5000000000000004."""
    return Decimal(f"{amount:.12g}").quantize(_FINEST)
