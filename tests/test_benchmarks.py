"""The benchmarks run, and what they compare answers the same questions the same way."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[1]
TINY = (
    "--models", "40,90", "--measurements", "300", "--starts", "1", "--rounds", "1",
    "--questions", "20",
)  # fmt: skip
PROMISED = {
    "warm": 12,
    "unlucky": 0,
    "cold": 2,
    "shipped": 1,
    "unchanged": 2,
    "measurements": 1,
    "opinions": 0,
}
KEYS = {
    "case", "name", "unit", "ours", "theirs", "against", "ratio", "budget", "same", "verdict",
}  # fmt: skip


def run(arguments: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    """`python benchmarks/run.py` with these arguments, its temporary files in `folder`."""
    return subprocess.run(
        [sys.executable, "benchmarks/run.py", *arguments],
        cwd=ROOT, env=os.environ | {"TMPDIR": str(folder)}, capture_output=True, text=True,
        timeout=150, check=False,
    )  # fmt: skip


@pytest.fixture(params=sorted(PROMISED))
def report(request: pytest.FixtureRequest, tmp_path: Path) -> dict[str, Any]:
    """What one case reports at tiny sizes, with its name under `case`."""
    file = tmp_path / "report.json"
    done = run([*TINY, "--only", request.param, "--json", str(file)], tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    document: dict[str, Any] = json.loads(file.read_text())
    return document | {"case": request.param, "stdout": done.stdout}


def test_each_case_compares_like_with_like(report: dict[str, Any]) -> None:
    """Every case reports figures; both sides answered the same; each promise has a verdict."""
    rows = report["rows"]
    promised = [row for row in rows if row["budget"]]
    assert {row["case"] for row in rows} == {report["case"]}
    assert [row for row in rows if set(row) != KEYS or row["ours"] <= 0] == []
    assert [row for row in rows if row["theirs"] and row["ratio"] is None] == []
    assert [row["same"] for row in rows if row["same"] is False] == []
    assert any(row["same"] for row in rows)
    assert len(promised) == PROMISED[report["case"]]
    assert {row["verdict"] for row in promised} <= {"ok", "missed"}
    assert all(row["name"] in report["stdout"] for row in rows)


def test_an_unknown_case_is_refused(tmp_path: Path) -> None:
    """A name that is no case exits with 2 and lists those there are."""
    done = run(["--only", "nothing"], tmp_path)
    assert (done.returncode, [name for name in PROMISED if name not in done.stderr]) == (2, [])
