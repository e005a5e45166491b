"""The OpenAPI document is true: schemathesis finds nothing that the server does otherwise."""

import subprocess
import sys
from pathlib import Path

import pytest

from command_line import small_catalog
from rich_models import RICH
from running_server import TOKEN, Serving

BRIEF = ("--phases", "fuzzing,stateful", "--max-examples", "2")
LONG = ("--phases", "examples,coverage,fuzzing,stateful", "--max-examples", "150")


@pytest.mark.parametrize(
    "how",
    [
        pytest.param(BRIEF, id="brief"),
        pytest.param(LONG, id="long", marks=[pytest.mark.nightly, pytest.mark.timeout(14_400)]),
    ],
)
def test_all_checks_of_schemathesis_pass(tmp_path: Path, how: tuple[str, ...]) -> None:
    """Every operation, with data that is right and wrong: documented statuses, shapes, headers."""
    path = small_catalog(tmp_path / "catalog.db", RICH)
    with Serving(path, "--no-access-log", token=TOKEN, limit=1800) as server:
        done = subprocess.run(
            [sys.executable, "-m", "schemathesis.cli", "run", f"{server.url}/openapi.json",
             "-H", f"Authorization: Bearer {TOKEN}", "--checks", "all", "--seed", "1",
             "--suppress-health-check", "all", "--no-color", *how],
            cwd=tmp_path, capture_output=True, text=True, check=False, timeout=1800,
        )  # fmt: skip
        told = list(server.told)
    assert done.returncode == 0, done.stdout[-4000:]
    assert "Tested: 24" in done.stdout
    assert [line for line in told if "Traceback" in line] == []
