"""The public surface: which names there are, what they cost, and who may import whom."""

import ast
import enum
import inspect
import os
import re
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

import golden
import modeldex
from checkout import DATA, ROOT
from child_processes import run
from modeldex import errors

SURFACE = DATA / "public_api.txt"
PACKAGE = Path(modeldex.__file__).parent
NAMES = modeldex.__all__
HEAVY = (
    "pydantic", "sqlalchemy", "alembic", "httpx", "aiosqlite", "yaml", "rich", "click", "asyncio",
    "importlib.metadata", "sqlite3", "stamina", "filelock", "platformdirs", "tomllib",
)  # fmt: skip


@cache
def trees() -> dict[str, ast.Module]:
    """The modules, parsed."""
    return {
        path.relative_to(PACKAGE).as_posix(): ast.parse(path.read_text("utf-8"))
        for path in sorted(PACKAGE.rglob("*.py"))
    }


@cache
def nodes() -> list[tuple[str, ast.AST]]:
    """All that stands in them."""
    return [(module, node) for module, tree in trees().items() for node in ast.walk(tree)]


def modules_where(wanted: Callable[[ast.AST], bool]) -> list[str]:
    """The modules that hold such a node, once per node."""
    return [module for module, node in nodes() if wanted(node)]


def imported(node: ast.AST) -> set[str]:
    """The packages that a node imports something of."""
    if isinstance(node, ast.Import):
        return {alias.name.split(".")[0] for alias in node.names}
    return {(node.module or "").split(".")[0]} if isinstance(node, ast.ImportFrom) else set()


@cache
def every_import() -> list[tuple[str, set[str]]]:
    """Who imports which packages, statement by statement."""
    return [(module, found) for module, node in nodes() if (found := imported(node))]


def imports(name: str) -> list[str]:
    """The modules that import a package or something of it."""
    return sorted({module for module, found in every_import() if name in found})


# Names.


def test_the_list_of_names_is_sorted() -> None:
    """Each public name stands once in __all__, in order."""
    assert sorted(set(NAMES)) == NAMES


def test_a_name_can_be_imported() -> None:
    """Each public name exists, is where it says it is, and explains itself."""
    for name in NAMES:
        value = getattr(modeldex, name)
        home = import_module(value.__module__)
        assert getattr(home, name) is value, name
        assert home.__name__.startswith("modeldex."), name
        assert name in dir(modeldex), name
        assert len(inspect.getdoc(value) or "") > 20, name


def test_type_checkers_see_the_same_names() -> None:
    """What is imported for type checkers is what is loaded when a name is used."""
    imported = {
        alias.name: f"modeldex.{node.module.removeprefix('modeldex.')}"
        for node in ast.walk(trees()["__init__.py"])
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("modeldex")
        for alias in node.names
        if node.module and alias.name != "__version__"
    }
    assert sorted(imported) == NAMES
    assert {name: getattr(modeldex, name).__module__ for name in NAMES} == imported


def test_a_star_import_gives_the_names() -> None:
    """From modeldex import * brings exactly the public names."""
    names: dict[str, Any] = {}
    exec("from modeldex import *", names)  # noqa: S102
    assert sorted(names.keys() - {"__builtins__"}) == NAMES


def test_an_unknown_name_is_an_attribute_error() -> None:
    """A misspelt name fails as on any module."""
    with pytest.raises(AttributeError, match="ModelRegister"):
        _ = modeldex.ModelRegister
    assert not hasattr(modeldex, "utils")


def signatures() -> list[str]:
    """Every public name and method as callers write it, one per line."""
    lines: list[str] = []
    for name in NAMES:
        value = getattr(modeldex, name)
        lines.append(f"{name}{signature(value)}")
        lines += [f"  .{of.partition('.')[2]}{signature(m)}" for of, m in methods(name)]
    return lines


def signature(value: Any) -> str:
    """Parameters and result of a callable, the members of a value; nothing for a property."""
    if isinstance(value, enum.EnumMeta):
        return f"({', '.join(value.__members__)})"
    if fields := getattr(value, "model_fields", None) or getattr(value, "_fields", None):
        return f"({', '.join(fields)})"
    made = vars(value).get("__init__") if inspect.isclass(value) else value
    if not inspect.isfunction(made) or getattr(value, "_is_protocol", False):
        return ""
    text = re.sub(r"<function \S+ at 0x[0-9a-f]+>", "...", str(inspect.signature(made)))
    text = re.sub(r"\b(?:\w+\.)+(?=[A-Z])", "", text)
    text = re.sub(r"\*<class '(\w+)'>", r"Unpack[\1]", text)
    return re.sub(r"\(self(, /)?(, )?", "(", text)


def test_the_surface_is_the_reviewed_one(pytestconfig: pytest.Config) -> None:
    """Names, parameters and results are those in a file that is reviewed like code."""
    text = "\n".join(signatures()) + "\n"
    golden.check(SURFACE, text, update=pytestconfig.getoption("update_golden"))


def methods(*of: str) -> list[tuple[str, Any]]:
    """The public methods and properties that public classes define themselves."""
    classes = [(name, getattr(modeldex, name)) for name in of or NAMES]
    return [
        (f"{name}.{member}", value)
        for name, value_of in classes
        if inspect.isclass(value_of)
        for member, value in vars(value_of).items()
        if not member.startswith("_") and (inspect.isfunction(value) or isinstance(value, property))
    ]


def test_every_public_method_explains_itself() -> None:
    """Methods and properties of public classes have docstrings."""
    assert len(methods()) > 20
    assert [name for name, value in methods() if not inspect.getdoc(value)] == []


def test_everything_public_in_the_package_explains_itself() -> None:
    """Every module, class and function without a leading underscore has a docstring."""

    def silent(node: ast.AST) -> bool:
        kinds = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
        public = isinstance(node, kinds) and not node.name.startswith("_")
        if public and "overload" in map(ast.unparse, node.decorator_list):  # type: ignore[attr-defined]
            return False
        return public and not ast.get_docstring(node)  # type: ignore[arg-type]

    nested = {
        inner
        for tree in trees().values()
        for outer in ast.walk(tree)
        if isinstance(outer, ast.FunctionDef | ast.AsyncFunctionDef)
        or (isinstance(outer, ast.ClassDef) and outer.name.startswith("_"))
        for inner in ast.walk(outer)
        if inner is not outer
    }
    assert [m for m, node in nodes() if silent(node) and node not in nested] == []
    assert [module for module, tree in trees().items() if not ast.get_docstring(tree)] == []


def test_every_error_is_public_and_of_one_tree() -> None:
    """Each exception of the package is a ModeldexError, exported, and drawn in the tree."""
    raised = {
        name: value
        for name, value in vars(errors).items()
        if inspect.isclass(value) and issubclass(value, Exception)
    }
    assert raised.keys() <= set(NAMES)
    assert [n for n, value in raised.items() if not issubclass(value, modeldex.ModeldexError)] == []
    assert [n for n in raised if not re.search(rf"\b{n}\b", errors.__doc__ or "")] == []


def test_the_changelog_has_the_version() -> None:
    """The newest entry of the changelog is the version of the package."""
    text = (ROOT / "CHANGELOG.md").read_text("utf-8")
    entries = re.findall(r"^## \[(\d[^\]]*)\]", text, re.MULTILINE)
    assert entries[0] == modeldex.__version__
    assert "## [0.1.0]" in text


def test_the_package_of_the_registry_has_the_names_of_the_ancestor() -> None:
    """Each name of modeldex.registry is that of modeldex."""
    package = import_module("modeldex.registry")
    assert len(package.__all__) == 16
    assert set(package.__all__) <= set(NAMES)
    assert [n for n in package.__all__ if getattr(package, n) is not getattr(modeldex, n)] == []
    assert not hasattr(package, "ModelRegister")


# What a name costs.

LOADED = """
import sys
exec(ARGS[0])
heavy = set(ARGS[1])
say(sorted(heavy & set(sys.modules)))
"""


@pytest.mark.parametrize(
    "code",
    [
        "import modeldex",
        "import modeldex.registry",
        "import modeldex; modeldex.__version__, modeldex.__all__, dir(modeldex)",
        "import modeldex; modeldex.__doc__; hasattr(modeldex, '__path__')",
        "from modeldex import CatalogError, InvalidQuery, ModeldexError",
    ],
)
def test_importing_costs_nothing(code: str) -> None:
    """Importing the package, listing its names and naming its errors loads no library."""
    ended = run(LOADED, code, HEAVY)
    assert (ended.code, ended.said) == (0, [[]])


@pytest.mark.parametrize(
    ("code", "unneeded"),
    [
        ("from modeldex import ModelSpec, ModelQuery, QualityTier",
         ("sqlalchemy", "alembic", "httpx", "aiosqlite", "yaml", "rich", "click", "sqlite3")),
        ("from modeldex import ModelSource, CapabilityResolver",
         ("sqlalchemy", "alembic", "httpx", "aiosqlite", "yaml", "rich", "click", "sqlite3")),
        ("from modeldex import StaticCapabilityResolver, SnapshotResolver, TierResolver",
         ("sqlalchemy", "alembic", "httpx", "aiosqlite", "yaml", "rich", "click", "sqlite3")),
        ("from modeldex import ModelRegistry, get_registry",
         ("alembic", "yaml", "rich", "click")),
    ],
    ids=lambda value: str(value)[:60],
)  # fmt: skip
def test_a_name_loads_what_it_needs(code: str, unneeded: tuple[str, ...]) -> None:
    """Values and resolvers come without database and network, the registry without the rest."""
    ended = run(LOADED, code, unneeded)
    assert (ended.code, ended.said) == (0, [[]])


# Who may do what.


def test_imports_point_down() -> None:
    """The layers of the house hold, by import-linter's contracts in pyproject.toml."""
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "from importlinter.cli import lint_imports_command; lint_imports_command()",
            "--no-cache",
        ],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(PACKAGE.parent), "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    assert re.search(r"Contracts: \d+ kept, 0 broken", done.stdout)


def test_few_modules_are_in_no_package() -> None:
    """Beside the packages: errors, the version, `python -m`, and the calls without asyncio."""
    assert {module for module in trees() if "/" not in module} == {
        "__init__.py", "__main__.py", "errors.py", "sync.py", "version.py",
    }  # fmt: skip


def test_one_module_speaks_http() -> None:
    """Only http/client.py imports an HTTP library."""
    assert imports("httpx") == ["http/client.py"]
    assert imports("requests") + imports("urllib3") + imports("aiohttp") == []


def test_one_place_swallows_foreign_exceptions() -> None:
    """Only refresh/isolation.py catches every Exception, once; bare excepts and silences do not
    occur.
    """

    def catches_all(node: ast.AST) -> bool:
        names = ("Exception", "BaseException")
        return isinstance(node, ast.ExceptHandler) and (
            node.type is None
            or any(isinstance(n, ast.Name) and n.id in names for n in ast.walk(node.type))
        )

    def goes_on(node: ast.AST) -> bool:
        last = node.body[-1] if isinstance(node, ast.ExceptHandler) else None
        return catches_all(node) and not (isinstance(last, ast.Raise) and last.exc is None)

    assert modules_where(goes_on) == ["refresh/isolation.py"]


def test_few_modules_open_the_file() -> None:
    """Only storage/ connects: sqlite/ to files, postgres/ to a server."""

    def connects(node: ast.AST) -> bool:
        return isinstance(node, ast.Call) and ast.unparse(node.func) in (
            "sqlite3.connect", "sqlite3.Connection", "aiosqlite.connect", "create_engine",
            "create_async_engine",
        )  # fmt: skip

    assert set(modules_where(connects)) <= {
        "storage/sqlite/connection.py", "storage/sqlite/writer.py",
        "storage/sqlite/new_file.py", "storage/sqlite/scratch.py", "storage/postgres/writer.py",
    }  # fmt: skip
    assert imports("aiosqlite") == []


def test_libraries_stay_where_they_belong() -> None:
    """Each library is used by the part of the house that needs it."""
    assert imports("rich") + imports("click") == [
        module for module in imports("rich") + imports("click") if module.startswith("cli/")
    ]
    assert set(imports("alembic")) <= {
        "storage/sqlite/migrate.py", "storage/postgres/migrate.py",
        "storage/schema/autogenerate.py",
    }  # fmt: skip
    assert set(imports("yaml")) <= {"upstream/override_yaml.py", "query/litellm_router.py"}
    elsewhere = [module for module in imports("sqlalchemy") if not module.startswith("storage/")]
    assert elsewhere == []


def test_only_the_command_line_prints() -> None:
    """No module outside the command line writes to standard output."""

    def prints(node: ast.AST) -> bool:
        return isinstance(node, ast.Call) and ast.unparse(node.func) in (
            "print", "sys.stdout.write", "click.echo",
        )  # fmt: skip

    assert [m for m in modules_where(prints) if not m.startswith("cli/")] == []


def test_functions_are_short() -> None:
    """No function is longer than sixty lines, and half of them have fewer than ten."""
    lengths = {
        f"{module}:{node.name}": (node.end_lineno or 0) - node.lineno + 1
        for module, node in nodes()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    assert {name: length for name, length in lengths.items() if length > 60} == {}
    assert sorted(lengths.values())[len(lengths) // 2] <= 10
