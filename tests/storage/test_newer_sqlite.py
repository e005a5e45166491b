"""A catalog in WAL that a newer SQLite than Python's writes at the same time."""

import sqlite3
import subprocess
import sys
from pathlib import Path

import apsw
import pytest

from fork_process import HANG
from modeldex.sync import ModelRegistry
from raw_catalog import bare, migrated

pytestmark = pytest.mark.sqlite_only("versions of SQLite")

_COUNTED = (
    "SELECT provider, count(*) FROM catalog WHERE provider IN ('recorded', 'typed') GROUP BY 1"
)
TYPIST = """
import sys, apsw
connection = apsw.Connection(sys.argv[1])
connection.set_busy_timeout(600_000)
for turn in range(int(sys.argv[2])):
    connection.execute(
        "INSERT INTO measurements (provider, name, tokens_per_second) VALUES ('typed', ?, 9)",
        (f"m{turn}",),
    )
    if turn % 10 == 9:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
"""
"""Another process, because two libraries in one would take each other's locks away."""


@pytest.mark.parametrize(
    "turns",
    [
        20,
        pytest.param(2000, marks=[pytest.mark.nightly, pytest.mark.timeout(7200)]),
    ],
)
def test_two_versions_write_one_catalog(tmp_path: Path, turns: int) -> None:
    """Nothing of either is lost while both write, read and truncate the log."""
    assert apsw.sqlite_lib_version() != sqlite3.sqlite_version
    path = migrated(tmp_path / "catalog.db", "wal")
    with subprocess.Popen([sys.executable, "-c", TYPIST, str(path), str(turns)]) as typist:
        with ModelRegistry([], [], db=path, environ={}) as registry:
            for turn in range(turns):
                registry.record("recorded", f"m{turn}", tokens_per_second=7)
                assert registry.find_model(f"recorded/m{turn}").spec.name == f"m{turn}"
        assert typist.wait(HANG) == 0
    with bare(path) as connection:
        found = connection.execute(_COUNTED).fetchall()
        sound = connection.execute("PRAGMA integrity_check").fetchone()
    assert (dict(found), sound) == ({"recorded": turns, "typed": turns}, ("ok",))
