"""Source: the models that a shipped data set lists."""

from collections.abc import Iterable, Mapping

from modeldex.upstream import editions, snapshots
from modeldex.vocabulary.values import ModelSpec

_SPEC_FIELDS = tuple(ModelSpec.model_fields)


class SnapshotSource:
    """The listed rows of one shipped snapshot, by its name in `snapshots.NAMES`.

    The kind is "reference", as a data set does not prove that a model can be called.
    Raises ValueError for an unknown name.
    """

    kind = "reference"
    network = False
    may_shrink = True

    def __init__(self, name: str) -> None:
        self.name = name
        snapshots.path(name)

    @property
    def version(self) -> str:
        """Version of the shipped data, beginning with its date; reads one line of the file."""
        return snapshots.version(self.name)

    def supersedes(self, token: str | None) -> bool:
        """Whether the shipped data is newer than the stored version, or none is stored."""
        return editions.is_newer(self.version, token)

    async def discover(self) -> list[ModelSpec]:
        """Return every model that the data set lists."""
        return listed_in(snapshots.load(self.name).rows)


def listed_in(rows: Iterable[Mapping[str, object]]) -> list[ModelSpec]:
    """Return the models of normalized rows, in order, without rows marked `listed: false`."""
    return [
        ModelSpec.model_validate({field: row[field] for field in _SPEC_FIELDS if field in row})
        for row in rows
        if row.get("listed", True)
    ]
