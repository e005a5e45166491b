"""Fifteen processes on one catalog for some time: how long each kind of use takes, what fails.

python benchmarks/load.py [--seconds 100] [--wal | --postgres URL] [--json FILE]
"""

import argparse
import asyncio
import itertools
import json
import os
import random
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, Any

from modeldex import ModeldexError, ModelRegistry, ModelSpec

if TYPE_CHECKING:
    from multiprocessing.synchronize import Barrier

SHARES = {"record": 5, "bulk": 1, "refresh": 2, "shell": 2, "read": 5}
"""How many processes there are of each kind."""

PAUSES = {"record": 0.2, "bulk": 2.0, "refresh": 2.0, "shell": 1.0, "read": 0.1}
"""Seconds between two uses of one process."""

SHELL_WAIT = 30_000
"""How long a statement of the shell waits for a lock, in milliseconds."""

RECIPES = (
    """INSERT INTO measurements (provider, name, tokens_per_second)
    VALUES ('openai', 'gpt-4o-mini', {n}.5)""",
    "UPDATE resolvers SET precedence = {odd} + 50 WHERE name = 'litellm'",
    """INSERT INTO capabilities (model_id, resolver, max_context) SELECT id, 'user', 32000 + {n}
    FROM models WHERE provider = 'openai' AND name = 'gpt-4o-mini'
    ON CONFLICT (model_id, resolver) DO UPDATE SET max_context = excluded.max_context""",
)
"""What docs/sql.md lets a user type; `n` counts, `odd` alternates."""


class Listed:
    """A source of 300 models, and the resolver that states another window of each every time."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._turn = 0

    async def discover(self) -> list[ModelSpec]:
        """Return the same models each time."""
        self._turn += 1
        return [ModelSpec(provider=self.name, name=f"m{number}") for number in range(300)]

    async def resolve_many(self, specs: Sequence[ModelSpec]) -> list[dict[str, int]]:
        """Return a window that differs from the one before."""
        return [{"max_context": 1000 + self._turn} for _ in specs]

    async def get_capabilities(self, _spec: ModelSpec) -> Any:
        """Return the same of one model."""
        return {"max_context": 1000 + self._turn}


Use = Callable[[int], Awaitable[object]]


@contextmanager
def _sqlite3_program(path: str) -> Iterator[Callable[[str], str]]:
    """Yield a function that runs a statement in the `sqlite3` program and returns its errors."""
    with subprocess.Popen(
        ["sqlite3", "-cmd", f".timeout {SHELL_WAIT}", path], text=True, bufsize=1,  # noqa: S607
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    ) as shell:  # fmt: skip
        typed, said = shell.stdin, shell.stdout
        if typed is None or said is None:
            raise OSError

        def run(statement: str) -> str:
            typed.write(f"{statement}; SELECT 'done';\n")
            return " ".join(iter(lambda: said.readline().strip(), "done"))

        yield run
        typed.close()


@contextmanager
def _driver(url: str) -> Iterator[Callable[[str], str]]:
    """Yield a function that runs a statement on a server and returns its errors."""
    from psycopg import Error, connect

    with closing(connect(url, autocommit=True)) as connection:

        def run(statement: str) -> str:
            try:
                connection.execute(statement.encode())
            except Error as error:
                return str(error)
            return ""

        yield run


async def _use(kind: str, name: str, registry: ModelRegistry) -> Use:
    """Return what a process of a kind does again and again, given the number of the turn."""
    if kind == "refresh":
        return lambda _turn: registry.refresh(wait=60)
    models = [model.spec for model in await registry.find_best(n=200, mode="any", available=False)]
    chance = random.Random(name)  # noqa: S311 - nothing secret

    async def record(turn: int) -> object:
        spec = chance.choice(models)
        return await registry.record(
            spec.provider, spec.name, tokens_per_second=1 + turn % 90, host=name
        )

    async def bulk(turn: int) -> object:
        rows = [
            {"provider": s.provider, "name": s.name, "ttft_ms": 1 + turn + at, "host": name}
            for at, s in enumerate(chance.choices(models, k=500))
        ]
        return await registry.record_many(rows)

    async def read(turn: int) -> object:
        return await registry.find_best(min_context=1000 + turn, available=False)

    return {"record": record, "bulk": bulk, "read": read}[kind]


async def _repeat(kind: str, use: Use, start: "Barrier", seconds: float) -> dict[str, Any]:
    """Use the catalog for some time, once all are ready; return all times in ms, and failures."""
    await asyncio.to_thread(start.wait)
    until = time.monotonic() + seconds
    waits: list[float] = []
    failures = Counter[str]()
    for turn in itertools.count():
        await asyncio.sleep(PAUSES[kind])
        if time.monotonic() > until:
            break
        begun = time.perf_counter()
        try:
            await use(turn)
        except ModeldexError as error:
            failures[type(error).__name__] += 1
        waits.append((time.perf_counter() - begun) * 1000)
    return {"waits": waits, "failures": dict(failures)}


async def _shell(db: str, start: "Barrier", seconds: float) -> dict[str, Any]:
    complaints = Counter[str]()
    with (_driver if "://" in db else _sqlite3_program)(db) as run:

        async def use(turn: int) -> None:
            recipe = RECIPES[turn % len(RECIPES)]
            if said := run(recipe.format(n=turn, odd=turn % 2)):
                complaints[said] += 1

        found = await _repeat("shell", use, start, seconds)
    return {**found, "failures": dict(complaints)}


async def _process(
    kind: str, name: str, db: str, start: "Barrier", seconds: float
) -> dict[str, Any]:
    if kind == "shell":
        return await _shell(db, start, seconds)
    parts = [Listed(name)] if kind == "refresh" else None
    async with ModelRegistry(parts, parts, db=db, environ={}) as registry:
        return await _repeat(kind, await _use(kind, name, registry), start, seconds)


def _run(named: tuple[str, str], db: str, start: "Barrier", seconds: float, folder: str) -> None:
    kind, name = named
    found = asyncio.run(_process(kind, name, db, start, seconds))
    (Path(folder) / f"{name}.json").write_text(json.dumps({"kind": kind, **found}), "utf-8")


def measure(db: str, seconds: float) -> dict[str, dict[str, Any]]:
    """Return, by kind of use, all times in ms, and how often what failed."""
    names = [(kind, f"{kind}{n}") for kind, count in SHARES.items() for n in range(count)]
    with tempfile.TemporaryDirectory() as folder:
        spawn = get_context("spawn")
        start = spawn.Barrier(len(names))
        spawned = [
            spawn.Process(target=_run, args=(each, db, start, seconds, folder)) for each in names
        ]
        for process in spawned:
            process.start()
        for process in spawned:
            process.join()
        left = [json.loads(file.read_text("utf-8")) for file in Path(folder).glob("*.json")]
    found: dict[str, dict[str, Any]] = {}
    for kind, count in SHARES.items():
        of_kind = [each for each in left if each["kind"] == kind]
        failures = sum((Counter(each["failures"]) for each in of_kind), Counter[str]())
        failures["died"] += count - len(of_kind)
        waits = sorted(itertools.chain.from_iterable(each["waits"] for each in of_kind))
        found[kind] = {"waits": waits, "failures": {**+failures}}
    return found


def _line(kind: str, waits: Sequence[float], failures: dict[str, int]) -> str:
    if not waits:
        return f"{kind:8} {0:6} {'':32} {failures}"
    p50, p99 = (waits[len(waits) * part // 100] for part in (50, 99))
    return f"{kind:8} {len(waits):6} {p50:10.1f} {p99:10.1f} {waits[-1]:10.1f} {failures or ''}"


async def _prepare(db: str) -> None:
    async with ModelRegistry(db=db, environ={}) as registry:
        await registry.find_best()


def main() -> int:
    """Run it and print a table; 1 if anything failed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seconds", type=float, default=100)
    parser.add_argument("--wal", action="store_true", help="with a write-ahead log")
    parser.add_argument("--postgres", metavar="URL", help="on a server, in an empty database")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the times there")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["MODELDEX_OVERRIDES"] = os.devnull
        db = given.postgres or str(Path(folder) / "catalog.db")
        asyncio.run(_prepare(db))
        if given.wal:
            with closing(sqlite3.connect(db)) as connection:
                connection.execute("PRAGMA journal_mode = wal")
        found = measure(db, given.seconds)
    print(f"{'':8} {'uses':>6} {'p50 ms':>10} {'p99 ms':>10} {'max ms':>10} failures")
    for kind, each in found.items():
        print(_line(kind, **each))
    if given.json:
        given.json.write_text(json.dumps(found), "utf-8")
    return int(any(each["failures"] for each in found.values()))


if __name__ == "__main__":
    sys.exit(main())
