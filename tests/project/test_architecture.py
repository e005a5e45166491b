"""ARCHITECTURE.md, CONTRIBUTING.md and the hosted CI name what exists."""

import re
import tomllib
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from checkout import ROOT
from modeldex.cli.program import COMMANDS
from modeldex.vocabulary.providers import providers

DOCUMENTS = ("ARCHITECTURE.md", "CONTRIBUTING.md", "SECURITY.md", "README.md")
_PATH = re.compile(r"`((?:src|tests|docs|migrations|scripts|benchmarks|examples|\.github)/[^`*]*)`")
_ROW = re.compile(r"^\| (\d) \| (.+?) \|", re.MULTILINE)
_LOCKED = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;]+)", re.MULTILINE)


def text(name: str) -> str:
    """A document of the checkout."""
    return (ROOT / name).read_text("utf-8")


def project() -> Any:
    """pyproject.toml."""
    return tomllib.loads(text("pyproject.toml"))


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_path_that_is_named_exists(name: str) -> None:
    """A newcomer finds each file and folder that a document names."""
    paths = _PATH.findall(text(name))
    assert [path for path in paths if not (ROOT / path).exists()] == []
    assert paths or name in ("README.md", "SECURITY.md")


def test_the_nine_rows_are_those_that_are_checked() -> None:
    """The rows of ARCHITECTURE.md are the layers of the import contract, top to bottom."""
    [layers] = [
        contract["layers"]
        for contract in project()["tool"]["importlinter"]["contracts"]
        if contract["type"] == "layers"
    ]
    rows = {
        int(number): set(re.findall(r"`src/(modeldex/\w+)(?:/|\.py)`", cells))
        for number, cells in _ROW.findall(text("ARCHITECTURE.md"))
    }
    checked = {
        number: {name.strip().replace(".", "/") for name in layer.split("|")}
        for number, layer in enumerate(layers, 1)
    }
    assert rows == checked
    assert len(rows) == 9


def test_a_newcomer_finds_where_things_go() -> None:
    """Where it sends a wire format, a criterion and a command, there are such already."""
    formats = ROOT / "src/modeldex/upstream/formats"
    used = {each.listing.format for each in providers().values() if each.listing}
    assert {name for name in used if not (formats / f"{name}.py").exists()} == set()
    commands = ROOT / "src/modeldex/cli/commands"
    assert {name for name in COMMANDS if not (commands / f"{name}.py").exists()} == set()


def test_the_lock_file_has_what_development_needs() -> None:
    """Each package that pyproject.toml asks for is locked, in a version that it accepts."""
    locked = {canonicalize_name(n): v for n, v in _LOCKED.findall(text("requirements-dev.lock"))}
    groups = project()["project"]
    wanted = map(Requirement, [*groups["dependencies"], *groups["optional-dependencies"]["dev"]])
    for each in wanted:
        if each.name != "modeldex":
            assert each.specifier.contains(locked[canonicalize_name(each.name)]), each


def test_hosted_ci_runs_what_is_claimed() -> None:
    """The versions of Python and the systems of the workflow are those of the classifiers."""
    workflow = yaml.safe_load(text(".github/workflows/ci.yml"))
    matrix = workflow["jobs"]["tests"]["strategy"]["matrix"]
    claimed = {
        found[1]
        for line in project()["project"]["classifiers"]
        if (found := re.fullmatch(r"Programming Language :: Python :: (3\.\d+)", line))
    }
    assert set(matrix["python"]) == claimed
    assert set(matrix["engine"]) == {"sqlite", "postgresql"}
    assert {each["system"] for each in matrix["include"]} == {"macos-latest", "windows-latest"}
    steps = [step.get("run", "") for step in workflow["jobs"]["all"]["steps"]]
    assert "bash .ci/run" in steps
