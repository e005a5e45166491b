"""The journal mode of a new catalog: by SQLite library and file system; an existing one stays."""

from pathlib import Path

import pytest

from modeldex.storage.sqlite.journal import (
    NETWORK_FILE_SYSTEMS,
    Version,
    file_system,
    journal_mode,
    wal_is_safe,
)
from modeldex.storage.sqlite.migrate import migrate
from raw_catalog import bare

pytestmark = pytest.mark.sqlite_only("the journal of a file")

SAFE: list[Version] = [
    (3, 44, 6), (3, 44, 9), (3, 50, 7), (3, 50, 8), (3, 51, 3), (3, 51, 4), (3, 52, 1),
    (3, 53, 0), (3, 54, 1), (4, 0, 0),
]  # fmt: skip
AFFECTED: list[Version] = [
    (3, 7, 0), (3, 37, 0), (3, 40, 1), (3, 43, 2), (3, 44, 0), (3, 44, 5), (3, 45, 0), (3, 45, 3),
    (3, 49, 9), (3, 50, 0), (3, 50, 4), (3, 50, 6), (3, 51, 0), (3, 51, 2), (3, 52, 0),
]  # fmt: skip


def test_libraries_with_the_wal_reset_bug_are_known() -> None:
    """Fixed are 3.51.3 and later, the backports 3.50.7 and 3.44.6, and not the withdrawn 3.52.0."""
    assert [version for version in SAFE if not wal_is_safe(version)] == []
    assert [version for version in AFFECTED if wal_is_safe(version)] == []


MODES: list[tuple[Version, str]] = [
    ((3, 54, 1), "wal"),
    ((3, 50, 7), "wal"),
    ((3, 40, 1), "delete"),
]


LOCAL_KINDS: list[str] = ["ext4", "xfs", "btrfs", "tmpfs", "overlay", "apfs", "zfs", ""]


def test_on_a_local_disk_the_library_decides() -> None:
    """A library that is free of the bug gets WAL, an affected one the rollback journal."""
    for version, mode in MODES:
        for kind in LOCAL_KINDS:
            assert journal_mode(version, kind) == mode, (kind, version, mode)


def test_on_a_network_there_is_no_wal() -> None:
    """WAL needs memory that all processes share: never over a network, whatever the library."""
    for version in ((3, 54, 1), (3, 40, 1)):
        for kind in sorted(NETWORK_FILE_SYSTEMS):
            assert journal_mode(version, kind) == "delete", (kind, version)


MOUNTS = r"""22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
25 22 0:21 / /proc rw,nosuid shared:5 - proc proc rw
30 22 0:40 / /home rw,relatime shared:9 - nfs4 server:/home rw,vers=4.2
31 30 8:2 / /home/me/fast rw - xfs /dev/sdb1 rw
32 22 0:50 / /mnt/with\040blank\011tab rw - cifs //server/share rw
33 22 0:51 / /mnt/c rw shared:1 master:2 - 9p C:\134 rw,dirsync
34 22 8:3 / /data rw - ext4 /dev/sdc1 rw
35 34 0:60 / /data rw - fuse.sshfs me@there:/ rw
36 22 0:61 / /homework rw - btrfs /dev/sdd1 rw
"""


INNERMOST: list[tuple[str, str]] = [
    ("/catalog.db", "ext4"),
    ("/srv/deep/er/catalog.db", "ext4"),
    ("/home/you/catalog.db", "nfs4"),
    ("/home/me/catalog.db", "nfs4"),
    ("/home/me/fast/catalog.db", "xfs"),
    ("/home/me/faster/catalog.db", "nfs4"),
    ("/homework/catalog.db", "btrfs"),
    ("/mnt/with blank\ttab/catalog.db", "cifs"),
    ("/mnt/c/Users/me/catalog.db", "9p"),
    ("/data/catalog.db", "fuse.sshfs"),
    ("/data", "fuse.sshfs"),
]


def test_the_file_system_is_that_of_the_innermost_mount() -> None:
    """The longest mount point that holds the path counts, and of two on one point the later."""
    for path, kind in INNERMOST:
        assert file_system(Path(path), MOUNTS) == kind, (path, kind)


def test_without_mounts_the_file_system_is_unknown() -> None:
    """Where nothing can be read, nothing is claimed, and the disk counts as local."""
    assert file_system(Path("/catalog.db"), "") == ""
    assert journal_mode((3, 54, 1), "") == "wal"


def test_this_machine_can_be_asked(tmp_path: Path) -> None:
    """The real list of mounts, where there is one, is understood."""
    expected = Path("/proc/self/mountinfo").exists()
    assert bool(file_system(tmp_path)) is expected


def mode(path: Path) -> str:
    """The journal mode that stands in a file."""
    with bare(path) as connection:
        return str(connection.execute("PRAGMA journal_mode").fetchone()[0])


@pytest.mark.parametrize(("first", "later"), [("wal", "delete"), ("delete", "wal")])
def test_an_existing_catalog_keeps_its_mode(catalog_path: Path, first: str, later: str) -> None:
    """Opening or migrating a catalog again never changes its journal mode."""
    migrate(catalog_path, journal=first)
    assert migrate(catalog_path, journal=later) is False
    assert mode(catalog_path) == first


@pytest.mark.parametrize("journal", ["wal", "delete"])
def test_an_empty_file_is_made_like_a_new_one(catalog_path: Path, journal: str) -> None:
    """A file of no bytes, as `touch` or mktemp leave it, becomes a catalog in the chosen mode."""
    catalog_path.touch()
    assert migrate(catalog_path, journal=journal) is True
    assert mode(catalog_path) == journal


def test_a_new_catalog_gets_the_mode_of_the_table(catalog_path: Path) -> None:
    """Without a wish the mode is what the table says of this library and this disk."""
    import sqlite3

    migrate(catalog_path)
    wanted = journal_mode(sqlite3.sqlite_version_info[:3], file_system(catalog_path))
    assert mode(catalog_path) == wanted
