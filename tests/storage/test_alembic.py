"""Alembic's own commands on a catalog, typed as a user of Alembic types them, on both engines."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from checkout import ROOT
from command_line import CommandResult
from command_line import alembic as run_alembic
from fork_process import HANG
from modeldex.storage.location import Place, Postgres
from modeldex.storage.open import open_catalog
from modeldex.storage.schema.version import SCHEMA
from postgres_server import Server
from raw_catalog import bare, broken, in_memory, needs_shell, objects

HEAD_NOW = f"{SCHEMA:04d} (head)\n"
Command = Callable[..., CommandResult]


@pytest.fixture
def place(engine: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    """Where there is no catalog yet: a path, or an empty database."""
    if engine != "postgresql":
        yield tmp_path / "new" / "a 100% catalog.db"
        return
    postgres: Server = request.getfixturevalue("postgres")
    made = postgres.create()
    yield made
    postgres.drop(made)


@pytest.fixture
def alembic(place: Place) -> Command:
    """Runs `alembic` in the project's folder, with MODELDEX_DB set to the place."""

    def run(*arguments: str, code: int = 0) -> CommandResult:
        done = run_alembic(place, *arguments)
        assert done.code == code, done.err
        return done

    return run


def test_the_commands_work(alembic: Command, place: Place) -> None:
    """Upgrade makes a catalog where there is none; current, history, check and stamp read it."""
    alembic("upgrade", "head")
    open_catalog(place).close()
    with bare(place) as connection:
        assert broken(connection) == []
    assert alembic("current").out == HEAD_NOW
    assert alembic("history").out.count(" -> ") == SCHEMA
    assert "No new upgrade operations" in alembic("check").out
    alembic("upgrade", "head")
    alembic("downgrade", "0003")
    assert alembic("current").out == "0003\n"
    alembic("stamp", "0003")
    alembic("upgrade", "head")
    assert alembic("current").out == HEAD_NOW
    with bare(place) as connection:
        assert broken(connection) == []


def test_the_way_below_0003_is_refused(alembic: Command, place: Place) -> None:
    """The refusal is one line that names the way back; the catalog stays as it was."""
    alembic("upgrade", "head")
    refused = alembic("downgrade", "0002", code=255)
    assert "restore the backup" in refused.out + refused.err
    assert "Traceback" not in refused.err
    assert alembic("current").out == HEAD_NOW
    with bare(place) as connection:
        assert broken(connection) == []


def test_what_users_add_is_left_alone(alembic: Command, place: Place) -> None:
    """A table and an index of a user are no difference, and no upgrade removes them."""
    alembic("upgrade", "head")
    with bare(place) as connection:
        connection.execute("CREATE TABLE mine (name TEXT)")
        connection.execute("CREATE INDEX mine_too ON models (family)")
    assert "No new upgrade operations" in alembic("check").out
    alembic("upgrade", "head")
    with bare(place) as connection:
        assert connection.execute("SELECT count(*) FROM mine").fetchall() == [(0,)]


ADDED = '    Field("made_up", "count", "things", "made up for a test", 1, 9, since=9),\n'


def test_a_capability_is_one_row_and_a_small_migration(
    alembic: Command, place: Place, tmp_path: Path
) -> None:
    """One row more in the vocabulary: autogenerate writes the revision, with CHECK and comment."""
    copy = tmp_path / "project"
    for name in ("src", "migrations"):
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "alembic.ini", copy)
    alembic("upgrade", "head")
    fields = copy / "src" / "modeldex" / "vocabulary" / "fields.py"
    text = fields.read_text("utf-8")
    end = text.index("\n)\n", text.index("FIELDS: "))
    fields.write_text(f"{text[: end + 1]}{ADDED}{text[end + 1 :]}", "utf-8")
    version = copy / "src" / "modeldex" / "storage" / "schema" / "version.py"
    version.write_text(
        version.read_text("utf-8").replace(f"SCHEMA = {SCHEMA}", f"SCHEMA = {SCHEMA + 1}"), "utf-8"
    )
    program = "import sys; sys.path.insert(0, 'src'); from alembic.config import main; main()"

    def run(*arguments: str) -> str:
        given = place.url if isinstance(place, Postgres) else str(place)
        done = subprocess.run(
            [sys.executable, "-c", program, *arguments], cwd=copy, capture_output=True, text=True,
            env={**os.environ, "PYTHONPATH": str(copy / "src"), "MODELDEX_DB": given},
            check=False, timeout=HANG,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout

    run("revision", "--autogenerate", "-m", "made up", "--rev-id", f"{SCHEMA + 1:04d}")
    [written] = (copy / "migrations" / "versions").glob(f"{SCHEMA + 1:04d}_*.py")
    body = written.read_text("utf-8")
    added = [line for line in body.splitlines() if "op.add_column" in line]
    tables = 5 if isinstance(place, Postgres) else 6
    assert len(added) == tables, body
    assert "made_up_is_between_1_and_9" in body
    assert "things: made up for a test" in body
    assert len(body.splitlines()) < 55
    run("upgrade", "head")
    assert "No new upgrade operations" in run("check")
    with bare(place) as connection:
        columns = connection.execute("SELECT * FROM capabilities LIMIT 0").description
        assert columns[-1][0] == "made_up"


@needs_shell
@pytest.mark.sqlite_only("psql is not Debian's sqlite3; the statements are run below")
def test_the_statements_make_a_catalog(tmp_path: Path) -> None:
    """`upgrade head --sql`, read by the sqlite3 program, is what a new catalog is."""
    path = tmp_path / "by hand.db"
    done = run_alembic(path, "upgrade", "head", "--sql")
    assert (done.code, path.exists()) == (0, False)
    subprocess.run(["sqlite3", "-bail", path], input=done.out, text=True, check=True)
    with bare(path) as made, in_memory() as declared:
        assert objects(made) == objects(declared)
        assert broken(made) == []


@pytest.mark.postgresql_only
def test_the_statements_make_a_catalog_on_a_server(alembic: Command, place: Place) -> None:
    """`upgrade head --sql`, read by psql, is a catalog on which nothing is left to do."""
    assert isinstance(place, Postgres)
    from modeldex.storage.postgres.migrate import migrate

    text = alembic("upgrade", "head", "--sql").out
    subprocess.run(
        ["psql", "-q", "-v", "ON_ERROR_STOP=1", place.conninfo],
        input=text, text=True, check=True, capture_output=True, timeout=HANG,
    )  # fmt: skip
    assert migrate(place) is False
    with bare(place) as connection:
        assert broken(connection) == []


def test_where_there_is_no_catalog_one_line_says_so(tmp_path: Path) -> None:
    """`alembic current` on a path without a file names the command that makes one."""
    done = run_alembic(tmp_path / "none.db", "current")
    assert done.code != 0
    assert "alembic upgrade head makes it" in done.out + done.err
    assert list(tmp_path.iterdir()) == []
