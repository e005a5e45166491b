"""Everybody on one catalog at once, for some turns: refreshers, writers, a shell, readers.

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

from fork_process import HANG, ended, fork, say
from modeldex import ModeldexError, ModelQuery, ModelRegistry, ModelSpec
from modeldex.storage.location import Place, Postgres
from modeldex.storage.open import open_writer
from raw_catalog import plain

MODELS = 200
PAUSE = 0.005
"""Seconds between two writes, or reads, of one process."""

TO_REFRESH = 10
"""A refresh takes as long as so many turns of the others, or longer."""

Role = Callable[[Place, str, int], dict[str, Any]]
"""What one process does with a catalog, under a name, so often; gives what came of it."""


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


async def _refreshes(place: Place, name: str, turns: int) -> dict[str, Any]:
    part, ends = Turns(name), Counter[str]()
    async with ModelRegistry([part], [part], db=place) as registry:
        for _ in range(max(1, turns // TO_REFRESH)):
            report = await registry.refresh(wait=HANG)
            ends["skipped" if report.skipped else report.status] += 1
            await asyncio.sleep(TO_REFRESH * PAUSE)
    return {"ends": ends}


def refreshes(place: Place, name: str, turns: int) -> dict[str, Any]:
    """One refresh after the other, each waiting for its turn: how they ended."""
    return asyncio.run(_refreshes(place, name, turns))


async def _reads(place: Place, turns: int) -> dict[str, Any]:
    parts = [Turns("p0"), Turns("p1")]
    waits: list[float] = []
    wrong: list[list[int]] = []
    last = Counter[str]()
    async with ModelRegistry(parts, parts, db=place) as registry:
        for _ in range(turns):
            provider = f"p{len(waits) % 2}"
            begun = time.perf_counter()
            found = await registry.query(ModelQuery(provider=provider, mode="any", limit=20))
            waits.append((time.perf_counter() - begun) * 1000)
            seen = {model.capabilities.max_context or 0 for model in found} or {0}
            if len(seen) > 1 or max(seen) < last[provider]:
                wrong.append(sorted(seen))
            last[provider] = max(seen)
            await asyncio.sleep(PAUSE)
    return {"waits": waits, "wrong": wrong, "last": last}


def reads(place: Place, _name: str, turns: int) -> dict[str, Any]:
    """Questions: how long each took, which saw half a refresh or an older one than before."""
    return asyncio.run(_reads(place, turns))


def writes(place: Place, name: str, turns: int) -> dict[str, Any]:
    """Short writes through the library: how long each took, and what failed."""
    waits: list[float] = []
    failures: list[str] = []
    with open_writer(place, HANG) as writer:
        for _ in range(turns):
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
    """The `sqlite3` program, which waits for as long as it takes."""
    with subprocess.Popen(
        ["sqlite3", "-cmd", f".timeout {HANG * 1000:.0f}", str(path)], text=True, bufsize=1,
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


def types(place: Place, name: str, turns: int) -> dict[str, Any]:
    """Short writes past the library: how long each took, and what failed."""
    waits: list[float] = []
    failures: list[str] = []
    with _driver(place) if isinstance(place, Postgres) else _program(place) as type_in:
        for _ in range(turns):
            begun = time.perf_counter()
            failures += type_in(_measured(name, len(waits)))
            waits.append((time.perf_counter() - begun) * 1000)
            time.sleep(PAUSE)
    return {"waits": waits, "failures": failures}


ROLES: dict[str, Role] = {"p": refreshes, "writer": writes, "shell": types, "reader": reads}


def gather(place: Place, folder: Path, turns: int, counts: dict[str, int]) -> None:
    """So many processes of each role, each so many turns; says their exit codes."""

    def does(role: str, name: str) -> None:
        came = ROLES[role](place, name, turns)
        (folder / f"{name}.json").write_text(json.dumps(came), "utf-8")

    names = [(role, f"{role}{number}") for role, count in counts.items() for number in range(count)]
    pids = [fork(partial(does, *one), 3600) for one in names]
    say([ended(pid) for pid in pids])
