"""Explain why one model ranks behind another, by the columns of the rank order."""

from typing import NamedTuple, Self

from modeldex.vocabulary.entry import CatalogEntry
from modeldex.vocabulary.formatting import compared

_TITLES = {
    "workload_cost": "workload",
    "blended_cost": "blended price",
    "usable_context": "context",
    "release_date": "release",
}


class Standing(NamedTuple):
    """What ranks a model, most important first; ties are broken by provider and name.

    `workload_cost` is known only in queries with a workload.
    """

    quality_tier: str | None
    workload_cost: float | None
    blended_cost: float | None
    usable_context: int | None
    release_date: str | None

    @classmethod
    def of(cls, entry: CatalogEntry) -> Self:
        """Return the standing of an entry."""
        cost = entry.cost.usd if entry.cost else None
        others = (entry.value(name) for name in cls._fields[2:])
        return cls._make((entry.value("quality_tier"), cost, *others))

    def difference(self, other: "Standing") -> str | None:
        """Return the first field in which two models differ; None if only names differ."""
        pairs = zip(self._fields, self, other, strict=True)
        return next((name for name, one, another in pairs if one != another), None)

    def shortfall(self, other: "Standing") -> str:
        """Return why `other` ranks behind this one, as text."""
        column = self.difference(other)
        if column is None:
            return "equal rank, later by name"
        better, worse = getattr(self, column), getattr(other, column)
        if column == "quality_tier":
            return f"tier {worse or 'unknown'}, behind {better}"
        if worse is None:
            return f"{_TITLES[column]} unknown"
        sign = ">" if "cost" in column else "<"
        return compared(_TITLES[column], column, worse, sign, better)
