"""Resolver: the facts of a shipped data set."""

from collections.abc import Mapping, Sequence
from functools import cached_property

from modeldex.upstream import editions, snapshots
from modeldex.upstream.formats.rows import facts_of, stated
from modeldex.vocabulary.values import ModelCapabilities, ModelSpec

RowsByName = Mapping[tuple[object, object], dict[str, object]]


class SnapshotResolver:
    """The rows of one shipped snapshot, by its name in `snapshots.NAMES`.

    A model is matched by its exact provider and name, else by an alias that the data set
    lists for the same provider; never by similarity. Raises ValueError for an unknown name.
    """

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

    @property
    def observed_at(self) -> str:
        """Date of the facts, YYYY-MM-DD; reads one line of the file."""
        return snapshots.header(self.name)["as_of"]

    async def get_capabilities(self, spec: ModelSpec) -> ModelCapabilities:
        """Return the facts of the model's row; empty without a row."""
        return ModelCapabilities.model_validate(facts_of(row_values(self._rows, spec) or {}))

    async def resolve_many(self, specs: Sequence[ModelSpec]) -> list[Mapping[str, object] | None]:
        """Return one mapping of field values per spec, in order; None without a row."""
        return [row_values(self._rows, spec) for spec in specs]

    @cached_property
    def _rows(self) -> RowsByName:
        return by_name(snapshots.load(self.name).rows)


def by_name(rows: Sequence[dict[str, object]]) -> RowsByName:
    """Index rows by (provider, name) and (provider, alias); names win over aliases."""
    named = {(row["provider"], row["name"]): row for row in rows}
    by_alias = {
        (row["provider"], alias): row
        for row in rows
        if isinstance(aliases := row.get("aliases"), list)
        for alias in aliases
    }
    return by_alias | named


def row_values(rows: RowsByName, spec: ModelSpec) -> dict[str, object] | None:
    """Return what a model's row states, field values and page; None without a row."""
    row = rows.get((spec.provider, spec.name))
    return None if row is None else stated(row)
