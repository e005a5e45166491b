"""The error for a query without matches, with the change that would give some."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, cast

from modeldex.cli.errors import NO_MATCH, Failure
from modeldex.query.catalog import Catalog
from modeldex.vocabulary.criteria import BY_CRITERION

if TYPE_CHECKING:
    from modeldex.query.explain_query import Requirement
    from modeldex.vocabulary.workloads import Workload


class NoMatch(Failure):
    """No model meets the criteria.

    `known` counts the models that match if those that cannot be called from here count, too;
    `best` is the first of them and `unlock` the variable to set for its key. If `known` is 0,
    `instead` is the one criterion to change and `would_match` the number of matches then.
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
    from modeldex.query.requirement_texts import how_to_unlock, variable_to_set

    known_too = {**criteria, "available": False}
    found = explain_query(catalog, known_too, load, runners_up=0, nearest=0)
    if not found.matches:
        return _nothing_known(catalog, criteria, found.requirements)
    best = found.ranked[0].id
    provider = best.partition("/")[0]
    unlock = variable_to_set(provider)
    remedy = f"set {unlock} to unlock it" if unlock else how_to_unlock(provider)
    which = (
        "the one known model that does is"
        if found.matches == 1
        else f"{found.matches:,} known models do, the best is"
    )
    return NoMatch(
        f"no model that can be called from here matches; {which} {best}: {remedy}, "
        "or search all known models with --known",
        known=found.matches, best=best, unlock=unlock,
    )  # fmt: skip


def _nothing_known(
    catalog: Catalog, criteria: Mapping[str, object], found: "tuple[Requirement, ...]"
) -> NoMatch:
    """The error that suggests lifting the one requirement which gives the most matches."""
    message = f"no known model matches{_unknown_provider(catalog, criteria)}"
    # On a tie max() returns the first: one that the user set rather than a default.
    explicit_first = sorted(found, key=lambda requirement: requirement.criterion not in criteria)
    most = max(explicit_first, key=lambda requirement: requirement.only, default=None)
    if most is None or most.only == 0:
        return NoMatch(f"{message}; modeldex best --why shows what each criterion excludes")
    instead, other = lifted(most.criterion, criteria)
    number = catalog.count({**other, "available": False})
    verb = "does" if number == 1 else "do"
    return NoMatch(f"{message}; {instead} {number:,} {verb}", instead=instead, would_match=number)


def lifted(criterion: str, criteria: Mapping[str, object]) -> tuple[str, dict[str, object]]:
    """How to lift a requirement on the command line, and the criteria without it."""
    other = {key: value for key, value in criteria.items() if key != criterion}
    row = BY_CRITERION[criterion]
    if not row.applies_by_default or criterion in criteria:
        return f"without {row.option}", other
    other[criterion] = row.lifted
    return f"with {row.option}" + (f" {row.lifted}" if row.kind == "word" else ""), other


def _unknown_provider(catalog: Catalog, criteria: Mapping[str, object]) -> str:
    """The part of the message about a provider missing in the catalog; empty if none is."""
    wanted = [criteria["provider"]] if "provider" in criteria else criteria.get("providers", [])
    known = {str(row[0]) for row in catalog.rows("SELECT DISTINCT provider FROM catalog")}
    for name in cast("list[str]", wanted):
        if name not in known:
            from difflib import get_close_matches

            near = get_close_matches(name, known, 3)
            hint = f" (did you mean {' or '.join(near)}?)" if near else ""
            return f": there is no provider {name}{hint}"
    return ""
