"""Everybody on one catalog at once, for some seconds: refreshers, writers, a shell, readers.

Each is a fork that leaves what it did, as JSON, in a file named after it.
"""

import asyncio
import json
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from forks import ended, fork, say
from modeldex import ModeldexError, ModelQuery, ModelRegistry, ModelSpec
from modeldex.writer import Writer

MODELS = 200
PAUSE = 0.005
"""Seconds between two writes, or reads, of one process."""

Role = Callable[[Path, str, float], dict[str, Any]]
"""What one process does with a catalog, under a name, until some time; gives what came of it."""


def _measured(name: str, turn: int) -> str:
    return (
        "INSERT INTO measurements (provider, name, tokens_per_second, host) "
        f"VALUES ('p{turn % 2}', 'm{turn % MODELS}', {1 + turn % 9}, '{name}')"
    )


class Turns:
    """A source of models, and the resolver that states the number of the turn for each."""

    network = True

    def __init__(self, name: str) -> None:
        self.name = name
        self.turn = 0

    async def discover(self) -> list[ModelSpec]:
        """The same models each time."""
        self.turn += 1
        return [ModelSpec(provider=self.name, name=f"m{at}") for at in range(MODELS)]

    async def resolve_many(self, specs: Sequence[ModelSpec]) -> list[dict[str, int]]:
        """The turn as their window."""
        return [{"max_context": self.turn} for _ in specs]

    async def get_capabilities(self, spec: ModelSpec) -> Any:
        """The same about one."""
        return {"max_context": self.turn}


async def _refreshes(path: Path, name: str, until: float) -> dict[str, Any]:
    part, ends = Turns(name), Counter[str]()
    async with ModelRegistry([part], [part], db=path) as registry:
        while time.monotonic() < until:
            report = await registry.refresh(wait=30)
            ends["skipped" if report.skipped else report.status] += 1
            await asyncio.sleep(10 * PAUSE)
    return {"ends": ends}


def refreshes(path: Path, name: str, until: float) -> dict[str, Any]:
    """One refresh after the other, each waiting for its turn: how they ended."""
    return asyncio.run(_refreshes(path, name, until))


async def _reads(path: Path, until: float) -> dict[str, Any]:
    parts = [Turns("p0"), Turns("p1")]
    waits: list[float] = []
    wrong: list[list[int]] = []
    last = Counter[str]()
    async with ModelRegistry(parts, parts, db=path) as registry:
        while time.monotonic() < until:
            provider = f"p{len(waits) % 2}"
            begun = time.perf_counter()
            found = await registry.query(ModelQuery(provider=provider, mode="any", limit=20))
            waits.append((time.perf_counter() - begun) * 1000)
            turns = {model.capabilities.max_context or 0 for model in found} or {0}
            if len(turns) > 1 or max(turns) < last[provider]:
                wrong.append(sorted(turns))
            last[provider] = max(turns)
            await asyncio.sleep(PAUSE)
    return {"waits": waits, "wrong": wrong, "last": last}


def reads(path: Path, _name: str, until: float) -> dict[str, Any]:
    """Questions: how long each took, which saw half a refresh or an older one than before."""
    return asyncio.run(_reads(path, until))


def writes(path: Path, name: str, until: float) -> dict[str, Any]:
    """Short writes through the library: how long each took, and what failed."""
    waits: list[float] = []
    failures: list[str] = []
    with Writer(path) as writer:
        while time.monotonic() < until:
            begun = time.perf_counter()
            try:
                with writer.transaction() as connection:
                    connection.exec_driver_sql(_measured(name, len(waits)))
            except ModeldexError as error:
                failures.append(str(error))
            waits.append((time.perf_counter() - begun) * 1000)
            time.sleep(PAUSE)
    return {"waits": waits, "failures": failures}


def types(path: Path, name: str, until: float) -> dict[str, Any]:
    """Short writes typed into the `sqlite3` program, which waits for five seconds at most."""
    waits: list[float] = []
    with subprocess.Popen(
        ["sqlite3", "-cmd", ".timeout 5000", str(path)], text=True, bufsize=1,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    ) as shell:  # fmt: skip
        assert shell.stdin is not None
        assert shell.stdout is not None
        while time.monotonic() < until:
            begun = time.perf_counter()
            shell.stdin.write(f"{_measured(name, len(waits))}; SELECT 'done';\n")
            shell.stdout.readline()
            waits.append((time.perf_counter() - begun) * 1000)
            time.sleep(PAUSE)
        _, complaints = shell.communicate()
    return {"waits": waits, "failures": complaints.splitlines()}


ROLES: dict[str, Role] = {"p": refreshes, "writer": writes, "shell": types, "reader": reads}


def gather(path: Path, folder: Path, seconds: float, counts: dict[str, int]) -> None:
    """So many processes of each role for so long; says their exit codes."""
    until = time.monotonic() + seconds

    def does(role: str, name: str) -> None:
        came = ROLES[role](path, name, until)
        (folder / f"{name}.json").write_text(json.dumps(came), "utf-8")

    names = [(role, f"{role}{number}") for role, count in counts.items() for number in range(count)]
    pids = [fork(partial(does, *one), seconds + 60) for one in names]
    say([ended(pid) for pid in pids])
