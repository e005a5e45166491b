"""Check a model against each requirement of a query: met, unknown or failed.

A requirement is unknown if the model's value is unknown. The order is fixed: provider and family,
mode, lifecycle, capabilities and limits, price basis, plausibility, kind of provider, availability.
"""

from typing import NamedTuple

from modeldex.query.conditions import conditions
from modeldex.query.requirement_texts import Lack, ScopedQuery, lack_text
from modeldex.query.scope import Condition
from modeldex.storage.parameters import Bound
from modeldex.vocabulary.criteria import CRITERIA, WORKLOAD
from modeldex.vocabulary.entry import CatalogEntry

MET, UNKNOWN, FAILED = range(3)

Verdicts = tuple[int, ...]
"""The result of each requirement of a query for one model: MET, UNKNOWN or FAILED."""

_FIRST = ("provider", "providers", "family", "mode", "include_deprecated", "min_days_left")
_LAST = ("price_basis", "include_suspicious", "provider_class", "available")
_BETWEEN = tuple(name for name in (*CRITERIA, WORKLOAD.name) if name not in (*_FIRST, *_LAST))
ORDER = (*_FIRST, *_BETWEEN, *_LAST)
"""The order of the requirements, by criterion."""

# `rank_tier` is never NULL, as an unknown tier ranks last: test `quality_tier` itself.
_UNKNOWN_IF = dict.fromkeys(("quality_tier", "min_quality_tier"), "c.quality_tier IS NULL")


class Requirements(NamedTuple):
    """The requirements of a query, one per criterion, in ORDER."""

    query: ScopedQuery
    conditions: tuple[Condition, ...]

    @property
    def parameters(self) -> Bound:
        """The bound values of all conditions."""
        return {name: value for each in self.conditions for name, value in each.parameters.items()}

    @property
    def code(self) -> str:
        """SQL over `catalog c`: a model's verdicts as the base-3 digits of one integer."""
        # One integer per row lets SQL group models by their verdicts; BIGINT for PostgreSQL.
        digits = (_digit(each, 3**place) for place, each in enumerate(self.conditions))
        return " + ".join(("CAST(0 AS BIGINT)", *digits))

    def decode(self, code: object) -> Verdicts:
        """Decode an integer of `code` into verdicts."""
        number = int(str(code))
        return tuple(number // 3**place % 3 for place in range(len(self.conditions)))


def requirements(query: ScopedQuery) -> Requirements:
    """Return the requirements of a query, including defaults. Raises InvalidQuery."""
    found = {each.criterion: each for each in conditions(*query)}
    # Nobody is told to make an offer callable which would not be recommended then.
    known_too = conditions({**query.criteria, "available": False}, query.scope)
    found = {each.criterion: each for each in known_too} | found
    return Requirements(query, tuple(found[name] for name in ORDER if name in found))


def code_of(verdicts: Verdicts) -> int:
    """Encode verdicts as an integer of `Requirements.code`."""
    return sum(verdict * 3**place for place, verdict in enumerate(verdicts))


def lacks(required: Requirements, model: CatalogEntry, verdicts: Verdicts) -> tuple[Lack, ...]:
    """Return the requirements that a model with these verdicts does not meet, in order."""
    return tuple(
        lack_text(condition.criterion, required.query, model, unknown=verdict == UNKNOWN)
        for condition, verdict in zip(required.conditions, verdicts, strict=True)
        if verdict != MET
    )


def _digit(condition: Condition, worth: int) -> str:
    unknown = f"({condition.sql}) IS NULL"
    if condition.criterion in _UNKNOWN_IF:
        unknown += f" OR {_UNKNOWN_IF[condition.criterion]}"
    return (
        f"CASE WHEN {condition.sql} THEN 0 WHEN {unknown} THEN {UNKNOWN * worth} "
        f"ELSE {FAILED * worth} END"
    )
