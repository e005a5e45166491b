"""Amounts of money as hosts write them, and the price of tokens as fields: USD per 1M."""

from collections.abc import Iterator
from contextlib import suppress
from decimal import Decimal, InvalidOperation
from typing import Annotated

from pydantic import PlainValidator, ValidationInfo

from modeldex.listings.price_basis import CACHE_READ, CACHE_WRITE, INPUT, OUTPUT, exact
from modeldex.listings.price_words import Stated
from modeldex.listings.theirs import Limit, Maybe, Theirs

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
    return _sane(value, amount, info)


def _number(value: object, info: ValidationInfo) -> Decimal | None:
    amount = _sane(value, exact(value), info)
    # binary fractions leave 0.25999999999999995 where 0.26 is meant
    return None if amount is None else Decimal(f"{amount:.12g}")


def _sane(value: object, amount: Decimal | None, info: ValidationInfo) -> Decimal | None:
    if amount is not None and amount.is_finite() and abs(amount.adjusted()) < _DIGITS:
        return amount
    if value is not None and info.context is not None:
        info.context[f"{info.field_name}: no amount"] += 1
    return None


TextAmount = Annotated[Decimal | None, PlainValidator(_text)]
"""A decimal number in a text; a bare number would be in another host's unit, so is unknown."""

NumberAmount = Annotated[Decimal | None, PlainValidator(_number)]
"""A JSON number, freed of the noise of binary fractions."""


def prices(
    unit: Decimal,
    taken: Decimal | None,
    given: Decimal | None,
    cache_read: Decimal | None = None,
    cache_write: Decimal | None = None,
) -> dict[str, object]:
    """The price fields of amounts in a unit, converted exactly; None is no price."""
    amounts = {INPUT: taken, OUTPUT: given, CACHE_READ: cache_read, CACHE_WRITE: cache_write}
    return {field: amount * unit for field, amount in amounts.items() if amount is not None}


class Amounts(Theirs):
    """Prices of tokens: USD per token."""

    prompt: TextAmount = None
    completion: TextAmount = None
    input_cache_read: TextAmount = None
    input_cache_write: TextAmount = None
    input_cache_write_1h: TextAmount = None

    def stated(self, above: int) -> Iterator[Stated]:
        """The price of each kind of token, of prompts with more than so many."""
        amounts = {
            "input": self.prompt,
            "output": self.completion,
            "cache_read": self.input_cache_read,
            "cache_write": self.input_cache_write,
            "cache_write_1h": self.input_cache_write_1h,
        }
        for direction, amount in amounts.items():
            if amount is not None:
                yield Stated(direction, amount * USD_PER_TOKEN, above=above)


class Override(Amounts):
    """Prices that hold instead, from a size of the prompt on or at some hours."""

    min_prompt_tokens: Limit = None
    utc_start: Maybe[int] = None
    utc_end: Maybe[int] = None


class Pricing(Amounts):
    """The `pricing` object that OpenRouter began and others took over."""

    overrides: Maybe[list[Maybe[Override]]] = None

    def facts(self) -> dict[str, object]:
        """The price fields."""
        cache = self.input_cache_read, self.input_cache_write
        usual = prices(USD_PER_TOKEN, self.prompt, self.completion, *cache)
        return usual | {"other_prices": list(self._others())}

    def _others(self) -> Iterator[Stated]:
        if self.input_cache_write_1h is not None:
            yield Stated("cache_write_1h", self.input_cache_write_1h * USD_PER_TOKEN)
        for override in filter(None, self.overrides or ()):
            above = override.min_prompt_tokens
            if above and override.utc_start is None and override.utc_end is None:
                yield from override.stated(above)
