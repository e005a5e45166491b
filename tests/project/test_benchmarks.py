"""The benchmarks run, and what they compare answers the same questions the same way."""

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from checkout import ROOT
from fork_process import HANG

TINY = (
    "--models", "40,90", "--measurements", "300", "--starts", "1", "--rounds", "0",
    "--questions", "20",
)  # fmt: skip
PROMISED = {
    "warm": 12,
    "unlucky": 0,
    "cold": 3,
    "shipped": 2,
    "unchanged": 2,
    "measurements": 2,
    "opinions": 2,
}
"""How many promises each case looks at, with two sizes of catalogs."""
KEYS = {
    "case", "name", "unit", "ours", "theirs", "against", "ratio", "budget", "same", "verdict",
}  # fmt: skip
MACHINE = {"python", "sqlite", "system", "cores"}


JUDGE = """
import sys
sys.path.insert(0, "benchmarks")
from report import Budget, Row
from run import finish
missed = Row("case", "slow", "s", 2.0, "sqlite3", 1.0, Budget("ratio", 1.5), same=True)
sys.exit(finish([missed, Row("case", "wrong", "s", 1.0, same=%s)]))
"""


def run(arguments: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    """`python benchmarks/run.py` with these arguments, its temporary files in `folder`."""
    return subprocess.run(
        [sys.executable, "benchmarks/run.py", *arguments],
        cwd=ROOT, env=os.environ | {"TMPDIR": str(folder)}, capture_output=True, text=True,
        timeout=HANG, check=False,
    )  # fmt: skip


@pytest.mark.parametrize(
    "cases",
    [
        pytest.param({"shipped"}, marks=pytest.mark.promised),
        pytest.param(set(PROMISED) - {"shipped"}, marks=pytest.mark.nightly),
    ],
    ids=["load", "rest"],
)
def test_each_case_compares_like_with_like(cases: set[str], tmp_path: Path) -> None:
    """Every case reports figures; both sides answered the same; each promise has a verdict."""
    file = tmp_path / "report.json"
    chosen = [word for case in sorted(cases) for word in ("--only", case)]
    done = run([*TINY, *chosen, "--json", str(file)], tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    document: dict[str, Any] = json.loads(file.read_text())
    rows = document["rows"]
    promised = [row for row in rows if row["budget"]]
    assert set(document["machine"]) == MACHINE
    assert Counter(row["case"] for row in promised) == {c: n for c in cases if (n := PROMISED[c])}
    assert {row["verdict"] for row in promised} <= {"ok", "missed"}
    assert {row["case"] for row in rows if row["same"]} == cases
    assert [row for row in rows if row["same"] is False] == []
    assert [row for row in rows if set(row) != KEYS or row["ours"] <= 0] == []
    assert [row for row in rows if row["theirs"] and not row["ratio"]] == []
    assert [row["name"] for row in rows if row["name"] not in done.stdout] == []


def test_an_unknown_case_is_refused(tmp_path: Path) -> None:
    """A name that is no case exits with 2 and lists those there are."""
    done = run(["--only", "nothing"], tmp_path)
    assert (done.returncode, [name for name in PROMISED if name not in done.stderr]) == (2, [])


@pytest.mark.parametrize(
    ("same", "code", "word"),
    [("True", 0, "missed"), ("None", 0, "missed"), ("False", 1, "DIFFERS")],
)
def test_only_a_different_answer_fails(same: str, code: int, word: str) -> None:
    """A missed promise exits with 0 and says so; a different answer exits with 1."""
    done = subprocess.run(
        [sys.executable, "-c", JUDGE % same], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (done.returncode, word in done.stdout) == (code, True), done.stderr
