"""genai-prices: an array of providers, each with its models and rules that match model names.

Prices are USD per 1M tokens, as a number or `{base, tiers}`. In a list of prices the last
one whose constraint holds applies. `match` rules group names that share a price, which need
not be one model: gpt-5-codex is matched under gpt-5. So each further exact name becomes a
row of its own that only states a price, and a pattern is never used as a name.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from modeldex.errors import SourceFailed
from modeldex.upstream.formats import peak_hours
from modeldex.upstream.formats.price_basis import CACHE_READ, CACHE_WRITE, INPUT, OUTPUT, exact
from modeldex.upstream.formats.price_tiers import Stated
from modeldex.upstream.formats.rows import Mapped, Rows, items, table, words
from modeldex.vocabulary import clock
from modeldex.vocabulary.price_hours import Hours
from modeldex.vocabulary.prices import price_of
from modeldex.vocabulary.providers import canonical

_HOSTS = {"aws": "bedrock"}
_ROUTED = "huggingface_"  # the router's own name for such an offer is `model:host`
_COSTS = {
    INPUT: ("input_mtok", "input_text_mtok"),
    OUTPUT: ("output_mtok", "output_text_mtok"),
    CACHE_READ: ("cache_read_mtok", "cache_text_read_mtok"),
    CACHE_WRITE: ("cache_write_5m_mtok", "cache_write_mtok", "cache_text_write_mtok"),
}
_DIRECTIONS = {
    "input": _COSTS[INPUT],
    "output": _COSTS[OUTPUT],
    "cache_read": _COSTS[CACHE_READ],
    "cache_write": _COSTS[CACHE_WRITE],
    "cache_write_1h": ("cache_write_1h_mtok",),
}


def rows(payload: object, on: date | None = None) -> Mapped:
    """Map the published JSON to rows, with the prices in force on `on` (today by default).

    Raises SourceFailed if the payload is not an array.
    """
    if not isinstance(payload, list):
        raise SourceFailed("genai_prices", "expected an array of providers")
    day = on or clock.today()
    found, shared = Rows(), []
    for provider in map(table, payload):
        if not provider:
            found.skip("provider is not an object")
        for model in map(table, items(provider.get("models"))):
            shared += _take(str(provider.get("id", "")), model, day, found, _page(provider))
    for row in shared:
        found.add(row)
    return found.mapped()


def _page(provider: dict[str, object]) -> dict[str, object]:
    """The first of the pages that state a provider's prices."""
    return {"source_url": next(iter(items(provider.get("pricing_urls"))), None)}


def _take(
    host: str, model: dict[str, object], day: date, found: Rows, page: dict[str, object]
) -> list[dict[str, object]]:
    """Add the model's own row; return the rows of further names with the same price."""
    label, match = model.get("id"), table(model.get("match"))
    if not isinstance(label, str) or not label:
        found.skip("no id")
        return []
    exact = list(dict.fromkeys(_exact_names(match)))
    name, listed, aliases = _names(label, match, exact)
    prices = _prices(model.get("prices"), label, day, found)
    if name:
        traits = _traits(model) if listed else {"listed": False}
        found.add({**_offer(host, name, aliases), **page, **traits, **prices})
    elif not exact:
        found.skip("a label with patterns only, no exact name")
    others = [other for other in exact if other.lower() not in _lower(name, *aliases)]
    return [{**_offer(host, other), **page, "listed": False, **prices} for other in others]


def _traits(model: dict[str, object]) -> dict[str, object]:
    return {
        "max_context": model.get("context_window"),
        "lifecycle": "deprecated" if model.get("deprecated") is True else None,
    }


def _names(
    label: str, match: dict[str, object], exact: list[str]
) -> tuple[str | None, bool, list[str]]:
    """The model's name, whether a rule states it exactly, and other spellings of it."""
    if label.lower() in _lower(*exact):
        return label, True, [other for other in exact if _respelled(label, other)]
    if _accepts(match, label.lower()):
        return label, False, []
    return (exact[0], True, [label]) if len(exact) == 1 else (None, False, [])


def _lower(*names: str | None) -> set[str]:
    return {name.lower() for name in names if name}


def _respelled(name: str, other: str) -> bool:
    plain = [re.sub(r"[^a-z0-9]+", "-", text.lower()) for text in (name, other)]
    return plain[0] == plain[1] and name.lower() != other.lower()


def _exact_names(match: dict[str, object]) -> Iterator[str]:
    """The names in `equals` rules, including those nested in `or`."""
    if isinstance(name := match.get("equals"), str):
        yield name
    for rule in items(match.get("or")):
        yield from _exact_names(table(rule))


def _accepts(match: dict[str, object], name: str) -> bool:
    """Whether a rule may match a name. A regex counts as a match: foreign ones are never run."""
    tests: dict[str, Callable[[object], bool]] = {
        "equals": lambda text: name == str(text).lower(),
        "starts_with": lambda text: name.startswith(str(text).lower()),
        "ends_with": lambda text: name.endswith(str(text).lower()),
        "contains": lambda text: str(text).lower() in name,
        "or": lambda rules: any(_accepts(table(rule), name) for rule in items(rules)),
        "and": lambda rules: all(_accepts(table(rule), name) for rule in items(rules)),
        "regex": lambda _: True,
    }
    return any(key in tests and tests[key](rule) for key, rule in match.items())


def _offer(host: str, name: str, aliases: list[str] | None = None) -> dict[str, object]:
    provider, suffix = _HOSTS.get(host, canonical(host)), ""
    if host.startswith(_ROUTED):
        provider, suffix = "huggingface", f":{host.removeprefix(_ROUTED)}"
    spellings = [f"{alias}{suffix}" for alias in aliases or ()]
    return {"provider": provider, "name": f"{name}{suffix}", "aliases": spellings}


def _prices(given: object, label: str, day: date, found: Rows) -> dict[str, object]:
    """The prices on a day, at its dearest hours, and beside them those of hours and days ahead."""
    in_force = _in_force(given, day, found)
    if in_force is None:
        found.values["price: none in force yet"] += 1
        return {}
    prices, at_hours, ahead = in_force
    if not prices and label.endswith(":free"):
        return {INPUT: 0, OUTPUT: 0}
    dearest, others = peak_hours.by_hour(prices, at_hours, _height)
    usual = {field: _base(dearest, keys) for field, keys in _COSTS.items()}
    stated = [
        *_others(dearest),
        *(each._replace(hours=hours.text) for hours, other in others for each in _all(other)),
        *(each._replace(valid_from=start) for start, other in ahead for each in _all(other)),
    ]
    return {**usual, "other_prices": stated}


class _InForce(NamedTuple):
    """The prices of a day at most hours, those of other hours, and those from a later day on."""

    usual: dict[str, object]
    at_hours: list[tuple[Hours, dict[str, object]]]
    ahead: list[tuple[str, dict[str, object]]]


def _in_force(given: object, day: date, found: Rows) -> _InForce | None:
    """What a list of prices says of a day; None if it begins later."""
    at_hours: list[tuple[Hours, dict[str, object]]] = []
    ahead: list[tuple[str, dict[str, object]]] = []
    if not isinstance(given, list):
        return _InForce(table(given), [], [])
    for conditional in reversed([table(item) for item in given]):
        constraint, prices = table(conditional.get("constraint")), table(conditional.get("prices"))
        start = constraint.get("start_date")
        if "start_time" in constraint:
            hours = peak_hours.span(f"{constraint['start_time']}-{constraint.get('end_time')}")
            if hours is None:
                found.values["price: of hours that cannot be read"] += 1
            else:
                at_hours.append((hours, prices))
        elif not constraint or (isinstance(start, str) and start <= day.isoformat()):
            return _InForce(prices, at_hours, ahead)
        elif at_hours or not isinstance(start, str):
            # Those of the hours hold after that day, too: which ones they replace is not said.
            found.values["price: of a day to come, but not of the hours after it"] += 1
        else:
            ahead.append((start, prices))
    return None if given else _InForce({}, [], [])


def _height(prices: dict[str, object]) -> Decimal:
    """How dear prices are: three tokens of input and one of output, where they are known."""
    amounts = (exact(_base(prices, _COSTS[field])) or Decimal(0) for field in (INPUT, OUTPUT))
    return sum((part * amount for part, amount in zip((3, 1), amounts, strict=True)), Decimal(0))


def _stated(prices: dict[str, object], keys: tuple[str, ...]) -> object:
    return next((prices[key] for key in keys if prices.get(key) is not None), None)


def _base(prices: dict[str, object], keys: tuple[str, ...]) -> object:
    price = _stated(prices, keys)
    return price.get("base") if isinstance(price, dict) else price


def _others(prices: dict[str, object]) -> Iterator[Stated]:
    """The prices for longer prompts, and for the one-hour cache."""
    yield Stated("cache_write_1h", _base(prices, _DIRECTIONS["cache_write_1h"]))
    yield from _tiers(prices)


def _all(prices: dict[str, object]) -> Iterator[Stated]:
    """Every price of a list."""
    for direction, keys in _DIRECTIONS.items():
        yield Stated(direction, _base(prices, keys))
    yield from _tiers(prices)


def _tiers(prices: dict[str, object]) -> Iterator[Stated]:
    for direction, keys in _DIRECTIONS.items():
        for tier in map(table, items(table(_stated(prices, keys)).get("tiers"))):
            yield Stated(direction, tier.get("price"), above=tier.get("start"))


def confirmed(mapped: Mapped, others: Iterable[Mapping[str, object]]) -> Mapped:
    """The same rows, but `listed` is False unless another data set has the model too.

    genai-prices also holds prices of retired models and of expected names, so it is no proof
    that a model exists. It knows prompt sizes, hours and days, but not batch or priority prices,
    and `other_prices` merges as one value, so that the shorter list would replace the longer one:
    a list that another data set states beside the same input and output prices is joined with
    its own, and where the prices differ, sizes alone are dropped beside a longer list.
    """
    known: dict[tuple[object, object], list[Mapping[str, object]]] = {}
    for row in others:
        known.setdefault(_key(row), []).append(row)
    return mapped._replace(rows=[_adjusted(row, known.get(_key(row), ())) for row in mapped.rows])


def _key(row: Mapping[str, object]) -> tuple[object, object]:
    return row["provider"], row["name"]


def _adjusted(row: dict[str, object], others: Sequence[Mapping[str, object]]) -> dict[str, object]:
    """A row, adjusted to those of the same offer in other data sets."""
    own = words(row.get("other_prices"))
    lists = [words(other.get("other_prices")) for other in others]
    same = [each for each, other in zip(lists, others, strict=True) if _main(other) == _main(row)]
    longest = max(same, key=len, default=set())
    if longest and _has("@", own | longest):
        row = {**row, "other_prices": _joined(own, longest)}
    elif not _has("@", own) and any(_has("/", each) for each in lists):
        row = {field: value for field, value in row.items() if field != "other_prices"}
    return row if others else {**row, "listed": False}


def _has(mark: str, given: Iterable[str]) -> bool:
    return any(mark in word for word in given)


def _main(row: Mapping[str, object]) -> tuple[object, object]:
    return row.get(INPUT), row.get(OUTPUT)


def _joined(own: set[str], more: set[str]) -> list[str]:
    """Words of two lists: where both state one for the same case, the own; but other hours.

    Another data set knows the days of the week, too.
    """
    mine, others = ([price for word in each if (price := price_of(word))] for each in (own, more))
    if any(price.hours for price in others):
        mine = [price for price in mine if not price.hours]
    return sorted(({p.slice: p.word for p in others} | {p.slice: p.word for p in mine}).values())
