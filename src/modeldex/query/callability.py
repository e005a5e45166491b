"""Says how one offer can be called from here, or why it cannot."""

from collections.abc import Mapping
from typing import NamedTuple

from modeldex.query.callable import in_use
from modeldex.query.catalog import Catalog
from modeldex.query.scope import Scope
from modeldex.storage.listings import Bound, Listing
from modeldex.vocabulary.entry import CatalogEntry
from modeldex.vocabulary.providers import providers
from modeldex.vocabulary.regions import elsewhere

_SEEN = (
    "SELECT c.own, EXISTS (SELECT 1 FROM listed d WHERE d.model_id = c.model_id "
    "AND d.listing_id = :listing AND d.until IS NULL) "
    "FROM catalog c WHERE c.provider = :of_provider AND c.name = :of_name"
)
_NO_LISTING = 0


_CAN = frozenset({"own", "listed", "partial", "presumed", "account"})


class Callability(NamedTuple):
    """How an offer can be called from here.

    `how` is `own` for one that a source sees which needs no key; `listed`; `partial`, `presumed` or
    `account` where no listing decides. It cannot be called where it is `not_configured`, `refused`
    (the key), `unread`, `not_listed`, `elsewhere` (another region) or `unused` (an account beside
    keys). `text` says it in a sentence, with what to do. `read_at` is when the listing was read
    that decides, `stale` whether that was long ago.
    """

    is_callable: bool
    how: str
    text: str
    read_at: str | None = None
    stale: bool | None = None


def callability(catalog: Catalog, entry: CatalogEntry) -> Callability:
    """How an offer of the catalog can be called from here, or why it cannot."""
    bound = _bound_of(catalog.scope, entry)
    listing = bound.listing if bound else None
    given: Mapping[str, object] = {
        "listing": listing.id if listing else _NO_LISTING,
        "of_provider": entry.spec.provider, "of_name": entry.spec.name,
    }  # fmt: skip
    seen = catalog.rows(_SEEN, given)
    own, listed = map(bool, seen[0]) if seen else (False, False)
    if own:
        how, text = "own", "seen by a source of your own, which needs no key"
    else:
        how, text = _said(bound, entry, listed=listed, scope=catalog.scope)
    if listing is None or listing.read_at is None:
        return Callability(how in _CAN, how, text)
    return Callability(how in _CAN, how, text, listing.read_at, listing.is_stale)


def not_callable(scope: Scope, model: CatalogEntry) -> str:
    """Why an offer that is out of scope cannot be called, in a few words."""
    return _said(_bound_of(scope, model), model, listed=False, scope=scope)[1]


def _bound_of(scope: Scope, entry: CatalogEntry) -> Bound | None:
    return next((each for each in scope.bound if each.provider == entry.spec.provider), None)


def _said(
    bound: Bound | None, entry: CatalogEntry, *, listed: bool, scope: Scope
) -> tuple[str, str]:
    """`how` and `text` of an offer that no source of one's own sees."""
    if bound is None:
        return "not_configured", f"not available: {how_to_unlock(entry.spec.provider)}"
    if bound.how == "unread":
        return "unread", f"not available: {how_to_unlock(bound.provider)}"
    if bound.listing is not None and (bound.only_listed or listed or bound.how == "refused"):
        return _by_listing(bound.how, bound.listing, listed=listed)
    if bound.region and entry.spec.name.partition(".")[0] in elsewhere(bound.region):
        return "elsewhere", f"not for calls from region {bound.region}"
    if bound not in in_use(scope.bound, ()):
        text = f"an account counts where nothing else is configured, or {bound.provider} is named"
        return "unused", f"not available: {text}"
    return bound.how, _presumed(bound)


def _by_listing(how: str, listing: Listing, *, listed: bool) -> tuple[str, str]:
    if how == "refused":
        variable = listing.variable or "the key"
        remedy = "check it, then modeldex refresh"
        return how, f"not available: {listing.address} refused {variable}: {remedy}"
    if not listed:
        return "not_listed", f"not in {_of(listing)}"
    old = ", which is long ago: modeldex refresh" if listing.is_stale else ""
    return "listed", f"in {_of(listing)}{old}"


def _presumed(bound: Bound) -> str:
    if bound.how == "account":
        where = f" in {bound.region}" if bound.region else ""
        return (
            f"presumed callable: {bound.provider} was not asked what this account can call{where}"
        )
    if bound.how == "partial" and bound.listing:
        return f"presumed callable: {_of(bound.listing)} is only a part, and has no such offer"
    asked = "was not asked what this key can call; modeldex refresh asks"
    return f"presumed callable: {bound.provider} {asked}"


def _of(listing: Listing) -> str:
    key = f" for {listing.variable}" if listing.variable else ""
    return f"{listing.provider}'s listing of {_minute(listing.read_at)} at {listing.address}{key}"


def _minute(moment: str | None) -> str:
    return str(moment)[:16].replace("T", " ")


def variable_to_set(provider: str) -> str | None:
    """Return the variable to set to make a hosted provider callable; None for other providers."""
    row = providers().get(provider)
    return row.keys[0] if row and row.keys and not row.local else None


def how_to_unlock(provider: str) -> str:
    """How to make a provider's models callable: `set GROQ_API_KEY`, `start Ollama and ...`."""
    row = providers().get(provider)
    if variable := variable_to_set(provider):
        return f"set {variable}"
    if row and row.account:
        return row.account
    if row and row.local:
        return f"start {row.name} and run modeldex refresh"
    return f"no key variable is known for {provider}; add `keys` to it in providers.toml"
