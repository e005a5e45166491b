"""Catalogs in odd places: the right file is opened, nothing else appears, only its owner reads."""

import asyncio
import contextlib
import os
import sqlite3
import stat
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

import modeldex
from child_processes import run
from modeldex import CatalogError, ModelRegistry
from modeldex.storage.sqlite.connection import catalog_path
from modeldex.storage.sqlite.migrate import migrate
from modeldex.storage.sqlite.open import open_reader
from modeldex.storage.sqlite.writer import Writer

SIDECARS = ("-journal", "-wal", "-shm", ".lock", ".refresh.lock")

ODD = {
    "blank": "my catalog.db",
    "hash": "a#b.db",
    "question mark": "a?mode=memory.db",
    "percent": "100%25 a%2Fb.db",
    "ampersand": "a&immutable=1.db",
    "quotes": 'it\'s "quoted".db',
    "non-ASCII": "katalog-é-模型-😀.db",
    "colon": "file:x.db",
    "dash": "-v.db",
    "no suffix": "catalog",
    "leading dot": ".hidden",
    "backslash": "a\\b.db",
    "200 long": "x" * 197 + ".db",
    "newline": "two\nlines.db",
    "not UTF-8": os.fsdecode(b"latin-\xe9.db"),
}


@pytest.fixture
def room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty folder, which is also the current one."""
    folder = tmp_path / "room"
    folder.mkdir()
    monkeypatch.chdir(folder)
    yield folder


async def use(db: str | os.PathLike[str] | None) -> Path:
    """Create, write and read a catalog as a library caller does; gives the path it stands at."""
    async with ModelRegistry([], [], db=db) as registry:
        assert await registry.find_model("acme", "m") is None
        await registry.refresh()
        with Writer(registry.path) as writer, writer.transaction() as connection:
            connection.exec_driver_sql("INSERT INTO models (provider, name) VALUES ('acme', 'm')")
        assert await registry.find_model("acme", "m") is not None
        return registry.path


def strays(folder: Path, *expected: Path) -> list[str]:
    """Everything below `folder` that is neither an expected catalog nor beside it by right."""
    allowed = {str(path) + suffix for path in expected for suffix in ("", *SIDECARS)}
    found = (str(path) for path in folder.rglob("*") if not path.is_dir() or path.is_symlink())
    return sorted(set(found) - allowed)


def models(path: Path) -> int:
    """How many models plain sqlite3 finds in the file itself."""
    with closing(sqlite3.connect(os.fsencode(path))) as connection:
        (count,) = connection.execute("SELECT count(*) FROM models").fetchone()
    return int(count)


@pytest.mark.parametrize("name", ODD.values(), ids=ODD)
async def test_an_odd_name_is_just_a_name(room: Path, name: str) -> None:
    """Whatever a file name holds, exactly that file becomes the catalog."""
    path = room / name
    assert await use(path) == path
    assert strays(room, path) == []
    assert models(path) == 1


@pytest.mark.parametrize("name", ["a b#c?d%20.db", "sub/dir/c.db"])
async def test_a_relative_path_is_below_the_current_folder(room: Path, name: str) -> None:
    """A relative path counts from where the process stood when the registry was made."""
    assert await use(name) == room / name
    assert strays(room, room / name) == []
    assert models(room / name) == 1


async def test_a_registry_keeps_its_file_when_the_process_moves(room: Path) -> None:
    """Changing the current folder later does not change the catalog."""
    registry = ModelRegistry([], [], db="c.db")
    (room / "elsewhere").mkdir()
    os.chdir(room / "elsewhere")
    assert await registry.find_model("acme", "m") is None
    await registry.aclose()
    assert strays(room, room / "c.db") == []
    assert (room / "c.db").exists()


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("{room}/c.db", "c.db"),
        ("sqlite:///{room}/c.db", "c.db"),
        ("sqlite+aiosqlite:///{room}/c.db", "c.db"),
        ("sqlite:///c.db", "c.db"),
        ("sqlite:///{room}/a b#c.db", "a b#c.db"),
    ],
)
async def test_the_environment_names_the_catalog(
    room: Path, monkeypatch: pytest.MonkeyPatch, given: str, name: str
) -> None:
    """MODELDEX_DB may be a path or a SQLite URL of three slashes and a path."""
    monkeypatch.setenv("MODELDEX_DB", given.format(room=room))
    assert await use(None) == room / name
    assert strays(room, room / name) == []
    assert models(room / name) == 1


async def test_the_tilde_is_home(room: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`~` means the home folder in an argument and in MODELDEX_DB."""
    home = room / "home"
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("MODELDEX_DB", "~/b.db")
    assert await use("~/a.db") == home / "a.db"
    assert await use(None) == home / "b.db"
    assert strays(room, home / "a.db", home / "b.db") == []


EACH = """
import io, sys
from contextlib import redirect_stderr, redirect_stdout
from modeldex.cli import main
for line in sys.stdin.read().splitlines():
    sys.argv = ["modeldex", *line.split()]
    out, err = io.StringIO(), io.StringIO()
    try:
        with redirect_stdout(out), redirect_stderr(err):
            main()
    except SystemExit as end:
        print(end.code, repr(out.getvalue()[:20]), err.getvalue().rstrip())
"""
"""Runs the commands on stdin."""

HOMELESS = f"""
import pwd
def nobody(uid): raise KeyError(uid)
pwd.getpwuid = nobody
{EACH}
"""
"""The same for a user without HOME and without an entry in passwd."""

SET_A_PATH = (
    "Error: catalog.db: the home folder is unknown; "
    "set a path with --db or MODELDEX_DB, or set HOME"
)
SET_HOME = "Error: the home folder is unknown: set HOME, or give full paths"


def homeless(*commands: str) -> list[str]:
    """Exit code, output and errors of each command without a home, one line each."""
    names = ("HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME", "MODELDEX_DB")
    environ = {name: value for name, value in os.environ.items() if name not in names}
    done = subprocess.run(
        [sys.executable, "-c", HOMELESS], input="\n".join(commands), env=environ,
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return done.stdout.splitlines()


@pytest.mark.skipif(sys.platform != "linux", reason="users have homes elsewhere")
def test_without_a_home_a_command_says_what_to_set(room: Path) -> None:
    """One line, not a traceback, for every command that needs a folder of the user."""
    commands = (
        "best --known", "status", "list", "show openai/x", "refresh", "doctor", "mcp", "serve",
        "backup b.db", "measure list openai/x", "sql SELECT", "refresh --print-timer cron",
    )  # fmt: skip
    assert homeless(*commands) == [f"1 '' {SET_A_PATH}"] * len(commands)
    given = "--db c.db"
    found = homeless(f"{given} refresh --print-timer cron", f"{given} backup ~/b.db")
    assert found == [f"1 '' {SET_HOME}"] * 2
    assert strays(room) == []


STRANGER = 54_321
"""A user without an entry in passwd."""


def as_stranger(script: str, commands: str = "") -> subprocess.CompletedProcess[str]:
    """Run a script as that user in /, without a home; it may not be able to run our Python."""
    folders = [str(Path(modeldex.__file__).parents[1]), sysconfig.get_path("purelib")]
    version = "python{}.{}".format(*sys.version_info)
    for program in (sys.executable, f"/usr/bin/{version}", f"/usr/local/bin/{version}"):
        with contextlib.suppress(OSError):
            return subprocess.run(
                [program, "-B", "-c", script], input=commands, cwd="/", user=STRANGER,
                group=STRANGER, extra_groups=[], env={"PYTHONPATH": os.pathsep.join(folders)},
                capture_output=True, text=True, check=False,
            )  # fmt: skip
    pytest.skip("another user cannot run this Python")


@pytest.mark.skipif(sys.platform != "linux", reason="users have homes elsewhere")
def test_a_user_that_nobody_knows_is_told_what_to_set() -> None:
    """As in a container that runs under any number: one line for each command, and no traceback."""
    if os.geteuid() != 0:
        pytest.skip("only root can become another user")
    if as_stranger("import modeldex.cli, click, pydantic_core").returncode:
        pytest.skip("another user cannot read this installation")
    commands = ("best --known --tools", "status", "serve", "providers", "refresh", "doctor")
    done = as_stranger(EACH, "\n".join((*commands, "refresh --print-timer cron")))
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [f"1 '' {SET_A_PATH}"] * (len(commands) + 1)
    library = "from modeldex import *\ntry: ModelRegistry()\nexcept ModeldexError: print(1)"
    assert as_stranger(library).stdout == "1\n"


@pytest.mark.skipif(sys.platform != "linux", reason="users have homes elsewhere")
def test_without_a_home_a_named_catalog_works(room: Path) -> None:
    """Nothing but the catalog's own place needs a home; the other files are optional."""
    [answer] = homeless("--db c.db list --limit 1 --known --json")
    assert answer.startswith("0 ")


def test_the_default_is_a_file_of_the_user(room: Path) -> None:
    """Without argument and variable the catalog is in the user's data folder."""
    path = catalog_path(environ={})
    assert (path.name, path.parent.name) == ("catalog.db", "modeldex")
    assert path.is_absolute()
    assert catalog_path(environ={"MODELDEX_DB": ""}) == path


@pytest.mark.parametrize("url", ["oracle://u:secret@host/db", "http://host/c.db", "mysql://"])
def test_another_database_is_refused(room: Path, url: str) -> None:
    """A URL of something else is an error that does not repeat what may be a password."""
    with pytest.raises(CatalogError, match="not supported: use a path") as caught:
        catalog_path(url)
    assert "secret" not in str(caught.value)
    assert strays(room) == []


async def test_a_link_leads_to_its_file(room: Path) -> None:
    """Through a symbolic link the file it names is used, with all that stands beside it."""
    real = room / "real" / "c.db"
    real.parent.mkdir()
    migrate(real)
    (room / "link.db").symlink_to(real)
    await use(room / "link.db")
    assert models(real) == 1
    assert strays(room, real) == [str(room / "link.db")]
    assert (room / "link.db").is_symlink()


async def test_a_link_to_nothing_yet_makes_its_file(room: Path) -> None:
    """A link whose file is missing makes the catalog there and stays a link."""
    (room / "real").mkdir()
    (room / "link.db").symlink_to(room / "real" / "c.db")
    await use(room / "link.db")
    assert models(room / "real" / "c.db") == 1
    assert strays(room, room / "real" / "c.db") == [str(room / "link.db")]


IMPOSSIBLE = {
    "name too long": "x" * 300 + ".db",
    "path too long": "/".join(["y" * 200] * 30),
    "below a file": "file/c.db",
    "a folder": "folder",
    "link to itself": "loop",
    "NUL": "a\0b.db",
}


@pytest.mark.parametrize("name", IMPOSSIBLE.values(), ids=IMPOSSIBLE)
async def test_an_impossible_path_is_one_clear_error(room: Path, name: str) -> None:
    """A path that cannot be a catalog raises a CatalogError of one line and leaves nothing."""
    (room / "file").write_text("text")
    (room / "folder").mkdir()
    (room / "loop").symlink_to("loop")
    with pytest.raises(CatalogError) as caught:
        await use(room / name)
    assert len(str(caught.value).splitlines()) == 1
    assert strays(room, room / name) == [str(room / f) for f in ("file", "loop") if f != name]
    assert (room / "file").read_text() == "text"


MODES = """
import os, sqlite3
from contextlib import closing
from pathlib import Path
from modeldex.storage.sqlite.writer import Writer
from modeldex.storage.sqlite.open import open_reader
from modeldex.storage.sqlite.migrate import migrate

os.umask(ARGS[0])
path = Path(ARGS[1])
migrate(path, journal=ARGS[2])
modes = {}
def look():
    for found in [path.parent, *path.parent.iterdir()]:
        modes[found.name] = found.stat().st_mode & 0o777
with Writer(path) as writer, writer.transaction() as connection:
    connection.exec_driver_sql("INSERT INTO models (provider, name) VALUES ('acme', 'm')")
    look()
with closing(open_reader(path)):
    look()
say(modes)
"""


@pytest.mark.parametrize("umask", [0o022, 0o000, 0o077])
@pytest.mark.parametrize(
    ("journal", "sidecars"), [("delete", {"-journal"}), ("wal", {"-wal", "-shm"})]
)
def test_only_the_owner_may_read(
    tmp_path: Path, umask: int, journal: str, sidecars: set[str]
) -> None:
    """Under any umask the folder is 0700, and the file and all beside it are 0600."""
    path = tmp_path / "made" / "c.db"
    child = run(MODES, umask, path, journal, forked=True)
    assert (child.code, child.errors) == (0, "")
    (modes,) = child.said
    assert modes.pop("made") == 0o700
    assert {name.removeprefix("c.db") for name in modes} == {"", ".lock", *sidecars}
    assert {oct(mode) for mode in modes.values()} == {"0o600"}


async def test_an_existing_folder_keeps_its_mode(tmp_path: Path) -> None:
    """Only folders that modeldex makes are closed to others."""
    tmp_path.chmod(0o755)
    await use(tmp_path / "c.db")
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o755
    assert stat.S_IMODE((tmp_path / "c.db").stat().st_mode) == 0o600


def test_nothing_is_made_by_asking_for_the_path(room: Path) -> None:
    """Neither naming a catalog nor making a registry touches the disk."""
    registry = ModelRegistry([], [], db="x/y/c.db")
    assert registry.path == room / "x" / "y" / "c.db"
    asyncio.run(registry.aclose())
    assert strays(room) == []
    assert list(room.iterdir()) == []


def test_a_reader_does_not_follow_uri_parameters(room: Path) -> None:
    """A path that looks like a SQLite URI with parameters is a plain name."""
    with closing(open_reader(room / "file:c.db?mode=memory&cache=shared")):
        pass
    assert (room / "file:c.db?mode=memory&cache=shared").exists()
