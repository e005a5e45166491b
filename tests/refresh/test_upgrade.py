"""The first answer after an upgrade has the scores of the new version, without a refresh."""

import sqlite3
from contextlib import closing
from datetime import datetime
from pathlib import Path

import pytest

from command_line import run_command
from modeldex.vocabulary import clock

pytestmark = pytest.mark.sqlite_only("changes the file by hand")

_BEFORE = (
    "DELETE FROM benchmarks",
    "DELETE FROM capabilities WHERE resolver = 'evidence'",
    "UPDATE about SET value = '0 older' WHERE key = 'derived'",
)
"""SQL that leaves of a catalog what a program without scores, of the same version, would have."""
_SCORED = "SELECT count(quality_score) FROM catalog"


def test_a_catalog_without_scores_has_them_at_its_first_answer(
    shipped_catalog: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It answers as a new one does on the same day; the second answer loads nothing again."""
    day = datetime.fromisoformat("2026-11-24T12:00:00Z").timestamp()
    monkeypatch.setattr(clock, "wall", lambda: day)
    asked = "best", "--known", "--tools", "-n", "5", "--json"
    new = run_command(shipped_catalog, *asked).json
    with closing(sqlite3.connect(shipped_catalog, isolation_level=None)) as connection:
        scored = connection.execute(_SCORED).fetchone()
        for statement in _BEFORE:
            connection.execute(statement)
        assert connection.execute(_SCORED).fetchone() == (0,)
    assert run_command(shipped_catalog, *asked).json == new
    assert run_command(shipped_catalog, *asked).json == new
    with closing(sqlite3.connect(shipped_catalog)) as connection:
        assert connection.execute(_SCORED).fetchone() == scored
        runs = connection.execute("SELECT count(*) FROM runs WHERE kind = 'shipped'").fetchone()
    assert runs == (2,)
