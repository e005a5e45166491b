"""Explain why one model ranks behind another, by the columns of the rank order."""

from collections.abc import Mapping

from modeldex.vocabulary.formatting import compared

RANKED_BY = ("quality_tier", "workload_cost", "blended_cost", "usable_context", "release_date")
"""The ranking columns, most important first; ties are broken by provider and name.

`workload_cost` is present only in queries with a workload.
"""

_TITLES = {
    "workload_cost": "workload",
    "blended_cost": "blended price",
    "usable_context": "context",
    "release_date": "release",
}


def difference(first: Mapping[str, object], other: Mapping[str, object]) -> str | None:
    """Return the first of RANKED_BY in which two models differ; None if only names differ."""
    return next((column for column in RANKED_BY if first.get(column) != other.get(column)), None)


def shortfall(first: Mapping[str, object], other: Mapping[str, object]) -> str:
    """Return why `other` ranks behind `first`, as text."""
    column = difference(first, other)
    if column is None:
        return "equal rank, later by name"
    better, worse = first[column], other[column]
    if column == "quality_tier":
        return f"tier {worse or 'unknown'}, behind {better}"
    if worse is None:
        return f"{_TITLES[column]} unknown"
    sign = ">" if "cost" in column else "<"
    return compared(_TITLES[column], column, worse, sign, better)
