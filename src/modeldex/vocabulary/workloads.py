"""Compute the cost of a workload on a model from its price list.

    workload = Workload(20_000, 1_000, cached_fraction=0.8, requests=1_000)
    workload.cost_of(model).usd

Ranking and reports use the same rule, that of `modeldex.vocabulary.price_rule`. For each kind of
token, the price with the largest size threshold below the prompt size applies, to all tokens of the
request; cached tokens count towards the size. If the price of a kind with tokens is unknown, the
cost is unknown, never 0. If another price is used in place of an unknown one, `assumed` says which;
`notes` say which prices are those of a region, an hour or a date, and what changes soon.

A host refuses a prompt above its cap, and one that with its output is longer than the window:
`exceeds` says so. Where no limit is known, none is exceeded.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Generic, NamedTuple, TypeVar, cast

from modeldex.errors import InvalidQuery
from modeldex.vocabulary import clock, timestamps
from modeldex.vocabulary.entry import CatalogEntry, window
from modeldex.vocabulary.fields import MAX_TOKENS
from modeldex.vocabulary.formatting import dollars
from modeldex.vocabulary.price_rule import GLOBAL, Occasion, price_change, used
from modeldex.vocabulary.prices import REGION, STANDARD, Price, price_list
from modeldex.vocabulary.quantities import count
from modeldex.vocabulary.timestamps import When

M = TypeVar("M")

MAX_REQUESTS = 1_000_000_000
_LIMITS = ("served_context", "max_context", "max_input_tokens")
NOT_FOR_BATCHES = "the standard price, as the batch price is unknown"
NOT_CACHED = "the price of uncached tokens, as that of cached ones is unknown"
NOT_OF_REGION = "the main price, as that of the region is unknown"


class Charge(NamedTuple):
    """The cost of one kind of token: input, cached or output.

    `tokens` is the number per request, `usd` the cost of all requests, `price` the line of the
    price list that applies; both are None if unknown. `assumed` lists the prices used in place
    of unknown ones.
    """

    kind: str
    tokens: float
    price: Price | None
    usd: float | None
    assumed: tuple[str, ...] = ()


class Cost(NamedTuple, Generic[M]):
    """The cost of a workload on a model: `usd` for all requests, None if unknown.

    `exceeds` says which limit of the model a request exceeds, so that it would be refused, `notes`
    which prices are those of a region, hours or dates, and which will change within 30 days.
    """

    model: M
    usd: float | None
    breakdown: tuple[Charge, ...]
    exceeds: str | None = None
    notes: tuple[str, ...] = ()

    @property
    def unknown(self) -> tuple[str, ...]:
        """The kinds of tokens whose price is unknown; empty if `usd` is known."""
        return tuple(charge.kind for charge in self.breakdown if charge.usd is None)

    def __repr__(self) -> str:
        usd = "unknown" if self.usd is None else dollars(self.usd)
        return f"<Cost {usd} on {getattr(self.model, 'id', 'these prices')}>"


class WorkloadCost(NamedTuple):
    """The cost of a workload on one offer: USD for all requests and for each, None if unknown.

    `exceeds` says which limit of the offer a request exceeds, so that it would be refused, `notes`
    which prices are those of a region, hours or dates, and which will change within 30 days.
    """

    usd: float | None
    usd_per_request: float | None
    breakdown: tuple[Charge, ...]
    exceeds: str | None = None
    notes: tuple[str, ...] = ()


class _Line(NamedTuple):
    kind: str
    tokens: Decimal
    price: Price | None
    assumed: tuple[str, ...]


# Separate from Workload, as the body of a NamedTuple may not define __new__.
class _Fields(NamedTuple):
    input_tokens: int
    output_tokens: int
    cached_fraction: float = 0.0
    requests: int = 1
    batch: bool = False
    region: str | None = None
    at: str | None = None


class Workload(_Fields):
    """Requests of one size.

    `input_tokens` is the whole prompt of a request, `cached_fraction` the share of it, from 0 to
    1, that the provider's cache serves; if above 0, the rest counts as written to the cache.
    `requests` is their number. `batch` allows batch processing, with responses up to hours
    later, where it has a price. `region` is the provider's name of the region that serves them,
    such as eu-west-2; without it, and where an offer has no price of that region, the main price
    counts. `at` is when they are sent, stored as text in UTC; without it a cost is that of now, and
    an offer ranks by its price at the peak hour of today. Raises InvalidQuery.
    """

    __slots__ = ()

    def __new__(  # noqa: PLR0917  (a tuple is unpickled by position)
        cls,
        input_tokens: int | str,
        output_tokens: int | str,
        cached_fraction: float = 0.0,
        requests: int = 1,
        batch: bool = False,
        region: str | None = None,
        at: When | None = None,
    ) -> "Workload":
        """Validate the arguments; tokens may be text such as 20k."""
        input_tokens = _tokens("input_tokens", input_tokens)
        output_tokens = _tokens("output_tokens", output_tokens)
        _check_share("cached_fraction", cached_fraction)
        _check_integer("requests", requests, 1, MAX_REQUESTS)
        if type(batch) is not bool:
            raise InvalidQuery("batch", batch, "expected True or False")
        if input_tokens == output_tokens == 0:
            raise InvalidQuery("output_tokens", 0, "expected input or output tokens, not 0 of both")
        region = None if region is None else _region(region)
        moment = None if at is None else timestamps.any_moment("at", at)
        return super().__new__(
            cls, input_tokens, output_tokens, cached_fraction, requests, batch, region, moment
        )

    def cost_of(self, model: M) -> Cost[M]:
        """Return the cost on a model, a catalog entry, or any mapping of field names to values."""
        facts = fields_of(model)
        prices, occasion = price_list(facts), self._occasion(hourly=True)
        lines = list(self._lines(prices, occasion))
        total = _total(lines)
        usd = None if total is None else self._usd(total)
        notes = tuple(self._notes(facts, lines, prices, occasion))
        return Cost(model, usd, tuple(map(self._charge, lines)), self.exceeds(model), notes)

    def _occasion(self, *, hourly: bool) -> Occasion:
        moment = clock.now() if self.at is None else datetime.fromisoformat(self.at)
        return Occasion(self.input_tokens, moment, self.batch, self.region, hourly)

    def _notes(
        self,
        facts: Mapping[str, object],
        lines: Iterable[_Line],
        prices: Sequence[Price],
        occasion: Occasion,
    ) -> Iterator[str]:
        """Yield by which region, hours and days prices were chosen, and the next change."""
        applied = [line.price for line in lines if line.price]
        yield from dict.fromkeys(filter(None, (used(it, prices, occasion) for it in applied)))
        if self.region not in (None, GLOBAL) and any(it.region is None for it in applied):
            yield f"{self.region}: {NOT_OF_REGION}"
        if change := price_change(facts, occasion.moment.date(), self.region):
            yield change

    def exceeds(self, model: object) -> str | None:
        """Return which known limit of a model a request exceeds; None if it fits."""
        return exceeded(fields_of(model), self.input_tokens, self.output_tokens)

    def priced(self, entry: CatalogEntry) -> CatalogEntry:
        """Return the entry with its cost."""
        _, usd, breakdown, exceeds, notes = self.cost_of(entry)
        each = None if usd is None else float(f"{usd / self.requests:.12g}")
        return entry._replace(cost=WorkloadCost(usd, each, breakdown, exceeds, notes))

    def rank(self, fields: Mapping[str, object]) -> tuple[bool, Decimal]:
        """Return a sort key: the exact cost, unknown last; without `at` by the peak hour."""
        total = _total(self._lines(price_list(fields), self._occasion(hourly=self.at is not None)))
        return total is None, total or Decimal(0)

    def _lines(self, prices: Sequence[Price], occasion: Occasion) -> Iterator[_Line]:
        """Yield each kind of token in one request with the price that applies."""
        # repr: the decimal that the caller wrote, such as 0.8, instead of its binary approximation.
        cached = self.input_tokens * Decimal(repr(self.cached_fraction))
        if fresh := self.input_tokens - cached:
            yield self._line("input", fresh, self._fresh_price(prices, occasion))
        if cached:
            yield self._cached_line(cached, prices, occasion)
        if self.output_tokens:
            price = occasion.price(prices, "output")
            yield self._line("output", Decimal(self.output_tokens), price)

    def _cached_line(self, tokens: Decimal, prices: Sequence[Price], occasion: Occasion) -> _Line:
        price = occasion.price(prices, "cache_read")
        if price:
            return self._line("cached", tokens, price)
        line = self._line("cached", tokens, occasion.price(prices, "input"))
        return line._replace(assumed=(NOT_CACHED, *line.assumed))

    def _line(self, kind: str, tokens: Decimal, price: Price | None) -> _Line:
        assumed = self.batch and price is not None and price.processing == STANDARD
        return _Line(kind, tokens, price, (NOT_FOR_BATCHES,) if assumed else ())

    def _fresh_price(self, prices: Sequence[Price], occasion: Occasion) -> Price | None:
        """Return the price of uncached tokens: of writing to the cache, if used and dearer."""
        price = occasion.price(prices, "input")
        written = occasion.price(prices, "cache_write") if self.cached_fraction else None
        dearer = price and written and written.usd_per_1m > price.usd_per_1m
        return written if dearer else price

    def _charge(self, line: _Line) -> Charge:
        kind, tokens, price, assumed = line
        usd = None if price is None else self._usd(tokens * price.usd_per_1m)
        return Charge(kind, float(tokens), price, usd, assumed)

    def _usd(self, millionths: Decimal) -> float:
        return float(millionths.scaleb(-6) * self.requests)


def _total(lines: Iterable[_Line]) -> Decimal | None:
    """Return the cost of one request in millionths of a USD; None if a price is unknown."""
    total = Decimal(0)
    for line in lines:
        if line.price is None:
            return None
        total += line.tokens * line.price.usd_per_1m
    return total


def fields_of(model: object) -> Mapping[str, object]:
    """Return the fields of a model, a catalog entry, or a mapping, by name."""
    fields = model if isinstance(model, Mapping) else cast("Any", model).capabilities
    return fields if isinstance(fields, Mapping) else vars(fields)


def exceeded(fields: Mapping[str, object], prompt: int, output: int) -> str | None:
    """Return which known limit a prompt with its output exceeds, in tokens; None if it fits."""
    served, documented, cap = (cast("int | None", fields.get(name)) for name in _LIMITS)
    whole = window(served, documented, cap)
    if cap is not None and prompt > cap:
        return f"prompt of {prompt:,} exceeds its cap of {cap:,}"
    if whole is None or prompt + output <= whole:
        return None
    if prompt > whole:
        return f"prompt of {prompt:,} exceeds the window of {whole:,}"
    return f"prompt of {prompt:,} and output of {output:,} exceed the window of {whole:,}"


def _tokens(name: str, given: int | str) -> int:
    try:
        number = count(given) if isinstance(given, str) else given
    except ValueError as error:
        raise InvalidQuery(name, given, str(error)) from None
    _check_integer(name, number, 0, MAX_TOKENS)
    return number


def _check_integer(name: str, value: object, low: int, high: int) -> None:
    # Not isinstance: a boolean is an int.
    if type(value) is not int or not low <= value <= high:
        raise InvalidQuery(name, value, f"expected a whole number from {low} to {high:,}")


def _check_share(name: str, value: object) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise InvalidQuery(name, value, "expected a fraction from 0 to 1")


def _region(given: object) -> str:
    name = given.strip().lower() if isinstance(given, str) else ""
    if name == "*" or not re.fullmatch(REGION, name, re.ASCII):
        raise InvalidQuery("region", given, "expected the name of a region such as eu-west-2")
    return name
