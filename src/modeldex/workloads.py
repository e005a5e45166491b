"""What a workload costs on a model, by its price list.

    workload = Workload(20_000, 1_000, cached_fraction=0.8, requests=1_000)
    workload.cost_of(model).usd

One rule, to rank by and to report. Of each kind of token that price applies which is stated
for the largest size that the prompt exceeds, cached tokens counted; it holds for the whole
request. A price that is not known makes the cost unknown, never 0, where there are tokens of
that kind. What is taken for a price that nobody states is said.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, Generic, NamedTuple, TypeVar, cast

from modeldex.errors import InvalidQuery
from modeldex.fields import MAX_TOKENS
from modeldex.prices import STANDARD, Price, price_list

M = TypeVar("M")

MAX_REQUESTS = 1_000_000_000
NOT_FOR_BATCHES = "the standard price, since none for batches is known"
NOT_CACHED = "the price of tokens that are not cached, since none for cached ones is known"


class Charge(NamedTuple):
    """What one kind of token costs: input, cached or output.

    `tokens` are those of one request, `usd` is for all requests; `price` is the line of the
    price list that applies. Both are None where it is not known. `assumed` says what was taken
    for a price that is not stated.
    """

    kind: str
    tokens: float
    price: Price | None
    usd: float | None
    assumed: tuple[str, ...] = ()


class Cost(NamedTuple, Generic[M]):
    """What a workload costs on a model: USD for all requests, None where it is not known."""

    model: M
    usd: float | None
    breakdown: tuple[Charge, ...]


class _Line(NamedTuple):
    kind: str
    tokens: Decimal
    price: Price | None
    assumed: tuple[str, ...]


class _Asked(NamedTuple):
    input_tokens: int
    output_tokens: int
    cached_fraction: float = 0.0
    requests: int = 1
    batch: bool = False


class Workload(_Asked):
    """Requests of one shape.

    `input_tokens` is the whole prompt of a request, `cached_fraction` the share of it, from 0
    to 1, that the provider's cache serves; the rest is then written to the cache. `requests`
    is how many there are. With `batch` the answers may come hours later, where that is cheaper.
    Raises InvalidQuery.
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
        """Refuse what no workload can be."""
        _whole("input_tokens", input_tokens, 0, MAX_TOKENS)
        _whole("output_tokens", output_tokens, 0, MAX_TOKENS)
        _share("cached_fraction", cached_fraction)
        _whole("requests", requests, 1, MAX_REQUESTS)
        if type(batch) is not bool:
            raise InvalidQuery("batch", batch, "expected True or False")
        if input_tokens == output_tokens == 0:
            raise InvalidQuery("output_tokens", 0, "expected tokens, in or out")
        return super().__new__(cls, input_tokens, output_tokens, cached_fraction, requests, batch)

    def cost_of(self, model: M) -> Cost[M]:
        """The cost on a model that a registry gave, or on any mapping of fields to values."""
        lines = list(self._lines(price_list(_fields(model))))
        total = _total(lines)
        usd = None if total is None else self._usd(total)
        return Cost(model, usd, tuple(map(self._charge, lines)))

    def rank(self, fields: Mapping[str, object]) -> tuple[bool, Decimal]:
        """Sorts models by what it exactly costs on them, where that is not known last."""
        total = _total(self._lines(price_list(fields)))
        return total is None, total or Decimal(0)

    def _lines(self, prices: Sequence[Price]) -> Iterator[_Line]:
        """Each kind of token in one request, and the price that applies."""
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
        """That of tokens the cache does not serve; writing them to it may cost more."""
        price = self._price(prices, "input")
        written = self._price(prices, "cache_write") if self.cached_fraction else None
        dearer = price and written and written.usd_per_1m > price.usd_per_1m
        return written if dearer else price

    def _price(self, prices: Sequence[Price], direction: str) -> Price | None:
        """The price that applies: of the largest size, for batches rather than the standard."""
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
    return price.above, price.processing != STANDARD, price.usd_per_1m


def _total(lines: Iterable[_Line]) -> Decimal | None:
    """Millionths of a USD for one request; None where a price is not known."""
    total = Decimal(0)
    for line in lines:
        if line.price is None:
            return None
        total += line.tokens * line.price.usd_per_1m
    return total


def _fields(model: object) -> Mapping[str, object]:
    if isinstance(model, Mapping):
        return model
    return cast("Mapping[str, object]", vars(cast("Any", model).capabilities))


def _whole(name: str, value: object, low: int, high: int) -> None:
    if type(value) is not int or not low <= value <= high:
        raise InvalidQuery(name, value, f"expected a whole number from {low} to {high:,}")


def _share(name: str, value: object) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise InvalidQuery(name, value, "expected a share from 0 to 1")
