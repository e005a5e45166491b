"""The shipped data in a new and in an older catalog, compared with as many plain inserts."""

import itertools
import shutil
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from clock import Lap, contest
from ground import Ground
from report import Budget, Row

from modeldex import ModelRegistry
from modeldex.upstream.snapshots import NAMES

CASE = "shipped"
BUDGET = Budget("ratio", 6)
ROUNDS = 3
EVERY = 5
"""One in so many models has other facts in the older edition."""

_OLDER = (
    f"UPDATE run_steps SET token = '2026-01-01 sha:000000000000 v1 p0.1.0' WHERE name IN {NAMES}",
    "UPDATE run_steps SET token = '2026-01-01' WHERE name IN ('static', 'tiers')",
    (
        "UPDATE capabilities SET input_cost_per_1m = coalesce(input_cost_per_1m, 0) + 1, "
        f"max_context = NULL WHERE model_id % {EVERY} = 0 AND resolver <> 'inferred'"
    ),
)


async def rows(ground: Ground) -> AsyncIterator[Row]:
    """Time a new catalog, then one that holds an older edition."""
    older = _older(ground.copy(await ground.shipped(), "older"))
    opinions = _opinions(await ground.shipped())
    for what, before in (("a new catalog", None), ("a newer edition", older)):
        laps = {"api": _load(ground.folder, before), "sql": _insert(ground.folder, opinions)}
        result = await contest(laps, min(ROUNDS, ground.sizes.rounds))
        yield Row(
            CASE, f"{what}, {len(opinions):,} opinions", "s", result.best["api"],
            "plain table, sqlite3", result.best["sql"], BUDGET, result.same("api", "sql"),
        )  # fmt: skip


def _older(path: Path) -> Path:
    """Change a catalog as if it held an older edition, of which every fifth model differs."""
    with closing(sqlite3.connect(path)) as connection, connection:
        for statement in _OLDER:
            connection.execute(statement)
    return path


def _opinions(path: Path) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute("SELECT * FROM capabilities").fetchall()


@contextmanager
def _new_file(folder: Path) -> Iterator[Path]:
    """Yield the path of a file that does not exist; remove it afterwards."""
    names = (folder / f"new_{i}.db" for i in itertools.count())
    path = next(name for name in names if not name.exists())
    yield path
    for file in folder.glob(f"{path.name}*"):
        file.unlink()


def _load(folder: Path, before: Path | None) -> Lap:
    async def lap(_number: int) -> list[int]:
        with _new_file(folder) as path:
            if before:
                shutil.copyfile(before, path)
            async with ModelRegistry(db=path, environ={}) as registry:
                await registry.load_shipped()
            with closing(sqlite3.connect(path)) as connection:
                return list(connection.execute("SELECT count(*) FROM capabilities").fetchone())

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
