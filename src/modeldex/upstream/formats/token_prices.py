"""Parses amounts of money as hosts write them, and converts token prices to USD per 1M."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from decimal import Decimal, InvalidOperation
from typing import Annotated

from pydantic import PlainValidator, ValidationInfo

from modeldex.upstream.formats import peak_hours
from modeldex.upstream.formats.payload import Limit, Maybe, Payload, number
from modeldex.upstream.formats.price_basis import CACHE_READ, CACHE_WRITE, INPUT, OUTPUT, exact
from modeldex.upstream.formats.price_tiers import Stated
from modeldex.vocabulary.price_hours import Hours
from modeldex.vocabulary.prices import USUAL

USD_PER_TOKEN = Decimal(1_000_000)
USD_PER_1M = Decimal(1)
CENTS_PER_TOKEN = Decimal(10_000)
CENTS_PER_100M = Decimal("0.0001")

_DIGITS = 40


def _text(value: object, info: ValidationInfo) -> Decimal | None:
    amount = None
    if isinstance(value, str) and len(value) <= _DIGITS:
        with suppress(InvalidOperation):
            amount = Decimal(value)
    return _plausible(value, amount, info)


def _number(value: object, info: ValidationInfo) -> Decimal | None:
    amount = _plausible(value, exact(number(value)), info)
    # Some hosts compute prices in binary floating point: 0.25999999999999995 means 0.26.
    return None if amount is None else Decimal(f"{amount:.12g}")


def _plausible(value: object, amount: Decimal | None, info: ValidationInfo) -> Decimal | None:
    if amount is not None and amount.is_finite() and abs(amount.adjusted()) < _DIGITS:
        return amount
    if value is not None and info.context is not None:
        info.context[f"{info.field_name}: not an amount of money"] += 1
    return None


TextAmount = Annotated[Decimal | None, PlainValidator(_text)]
"""A decimal in a string. A JSON number is unknown: the hosts that write numbers use other units."""

NumberAmount = Annotated[Decimal | None, PlainValidator(_number)]
"""A JSON number, also as text, rounded to 12 digits to remove binary rounding errors."""


def prices(
    unit: Decimal,
    input_: Decimal | None,
    output: Decimal | None,
    cache_read: Decimal | None = None,
    cache_write: Decimal | None = None,
) -> dict[str, object]:
    """The price fields in USD per 1M tokens, for amounts times `unit`; None is left out."""
    amounts = {INPUT: input_, OUTPUT: output, CACHE_READ: cache_read, CACHE_WRITE: cache_write}
    return {field: amount * unit for field, amount in amounts.items() if amount is not None}


class Amounts(Payload):
    """Token prices in USD per token."""

    prompt: TextAmount = None
    completion: TextAmount = None
    input_cache_read: TextAmount = None
    input_cache_write: TextAmount = None
    input_cache_write_1h: TextAmount = None

    def by_direction(self) -> dict[str, Decimal]:
        """The stated prices in USD per 1M by kind of tokens."""
        amounts = {
            "input": self.prompt,
            "output": self.completion,
            "cache_read": self.input_cache_read,
            "cache_write": self.input_cache_write,
            "cache_write_1h": self.input_cache_write_1h,
        }
        known = {name: amount for name, amount in amounts.items() if amount is not None}
        return {name: amount * USD_PER_TOKEN for name, amount in known.items()}


class Override(Amounts):
    """Prices that replace the usual ones above a prompt size, or during some hours."""

    min_prompt_tokens: Limit = None
    utc_start: Maybe[int] = None
    utc_end: Maybe[int] = None


class Pricing(Amounts):
    """The `pricing` object of OpenRouter, which other hosts use too.

    Some prices hold during hours in UTC, as numbers such as 1630 and 30; others for long prompts.
    """

    overrides: Maybe[list[Maybe[Override]]] = None

    def facts(self) -> dict[str, object]:
        """The price fields in USD per 1M tokens, at the dearest hours, and `other_prices`."""
        usual = self.by_direction()
        at_hours = [(hours, usual | each.by_direction()) for each, hours in self._at_hours()]
        dearest, others = peak_hours.by_hour(usual, at_hours, _height)
        stated = [
            *self._for_all_hours(dearest),
            *(
                Stated(name, amount, hours=hours.text)
                for hours, prices in others
                for name, amount in prices.items()
                if amount != dearest.get(name)
            ),
        ]
        fields = {USUAL[name]: amount for name, amount in dearest.items() if name in USUAL}
        return {**fields, "other_prices": stated}

    def _at_hours(self) -> Iterator[tuple[Override, Hours]]:
        for override in filter(None, self.overrides or ()):
            start, end = override.utc_start, override.utc_end
            if start is not None and end is not None and not override.min_prompt_tokens:
                hours = peak_hours.span(f"{start:04}-{end:04}")
                if hours is not None:
                    yield override, hours

    def _for_all_hours(self, prices: Mapping[str, Decimal]) -> Iterator[Stated]:
        if "cache_write_1h" in prices:
            yield Stated("cache_write_1h", prices["cache_write_1h"])
        for override in filter(None, self.overrides or ()):
            above = override.min_prompt_tokens
            if above and override.utc_start is None and override.utc_end is None:
                for name, amount in override.by_direction().items():
                    yield Stated(name, amount, above=above)


def _height(prices: Mapping[str, Decimal]) -> Decimal:
    """How dear prices are: three tokens of input and one of output."""
    return 3 * prices.get("input", Decimal(0)) + prices.get("output", Decimal(0))
