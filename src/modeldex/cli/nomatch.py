"""Nothing matches: say what would, and what to set or leave out for it."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, cast

from modeldex.catalog import Catalog
from modeldex.cli.criteria import OPTIONS
from modeldex.cli.failures import NO_MATCH, Failure

if TYPE_CHECKING:
    from modeldex.explain_query import Requirement
    from modeldex.workloads import Workload

_WIDER: dict[str, tuple[str, object]] = {
    "mode": ("with --mode any", "any"),
    "price_basis": ("with --price-basis any", "any"),
    "include_deprecated": ("with --include-deprecated", True),
    "available": ("with --known", False),
}
"""What lifts a requirement that narrows a query even where nobody set it."""


class NoMatch(Failure):
    """No model meets the criteria.

    `known` counts the models that would if it did not matter what can be called from here,
    `best` is the first of them and `unlock` the variable that would hold its key. With none
    known, `instead` says which one criterion to change, and `would_match` what that gives.
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
    """The error for criteria that nothing meets; a workload ranks what would."""
    from modeldex.explain_query import explain_query
    from modeldex.reasons import key_variable, unlocking

    everything = {**criteria, "available": False}
    found = explain_query(catalog, everything, load, runners_up=0, nearest=0)
    if not found.matches:
        return _nothing_known(catalog, criteria, found.requirements)
    best = found.ranked[0].id
    provider = best.partition("/")[0]
    unlock = key_variable(provider)
    how = f"set {unlock} to unlock it" if unlock else unlocking(provider)
    which = (
        "the one known model that does is"
        if found.matches == 1
        else f"{found.matches:,} known ones do, first"
    )
    return NoMatch(
        f"no model that can be called from here matches; {which} {best}: {how}, "
        "or look at everything with --known",
        known=found.matches, best=best, unlock=unlock,
    )  # fmt: skip


def _nothing_known(
    catalog: Catalog, criteria: Mapping[str, object], found: "tuple[Requirement, ...]"
) -> NoMatch:
    """Names the requirement that most models lack alone, rather one that was asked for."""
    message = f"no known model matches{_stranger(catalog, criteria)}"
    asked_first = sorted(found, key=lambda requirement: requirement.criterion not in criteria)
    most = max(asked_first, key=lambda requirement: requirement.only, default=None)
    if most is None or most.only == 0:
        return NoMatch(f"{message}; modeldex best --why tells what each criterion leaves out")
    instead, other = lifted(most.criterion, criteria)
    number = catalog.count({**other, "available": False})
    verb = "does" if number == 1 else "do"
    return NoMatch(f"{message}; {instead} {number:,} {verb}", instead=instead, would_match=number)


def lifted(criterion: str, criteria: Mapping[str, object]) -> tuple[str, dict[str, object]]:
    """How to lift a requirement on the command line, and the criteria that remain."""
    other = {key: value for key, value in criteria.items() if key != criterion}
    if criterion in _WIDER and criterion not in criteria:
        text, other[criterion] = _WIDER[criterion]
        return text, other
    return f"without {OPTIONS[criterion]}", other


def _stranger(catalog: Catalog, criteria: Mapping[str, object]) -> str:
    """What to say of a provider that the catalog does not have; empty where it has all."""
    asked = [criteria["provider"]] if "provider" in criteria else criteria.get("providers", [])
    known = {str(row[0]) for row in catalog.rows("SELECT DISTINCT provider FROM catalog")}
    for name in cast("list[str]", asked):
        if name not in known:
            from difflib import get_close_matches

            near = get_close_matches(name, known, 3)
            hint = f" (did you mean {' or '.join(near)}?)" if near else ""
            return f": there is no provider {name}{hint}"
    return ""
