"""Token prices of OpenAI-shaped hosts, of which the unit is stated.

The unit stands in a key (`input_cost_per_token`, `price_per_1m`), beside the prices (`unit`,
`per`), or is that of OpenRouter's `pricing`, whose prices are texts: USD per token. A price without
a unit is dropped and counted, as is one in another currency.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import NamedTuple

from modeldex.upstream.formats.dialects import snake
from modeldex.upstream.formats.payload import number
from modeldex.upstream.formats.price_basis import CACHE_READ, CACHE_WRITE, INPUT, OUTPUT, exact
from modeldex.upstream.formats.rows import table
from modeldex.upstream.formats.token_prices import Amounts, Pricing

_SETS = frozenset({"cost", "costs", "meta", "metadata", "model_info", "price", "prices", "pricing"})
"""Objects of a row that hold prices."""
_DIRECTIONS = (
    (CACHE_WRITE, re.compile(r"cache_(write|creation)|write_cache")),
    (CACHE_READ, re.compile(r"cache_(read|hit)|cached|read_cache")),
    (INPUT, re.compile(r"(^|_)(input|prompt)(_|$)")),
    (OUTPUT, re.compile(r"(^|_)(output|completion)(_|$)")),
)
_PER = re.compile(
    r"(?:^|_)(?:per|each|by)_?(?P<number>[0-9_]+)?_?(?P<word>k|m|thousand|million|mtok|ktok|tokens?)(?:_|$)"
    r"|^(?:usd_|us_dollars_)?(?:per_)?(?P<bare>1k|1m|1000000|1000|million|thousand|mtok|token)(?:_tokens?)?$"
)
_FACTOR = {
    "token": 1_000_000, "tokens": 1_000_000, "k": 1000, "ktok": 1000, "thousand": 1000, "1k": 1000,
    "1000": 1000, "m": 1, "mtok": 1, "million": 1, "1m": 1, "1000000": 1,
}  # fmt: skip
"""What makes USD per 1M of a price per this many tokens."""
_UNITS = ("unit", "units", "per", "price_unit", "pricing_unit", "per_tokens", "token_unit")
_AMOUNT = frozenset({"amount", "cost", "price", "rate", "usd", "value"})
_OTHER = re.compile(
    r"(^|_)(audio|image|video|pixel|second|request|character|batch|batches|flex|priority|above|search"
    r"|reasoning|query|session|hour|storage|tiered|reduced|discount)(_|s_|s$|$)"
)
_MONEY = re.compile(r"(^|_)(cost|costs|price|prices|pricing|usd)(_|$)")
_APART = re.compile(r"[^a-z0-9]+")
_DOLLARS = frozenset({"usd", "$", "us_dollar", "dollar", "dollars", ""})
_IMPLAUSIBLE = Decimal("0.01")
"""USD per token, ten times the price of any model: the text has another unit."""


class Price(NamedTuple):
    """A price as stated: its field, where it stands, its amount, the factor of its unit."""

    field: str
    key: str
    amount: object
    factor: int | None
    currency: str


def facts(row: Mapping[str, object], lost: Counter[str]) -> dict[str, object]:
    """Return the price fields, USD per 1M tokens; what is dropped is counted in `lost`."""
    found: dict[str, object] = {}
    if not isinstance(row.get("pricing"), dict | None):
        lost["pricing: unexpected type"] += 1
    like_openrouter = _in_texts(row)
    for price in _stated(row, None, _currency(row)):
        if reason := _fault(price, like_openrouter):
            lost[f"{price.key}: {reason}"] += 1
        elif price.factor is not None:
            amount = _amount(price.amount)
            assert amount is not None  # noqa: S101 - for the type checker
            found.setdefault(price.field, Decimal(f"{amount:.12g}") * price.factor)
    if not like_openrouter:
        return found
    return {**Pricing.model_validate(like_openrouter, context=lost).facts(), **found}


def _in_texts(row: Mapping[str, object]) -> dict[str, object]:
    """OpenRouter's prices: texts under its keys, beside which no other unit is stated."""
    pricing = table(row.get("pricing"))
    if _unit_beside(pricing) is not None:
        return {}
    texts = {
        key: value
        for key in Amounts.model_fields
        if isinstance(value := pricing.get(key), str) and _is_plausible(value)
    }
    return {**texts, "overrides": pricing.get("overrides")} if texts else {}


def _is_plausible(text: str) -> bool:
    amount = _amount(text)
    return amount is not None and (abs(amount) < _IMPLAUSIBLE or amount == -1)


def _stated(
    given: Mapping[str, object], factor: int | None, currency: str, field: str | None = None,
    *, inside: bool = False,
) -> Iterator[Price]:  # fmt: skip
    """Yield the token prices of an object, with the unit that its keys or its neighbours state."""
    beside = _unit_beside(given) or factor
    for name, value in given.items():
        key = snake(name)
        unit, of_key = _unit(key) or beside, _direction(key)
        if isinstance(value, dict):
            if key in _SETS or (inside and of_key) or _MONEY.search(key):
                is_price = inside or key not in ("meta", "metadata", "model_info")
                currency_here = _currency(value) or currency
                yield from _stated(value, unit, currency_here, of_key or field, inside=is_price)
        elif value is not None and not _OTHER.search(key):
            direction = of_key or (field if key in _AMOUNT else None)
            if direction and (inside or _MONEY.search(key)) and not isinstance(value, list | bool):
                yield Price(direction, key, value, unit, currency)


def _direction(key: str) -> str | None:
    return next((field for field, name in _DIRECTIONS if name.search(key)), None)


def _unit(text: str) -> int | None:
    """The factor of a unit in a key or a word; None if it has none."""
    found = _PER.search(text)
    if not found:
        return None
    if found["bare"]:
        return _FACTOR[found["bare"]]
    number_of = (found["number"] or "1").strip("_")
    word = found["word"]
    if word in ("token", "tokens"):
        return {"1": 1_000_000, "1000": 1000, "1_000": 1000, "1000000": 1, "1_000_000": 1}.get(
            number_of
        )
    return _FACTOR[word] if number_of == "1" else None


def _unit_beside(given: Mapping[str, object]) -> int | None:
    for name, value in given.items():
        if snake(name) in _UNITS and value is not None:
            text = str(value).lower().replace(",", "").replace("/", "_per_")
            return _unit(_APART.sub("_", text).strip("_"))
    return None


def _currency(given: Mapping[str, object]) -> str:
    value = given.get("currency")
    return snake(value) if isinstance(value, str) else ""


def _amount(value: object) -> Decimal | None:
    return exact(number(value.strip().removeprefix("$") if isinstance(value, str) else value))


def _fault(price: Price, like_openrouter: Mapping[str, object]) -> str | None:
    if price.currency not in _DOLLARS:
        return "a price that is not in USD"
    if _amount(price.amount) is None:
        return "not an amount of money"
    if price.factor is None and price.key not in like_openrouter:
        return "a price without a unit"
    return None
