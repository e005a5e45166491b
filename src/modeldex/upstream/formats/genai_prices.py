"""genai-prices: an array of providers, each with its models and rules that match model names.

Prices are USD per 1M tokens, as a number or `{base, tiers}`. In a list of prices the last
one whose constraint holds applies. `match` rules group names that share a price, which need
not be one model: gpt-5-codex is matched under gpt-5. So each further exact name becomes a
row of its own that only states a price, and a pattern is never used as a name.
"""

import re
from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from datetime import date, time

from modeldex.errors import SourceFailed
from modeldex.upstream.formats.price_basis import CACHE_READ, CACHE_WRITE, INPUT, OUTPUT
from modeldex.upstream.formats.price_tiers import Stated
from modeldex.upstream.formats.rows import Mapped, Rows, items, table, words
from modeldex.vocabulary import clock
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
_HALF_A_DAY = 12 * 60


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
    """The base prices on a day; empty if another price holds for half of the day or more."""
    in_force, minutes_apart = _in_force(given, day)
    if in_force is None:
        found.values["price: none in force yet"] += 1
    elif minutes_apart >= _HALF_A_DAY:
        found.values["price: another one holds for half the day"] += 1
    else:
        if minutes_apart:
            found.values["price: that outside the peak hours (kept)"] += 1
        if not in_force and label.endswith(":free"):
            return {INPUT: 0, OUTPUT: 0}
        usual = {field: _base(in_force, keys) for field, keys in _COSTS.items()}
        return {**usual, "other_prices": list(_others(in_force))}
    return {}


def _in_force(given: object, day: date) -> tuple[dict[str, object] | None, int]:
    """The prices outside daily time windows, and the total minutes per day in such windows."""
    if not isinstance(given, list):
        return table(given), 0
    minutes = 0
    for conditional in reversed([table(item) for item in given]):
        constraint = table(conditional.get("constraint"))
        if "start_time" in constraint:
            minutes += _window(constraint)
        elif not constraint or _begun(constraint, day):
            return table(conditional.get("prices")), minutes
    return (None, minutes) if given else ({}, 0)


def _begun(constraint: dict[str, object], day: date) -> bool:
    start = constraint.get("start_date")
    return isinstance(start, str) and start <= day.isoformat()


def _window(constraint: dict[str, object]) -> int:
    """Length of a daily window in minutes; a whole day if its times cannot be parsed."""
    try:
        start, end = (
            time.fromisoformat(str(constraint.get(key))) for key in ("start_time", "end_time")
        )
    except ValueError:
        return 24 * 60
    return ((end.hour - start.hour) * 60 + end.minute - start.minute) % (24 * 60)


def _stated(prices: dict[str, object], keys: tuple[str, ...]) -> object:
    return next((prices[key] for key in keys if prices.get(key) is not None), None)


def _base(prices: dict[str, object], keys: tuple[str, ...]) -> object:
    price = _stated(prices, keys)
    return price.get("base") if isinstance(price, dict) else price


def _others(prices: dict[str, object]) -> Iterator[Stated]:
    """The prices for longer prompts, and for the one-hour cache."""
    yield Stated("cache_write_1h", _base(prices, _DIRECTIONS["cache_write_1h"]))
    for direction, keys in _DIRECTIONS.items():
        for tier in map(table, items(table(_stated(prices, keys)).get("tiers"))):
            yield Stated(direction, tier.get("price"), above=tier.get("start"))


def confirmed(mapped: Mapped, others: Iterable[Mapping[str, object]]) -> Mapped:
    """The same rows, but `listed` is False unless another data set has the model too.

    genai-prices also holds prices of retired models and of expected names, so it is no proof
    that a model exists. Its `other_prices` cover prompt sizes only: they are dropped where
    another data set also states batch or priority prices, because `other_prices` merges as
    one value and the shorter list would replace the longer one.
    """
    known, longer = set(), set()
    for row in others:
        known.add(_key(row))
        if any("/" in word for word in words(row.get("other_prices"))):
            longer.add(_key(row))
    return mapped._replace(rows=[_adjusted(row, known, longer) for row in mapped.rows])


def _key(row: Mapping[str, object]) -> tuple[object, object]:
    return row["provider"], row["name"]


def _adjusted(
    row: dict[str, object], known: Container[object], longer: Container[object]
) -> dict[str, object]:
    """A row, adjusted to the keys `known` to others and those with a `longer` price list."""
    unlisted = {} if _key(row) in known else {"listed": False}
    hidden = "other_prices" if _key(row) in longer else ""
    return {field: value for field, value in row.items() if field != hidden} | unlisted
