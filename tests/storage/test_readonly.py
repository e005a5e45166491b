"""Catalogs that this user may not write: right answers or one clear line, and no file appears."""

import gzip
import shutil
import signal
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import pytest

from checkout import DATA
from child_processes import Child, leave_half_a_transaction, put
from fork_process import HANG
from raw_catalog import bare, migrated

pytestmark = pytest.mark.sqlite_only("permissions of files")

UNPRIVILEGED = """
import asyncio, os
from pathlib import Path
from modeldex import ModeldexError, ModelRegistry
from modeldex.upstream import snapshots

async def ask(path):
    async with ModelRegistry([], [], db=path) as registry:
        found = [await registry.find_model("acme", name) for name in ("m", "new")]
    return [model is not None for model in found]

async def refresh(path):
    async with ModelRegistry([], [], db=path) as registry:
        return (await registry.refresh()).status

async def default(path):
    async with ModelRegistry(db=path, environ={"OPENAI_API_KEY": "sk-not-a-key"}) as registry:
        best = await registry.find_best(requires_tools=True, provider="openai")
    return best is not None

async def poll(path, times=25):
    lasting, faults = ModelRegistry([], [], db=path), []
    for turn in range(times):
        passing = ModelRegistry([], [], db=path)
        for registry in (lasting, passing):
            try:
                found = await registry.find_model("acme", "m")
                faults += [] if found else ["nothing"]
                await registry.find_model("acme", f"none {turn}")
            except ModeldexError as error:
                faults.append(str(error))
        await passing.aclose()
    await lasting.aclose()
    return faults

async def twice(path):
    async with ModelRegistry([], [], db=path) as registry:
        before = await registry.find_model("acme", "new")
        say("asked")
        hear()
        return [before is not None, await registry.find_model("acme", "new") is not None]

ways = {"twice": twice, "ask": ask, "refresh": refresh, "default": default, "poll": poll}
import importlib.readers, platformdirs, platformdirs.unix
scratch = ARGS[0]  # all that is imported late is imported here, while it may be read
asyncio.run(refresh(scratch))
asyncio.run(ask(scratch))
if os.getuid() == 0:
    try:
        os.setgroups([])
        os.setgid(65534)
        os.setuid(65534)
    except OSError as error:
        say(f"cannot become another user: {error}")
        raise SystemExit
say("ready")
while (task := hear()) is not None:
    way, path = task
    try:
        say(["ok", asyncio.run(ways[way](path))])
    except ModeldexError as error:
        say([type(error).__name__, str(error)])
    except BaseException as error:
        say(["BARE", repr(error)])
"""


@pytest.fixture(scope="module")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Child]:
    """A process that may write nothing here: another user when the tests run as root."""
    with Child(UNPRIVILEGED, tmp_path_factory.mktemp("scratch") / "c.db", limit=3600) as child:
        first = child.receive()
        if first != "ready":
            pytest.skip(f"read-only catalogs cannot be tested here: {first}")
        yield child


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that every user can reach."""
    made = Path(tempfile.mkdtemp(prefix="modeldex-"))
    made.chmod(0o755)
    yield made
    for path in [made, *made.rglob("*")]:
        if path.is_dir():
            path.chmod(0o755)
    shutil.rmtree(made)


def catalog(path: Path, journal: str) -> Path:
    """A catalog that holds acme/m, with no sidecars beside it."""
    path.parent.mkdir(exist_ok=True)
    migrated(path, journal)
    put(path, "m")
    for lock in path.parent.glob("*.lock"):
        lock.unlink()
    return path


def everything(folder: Path) -> dict[str, tuple[int, bytes]]:
    """Size and content of all files below a folder."""
    return {
        str(path): (path.stat().st_size, path.read_bytes())
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


Situation = Callable[[Path, ExitStack], Path]


def file_read_only(folder: Path, _stack: ExitStack) -> Path:
    """The file may not be written, its folder may."""
    path = catalog(folder / "in" / "c.db", "delete")
    path.chmod(0o444)
    path.parent.chmod(0o777)
    return path


def all_read_only(folder: Path, _stack: ExitStack) -> Path:
    """Neither the file nor its folder may be written."""
    path = catalog(folder / "in" / "c.db", "delete")
    path.chmod(0o444)
    path.parent.chmod(0o555)
    return path


def quiet_wal(folder: Path, _stack: ExitStack) -> Path:
    """A WAL file that nobody has open, in a folder that may not be written."""
    path = catalog(folder / "in" / "c.db", "wal")
    path.chmod(0o444)
    path.parent.chmod(0o555)
    return path


def live_wal(folder: Path, stack: ExitStack) -> Path:
    """A WAL file with a live writer elsewhere, in a folder that may not be written."""
    path = catalog(folder / "in" / "c.db", "wal")
    path.chmod(0o644)
    writer = stack.enter_context(closing(sqlite3.connect(path, isolation_level=None)))
    writer.execute("INSERT INTO models (provider, name) VALUES ('acme', 'new')")
    path.parent.chmod(0o555)
    return path


def snapshot(folder: Path, _stack: ExitStack) -> Path:
    """A published copy, made by VACUUM INTO."""
    path = folder / "in" / "snapshot.db"
    with closing(sqlite3.connect(catalog(folder / "c.db", "wal"))) as connection:
        path.parent.mkdir()
        connection.execute("VACUUM INTO ?", (str(path),))
    path.chmod(0o444)
    path.parent.chmod(0o555)
    return path


KILLED = """
import sqlite3
connection = sqlite3.connect(ARGS[0], isolation_level=None)
connection.execute("INSERT INTO models (provider, name) VALUES ('acme', 'new')")
say("committed")
hear()
"""


def crashed_wal(folder: Path, _stack: ExitStack) -> Path:
    """A WAL file whose writer was killed after a commit, in a folder that may not be written."""
    path = catalog(folder / "in" / "c.db", "wal")
    path.chmod(0o644)
    with Child(KILLED, path, forked=True) as child:
        assert child.receive() == "committed"
        child.send(signal.SIGKILL)
        child.end()
    path.parent.chmod(0o555)
    return path


READABLE = [
    (file_read_only, [True, False]),
    (all_read_only, [True, False]),
    (quiet_wal, [True, False]),
    (live_wal, [True, True]),
    (crashed_wal, [True, True]),
    (snapshot, [True, False]),
]


@pytest.mark.parametrize(("situation", "known"), READABLE, ids=lambda v: getattr(v, "__name__", ""))
def test_what_may_be_read_is_read(
    stranger: Child, folder: Path, situation: Situation, known: list[bool]
) -> None:
    """A user who may read but not write gets the last commit, and changes no byte."""
    with ExitStack() as stack:
        path = situation(folder, stack)
        before = everything(folder)
        stranger.send_value(["ask", path])
        assert stranger.receive() == ["ok", known]
        after = everything(folder)
    shared_memory = {name for name in after if name.endswith("-shm")}
    assert after.keys() == before.keys()
    assert [n for n in before if before[n] != after[n] and n not in shared_memory] == []


def missing_file(folder: Path, _stack: ExitStack) -> Path:
    """No file, and a folder that may not be written."""
    folder.chmod(0o555)
    return folder / "c.db"


def missing_folder(folder: Path, _stack: ExitStack) -> Path:
    """No folder, and none can be made."""
    folder.chmod(0o555)
    return folder / "a" / "b" / "c.db"


def a_folder(folder: Path, _stack: ExitStack) -> Path:
    """A folder in the place of the file."""
    (folder / "c.db").mkdir()
    return folder / "c.db"


def unreadable_file(folder: Path, _stack: ExitStack) -> Path:
    """A file that may not even be read."""
    path = catalog(folder / "in" / "c.db", "delete")
    path.chmod(0)
    return path


def unreachable_folder(folder: Path, _stack: ExitStack) -> Path:
    """A folder that may not be entered."""
    path = catalog(folder / "in" / "c.db", "delete")
    path.parent.chmod(0)
    return path


def empty_file(folder: Path, _stack: ExitStack) -> Path:
    """An empty file that cannot be made a catalog."""
    path = folder / "c.db"
    path.touch(0o444)
    folder.chmod(0o555)
    return path


def interrupted_write(folder: Path, _stack: ExitStack) -> Path:
    """A killed writer's transaction stands half in the file and cannot be undone from here."""
    path = catalog(folder / "in" / "c.db", "delete")
    put(path, *(f"m{i}" for i in range(2000)))
    leave_half_a_transaction(path)
    path.chmod(0o444)
    path.with_name("c.db-journal").chmod(0o444)
    path.parent.chmod(0o555)
    return path


UNREADABLE = [
    missing_file, missing_folder, a_folder, unreadable_file, unreachable_folder, empty_file,
    interrupted_write,
]  # fmt: skip


def faults(answer: Any, path: Path) -> list[str]:
    """What is wrong with the error that a stranger was given; empty when it is right."""
    kind, text = answer[0], str(answer[1])
    return [
        fault
        for fault, found in {
            f"{kind} is no modeldex error: {text}": kind in ("ok", "BARE"),
            f"the path is not named: {text}": str(path) not in text,
            f"more than a line: {text}": len(text.splitlines()) != 1,
        }.items()
        if found
    ]


def test_an_older_catalog_that_may_not_be_written_names_the_remedy(
    stranger: Child, folder: Path
) -> None:
    """It has to be migrated once, by somebody who may."""
    path = folder / "c.db"
    path.write_bytes(gzip.decompress((DATA / "eras" / "0006.db.gz").read_bytes()))
    path.chmod(0o444)
    folder.chmod(0o555)
    stranger.send_value(["ask", path])
    kind, told = stranger.receive()
    assert kind == "CatalogReadOnly"
    assert "has schema 6" in told
    assert "run modeldex status once as a user who may write it" in told


@pytest.mark.parametrize("situation", UNREADABLE, ids=lambda v: v.__name__)
def test_what_cannot_be_read_is_one_line(
    stranger: Child, folder: Path, situation: Situation
) -> None:
    """Where there is nothing to read the error is ours, names the path, and nothing is made."""
    with ExitStack() as stack:
        path = situation(folder, stack)
        before = everything(folder)
        stranger.send_value(["ask", path])
        assert faults(stranger.receive(), path) == []
        assert everything(folder) == before


@pytest.mark.parametrize(
    "situation", [all_read_only, quiet_wal, live_wal], ids=lambda v: v.__name__
)
def test_a_refresh_without_permission_says_so(
    stranger: Child, folder: Path, situation: Situation
) -> None:
    """Writing where one may only read is a CatalogReadOnly of one line, and changes nothing."""
    with ExitStack() as stack:
        path = situation(folder, stack)
        before = everything(folder)
        stranger.send_value(["refresh", path])
        answer = stranger.receive()
        after = everything(folder)
    assert answer[0] == "CatalogReadOnly"
    assert faults(answer, path) == []
    assert after.keys() == before.keys()


def test_a_default_registry_uses_a_shared_catalog(
    stranger: Child, folder: Path, shipped_catalog: Path
) -> None:
    """Somebody else's catalog with shipped data answers, although nothing can be added to it."""
    path = folder / "c.db"
    shutil.copyfile(shipped_catalog, path)
    path.chmod(0o444)
    folder.chmod(0o555)
    stranger.send_value(["default", path])
    assert stranger.receive() == ["ok", True]
    assert list(folder.iterdir()) == [path]


def test_views_of_an_older_program_are_no_obstacle(stranger: Child, folder: Path) -> None:
    """Who may not write reads a catalog of this schema whose views an older version has made."""
    path = catalog(folder / "in" / "c.db", "delete")
    with bare(path) as connection:
        connection.execute("UPDATE about SET value = '0 older' WHERE key = 'derived'")
    path.chmod(0o444)
    path.parent.chmod(0o555)
    stranger.send_value(["ask", path])
    assert stranger.receive() == ["ok", [True, False]]


def test_a_strangers_answers_stay_fresh(stranger: Child, folder: Path) -> None:
    """A live writer's next commit is seen by a user who may not write a byte."""
    with ExitStack() as stack:
        path = live_wal(folder, stack)
        stranger.send_value(["ask", path])
        assert stranger.receive() == ["ok", [True, True]]
        with closing(sqlite3.connect(path, isolation_level=None)) as writer:
            writer.execute("DELETE FROM models WHERE name = 'm'")
        stranger.send_value(["ask", path])
        assert stranger.receive() == ["ok", [False, True]]


@pytest.mark.parametrize("journal", ["delete", "wal"])
def test_a_strangers_registry_notices_a_write(stranger: Child, folder: Path, journal: str) -> None:
    """Also one that was opened when nobody wrote, which reads a WAL file as a snapshot."""
    path = catalog(folder / "in" / "c.db", journal)
    path.chmod(0o644)
    path.parent.chmod(0o755)
    stranger.send_value(["twice", path])
    assert stranger.receive() == "asked"
    put(path, "new")
    stranger.send_value("go on")
    assert stranger.receive() == ["ok", [False, True]]


COME_AND_GO = """
import select, sqlite3
turn = 0
say("ready")
while not select.select([sys.stdin], [], [], 0.01)[0]:
    turn += 1
    connection = sqlite3.connect(ARGS[0], timeout=900, isolation_level=None)
    connection.execute("UPDATE models SET display_name = ?", (str(turn),))
    connection.close()
say(turn)
"""


def turn_of(path: Path) -> int:
    """How many writers have come and gone."""
    with closing(sqlite3.connect(path, timeout=HANG)) as connection:
        return int(connection.execute("SELECT max(display_name) FROM models").fetchone()[0] or 0)


@pytest.mark.parametrize("writers_seen", [5, pytest.param(20, marks=pytest.mark.promised)])
@pytest.mark.parametrize("journal", ["delete", "wal"])
def test_a_stranger_reads_while_writers_come_and_go(
    stranger: Child, folder: Path, journal: str, writers_seen: int
) -> None:
    """Each writer that closes takes the sidecars away; no question of a stranger fails by that."""
    path = catalog(folder / "in" / "c.db", journal)
    path.chmod(0o644)
    path.parent.chmod(0o755)
    with Child(COME_AND_GO, path, forked=True) as writers:
        assert writers.receive() == "ready"
        answers = []
        while turn_of(path) <= writers_seen:
            stranger.send_value(["poll", path])
            answers.append(stranger.receive())
        writers.send_value("stop")
        (turns,) = writers.end().said
    print(f"{turns} writers came and went during {25 * len(answers)} questions")
    assert answers == [["ok", []]] * len(answers)
