"""A catalog file that is emptied, overwritten, replaced or raised under an open reader."""

import contextlib
import os
import shutil
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from command_line import seem_loaded
from modeldex import (
    CatalogDamaged,
    CatalogError,
    CatalogReadOnly,
    CatalogTooNew,
    ModelRegistry,
    NotACatalog,
)
from modeldex.query.catalog import Catalog
from modeldex.server.registry import CatalogMissing, ServedRegistry
from modeldex.storage.schema.version import SCHEMA
from modeldex.storage.sqlite.integrity import examine, read_each_index
from modeldex.storage.sqlite.migrate import migrate
from modeldex.storage.sqlite.open import open_reader
from modeldex.storage.sqlite.reader import Reader
from modeldex.storage.sqlite.writer import Writer
from raw_catalog import bare
from running_server import Serving

pytestmark = pytest.mark.sqlite_only("a file")


def holding(path: Path, name: str) -> Path:
    """A catalog of one model, in either journal mode."""
    migrate(path, journal="delete")
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("INSERT INTO models (provider, name) VALUES ('acme', ?)", (name,))
    return path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A catalog that holds acme/before."""
    return holding(tmp_path / "catalog.db", "before")


@pytest.fixture
def other(tmp_path: Path) -> Path:
    """A catalog that holds acme/after, made in the same way."""
    return holding(tmp_path / "other.db", "after")


@contextlib.asynccontextmanager
async def asking(path: Path, kind: str) -> AsyncIterator[Callable[[], Awaitable[object]]]:
    """Yield a question that a registry, a server or a reader answers: the name of the one model."""
    sql = "SELECT name FROM catalog"
    if kind == "reader":
        reader = Reader(path)

        async def ask() -> object:
            return [name for (name,) in await reader.rows(sql)]

        yield ask
        await reader.close()
        return
    async with (ServedRegistry if kind == "server" else library)(db=path) as registry:

        async def ask() -> object:
            if kind == "server":
                return await registry.run_read(names)
            return [
                name
                for name in ("before", "after")
                if await registry.find_model("acme", name) is not None
            ]

        yield ask


def library(db: Path) -> ModelRegistry:
    """A registry without sources, which adds nothing of its own."""
    return ModelRegistry([], [], db=db)


def names(catalog: Catalog) -> list[object]:
    """The names of all models."""
    return [name for (name,) in catalog.rows("SELECT name FROM catalog")]


KINDS = ("library", "server", "reader")


@pytest.mark.parametrize("kind", KINDS)
async def test_a_file_that_is_empty_for_a_moment(path: Path, other: Path, kind: str) -> None:
    """As while `cp` writes: an error says so, nothing is filled, and the new content answers."""
    async with asking(path, kind) as ask:
        assert await ask() == ["before"]
        os.truncate(path, 0)
        for _ in range(2):
            with pytest.raises(CatalogError, match="gone or empty"):
                await ask()
        assert path.stat().st_size == 0
        path.write_bytes(other.read_bytes())
        assert await ask() == ["after"]


@pytest.mark.parametrize("kind", KINDS)
async def test_a_file_that_is_copied_over(path: Path, other: Path, kind: str) -> None:
    """The next question is answered from the new content, though no commit tells of it."""
    # The same count of changes in the header, of which SQLite alone would notice nothing.
    assert path.read_bytes()[24:28] == other.read_bytes()[24:28]
    assert path.stat().st_size == other.stat().st_size
    async with asking(path, kind) as ask:
        assert await ask() == ["before"]
        shutil.copyfile(other, path)
        shutil.copystat(other, path)
        assert await ask() == ["after"]


@pytest.mark.parametrize("kind", KINDS)
async def test_a_file_that_is_renamed_over(path: Path, other: Path, kind: str) -> None:
    """The next question is answered from the new file."""
    async with asking(path, kind) as ask:
        assert await ask() == ["before"]
        other.replace(path)
        assert await ask() == ["after"]


@pytest.mark.parametrize("kind", KINDS)
async def test_a_file_that_goes_away(path: Path, tmp_path: Path, kind: str) -> None:
    """Who had it open makes no other in its place, and answers again when it is back."""
    async with asking(path, kind) as ask:
        assert await ask() == ["before"]
        path.rename(tmp_path / "aside.db")
        for _ in range(2):
            with pytest.raises(CatalogError, match=r"gone or empty|does not exist") as caught:
                await ask()
            assert isinstance(caught.value, CatalogMissing) is (kind == "server")
        assert not path.exists()
        (tmp_path / "aside.db").rename(path)
        assert await ask() == ["before"]


async def test_no_refresh_and_no_record_makes_a_file_anew(path: Path) -> None:
    """A lasting registry does not write into a file that took the place of its own."""
    async with library(path) as registry:
        await registry.refresh()
        path.unlink()
        for write in (registry.refresh, registry.load_shipped, registry.get_models):
            with pytest.raises(CatalogError, match="gone or empty"):
                await write()
        with pytest.raises(CatalogError, match="gone or empty"):
            await registry.record("acme", "m", tokens_per_second=1.0)
    assert not path.exists()
    async with library(path) as fresh:
        await fresh.refresh()
    assert path.exists()


@pytest.mark.parametrize("journal", ["delete", "wal"])
@pytest.mark.parametrize("kind", KINDS)
async def test_a_schema_that_is_raised(path: Path, kind: str, journal: str) -> None:
    """It is noticed at the next question, and so is that it is back."""
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as shell:
        shell.execute(f"PRAGMA journal_mode={journal}")
        async with asking(path, kind) as ask:
            assert await ask() == ["before"]
            shell.execute("PRAGMA user_version=99")
            for _ in range(2):
                with pytest.raises(CatalogTooNew, match="schema 99"):
                    await ask()
            shell.execute(f"PRAGMA user_version={SCHEMA}")
            assert await ask() == ["before"]


@pytest.mark.parametrize("kind", KINDS)
async def test_a_file_that_becomes_another_programs(path: Path, kind: str) -> None:
    """A header of another program is refused, and the file is not changed."""
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as shell:
        async with asking(path, kind) as ask:
            assert await ask() == ["before"]
            (own,) = shell.execute("PRAGMA application_id").fetchone()
            shell.execute("PRAGMA application_id=77")
            with pytest.raises(NotACatalog):
                await ask()
            shell.execute(f"PRAGMA application_id={own}")
            assert await ask() == ["before"]


@pytest.mark.parametrize("kind", KINDS)
async def test_a_file_that_is_damaged_and_restored(path: Path, kind: str) -> None:
    """A connection that met damage is not used again."""
    whole = path.read_bytes()
    async with asking(path, kind) as ask:
        assert await ask() == ["before"]
        with path.open("r+b") as file:
            file.seek(4096)
            file.write(os.urandom(len(whole) - 4096))
        with pytest.raises(CatalogDamaged):
            await ask()
        path.write_bytes(whole)
        assert await ask() == ["before"]


async def test_commits_reopen_nothing(path: Path) -> None:
    """A change that a commit explains is seen by the open connection."""
    reader = Reader(path)
    versions = set()
    await reader.rows("SELECT 1")
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as shell:
        for turn in range(20):
            shell.execute("INSERT INTO models (provider, name) VALUES ('acme', ?)", (f"m{turn}",))
            assert len(await reader.rows("SELECT name FROM models")) == turn + 2
            versions.add(reader.version())
    await reader.close()
    assert len(versions) == 20
    assert len({int(str(version)) >> 32 for version in versions}) == 1


def test_a_file_of_two_names_is_not_written(path: Path, tmp_path: Path) -> None:
    """SQLite would have a journal beside each name; `doctor` says so, and reads go on."""
    second = tmp_path / "second.db"
    second.hardlink_to(path)
    for name in (path, second):
        with (
            pytest.raises(CatalogReadOnly, match=r"2 names .hard links.*modeldex backup"),
            Writer(name) as writer,
            writer.transaction(),
        ):
            pass
        [file] = [check for check in examine(name) if check.check == "file"]
        assert (file.ok, "hard links" in file.detail) == (False, True)
        with contextlib.closing(open_reader(name)) as connection:
            assert connection.execute("SELECT name FROM models").fetchall() == [("before",)]
    second.unlink()
    with Writer(path) as writer, writer.transaction() as connection:
        connection.exec_driver_sql("DELETE FROM models")


# Damage, as `/healthz` looks for it.


def roots(path: Path) -> dict[str, int]:
    """The root page of each table and index."""
    with contextlib.closing(sqlite3.connect(path)) as connection:
        found = connection.execute("SELECT name, rootpage FROM sqlite_master WHERE rootpage > 1")
        return dict(found.fetchall())


def health(path: Path) -> str:
    """What comes of a look at a file: the name of the error, or nothing."""
    with contextlib.closing(open_reader(path)) as connection:
        try:
            read_each_index(connection, path)
        except CatalogError as error:
            return type(error).__name__
    return ""


def test_damage_to_any_index_is_noticed(path: Path, tmp_path: Path) -> None:
    """Whichever table or index cannot be read; a whole file has nothing to report."""
    assert health(path) == ""
    whole, damaged = path.read_bytes(), tmp_path / "damaged.db"
    found = {}
    for name, page in roots(path).items():
        start = (page - 1) * 4096
        damaged.write_bytes(whole[:start] + b"\xa5" * 4096 + whole[start + 4096 :])
        try:
            found[name] = health(damaged)
        except CatalogDamaged:  # so much that it cannot be opened
            found[name] = "CatalogDamaged"
    assert len(found) > 60
    assert set(found.values()) == {"CatalogDamaged"}, found


def test_what_a_user_added_is_no_damage(path: Path) -> None:
    """An index with a function that only the user's program has is not ours to judge."""
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.create_function("mine", 1, lambda value: value, deterministic=True)
        connection.execute('CREATE TABLE "my own" (a, b)')
        connection.execute('CREATE INDEX "my index" ON "my own" (mine(a)) WHERE b > 1')
        connection.commit()
    assert health(path) == ""


def test_health_tells_of_damage_under_a_server(path: Path) -> None:
    """Random bytes over the file of a running server are a 503 that names the remedy."""
    with bare(path) as connection:
        seem_loaded(connection)
    whole = path.read_bytes()
    with Serving(path) as server:
        first = server.request("/healthz").status
        held = path.read_bytes()
        with path.open("r+b") as file:
            file.seek(4096)
            file.write(os.urandom(len(held) - 4096))
        damaged = server.request("/healthz")
        path.write_bytes(held)
        again = server.request("/healthz").status
    assert len(held) >= len(whole)
    assert (first, damaged.status, again) == (200, 503, 200)
    assert damaged.json["error"]["code"] == "catalog_damaged"
    assert "modeldex doctor" in damaged.json["error"]["message"]
