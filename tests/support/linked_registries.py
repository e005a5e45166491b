"""Catalogs of teams that read each other over real servers."""

import asyncio
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from types import SimpleNamespace

from command_line import small_catalog
from fork_process import HANG
from modeldex import MCPRegistrySource, ModelRegistry, RefreshReport, RemoteRegistry, RemoteResolver
from modeldex.storage.location import Place
from modeldex.vocabulary.timestamps import utc
from raw_catalog import bare


@contextmanager
def served(path: Place, token: str | None = None) -> Iterator[str]:
    """A server of a catalog in a thread of this process; gives its address."""
    import uvicorn

    from modeldex.server.app import application
    from modeldex.server.auth import rules
    from modeldex.server.registry import ServedRegistry
    from modeldex.server.run import Address, listen, url

    listening = listen(Address("127.0.0.1", 0))
    app = application(ServedRegistry(db=path, environ={}), rules("127.0.0.1", token=token))
    server = uvicorn.Server(uvicorn.Config(app, lifespan="on", log_config=None))
    thread = threading.Thread(target=lambda: asyncio.run(server.serve([listening])))
    thread.start()
    try:
        yield url(listening)
    finally:
        server.should_exit = True
        thread.join()


class Own:
    """What a team discovers and says itself; it may change at any time."""

    def __init__(self, windows: Mapping[str, int]) -> None:
        self.name = "own"
        self.kind = "live"
        self.may_shrink = True
        self.windows = dict(windows)

    async def discover(self) -> list[SimpleNamespace]:
        return [SimpleNamespace(provider="acme", name=name) for name in self.windows]

    async def resolve_many(self, specs: Sequence[object]) -> list[Mapping[str, int]]:
        known = [self.windows.get(spec.name) for spec in specs]  # type: ignore[attr-defined]
        return [{"max_context": window} if window else {} for window in known]

    async def get_capabilities(self, spec: object) -> Mapping[str, int]:
        raise AssertionError("asked one by one")


class Team:
    """One catalog: its own models with their windows, and the registries that it reads."""

    def __init__(self, path: Place, **windows: int) -> None:
        self.path: Place = small_catalog(path, {})
        self.own = Own(windows)
        self.reads: dict[str, str] = {}

    async def refresh(self) -> RefreshReport:
        """Ask its own source and every registry that it reads."""
        remote = [RemoteRegistry(url, name=name, timeout=HANG) for name, url in self.reads.items()]
        sources = [self.own, *map(MCPRegistrySource, remote)]
        resolvers = [self.own, *map(RemoteResolver, remote)]
        async with ModelRegistry(sources, resolvers, db=self.path, environ={}) as registry:
            return await registry.refresh()

    def windows(self) -> dict[str, object]:
        """The effective window of each model that is not retired."""
        with bare(self.path) as connection:
            return dict(
                connection.execute(
                    "SELECT name, max_context FROM catalog WHERE retired_at IS NULL ORDER BY name"
                ).fetchall()
            )

    def a_day_passes(self) -> None:
        """Make every absence a day and an hour older, and every answer one of another day."""
        absences = "SELECT DISTINCT missing_since FROM sightings WHERE missing_since IS NOT NULL"
        with bare(self.path) as connection:
            connection.execute(
                "UPDATE run_steps SET token = '2020-01-01' || substr(token, 11) "
                "WHERE name LIKE 'remote:%' AND token IS NOT NULL"
            )
            for (since,) in sorted(connection.execute(absences).fetchall()):
                earlier = utc(datetime.fromisoformat(since).timestamp() - 25 * 3600)
                connection.execute(
                    "UPDATE sightings SET missing_since = ? WHERE missing_since = ?",
                    (earlier, since),
                )


async def days_pass(*teams: Team, days: int = 4) -> None:
    """Each team refreshes once a day, in this order."""
    for _ in range(days):
        for team in teams:
            await team.refresh()
        for team in teams:
            team.a_day_passes()
