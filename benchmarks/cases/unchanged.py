"""A refresh without any change: its cost although nothing is written."""

import sqlite3
from collections.abc import AsyncIterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import standin
from clock import Lap, contest
from ground import Ground
from report import Budget, Row

from modeldex import ModelRegistry
from modeldex.refresh.report import RefreshReport

CASE = "unchanged"
BUDGET = Budget("ours", 0.3)
ROUNDS = 10


async def rows(ground: Ground) -> AsyncIterator[Row]:
    """Time shipped data only, then with a local server whose response is unchanged."""
    path = ground.copy(await ground.shipped(), "unchanged")
    yield await _row(ground, path, "load shipped data again", ModelRegistry.load_shipped, {})
    with standin.ollama() as address:
        environ = {"OLLAMA_BASE_URL": address, "MODELDEX_FEEDS": "0"}
        what = f"refresh again, {len(standin.MODELS)} models over loopback HTTP"
        yield await _row(ground, path, what, ModelRegistry.refresh, environ)


async def _row(
    ground: Ground, path: Path, what: str, refresh: Any, environ: Mapping[str, str]
) -> Row:
    async with ModelRegistry(db=path, environ=environ) as registry:
        await refresh(registry)
        before = _opinions(path)
        result = await contest({"api": _lap(registry, refresh)}, min(ROUNDS, ground.sizes.rounds))
    return Row(CASE, what, "s", result.best["api"], budget=BUDGET, same=_opinions(path) == before)


def _lap(registry: ModelRegistry, refresh: Any) -> Lap:
    async def lap(_number: int) -> list[RefreshReport]:
        return [await refresh(registry)]

    return lap


def _opinions(path: Path) -> list[Any]:
    with closing(sqlite3.connect(path)) as connection:
        opinions = connection.execute("SELECT * FROM capabilities").fetchall()
        history = connection.execute("SELECT count(*) FROM capability_history").fetchall()
    return opinions + history
