"""How two models differ in rank: the order of `modeldex.search`, column by column."""

from collections.abc import Mapping

from modeldex.figures import compared

RANKED_BY = ("quality_tier", "workload_cost", "blended_cost", "usable_context", "release_date")
"""What decides the rank, the most important first; provider and name settle the rest.

`workload_cost` is there where a workload was asked about.
"""

_TITLES = {
    "workload_cost": "workload",
    "blended_cost": "blended price",
    "usable_context": "context",
    "release_date": "release",
}


def difference(first: Mapping[str, object], other: Mapping[str, object]) -> str | None:
    """The first column of RANKED_BY in which two models differ; None where only names do."""
    return next((column for column in RANKED_BY if first.get(column) != other.get(column)), None)


def shortfall(first: Mapping[str, object], other: Mapping[str, object]) -> str:
    """What puts `other` behind `first`, in words."""
    column = difference(first, other)
    if column is None:
        return "level, later by name"
    better, worse = first[column], other[column]
    if column == "quality_tier":
        return f"tier {worse or 'unknown'}, behind {better}"
    if worse is None:
        return f"{_TITLES[column]} unknown"
    sign = ">" if "cost" in column else "<"
    return compared(_TITLES[column], column, worse, sign, better)
