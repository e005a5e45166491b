"""A catalog file that is emptied, overwritten, replaced or raised under an open reader."""

import contextlib
import os
import sqlite3
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from modeldex import CatalogDamaged, CatalogError, CatalogTooNew, ModelRegistry, NotACatalog
from modeldex.query.catalog import Catalog
from modeldex.server.registry import CatalogMissing, ServedRegistry
from modeldex.storage.schema.version import SCHEMA
from modeldex.storage.sqlite.migrate import migrate
from modeldex.storage.sqlite.reader import Reader

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
        subprocess.run(["cp", "-p", other, path], check=True)  # noqa: S607 - as a person does
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
