"""ModelRegistry, the object through which applications use a catalog."""

import os
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from typing import TypeVar, Unpack, overload

from modeldex import errors
from modeldex.query.catalog import Catalog
from modeldex.query.compile import compile_count, compile_find, compile_query
from modeldex.query.lookup import anywhere, at_provider, split
from modeldex.query.rows import SqlRow
from modeldex.query.scope import Scope
from modeldex.query.selection import Selection, check_sort, frontier, select_rows
from modeldex.query.typed import criteria_of, query_of
from modeldex.refresh.isolation import DEADLINE
from modeldex.refresh.report import Progress, RefreshReport
from modeldex.registry.answer_cache import AnswerCache
from modeldex.registry.best import best_models
from modeldex.registry.participants import Participants
from modeldex.registry.recording import Recording
from modeldex.registry.reports import Reports
from modeldex.resolvers import CapabilityResolver
from modeldex.sources import ModelSource
from modeldex.storage.concurrency import LoopSafeLock, run_to_completion
from modeldex.storage.kept_writer import KeptWriter
from modeldex.storage.location import Place, Postgres
from modeldex.storage.sqlite.connection import catalog_path
from modeldex.upstream.configured import Configured
from modeldex.vocabulary import clock
from modeldex.vocabulary.criteria import EVERYTHING
from modeldex.vocabulary.entry import CatalogEntry
from modeldex.vocabulary.model_query import Criteria, ModelQuery
from modeldex.vocabulary.notebook import ModelList
from modeldex.vocabulary.orders import Distinct, Sort
from modeldex.vocabulary.providers import canonical
from modeldex.vocabulary.timestamps import When
from modeldex.vocabulary.values import ModelWithCapabilities
from modeldex.vocabulary.workloads import Cost, Workload

_EVERYTHING = query_of(EVERYTHING)
T = TypeVar("T")

_FIRST_LOAD_WAIT = 60.0  # seconds, for the refresh of another process


class ModelRegistry(Reports, Recording):
    """A catalog and the sources and resolvers that fill it.

    Without `sources` its scope is what can be called from here: models that a live source
    sees, and models of providers whose key is set in `environ`, by default that of the
    process. With `sources` its scope is the models that these see. Later `resolvers` override
    earlier ones, field by field; opinions of resolvers outside the list count, too, because
    the catalog is shared. `db` is the path or PostgreSQL URL of the catalog.

    Only `refresh`, and the first `get_models` on a catalog, open sockets. It may be used by
    any number of tasks; close it with `aclose()` or `async with`.
    """

    def __init__(
        self,
        sources: Sequence[ModelSource] | None = None,
        resolvers: Sequence[CapabilityResolver] | None = None,
        *,
        db: str | os.PathLike[str] | Postgres | None = None,
        environ: Mapping[str, str] | None = None,
    ) -> None:
        self.path: Place = catalog_path(db, environ)
        self._configured = Configured(os.environ if environ is None else environ)
        self._participants = Participants(self.path, sources, resolvers, environ)
        self._cache = AnswerCache(self.path)
        self._writer = KeptWriter(self.path)
        self._ready = False
        self._lock = LoopSafeLock()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.path}>"

    async def __aenter__(self) -> "ModelRegistry":
        return self

    async def __aexit__(self, *_exception: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close the connections. A later use of the registry reopens them."""
        await self._cache.close()
        await run_to_completion(self._writer.close)

    # Queries.

    @overload
    async def find_best(
        self, *, n: None = None, distinct: Distinct | None = None, sort: Sort = "quality",
        same_model: bool = False, workload: Workload | None = None, as_of: When | None = None,
        **criteria: Unpack[Criteria],
    ) -> ModelWithCapabilities | None: ...  # fmt: skip
    @overload
    async def find_best(
        self, *, n: int, distinct: Distinct | None = None, sort: Sort = "quality",
        same_model: bool = False, workload: Workload | None = None, as_of: When | None = None,
        **criteria: Unpack[Criteria],
    ) -> list[ModelWithCapabilities]: ...  # fmt: skip

    async def find_best(
        self,
        *,
        n: int | None = None,
        distinct: Distinct | None = None,
        sort: Sort = "quality",
        same_model: bool = False,
        workload: Workload | None = None,
        as_of: When | None = None,
        **criteria: Unpack[Criteria],
    ) -> ModelWithCapabilities | list[ModelWithCapabilities] | None:
        """The best model that meets every criterion, or None. Criteria: the fields of ModelQuery.

        Ranked by quality tier, then band of the quality score, then blended cost, then the lab
        before others, then larger window, then newer release; with `task` its score stands in place
        of tier and score. With a `workload`, its cost replaces the blended cost. With `n` the
        result is a list of up to `n` models; `distinct="base"`, `"family"` or `"provider"` returns
        the best of each only, `same_model=True` offers of the base of the best, for fail-over.
        `sort` is quality, cost, value, newest or speed. `as_of` queries the catalog as of a moment:
        modeldex.query.as_of. Raises InvalidQuery.

        What stops answering within 30 days is returned only where nothing else meets the criteria,
        and its `remark` says so; `min_days_left` sets another limit, which is kept.
        """
        if n is not None and (type(n) is not int or n < 1):
            raise errors.InvalidQuery("n", n, "expected a whole number above 0")
        ask = partial(
            self.query, workload=workload, distinct=distinct, sort=sort, same_model=same_model,
            as_of=as_of,
        )  # fmt: skip
        found = await best_models(ask, criteria, n or 1)
        return found if n else next(iter(found), None)

    async def query(
        self,
        query: ModelQuery,
        *,
        workload: Workload | None = None,
        distinct: Distinct | None = None,
        sort: Sort = "quality",
        same_model: bool = False,
        as_of: When | None = None,
    ) -> list[ModelWithCapabilities]:
        """All models that meet the query, best first; other arguments as of `find_best`."""
        how = Selection(workload, distinct, sort, same_model)
        if how.is_plain and not same_model:
            return ModelList(await self._find(query, as_of, sort))
        criteria = criteria_of(query)
        return await self._select(as_of, lambda catalog: select_rows(catalog, criteria, how))

    async def frontier(
        self,
        *,
        workload: Workload | None = None,
        as_of: When | None = None,
        **criteria: Unpack[Criteria],
    ) -> list[ModelWithCapabilities]:
        """The Pareto frontier of cost, speed and score, best first: no other model beats these.

        The cost is that of the workload, else the blended cost; the score is that for `task`, else
        the general one, and models without one stand behind, by tier. Unknown counts as the worst.
        """
        checked = criteria_of(query_of(criteria))
        return await self._select(as_of, lambda catalog: frontier(catalog, checked, workload))

    async def costs(
        self, query: ModelQuery, workload: Workload, *, as_of: When | None = None
    ) -> list[Cost[ModelWithCapabilities]]:
        """The cost of a workload on each model that meets the query, by tier, then cost."""
        return list(map(workload.cost_of, await self.query(query, workload=workload, as_of=as_of)))

    async def find_model(
        self, provider: str, name: str | None = None, *, as_of: When | None = None
    ) -> ModelWithCapabilities | None:
        """The model with this name or alias, also if it is retired; None if unknown.

        One string may hold both: `provider/name`, `provider:name` as `str(spec)` returns it, or the
        bare name or any spelling of a base model, which means its maker's offer if that can be
        called, else one that can be called; `remark` names the others. Raises AmbiguousName for a
        bare name of several base models.
        """
        await self._prepare()
        at, called = (provider, name) if name is not None else split(provider)
        time = await self._cache.time(as_of)
        found = await self._cache.models(compile_find(canonical(at), called), time) if at else []
        if found and found[0].spec.name == called:
            return found[0]
        if found:
            return found[0].model_copy(update={"matched_alias": called})

        def look_up(catalog: Catalog) -> CatalogEntry | None:
            then = catalog.as_of(as_of)
            return anywhere(then, provider) if name is None else at_provider(then, provider, name)

        entry = await self._run_read(look_up)
        return None if entry is None else ModelWithCapabilities.model_validate(entry)

    async def get_models(self, *, force_refresh: bool = False) -> list[ModelWithCapabilities]:
        """Every model in scope, of any mode.

        The first call on a catalog runs a refresh that fetches for at most 10 seconds; with
        `force_refresh` every call runs a full one.
        """
        if force_refresh:
            await self.refresh()
        elif await self._participants.never_refreshed(self._cache.reader):
            await self._participants.refresh_quick(deadline=10.0)
            self._ready = True
        return ModelList(await self._find(_EVERYTHING))

    async def count(self, query: ModelQuery, *, as_of: When | None = None) -> int:
        """How many models meet the query, without its limit and offset."""
        await self._prepare()
        time = await self._cache.time(as_of)
        statement = compile_count(criteria_of(query), await self._scope(time.today))
        return await self._cache.scalar(statement, time)

    # Refreshes.

    async def refresh(
        self,
        *,
        only: Collection[str] = (),
        accept: Collection[str] = (),
        deadline: float = DEADLINE,
        wait: float = 0.0,
        progress: Progress = lambda _text: None,
    ) -> RefreshReport:
        """Run every source and resolver and store their results. Opens sockets.

        A registry without own sources or resolvers runs plug-ins, too. `only` names the sources
        to run, no other host is contacted; `accept` names those whose list is stored although
        it shrank by more than half. `deadline` limits the time of fetching, in seconds. While
        another process refreshes the catalog this waits `wait` seconds, then reports `skipped`.
        Failures are in the report. Raises InvalidQuery for a name that no source has.
        """
        report = await self._participants.refresh_all(
            only, accept, deadline=deadline, wait=wait, progress=progress
        )
        self._ready = True
        return report

    async def load_shipped(self, progress: Progress = lambda _text: None) -> RefreshReport:
        """Load what needs no network: shipped data, key variables, overrides."""
        return await self._participants.load_offline(wait=_FIRST_LOAD_WAIT, progress=progress)

    async def _prepare(self) -> None:
        """Load shipped data and overrides that the catalog lacks; before the first query."""
        if self._ready and not self._cache.reader.moved():
            return
        async with self._lock:
            await self._participants.copy_if_new()
            if await self._participants.is_outdated(self._cache.reader):
                await self._load_if_possible()
            self._ready = True

    async def _load_if_possible(self) -> None:
        """Load shipped data; a catalog that cannot be written is used as it is, unless empty."""
        try:
            await self.load_shipped()
        except (errors.CatalogReadOnly, errors.CatalogLocked, errors.CatalogFull):
            if not await self._cache.reader.rows("SELECT 1 FROM models LIMIT 1"):
                raise

    # Shared by all queries.

    async def _scope(self, today: str) -> Scope:
        """What this environment can call, or what the own sources see, for a question on a day."""
        if self._participants.own_sources:
            return Scope(today, sources=self._participants.source_names())
        return Scope(today, self._configured.bound(await self._cache.listings()))

    async def _run_read(self, work: Callable[[Catalog], T]) -> T:
        """The result of `work`, whose statements read one state of the catalog."""
        await self._prepare()
        return await self._cache.run_read(work, await self._scope(clock.day()))

    async def _select(
        self, as_of: When | None, work: Callable[[Catalog], list[SqlRow]]
    ) -> list[ModelWithCapabilities]:
        def read(catalog: Catalog) -> tuple[list[SqlRow], str]:
            then = catalog.as_of(as_of)
            return work(then), then.scope.today

        return self._cache.models_of(*await self._run_read(read))

    async def _find(
        self, query: ModelQuery, as_of: When | None = None, sort: Sort = "quality"
    ) -> list[ModelWithCapabilities]:
        await self._prepare()
        check_sort(sort)
        time = await self._cache.time(as_of)
        scope, past = await self._scope(time.today), as_of is not None
        statement = compile_query(criteria_of(query), scope, sort=sort, past=past)
        return await self._cache.models(statement, time)
