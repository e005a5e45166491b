"""Writes on a disk that is full at each of their steps in turn."""

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

from sqlalchemy import Engine, event

from child_processes import broken_rules
from command_line import CommandResult, run_command
from modeldex import ModeldexError, ModelRegistry, ModelSpec
from modeldex.storage import batch, run_log
from modeldex.storage.run_log import Step
from modeldex.storage.sqlite.migrate import migrate
from modeldex.storage.sqlite.open import open_reader
from modeldex.storage.sqlite.writer import Writer
from modeldex.vocabulary import timestamps
from raw_catalog import contents
from small_disk import PretendedDisk, RealDisk


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
    step = Step("source", "listed", "ok", timestamps.now())
    with Writer(path) as writer:
        run = run_log.start_run(writer, "refresh", "test")
        batch.write(writer, run, step, [(NEW_MODEL, rows[3:]), (NEW_OPINION, rows)])
        batch.write(writer, run, step._replace(name="lab"), [(MEASURED, rows)])
        run_log.finish_run(writer, run, "ok", [])


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

    def command(self, path: Path, *arguments: str) -> CommandResult:
        """What a command says."""
        return run_command(path, *arguments)

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
        # More than the file is long, which its WAL may become.
        refused = attempt(lambda: refresh(path, 2_000), path)
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
        after = attempt(lambda: refresh(path, 300), path)
        return [refused, after, *broken_rules(path)]
