"""Reports of a registry: explanations, changes, histories, disagreements of resolvers."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Sequence
from datetime import timedelta
from typing import TypeVar, Unpack

from modeldex.history import drift
from modeldex.history.changes import CatalogChange, changes
from modeldex.history.drift import Disagreement, Suspicion, acknowledge
from modeldex.history.expiring import Expiring, expiring
from modeldex.history.timeline import Spell, history
from modeldex.query.benchmarks import ScoredBase, ScoresOf, benchmarks_of, scored_bases
from modeldex.query.catalog import Catalog
from modeldex.query.explain_choice import Choice, explain_choice
from modeldex.query.explain_model import Explanation, explain
from modeldex.query.explain_query import QueryExplanation, explain_query
from modeldex.query.no_match import no_match
from modeldex.query.offers import KnownBase, Offer, bases, offers
from modeldex.query.search import FEW, SearchHit, search
from modeldex.query.selection import Selection
from modeldex.query.typed import criteria_of, query_of
from modeldex.storage.concurrency import run_to_completion
from modeldex.storage.location import Place
from modeldex.storage.open import open_writer
from modeldex.vocabulary.model_query import Criteria, ModelQuery
from modeldex.vocabulary.orders import Sort
from modeldex.vocabulary.timestamps import When
from modeldex.vocabulary.values import ModelWithCapabilities
from modeldex.vocabulary.workloads import Workload

T = TypeVar("T")


class Reports(ABC):
    """Reports on one catalog, each implemented by the module of its name."""

    path: Place

    @abstractmethod
    async def _run_read(self, work: Callable[[Catalog], T]) -> T:
        """The result of `work`, whose statements read one state of the catalog."""

    @abstractmethod
    async def find_best(
        self, *, sort: Sort = "quality", workload: Workload | None = None,
        as_of: When | None = None, **criteria: Unpack[Criteria],
    ) -> ModelWithCapabilities | None:  # fmt: skip
        """The best model that meets every criterion, or None."""

    async def require(
        self,
        *,
        sort: Sort = "quality",
        workload: Workload | None = None,
        as_of: When | None = None,
        **criteria: Unpack[Criteria],
    ) -> ModelWithCapabilities:
        """The best model that meets every criterion; arguments as of `find_best`.

        Raises NoMatch, with the requirement to relax and the nearest model, and InvalidQuery.
        """
        found = await self.find_best(sort=sort, workload=workload, as_of=as_of, **criteria)
        if found is None:
            why = await self.explain_query(workload=workload, as_of=as_of, **criteria)
            raise no_match(why, criteria)
        return found

    async def explain(self, provider: str, name: str) -> Explanation:
        """Every opinion on a model, its sightings and prices, and why queries leave it out.

        Raises ModelNotFound, with similar names.
        """
        return await self._run_read(lambda catalog: explain(catalog, provider, name))

    async def explain_query(
        self,
        query: ModelQuery | None = None,
        *,
        workload: Workload | None = None,
        as_of: When | None = None,
        **criteria: Unpack[Criteria],
    ) -> QueryExplanation:
        """Why a query matches the models it does; `criteria` as of `find_best` override `query`.

        Raises InvalidQuery.
        """
        checked = criteria_of(query_of({**dict(query or ()), **criteria}))
        return await self._run_read(
            lambda catalog: explain_query(catalog.as_of(as_of), checked, workload)
        )

    async def why(
        self,
        query: ModelQuery | None = None,
        *,
        workload: Workload | None = None,
        sort: Sort = "quality",
        as_of: When | None = None,
        **criteria: Unpack[Criteria],
    ) -> Choice | None:
        """What decided between the best model and the runner-up, and what else the price would buy.

        None if nothing matches. Arguments as of `find_best`. Raises InvalidQuery.
        """
        checked = criteria_of(query_of({**dict(query or ()), **criteria}))
        how = Selection(workload, sort=sort)
        return await self._run_read(
            lambda catalog: explain_choice(catalog.as_of(as_of), checked, how)
        )

    async def changes(
        self,
        since: When,
        until: When | None = None,
        *,
        kinds: Collection[str] = (),
        providers: Collection[str] = (),
    ) -> tuple[CatalogChange, ...]:
        """Differences between the catalog at `since` and at `until`, by default now.

        Raises InvalidQuery.
        """
        return await self._run_read(
            lambda catalog: changes(catalog, since, until, kinds, providers)
        )

    async def expiring(
        self,
        within: timedelta | str | None = "30d",
        *,
        available: bool = True,
        past: bool = False,
    ) -> tuple[Expiring, ...]:
        """The models that retire or are deprecated within a time from now, the nearest first.

        `within=None` sets no limit. `past` adds those of which the day has been reached, the newest
        first. Raises InvalidQuery.
        """
        return await self._run_read(
            lambda catalog: expiring(catalog, within, available=available, past=past)
        )

    async def history(
        self, provider: str, name: str, field: str | None = None
    ) -> tuple[Spell, ...]:
        """Every value of a model's fields and every opinion on it, past and present, by time.

        Raises ModelNotFound, and InvalidQuery for a field that does not exist.
        """
        return await self._run_read(lambda catalog: history(catalog, provider, name, field))

    async def drift(
        self,
        *,
        provider: str | None = None,
        name: str | None = None,
        field: str | None = None,
        min_ratio: float | None = None,
        acknowledged: bool = False,
    ) -> list[Disagreement]:
        """Fields on which resolvers disagree; arguments as of `modeldex.history.drift.drift`.

        Raises InvalidQuery for an unknown field.
        """
        return await self._run_read(
            lambda catalog: drift.drift(
                catalog, provider=provider, name=name, field=field, min_ratio=min_ratio,
                acknowledged=acknowledged,
            )
        )  # fmt: skip

    async def search(
        self, text: str, *, limit: int = FEW, offset: int = 0, as_of: When | None = None
    ) -> list[SearchHit]:
        """The known models in whose names all words of a text occur, the likeliest first.

        These are provider, name, display name, base, family and aliases; a word with `*` or `?` is
        a pattern for a whole name. First those that are called exactly so, then those whose name
        begins so; of equal ones the maker's offer if it can be called, else one that can be called.
        Raises InvalidQuery.
        """
        found = await self._run_read(
            lambda catalog: search(catalog.as_of(as_of), text, limit, offset)
        )
        return list(found.hits)

    async def offers(self, base: str, *, as_of: When | None = None) -> list[Offer]:
        """The offers of a base model at all providers, metered ones first, by price.

        `base` is its id, its name alone, or another spelling. Raises ModelNotFound, with similar
        ids.
        """
        return await self._run_read(lambda catalog: offers(catalog.as_of(as_of), base))

    async def bases(self, *, unreviewed: bool = False) -> list[KnownBase]:
        """The base models whose offers are known; with `unreviewed` those that nobody reviewed."""
        return await self._run_read(lambda catalog: bases(catalog, unreviewed=unreviewed))

    async def scored_bases(self) -> list[ScoredBase]:
        """The base models that have scores on benchmarks, the best general score first."""
        return await self._run_read(scored_bases)

    async def benchmarks(self, base: str) -> ScoresOf:
        """The scores of a base model on benchmarks, with their sources and licences.

        `base` is its id, its name alone, or another spelling. Raises ModelNotFound, with similar
        ids.
        """
        return await self._run_read(lambda catalog: benchmarks_of(catalog, base))

    async def suspicions(self) -> list[Suspicion]:
        """Effective values that are implausible."""
        return await self._run_read(drift.suspicions)

    async def acknowledge(self, found: Sequence[Disagreement]) -> int:
        """Hide disagreements until one of their values changes; returns how many were hidden."""

        def write() -> int:
            with open_writer(self.path) as writer:
                return acknowledge(writer, found)

        count: int = await run_to_completion(write)
        return count
