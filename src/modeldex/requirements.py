"""What each requirement of a query says of a model: met, unknown or failed.

A requirement is unknown where the model has no value to judge it by. The order is fixed:
who the model is, what it is for and whether it is still in use, what it can do, its price
basis, whether it can be called from here.
"""

from typing import NamedTuple

from modeldex.reasons import Asked, Lack, Record, lack
from modeldex.search import CRITERIA, Bound, Condition, conditions

MET, UNKNOWN, FAILED = range(3)

Verdicts = tuple[int, ...]
"""What each requirement of a query says of one model."""

_FIRST = ("provider", "providers", "family", "mode", "include_deprecated")
_LAST = ("price_basis", "available")
_BETWEEN = tuple(name for name in CRITERIA if name not in (*_FIRST, *_LAST))
ORDER = (*_FIRST, *_BETWEEN, *_LAST)
"""The order in which a model is held against the requirements, by criterion."""

# The rank of a tier is never NULL: unknown is its last place.
_UNKNOWN_ALSO = dict.fromkeys(("quality_tier", "min_quality_tier"), "c.quality_tier IS NULL")


class Requirements(NamedTuple):
    """The requirements of a query, one per criterion, in order."""

    asked: Asked
    conditions: tuple[Condition, ...]

    @property
    def parameters(self) -> Bound:
        """What all of them bind."""
        return {name: value for each in self.conditions for name, value in each.parameters.items()}

    @property
    def code(self) -> str:
        """SQL over `catalog c`: a model's verdicts as one number, to base 3."""
        digits = (_digit(each, 3**place) for place, each in enumerate(self.conditions))
        return " + ".join(("CAST(0 AS BIGINT)", *digits))

    def read(self, code: object) -> Verdicts:
        """The verdicts that a number stands for."""
        number = int(str(code))
        return tuple(number // 3**place % 3 for place in range(len(self.conditions)))


def requirements(asked: Asked) -> Requirements:
    """What a query requires, defaults included. Raises InvalidQuery."""
    merged: dict[str, Condition] = {}
    for condition in conditions(*asked):
        name = condition.criterion
        merged[name] = _both(merged[name], condition) if name in merged else condition
    in_order = sorted(merged.values(), key=lambda each: ORDER.index(each.criterion))
    return Requirements(asked, tuple(in_order))


def code_of(verdicts: Verdicts) -> int:
    """The number that stands for verdicts."""
    return sum(verdict * 3**place for place, verdict in enumerate(verdicts))


def lacks(required: Requirements, model: Record, verdicts: Verdicts) -> tuple[Lack, ...]:
    """Everything that keeps a model of these verdicts out, in the order of the requirements."""
    return tuple(
        lack(condition.criterion, required.asked, model, unknown=verdict == UNKNOWN)
        for condition, verdict in zip(required.conditions, verdicts, strict=True)
        if verdict != MET
    )


def _both(one: Condition, other: Condition) -> Condition:
    sql = f"({one.sql}) AND ({other.sql})"
    return Condition(one.criterion, sql, one.parameters | other.parameters)


def _digit(condition: Condition, worth: int) -> str:
    unknown = f"({condition.sql}) IS NULL"
    if condition.criterion in _UNKNOWN_ALSO:
        unknown += f" OR {_UNKNOWN_ALSO[condition.criterion]}"
    return (
        f"CASE WHEN {condition.sql} THEN 0 WHEN {unknown} THEN {UNKNOWN * worth} "
        f"ELSE {FAILED * worth} END"
    )
