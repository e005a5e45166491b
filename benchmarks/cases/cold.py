"""Cold start: one command-line query in a new process, on a catalog and on none."""

import asyncio
import os
import resource
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

from clock import Lap, contest
from ground import Ground
from report import Budget, Row

from modeldex import ModelRegistry

CASE = "cold"
ARGUMENTS = ("best", "--known", "--tools", "--min-context", "128k")
BUDGET = Budget("ratio", 6)
ASK = """
import asyncio, sys
from modeldex import ModelRegistry
async def ask():
    async with ModelRegistry(db=sys.argv[1]) as registry:
        model = await registry.find_best(
            requires_tools=True, min_context=128_000, available=False)
        print(model.spec.id)
asyncio.run(ask())
"""


async def rows(ground: Ground) -> AsyncIterator[Row]:
    """Compare commands, piped, and a registry that is asked once, with `python -c pass`."""
    path = await ground.shipped()
    environ = _environ(ground.folder)
    laps = {
        "modeldex best, cold": _start(environ, "-m", "modeldex", "--db", str(path), *ARGUMENTS),
        "a registry imported, constructed and asked": _start(environ, "-c", ASK, str(path)),
        "modeldex --version": _start(environ, "-m", "modeldex", "--version"),
        "modeldex --help": _start(environ, "-m", "modeldex", "--help"),
        "pass": _start(environ, "-c", "pass"),
    }
    result = await contest(laps, ground.sizes.starts)
    answer = {await _answer(path)}
    for name, budget in zip(laps, (BUDGET, Budget("ratio", 15), BUDGET, BUDGET), strict=False):
        asked = not name.startswith("modeldex --")
        same = set(result.answers[name]) == answer if asked else None
        for which, times in (("min", result.best), ("median", result.median)):
            yield Row(
                CASE, f"{name}, {which} of {ground.sizes.starts}", "s", times[name],
                "python -c pass", times["pass"], budget, same,
            )  # fmt: skip
    yield _first(ground, environ)


def _first(ground: Ground, environ: dict[str, str]) -> Row:
    """Compare the user CPU of the first command where no catalog is with that of the second."""
    # Nobody's overrides: a file of them, even an empty one, is loaded after the copy.
    environ = {k: v for k, v in environ.items() if not k.startswith(("MODELDEX_", "XDG_"))}
    environ["HOME"] = str(ground.folder)
    first, second, same = [], [], True
    for number in range(max(1, ground.sizes.starts // 3)):
        path = str(ground.folder / f"first_{number}.db")
        command = [sys.executable, "-m", "modeldex", "--db", path, *ARGUMENTS]
        (cpu, answer), (cpu_again, again) = _cpu(command, environ), _cpu(command, environ)
        first.append(cpu)
        second.append(cpu_again)
        same = same and answer == again
    return Row(
        CASE, "the first best on a machine, user CPU", "s", min(first),
        "the second", min(second), Budget("ratio", 3), same,
    )  # fmt: skip


def _cpu(command: list[str], environ: dict[str, str]) -> tuple[float, bytes]:
    """The user CPU time of a command in seconds, and what it prints."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    printed = subprocess.run(command, env=environ, capture_output=True, check=True).stdout
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before, printed


def _environ(folder: Path) -> dict[str, str]:
    """Return an environment with bytecode caching, as users have it."""
    environ = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    return environ | {"PYTHONPYCACHEPREFIX": str(folder / "bytecode")}


def _start(environ: dict[str, str], *arguments: str) -> Lap:
    async def lap(_number: int) -> list[str]:
        process = await asyncio.create_subprocess_exec(
            sys.executable, *arguments, env=environ,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        output, errors = await process.communicate()
        return [(output or errors).decode().strip()]

    return lap


async def _answer(path: Path) -> str:
    """Return the library's result of the same query."""
    async with ModelRegistry(db=path) as registry:
        best = await registry.find_best(available=False, requires_tools=True, min_context=128_000)
    return best.spec.id if best else ""
