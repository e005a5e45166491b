"""Resolver: values inferred from the shipped data sets; every stated fact outranks them."""

from collections.abc import Mapping, Sequence
from functools import cached_property

from modeldex.upstream import snapshots
from modeldex.vocabulary.values import ModelCapabilities, ModelSpec

_DATA_SET = "litellm"


class InferredResolver:
    """Infers `max_context` from `max_input_tokens`: the window is at least as large as the cap.

    LiteLLM documents only the prompt cap. Models whose window any shipped data set states are
    left out.
    """

    name = "inferred"
    network = False
    may_shrink = True

    @property
    def version(self) -> str:
        """The versions of all snapshots; reads one line per snapshot."""
        return " ".join(map(snapshots.version, snapshots.NAMES))

    @property
    def observed_at(self) -> str:
        """Date of the facts, YYYY-MM-DD; reads one line of the file."""
        return snapshots.header(_DATA_SET)["as_of"]

    async def get_capabilities(self, spec: ModelSpec) -> ModelCapabilities:
        """Return the inferred window, or an empty value."""
        return ModelCapabilities(max_context=self._windows.get((spec.provider, spec.name)))

    async def resolve_many(self, specs: Sequence[ModelSpec]) -> list[Mapping[str, object] | None]:
        """Return one mapping per spec, in order; None if nothing can be inferred."""
        windows = [self._windows.get((spec.provider, spec.name)) for spec in specs]
        return [None if window is None else {"max_context": window} for window in windows]

    @cached_property
    def _windows(self) -> dict[tuple[str, str], int]:
        stated = {
            (row["provider"], row["name"])
            for name in snapshots.NAMES
            for row in snapshots.load(name).rows
            if "max_context" in row
        }
        return {
            key: row["max_input_tokens"]
            for row in snapshots.load(_DATA_SET).rows
            if "max_input_tokens" in row and (key := (row["provider"], row["name"])) not in stated
        }
