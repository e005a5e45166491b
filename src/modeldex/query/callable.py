"""What can be called from here, as a condition in SQL: one rule, also for the view `best_offers`.

The newest complete listing for this key at this address decides alone. Without one the known offers
of a provider with a key are presumed callable. What a source sees that no key decides is callable
for everybody who has the catalog.
"""

from collections.abc import Collection, Sequence

from modeldex.query.scope import Condition, Walk
from modeldex.storage.listings import Bound
from modeldex.storage.parameters import Bound as Parameters
from modeldex.vocabulary.regions import elsewhere

OWN = Walk("c.own = 1")
"""A source sees the offer that no key decides."""

_LISTED = (
    "EXISTS (SELECT 1 FROM listed d WHERE d.listing_id {} AND d.model_id = c.model_id "
    "AND d.until IS NULL)"
)
_OF_LISTING = "d.listing_id = :{} AND d.until IS NULL AND c.model_id = d.model_id"
_FEW = 50
"""The offers of a listing up to which they are looked up and sorted.

From more of them a walk in rank order soon comes to one, however many others the provider has.
"""


def in_use(bound: tuple[Bound, ...], named: Collection[str]) -> tuple[Bound, ...]:
    """The ones of which offers are callable, for a question that names these providers, or none.

    An account of a cloud counts only where nothing else is configured, or the cloud is named.
    """
    found = tuple(each for each in bound if each.is_callable)
    if all(each.how == "account" for each in found):
        return found
    return tuple(each for each in found if each.how != "account" or each.provider in named)


def callable_here(criterion: str, bound: Sequence[Bound], named: Collection[str] = ()) -> Condition:
    """Return the condition on `catalog c` that an offer can be called, with its alternatives.

    Each is a walk along an index; of a question that names providers, only theirs are walked.
    """
    parameters: Parameters = {}
    alternatives, walks, listings = [OWN.where], [], []
    for number, each in enumerate(bound):
        provider, listing = f"keyed_{number}", f"listing_{number}"
        parameters[provider] = each.provider
        wanted = not named or each.provider in named
        if each.listing is not None and (each.only_listed or each.how == "partial"):
            parameters[listing] = each.listing.id
            listings.append(f":{listing}")
            few = each.listing.offers <= _FEW
            walk = _few(provider, listing) if few else _many(provider, listing)
            walks += [walk] * wanted
        if not each.only_listed:
            own = f"c.provider = :{provider}{_within(each.region)}"
            alternatives.append(own.replace("c.provider", "coalesce(c.provider, '')"))
            walks += [Walk(own, presumed=True)] * wanted
    listed = _LISTED.format(f"IN ({', '.join(listings)})") if listings else ""
    if listed:
        alternatives.append(listed)
    presumed = ""
    if len({walk.presumed for walk in walks}) > 1:
        presumed = f"CASE WHEN {OWN.where} OR {listed} THEN 0 ELSE 1 END"
    condition = f"({' OR '.join(alternatives)})"
    return Condition(criterion, condition, parameters, (*walks, OWN), presumed)


def _many(provider: str, listing: str) -> Walk:
    return Walk(f"c.provider = :{provider} AND {_LISTED.format(f'= :{listing}')}")


def _few(provider: str, listing: str) -> Walk:
    # The order of a CROSS JOIN is kept by SQLite; an expression leads it to no index.
    own = f"{_OF_LISTING.format(listing)} AND coalesce(c.provider, '') = :{provider}"
    return Walk(own, "listed d CROSS JOIN catalog c")


def _within(region: str | None) -> str:
    """SQL: not an offer whose name says that it is of another part of the world."""
    others = elsewhere(region) if region else ()
    if not others:
        return ""
    words = ", ".join(f"'{word}.'" for word in others)
    return f" AND substr(c.name, 1, instr(c.name, '.')) NOT IN ({words})"
