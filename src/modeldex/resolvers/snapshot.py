"""What a shipped data set says of a model."""

from collections.abc import Mapping, Sequence
from functools import cached_property

from modeldex import snapshots
from modeldex.values import ModelCapabilities, ModelSpec

_NOT_FACTS = frozenset({"provider", "name", "family", "display_name", "aliases", "listed"})


class SnapshotResolver:
    """The rows of one shipped snapshot, by its name in `snapshots.NAMES`.

    A model is found by its exact provider and name, else by an alias that the data set
    gives for the same provider; never by likeness.
    """

    network = False

    def __init__(self, name: str) -> None:
        self.name = name
        snapshots.path(name)

    @property
    def version(self) -> str:
        """Text that changes when the rows do; reads one line."""
        return snapshots.version(self.name)

    @property
    def observed_at(self) -> str:
        """The day of the facts; reads one line."""
        return snapshots.header(self.name)["as_of"]

    async def get_capabilities(self, spec: ModelSpec) -> ModelCapabilities:
        """What the data set knows of the model; an empty value where it knows nothing."""
        return ModelCapabilities.model_validate(self._facts(spec) or {})

    async def resolve_many(self, specs: Sequence[ModelSpec]) -> list[Mapping[str, object] | None]:
        """The facts about each model by field, in order; None where there are none."""
        return [self._facts(spec) for spec in specs]

    def _facts(self, spec: ModelSpec) -> dict[str, object] | None:
        row = self._rows.get((spec.provider, spec.name))
        if row is None:
            return None
        return {field: value for field, value in row.items() if field not in _NOT_FACTS}

    @cached_property
    def _rows(self) -> dict[tuple[object, object], dict[str, object]]:
        rows = snapshots.load(self.name).rows
        named = {(row["provider"], row["name"]): row for row in rows}
        respelled = {
            (row["provider"], alias): row
            for row in rows
            if isinstance(aliases := row.get("aliases"), list)
            for alias in aliases
        }
        return respelled | named
