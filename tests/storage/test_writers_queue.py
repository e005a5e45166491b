"""Writers wait in a queue, stay open, fold in chunks; a lock costs neither answers nor news."""

import asyncio
import contextlib
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event
from sqlalchemy.pool import Pool

from child_processes import Child, broken_rules
from fork_process import HANG
from modeldex import CatalogLocked, ModelRegistry, ModelSpec
from modeldex.refresh import run
from modeldex.storage import batch, benchmarks, precedence
from modeldex.storage.location import Place
from modeldex.storage.open import open_catalog, open_writer
from modeldex.storage.precedence import order_resolvers
from modeldex.storage.sqlite import reader
from modeldex.storage.sqlite.lock_queue import write_lock
from raw_catalog import bare, migrated

COUNT = "SELECT count(*) FROM measurements"
LOCKING = """
from modeldex.storage.sqlite.connection import catalog_path
from raw_catalog import plain
connection = plain(catalog_path(ARGS[0]))
while hear():
    connection.execute("BEGIN EXCLUSIVE")
    say("held")
    hear()
    connection.execute("COMMIT")
    say("free")
"""
needs_queue = pytest.mark.skipif(not Path("/proc/locks").exists(), reason="no list of locks")


def ask(place: Place, sql: str) -> Any:
    """The first column of the first row of one SELECT."""
    with contextlib.closing(open_catalog(place)) as connection:
        return connection.execute(sql).fetchall()[0][0]


@contextlib.contextmanager
def counted(target: Any, name: str) -> Iterator[list[object]]:
    """What a SQLAlchemy event was called with during the block."""
    calls: list[object] = []

    def note(*arguments: object) -> None:
        calls.append(arguments)

    event.listen(target, name, note)
    try:
        yield calls
    finally:
        event.remove(target, name, note)


# The queue.


def waiting(path: Path) -> int:
    """How many wait for the lock file of a catalog, at its turnstile or behind it."""
    inode = f":{Path(f'{path}.lock').stat().st_ino} "
    rows = Path("/proc/locks").read_text("ascii").splitlines()
    return sum("->" in row and inode in row for row in rows)


def until_waiting(path: Path, count: int) -> None:
    """Sleep until so many wait."""
    while waiting(path) < count:
        time.sleep(0.005)


@needs_queue
@pytest.mark.sqlite_only("a server queues for an advisory lock by itself")
def test_the_queue_is_first_come_first_served(catalog_path: Path) -> None:
    """Who waits is let in in the order of arrival."""
    assert entered_after(catalog_path) == [0, 1, 2, 3, 4]


@needs_queue
@pytest.mark.sqlite_only("a server queues for an advisory lock by itself")
def test_who_has_just_had_the_lock_is_not_the_first(catalog_path: Path) -> None:
    """It comes back at the moment at which the lock is freed, and gets in behind the next."""
    entered = entered_after(catalog_path, "again")
    assert (entered[0], {*entered}) == (0, {0, 1, 2, 3, 4, "again"})


def entered_after(path: Path, *newcomers: str) -> list[object]:
    """Who had the lock in which order after five had come to wait for it, and others at its end."""
    entered: list[object] = []

    def enter(who: object) -> None:
        with write_lock(path, HANG):
            entered.append(who)

    with ThreadPoolExecutor(5) as threads:
        with write_lock(path, HANG):
            for number in range(5):
                threads.submit(enter, number)
                until_waiting(path, number + 1)
        for who in newcomers:
            enter(who)
    return entered


@needs_queue
@pytest.mark.sqlite_only("a server queues for an advisory lock by itself")
def test_who_waits_sleeps_until_woken(catalog_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However long a lock is held, a waiting writer asks for it twice: at once and in a thread."""
    fcntl = pytest.importorskip("fcntl")
    asked: list[int] = []
    flock = fcntl.flock

    def note(file: int, operation: int) -> None:
        if operation & fcntl.LOCK_EX:
            asked.append(file)
        flock(file, operation)

    def enter() -> None:
        with write_lock(catalog_path, HANG):
            pass

    with ThreadPoolExecutor(1) as thread, write_lock(catalog_path, HANG):
        monkeypatch.setattr(fcntl, "flock", note)
        entering = thread.submit(enter)
        until_waiting(catalog_path, 1)
        before = len(asked)
        time.sleep(0.2)
        assert len(asked) == before
    entering.result()
    assert len(asked) == 2


@needs_queue
@pytest.mark.sqlite_only("a server ends the wait for an advisory lock by itself")
def test_who_gives_up_leaves_the_queue(catalog_path: Path) -> None:
    """After its wait a writer is refused, and neither its thread nor the lock stays behind."""
    with write_lock(catalog_path, HANG):
        with pytest.raises(CatalogLocked), write_lock(catalog_path, 0.01):
            pass
        until_waiting(catalog_path, 1)
    with write_lock(catalog_path, HANG):
        assert waiting(catalog_path) == 0
    while any(thread.name == "modeldex lock" for thread in threading.enumerate()):
        time.sleep(0.005)


# The writer that stays open.


async def test_a_registry_writes_on_one_connection(either_journal: Place) -> None:
    """Ten samples, two at a time, open one connection, and closing the registry closes it."""
    async with ModelRegistry([], [], db=either_journal) as registry:
        with counted(Pool, "connect") as opened, counted(Pool, "close") as closed:
            for turn in range(5):
                await asyncio.gather(
                    registry.record("acme", "m", ttft_ms=1 + turn),
                    registry.record("acme", "n", ttft_ms=1 + turn),
                )
            assert (len(opened), len(closed)) == (1, 0)
            await registry.aclose()
            assert len(closed) == 1
            await registry.record("acme", "m", ttft_ms=99)
            assert len(opened) == 2
    assert ask(either_journal, COUNT) == 11
    assert broken_rules(either_journal) == []


@pytest.mark.sqlite_only("a database is not replaced as a file is")
async def test_the_next_write_goes_to_a_file_that_was_put_in_place(tmp_path: Path) -> None:
    """A catalog that was renamed over the one that is open gets the sample, the old one none."""
    old, kept, new = (migrated(tmp_path / f"{name}.db") for name in ("old", "kept", "new"))
    kept.unlink()
    async with ModelRegistry([], [], db=old) as registry:
        await registry.record("acme", "m", ttft_ms=1)
        kept.hardlink_to(old)
        new.rename(old)
        await registry.record("acme", "m", ttft_ms=2)
    assert (ask(old, COUNT), ask(kept, COUNT)) == (1, 1)
    assert ask(old, "SELECT ttft_ms FROM measurements") == 2


@pytest.mark.sqlite_only("a database is not replaced as a file is")
def test_a_write_in_several_parts_ends_where_its_file_was_replaced(tmp_path: Path) -> None:
    """Its next transaction writes into neither file, and says what happened."""
    old, new = migrated(tmp_path / "old.db"), migrated(tmp_path / "new.db")
    with open_writer(old) as writer:
        with writer.transaction():
            pass
        new.rename(old)
        with pytest.raises(Exception, match="was replaced or removed"), writer.transaction():
            pass
        with writer.transaction() as connection:
            connection.exec_driver_sql("INSERT INTO models (provider, name) VALUES ('a', 'm')")
    assert ask(old, "SELECT count(*) FROM models") == 1


FORKING = """
import asyncio
from fork_process import ended, fork
from modeldex import ModelRegistry
registry = ModelRegistry([], [], db=ARGS[0])
def write(ttft_ms):
    asyncio.run(registry.record("acme", "m", ttft_ms=ttft_ms))
write(1)
pid = fork(lambda: write(2))
write(3)
say(ended(pid))
"""


def test_a_fork_writes_on_connections_of_its_own(either_journal: Place) -> None:
    """Parent and child both write after the fork, and each sample is there once."""
    with Child(FORKING, either_journal) as child:
        assert child.end().said == [0]
    assert ask(either_journal, COUNT) == 3
    assert broken_rules(either_journal) == []


# Readers and refreshes that meet a lock.


@pytest.mark.sqlite_only("a server's readers wait for nobody")
async def test_a_known_answer_is_given_behind_a_lock(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was answered of the last known version is answered again; what was not is refused."""
    path = migrated(tmp_path / "catalog.db", "delete")
    with bare(path) as connection:
        connection.execute("INSERT INTO models (provider, name) VALUES ('acme', 'm')")
    monkeypatch.setattr(reader, "READ_WAIT", 0.2)
    async with ModelRegistry([], [], db=path) as registry:
        known = await registry.find_model("acme", "m")
        with Child(LOCKING, path, forked=True) as holder:
            holder.send_value("lock")
            assert holder.receive() == "held"
            assert await registry.find_model("acme", "m") is known is not None
            with pytest.raises(CatalogLocked):
                await registry.find_model("acme", "another")
            holder.send_value("enough")
            assert holder.receive() == "free"
            holder.send_value(None)
        with bare(path) as connection:
            connection.execute("UPDATE models SET family = 'new'")
        again = await registry.find_model("acme", "m")
    assert again is not None
    assert again.spec.family == "new"


WAITING = "locked by another process: waiting to write"


class Locked:
    """A source during whose answer another process locks the catalog."""

    name = "locked"

    def __init__(self, holder: Child) -> None:
        self.holder = holder

    async def discover(self) -> list[ModelSpec]:
        """Three models."""
        self.holder.send_value("lock")
        assert self.holder.receive() == "held"
        return [ModelSpec(provider="acme", name=f"m{number}") for number in range(3)]


@pytest.mark.sqlite_only("on a server a transaction that is open keeps nobody waiting")
async def test_a_refresh_writes_what_it_fetched_once_it_can(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A lock that outlasts several tries to write loses nothing, and is reported meanwhile."""
    path = migrated(tmp_path / "catalog.db", "delete")
    monkeypatch.setattr(run, "LOCK_WAIT", 0.05)
    told: list[str] = []
    with Child(LOCKING, path, forked=True) as holder:

        def progress(text: str) -> None:
            told.append(text)
            if text == WAITING and told.count(text) == 3:
                holder.send_value("enough")
                assert holder.receive() == "free"

        async with ModelRegistry([Locked(holder)], [], db=path) as registry:
            report = await registry.refresh(progress=progress)
        holder.send_value(None)
    assert [(step.status, step.changed) for step in report.steps] == [("ok", 3)]
    assert ask(path, "SELECT count(*) FROM models") == 3
    assert told.count(WAITING) >= 3


# Broad changes in chunks.


def put_opinions(place: Place, models: int) -> None:
    """Models on whose window two resolvers disagree: litellm says 1, static 2."""
    with bare(place) as connection:
        for number in range(models):
            connection.execute(f"INSERT INTO models (provider, name) VALUES ('a', 'm{number}')")
        for window, name in enumerate(("litellm", "static"), 1):
            connection.execute(
                "INSERT INTO capabilities (model_id, resolver, max_context) "
                f"SELECT id, '{name}', {window} FROM models"
            )


WISHED = {"static": 350, "litellm": 350}


@pytest.fixture
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Chunks of two models."""
    for module in (batch, precedence):
        monkeypatch.setattr(module, "CHUNK", 2)


@pytest.mark.usefixtures("small_chunks")
def test_a_new_order_is_folded_in_chunks(either_journal: Place) -> None:
    """Five models are folded in three transactions of two at most, between two short ones."""
    put_opinions(either_journal, 5)
    folded: list[int] = []
    with open_writer(either_journal) as writer:
        for_commit = "SELECT count(*) FROM catalog WHERE max_context = 1"

        def note(connection: Any) -> None:
            folded.append(connection.exec_driver_sql(for_commit).scalar_one())

        event.listen(Engine, "commit", note)
        try:
            order_resolvers(writer, WISHED, move=True)
        finally:
            event.remove(Engine, "commit", note)
    assert folded == [0, 2, 4, 5, 5]
    assert broken_rules(either_journal) == []
    assert ask(either_journal, f"SELECT count(*) FROM ({precedence._UNFINISHED}) x") == 0


class Killed(Exception):
    """What ends a change in the middle."""


@pytest.mark.usefixtures("small_chunks")
def test_a_new_order_that_was_interrupted_is_finished_by_the_next(either_journal: Place) -> None:
    """It is noted in the catalog which models are yet to be folded, and nothing is left then."""
    put_opinions(either_journal, 5)
    commits: list[object] = []

    def end_the_third(connection: object) -> None:
        commits.append(connection)
        if len(commits) == 3:
            raise Killed

    with open_writer(either_journal) as writer:
        event.listen(Engine, "commit", end_the_third)
        try:
            with pytest.raises(Killed):
                order_resolvers(writer, WISHED, move=True)
        finally:
            event.remove(Engine, "commit", end_the_third)
    assert ask(either_journal, "SELECT count(*) FROM catalog WHERE max_context = 1") == 2
    with open_writer(either_journal) as writer:
        order_resolvers(writer, WISHED, move=True)
        before = len(writer.held_ms)
        order_resolvers(writer, WISHED, move=True)
        assert len(writer.held_ms) == before
    assert ask(either_journal, "SELECT count(*) FROM catalog WHERE max_context = 1") == 5
    assert broken_rules(either_journal) == []


def test_scores_are_judged_in_chunks(
    either_journal: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Scores of five bases are stored in three transactions of two bases at most."""
    monkeypatch.setattr(benchmarks, "_AT_ONCE", 2)
    scores = {(f"base-{n}", "suite", "", "2026-01-01"): (50.0, *[None] * 5) for n in range(5)}
    with open_writer(either_journal) as writer:
        benchmarks.store(writer, scores)
        assert len(writer.held_ms) == 3
    assert ask(either_journal, "SELECT count(*) FROM benchmarks WHERE suite = 'suite'") == 5
