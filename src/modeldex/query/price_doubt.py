"""Doubt about a price: sheets of different resolvers that differ by a factor of two or more."""

from collections.abc import Iterable
from typing import NamedTuple, cast

from modeldex.query.catalog import Catalog
from modeldex.vocabulary.entry import CatalogEntry
from modeldex.vocabulary.formatting import dollars

APART = 2
"""Prices of which one is this many times the other are in doubt."""


class StatedPrices(NamedTuple):
    """The prices of one resolver, in USD per 1M tokens."""

    resolver: str
    input_cost_per_1m: float | None
    output_cost_per_1m: float | None


class PriceDoubt(NamedTuple):
    """The sheets of one offer, of which two differ by a factor of APART; the highest is first.

    `text` says so in words. Where two data sets have outvoted a third, they are in `agreed`.
    """

    id: str
    text: str
    sheets: tuple[StatedPrices, ...]
    agreed: tuple[str, ...] = ()


_Row = tuple[str, float | None, float | None]

_SHEETS = """SELECT c.resolver, c.input_cost_per_1m, c.output_cost_per_1m
FROM {0}capabilities c JOIN {0}resolvers r ON r.name = c.resolver
  JOIN catalog m ON m.model_id = c.model_id
WHERE m.provider = :of_provider AND m.name = :of_name
  AND (c.input_cost_per_1m IS NOT NULL OR c.output_cost_per_1m IS NOT NULL)
  AND NOT EXISTS (SELECT 1 FROM {0}capabilities x JOIN {0}resolvers y ON y.name = x.resolver
    WHERE x.model_id = c.model_id AND x.input_cost_per_1m IS NOT NULL AND y.precedence >=
      (SELECT precedence FROM {0}resolvers WHERE name = 'perf_lab'))
ORDER BY r.place DESC"""
"""SQL: the prices that are stated of an offer, unless somebody has measured or overridden them."""

_AGREED = """SELECT s.states, s.confirms FROM price_consensus s
  JOIN models m ON m.id = s.model_id JOIN resolvers r ON r.name = s.confirms
WHERE m.provider = :of_provider AND m.name = :of_name ORDER BY r.place DESC"""


def price_doubts(catalog: Catalog, entries: Iterable[CatalogEntry]) -> list[PriceDoubt]:
    """The doubts about the prices of these offers, in their order."""
    return [doubt for entry in entries if (doubt := price_doubt(catalog, entry))]


def price_doubt(catalog: Catalog, entry: CatalogEntry) -> PriceDoubt | None:
    """The doubt about the prices of an offer; None if nobody contradicts them."""
    key = {"of_provider": entry.spec.provider, "of_name": entry.spec.name}
    past = "past_" if catalog.moment else ""
    rows = cast("list[_Row]", catalog.rows(_SHEETS.format(past), key))
    sheets = tuple(map(StatedPrices._make, rows))
    if not (
        _apart(one.input_cost_per_1m for one in sheets)
        or _apart(one.output_cost_per_1m for one in sheets)
    ):
        return None
    found = [] if past else catalog.rows(_AGREED, key)[:1]
    agreed = tuple(str(name) for row in found for name in row)
    return PriceDoubt(entry.id, _text(sheets, agreed), sheets, agreed)


def _apart(prices: Iterable[float | None]) -> bool:
    known = {price for price in prices if price is not None}
    return len(known) > 1 and max(known) >= APART * min(known)


def _text(sheets: Iterable[StatedPrices], agreed: tuple[str, ...]) -> str:
    said = ", ".join(
        f"{one.resolver} {_price(one.input_cost_per_1m)} in, {_price(one.output_cost_per_1m)} out"
        for one in sheets
    )
    why = f"; {' and '.join(agreed)} agree against an older one" if agreed else ""
    return f"price in doubt: {said}{why}"


def _price(cost: float | None) -> str:
    return "?" if cost is None else dollars(cost)
