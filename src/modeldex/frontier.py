"""The models that no other beats on cost, speed and quality tier at once.

One model beats another where it is at least as good in all three, and better in one. A value
that is not known is as the worst one: it beats nothing, two of them are level, and any known
value is better.
"""

from collections.abc import Iterable, Mapping
from math import inf

from modeldex.catalog import Catalog, Row
from modeldex.picks import Candidate, candidates, rows_of
from modeldex.workloads import Workload

Standing = tuple[tuple[bool, object], int, float]
"""What a model is judged by, the less the better: cost, tier, and speed below zero."""


def frontier(
    catalog: Catalog, criteria: Mapping[str, object], workload: Workload | None = None
) -> list[Row]:
    """Rows of search.COLUMNS that meet the criteria and are not beaten, best first.

    The cost is that of the workload, else the blended price. Raises InvalidQuery.
    """
    found = list(candidates(catalog, criteria, workload))
    front = unbeaten(map(_standing, found))
    return rows_of(catalog, [each.model_id for each in found if _standing(each) in front])


def unbeaten(standings: Iterable[Standing]) -> set[Standing]:
    """Those that no other beats."""
    front: set[Standing] = set()
    fastest: dict[int, float] = {}
    # What beats a standing sorts before it: so far nothing was dearer.
    for standing in sorted(set(standings)):
        _, tier, slowness = standing
        if all(slowness < at_best for better, at_best in fastest.items() if better <= tier):
            front.add(standing)
            fastest[tier] = slowness
    return front


def _standing(model: Candidate) -> Standing:
    return model.cost, model.tier, inf if model.speed is None else -model.speed
