"""What an offer has from the one that it stands for: a moving alias, a deployment, an adapter."""

from collections.abc import Container, Mapping
from itertools import pairwise
from typing import Any

from modeldex.storage.schema.columns import columns, quoted
from modeldex.storage.schema.evidence import STATED
from modeldex.storage.schema.price_sheets import INPUT, OUTPUT, SHEET
from modeldex.storage.schema.views import merge
from modeldex.vocabulary.fields import ADAPTER, NAMES
from modeldex.vocabulary.normalize import Dropped, OfferKey, Stored
from modeldex.vocabulary.providers import canonical

FOLLOWS = quoted(("target", "base", "plausibility", "coverage", "evidence", "succession"))
"""Resolvers whose opinions follow from those of others, as SQL."""
_TARGETS = (
    "SELECT provider, name, target, CASE WHEN EXISTS (SELECT 1 FROM capabilities c "
    "WHERE c.model_id = catalog.model_id AND c.resolver <> 'target' "
    f"AND c.variant = '{ADAPTER}') THEN 1 ELSE 0 END FROM catalog WHERE target IS NOT NULL"
)
_IS_CALLED = (
    "SELECT m.provider, m.name FROM aliases a JOIN models m ON m.id = a.model_id "
    "WHERE a.provider = :provider AND a.alias = :name"
)
_OWN_FACTS = {
    "target", "suspicious", "presumed_gone", "served_context", "superseded_by", "newer_versions",
}  # fmt: skip
"""What is said of an offer alone, and not of one that stands for it."""
_OF_WEIGHTS = {
    "base", "snapshot", "variant", "release_date", "knowledge_cutoff", "open_weights",
    "param_count", "quality_tier", "quality_basis", *STATED,
}  # fmt: skip
"""What is said of weights, and so not of others that an adapter makes of them."""
_PRICES = {*SHEET, "price_basis"}
_FACTS = (
    f"SELECT {columns('e.')} FROM ("
    + merge(
        f"(SELECT o.* FROM capabilities o WHERE o.resolver NOT IN ({FOLLOWS}))",
        of="models m CROSS JOIN ",
        where="c.model_id = m.id AND m.provider = :provider AND m.name = :name",
    )
    + ") e"
)
"""SQL: what is stated of an offer, merged, without what follows from other opinions."""


def facts_of_targets(connection: Any) -> tuple[dict[OfferKey, dict[str, Stored]], list[Dropped]]:
    """Return the facts of what offers stand for, through others that stand for it in turn."""
    targets: dict[OfferKey, OfferKey] = {}
    tuned: set[OfferKey] = set()
    for provider, name, target, is_tuned in connection.execute(_TARGETS).fetchall():
        targets[provider, name] = _called(connection, target)
        if is_tuned:
            tuned.add((provider, name))
    found: dict[OfferKey, dict[str, Stored]] = {}
    dropped = []
    for offer, target in targets.items():
        path = _path(offer, targets)
        if path is None:
            reason = f"stands for {'/'.join(target)}, and that, in a circle, for it"
            dropped.append(Dropped("/".join(offer), "target", reason))
        elif facts := _facts_along(connection, [offer, *path], tuned):
            found[offer] = facts
    return found, dropped


def _path(offer: OfferKey, targets: Mapping[OfferKey, OfferKey]) -> list[OfferKey] | None:
    """What an offer stands for, and what that stands for, and so on; None in a circle."""
    path: list[OfferKey] = []
    while (target := targets.get(offer)) is not None:
        if target in path or target == offer:
            return None
        path.append(target)
        offer = target
    return path


def _called(connection: Any, target: str) -> OfferKey:
    """Provider and name of the offer that a text PROVIDER/NAME means; the name may be an alias."""
    provider, _, name = target.partition("/")
    provider = canonical(provider)
    alias = connection.execute(_IS_CALLED, {"provider": provider, "name": name}).fetchone()
    return (alias[0], alias[1]) if alias else (provider, name)


def _facts_along(
    connection: Any, path: list[OfferKey], tuned: Container[OfferKey]
) -> dict[str, Stored]:
    """The facts that the first offer of a path has from the others: of the nearest that has one."""
    facts: dict[str, Stored] = {}
    withheld: set[str] = set()
    for offer, target in pairwise(path):
        withheld |= _OF_WEIGHTS if offer in tuned else set()
        stated = _beside(facts, _stated(connection, target))
        facts = {n: value for n, value in stated.items() if n not in withheld} | facts
    return _beside(_stated(connection, path[0]), facts)


def _beside(own: Mapping[str, Stored], facts: dict[str, Stored]) -> dict[str, Stored]:
    """Facts, without their prices where an own price is another: prices are of one sheet."""
    is_priced = any(own.get(p, facts.get(p)) != facts.get(p) for p in (INPUT, OUTPUT))
    return {n: value for n, value in facts.items() if not (is_priced and n in _PRICES)}


def _stated(connection: Any, offer: OfferKey) -> dict[str, Stored]:
    """What is stated of an offer, without what follows from other opinions; each field's winner."""
    key = {"provider": offer[0], "name": offer[1]}
    rows = connection.execute(_FACTS, key).fetchall()
    known = zip(NAMES, rows[0], strict=True) if rows else ()
    return {n: value for n, value in known if value is not None and n not in _OWN_FACTS}
