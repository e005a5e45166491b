"""Which line of a price list applies to a request, in a region and at a moment, and why.

A price of the region comes before one of every region, and one that began later before an earlier
one, as the start of a new price list; then the largest size threshold below the prompt size, then
a batch price, if allowed, and then the hour. Of two that are equal in this, the dearer one.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import NamedTuple

from modeldex.vocabulary import clock
from modeldex.vocabulary.price_hours import hours_of
from modeldex.vocabulary.prices import STANDARD, Price, decimals, price_list

GLOBAL = "global"
AHEAD = timedelta(days=30)
"""How long before its day a change of price is announced."""


class Occasion(NamedTuple):
    """A request: tokens of its prompt, whether batch prices are allowed, its region, the moment.

    Without `hourly` the hour is left open: the highest price over the day applies, if one is known
    for all hours.
    """

    prompt: int
    moment: datetime
    batch: bool = False
    region: str | None = None
    hourly: bool = True

    def price(self, prices: Iterable[Price], direction: str) -> Price | None:
        """Return the price that applies to one kind of tokens; None if none is known."""
        fit = [each for each in prices if each.direction == direction and self._fits(each)]
        if self.hourly:
            return max(fit, key=self._closeness, default=None)
        all_day = [each for each in fit if each.hours is None]
        usual = max(all_day, key=self._closeness, default=None)
        if usual is None or len(all_day) == len(fit):
            return usual
        closest = self._case(usual)
        at_hours = (each for each in fit if each.hours and self._case(each) >= closest)
        return max((usual, *at_hours), key=lambda each: each.usd_per_1m)

    def _fits(self, price: Price) -> bool:
        _, _, processing, above, region, hours, since, until = price
        if above and above >= self.prompt:
            return False
        if processing != STANDARD and not (self.batch and processing == "batch"):
            return False
        if price.is_always:
            return True
        day = self.moment.date().isoformat()
        return (
            (region is None or region == self.region or (region == "*" and self._is_regional))
            and (since is None or since <= day)
            and (until is None or day <= until)
            and (hours is None or not self.hourly or hours_of(hours).hold(self.moment))
        )

    @property
    def _is_regional(self) -> bool:
        return self.region is not None and self.region != GLOBAL

    def _closeness(self, price: Price) -> tuple[object, ...]:
        """A sort key: the case that a price is of, then the hour, then the amount."""
        return (*self._case(price), price.hours is not None, price.usd_per_1m)

    def _case(self, price: Price) -> tuple[object, ...]:
        """A sort key of prices that hold: the closer to the request, the greater."""
        return (
            price.region == self.region,
            price.region is not None,
            price.valid_from or "",
            price.valid_until is not None,
            price.above,
            price.processing != STANDARD,
        )


def used(price: Price, prices: Sequence[Price], occasion: Occasion) -> str | None:
    """Say by which region, hours and days a price was chosen; None if by none of them."""
    said = []
    if price.hours is not None:
        peak = occasion._replace(hourly=False).price(prices, price.direction)
        is_low = peak is not None and peak.usd_per_1m > price.usd_per_1m
        said.append(f"{'off-peak' if is_low else 'peak'} price, {hours_of(price.hours)}")
    if price.region is not None:
        said.append(f"price of {'single regions' if price.region == '*' else price.region}")
    if price.valid_from is not None:
        said.append(f"price from {price.valid_from}")
    if price.valid_until is not None:
        said.append(f"price until {price.valid_until}")
    return ", ".join(said) or None


def price_change(
    facts: Mapping[str, object], today: date | None = None, region: str | None = None
) -> str | None:
    """Return the next change of input or output price within 30 days: `from 2026-12-01 4/20`.

    Prices are those of the peak hour, in USD per 1M tokens. None if no change is known.
    """
    prices = price_list(facts)
    day = today or clock.today()
    before = _main_prices(prices, day, region)
    for start in sorted(_turns(prices)):
        if day.isoformat() < start <= (day + AHEAD).isoformat():
            after = _main_prices(prices, date.fromisoformat(start), region)
            if after != before:
                return f"from {start} {'/'.join(map(_amount, after))}"
    return None


def price_in_region(facts: Mapping[str, object], region: str) -> str | None:
    """Return today's price in a region, `eu-west-2 0.23/1.01`, or that it is unknown there.

    None where nothing is known of any price.
    """
    prices = price_list(facts)
    if not prices:
        return None
    if not any(price.region in (region, "*") for price in prices):
        return f"{region} unknown; the price is that of another region"
    return f"{region} {'/'.join(map(_amount, _main_prices(prices, clock.today(), region)))}"


def _turns(prices: Iterable[Price]) -> set[str]:
    """The days on which a dated price begins, or another one follows it."""
    days = set()
    for price in prices:
        if price.valid_from:
            days |= _day_after(price.valid_from, 0)
        if price.valid_until:
            days |= _day_after(price.valid_until, 1)
    return days


def _day_after(day: str, days: int) -> set[str]:
    try:
        return {(date.fromisoformat(day) + timedelta(days)).isoformat()}
    except ValueError:  # there is no 30th of February
        return set()


def _main_prices(
    prices: Sequence[Price], day: date, region: str | None
) -> tuple[Decimal | None, ...]:
    usual = main_prices(prices, day, region)
    return usual.get("input"), usual.get("output")


def main_prices(
    prices: Sequence[Price], day: date, region: str | None = None
) -> dict[str, Decimal]:
    """Return the known prices of a day by kind of tokens: standard, smallest size, peak hour."""
    noon = datetime.combine(day, time(12))
    occasion = Occasion(0, noon, region=region, hourly=False)
    found = {name: occasion.price(prices, name) for name in {price.direction for price in prices}}
    return {name: price.usd_per_1m for name, price in found.items() if price}


def _amount(price: Decimal | None) -> str:
    return "unknown" if price is None else decimals(price)
