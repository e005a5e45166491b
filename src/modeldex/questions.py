"""What a registry can be asked beyond models: who disagrees, who says what, what changed."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from modeldex import drift
from modeldex.catalog import Catalog
from modeldex.drift import Disagreement, Suspicion
from modeldex.opening import open_writer
from modeldex.places import Place
from modeldex.threads import to_its_end

T = TypeVar("T")


class Questions(ABC):
    """Questions to one catalog, each answered by the concept of its name."""

    path: Place

    @abstractmethod
    async def _consult(self, question: Callable[[Catalog], T]) -> T:
        """The answer to a question of several statements."""

    async def drift(self, **filters: Any) -> list[Disagreement]:
        """Fields on which resolvers disagree; filters are those of `modeldex.drift.drift`."""
        return await self._consult(lambda catalog: drift.drift(catalog, **filters))

    async def suspicions(self) -> list[Suspicion]:
        """Effective values that are hard to believe."""
        return await self._consult(drift.suspicions)

    async def acknowledge(self, found: Sequence[Disagreement]) -> int:
        """Silence disagreements until one of their values changes; gives how many."""

        def write() -> int:
            with open_writer(self.path) as writer:
                return drift.acknowledge(writer, found)

        count: int = await to_its_end(write)
        return count
