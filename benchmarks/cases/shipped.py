"""Load the shipped data into a new catalog, compared with as many plain sqlite3 inserts."""

import itertools
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from clock import Lap, contest
from ground import Ground
from report import Budget, Row

from modeldex import ModelRegistry
from modeldex.resolvers.snapshot import SnapshotResolver
from modeldex.sources.snapshot import SnapshotSource
from modeldex.upstream.snapshots import NAMES

CASE = "shipped"
BUDGET = Budget("ours", 3)
ROUNDS = 2


async def rows(ground: Ground) -> AsyncIterator[Row]:
    """Time all shipped data, then the three data sets alone."""
    shipped = await ground.shipped()
    for what, registry in (("all shipped data", _default), ("the three data sets", _data_sets)):
        opinions = _opinions(shipped, everything=registry is _default)
        laps = {"api": _load(ground.folder, registry), "sql": _insert(ground.folder, opinions)}
        result = await contest(laps, min(ROUNDS, ground.sizes.rounds))
        yield Row(
            CASE, f"load {what}, {len(opinions):,} opinions", "s", result.best["api"],
            "plain table, sqlite3", result.best["sql"],
            BUDGET, result.same("api", "sql"),
        )  # fmt: skip


def _default(path: Path) -> ModelRegistry:
    return ModelRegistry(db=path, environ={})


def _data_sets(path: Path) -> ModelRegistry:
    sources, resolvers = map(SnapshotSource, NAMES), map(SnapshotResolver, NAMES)
    return ModelRegistry(list(sources), list(resolvers), db=path, environ={})


def _opinions(shipped: Path, *, everything: bool) -> list[tuple[Any, ...]]:
    wanted = "" if everything else f"WHERE resolver IN {NAMES}"
    with closing(sqlite3.connect(shipped)) as connection:
        return connection.execute(f"SELECT * FROM capabilities {wanted}").fetchall()


@contextmanager
def _new_file(folder: Path) -> Iterator[Path]:
    """Yield the path of a file that does not exist; remove it afterwards."""
    names = (folder / f"new_{i}.db" for i in itertools.count())
    path = next(name for name in names if not name.exists())
    yield path
    for file in folder.glob(f"{path.name}*"):
        file.unlink()


def _load(folder: Path, make: Any) -> Lap:
    async def lap(_number: int) -> list[int]:
        with _new_file(folder) as path:
            async with make(path) as registry:
                report = await registry.load_shipped()
            return [sum(step.changed for step in report.steps if step.kind == "resolver")]

    return lap


def _insert(folder: Path, opinions: list[tuple[Any, ...]]) -> Lap:
    columns = ", ".join(f"c{i}" for i in range(len(opinions[0])))
    marks = ", ".join("?" * len(opinions[0]))

    async def lap(_number: int) -> list[int]:
        with _new_file(folder) as path, closing(sqlite3.connect(path)) as connection:
            connection.execute(f"CREATE TABLE plain ({columns})")
            cursor = connection.executemany(f"INSERT INTO plain VALUES ({marks})", opinions)
            connection.commit()
            return [cursor.rowcount]

    return lap
