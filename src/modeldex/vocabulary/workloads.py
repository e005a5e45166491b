"""Compute the cost of a workload on a model from its price list.

    workload = Workload(20_000, 1_000, cached_fraction=0.8, requests=1_000)
    workload.cost_of(model).usd

Ranking and reports use the same rule. For each kind of token, the price with the largest size
threshold below the prompt size applies, to all tokens of the request; cached tokens count towards
the size. If the price of a kind with tokens is unknown, the cost is unknown, never 0. If another
price is used in place of an unknown one, `assumed` says which.

A host refuses a prompt above its cap, and one that with its output is longer than the window:
`exceeds` says so. Where no limit is known, none is exceeded.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, Generic, NamedTuple, TypeVar, cast

from modeldex.errors import InvalidQuery
from modeldex.vocabulary.entry import CatalogEntry, window
from modeldex.vocabulary.fields import MAX_TOKENS
from modeldex.vocabulary.prices import STANDARD, Price, price_list

M = TypeVar("M")

MAX_REQUESTS = 1_000_000_000
_LIMITS = ("served_context", "max_context", "max_input_tokens")
NOT_FOR_BATCHES = "the standard price, as the batch price is unknown"
NOT_CACHED = "the price of uncached tokens, as that of cached ones is unknown"


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

    `exceeds` says which limit of the model a request exceeds, so that it would be refused.
    """

    model: M
    usd: float | None
    breakdown: tuple[Charge, ...]
    exceeds: str | None = None


class WorkloadCost(NamedTuple):
    """The cost of a workload on one offer: USD for all requests and for each, None if unknown.

    `exceeds` says which limit of the offer a request exceeds, so that it would be refused.
    """

    usd: float | None
    usd_per_request: float | None
    breakdown: tuple[Charge, ...]
    exceeds: str | None = None


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


class Workload(_Fields):
    """Requests of one size.

    `input_tokens` is the whole prompt of a request, `cached_fraction` the share of it, from 0 to
    1, that the provider's cache serves; if above 0, the rest counts as written to the cache.
    `requests` is their number. `batch` allows batch processing, with responses up to hours
    later, where it has a price. Raises InvalidQuery.
    """

    __slots__ = ()

    def __new__(
        cls,
        input_tokens: int,
        output_tokens: int,
        cached_fraction: float = 0.0,
        requests: int = 1,
        batch: bool = False,
    ) -> "Workload":
        """Validate the arguments."""
        _check_integer("input_tokens", input_tokens, 0, MAX_TOKENS)
        _check_integer("output_tokens", output_tokens, 0, MAX_TOKENS)
        _check_share("cached_fraction", cached_fraction)
        _check_integer("requests", requests, 1, MAX_REQUESTS)
        if type(batch) is not bool:
            raise InvalidQuery("batch", batch, "expected True or False")
        if input_tokens == output_tokens == 0:
            raise InvalidQuery("output_tokens", 0, "expected input or output tokens, not 0 of both")
        return super().__new__(cls, input_tokens, output_tokens, cached_fraction, requests, batch)

    def cost_of(self, model: M) -> Cost[M]:
        """Return the cost on a model, a catalog entry, or any mapping of field names to values."""
        lines = list(self._lines(price_list(_fields(model))))
        total = _total(lines)
        usd = None if total is None else self._usd(total)
        return Cost(model, usd, tuple(map(self._charge, lines)), self.exceeds(model))

    def exceeds(self, model: object) -> str | None:
        """Return which known limit of a model a request exceeds; None if it fits."""
        return exceeded(_fields(model), self.input_tokens, self.output_tokens)

    def priced(self, entry: CatalogEntry) -> CatalogEntry:
        """Return the entry with its cost."""
        _, usd, breakdown, exceeds = self.cost_of(entry)
        each = None if usd is None else float(f"{usd / self.requests:.12g}")
        return entry._replace(cost=WorkloadCost(usd, each, breakdown, exceeds))

    def rank(self, fields: Mapping[str, object]) -> tuple[bool, Decimal]:
        """Return a sort key: the exact cost, unknown last."""
        total = _total(self._lines(price_list(fields)))
        return total is None, total or Decimal(0)

    def _lines(self, prices: Sequence[Price]) -> Iterator[_Line]:
        """Yield each kind of token in one request with the price that applies."""
        # repr: the decimal that the caller wrote, such as 0.8, instead of its binary approximation.
        cached = self.input_tokens * Decimal(repr(self.cached_fraction))
        if fresh := self.input_tokens - cached:
            yield self._line("input", fresh, self._fresh_price(prices))
        if cached:
            yield self._cached_line(cached, prices)
        if self.output_tokens:
            price = self._price(prices, "output")
            yield self._line("output", Decimal(self.output_tokens), price)

    def _cached_line(self, tokens: Decimal, prices: Sequence[Price]) -> _Line:
        price = self._price(prices, "cache_read")
        if price:
            return self._line("cached", tokens, price)
        line = self._line("cached", tokens, self._price(prices, "input"))
        return line._replace(assumed=(NOT_CACHED, *line.assumed))

    def _line(self, kind: str, tokens: Decimal, price: Price | None) -> _Line:
        assumed = self.batch and price is not None and price.processing == STANDARD
        return _Line(kind, tokens, price, (NOT_FOR_BATCHES,) if assumed else ())

    def _fresh_price(self, prices: Sequence[Price]) -> Price | None:
        """Return the price of uncached tokens: of writing to the cache, if used and dearer."""
        price = self._price(prices, "input")
        written = self._price(prices, "cache_write") if self.cached_fraction else None
        dearer = price and written and written.usd_per_1m > price.usd_per_1m
        return written if dearer else price

    def _price(self, prices: Sequence[Price], direction: str) -> Price | None:
        """Return the price that applies: largest size threshold first, then batch, if allowed."""
        best = None
        for price in prices:
            if (
                price.direction == direction
                and (price.above < self.input_tokens or not price.above)
                and (price.processing == STANDARD or (self.batch and price.processing == "batch"))
                and (best is None or _closer(price) > _closer(best))
            ):
                best = price
        return best

    def _charge(self, line: _Line) -> Charge:
        kind, tokens, price, assumed = line
        usd = None if price is None else self._usd(tokens * price.usd_per_1m)
        return Charge(kind, float(tokens), price, usd, assumed)

    def _usd(self, millionths: Decimal) -> float:
        return float(millionths.scaleb(-6) * self.requests)


def _closer(price: Price) -> tuple[int, bool, Decimal]:
    # Of two prices for the same case, the dearer one.
    return price.above, price.processing != STANDARD, price.usd_per_1m


def _total(lines: Iterable[_Line]) -> Decimal | None:
    """Return the cost of one request in millionths of a USD; None if a price is unknown."""
    total = Decimal(0)
    for line in lines:
        if line.price is None:
            return None
        total += line.tokens * line.price.usd_per_1m
    return total


def _fields(model: object) -> Mapping[str, object]:
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


def _check_integer(name: str, value: object, low: int, high: int) -> None:
    # Not isinstance: a boolean is an int.
    if type(value) is not int or not low <= value <= high:
        raise InvalidQuery(name, value, f"expected a whole number from {low} to {high:,}")


def _check_share(name: str, value: object) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise InvalidQuery(name, value, "expected a fraction from 0 to 1")
