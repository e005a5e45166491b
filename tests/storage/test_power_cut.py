"""Power cuts: what was not synced is lost, torn or out of order, and nothing acknowledged goes."""

import asyncio
import contextlib
import functools
import random
import re
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from sqlalchemy import Engine, event

from modeldex import ModelRegistry, ModelSpec
from modeldex.storage.sqlite.migrate import migrate
from modeldex.storage.sqlite.writer import Writer
from raw_catalog import bare, broken, contents
from recording_vfs import Disk, Recording, Sent, record

NAME = "catalog.db"
NIGHTLY = [pytest.mark.nightly, pytest.mark.timeout(14_400)]
PROMISED = [pytest.mark.promised, pytest.mark.timeout(3600)]
FEW, MANY = 6, 1200
"""Models: as few as give every kind of write, and as many as take several chunks."""


class Listed:
    """A source of some models."""

    name = "listed"
    network = True

    def __init__(self, names: Sequence[str]) -> None:
        self.names = names

    async def discover(self) -> list[ModelSpec]:
        return [ModelSpec(provider="acme", name=n, aliases=(f"{n}-latest",)) for n in self.names]


class Facts:
    """A resolver whose opinions follow a figure."""

    name = "facts"
    network = True

    def __init__(self, figure: int) -> None:
        self.figure = figure

    async def resolve_many(self, specs: Sequence[ModelSpec]) -> list[dict[str, Any]]:
        return [{"max_context": self.figure + i, "mode": "chat"} for i, _ in enumerate(specs)]

    async def get_capabilities(self, spec: ModelSpec) -> Any:
        raise NotImplementedError


MEASURED = (
    "INSERT INTO measurements (provider, name, tokens_per_second, ttft_ms) "
    "VALUES ('acme', ?, 80.5, 120)"
)


async def work(path: Path, journal: str, models: int) -> None:
    """A life of a catalog: it is made, filled, measured, and brought up to date."""
    migrate(path, journal=journal)
    names = [f"m{i}" for i in range(models)]
    async with ModelRegistry([Listed(names)], [Facts(1000)], db=path) as registry:
        await registry.refresh()
    with Writer(path) as writer:
        for name in names[:3]:
            with writer.transaction() as connection:
                connection.exec_driver_sql(MEASURED, (name,))
    async with ModelRegistry([Listed([*names[1:], "new"])], [Facts(2000)], db=path) as registry:
        await registry.refresh()


# What the library sends.


class Listener:
    """Notes everything that is sent through the connections of any writer."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.start: bytes | None = None
        self.script: list[Sent] = []
        self.numbers: dict[Any, int] = {}

    def connect(self, raw: sqlite3.Connection, _record: object) -> None:
        if self.start is None:
            self.start = self.path.read_bytes()
        number = self.numbers[raw] = len(self.numbers)
        self.script.append(Sent("open", number))
        # Sent past SQLAlchemy; other statements would be told once more per trigger.
        raw.set_trace_callback(
            lambda sql: (
                sql.lstrip().startswith("PRAGMA") and self.script.append(Sent("run", number, sql))
            )
        )

    def close(self, raw: sqlite3.Connection, _record: object) -> None:
        self.script.append(Sent("close", self.numbers[raw]))

    def before_cursor_execute(
        self, connection: Any, _cursor: Any, sql: str, values: Any, _context: Any, many: bool
    ) -> None:
        if not sql.startswith("PRAGMA"):
            self._run(connection, sql, tuple(values) if many else (values,))

    def commit(self, connection: Any) -> None:
        self._run(connection, "COMMIT", ())

    def _run(self, connection: Any, sql: str, values: tuple[Any, ...]) -> None:
        number = self.numbers[connection.connection.dbapi_connection]
        self.script.append(Sent("run", number, sql, values))


@contextlib.contextmanager
def listening(path: Path) -> Iterator[Listener]:
    """Listen to whatever writes meanwhile."""
    listener = Listener(path)
    heard = ("connect", "close", "before_cursor_execute", "commit")
    for name in heard:
        event.listen(Engine, name, getattr(listener, name))
    yield listener
    for name in heard:
        event.remove(Engine, name, getattr(listener, name))


# What a cut leaves.


class State(NamedTuple):
    """All rows of a catalog, and the rules that they break."""

    rows: dict[str, Any]
    faults: list[Any]


def look(connection: Any) -> State:
    """What stands in a file; an empty one has no rules yet."""
    rows = contents(connection)
    orphans = connection.execute("PRAGMA foreign_key_check").fetchall()
    return State(rows, [*orphans, *(broken(connection) if rows else [])])


class Life(NamedTuple):
    """A recorded life of a catalog."""

    start: bytes
    script: list[Sent]
    rows: dict[str, Any]
    recording: Recording


Lives = Callable[..., Life]


@pytest.fixture(scope="module")
def lives(tmp_path_factory: pytest.TempPathFactory) -> Lives:
    """Lives by journal mode and number of models; `synchronous` replaces what the writer asks."""

    @functools.cache
    def sent(journal: str, models: int) -> tuple[bytes, list[Sent], dict[str, Any]]:
        path = tmp_path_factory.mktemp("life") / NAME
        with listening(path) as listener:
            asyncio.run(work(path, journal, models))
        assert listener.start is not None
        with bare(path) as connection:
            return listener.start, listener.script, contents(connection)

    @functools.cache
    def life(journal: str, models: int = FEW, synchronous: str | None = None) -> Life:
        start, script, rows = sent(journal, models)
        if synchronous:
            asked, wished = r"synchronous=\w+", f"synchronous={synchronous}"
            script = [step._replace(sql=re.sub(asked, wished, step.sql)) for step in script]
        path = tmp_path_factory.mktemp("recorded") / NAME
        path.write_bytes(start)
        return Life(start, script, rows, record(path, script, look))

    return life


VERDICTS = ("whole", "lost", "half", "damaged")
"""From good to bad. Whole: all that was acknowledged, and at most the one commit under way."""


def standing(folder: Path, files: dict[str, bytes], states: list[State]) -> list[int] | None:
    """The numbers of the states that these files show; None where they are damaged."""
    for name, content in files.items():
        (folder / name).write_bytes(content)
    try:
        with bare(folder / NAME) as connection:
            sound = connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            rows = contents(connection)
            connection.execute("PRAGMA synchronous=OFF")  # closing is not what is tested
    except (sqlite3.Error, UnicodeDecodeError):
        sound, rows = False, {}
    for path in folder.iterdir():
        path.unlink()
    return [at for at, state in enumerate(states) if state.rows == rows] if sound else None


def verdict(shown: list[int] | None, acknowledged: int) -> str:
    """What it means to find these states after so many commits were acknowledged."""
    if shown is None:
        return "damaged"
    if {acknowledged, acknowledged + 1}.intersection(shown):
        return "whole"
    return "lost" if shown else "half"


def cut(life: Life, folder: Path, cuts: int, seed: int) -> Counter[str]:
    """Cut the power at random moments, each as likely as the other, and look at what is left."""
    chance = random.Random(seed)  # noqa: S311 - not a secret
    operations, states = life.recording
    rounds, rest = divmod(cuts, len(operations))
    extra = set(chance.sample(range(len(operations)), rest))
    disk, found = Disk(NAME, life.start), Counter[str]()
    looked_at: dict[int, list[int] | None] = {}
    for moment, operation in enumerate(operations):
        disk.take(operation)
        for _ in range(rounds + (moment in extra)):
            left = disk.after_a_cut(chance)
            key = hash(frozenset(left.items()))
            if key not in looked_at:  # many cuts leave the same bytes
                looked_at[key] = standing(folder, left, states)
            found[verdict(looked_at[key], disk.acknowledged)] += 1
    return found


# The tests.

BY_CHANCE = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+Z|[0-9a-f]{32}")
"""Times, and the identity of a catalog."""


@pytest.mark.parametrize(("journal", "synchronous"), [("delete", "EXTRA"), ("wal", "FULL")])
def test_the_recording_is_what_the_library_does(
    lives: Lives, journal: str, synchronous: str
) -> None:
    """What was recorded led to the same rows, with the settings of a writer, in its journal."""
    life = lives(journal)
    asked = {step.sql for step in life.script if "synchronous" in step.sql}
    assert asked == {f"PRAGMA synchronous={synchronous};"}
    files = {operation.file.removeprefix(NAME) for operation in life.recording.operations}
    assert files == {"", {"delete": "-journal", "wal": "-wal"}[journal]}
    made, *_, last = states = life.recording.states
    assert BY_CHANCE.sub("?", repr(last.rows)) == BY_CHANCE.sub("?", repr(life.rows))
    assert (made.rows, len(states) > 10) == ({}, True)
    assert [state.faults for state in states if state.faults] == []


@pytest.mark.parametrize(
    ("models", "cuts"),
    [
        (FEW, 20),
        pytest.param(FEW, 1000, marks=PROMISED),
        pytest.param(FEW, 9000, marks=NIGHTLY),
        pytest.param(MANY, 1000, marks=NIGHTLY),
    ],
)
@pytest.mark.parametrize("journal", ["delete", "wal"])
def test_a_power_cut_harms_nothing(
    lives: Lives, tmp_path: Path, journal: str, models: int, cuts: int
) -> None:
    """Cut off at any moment, a catalog is sound and holds all that was acknowledged, no halves."""
    assert cut(lives(journal, models), tmp_path, cuts, seed=cuts) == {"whole": cuts}


@pytest.mark.parametrize(
    ("journal", "synchronous", "worst"),
    [
        ("delete", "OFF", "damaged"),
        ("wal", "OFF", "damaged"),
        ("delete", "FULL", "lost"),
        ("wal", "NORMAL", "lost"),
    ],
)
def test_less_caution_would_do_harm(
    lives: Lives, tmp_path: Path, journal: str, synchronous: str, worst: str
) -> None:
    """A weaker setting loses commits or the file: the cuts bite, and the writer asks for enough."""
    found = cut(lives(journal, FEW, synchronous), tmp_path, 40, seed=1)
    assert max(found, key=VERDICTS.index) == worst
