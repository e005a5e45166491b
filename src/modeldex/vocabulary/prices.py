"""Build a model's price list from its four price columns and the words of `other_prices`.

A word such as `input/batch>200000:1.25` has the kind of tokens, the processing, the prompt size
above which it applies, and USD per 1M tokens. Behind an `@` each, in this order, may stand the
region, the hours and the days for which it holds: `output@eu-west-2@1630-0030@2026-12-01..:2.5`.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from modeldex.vocabulary.price_hours import HOURS

REGION = r"(?:\*|(?=[a-z0-9-]{1,40}(?![a-z0-9-]))[a-z][a-z0-9]*(?:-[a-z0-9]+)*)"
"""Name of a region at its provider; `*` is every single region, as opposed to `global`."""

_DAY = r"20\d\d-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])"

PRICE_WORD = re.compile(
    r"(input|output|cache_read|cache_write|cache_write_1h)(?:/(batch|flex|priority))?"
    rf"(?:>([1-9]\d{{0,8}}))?(?:@({REGION}))?(?:@({HOURS}))?"
    rf"(?:@(?=[^:]*\d)({_DAY})?\.\.({_DAY})?)?:(\d{{1,7}}(?:\.\d{{1,12}})?)",
    re.ASCII,
)
"""One word of `other_prices`: `input/batch>200000:1.25` is the batch price in USD per 1M
prompt tokens, for requests with more than 200,000 prompt tokens."""

STANDARD = "standard"
USUAL = {
    "input": "input_cost_per_1m",
    "output": "output_cost_per_1m",
    "cache_read": "cache_read_cost_per_1m",
    "cache_write": "cache_write_cost_per_1m",
}
"""Column of each kind of tokens: standard processing, smallest prompt size."""


class Price(NamedTuple):
    """One line of a price list.

    `direction` is input, output, cache_read, cache_write or cache_write_1h; `processing` is
    standard, batch, flex or priority. It applies to all tokens of requests with more than
    `above` prompt tokens, including cached ones.

    It holds in one `region` (`*`: in any but the global one), during `hours` of the day in UTC (as
    in `modeldex.vocabulary.price_hours`), and from the day `valid_from` to the end of `valid_until`
    (UTC); None is no condition.
    """

    direction: str
    usd_per_1m: Decimal
    processing: str = STANDARD
    above: int = 0
    region: str | None = None
    hours: str | None = None
    valid_from: str | None = None
    valid_until: str | None = None

    @property
    def is_always(self) -> bool:
        """Whether it depends on no region, hour or day."""
        return self[-4:] == (None, None, None, None)

    @property
    def slice(self) -> str:
        """What it is the price of: its word without the amount."""
        how = "" if self.processing == STANDARD else f"/{self.processing}"
        size = f">{self.above}" if self.above else ""
        dates = f"{self.valid_from or ''}..{self.valid_until or ''}"
        conditions = (self.region, self.hours, dates if len(dates) > len("..") else None)
        where = "".join(f"@{each}" for each in conditions if each)
        return f"{self.direction}{how}{size}{where}"

    @property
    def word(self) -> str:
        """The price as a word of `other_prices`."""
        return f"{self.slice}:{decimals(self.usd_per_1m)}"


def decimals(amount: Decimal) -> str:
    """Format an amount without exponent and trailing zeros: 2.5, 0.075, 30."""
    text = f"{amount:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


# Cached, as ranking by cost parses the same words for many offers.
@lru_cache(maxsize=4096)
def price_of(word: str) -> Price | None:
    """Parse a word of `other_prices`; None if it is malformed, or of a later version."""
    found = PRICE_WORD.fullmatch(word)
    if found is None:
        return None
    direction, processing, above, *conditions, amount = found.groups()
    return Price(direction, Decimal(amount), processing or STANDARD, int(above or 0), *conditions)


def price_list(facts: Mapping[str, object]) -> list[Price]:
    """Return every known price of a model from its field values, the four columns first.

    Malformed words are skipped.
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
    """Return the decimal as which a float is written: 0.1 instead of 0.1000000000000000055."""
    return Decimal(repr(number))


def _words(stored: object) -> Iterable[str]:
    if isinstance(stored, str):
        return stored.split(",")
    return sorted(stored) if isinstance(stored, Iterable) else ()
