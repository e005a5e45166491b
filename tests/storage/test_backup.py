"""`modeldex backup`: whole copies of a catalog in use, and never anything else."""

import os
import re
import shutil
import sqlite3
import time
from collections import Counter
from contextlib import closing
from pathlib import Path

import pytest

from checkout import SUPPORT
from child_processes import Child, broken_rules
from command_line import MODELS, run_command, small_catalog
from modeldex.cli.errors import FAILURE, OK, USAGE
from modeldex.errors import CatalogDamaged, CatalogError, CatalogTooNew, NotACatalog
from modeldex.storage.backup import backup
from modeldex.storage.schema.version import APPLICATION_ID, SCHEMA
from modeldex.storage.sqlite.migrate import migrate
from raw_catalog import bare, contents, migrated, objects

pytestmark = pytest.mark.sqlite_only("copies of files")

NIGHTLY = [pytest.mark.nightly, pytest.mark.timeout(14_400)]
PROMISED = [pytest.mark.promised, pytest.mark.timeout(3600)]
BACKUPS = """
sys.path.insert(0, ARGS[0])
import concurrent_backups
getattr(concurrent_backups, ARGS[1])(*ARGS[2:])
"""


@pytest.fixture(scope="module")
def _small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small catalog, made once."""
    return small_catalog(tmp_path_factory.mktemp("small") / "catalog.db", MODELS)


@pytest.fixture
def small(_small: Path, catalog_path: Path) -> Path:
    """A copy of a small catalog."""
    return shutil.copyfile(_small, catalog_path)


def everything(path: Path) -> object:
    """All objects and rows of a catalog, and the numbers in its header."""
    with bare(path) as connection:
        header = [
            connection.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("user_version", "application_id")
        ]
        return header, objects(connection), contents(connection)


# Promise 17.


def child(what: str, *arguments: object) -> Child:
    """A process that makes backups, as concurrent_backups.py has it."""
    folder = SUPPORT
    return Child(BACKUPS, folder, what, *arguments, limit=14_000, forked=True)


def torn(path: Path) -> list[str]:
    """What is wrong with a copy: broken rules, a pair of which half is missing, a hole."""
    with closing(sqlite3.connect(path)) as connection:
        rows = connection.execute(
            "SELECT m.provider, count(*), count(a.alias), max(CAST(m.name AS INTEGER)) + 1 "
            "FROM models m LEFT JOIN aliases a ON a.model_id = m.id "
            "WHERE m.provider IN ('library', 'driver') GROUP BY m.provider"
        ).fetchall()
    return [*broken_rules(path), *[str(row) for row in rows if len(set(row[1:])) > 1]]


@pytest.mark.parametrize("journal", ["delete", "wal"])
@pytest.mark.parametrize(
    "count", [3, pytest.param(10, marks=PROMISED), pytest.param(100, marks=NIGHTLY)]
)
def test_backups_under_two_writers_are_whole(tmp_path: Path, journal: str, count: int) -> None:
    """Each is a state of the catalog between two transactions, for its owner alone."""
    path = tmp_path / "catalog.db"
    migrated(path, journal)
    targets = [tmp_path / f"{number}.db" for number in range(count)]
    with child("under_writers", path, list(map(str, targets))) as backups:
        *models, ends = backups.end().said
    assert ends == [-9, -9]
    assert [torn(target) for target in targets] == [[]] * count
    assert {target.stat().st_mode & 0o777 for target in targets} == {0o600}
    assert models == sorted(models)
    assert len(set(models)) == count
    assert broken_rules(path) == []


@pytest.mark.parametrize("journal", ["delete", "wal"])
@pytest.mark.parametrize(
    "kills", [5, pytest.param(25, marks=PROMISED), pytest.param(250, marks=NIGHTLY)]
)
def test_a_killed_backup_leaves_no_half_file(tmp_path: Path, journal: str, kills: int) -> None:
    """Under the name is a whole copy or nothing; what else was left goes with a later backup."""
    path, folder = tmp_path / "catalog.db", tmp_path / "backups"
    folder.mkdir()
    migrated(path, journal)
    small_catalog(path, MODELS)
    with child("killed", path, folder, kills) as backups:
        end = backups.end()
    targets = [folder / f"{number}.db" for number in range(len(end.said))]
    there = [target for target in targets if target.exists()]
    rest = {found for found in folder.iterdir() if found.name != "first"} - set(there)
    print(f"{journal}: {Counter(end.said)}, {len(there)} there, {len(rest)} unfinished")
    assert (end.errors, len(end.said) >= kills) == ("", True)
    assert [torn(target) for target in there] == [[]] * len(there)
    assert [found.name for found in rest if ".partial" not in found.name] == []
    for found in rest:
        os.utime(found, (time.time() - 7200,) * 2)
    backup(path, folder / "later.db")
    assert list(folder.glob(".*")) == []


# What a copy is.


@pytest.mark.parametrize("journal", ["delete", "wal"])
def test_a_backup_equals_the_catalog(tmp_path: Path, journal: str) -> None:
    """Objects, rows and header; its path is all that is printed, and it is a catalog."""
    path, target = tmp_path / "catalog.db", tmp_path / "it's a #copy?.db"
    migrated(path, journal)
    small_catalog(path, MODELS)
    done = run_command(path, "backup", str(target))
    assert (done.code, done.out, done.err) == (OK, f"{target}\n", "")
    assert everything(target) == everything(path)
    assert run_command(target, "show", "openai/small").code == OK
    assert {found.name.removesuffix(".lock") for found in tmp_path.iterdir()} >= {target.name}
    assert list(tmp_path.glob(".*")) == []


def test_json_says_what_was_made(small: Path, tmp_path: Path) -> None:
    """Where it is, its size, schema and how many models."""
    done = run_command(small, "backup", "--json", str(tmp_path / "b.db"))
    size = (tmp_path / "b.db").stat().st_size
    assert done.json == {
        "path": str(tmp_path / "b.db"), "bytes": size, "schema": SCHEMA, "models": len(MODELS),
        "removed": [],
    }  # fmt: skip


def test_an_older_catalog_is_copied_as_it_is(tmp_path: Path) -> None:
    """A backup before an upgrade does not upgrade anything."""
    path = tmp_path / "old.db"
    migrate(path, revision="0001")
    before = path.read_bytes()
    assert backup(path, tmp_path / "copy.db").schema == 1
    assert everything(tmp_path / "copy.db") == everything(path)
    assert path.read_bytes() == before


# What it is called.


def test_a_backup_in_a_folder_is_named_after_the_time(small: Path, tmp_path: Path) -> None:
    """After the catalog and the moment, in UTC; a folder that is not there is made."""
    done = run_command(small, "backup", str(tmp_path / "new" / "folder") + os.sep)
    (made,) = (tmp_path / "new" / "folder").iterdir()
    assert done.out == f"{made}\n"
    assert re.fullmatch(r"catalog-\d{4}-\d\d-\d\dT\d{6}\.\d{3}Z\.db", made.name)


def test_the_newest_backups_are_kept(small: Path, tmp_path: Path) -> None:
    """Older ones of this catalog go once the new one is there; other files stay."""
    folder = tmp_path / "b"
    folder.mkdir()
    old = [f"catalog-2026-01-0{day}T000000.000Z.db" for day in (1, 2, 3)]
    others = ["other-2026-01-01T000000.000Z.db", "catalog-2026-01-01.db", "notes.txt"]
    for name in (*old, *others):
        (folder / name).touch()
    done = run_command(small, "backup", str(folder), "--keep", "2", "--json")
    left = {found.name for found in folder.iterdir()}
    assert left == {*others, old[2], Path(done.json["path"]).name}
    assert done.json["removed"] == [str(folder / name) for name in old[:2]]


def test_keep_is_for_folders(small: Path, tmp_path: Path) -> None:
    """Of one file nothing can be kept."""
    done = run_command(small, "backup", str(tmp_path / "b.db"), "--keep", "2")
    assert (done.code, "needs a folder" in done.err) == (USAGE, True)


# What it refuses.


def test_a_file_is_replaced_only_by_force(small: Path, tmp_path: Path) -> None:
    """Without --force what was there stays; with it a link is replaced, not what it points to."""
    target, precious = tmp_path / "b.db", tmp_path / "precious"
    precious.write_text("precious")
    target.symlink_to(precious)
    refused = run_command(small, "backup", str(target))
    assert (refused.code, "--force" in refused.err) == (FAILURE, True)
    assert target.read_text() == "precious"
    assert run_command(small, "backup", str(target), "--force").code == OK
    assert (precious.read_text(), everything(target)) == ("precious", everything(small))


@pytest.mark.parametrize("name", ["catalog.db", "catalog.db-wal", "catalog.db-journal", "link.db"])
def test_the_catalog_itself_is_never_overwritten(small: Path, tmp_path: Path, name: str) -> None:
    """Not by force, not through a link, and neither are the files beside it."""
    (tmp_path / "link.db").symlink_to(small)
    before = small.read_bytes()
    done = run_command(small, "backup", str(tmp_path / name), "--force")
    assert (done.code, "the catalog itself" in done.err) == (FAILURE, True)
    assert small.read_bytes() == before


@pytest.mark.parametrize("suffix", ["-wal", "-shm", "-journal"])
def test_a_database_in_use_is_not_replaced(small: Path, tmp_path: Path, suffix: str) -> None:
    """A log that stands beside the name would be played into the copy."""
    (tmp_path / f"b.db{suffix}").touch()
    with pytest.raises(CatalogError, match="a database in use"):
        backup(small, tmp_path / "b.db", force=True)
    assert not (tmp_path / "b.db").exists()


def test_a_damaged_catalog_is_no_backup(small: Path, tmp_path: Path) -> None:
    """What fails the check gets no name, and does not replace the backup of yesterday."""
    target = tmp_path / "b.db"
    backup(small, target)
    before = target.read_bytes()
    with bare(small) as connection:
        (page,) = connection.execute(
            "SELECT rootpage FROM sqlite_master WHERE name = 'catalog'"
        ).fetchone()
        (size,) = connection.execute("PRAGMA page_size").fetchone()
    content = bytearray(small.read_bytes())
    content[(page - 1) * size : page * size] = b"\x05" * size
    small.write_bytes(content)
    with pytest.raises(CatalogDamaged):
        backup(small, target, force=True)
    assert target.read_bytes() == before
    assert list(tmp_path.glob(".*")) == []


def test_only_a_catalog_is_copied(tmp_path: Path) -> None:
    """Nothing, an empty file, another program's database and a newer catalog are refused."""
    paths = {name: tmp_path / f"{name}.db" for name in ("absent", "empty", "foreign", "newer")}
    paths["empty"].touch()
    with bare(paths["foreign"]) as connection:
        connection.execute("CREATE TABLE t (x)")
    with bare(paths["newer"]) as connection:
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute("PRAGMA user_version = 999")
    kinds = {}
    for name, path in paths.items():
        with pytest.raises(CatalogError) as refused:
            backup(path, tmp_path / "b.db")
        kinds[name] = type(refused.value)
    assert kinds == {
        "absent": CatalogError, "empty": NotACatalog, "foreign": NotACatalog,
        "newer": CatalogTooNew,
    }  # fmt: skip
    assert not (tmp_path / "b.db").exists()
    assert not paths["absent"].exists()


def test_a_place_that_cannot_be_written_is_one_line(small: Path, tmp_path: Path) -> None:
    """A folder that is not there, a file where a folder should be."""
    (tmp_path / "file").touch()
    asked = [
        run_command(small, "backup", str(tmp_path / part / "b.db")) for part in ("none", "file")
    ]
    assert [(done.code, done.err.count("\n"), done.out) for done in asked] == [(1, 1, "")] * 2
    assert ["no backup was made" in done.err for done in asked] == [True, True]


def test_a_backup_can_be_gone_back_to(small: Path, tmp_path: Path) -> None:
    """Copied over the catalog, it is the catalog."""
    target = tmp_path / "b.db"
    backup(small, target)
    before = everything(small)
    with bare(small) as connection:
        connection.execute("UPDATE models SET retired_at = last_seen")
    shutil.copyfile(target, small)
    assert everything(small) == before
    assert run_command(small, "best", "--known", "--tools").code == OK
