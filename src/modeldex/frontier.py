"""The Pareto frontier of cost, speed and quality tier.

A model dominates another if it is at least as good in all three and better in one. An unknown
value counts as the worst: any known value is better, and two unknown values are equal.
"""

from collections.abc import Iterable, Mapping
from math import inf

from modeldex.catalog import Catalog, Row
from modeldex.picks import Candidate, candidates, rows_of
from modeldex.workloads import Workload

Standing = tuple[tuple[bool, object], int, float]
"""Cost, tier and negative speed of a model; lower is better in each."""


def frontier(
    catalog: Catalog, criteria: Mapping[str, object], workload: Workload | None = None
) -> list[Row]:
    """Rows of search.COLUMNS that meet the criteria and are not dominated, best first.

    The cost is that of the workload, by default the blended price. Raises InvalidQuery.
    """
    found = list(candidates(catalog, criteria, workload))
    front = unbeaten(map(_standing, found))
    return rows_of(catalog, [each.model_id for each in found if _standing(each) in front])


def unbeaten(standings: Iterable[Standing]) -> set[Standing]:
    """The standings that no other dominates."""
    front: set[Standing] = set()
    fastest: dict[int, float] = {}
    # Sorted by cost first, a standing can only be dominated by an earlier one. So per tier the
    # best speed so far is enough, which makes this O(n log n) instead of O(n^2).
    for standing in sorted(set(standings)):
        _, tier, slowness = standing
        if all(slowness < at_best for better, at_best in fastest.items() if better <= tier):
            front.add(standing)
            fastest[tier] = slowness
    return front


def _standing(model: Candidate) -> Standing:
    return model.cost, model.tier, inf if model.speed is None else -model.speed
