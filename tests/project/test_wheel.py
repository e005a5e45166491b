"""The wheel: everything it needs is in it, and it works away from the checkout."""

import os
import subprocess
import sys
import zipfile
from email.parser import Parser
from pathlib import Path

import pytest

import modeldex
from checkout import ROOT
from modeldex.upstream.snapshots import NAMES

pytestmark = pytest.mark.skipif(
    not (ROOT / "pyproject.toml").exists(), reason="the checkout is not here"
)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this checkout."""
    folder = tmp_path_factory.mktemp("dist")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    done = subprocess.run(build, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    [built] = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def contents(wheel: Path) -> set[str]:
    """The names of the files in the wheel."""
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel unpacked by pip into a folder of its own, without its dependencies."""
    site = tmp_path_factory.mktemp("site")
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index"]
    pip += ["--no-compile"]  # a third of the modules is enough for these tests
    pip += ["--disable-pip-version-check", "--target", str(site), str(wheel)]
    done = subprocess.run(pip, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return site


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder far from the checkout, with the catalog that the first test makes there."""
    return tmp_path_factory.mktemp("home")


def away(installed: Path, folder: Path, *command: str | Path) -> str:
    """What a command prints in another folder, with the installed package first on the path."""
    env = {**os.environ, "PYTHONPATH": str(installed), "MODELDEX_DB": str(folder / "catalog.db")}
    done = subprocess.run(
        [sys.executable, *command], cwd=folder, env=env, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def test_the_wheel_is_for_any_machine(wheel: Path) -> None:
    """One pure wheel, named by the version of the package."""
    assert wheel.name == f"modeldex-{modeldex.__version__}-py3-none-any.whl"


def test_every_file_of_the_package_is_in_it(contents: set[str]) -> None:
    """Modules, data files, type marker and migrations are packed; caches are not.

    Of the snapshots it has what the build makes of them, in place of their text.
    """
    folders = {"modeldex": ROOT / "src" / "modeldex", "modeldex/migrations": ROOT / "migrations"}
    expected = {
        f"{prefix}/{path.relative_to(folder).as_posix()}"
        for prefix, folder in folders.items()
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    expected -= {f"modeldex/data/{name}.json" for name in NAMES}
    expected -= {"modeldex/data/ready/made-from", "modeldex/data/ready/.lock"}
    packed = {name for name in contents if ".dist-info/" not in name}
    assert packed == expected


MEMBERS: list[str] = [
    "modeldex/py.typed",
    "modeldex/vocabulary/providers.json",
    "modeldex/vocabulary/providers.toml",
    "modeldex/vocabulary/provider_classes.toml",
    "modeldex/data/ready/catalog.db.xz",
    "modeldex/data/ready/headers.json",
    "modeldex/data/ready/models_dev.json.xz",
    "modeldex/data/ready/litellm.json.xz",
    "modeldex/data/ready/genai_prices.json.xz",
    "modeldex/data/curated.toml",
    "modeldex/data/tiers.toml",
    "modeldex/migrations/env.py",
    "modeldex/migrations/script.py.mako",
    "modeldex/migrations/versions/0001_catalog.py",
    "modeldex/migrations/versions/0001_catalog.sql",
]


def test_what_is_no_module_is_in_it(contents: set[str]) -> None:
    """The files that are read at run time are packed."""
    for name in MEMBERS:
        assert name in contents, name


def test_it_is_small(wheel: Path) -> None:
    """Nobody downloads more than 2.5 MB."""
    assert wheel.stat().st_size < 2_500_000


def test_nothing_else_is_in_it(contents: set[str]) -> None:
    """Neither tests nor caches nor other top-level names."""
    tops = {name.split("/")[0] for name in contents}
    assert tops == {"modeldex", f"modeldex-{modeldex.__version__}.dist-info"}
    assert [name for name in contents if "test_" in name or "tests" in name] == []
    assert [name for name in contents if "__pycache__" in name] == []


def test_its_metadata_is_complete(wheel: Path) -> None:
    """Name, Python, licence, readme and the command stand in the metadata."""
    info = f"modeldex-{modeldex.__version__}.dist-info"
    with zipfile.ZipFile(wheel) as archive:
        metadata = Parser().parsestr(archive.read(f"{info}/METADATA").decode())
        commands = archive.read(f"{info}/entry_points.txt").decode()
        licence = archive.read(f"{info}/licenses/LICENSE").decode()
    assert (metadata["Name"], metadata["Requires-Python"]) == ("modeldex", ">=3.11")
    assert metadata["License-Expression"] == "MIT"
    assert metadata["Description-Content-Type"] == "text/markdown"
    assert "find_best" in str(metadata.get_payload())
    assert "modeldex = modeldex.cli:main" in commands
    assert licence.startswith("MIT License")


WORK = """
import asyncio, sys
from pathlib import Path
import modeldex
from modeldex.storage.sqlite.migrate import migrations_folder
async def main():
    async with modeldex.ModelRegistry() as registry:
        best = await registry.find_best(requires_tools=True, provider="openai", available=False)
    print(best.spec.provider, registry.path.exists())
    return registry.path
registry_path = asyncio.run(main())
site = Path(sys.argv[1])
from modeldex.storage.sqlite.connection import connect_reader
from modeldex.upstream import ready, snapshots
LOADED = "SELECT count(*) FROM run_steps WHERE kind = 'source' AND name = 'litellm'"
print(ready.is_current(), not snapshots.path("litellm").exists())
print(all(snapshots.load(n).version == snapshots.version(n) for n in snapshots.NAMES))
print(connect_reader(registry_path).execute(LOADED).fetchone())
print(Path(modeldex.__file__).is_relative_to(site), migrations_folder().is_relative_to(site))
"""


def test_it_works_away_from_the_checkout(installed: Path, home: Path) -> None:
    """Installed elsewhere it makes a catalog of its own ready file, and has the snapshots, too."""
    printed = away(installed, home, "-W", "error", "-c", WORK, installed)
    assert printed.splitlines() == ["openai True", "True True", "True", "(1,)", "True True"]


def test_its_command_works(installed: Path, home: Path) -> None:
    """The installed command makes a catalog and prints the best known model."""
    command = installed / "bin" / "modeldex"
    printed = away(installed, home, command, "best", "--tools", "--known", "--json")
    assert '"provider"' in printed
    assert (home / "catalog.db").stat().st_mode & 0o777 == 0o600
