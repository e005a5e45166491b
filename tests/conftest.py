"""Fixtures shared by all tests: real files, a real server, no network beyond loopback.

Every night properties are searched for with twenty times as many examples as by day.

Tests whose catalog comes from a fixture of this file run on SQLite, and with
`--engine postgresql` on a server instead, unless they are marked `sqlite_only`. Those marked
`promised_on_server` run on a server with the promised numbers, those marked `postgresql_only` on
nothing else.
"""

import gc
import itertools
import json
import os
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock
from hypothesis import HealthCheck, settings

from checkout import ROOT
from command_line import CommandResult, first_command
from examples import DAY, NIGHT
from modeldex.refresh.first_copy import copy_if_new
from modeldex.storage.copy import copy
from modeldex.storage.location import Place, Postgres
from modeldex.upstream import ready as ready_file
from modeldex.vocabulary.providers import providers
from pooler import Pooler
from postgres_server import MISSING, Server, programs
from raw_catalog import Below, bare, in_memory, migrated, reborn
from ready import forking

# Read once and kept: a file of the person who runs the tests must not leak in.
os.environ["MODELDEX_PROVIDERS"] = os.devnull

# Modules are compiled once, not once more in each of the hundreds of processes that tests start.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

KEYS = {variable for provider in providers().values() for variable in provider.keys}
"""The variables in which providers look for keys."""

HOMES = itertools.count()
"""The number of the next test's home."""

# How fast a value is made, or a test runs, says nothing about what is tested.
for profile, examples in (("day", DAY), ("night", NIGHT)):
    settings.register_profile(
        profile,
        deadline=None,
        max_examples=examples,
        suppress_health_check=[HealthCheck.too_slow],
    )

LOOPBACK = ("127.0.0.1", "::1", "localhost")


JOURNALS = ("delete", "wal")
"""The two ways in which SQLite keeps a file whole."""


POSIX = re.compile(
    r"^(?:from|import) (?:child_processes|concurrent_\w+|fork_process|full_disk|kill\w+|"
    r"linked_registries|running_server|small_disk|sql_attacks)\b|\bon_terminal\b|\.chmod\(|st_mode",
    re.MULTILINE,
)
"""What shows that a test module is about signals, forks, terminals, modes of files or servers that
are stopped by a signal."""


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    """On Windows, leave out the test modules that need POSIX."""
    if os.name != "nt" or not collection_path.name.startswith("test_"):
        return None
    return bool(POSIX.search(collection_path.read_text("utf-8"))) or None


def pytest_report_header() -> str:
    served = programs() or f"none, its tests are SKIPPED. {MISSING}"
    return f"sqlite3 {sqlite3.sqlite_version}, python {sys.version.split()[0]}, postgresql {served}"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--engine", choices=("sqlite", "postgresql"), default="sqlite",
        help="where the catalogs of the tests are; postgresql selects what does not need a file",
    )  # fmt: skip
    parser.addoption("--pooler", action="store_true", help="reach it through pgbouncer")
    parser.addoption("--update-golden", action="store_true", help="write the golden files anew")


def pytest_configure(config: pytest.Config) -> None:
    settings.load_profile("night" if _is_night(config) else "day")


def _is_night(config: pytest.Config) -> bool:
    return str(config.getoption("markexpr")) == "nightly"


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "engine" not in metafunc.fixturenames:
        return
    marks = {mark.name for mark in metafunc.definition.iter_markers()}
    engines = list(JOURNALS) if "either_journal" in metafunc.fixturenames else ["sqlite"]
    if metafunc.config.getoption("engine") == "postgresql":
        engines = [] if "sqlite_only" in marks else ["postgresql"]
    if engines != ["sqlite"]:
        metafunc.parametrize("engine", engines, indirect=True, scope="session")


def pytest_collection() -> None:
    """Leave what collecting makes alone: nothing of it is garbage before the end."""
    gc.disable()


def pytest_collection_finish() -> None:
    gc.freeze()
    gc.enable()


@pytest.hookimpl(tryfirst=True)  # before -m is asked
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    served = config.getoption("engine") == "postgresql"
    for item in items:
        marks = {mark.name for mark in item.iter_markers()}
        if served and "promised_on_server" in marks and "nightly" not in marks:
            item.add_marker("promised")
        if _is_night(config) and getattr(item.obj, "is_hypothesis_test", False):  # type: ignore[attr-defined]
            item.add_marker("nightly")
    wanted = [item for item in items if _is_wanted(item, served=served)]
    if len(wanted) < len(items):
        config.hook.pytest_deselected(items=list(set(items) - set(wanted)))
        items[:] = wanted


def _is_wanted(item: pytest.Item, *, served: bool) -> bool:
    """Whether a test is about the engine, and can be put to it."""
    called = getattr(item, "callspec", None)
    if called is None or called.params.get("engine") != "postgresql":
        return not served and item.get_closest_marker("postgresql_only") is None
    return item.get_closest_marker("sqlite_only") is None


@pytest.fixture(autouse=True)
def _quiet_environment(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """No key, no catalog and no configuration of the person who runs the tests."""
    for variable in list(os.environ):
        if variable in KEYS or variable.startswith(("MODELDEX_", "OLLAMA_")):
            monkeypatch.delenv(variable)
    monkeypatch.setenv("MODELDEX_FEEDS", "0")
    home = f"{tmp_path_factory.getbasetemp()}/homes/{next(HOMES)}"  # made by who needs it
    monkeypatch.setenv("HOME", home)
    for kind in ("data", "config", "cache", "state"):
        monkeypatch.setenv(f"XDG_{kind.upper()}_HOME", f"{home}/{kind}")


@pytest.fixture(scope="session", autouse=True)
def _loopback_only() -> Iterator[None]:
    """A connection to anywhere but this machine fails the test."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: object) -> None:
        if isinstance(address, tuple) and address[0] not in LOOPBACK:
            raise AssertionError(f"a test tried to reach {address[0]}")
        connect(self, address)  # type: ignore[arg-type]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", guarded)
        yield


@pytest.fixture(scope="session", autouse=True)
def _ready_file() -> None:
    """The ready file of this source is made once, so that no test loads the shipped data."""
    script = ROOT / "scripts" / "build_ready.py"
    if script.exists() and not ready_file.is_current():
        subprocess.run([sys.executable, script], check=True)


@pytest.fixture(scope="session", autouse=True)
def _interrupts_are_heard() -> Iterator[None]:
    """What a shell runs in the background ignores interrupts; what tests start must not."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture(scope="session", autouse=True)
def _forking_ends() -> Iterator[None]:
    """The process from which others are forked ends with the tests."""
    yield
    forking.stop()


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of all workers, for what is made once."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "shared"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture(scope="session")
def postgres(shared: Path, request: pytest.FixtureRequest) -> Iterator[Server]:
    """A server that runs as long as the tests do."""
    folder = programs()
    if folder is None:
        pytest.skip(MISSING)
    with ExitStack() as open_until_then:
        server = open_until_then.enter_context(new_server(folder, shared))
        if request.config.getoption("pooler"):
            pooler = Pooler(server.place("postgres"), connections=20)
            server.front = open_until_then.enter_context(pooler).front
        yield server


def new_server(folder: Path, shared: Path) -> Server:
    """A server whose first files are made once for all workers."""
    with FileLock(shared / "postgres.lock"):
        return Server(folder, shared / "postgres")


@pytest.fixture
def own_postgres(shared: Path) -> Iterator[Server]:
    """A server of one test, which may stop it."""
    folder = programs()
    if folder is None:
        pytest.skip(MISSING)
    with new_server(folder, shared) as server:
        yield server


@pytest.fixture(scope="session")
def engine(request: pytest.FixtureRequest) -> str:
    """Where catalogs are: sqlite, or one of its JOURNALS, or postgresql."""
    return str(getattr(request, "param", "sqlite"))


@pytest.fixture(scope="session")
def new_place(
    engine: str, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[], Place]:
    """Gives a place where a catalog may be made, another each time; nothing is there yet."""
    if engine == "postgresql":
        server: Server = request.getfixturevalue("postgres")
        return server.create
    return lambda: tmp_path_factory.mktemp("place") / "catalog.db"


@pytest.fixture(scope="session")
def new_catalog(
    engine: str, new_place: Callable[[], Place], request: pytest.FixtureRequest
) -> Callable[[], Place]:
    """Gives an empty catalog with an identity of its own, another each time."""
    if engine != "postgresql":
        return lambda: migrated(new_place())
    server: Server = request.getfixturevalue("postgres")
    template = request.getfixturevalue("_blank")
    return lambda: reborn(server.create(template))


@pytest.fixture
def catalog_path(engine: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Place]:
    """Where a catalog may be made; nothing is there yet, on a server an empty one."""
    if engine == "postgresql":
        yield from _served(request, request.getfixturevalue("_blank"))
    else:
        yield tmp_path / "catalog.db"


def _served(request: pytest.FixtureRequest, template: str) -> Iterator[Place]:
    server: Server = request.getfixturevalue("postgres")
    place = server.create(template)
    yield place
    server.drop(place)


@pytest.fixture(scope="session")
def _blank(request: pytest.FixtureRequest) -> str:
    """The database of an empty catalog, made once."""
    server: Server = request.getfixturevalue("postgres")
    return server.template("blank", migrated)


@pytest.fixture
def blank_catalog(engine: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Place]:
    """A private copy of an empty catalog."""
    if engine == "postgresql":
        yield from _served(request, request.getfixturevalue("_blank"))
    else:
        yield migrated(tmp_path / "catalog.db", "delete")


@pytest.fixture
def either_journal(engine: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Place]:
    """A migrated, empty catalog in each of the two journal modes, or on the server."""
    if engine == "postgresql":
        yield from _served(request, request.getfixturevalue("_blank"))
    else:
        yield migrated(tmp_path / "catalog.db", engine)


@pytest.fixture
def twin(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Callable[[Place], Place]]:
    """Gives a private copy of a catalog to which nobody is connected."""
    served: list[Postgres] = []

    def copied(place: Place) -> Place:
        if isinstance(place, Path):
            return Path(shutil.copyfile(place, tmp_path / "twin.db"))
        served.append(request.getfixturevalue("postgres").twin(place))
        return served[-1]

    yield copied
    for place in served:
        request.getfixturevalue("postgres").drop(place)


@pytest.fixture(scope="session")
def below(engine: str, request: pytest.FixtureRequest) -> Below:
    """Opens an empty catalog below the library: in memory, or in a database of the server."""
    if engine != "postgresql":
        return in_memory
    server: Server = request.getfixturevalue("postgres")
    template = request.getfixturevalue("_blank")

    @contextmanager
    def on_the_server() -> Iterator[Any]:
        place = server.create(template)
        with bare(place) as connection:
            yield connection
        server.drop(place)

    return on_the_server


@pytest.fixture(scope="session")
def _shipped(shared: Path) -> Path:
    """One catalog with the shipped data, made once for all workers, beside one of a command.

    As of the day of the data, whenever it is tested: its prices do not change by their date.
    """
    path, said = shared / "catalog.db", shared / "said.json"
    with FileLock(shared / "shipped.lock"):
        if not said.exists():
            said.write_text(json.dumps(first_command(shared / "first.db")))
            assert copy_if_new(path, {})
            with bare(path) as connection:
                connection.execute("DELETE FROM about WHERE key = 'changes_on'")
    return path


@pytest.fixture
def first_done(_shipped: Path) -> CommandResult:
    """What the command left that made the catalog with the shipped data."""
    return CommandResult(*json.loads((_shipped.parent / "said.json").read_text()))


@pytest.fixture
def shipped_catalog(
    engine: str, _shipped: Path, tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[Place]:
    """A private copy of a catalog that holds the shipped data."""
    if engine == "postgresql":
        server: Server = request.getfixturevalue("postgres")
        template = server.template("shipped", lambda place: copy(_shipped, place))
        yield from _served(request, template)
        return
    private = Path(shutil.copyfile(_shipped, tmp_path / "shipped.db"))
    private.chmod(0o600)
    yield private
