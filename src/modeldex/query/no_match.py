"""The error for a query without matches: which requirement to relax, and what is nearest."""

from collections.abc import Iterable, Mapping

from modeldex.errors import NoMatch
from modeldex.query.explain_query import QueryExplanation, Requirement
from modeldex.vocabulary.criteria import BY_CRITERION, WORKLOAD

_SHOWN = 3
"""Requirements in a message."""


def to_relax(
    requirements: Iterable[Requirement], criteria: Mapping[str, object]
) -> Requirement | None:
    """The requirement without which the most models match; None if each model misses several."""
    # On a tie max() returns the first: one that the user set rather than a default.
    explicit_first = sorted(requirements, key=lambda each: each.criterion not in criteria)
    most = max(explicit_first, key=lambda each: each.only, default=None)
    return most if most is not None and most.only else None


def no_match(explanation: QueryExplanation, criteria: Mapping[str, object]) -> NoMatch:
    """The error for criteria that no model meets, from their explanation."""
    blamed = to_relax(explanation.requirements, criteria)
    if blamed is None:
        text = f"no model matches; each misses several requirements: {_strictest(explanation)}"
        return NoMatch(text, explanation)
    of_it = (miss for miss in explanation.nearest if miss.lack.criterion == blamed.criterion)
    nearest = next(of_it, explanation.nearest[0])
    verb = "does" if blamed.only == 1 else "do"
    return NoMatch(
        f"no model matches; {_lifted(blamed.criterion, criteria)} {blamed.only:,} {verb}; "
        f"the nearest is {nearest.id}: {nearest.lack.text}",
        explanation, blamed.criterion, nearest.id,
    )  # fmt: skip


def _strictest(explanation: QueryExplanation) -> str:
    """The requirements that exclude the most models, with their numbers."""
    most = sorted(explanation.requirements, key=lambda each: -(each.failed + each.unknown))
    return ", ".join(
        f"{each.wants} excludes {each.failed + each.unknown:,} of {explanation.known:,}"
        for each in most[:_SHOWN]
    )


def _lifted(criterion: str, criteria: Mapping[str, object]) -> str:
    """How to lift a requirement in a call."""
    row = BY_CRITERION.get(criterion, WORKLOAD)
    if criterion in criteria or not row.applies_by_default:
        return f"without {criterion}"
    return f"with {criterion}={row.lifted!r}"
