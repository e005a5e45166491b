"""Explains one model: all opinions with resolver and age, all sightings, all prices."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import groupby
from typing import Any, NamedTuple, cast

from modeldex.query.callability import Callability, callability
from modeldex.query.catalog import Catalog
from modeldex.query.explain_quality import Quality, explain_quality
from modeldex.query.facts_age import dated
from modeldex.query.lookup import find
from modeldex.query.offers import Implausible, implausible
from modeldex.query.opinions import Opinion, opinions
from modeldex.query.price_doubt import PriceDoubt, price_doubts
from modeldex.query.requirement_texts import Lack, ScopedQuery
from modeldex.query.requirement_verdicts import lacks, requirements
from modeldex.vocabulary import clock
from modeldex.vocabulary.entry import CatalogEntry
from modeldex.vocabulary.fields import NAMES
from modeldex.vocabulary.limits import WITHIN
from modeldex.vocabulary.notebook import table
from modeldex.vocabulary.prices import Price, price_list

_SIGHTINGS = (
    "SELECT s.source, o.kind, s.first_seen, s.last_seen, s.missing_since FROM sightings s "
    "JOIN sources o ON o.name = s.source JOIN models m ON m.id = s.model_id "
    "WHERE m.provider = :of_provider AND m.name = :of_name ORDER BY s.source"
)


def _text(value: object) -> str:
    if value is None:
        return "unknown"
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)


class Known(NamedTuple):
    """One field with its effective value and all opinions on it, the winner first.

    A price that belongs to no effective price sheet has opinions and no winner.
    """

    field: str
    value: object
    opinions: tuple[Opinion, ...]


class Sighting(NamedTuple):
    """One source's record that a model exists; `kind` is the source's, live or reference."""

    source: str
    kind: str
    first_seen: str
    last_seen: str
    missing_since: str | None


class Explanation(NamedTuple):
    """All facts about one model.

    `fields` has the fields with at least one opinion. `left_out` lists the reasons why a query
    without criteria does not return the model; it is empty if such a query returns it.
    `implausible` says how its facts differ from those of other offers of its base, `callability`
    how it can be called from here, `facts_from` the day of the oldest fact that decides about it,
    `price_doubts` which resolvers contradict each other's prices, `quality` what its tier and
    score rest on.
    """

    id: str
    provider: str
    name: str
    family: str | None
    display_name: str | None
    aliases: tuple[str, ...]
    retired_at: str | None
    fields: tuple[Known, ...]
    sightings: tuple[Sighting, ...]
    prices: tuple[Price, ...]
    left_out: tuple[Lack, ...]
    implausible: tuple[Implausible, ...] = ()
    callability: Callability | None = None
    facts_from: str | None = None
    price_doubts: tuple[PriceDoubt, ...] = ()
    quality: Quality | None = None

    def field(self, name: str) -> Known | None:
        """The opinions on one field; None if there are none."""
        return next((known for known in self.fields if known.field == name), None)

    @property
    def doubts(self) -> tuple[str, ...]:
        """What is stated and not believed, and why."""
        return tuple(
            f"{each.field} {_text(each.value)} of {each.resolver} does not count: {each.doubt}"
            for known in self.fields
            for each in known.opinions
            if each.doubt
        )

    @property
    def pages(self) -> dict[str, str]:
        """The pages that state opinions, by resolver."""
        return {
            each.resolver: each.source_url
            for known in self.fields
            for each in known.opinions
            if each.source_url
        }

    def __repr__(self) -> str:
        opinions = sum(len(known.opinions) for known in self.fields)
        return (
            f"<Explanation {self.id}: {len(self.fields)} fields, {opinions} opinions, "
            f"{len(self.sightings)} sources>"
        )

    def _repr_html_(self) -> str:
        rows = (
            (known.field, _text(known.value), each.resolver, each.observed_at[:10])
            for known in self.fields
            for each in known.opinions[:1]
        )
        return table(("field", "value", "resolver", "observed"), rows, self.id)

    def __str__(self) -> str:
        return "\n".join(self.lines())

    def lines(self) -> Iterator[str]:
        """The explanation for people: a line per field, with the winner and how many others."""
        yield self.id + (f", also called {', '.join(self.aliases)}" if self.aliases else "")
        for known in self.fields:
            first, *others = known.opinions
            more = f", {len(others)} more" if others else ""
            source = f"{first.resolver}, {first.observed_at[:10]}{more}"
            if not first.wins and not first.doubt:
                source = f"{_text(first.value)} is of another price sheet: {source}"
            yield f"{known.field}: {_text(known.value)} ({source})"
        yield from self.doubts
        for resolver, url in self.pages.items():
            yield f"{resolver} names {url}"
        for sighting in self.sightings:
            since = (
                f", missing since {sighting.missing_since[:10]}" if sighting.missing_since else ""
            )
            yield f"listed by {sighting.source}{since}"
        if self.callability and self.callability.is_callable:
            yield f"from here: {self.callability.text}"
        for lack in self.left_out:
            yield f"not found by a query without criteria: {lack.text}"
        for each in self.implausible:
            yield f"suspicious: {each.text}"
        for title, text in self.quality.lines() if self.quality else ():
            yield f"{title}: {text}"
        for doubt in self.price_doubts:
            yield doubt.text


def explain(
    catalog: Catalog, provider: str, name: str, *, now: datetime | None = None
) -> Explanation:
    """Explain the model of this exact name or alias, which may be retired.

    `now` is the time that ages refer to. Raises ModelNotFound, with similar names.
    """
    return explain_entry(catalog, find(catalog, provider, name), now=now)


def explain_entry(
    catalog: Catalog, entry: CatalogEntry, *, now: datetime | None = None
) -> Explanation:
    """The same for a model that was already looked up."""
    spec = entry.spec
    key = {"of_provider": spec.provider, "of_name": spec.name}
    stated = opinions(catalog, key, now or clock.now())
    sightings = cast("list[Any]", catalog.rows(_SIGHTINGS, key))
    suspicions = tuple(implausible(catalog, entry.id)) if _doubted(entry) else ()
    return Explanation(
        id=entry.id,
        provider=spec.provider,
        name=spec.name,
        family=spec.family,
        display_name=spec.display_name,
        aliases=spec.aliases,
        retired_at=entry.retired_at,
        fields=tuple(_by_field(stated, entry)),
        sightings=tuple(Sighting(*row) for row in sightings),
        prices=tuple(price_list(entry.capabilities)),
        left_out=_left_out(catalog, entry),
        implausible=suspicions,
        callability=None if catalog.scope.sources is not None else callability(catalog, entry),
        facts_from=dated(catalog, [entry])[0].facts_from,
        price_doubts=tuple(price_doubts(catalog, [entry])),
        quality=explain_quality(catalog, entry, suspicions),
    )


def _doubted(entry: CatalogEntry) -> bool:
    return entry.value("suspicious") is True


def _left_out(catalog: Catalog, entry: CatalogEntry) -> tuple[Lack, ...]:
    required = requirements(ScopedQuery({}, catalog.scope))
    [(code,)] = catalog.rows(
        f"SELECT {required.code} FROM catalog c "
        "WHERE c.provider = :of_provider AND c.name = :of_name",
        {**required.parameters, "of_provider": entry.spec.provider, "of_name": entry.spec.name},
    )
    return lacks(required, entry, required.decode(code))


def _by_field(opinions: Iterable[Opinion], entry: CatalogEntry) -> Iterator[Known]:
    """Group opinions by field, in the order of `fields.NAMES`, the winner first."""
    ranked = sorted(
        opinions, key=lambda o: (NAMES.index(o.field), not o.wins, -o.precedence, o.resolver)
    )
    for field, group in groupby(ranked, key=lambda opinion: opinion.field):
        known = tuple(group)
        yield Known(field, _effective(known[0], entry), known)


def _effective(first: Opinion, entry: CatalogEntry) -> object:
    """The effective value: a limit may be lower than it is stated, a price be of no effect."""
    if first.field in WITHIN:
        return entry.value(first.field)
    return first.value if first.wins else None
