"""The models that a shipped data set says exist."""

from collections.abc import Iterable, Mapping

from modeldex import editions, snapshots
from modeldex.values import ModelSpec

_PARTS = tuple(ModelSpec.model_fields)


class SnapshotSource:
    """The listed rows of one shipped snapshot, by its name in `snapshots.NAMES`.

    It is a reference: a data set knows of a model, it cannot call it.
    """

    kind = "reference"
    network = False
    may_shrink = True

    def __init__(self, name: str) -> None:
        self.name = name
        snapshots.path(name)

    @property
    def version(self) -> str:
        """The edition that is shipped, its day in front; reads one line."""
        return snapshots.version(self.name)

    def supersedes(self, token: str | None) -> bool:
        """Whether what is shipped is of a later day than what is stored, if anything is."""
        return editions.is_newer(self.version, token)

    async def discover(self) -> list[ModelSpec]:
        """Every model the data set lists, already clean."""
        return listed_in(snapshots.load(self.name).rows)


def listed_in(rows: Iterable[Mapping[str, object]]) -> list[ModelSpec]:
    """The models that clean rows list, in order."""
    return [
        ModelSpec.model_validate({part: row[part] for part in _PARTS if part in row})
        for row in rows
        if row.get("listed", True)
    ]
