"""The names of sources and resolvers that state none."""

from pathlib import Path
from typing import Any

from child_processes import run
from modeldex.refresh.part import part_name

SCRIPT = """
import asyncio
from modeldex import ModelRegistry, ModelSpec

class MyCustomSource:
    async def discover(self):
        return [ModelSpec(provider="mine", name=NAME)]

async def main():
    async with ModelRegistry([MyCustomSource()], [], db=DB) as registry:
        await registry.refresh()
        print([model.spec.name for model in await registry.get_models()])

asyncio.run(main())
"""


def class_in(module: str, name: str = "Mine") -> Any:
    """An object of a class that says that it is from a module."""
    return type(name, (), {"__module__": module, "__qualname__": name})()


def test_classes_of_one_name_in_two_modules_are_two() -> None:
    """Without a `name` a part goes by its module and its class."""
    assert part_name(class_in("team.one")) == "team.one.Mine"
    assert part_name(class_in("team.two")) == "team.two.Mine"


def test_classes_of_one_name_in_two_functions_are_two() -> None:
    """So are classes that two functions of one module define."""

    def one() -> Any:
        class Mine:
            pass

        return Mine()

    def two() -> Any:
        class Mine:
            pass

        return Mine()

    assert len({part_name(one()), part_name(two())}) == 2


def test_a_long_name_stays_unique() -> None:
    """What is longer than a name may be is cut, and told apart by a digest of the whole."""
    long = "a" * 80
    names = {part_name(class_in(f"{long}.{module}")) for module in ("one", "two")}
    assert len(names) == 2
    assert max(map(len, names)) <= 64


def test_two_scripts_do_not_take_each_others_models(tmp_path: Path) -> None:
    """Scripts in which a class has the same name are two sources on a shared catalog."""
    database = tmp_path / "catalog.db"
    scripts = []
    for folder in ("one", "two"):
        script = tmp_path / folder / "main.py"
        script.parent.mkdir()
        script.write_text(f"DB, NAME = {str(database)!r}, {folder!r}\n{SCRIPT}")
        scripts.append(str(script))
    told = run(
        "import subprocess\n"
        "for script in [*ARGS[0], ARGS[0][0]]:\n"
        "    say(subprocess.check_output([sys.executable, script], text=True).strip())\n",
        scripts,
    )
    assert told.said == ["['one']", "['two']", "['one']"], told.errors
