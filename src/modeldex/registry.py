"""ModelRegistry: discover, resolve, ask. The one object that applications hold."""

import asyncio
import os
import time
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any, cast
from weakref import WeakKeyDictionary

from pydantic import ValidationError

from modeldex import errors, loaded, plugins, search
from modeldex.db import catalog_path
from modeldex.defaults import default_parts
from modeldex.keys import Keys
from modeldex.parts import (
    check_known,
    check_names,
    may_join,
    may_wait,
    opens_sockets,
    part_name,
    token_of,
)
from modeldex.providers import canonical
from modeldex.reader import Reader
from modeldex.refresh import DEADLINE, Progress, refresh
from modeldex.report import RefreshReport
from modeldex.resolvers import CapabilityResolver
from modeldex.rows import model_of
from modeldex.search import Scope, Statement
from modeldex.sources import ModelSource
from modeldex.turns import Turn
from modeldex.values import ModelQuery, ModelWithCapabilities

_EVERYTHING = ModelQuery(mode="any", price_basis="any", include_deprecated=True)
_REMEMBERED = 512
_FIRST_LOAD_WAIT = 60.0
_FIRST_REFRESH_DEADLINE = 10.0


class ModelRegistry:
    """A catalog file together with the sources and resolvers that feed it.

    Without `sources` it answers from everything that can be called from here: models that a
    live source sees, and those of providers whose key is set in this process. With its own
    `sources` it answers from the models those see. Resolvers are layered: later ones override
    earlier ones, field by field; opinions of resolvers outside the list still count, because
    the catalog is shared. `db` is the path of another catalog file.

    Only `refresh`, and the first `get_models` on a catalog, open a socket. Usable from any
    number of tasks; close it with `aclose()` or `async with`.
    """

    def __init__(
        self,
        sources: Sequence[ModelSource] | None = None,
        resolvers: Sequence[CapabilityResolver] | None = None,
        *,
        db: str | os.PathLike[str] | None = None,
        environ: Mapping[str, str] | None = None,
    ) -> None:
        self.path: Path = catalog_path(db, environ)
        self._environ = environ
        self._keys = Keys(os.environ if environ is None else environ)
        self._own_sources = sources is not None
        self._own_resolvers = resolvers is not None
        usual = default_parts(environ)
        self._sources = usual.sources if sources is None else list(sources)
        self._resolvers = usual.resolvers if resolvers is None else list(resolvers)
        check_names("sources", self._sources)
        check_names("resolvers", self._resolvers)
        self._reader = Reader(self.path)
        self._ready = False
        self._turn = Turn()
        self._memory: dict[object, Any] = {}
        self._memory_of: int | None = None
        self._day = (0, "")

    async def __aenter__(self) -> "ModelRegistry":
        return self

    async def __aexit__(self, *_exception: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close the connections. The registry may be used again and then reopens them."""
        self._memory.clear()
        await self._reader.close()

    # Asking.

    async def find_best(self, **criteria: Any) -> ModelWithCapabilities | None:
        """The best model that meets every criterion, or None. Criteria: ModelQuery.

        Best means: quality tier, then blended cost, then larger window, then newer release.
        Raises InvalidQuery.
        """
        found = await self._ask(_query(criteria, limit=1))
        return found[0] if found else None

    async def query(self, query: ModelQuery) -> list[ModelWithCapabilities]:
        """All models that meet the query, best first."""
        return list(await self._ask(query))

    async def find_model(self, provider: str, name: str) -> ModelWithCapabilities | None:
        """The model of this exact name or alias, also a retired one; None where unknown."""
        await self._prepare()
        found = await self._remember(search.compile_find(canonical(provider), name))
        return found[0] if found else None

    async def get_models(self, *, force_refresh: bool = False) -> list[ModelWithCapabilities]:
        """Every model in scope, of any mode; discovers at first, and when told to."""
        if force_refresh:
            await self.refresh()
        elif await self._never_refreshed():
            sources, resolvers = await self._asked((), ())
            await self._refresh(
                [source for source in sources if not may_wait(source)],
                [resolver for resolver in resolvers if not may_wait(resolver)],
                deadline=_FIRST_REFRESH_DEADLINE,
            )
        return list(await self._ask(_EVERYTHING))

    async def count(self, query: ModelQuery) -> int:
        """How many models meet the query; its limit and offset do not matter."""
        await self._prepare()
        statement = search.compile_count(_criteria(query), self._scope())
        rows = await self._reader.rows(statement.sql, statement.parameters)
        return int(cast("int", rows[0][0]))

    # Discovering.

    async def refresh(
        self,
        *,
        only: Collection[str] = (),
        accept: Collection[str] = (),
        deadline: float = DEADLINE,
        wait: float = 0.0,
        progress: Progress = lambda _text: None,
    ) -> RefreshReport:
        """Ask every source and resolver and keep what they say. Opens sockets.

        A registry without parts of its own asks plug-ins too. `only` names the sources to ask,
        and no other host is; `accept` those whose answer is taken although it shrank by half.
        `deadline` bounds each of them, in seconds. While another process refreshes the catalog
        this waits `wait` seconds, then reports `skipped`. Failures are in the report. Raises
        InvalidQuery for a name that no source has.
        """
        sources, resolvers = await self._asked(only, accept)
        return await self._refresh(
            sources, resolvers, deadline=deadline, wait=wait, progress=progress, accept=accept
        )

    async def _refresh(
        self, sources: list[ModelSource], resolvers: list[CapabilityResolver], **how: Any
    ) -> RefreshReport:
        report = await refresh(
            self.path, sources, resolvers,
            ordered=self._own_resolvers, environ=self._environ, **how,
        )  # fmt: skip
        self._ready = True
        return report

    async def _asked(
        self, only: Collection[str], accept: Collection[str]
    ) -> tuple[list[ModelSource], list[CapabilityResolver]]:
        """Who is asked in a refresh: our parts and plug-ins, or `only` some."""
        sources, resolvers = self._sources, self._resolvers
        if not self._own_sources:
            sources = await plugins.joined("source", sources, self._environ)
        if not self._own_resolvers:
            resolvers = await plugins.joined("resolver", resolvers, self._environ)
        check_known("only", only, sources)
        check_known("accept", accept, [*sources, *resolvers])
        if only:
            sources = [source for source in sources if part_name(source) in only]
            resolvers = [resolver for resolver in resolvers if may_join(resolver, only)]
        return sources, resolvers

    async def load_shipped(self, progress: Progress = lambda _text: None) -> RefreshReport:
        """Load what needs no network: shipped data, key variables, overrides."""
        return await refresh(
            self.path,
            [source for source in self._sources if not opens_sockets(source)],
            [resolver for resolver in self._resolvers if not opens_sockets(resolver)],
            kind="shipped", ordered=self._own_resolvers, wait=_FIRST_LOAD_WAIT, progress=progress,
            environ=self._environ,
        )  # fmt: skip

    async def _prepare(self) -> None:
        """Before the first question: load what is on this machine, if that is not done yet."""
        if self._ready and not self._reader.moved():
            return
        async with self._turn:
            if await self._stale():
                await self._load_or_do_without()
            self._ready = True

    async def _load_or_do_without(self) -> None:
        """A catalog that cannot be written now answers with what it has."""
        try:
            await self.load_shipped()
        except (errors.CatalogReadOnly, errors.CatalogLocked):
            if not await self._reader.rows("SELECT 1 FROM models LIMIT 1"):
                raise

    async def _stale(self) -> bool:
        done = loaded.done(await self._reader.rows(loaded.DONE))
        parts = [("source", p) for p in self._sources] + [("resolver", p) for p in self._resolvers]
        offline = [
            loaded.Part(kind, part_name(part), token_of(part))
            for kind, part in parts
            if not opens_sockets(part)
        ]
        return bool(loaded.stale(done, offline))

    async def _never_refreshed(self) -> bool:
        names = [part_name(source) for source in self._sources]
        marks, bound = search.named("source", names)
        rows = await self._reader.rows(
            "SELECT DISTINCT s.name FROM run_steps s JOIN runs r ON r.id = s.run_id "
            f"WHERE r.kind = 'refresh' AND s.kind = 'source' AND s.name IN ({marks})",
            bound,
        )
        return len(rows) < len(set(names)) if self._own_sources else not rows

    # The hot path.

    def _scope(self) -> Scope:
        day = int(time.time() // 86400)
        if day != self._day[0]:
            self._day = (day, time.strftime("%Y-%m-%d", time.gmtime()))
        if self._own_sources:
            return Scope(self._day[1], sources=tuple(part_name(s) for s in self._sources))
        return Scope(self._day[1], self._keys.keyed())

    async def _ask(self, query: ModelQuery) -> list[ModelWithCapabilities]:
        await self._prepare()
        scope = self._scope()
        statement = self._compiled(query, scope)
        return await self._remember(statement)

    def _compiled(self, query: ModelQuery, scope: Scope) -> Statement:
        return search.compile_query(_criteria(query), scope)

    async def _remember(self, statement: Statement) -> list[ModelWithCapabilities]:
        """Answer from memory while nobody has written since, else from the file."""
        key = (statement.sql, *statement.parameters.items())
        version = self._reader.version()
        if version is None or version != self._memory_of or len(self._memory) > _REMEMBERED:
            self._memory.clear()
            self._memory_of = version
        elif key in self._memory:
            return cast("list[ModelWithCapabilities]", self._memory[key])
        rows = await self._reader.rows(*statement)
        try:
            models = [model_of(row) for row in rows]
        except (ValidationError, AttributeError):
            reason = "a row holds a value that means nothing; run: modeldex doctor"
            raise errors.CatalogDamaged(self.path, reason) from None
        if version is not None and self._reader.version() == version:
            self._memory[key] = models
        return models


def _criteria(query: ModelQuery) -> dict[str, object]:
    criteria = query.__dict__ | {}
    if query.provider is not None:
        criteria["provider"] = canonical(query.provider)
    if query.providers:
        criteria["providers"] = {canonical(provider) for provider in query.providers}
    return criteria


def _query(criteria: Mapping[str, Any], **more: Any) -> ModelQuery:
    try:
        return ModelQuery(**{**criteria, **more})
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        field = str(first["loc"][0]) if first["loc"] else "query"
        raise errors.InvalidQuery(field, criteria.get(field), first["msg"]) from None


_registries: WeakKeyDictionary[asyncio.AbstractEventLoop, ModelRegistry] = WeakKeyDictionary()


async def get_registry(*, force_refresh: bool = False) -> ModelRegistry:
    """The registry of the running event loop, on the default catalog; made at first use."""
    loop = asyncio.get_running_loop()
    registry = _registries.get(loop)
    if registry is None or registry.path != catalog_path():
        registry = _registries[loop] = ModelRegistry()
    if force_refresh:
        await registry.refresh()
    return registry
