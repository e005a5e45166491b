"""What follows from the shipped data without anybody stating it; outranked by every fact."""

from collections.abc import Mapping, Sequence
from functools import cached_property

from modeldex import snapshots
from modeldex.values import ModelCapabilities, ModelSpec

_FROM = "litellm"


class InferredResolver:
    """A window where only the cap on the prompt is documented: it is at least that large.

    LiteLLM states the prompt cap alone. The answer counts only for models whose window no
    other shipped data set states.
    """

    name = "inferred"
    network = False
    may_shrink = True

    @property
    def version(self) -> str:
        """Text that changes when the data does; reads one line per snapshot."""
        return " ".join(map(snapshots.version, snapshots.NAMES))

    @property
    def observed_at(self) -> str:
        """The day of the facts; reads one line."""
        return snapshots.header(_FROM)["as_of"]

    async def get_capabilities(self, spec: ModelSpec) -> ModelCapabilities:
        """The inferred window, or an empty value."""
        return ModelCapabilities(max_context=self._windows.get((spec.provider, spec.name)))

    async def resolve_many(self, specs: Sequence[ModelSpec]) -> list[Mapping[str, object] | None]:
        """One answer per spec, in order; None where nothing follows."""
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
            for row in snapshots.load(_FROM).rows
            if "max_input_tokens" in row and (key := (row["provider"], row["name"])) not in stated
        }
