"""Opinions that follow from the catalog itself.

Stated facts outrank all but those of notices and benchmarks, and of price lists themselves.
"""

from modeldex.version import __version__
from modeldex.vocabulary.values import ModelCapabilities, ModelSpec

PRECEDENCE = {
    "inferred": 100, "base": 110, "target": 120, "plausibility": 130, "coverage": 140,
    "succession": 150,
}  # fmt: skip
FROM_DATA_SETS = {"consensus": 290, "dated_prices": 295}
"""What follows from price lists: above the data sets, below the curated tables."""

OVERRULING = {"earlier_notices": 315, "notices": 320, "evidence": 330}
"""Above the curated tables, below a provider's own API."""


class InferredResolver:
    """States what follows from other opinions: one of the kinds in `modeldex.storage.inferred`.

    A refresh writes its opinions last; without a catalog there is nothing to infer from.
    """

    network = False
    may_shrink = True
    version = __version__

    def __init__(self, name: str = "inferred") -> None:
        self.name = name
        self.precedence = (PRECEDENCE | FROM_DATA_SETS | OVERRULING)[name]

    async def get_capabilities(self, _spec: ModelSpec) -> ModelCapabilities:
        """No opinion: what follows is written from the catalog."""
        return ModelCapabilities()
