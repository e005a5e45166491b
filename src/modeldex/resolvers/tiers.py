"""Resolver: quality tiers from a reviewed table of families, generations and exact names."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple

from modeldex.vocabulary.capability_fields import QualityTier
from modeldex.vocabulary.fields import MODES
from modeldex.vocabulary.providers import canonical
from modeldex.vocabulary.values import ModelCapabilities, ModelSpec

Index = Mapping[str, tuple[str, str | None]]

# As in us.anthropic.claude-...: region and vendor.
_VENDORS = re.compile(r"(?:[a-z-]+\.)+(?=[a-z])")
_DECIMAL_P = re.compile(r"(?<=\d)p(?=\d)")
_MARKS = re.compile(r"[-._:@~\s]+")
_WORDS = re.compile(r"[-_:@~\s]+")
_DATE = re.compile(r"-(?:20\d\d-\d\d-\d\d|\d\d-20\d\d|\d\d-\d\d|\d{4}|\d{6}|\d{8})$")
# As in 8b, 1.5b, 8x7b, e2b and 270m.
_SIZE = re.compile(r"(?:(\d+)x)?e?(\d+(?:\.\d+)?)([bmt])")
_BILLIONS = {"m": 0.001, "b": 1.0, "t": 1000.0}
_EXPERTS = re.compile(r"\d+e")


class _Rule(NamedTuple):
    families: frozenset[str]
    since: str = ""
    tier: str | None = None
    small: float | None = None
    large: str | None = None


class _Table(NamedTuple):
    reviewed: str
    not_chat: Mapping[str, frozenset[str]]
    prefixes: tuple[str, ...]
    suffixes: frozenset[str]
    makers: frozenset[str]
    names: Mapping[str, str]
    rules: Sequence[_Rule]


@cache
def _table() -> _Table:
    import tomllib
    from importlib.resources import files

    data = tomllib.loads(files("modeldex").joinpath("data/tiers.toml").read_text("utf-8"))
    return _Table(
        data["reviewed"],
        {mode: frozenset(words) for mode, words in data["not_chat"].items()},
        tuple(data["prefixes"]),
        frozenset(data["suffixes"]),
        frozenset(data["makers"]),
        {name: tier for tier, names in data["names"].items() for name in names},
        [_Rule(**rule | {"families": frozenset(rule["families"])}) for rule in data["rules"]],
    )


def _base(name: str) -> str:
    """Return the last path segment in lower case, without region and vendor, 5p1 as 5.1."""
    return _DECIMAL_P.sub(".", _VENDORS.sub("", name.rsplit("/", 1)[-1].lower(), count=1))


def _spelled(name: str) -> str:
    return _MARKS.sub("-", _base(name))


def _shorter(name: str, suffixes: frozenset[str]) -> str:
    """Return the name without its last date or build suffix; empty if it has neither."""
    if date := _DATE.search(name):
        return name[: date.start()]
    head, _, tail = name.rpartition("-")
    return head if tail in suffixes else ""


def _spellings(name: str, table: _Table) -> Iterator[str]:
    """Yield look-up keys, longest first: without the host's prefix, then the whole name."""
    full = _spelled(name)
    for prefix in (*(p for p in table.prefixes if full.startswith(p)), ""):
        key = full.removeprefix(prefix)
        while key:
            yield key
            key = _shorter(key, table.suffixes)


def _other_mode(name: str, table: _Table) -> str | None:
    """Return the key of `not_chat` (a mode or `unsaid`) that a word of the name matches."""
    words = _spelled(name).split("-")
    modes = (mode for mode, marks in table.not_chat.items() if not marks.isdisjoint(words))
    return next(modes, None)


def _size(name: str) -> float | None:
    """Return the weights in billions if a word of the name states them; else None."""
    words = _WORDS.split(_base(name))
    sizes = [
        int(match[1] or 1) * float(match[2]) * _BILLIONS[match[3]]
        for match in map(_SIZE.fullmatch, words)
        if match
    ]
    # llama-4-scout-17b-16e: the size before a number of experts is that of the active weights.
    mixture = any(_EXPERTS.fullmatch(word) for word in words)
    return max(sizes) if sizes and not mixture else None


def _tier_for(rule: _Rule, size: float | None) -> str | None:
    if rule.small is None or size is None:
        return rule.tier
    return "cheap" if size <= rule.small else rule.large


def _rule(table: _Table, family: str | None, released: str | None) -> _Rule | None:
    # In the table a family's rules are sorted by `since`, newest first.
    matching = (rule for rule in table.rules if family in rule.families)
    return next((rule for rule in matching if rule.since <= (released or "")), None)


def index_of(rows: Iterable[Mapping[str, Any]]) -> dict[str, tuple[str, str | None]]:
    """Map each model name to its family and release date, from rows of a data set.

    Hosts disagree on both: the maker's own row wins, else the majority.
    """
    makers = _table().makers
    votes: dict[str, Counter[tuple[str, str | None]]] = defaultdict(Counter)
    for row in rows:
        if family := row.get("family"):
            # Outweighs any number of hosts.
            weight = 1000 if canonical(row["provider"]) in makers else 1
            votes[_spelled(row["name"])][family, row.get("release_date")] += weight
    return {name: counted.most_common(1)[0][0] for name, counted in votes.items()}


@cache
def _shipped_index() -> Index:
    from modeldex.upstream.snapshots import load

    return index_of(load("models_dev").rows)


class TierResolver:
    """The quality tier of a model: by exact name or, of chat models, by family and generation.

    If the name implies a mode other than chat, the opinion has that mode, too.

    `index` maps model names to family and release date; default: read from the shipped
    models.dev snapshot on first use. Names missing from the table get no opinion.
    """

    name = "tiers"
    network = False
    may_shrink = True

    def __init__(self, index: Index | None = None) -> None:
        self._given = None if index is None else {_spelled(k): v for k, v in index.items()}

    @property
    def version(self) -> str:
        """Date of the table's last review, YYYY-MM-DD."""
        return _table().reviewed

    @property
    def observed_at(self) -> str:
        """Date of the table's last review, YYYY-MM-DD."""
        return _table().reviewed

    def tier(self, spec: ModelSpec) -> QualityTier:
        """Return the quality tier; UNKNOWN if no name or rule of the table matches."""
        table = _table()
        keys = list(_spellings(spec.name, table))
        tier = next((table.names[key] for key in keys if key in table.names), None)
        if tier is None and not _other_mode(spec.name, table):
            tier = self._tier_by_rule(spec, keys, table)
        return QualityTier(tier or QualityTier.UNKNOWN)

    def _tier_by_rule(self, spec: ModelSpec, keys: list[str], table: _Table) -> str | None:
        index = _shipped_index() if self._given is None else self._given
        family, released = next((index[key] for key in keys if key in index), (None, None))
        rule = _rule(table, family, released) or _rule(table, spec.family, released)
        return rule and _tier_for(rule, _size(spec.name))

    async def get_capabilities(self, spec: ModelSpec) -> ModelCapabilities:
        """Return the quality tier and a mode other than chat, as far as they are known."""
        known: dict[str, str] = {}
        mode = _other_mode(spec.name, _table())
        if mode in MODES:
            known["mode"] = mode
        tier = self.tier(spec)
        if tier is not QualityTier.UNKNOWN:
            known |= {"quality_tier": tier, "quality_basis": "curated"}
        return ModelCapabilities.model_validate(known)

    async def resolve_many(self, specs: Sequence[ModelSpec]) -> list[ModelCapabilities]:
        """Return one value per spec, in order."""
        return [await self.get_capabilities(spec) for spec in specs]
