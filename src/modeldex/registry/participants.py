"""The sources and resolvers of a registry: which of them a refresh runs, and which are due."""

import os
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from modeldex.refresh import plugins, staleness
from modeldex.refresh.first_copy import copy_if_new
from modeldex.refresh.foreign_part import ForeignPart, taken_resolvers, taken_sources
from modeldex.refresh.isolation import DEADLINE
from modeldex.refresh.part import (
    Parts,
    check_known,
    check_names,
    may_join,
    may_wait,
    opens_sockets,
    part_name,
    token_of,
)
from modeldex.refresh.report import RefreshReport, stored_report
from modeldex.resolvers import CapabilityResolver
from modeldex.sources import ModelSource
from modeldex.storage.concurrency import run_to_completion
from modeldex.storage.location import Place, Postgres
from modeldex.storage.parameters import named_parameters
from modeldex.storage.sqlite.open import require
from modeldex.version import __version__
from modeldex.vocabulary import clock

if TYPE_CHECKING:
    from modeldex.storage.postgres.reader import PostgresReader
    from modeldex.storage.sqlite.reader import Reader

    AnyReader = Reader | PostgresReader


class Participants:
    """The given or default sources and resolvers for the catalog at `path`.

    Raises ValueError if two of one kind have the same name.
    """

    def __init__(
        self,
        path: Place,
        sources: Sequence[ModelSource] | None,
        resolvers: Sequence[CapabilityResolver] | None,
        environ: Mapping[str, str] | None,
    ) -> None:
        self._path = path
        self._environ = environ
        self._opened = False
        self.own_sources = sources is not None
        self._own_resolvers = resolvers is not None
        self._given = Parts(taken_sources(sources or ()), taken_resolvers(resolvers or ()))
        check_names("sources", self._given.sources)
        check_names("resolvers", self._given.resolvers)

    # Who only asks needs none of the default parts, whose modules take long to import.
    @cached_property
    def _defaults(self) -> Parts:
        from modeldex.refresh.defaults import default_parts

        return default_parts(self._environ)

    @property
    def _sources(self) -> list[ModelSource]:
        return (self._given if self.own_sources else self._defaults).sources

    @property
    def _resolvers(self) -> list[CapabilityResolver]:
        return (self._given if self._own_resolvers else self._defaults).resolvers

    def source_names(self) -> tuple[str, ...]:
        """The names of the sources, in order."""
        return tuple(part_name(source) for source in self._sources)

    async def refresh_all(
        self, only: Collection[str] = (), accept: Collection[str] = (), **options: Any
    ) -> RefreshReport:
        """Refresh with all parts and plug-ins, or with `only` some sources and their resolvers."""
        whole = not only and not self.own_sources
        async with self._selected(only, accept, **options) as (sources, resolvers):
            return await self._refresh(
                sources, resolvers, accept=accept, only=only, whole=whole, **options
            )

    async def refresh_quick(self, **options: Any) -> RefreshReport:
        """Refresh without the slow parts (`may_wait`), for a caller that waits for the result."""
        async with self._selected((), (), **options) as (sources, resolvers):
            return await self._refresh(
                [source for source in sources if not may_wait(source)],
                [resolver for resolver in resolvers if not may_wait(resolver)],
                **options,
            )

    async def copy_if_new(self) -> bool:
        """Make a new file of the default parts a copy of the ready file; True if this did."""
        self._require()
        if self.own_sources or self._own_resolvers:
            return False
        environ = os.environ if self._environ is None else self._environ
        return bool(await run_to_completion(copy_if_new, self._path, environ))

    def _require(self) -> None:
        """Raise CatalogError where a catalog that was open is gone: none takes its place."""
        if self._opened and isinstance(self._path, Path):
            require(self._path)

    async def _copy_to_new(self) -> bool:
        """As `copy_if_new`, also on a server, where it takes a look into the database."""
        if self.own_sources or self._own_resolvers or not isinstance(self._path, Postgres):
            return await self.copy_if_new()
        from modeldex.refresh.first_server_copy import copy_to_new_server

        environ = os.environ if self._environ is None else self._environ
        return bool(await run_to_completion(copy_to_new_server, self._path, environ))

    async def load_offline(self, **options: Any) -> RefreshReport:
        """Load what needs no network: shipped data, key variables, overrides.

        Where a copy of the ready file was all that there is to load, the report is that of its
        run.
        """
        if await self._copy_to_new():
            loaded: RefreshReport
            loaded, done = await run_to_completion(stored_report, self._path)
            if not staleness.stale_parts(done, self._offline_parts()):
                return loaded
        sources = [source for source in self._sources if not opens_sockets(source)]
        resolvers = [resolver for resolver in self._resolvers if not opens_sockets(resolver)]
        if await run_to_completion(staleness.only_a_day_came, self._path, self._offline_parts()):
            sources, resolvers = [], [r for r in resolvers if part_name(r) == "dated_prices"]
        return await self._refresh(sources, resolvers, kind="shipped", **options)

    async def _refresh(
        self,
        sources: Sequence[ModelSource],
        resolvers: Sequence[CapabilityResolver],
        **options: Any,
    ) -> RefreshReport:
        from modeldex.refresh.run import refresh

        await self._copy_to_new()
        report = await refresh(
            self._path, sources, resolvers,
            ordered=self._own_resolvers, environ=self._environ, **options,
        )  # fmt: skip
        self._opened = True
        return report

    @asynccontextmanager
    async def _selected(
        self,
        only: Collection[str],
        accept: Collection[str],
        *,
        deadline: float = DEADLINE,
        **_options: Any,
    ) -> AsyncIterator[Parts]:
        """The sources and resolvers of a refresh: all and plug-ins, or `only` some.

        The plug-ins have half of `deadline` to load, beside it. Raises InvalidQuery for an
        unknown name.
        """
        environ = os.environ if self._environ is None else self._environ
        async with plugins.loaded(self._names_taken(), environ, deadline / 2) as found:
            sources = [*self._sources, *plugins.parts_of("source", found)]
            resolvers = [*self._resolvers, *plugins.parts_of("resolver", found)]
            check_known("only", only, sources)
            check_known("accept", accept, [*sources, *resolvers])
            if only:
                sources = [source for source in sources if part_name(source) in only]
                resolvers = [resolver for resolver in resolvers if may_join(resolver, only)]
            yield Parts(sources, resolvers)

    def _names_taken(self) -> dict[str, Collection[str]]:
        """By kind for which plug-ins are used: the names that they cannot have."""
        taken: dict[str, Collection[str]] = {}
        if not self.own_sources:
            taken["source"] = set(map(part_name, self._sources))
        if not self._own_resolvers:
            taken["resolver"] = set(map(part_name, self._resolvers))
        return taken

    async def is_outdated(self, reader: "AnyReader") -> bool:
        """Whether a part without network never ran on this catalog, or has newer data since."""
        done = staleness.loaded_tokens(await reader.rows(staleness.LOADED_TOKENS))
        self._opened = True
        own = self.own_sources or self._own_resolvers
        today = {"today": clock.today().isoformat()}
        if not own and await reader.rows(staleness.DAY_CAME, today):
            return True
        if own or self._environ is not None:
            return bool(staleness.stale_parts(done, self._offline_parts()))
        ran = await reader.rows(staleness.VERSION_RAN, {"version": __version__})
        return not ran or bool(staleness.stale_parts(done, staleness.shipped_parts()))

    def _offline_parts(self) -> list[staleness.Part]:
        parts = [("source", p) for p in self._sources] + [("resolver", p) for p in self._resolvers]
        for _, part in parts:
            if isinstance(part, ForeignPart):
                part.read_version()
        return [
            staleness.Part(kind, part_name(part), token_of(part))
            for kind, part in parts
            if not opens_sockets(part)
        ]

    async def never_refreshed(self, reader: "AnyReader") -> bool:
        """Whether no refresh has run yet; with own sources, whether one of them never ran."""
        self._require()
        names = self.source_names()
        marks, bound = named_parameters("source", names)
        rows = await reader.rows(
            "SELECT DISTINCT s.name FROM run_steps s JOIN runs r ON r.id = s.run_id "
            f"WHERE r.kind = 'refresh' AND s.kind = 'source' AND s.name IN ({marks})",
            bound,
        )
        return len(rows) < len(set(names)) if self.own_sources else not rows
