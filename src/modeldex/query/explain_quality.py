"""Explains the tier and the score of one offer: its base, the evidence, its provider, the rule."""

from collections.abc import Iterator
from typing import Any, NamedTuple, cast

from modeldex.query.benchmarks import BenchmarkScore, attributions, scores_of
from modeldex.query.catalog import Catalog
from modeldex.query.offers import Implausible
from modeldex.storage.benchmarks import FEWEST_FAMILIES
from modeldex.vocabulary.entry import CatalogEntry
from modeldex.vocabulary.formatting import dollars

_SIBLINGS = (
    "SELECT count(*) FROM catalog c WHERE c.base = :base AND c.retired_at IS NULL "
    "AND NOT (c.provider = :of_provider AND c.name = :of_name)"
)
_CHEAPEST = (
    "SELECT c.provider || '/' || c.name, c.blended_cost FROM catalog c WHERE c.base = :base "
    "AND c.retired_at IS NULL AND NOT (c.provider = :of_provider AND c.name = :of_name) "
    "AND c.blended_cost IS NOT NULL AND coalesce(c.price_basis, 'metered') = 'metered' "
    "AND coalesce(c.suspicious, 0) = 0 "
    "ORDER BY c.blended_cost, c.provider, c.name LIMIT 1"
)
_TIERS = (
    "SELECT resolver, value, observed_at, wins FROM provenance WHERE field = 'quality_tier' "
    "AND provider = :of_provider AND name = :of_name ORDER BY wins DESC, precedence DESC, resolver"
)
_CUTS = "SELECT name, above, below FROM quality_tiers ORDER BY above DESC"
_OF_LINE = (
    "SELECT o.id FROM bases b JOIN bases o ON o.maker = b.maker AND o.line = b.line "
    "AND o.released < b.released JOIN base_scores s ON s.base = o.id WHERE b.id = :base "
    "AND s.quality_score IS NOT NULL ORDER BY s.quality_score DESC, o.released DESC, o.id LIMIT 1"
)
_BY_EVIDENCE = "evidence"


class Siblings(NamedTuple):
    """The other offers of the same base: how many, and the cheapest metered one.

    `blended_cost` is that of the cheapest, in USD per 1M tokens.
    """

    offers: int
    cheapest: str | None
    blended_cost: float | None


class TierOrigin(NamedTuple):
    """How an offer came by its tier.

    `how` is `stated` (by a reviewed table or another resolver), `overruled` (the whole interval of
    the score lies beyond a cut point), `scored` (no table has it, the score places it), `inherited`
    (of an older base of its line, `of_base`) or `unknown`. `resolver` states the tier, `before` is
    the one that evidence overruled.
    """

    how: str
    text: str
    resolver: str | None = None
    before: str | None = None
    of_base: str | None = None


class Quality(NamedTuple):
    """What the tier and the score of an offer rest on.

    `evidence` are the scores of its base, `attributions` how their sources want to be named.
    `suspicious` says how its facts differ from those of other offers of the base.
    """

    base: str | None
    siblings: Siblings | None
    provider_class: str | None
    suspicious: tuple[str, ...]
    tier: TierOrigin
    evidence: tuple[BenchmarkScore, ...]
    attributions: tuple[str, ...]

    def lines(self) -> Iterator[tuple[str, str]]:
        """Titles and texts, without the evidence."""
        if self.base:
            yield "base", f"{self.base}{_beside(self.siblings)}"
        if self.provider_class:
            yield "class", self.provider_class
        yield "tier", self.tier.text
        if self.evidence:
            counting = sum(score.standing is not None for score in self.evidence)
            yield "evidence", f"{len(self.evidence)} scores of its base, {counting} of which count"
        for text in self.attributions:
            yield "source", text


def _beside(siblings: Siblings | None) -> str:
    if siblings is None:
        return ""
    if siblings.cheapest is None or siblings.blended_cost is None:
        return f", {siblings.offers} other offers"
    price = dollars(siblings.blended_cost)
    return f", {siblings.offers} other offers, the cheapest {siblings.cheapest} ({price} blended)"


def explain_quality(
    catalog: Catalog, entry: CatalogEntry, implausible: tuple[Implausible, ...] = ()
) -> Quality:
    """Explain the tier and the score of an offer."""
    base = cast("str | None", entry.value("base"))
    key = {"of_provider": entry.spec.provider, "of_name": entry.spec.name}
    evidence = scores_of(catalog, base) if base else ()
    return Quality(
        base=base,
        siblings=_siblings(catalog, {**key, "base": base}) if base else None,
        provider_class=entry.provider_class,
        suspicious=tuple(each.text for each in implausible),
        tier=_origin(catalog, entry, key),
        evidence=evidence,
        attributions=attributions(evidence),
    )


def _siblings(catalog: Catalog, key: dict[str, str]) -> Siblings:
    [(offers,)] = catalog.rows(_SIBLINGS, key)
    rows = cast("list[Any]", catalog.rows(_CHEAPEST, key))
    cheapest, cost = rows[0] if rows else (None, None)
    return Siblings(int(str(offers)), cheapest, cost)


def _origin(catalog: Catalog, entry: CatalogEntry, key: dict[str, str]) -> TierOrigin:
    opinions = cast("list[Any]", catalog.rows(_TIERS, key))
    if not opinions:
        return TierOrigin("unknown", _unknown(entry))
    resolver, tier, observed_at, _ = opinions[0]
    if resolver != _BY_EVIDENCE:
        said = f"{tier}, as {resolver} says ({observed_at[:10]}){_checked(entry)}"
        return TierOrigin("stated", said, resolver)
    before = opinions[1][1] if opinions[1:] else None
    if entry.value("quality_low") is None:
        older = catalog.rows(_OF_LINE, {"base": entry.value("base")})
        of_base = str(older[0][0]) if older else None
        text = f"{tier}, inherited from {of_base or 'an older base'} of its line until measured"
        return TierOrigin("inherited", text, resolver, before, of_base)
    score = f"a score of {_interval(entry)}"
    if before is None:
        return TierOrigin("scored", f"{tier}, by {score}: no table has it", resolver)
    beyond = _beyond(catalog, tier, before)
    text = f"{tier} instead of {before} ({opinions[1][0]}): {score} lies wholly {beyond}"
    return TierOrigin("overruled", text, resolver, before)


def _beyond(catalog: Catalog, tier: str, before: str) -> str:
    """Return which cut point an interval is beyond that moved an offer from one tier to another."""
    cuts = {str(name): (above, below) for name, above, below in catalog.rows(_CUTS)}
    order = [*cuts, "cheap"]
    if order.index(tier) < order.index(before):
        return f"above {cuts[tier][0]:g}"
    return f"below {cuts[order[order.index(tier) - 1]][1]:g}"


def _interval(entry: CatalogEntry) -> str:
    score, low, high = (entry.value(f"quality_{name}") for name in ("score", "low", "high"))
    return f"{score} ({low} to {high}, {entry.value('quality_families')} families)"


def _checked(entry: CatalogEntry) -> str:
    """Return what a score says of a tier that it leaves as it is."""
    if entry.value("quality_score") is None:
        return ""
    if entry.value("quality_low") is None:
        return f"; its line's score of {entry.value('quality_score')} agrees"
    return f"; {_interval(entry)} does not overrule it"


def _unknown(entry: CatalogEntry) -> str:
    if entry.value("base") is None:
        return "unknown: its base model is not known"
    return f"unknown: no table has it, and fewer than {FEWEST_FAMILIES} families measured its base"
