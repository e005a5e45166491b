"""A full disk: whichever write finds no space, one clear error says so and nothing is lost."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from checkout import SUPPORT
from child_processes import Child
from full_disk import WORK, Found

NIGHTLY = [pytest.mark.nightly, pytest.mark.timeout(14_400)]
PROMISED = [pytest.mark.promised, pytest.mark.timeout(3600)]
FULL = "CatalogFull: PATH: the disk is full; nothing was lost, free some space"


CHILD = """
from pathlib import Path
import os
os.environ["MODELDEX_FEEDS"] = "0"
sys.path.insert(0, ARGS[0])
from small_disk import Unsupported
from full_disk import Disks
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
    with Child(CHILD, SUPPORT, scratch, limit=3600) as child:
        yield child


def tell(disks: Child, *task: Any) -> Any:
    """What comes of a task."""
    disks.send_value(task)
    answer = disks.receive()
    if isinstance(answer, str):
        pytest.skip(answer)
    return answer


# The tests.


@pytest.mark.parametrize(
    ("work", "disk", "models", "step"),
    [
        ("chunks", ("growing", "delete"), 6, 40),
        ("chunks", ("growing", "wal"), 6, 30),
        ("refresh", ("real", "wal"), 6, 25),
        pytest.param("refresh", ("real", "wal"), 6, 15, marks=PROMISED),
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


@pytest.mark.parametrize(
    "step", [300, pytest.param(90, marks=PROMISED), pytest.param(1, marks=NIGHTLY)]
)
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


BACKUP = """
from pathlib import Path
sys.path.insert(0, ARGS[0])
from small_disk import PretendedDisk, Unsupported
from modeldex import CatalogFull
from modeldex.storage.backup import backup
from modeldex.storage.sqlite.migrate import migrate
try:
    folder, disk = Path(ARGS[1]), PretendedDisk()
    migrate(folder / "c.db")
    disk.leave(3)
    backup(folder / "c.db", folder / "copies" / "copy.db")
except Unsupported as error:
    say(str(error))
except CatalogFull as error:
    say([str(error.path), error.reason, [path.name for path in (folder / "copies").iterdir()]])
"""


def test_a_backup_on_a_full_disk_names_the_backup(tmp_path: Path) -> None:
    """The disk of the copy is full, not that of the catalog, and no part of it is left."""
    (tmp_path / "copies").mkdir()
    with Child(BACKUP, SUPPORT, tmp_path, limit=600) as child:
        told = child.receive()
    if isinstance(told, str):
        pytest.skip(told)
    path, reason, left = told
    assert path == str(tmp_path / "copies" / "copy.db")
    assert reason.startswith("no backup was made: its disk is full")
    assert left == []
