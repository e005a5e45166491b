"""The error for a query without matches, with the change that would give some."""

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, cast

from modeldex.cli.errors import NO_MATCH, Failure
from modeldex.errors import ModelNotFound
from modeldex.query.catalog import Catalog
from modeldex.vocabulary.criteria import BY_CRITERION, WORKLOAD
from modeldex.vocabulary.entry import CatalogEntry
from modeldex.vocabulary.likeness import did_you_mean

if TYPE_CHECKING:
    from modeldex.query.explain_query import Requirement
    from modeldex.query.scope import Scope
    from modeldex.vocabulary.workloads import Workload


_FROM = {
    "lab": "from a lab", "cloud": "from a cloud", "host": "from a host",
    "gateway": "from a gateway", "local": "on a server of your own",
}  # fmt: skip
"""Classes of providers that are recommended, the first preferred, and how to speak of them.

Nobody is told to buy from a reseller or a subscription.
"""


_LOOKED_AT = 100
"""Matches among which one is looked for that its own maker serves."""


class NoMatch(Failure):
    """No model meets the criteria.

    `known` counts the models that match if those that cannot be called from here count, too;
    `best` is the first of them at a lab; without one at a cloud, host or gateway; and `unlock` the
    variable to set for its key. If `known` is 0, or what can be called ends too soon, `instead` is
    the one criterion to change and `would_match` the number of matches then.
    """

    exit_code = NO_MATCH

    def __init__(self, message: str, **found: object) -> None:
        super().__init__(message)
        self.known: object = 0
        self.best: object = None
        self.unlock: object = None
        self.instead: object = None
        self.would_match: object = 0
        self.__dict__.update(found)


def no_match(
    catalog: Catalog, criteria: Mapping[str, object], load: "Workload | None" = None
) -> NoMatch:
    """The error for criteria that no callable model meets; a workload ranks the known ones."""
    from modeldex.query.explain_query import explain_query
    from modeldex.query.selection import fitting

    criteria = fitting(criteria, load)
    known_too = {**criteria, "available": False}
    found = explain_query(catalog, known_too, load, runners_up=0, nearest=0)
    if not found.matches:
        return _nothing_known(catalog, criteria, found.requirements)
    if "min_days_left" in criteria and (too_short := _too_short(catalog, criteria, found.matches)):
        return too_short
    return _not_callable(
        catalog.scope, found.matches, found.ranked[0].id, _recommended(catalog, known_too, load),
        _named(criteria),
    )  # fmt: skip


def _too_short(catalog: Catalog, criteria: Mapping[str, object], known: int) -> NoMatch | None:
    """The error where what can be called from here ends too soon; None where there is nothing."""
    instead, other = lifted("min_days_left", criteria)
    number = catalog.count(other)
    if not number:
        return None
    verb = "does" if number == 1 else "do"
    return NoMatch(
        f"no model that can be called from here lasts {criteria['min_days_left']} days and matches"
        f"; {instead} {number:,} {verb}",
        known=known, instead=instead, would_match=number,
    )  # fmt: skip


def _not_callable(
    scope: "Scope",
    known: int,
    first: str,
    recommended: tuple[str, str] | None,
    named: Collection[str],
) -> NoMatch:
    """The error that suggests how to call a known model.

    `first` is the first of the known ones, `recommended` the class of a provider and its model.
    Whoever named the providers has chosen them, whatever their class.
    """
    from modeldex.query.callability import how_to_unlock, variable_to_set

    message = f"no model that can be called from here matches{_refusals(scope, named)}"
    word, best = recommended or ("", first if named else None)
    if best is None:
        return NoMatch(
            f"{message}; {known:,} known model{'s do' if known > 1 else ' does'}, but at no lab, "
            "cloud, host or gateway with a known key variable: "
            "search all known models with --known",
            known=known,
        )  # fmt: skip
    provider = best.partition("/")[0]
    if provider in {each.provider for each in scope.bound}:
        return NoMatch(
            f"{message}; {known:,} known model{'s do' if known > 1 else ' does'}, which this key "
            "or address does not list: modeldex refresh asks it again, --known searches all",
            known=known, best=best,
        )  # fmt: skip
    unlock = variable_to_set(provider)
    remedy = f"set {unlock} to unlock it" if unlock else how_to_unlock(provider)
    place = f" {_FROM[word]}" if best != first else ""
    which = (
        "the one known model that does is"
        if known == 1
        else f"{known:,} known models do, the best{place} is"
    )
    return NoMatch(
        f"{message}; {which} {best}: {remedy}, or search all known models with --known",
        known=known, best=best, unlock=unlock,
    )  # fmt: skip


def _refusals(scope: "Scope", named: Collection[str]) -> str:
    """The part of the message about keys that were refused; empty if none was."""
    found = [
        f"{each.provider} refused {each.listing.variable or 'the key'}"
        for each in scope.bound
        if each.how == "refused" and each.listing and (not named or each.provider in named)
    ]
    return f" ({', '.join(found)})" if found else ""


def _recommended(
    catalog: Catalog, known_too: Mapping[str, object], load: "Workload | None"
) -> tuple[str, str] | None:
    """The first class of _FROM whose providers offer a match, and the best of these.

    Of providers only those count that the user can make callable: by a key, or by starting them.
    """
    from modeldex.query.selection import Selection, select_entries
    from modeldex.vocabulary.providers import provider_class, providers

    configured = {each.provider for each in catalog.scope.bound}
    usable = [
        row.id
        for row in providers().values()
        if (row.local or row.keys) and row.id not in configured
    ]
    wanted = _named(known_too) or usable
    for word in _FROM:
        ids = [each for each in usable if each in wanted and provider_class(each) == word]
        criteria = {**known_too, "providers": ids, "limit": _LOOKED_AT, "offset": 0}
        if ids and (found := select_entries(catalog, criteria, Selection(load))):
            return word, next(filter(_is_by_its_maker, found), found[0]).id
    return None


def _is_by_its_maker(model: CatalogEntry) -> bool:
    """Whether the provider is the own service of the maker of the base model."""
    from modeldex.vocabulary.provider_classes import makers

    return str(model.value("base")).partition("/")[0] == makers().get(model.spec.provider)


def _named(criteria: Mapping[str, object]) -> Collection[str]:
    """The providers that the criteria name; empty if any will do."""
    if "provider" in criteria:
        return [str(criteria["provider"])]
    return cast("Collection[str]", criteria.get("providers", ()))


def _nothing_known(
    catalog: Catalog, criteria: Mapping[str, object], found: "tuple[Requirement, ...]"
) -> NoMatch:
    """The error that suggests lifting the one requirement which gives the most matches."""
    from modeldex.query.no_match import to_relax

    unknown = next(filter(None, (look(catalog, criteria) for look in _LOOKS)), "")
    message = f"no known model matches{unknown}"
    most = to_relax(found, criteria)
    if most is None:
        return NoMatch(f"{message}; modeldex best --why shows what each criterion excludes")
    instead, other = lifted(most.criterion, criteria)
    number = catalog.count({**other, "available": False})
    verb = "does" if number == 1 else "do"
    return NoMatch(f"{message}; {instead} {number:,} {verb}", instead=instead, would_match=number)


def lifted(criterion: str, criteria: Mapping[str, object]) -> tuple[str, dict[str, object]]:
    """How to lift a requirement on the command line, and the criteria without it."""
    other = {key: value for key, value in criteria.items() if key != criterion}
    row = BY_CRITERION.get(criterion, WORKLOAD)
    if not row.applies_by_default or criterion in criteria:
        return f"without {row.option}", other
    other[criterion] = row.lifted
    return f"with {row.option}" + (f" {row.lifted}" if row.kind == "word" else ""), other


def _unknown_provider(catalog: Catalog, criteria: Mapping[str, object]) -> str:
    """The part of the message about a provider missing in the catalog; empty if none is."""
    known = {str(row[0]) for row in catalog.rows("SELECT DISTINCT provider FROM catalog")}
    for name in _named(criteria):
        if name not in known:
            return f": there is no provider {name}{_hint(name, known)}"
    return ""


def _unknown_family(catalog: Catalog, criteria: Mapping[str, object]) -> str:
    """The part of the message about a family that no known model is of; else empty."""
    if "family" not in criteria:
        return ""
    name = str(criteria["family"])
    rows = catalog.rows("SELECT DISTINCT family FROM catalog WHERE family IS NOT NULL")
    known = {str(row[0]) for row in rows}
    return "" if name in known else f": there is no family {name}{_hint(name, known)}"


def _unknown_name(catalog: Catalog, criteria: Mapping[str, object]) -> str:
    """The part of the message about words that occur together in no name; else empty."""
    if "search" not in criteria:
        return ""
    from modeldex.query.search import meant_instead, search

    text = str(criteria["search"])
    if search(catalog, text, 1).total:
        return ""
    meant = meant_instead(catalog, text)
    return f": none is named {text}" + (f" (did you mean {meant}?)" if meant else "")


def _hint(text: str, known: Collection[str]) -> str:
    meant = did_you_mean(text, known)
    return f" ({meant})" if meant else ""


def _unknown_base(catalog: Catalog, criteria: Mapping[str, object]) -> str:
    """The part of the message about a base model of which no offer is known; else empty."""
    if "base" not in criteria:
        return ""
    from modeldex.query.offers import base_of

    try:
        base_of(catalog, str(criteria["base"]))
    except ModelNotFound as unknown:
        hint = f" (did you mean {' or '.join(unknown.near)}?)" if unknown.near else ""
        return f": there is no base model {unknown.name}{hint}"
    return ""


_LOOKS = (_unknown_provider, _unknown_base, _unknown_family, _unknown_name)
