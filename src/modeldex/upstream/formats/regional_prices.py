"""LiteLLM's prices that depend on the region or the hour, as prices of the model they are of.

A key such as `bedrock/eu-west-2/NAME` or `azure/eu/NAME` prices one region. Other entries state by
what factor a region is dearer. `off_peak_pricing` holds the prices of some hours of the week.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal

from modeldex.upstream.formats import peak_hours
from modeldex.upstream.formats.payload import number
from modeldex.upstream.formats.price_basis import exact
from modeldex.upstream.formats.price_tiers import Stated
from modeldex.upstream.formats.rows import items, table
from modeldex.vocabulary.price_hours import Hours
from modeldex.vocabulary.prices import STANDARD

REGIONAL = re.compile(r"([a-z]{2}(?:-gov)?-[a-z]+-\d+|us|eu|apac|us-gov)/(.+)")
"""A name that begins with a region, behind which is that of the model."""

_UPLIFTS = {
    "regional_processing_uplift_multiplier_eu": "eu",
    "regional_processing_uplift_multiplier_us": "us",
    "regional_endpoint_uplift_multiplier": "*",
}
_ZONES = ("eu", "us")
"""Regions that `provider_specific_entry` has factors for, beside what are no regions."""


def of_region(stated: Iterable[Stated], region: str) -> Iterator[Stated]:
    """Yield the prices as those of a region."""
    return (each._replace(region=region) for each in stated)


def uplifted(entry: Mapping[str, object], stated: Iterable[Stated]) -> Iterator[Stated]:
    """Yield the standard and batch prices of the regions that are dearer by a factor."""
    factors = {region: entry.get(key) for key, region in _UPLIFTS.items()}
    specific = table(entry.get("provider_specific_entry"))
    factors |= {zone: specific[zone] for zone in _ZONES if zone in specific}
    prices = [each for each in stated if each.processing in (STANDARD, "batch")]
    for region, factor in factors.items():
        known = exact(number(factor))
        if known is not None and known > 0:
            yield from (
                each._replace(amount=amount * known, region=region)
                for each in prices
                if (amount := exact(each.amount)) is not None
            )


def off_peak(
    entry: Mapping[str, object], directions: Mapping[str, str], left_out: Counter[str]
) -> Iterator[Stated]:
    """Yield the prices of the hours at which a model is cheaper, in USD per 1M tokens."""
    block = table(entry.get("off_peak_pricing"))
    if not block:
        return
    try:
        spans = list(_spans(block))
    except ValueError:
        spans = []
    if not spans:
        left_out["other_prices: of hours that cannot be read"] += 1
    for key, direction in directions.items():
        cheap, usual = exact(number(block.get(key))), exact(number(entry.get(key)))
        if cheap is None or cheap == usual:
            continue
        if usual is None or cheap > usual:
            left_out["other_prices: an off-peak price that is no lower"] += 1
            continue
        for hours in spans:
            yield Stated(direction, cheap * Decimal(1_000_000), hours=hours.text)


def _spans(block: Mapping[str, object]) -> Iterator[Hours]:
    """Yield hours in UTC. Raises ValueError if any are malformed."""
    yield from _parsed(block.get("hours_utc"))
    zone = block.get("weekday_timezone") or "UTC"
    for window in map(table, items(block.get("windows"))):
        days = items(window.get("weekdays")) if "weekdays" in window else range(1, 8)
        known = [day for day in map(peak_hours.weekday, days) if day is not None]
        yield from peak_hours.on_days(_parsed(window.get("hours_utc")), known, str(zone))


def _parsed(given: object) -> list[Hours]:
    texts = given if isinstance(given, list) else [given] if given else []
    spans = [peak_hours.span(str(text)) for text in texts]
    known = [span for span in spans if span is not None]
    if len(known) < len(spans):
        raise ValueError("malformed hours")
    return known
