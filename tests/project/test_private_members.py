"""Libraries are used as their own users know them: by names without an underscore before them."""

import ast
import inspect
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pathlib import Path

import modeldex

PACKAGE = Path(modeldex.__file__).parent
OF_NAMED_TUPLES = {"_asdict", "_field_defaults", "_fields", "_make", "_replace"}
"""Documented for everybody, though they begin with an underscore."""


def nodes() -> Iterator[tuple[str, ast.AST]]:
    """All that stands in the modules of the package."""
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            yield path.relative_to(PACKAGE).as_posix(), node


def private(name: object) -> bool:
    """Whether this is a private name: one underscore before it."""
    own = isinstance(name, str) and name.startswith("_") and not name.startswith("__")
    return own and name not in OF_NAMED_TUPLES


def is_own(node: ast.Attribute) -> bool:
    """Whether an attribute is taken of the object or class whose method it stands in."""
    return ast.unparse(node.value) in ("self", "cls", "super()")


def members(node: ast.AST) -> list[object]:
    """The private names that a node takes of another object, and any that it spells as a text."""
    if isinstance(node, ast.Attribute) and private(node.attr) and not is_own(node):
        return [node.attr]
    if (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in ("getattr", "setattr", "hasattr")
    ):
        return [name.value for name in node.args[1:2] if isinstance(name, ast.Constant)]
    return []


def imports(node: ast.AST) -> list[str]:
    """The modules and names that a node imports from outside of the package."""
    if isinstance(node, ast.Import):
        return [part for alias in node.names for part in alias.name.split(".")]
    if isinstance(node, ast.ImportFrom) and not (node.module or "").startswith("modeldex"):
        return [*(node.module or "").split("."), *(alias.name for alias in node.names)]
    return []


def taken(code: str) -> list[object]:
    """The private names in a piece of code that are another's."""
    every = ast.walk(ast.parse(code))
    return [name for node in every for name in (*members(node), *imports(node)) if private(name)]


def test_a_private_member_is_noticed() -> None:
    """Taken of an object, spelt as a text or imported; what is one's own or public is not."""
    assert taken("connection._conn.execute(sql)") == ["_conn"]
    assert taken("raw = getattr(os.environ, '_data', None)") == ["_data"]
    assert taken("from aiosqlite.core import _worker; import uvicorn._types") == [
        "_worker", "_types",
    ]  # fmt: skip
    assert taken("self._lock, super()._rows(), row._asdict(), f.__name__, getattr(o, n)") == []


def test_no_private_member_of_a_library_is_used() -> None:
    """No module takes a private member of another object, nor imports a private name."""
    found = [
        (module, name)
        for module, node in nodes()
        for name in (*members(node), *imports(node))
        if private(name)
    ]
    assert found == []


@cache
def classes_in(path: str) -> dict[str, ast.ClassDef]:
    """The classes of a module that stand in no function, by name; of two with one name the last."""
    found: dict[str, ast.ClassDef] = {}

    def collect(node: ast.AST, before: str) -> None:
        for each in ast.iter_child_nodes(node):
            if isinstance(each, ast.ClassDef):
                found[f"{before}{each.name}"] = each
                collect(each, f"{before}{each.name}.")
            elif not isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef | ast.expr):
                collect(each, before)

    collect(ast.parse(Path(path).read_text("utf-8")), "")
    return found


@cache
def private_names(of: type) -> set[str]:
    """The private names that a class takes or defines of itself, by its source if it has one."""
    path = getattr(import_module(of.__module__), "__file__", None) or ""
    tree = classes_in(path).get(of.__qualname__) if path.endswith(".py") else None
    if tree is None:  # built in, or made by a function
        return {name for name in vars(of) if private(name)}
    attributes = (n for n in ast.walk(tree) if isinstance(n, ast.Attribute) and private(n.attr))
    used = {n.attr for n in attributes if is_own(n)}
    made = {n.name for n in ast.walk(tree) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)}
    return {name for name in used | made if private(name)}


def classes() -> set[type]:
    """All classes that stand in a module of the package."""
    paths = (path.relative_to(PACKAGE).with_suffix("") for path in PACKAGE.rglob("[!_]*.py"))
    modules = [import_module(".".join(("modeldex", *path.parts))) for path in paths]
    return {
        value
        for module in modules
        for value in vars(module).values()
        if inspect.isclass(value) and value.__module__ == module.__name__
    }


def test_no_private_member_of_a_base_is_used() -> None:
    """No class takes or replaces a private member of a class of a library that it derives from."""
    made = classes()
    found = [
        f"{each.__module__}.{each.__qualname__}: {name} of {base.__qualname__}"
        for each in made
        for base in each.__mro__
        if base is not object and not base.__module__.startswith("modeldex")
        for name in private_names(each) & private_names(base)
    ]
    assert len(made) > 200
    assert found == []
