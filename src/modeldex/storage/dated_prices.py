"""The main prices of offers whose price list has a price that holds by its date today.

A stored price list does not change on the day of a price: what ranks the offer follows from it at
the first refresh on or after that day.
"""

from collections.abc import Mapping
from typing import Any

from modeldex.vocabulary import clock
from modeldex.vocabulary.ends import day_after
from modeldex.vocabulary.normalize import OfferKey, Stored
from modeldex.vocabulary.price_rule import main_prices
from modeldex.vocabulary.prices import USUAL, price_list

_SHEET = (*USUAL.values(), "other_prices", "price_basis")
_STATED = "resolver NOT IN ('dated_prices', 'target')"
_OPINIONS = (
    f"SELECT m.provider, m.name, c.observed_at, {', '.join('c.' + n for n in _SHEET)} "
    "FROM capabilities c JOIN models m ON m.id = c.model_id "
    "JOIN resolvers r ON r.name = c.resolver "
    f"WHERE c.other_prices IS NOT NULL AND c.{_STATED} AND c.model_id IN "
    f"(SELECT model_id FROM capabilities WHERE instr(other_prices, '..') > 0 AND {_STATED}) "
    "ORDER BY r.place"
)
"""SQL: the opinions on other prices of offers with a dated one; the winner of an offer is last."""


def in_force(connection: Any) -> tuple[dict[OfferKey, dict[str, Stored]], dict[OfferKey, str]]:
    """Return the price lists that a date has changed, as of today, and when each was observed."""
    found: dict[OfferKey, dict[str, Stored]] = {}
    observed: dict[OfferKey, str] = {}
    for provider, name, moment, *values in connection.execute(_OPINIONS).fetchall():
        sheet = dict(zip(_SHEET, values, strict=True))
        found[provider, name] = {n: it for n, it in sheet.items() if it is not None}
        observed[provider, name] = moment
    moved = {offer: now for offer, sheet in found.items() if (now := _moved(sheet)) != sheet}
    return moved, {offer: observed[offer] for offer in moved}


def next_change(connection: Any) -> str | None:
    """Return the first day after today on which a dated price begins or has ended; None if none."""
    today, days = clock.today().isoformat(), set()
    for *_, others, _ in connection.execute(_OPINIONS).fetchall():
        for price in price_list({"other_prices": others}):
            days |= {price.valid_from, price.valid_until and day_after(price.valid_until, 1)}
    return min((day for day in days if day and day > today), default=None)


def _moved(sheet: Mapping[str, Stored]) -> dict[str, Stored]:
    """The same list with the main prices of today."""
    now = main_prices(price_list(sheet), clock.today())
    return {**sheet, **{USUAL[n]: float(price) for n, price in now.items() if n in USUAL}}
