"""The window that follows from a prompt cap; every stated window outranks it."""

from modeldex.upstream import snapshots
from modeldex.vocabulary.values import ModelCapabilities, ModelSpec


class InferredResolver:
    """Where only the cap on the prompt is stated, the window is at least that large.

    A refresh reads the caps from the other resolvers' opinions and writes the windows last
    (`modeldex.storage.inferred`); without a catalog there is nothing to infer from.
    """

    name = "inferred"
    network = False
    may_shrink = True

    @property
    def version(self) -> str:
        """The versions of all snapshots; reads one line per snapshot."""
        return " ".join(map(snapshots.version, snapshots.NAMES))

    async def get_capabilities(self, _spec: ModelSpec) -> ModelCapabilities:
        """No opinion: what follows is written from the catalog."""
        return ModelCapabilities()
