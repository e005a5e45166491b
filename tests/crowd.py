"""Everybody on one catalog at once, for some seconds: refreshers, writers, a shell, readers.

Each is a fork that leaves what it did, as JSON, in a file named after it.
"""

import asyncio
import json
import sqlite3
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from forks import ended, fork, say
from modeldex import ModeldexError, ModelQuery, ModelRegistry, ModelSpec
from modeldex.opening import open_writer
from modeldex.places import Place, Postgres
from storage import plain

MODELS = 200
PAUSE = 0.005
"""Seconds between two writes, or reads, of one process."""

Role = Callable[[Place, str, float], dict[str, Any]]
"""What one process does with a catalog, under a name, until some time; gives what came of it."""


Typing = Callable[[str], list[str]]
"""Types one statement; gives the complaints."""


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


async def _refreshes(place: Place, name: str, until: float) -> dict[str, Any]:
    part, ends = Turns(name), Counter[str]()
    async with ModelRegistry([part], [part], db=place) as registry:
        while time.monotonic() < until:
            report = await registry.refresh(wait=30)
            ends["skipped" if report.skipped else report.status] += 1
            await asyncio.sleep(10 * PAUSE)
    return {"ends": ends}


def refreshes(place: Place, name: str, until: float) -> dict[str, Any]:
    """One refresh after the other, each waiting for its turn: how they ended."""
    return asyncio.run(_refreshes(place, name, until))


async def _reads(place: Place, until: float) -> dict[str, Any]:
    parts = [Turns("p0"), Turns("p1")]
    waits: list[float] = []
    wrong: list[list[int]] = []
    last = Counter[str]()
    async with ModelRegistry(parts, parts, db=place) as registry:
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


def reads(place: Place, _name: str, until: float) -> dict[str, Any]:
    """Questions: how long each took, which saw half a refresh or an older one than before."""
    return asyncio.run(_reads(place, until))


def writes(place: Place, name: str, until: float) -> dict[str, Any]:
    """Short writes through the library: how long each took, and what failed."""
    waits: list[float] = []
    failures: list[str] = []
    with open_writer(place) as writer:
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


@contextmanager
def _program(path: Path) -> Iterator[Typing]:
    """The `sqlite3` program, which waits for five seconds at most."""
    with subprocess.Popen(
        ["sqlite3", "-cmd", ".timeout 5000", str(path)], text=True, bufsize=1,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    ) as shell:  # fmt: skip
        assert shell.stdin is not None
        assert shell.stdout is not None
        typed, said = shell.stdin, shell.stdout

        def type_in(statement: str) -> list[str]:
            typed.write(f"{statement}; SELECT 'done';\n")
            return list(iter(lambda: said.readline().strip(), "done"))

        yield type_in
        typed.close()


@contextmanager
def _driver(place: Postgres) -> Iterator[Typing]:
    """The driver of a server as it comes."""
    with closing(plain(place)) as connection:

        def type_in(statement: str) -> list[str]:
            try:
                connection.execute(statement)
            except sqlite3.Error as error:
                return [str(error)]
            return []

        yield type_in


def types(place: Place, name: str, until: float) -> dict[str, Any]:
    """Short writes past the library: how long each took, and what failed."""
    waits: list[float] = []
    failures: list[str] = []
    with _driver(place) if isinstance(place, Postgres) else _program(place) as type_in:
        while time.monotonic() < until:
            begun = time.perf_counter()
            failures += type_in(_measured(name, len(waits)))
            waits.append((time.perf_counter() - begun) * 1000)
            time.sleep(PAUSE)
    return {"waits": waits, "failures": failures}


ROLES: dict[str, Role] = {"p": refreshes, "writer": writes, "shell": types, "reader": reads}


def gather(place: Place, folder: Path, seconds: float, counts: dict[str, int]) -> None:
    """So many processes of each role for so long; says their exit codes."""
    until = time.monotonic() + seconds

    def does(role: str, name: str) -> None:
        came = ROLES[role](place, name, until)
        (folder / f"{name}.json").write_text(json.dumps(came), "utf-8")

    names = [(role, f"{role}{number}") for role, count in counts.items() for number in range(count)]
    pids = [fork(partial(does, *one), seconds + 60) for one in names]
    say([ended(pid) for pid in pids])
