"""What a shipped data set says of a model."""

from collections.abc import Mapping, Sequence
from functools import cached_property

from modeldex import editions, snapshots
from modeldex.listings.rows import facts_of
from modeldex.values import ModelCapabilities, ModelSpec

Named = Mapping[tuple[object, object], dict[str, object]]


class SnapshotResolver:
    """The rows of one shipped snapshot, by its name in `snapshots.NAMES`.

    A model is found by its exact provider and name, else by an alias that the data set
    gives for the same provider; never by likeness.
    """

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

    @property
    def observed_at(self) -> str:
        """The day of the facts; reads one line."""
        return snapshots.header(self.name)["as_of"]

    async def get_capabilities(self, spec: ModelSpec) -> ModelCapabilities:
        """What the data set knows of the model; an empty value where it knows nothing."""
        return ModelCapabilities.model_validate(known_of(self._rows, spec) or {})

    async def resolve_many(self, specs: Sequence[ModelSpec]) -> list[Mapping[str, object] | None]:
        """The facts about each model by field, in order; None where there are none."""
        return [known_of(self._rows, spec) for spec in specs]

    @cached_property
    def _rows(self) -> Named:
        return by_name(snapshots.load(self.name).rows)


def by_name(rows: Sequence[dict[str, object]]) -> Named:
    """The rows of a data set by provider and by each name that they give."""
    named = {(row["provider"], row["name"]): row for row in rows}
    respelled = {
        (row["provider"], alias): row
        for row in rows
        if isinstance(aliases := row.get("aliases"), list)
        for alias in aliases
    }
    return respelled | named


def known_of(rows: Named, spec: ModelSpec) -> dict[str, object] | None:
    """The facts of the row of a model by field; None where there is no row."""
    row = rows.get((spec.provider, spec.name))
    return None if row is None else facts_of(row)
