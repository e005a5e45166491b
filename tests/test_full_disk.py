"""A full disk: whichever write finds no space, one clear error says so and nothing is lost."""

import asyncio
import contextlib
import itertools
import re
import resource
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from shutil import copyfile
from typing import Any, NamedTuple

import pytest
from sqlalchemy import Engine, event

from cli_helpers import Done, ask
from modeldex import ModeldexError, ModelRegistry, ModelSpec, store
from modeldex.migrate import migrate
from modeldex.opening import open_reader
from modeldex.store import Step
from modeldex.writer import Writer
from processes import Child, broken_rules
from small_disk import PretendedDisk, RealDisk
from storage import contents

NIGHTLY = [pytest.mark.nightly, pytest.mark.timeout(14_400)]
PROMISED = [pytest.mark.promised, pytest.mark.timeout(3600)]
FULL = "CatalogFull: PATH: the disk is full; nothing was lost, free some space"


class Listed:
    """A source of some models."""

    name = "listed"
    network = True

    def __init__(self, count: int) -> None:
        self.count = count

    async def discover(self) -> list[ModelSpec]:
        return [ModelSpec(provider="acme", name=f"m{i}", family="m") for i in range(self.count)]


class Facts:
    """A resolver whose opinions differ with the number of models."""

    name = "facts"
    network = True

    async def resolve_many(self, specs: Sequence[ModelSpec]) -> list[dict[str, Any]]:
        return [{"max_context": len(specs) + i, "mode": "chat"} for i, _ in enumerate(specs)]

    async def get_capabilities(self, spec: ModelSpec) -> Any:
        raise NotImplementedError


def refresh(path: Path, count: int) -> None:
    """Write `count` models and what is said of them, in several transactions."""

    async def run() -> None:
        async with ModelRegistry([Listed(count)], [Facts()], db=path) as registry:
            await registry.refresh()

    asyncio.run(run())


def chunks(path: Path, count: int) -> None:
    """Write as a refresh does, in several transactions, and ask nobody."""
    rows = [{"name": f"m{i}", "window": count + i} for i in range(count)]
    step = Step("source", "listed", "ok", store.now())
    with Writer(path) as writer:
        run = store.start_run(writer, "refresh", "test")
        store.write(writer, run, step, [(NEW_MODEL, rows[3:]), (NEW_OPINION, rows)])
        store.write(writer, run, step._replace(name="lab"), [(MEASURED, rows)])
        store.finish_run(writer, run, "ok", [])


NEW_MODEL = "INSERT INTO models (provider, name) VALUES ('acme', :name)"
NEW_OPINION = (
    "INSERT INTO capabilities (model_id, resolver, max_context) "
    "SELECT id, 'static', :window FROM models WHERE provider = 'acme' AND name = :name"
)
MEASURED = (
    "INSERT INTO measurements (provider, name, tokens_per_second) VALUES ('acme', :name, :window)"
)
WORK = {"refresh": refresh, "chunks": chunks}


A_TIME = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+Z")


def shown(connection: sqlite3.Connection) -> str:
    """All that stands in a catalog but what differs from run to run, and whether it is sound."""
    sound = connection.execute("PRAGMA integrity_check").fetchall()
    steps = connection.execute("SELECT kind, name, status, changed FROM run_steps").fetchall()
    return A_TIME.sub("now", repr((sound, {**contents(connection), "run_steps": steps})))


def seen(path: Path) -> str:
    """What a reader is shown."""
    with contextlib.closing(open_reader(path)) as connection:
        return shown(connection)


def put(path: Path) -> str:
    """Add a model through the library, and say what was there before."""
    with Writer(path) as writer, writer.transaction() as connection:
        before = shown(connection.connection.driver_connection)
        connection.exec_driver_sql("INSERT INTO models (provider, name) VALUES ('acme', 'more')")
    return before


def attempt(what: Callable[[], object], path: Path) -> str:
    """How an action ends: with an error of ours, or "ok"."""
    try:
        what()
    except ModeldexError as error:
        return f"{type(error).__name__}: {error}".replace(str(path), "PATH")
    return "ok"


@contextlib.contextmanager
def at_each_beginning(what: Callable[[], object]) -> Iterator[list[Any]]:
    """Do something whenever a transaction is about to begin, and collect what comes of it."""
    found: list[Any] = []

    def begins(_connection: object) -> None:
        found.append(what())

    event.listen(Engine, "begin", begins)
    yield found
    event.remove(Engine, "begin", begins)


# In the process with the disk.


class Found(NamedTuple):
    """How writing and reading ended at all points of a sweep, and everything that was wrong."""

    writing: Counter[str]
    reading: Counter[str]
    faults: list[str]


class Sweep:
    """Attempts on a disk with a little more room each time, until one has enough."""

    def __init__(self, disk: PretendedDisk | RealDisk, folder: Path, journal: str) -> None:
        folder.mkdir()
        self.disk, self.folder, self.journal = disk, folder, journal
        self.found = Found(Counter(), Counter(), [])

    def _until_it_fits(self, attempt_with: Callable[[int, Path], str], step: int) -> Found:
        for room in itertools.count(0, step):
            ended = attempt_with(room, self.folder / f"{room}.db")
            self.found.writing[ended] += 1
            for left in self.folder.glob(f"{room}.db*"):
                left.unlink()
            if ended == "ok":
                break
        return self.found

    def writes(self, work: str, models: int, step: int) -> Found:
        """What was acknowledged is there, whole, before there is space again and after."""
        base, path = self.folder / "base.db", self.folder / "undisturbed.db"
        self.disk.leave(None)
        migrate(base, journal=self.journal)
        refresh(base, 3)
        copyfile(base, path)
        with at_each_beginning(lambda: seen(path)) as stages:
            WORK[work](path, models)
        stages.append(seen(path))

        def one(room: int, path: Path) -> str:
            self.disk.leave(None)
            copyfile(base, path)
            self.disk.leave(room)
            with at_each_beginning(lambda: None) as begun:
                ended = attempt(lambda: WORK[work](path, models), path)
            first = len(stages) - 1 if ended == "ok" else max(len(begun) - 1, 0)
            possible = stages[first : len(begun) + 1]
            self.found.reading[attempt(lambda: self._look(seen, path, possible), path)] += 1
            self.disk.leave(None)
            self._look(put, path, possible)
            return ended

        return self._until_it_fits(one, step)

    def _look(self, how: Callable[[Path], str], path: Path, possible: list[str]) -> None:
        if how(path) not in possible:
            self.found.faults.append(f"{path.name}, {how.__name__}: not what was acknowledged")

    def creations(self, step: int) -> Found:
        """A catalog that could not be made is made once there is space."""

        def one(room: int, path: Path) -> str:
            self.disk.leave(room)
            ended = attempt(lambda: migrate(path, journal=self.journal), path)
            self.disk.leave(None)
            self.found.reading[attempt(lambda: migrate(path, journal=self.journal), path)] += 1
            self.found.faults.extend(f"{path.name}: {rule}" for rule in broken_rules(path))
            return ended

        return self._until_it_fits(one, step)


class Disks:
    """What the process does with its disks, each of them made when it is first asked for."""

    def __init__(self, scratch: Path) -> None:
        self.scratch = scratch
        self.real: RealDisk | None = None
        self.pretended: PretendedDisk | None = None

    def _disk(self, kind: str) -> tuple[PretendedDisk | RealDisk, Path]:
        if kind == "real":
            self.real = self.real or RealDisk(self.scratch / "real")
            return self.real, self.scratch / "real"
        self.pretended = self.pretended or PretendedDisk()
        self.pretended.copying = kind == "copying"
        return self.pretended, self.scratch

    def sweep(self, way: str, kind: str, journal: str, *size: Any) -> Found:
        """A sweep, by the name of its method."""
        disk, folder = self._disk(kind)
        sweep = Sweep(disk, folder / f"{way} {kind} {journal} {size}", journal)
        found: Found = getattr(sweep, way)(*size)
        return found

    def full(self, way: str, *arguments: str) -> list[Any]:
        """A command, or a question of a default registry, while the disk is full."""
        path = self.scratch / f"{way} {arguments[0]}.db"
        refresh(path, 3)
        disk, _ = self._disk("growing")
        disk.leave(0)
        answer = getattr(self, way)(path, *arguments)
        disk.leave(None)
        return [str(part).replace(str(path), "PATH") for part in answer]

    def command(self, path: Path, *arguments: str) -> Done:
        """What a command says."""
        return ask(path, *arguments)

    def question(self, path: Path, provider: str, name: str) -> list[str]:
        """The name of a model that is found."""

        async def find() -> list[str]:
            async with ModelRegistry(db=path) as registry:
                found = await registry.find_model(provider, name)
            return [found.spec.name] if found else []

        return asyncio.run(find())

    def limited(self, journal: str) -> list[str]:
        """A file that may not grow, as with a quota: how writing ends, and how it goes on."""
        path = self.scratch / f"limited {journal}.db"
        migrate(path, journal=journal)
        _, most = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size, most))
        refused = attempt(lambda: refresh(path, 300), path)
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
        after = attempt(lambda: refresh(path, 300), path)
        return [refused, after, *broken_rules(path)]


CHILD = """
from pathlib import Path
import os
os.environ["MODELDEX_FEEDS"] = "0"
sys.path.insert(0, ARGS[0])
from small_disk import Unsupported
from test_full_disk import Disks
disks = Disks(Path(ARGS[1]))
while (task := hear()) is not None:
    try:
        say(getattr(disks, task[0])(*task[1:]))
    except Unsupported as error:
        say(str(error))
"""


@pytest.fixture(scope="module")
def disks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Child]:
    """A process that can fill its disks."""
    scratch = tmp_path_factory.mktemp("disks")
    with Child(CHILD, Path(__file__).parent, scratch, limit=3600) as child:
        yield child


def tell(disks: Child, *task: Any) -> Any:
    """What comes of a task."""
    disks.tell(task)
    answer = disks.hear()
    if isinstance(answer, str):
        pytest.skip(answer)
    return answer


# The tests.


@pytest.mark.parametrize(
    ("work", "disk", "models", "step"),
    [
        ("chunks", ("growing", "delete"), 6, 15),
        ("chunks", ("growing", "wal"), 6, 12),
        ("refresh", ("real", "wal"), 6, 15),
        pytest.param("chunks", ("growing", "delete"), 6, 4, marks=PROMISED),
        pytest.param("chunks", ("growing", "wal"), 6, 3, marks=PROMISED),
        pytest.param("chunks", ("copying", "delete"), 6, 6, marks=PROMISED),
        pytest.param("chunks", ("copying", "wal"), 6, 5, marks=PROMISED),
        pytest.param("refresh", ("real", "delete"), 6, 4, marks=PROMISED),
        *(
            pytest.param(work, (kind, journal), 200, 1, marks=NIGHTLY)
            for work in WORK
            for kind in ("growing", "copying", "real")
            for journal in ("delete", "wal")
        ),
    ],
)
def test_no_write_that_finds_no_space_does_harm(
    disks: Child, work: str, disk: tuple[str, str], models: int, step: int
) -> None:
    """Wherever writing runs out of space, CatalogFull says so, and earlier commits are there."""
    found = Found(*tell(disks, "sweep", "writes", *disk, work, models, step))
    print(found)
    assert found.faults == []
    assert found.writing.keys() == {FULL, "ok"}
    assert found.writing[FULL] >= 3
    # Until there is space, half a change cannot be undone where even that needs some, nor a log
    # be read where the memory that WAL shares has no room.
    readable = disk[0] == "real" or disk == ("growing", "delete")
    assert {"ok"} <= found.reading.keys() <= ({"ok"} if readable else {"ok", FULL})


@pytest.mark.parametrize("step", [90, pytest.param(1, marks=NIGHTLY)])
@pytest.mark.parametrize("journal", ["delete", "wal"])
def test_a_catalog_is_made_later(disks: Child, journal: str, step: int) -> None:
    """A catalog for which there was no space is made by the next call that finds some."""
    found = Found(*tell(disks, "sweep", "creations", "growing", journal, step))
    print(found)
    assert found.faults == []
    assert found.writing.keys() == {FULL, "ok"}
    assert found.reading.keys() == {"ok"}


def test_a_command_that_must_write_says_so(disks: Child) -> None:
    """A refresh for which there is no space ends in one line that says what to do."""
    said = tell(disks, "full", "command", "refresh")
    assert said == ["1", "", f"Error: {FULL.partition(': ')[2]}\n"]


def test_questions_are_answered(disks: Child) -> None:
    """Shipped data that finds no space keeps nobody from what is there already."""
    code, out, _ = tell(disks, "full", "command", "show", "acme/m0", "--json")
    assert (code, "acme/m0" in out) == ("0", True)
    assert tell(disks, "full", "question", "acme", "m1") == ["m1"]


@pytest.mark.parametrize("journal", ["delete", "wal"])
def test_a_quota_is_not_a_riddle(disks: Child, journal: str) -> None:
    """A file that may not grow, though the disk has space, is an error that names the quota."""
    refused, after, *broken = tell(disks, "limited", journal)
    assert refused.startswith("CatalogError: PATH: reading or writing failed")
    assert "quota" in refused
    assert (after, broken) == ("ok", [])
