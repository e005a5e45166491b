"""A refresh cancelled at any moment, and at every await: whole answers, and no lock is kept."""

import asyncio
import itertools
import random
import time
import types
from collections.abc import Callable, Coroutine, Generator, Sequence
from typing import Any

import pytest

from child_processes import broken_rules
from fork_process import HANG
from modeldex import ModelRegistry, ModelSpec
from modeldex.storage.location import Place, Postgres
from modeldex.storage.open import open_writer, refreshing
from modeldex.storage.sqlite.lock_file import try_lock_file
from pooler import is_front
from raw_catalog import bare, migrated

NIGHTLY = [pytest.mark.nightly, pytest.mark.timeout(14_400)]
PROMISED = [pytest.mark.promised, pytest.mark.timeout(3600)]
ON_FILES = pytest.mark.sqlite_only("so many are slow on a server, which has its turn every night")
MODELS = 30
MIXED = f"""
SELECT s.source, count(*) FROM sightings s JOIN models m ON m.id = s.model_id
WHERE s.missing_since IS NULL GROUP BY s.source
HAVING count(*) <> {MODELS} OR count(DISTINCT m.family) <> 1
UNION ALL
SELECT c.resolver, count(*) FROM capabilities c JOIN models m ON m.id = c.model_id
WHERE c.resolver = 'one' GROUP BY c.resolver, m.family
HAVING count(*) <> {MODELS} OR count(DISTINCT c.max_context) <> 1
"""
"""SQL: the sources and resolvers of which an answer is there in part."""


class Edition:
    """A source of one provider's models, and the resolver that tells their edition.

    Odd and even editions have no model in common; a family says which it is of.
    """

    def __init__(self, name: str, edition: int, *, network: bool) -> None:
        self.name = name
        self.edition = edition
        self.network = network

    async def discover(self) -> list[ModelSpec]:
        """All models of the edition."""
        await asyncio.sleep(0)
        family = f"f{self.edition % 2}"
        return [
            ModelSpec(provider=self.name, name=f"{family}-{number}", family=family)
            for number in range(MODELS)
        ]

    async def resolve_many(self, specs: Sequence[ModelSpec]) -> list[dict[str, int] | None]:
        """The edition as the window of its own models."""
        await asyncio.sleep(0)
        own = {"max_context": self.edition}
        return [own if spec.provider == self.name else None for spec in specs]

    async def get_capabilities(self, spec: ModelSpec) -> Any:
        """The same about one."""
        return (await self.resolve_many([spec]))[0]


def opened(path: Place, edition: int, *, network: bool = True) -> ModelRegistry:
    """A registry of two such sources and one such resolver."""
    one, two = (Edition(name, edition, network=network) for name in ("one", "two"))
    return ModelRegistry([one, two], [one], db=path)


# How a task is cancelled at an await.

Tick = Callable[[], None]


@types.coroutine
def _stepping(work: Coroutine[Any, Any, Any], tick: Tick) -> Generator[Any, None, Any]:
    go, argument = work.send, None
    while True:
        try:
            awaited = go(argument)
        except StopIteration as end:
            return end.value
        tick()
        try:
            yield awaited
        except BaseException as error:  # noqa: BLE001 - handed on
            go, argument = work.throw, error
        else:
            go, argument = work.send, None


async def _ticking(work: Coroutine[Any, Any, Any], tick: Tick) -> Any:
    return await _stepping(work, tick)


class Steps:
    """Runs a task, counts its awaits and those of its children, and cancels it at some of them.

    `everything` cancels the children too, as happens when a loop is closed.
    """

    def __init__(self, *cancel_at: int, everything: bool = False) -> None:
        self.cancel_at = cancel_at
        self.count = 0
        self._everything = everything
        self._tasks: list[asyncio.Task[Any]] = []

    async def run(self, work: Coroutine[Any, Any, object]) -> bool:
        """Returns when the task has ended: whether it did so as it was told. Raises its error."""
        loop = asyncio.get_running_loop()
        loop.set_task_factory(self._made)
        task = loop.create_task(work)
        await asyncio.wait([task])
        loop.set_task_factory(None)
        told = self.count >= self.cancel_at[0]
        return told == (task.cancelled() or task.result() is None)

    def _made(self, loop: Any, work: Any, **options: Any) -> asyncio.Task[Any]:
        task = asyncio.Task(_ticking(work, self._tick), loop=loop, **options)
        task.add_done_callback(lambda _: work.close())
        self._tasks.append(task)
        return task

    def _tick(self) -> None:
        self.count += 1
        if self.count in self.cancel_at:
            for task in self._tasks if self._everything else self._tasks[:1]:
                task.cancel()


CLIENTS = """
SELECT a.state, a.query, l.mode, l.objid FROM pg_stat_activity a
LEFT JOIN pg_locks l ON l.pid = a.pid AND l.locktype = 'advisory'
WHERE a.datname = current_database() AND a.pid <> pg_backend_pid()
AND a.backend_type = 'client backend'
"""
"""SQL: who is connected to this database, and holds or awaits which lock."""


def clients(place: Postgres, patience: float = HANG) -> list[object]:
    """Whoever is still connected when the server has had time to see that they left.

    A pooler keeps its connections, which must be idle and hold no lock.
    """
    until, pooled = time.monotonic() + patience, is_front(place)
    with bare(place) as connection:
        while time.monotonic() < until:
            rows = connection.execute(CLIENTS).fetchall()
            found = [row for row in rows if not pooled or row[0] != "idle" or row[2]]
            if not found:
                break
            time.sleep(0.005)
    return found


def locks(place: Place) -> list[object]:
    """The locks that are held, and on a server the connections that are open."""
    with refreshing(place) as ours:
        found: list[object] = [] if ours else ["the lock of refreshes"]
    if isinstance(place, Postgres):
        return found + clients(place)
    with try_lock_file(place, ".lock") as ours:
        return found + ([] if ours else ["the lock of writers"])


def wrong_after(path: Place) -> list[object]:
    """What a cancelled refresh left behind: held locks, answers in part. A write must be quick."""
    found = locks(path)
    with open_writer(path, wait=1) as writer, writer.transaction() as connection:
        connection.exec_driver_sql("INSERT INTO about SELECT 'write ' || count(*), '' FROM about")
        return found + list(connection.exec_driver_sql(MIXED).fetchall())


async def refreshed(path: Place, edition: int) -> list[object]:
    """A refresh that nobody cancels; gives what is wrong then."""
    async with opened(path, edition) as registry:
        report = await registry.refresh()
    done = [(step.status, step.seen) for step in report.steps] == [("ok", MODELS)] * 3
    return [*([] if done else [report]), *wrong_after(path), *broken_rules(path)]


WAYS: dict[str, Callable[[int], Steps]] = {
    "once": Steps,
    "and at once again": lambda at: Steps(at, at + 1),
    "with all that runs": lambda at: Steps(at, at + 1, everything=True),
}


@pytest.mark.parametrize(
    ("journal", "way", "online"),
    [
        ("delete", "once", True),
        ("wal", "with all that runs", False),
        pytest.param("delete", "and at once again", True, marks=NIGHTLY),
        pytest.param("wal", "once", False, marks=NIGHTLY),
    ],
)
async def test_no_await_is_the_wrong_one(
    catalog_path: Place, journal: str, way: str, online: bool
) -> None:
    """Cancelled at any of its awaits, `refresh` and `load_shipped` end before they say so."""
    migrated(catalog_path, journal)
    wrong: list[object] = []
    for at in itertools.count(1):
        registry = opened(catalog_path, at, network=online)
        steps = WAYS[way](at)
        obeyed = await steps.run(registry.refresh() if online else registry.load_shipped())
        wrong += [(at, what) for what in (*wrong_after(catalog_path), *["went on"] * (not obeyed))]
        if steps.count < at:
            break
    print(f"{at} awaits")
    assert wrong == []
    assert at > 10
    assert await refreshed(catalog_path, at + 1) == []


@pytest.mark.parametrize(
    "times",
    [
        10,
        pytest.param(50, marks=[*PROMISED, pytest.mark.postgresql_only]),
        pytest.param(200, marks=[*PROMISED, ON_FILES]),
        pytest.param(2500, marks=NIGHTLY),
    ],
)
async def test_no_moment_is_the_wrong_one(either_journal: Place, engine: str, times: int) -> None:
    """Cancelled at random moments, also while threads write, it leaves whole answers, no lock."""
    chance = random.Random(2026)  # noqa: S311 - not a secret
    wrong, cancelled, patience = [], 0, 0.1
    for edition in itertools.count(1):
        registry = opened(either_journal, edition)
        task = asyncio.create_task(registry.refresh())
        await asyncio.wait([task], timeout=chance.uniform(0, patience))
        patience *= 0.8 if task.done() else 1.04
        task.cancel()
        await asyncio.wait([task])
        cancelled += task.cancelled()
        wrong += wrong_after(either_journal)
        if edition >= times and cancelled > times / 2:
            break
    print(f"{engine}: {cancelled} of {edition} cancelled")
    assert wrong == []
    assert await refreshed(either_journal, edition + 1) == []


@pytest.mark.parametrize("at", [1, 2, 3])
async def test_a_beginning_may_be_cancelled(new_place: Callable[[], Place], at: int) -> None:
    """The refresh that makes the catalog leaves a whole one or none, and the next one works."""
    place = new_place()
    await Steps(at).run(opened(place, 1).refresh())
    assert wrong_after(place) == []
    assert await refreshed(place, 2) == []


@pytest.mark.parametrize(
    "times", [10, pytest.param(100, marks=PROMISED), pytest.param(1000, marks=NIGHTLY)]
)
async def test_an_answer_may_be_given_up(either_journal: Place, times: int) -> None:
    """Questions cancelled at random moments stand in nobody's way and leave nothing open."""
    chance = random.Random(2026)  # noqa: S311 - not a secret
    wrong, cancelled, patience = await refreshed(either_journal, 1), 0, 0.01
    for turn in itertools.count(1):
        async with opened(either_journal, 1) as registry:
            for ask in (
                lambda r=registry: r.find_model("one", "f1-0"),
                lambda r=registry: r.find_best(n=MODELS, distinct="family"),
            ):
                task = asyncio.create_task(ask())
                await asyncio.wait([task], timeout=chance.uniform(0, patience))
                patience *= 0.8 if task.done() else 1.1
                task.cancel()
                await asyncio.wait([task])
                cancelled += task.cancelled()
                wrong += [] if await ask() else [turn]
        wrong += locks(either_journal)
        if turn >= times and cancelled > times / 4:
            break
    print(f"{cancelled} of {2 * turn} cancelled")
    assert wrong == []


@pytest.mark.parametrize("stride", [5, pytest.param(1, marks=NIGHTLY)])
async def test_a_question_may_be_given_up(new_place: Callable[[], Place], stride: int) -> None:
    """A first question, cancelled at any await while it loads, may be asked again at once."""
    wrong: list[object] = []
    for at in itertools.count(1, stride):
        path = migrated(new_place())
        async with opened(path, 1, network=False) as registry:
            steps = Steps(at)
            await steps.run(registry.find_model("one", "f1-0"))
            found = await registry.find_model("one", "f1-0")
        known = found is not None and found.capabilities.max_context == 1
        wrong += [(at, what) for what in (*wrong_after(path), *[found] * (not known))]
        if steps.count < at:
            break
    print(f"{at} awaits")
    assert wrong == []
    assert at > 10
