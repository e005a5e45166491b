"""What type checkers say of programs that use the library."""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from importlib.util import module_from_spec, spec_from_file_location
from inspect import iscoroutinefunction
from pathlib import Path
from typing import get_args

import pytest

from checkout import DATA, ROOT
from modeldex import Measurement, ModelRegistry
from modeldex.measurements.sample import Figures
from modeldex.query.rank import SORTS, order_by
from modeldex.vocabulary.client_ids import CLIENTS, ClientName

PROGRAMS = DATA / "typed"
TYPOS = {
    number
    for number, line in enumerate((PROGRAMS / "typos.py").read_text("utf-8").splitlines(), 1)
    if re.search(r"  # \d+$", line)
}
PYRIGHT = shutil.which("basedpyright", path=Path(sys.executable).parent)
"""Pyright with a Node of its own, so that it needs no network; the extra `dev` installs it."""

Found = Mapping[str, set[int]]
"""The lines with errors, by file."""


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    """A folder with the programs, and with those of the README."""
    folder = tmp_path / "programs"
    shutil.copytree(PROGRAMS, folder)
    readme = (ROOT / "README.md").read_text("utf-8")
    blocks = re.findall(r"^```python\n(.*?)^```$", readme, re.DOTALL | re.MULTILINE)
    for number, code in enumerate(blocks):
        (folder / f"readme_{number}.py").write_text(code, "utf-8")
    return folder


def by_mypy(folder: Path) -> Found:
    """What `mypy --strict` finds; what it knows of the package is kept from run to run."""
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--output=json", *sorted(folder.glob("*.py"))],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    said = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 1, done.stderr
    return lines([(each["file"], each["line"]) for each in said if each["severity"] == "error"])


def by_pyright(folder: Path) -> Found:
    """What pyright finds in its strict mode."""
    settings = {"typeCheckingMode": "strict", "extraPaths": [str(ROOT / "src")]}
    (folder / "pyrightconfig.json").write_text(json.dumps(settings))
    done = subprocess.run(
        [str(PYRIGHT), "--outputjson", "--pythonpath", sys.executable, "--project", folder],
        cwd=folder, capture_output=True, text=True, check=False,
    )  # fmt: skip
    said = json.loads(done.stdout)["generalDiagnostics"]
    return lines([(each["file"], each["range"]["start"]["line"] + 1) for each in said])


def lines(said: list[tuple[str, int]]) -> Found:
    """The lines by the name of the file."""
    found: dict[str, set[int]] = {}
    for file, line in said:
        found.setdefault(Path(file).name, set()).add(line)
    return found


@pytest.mark.parametrize(
    "check",
    [
        by_mypy,
        pytest.param(
            by_pyright, marks=pytest.mark.skipif(not PYRIGHT, reason="basedpyright is missing")
        ),
    ],
)
def test_programs_are_clean_and_slips_of_the_pen_are_not(
    check: Callable[[Path], Found], programs: Path
) -> None:
    """Twenty programs and those of the README pass the strict checks; each of ten typos fails."""
    assert len(TYPOS) == 10
    assert check(programs) == {"typos.py": TYPOS}


async def test_the_programs_run(
    shipped_catalog: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What the type checkers pass is not wrong at run time."""
    monkeypatch.setenv("OPENAI_API_KEY", "placeholder-key")
    monkeypatch.setenv("MODELDEX_DB", str(shipped_catalog))
    spec = spec_from_file_location("snippets", PROGRAMS / "snippets.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    snippets = [
        each
        for each in vars(module).values()
        if iscoroutinefunction(each) and each.__module__ == "snippets"
    ]
    assert len(snippets) == 20
    async with ModelRegistry() as registry:
        for snippet in snippets:
            assert await snippet(registry) != []
    assert "without min_context" in capsys.readouterr().out


def test_the_words_of_types_are_those_of_the_tables() -> None:
    """What a checker accepts as an order or a client is what there is."""
    assert [order_by(sort) for sort in SORTS]
    assert get_args(ClientName) == tuple(CLIENTS)
    assert tuple(Figures.__annotations__) == Measurement._fields[2:]
