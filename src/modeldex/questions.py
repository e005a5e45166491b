"""What a registry can be asked beyond models: why, who says what, who disagrees."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Sequence
from datetime import timedelta
from typing import Any, TypeVar

from modeldex import drift
from modeldex.acknowledging import acknowledge
from modeldex.catalog import Catalog
from modeldex.changes import CatalogChange, changes
from modeldex.drift import Disagreement, Suspicion
from modeldex.expiring import Expiring, expiring
from modeldex.explain import Explanation, explain
from modeldex.explain_query import QueryExplanation, explain_query
from modeldex.history import Spell, history
from modeldex.moments import When
from modeldex.opening import open_writer
from modeldex.places import Place
from modeldex.queries import criteria_of, query_of
from modeldex.threads import to_its_end
from modeldex.values import ModelQuery
from modeldex.workloads import Workload

T = TypeVar("T")


class Questions(ABC):
    """Questions to one catalog, each answered by the concept of its name."""

    path: Place

    @abstractmethod
    async def _consult(self, question: Callable[[Catalog], T]) -> T:
        """The answer to a question of several statements."""

    async def explain(self, provider: str, name: str) -> Explanation:
        """Every opinion on every field of a model, who sees it, and what queries leave it out.

        Raises ModelNotFound, with near names.
        """
        return await self._consult(lambda catalog: explain(catalog, provider, name))

    async def explain_query(
        self,
        query: ModelQuery | None = None,
        *,
        workload: Workload | None = None,
        as_of: When | None = None,
        **criteria: Any,
    ) -> QueryExplanation:
        """Why a query, or find_best with these criteria, finds what it finds, or nothing.

        Raises InvalidQuery.
        """
        asked = criteria_of(query_of({**dict(query or ()), **criteria}))
        return await self._consult(
            lambda catalog: explain_query(catalog.as_of(as_of), asked, workload)
        )

    async def changes(
        self,
        since: When,
        until: When | None = None,
        *,
        kinds: Collection[str] = (),
        providers: Collection[str] = (),
    ) -> tuple[CatalogChange, ...]:
        """What is different now, or at `until`, from what was at `since`; see modeldex.changes.

        Raises InvalidQuery.
        """
        return await self._consult(lambda catalog: changes(catalog, since, until, kinds, providers))

    async def expiring(
        self, within: timedelta | str | None = "30d", *, available: bool = True
    ) -> tuple[Expiring, ...]:
        """The models whose last day, or deprecation, has come or comes within a span of time.

        By day; None is any span. Raises InvalidQuery.
        """
        return await self._consult(lambda catalog: expiring(catalog, within, available=available))

    async def history(
        self, provider: str, name: str, field: str | None = None
    ) -> tuple[Spell, ...]:
        """Every value that a model had, or that a resolver gave to it, in time order.

        Raises ModelNotFound, and InvalidQuery for a field that does not exist.
        """
        return await self._consult(lambda catalog: history(catalog, provider, name, field))

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
                return acknowledge(writer, found)

        count: int = await to_its_end(write)
        return count
