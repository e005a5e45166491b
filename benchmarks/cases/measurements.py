"""Measurements: bulk import, and single SQL inserts that the next query must see."""

import itertools
import json
import random
import sqlite3
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import closing
from pathlib import Path
from statistics import median

import stretched
from clock import Lap, contest
from contestants import api_best
from ground import Ground
from questions import EVERYDAY, never_twice
from report import Budget, Row

from modeldex import ModelRegistry
from modeldex.measurements.import_file import import_file

CASE = "measurements"
BUDGET = Budget("ratio", 0.25, at_least=True)
NO_SLOWER = Budget("ratio", 1.2)
CHUNK = 5_000
MEASURED = 500, 9_000
"""Numbers of measured models, unless even the largest catalog has fewer."""
NEWEST = 100
"""Number of newest samples per model that the catalog uses; as
`modeldex.storage.schema.measured.NEWEST`.
"""
ROUNDS = 2
SINGLE = 50

_INSERT = "INSERT INTO {} (provider, name, tokens_per_second, ttft_ms) VALUES (?, ?, ?, ?)"
_PLAIN = (
    "CREATE TABLE plain (id INTEGER PRIMARY KEY, provider TEXT, name TEXT, "
    "tokens_per_second REAL, ttft_ms REAL)"
)
_FOLDED = (
    "SELECT provider, name, speed_hint_tps FROM catalog WHERE model_id IN "
    "(SELECT model_id FROM capabilities WHERE resolver = 'perf_lab')"
)

Sample = tuple[str, str, float, float]


async def rows(ground: Ground) -> AsyncIterator[Row]:
    """Time bulk imports of each size, queries afterwards, and single inserts."""
    spreads = sorted({min(each, max(ground.sizes.models)) for each in MEASURED})
    catalog = await ground.catalog(max(spreads))
    for count in ground.sizes.measurements:
        for models in spreads:
            for row in await _bulk(ground, catalog, _samples(catalog, count, models)):
                yield row
    yield await _single(ground, catalog)


def _samples(catalog: Path, count: int, models: int = MEASURED[0]) -> list[Sample]:
    with closing(sqlite3.connect(catalog)) as connection:
        measured = connection.execute(
            "SELECT provider, name FROM models ORDER BY id LIMIT ?", (models,)
        ).fetchall()
    random_rate = random.Random(3).uniform  # noqa: S311 - no secret
    return [
        (*model, round(random_rate(20, 200), 2), round(random_rate(100, 900), 2))
        for model in itertools.islice(itertools.cycle(measured), count)
    ]


async def _bulk(ground: Ground, catalog: Path, samples: Sequence[Sample]) -> list[Row]:
    file = _lines(ground.folder / "samples.jsonl", samples)
    rounds = min(ROUNDS, ground.sizes.rounds)
    ours = [ground.copy(catalog, f"measured_{i}") for i in range(rounds + 1)]
    theirs = [ground.folder / f"plain_{i}.db" for i in range(rounds + 1)]
    result = await contest({"api": _import(ours, file), "sql": _insert_plain(theirs, file)}, rounds)
    same = all(_folded(a) == _medians(b) for a, b in zip(ours, theirs, strict=True))
    found = [
        Row(
            CASE, f"import {len(samples):,} samples of {_models(samples):,} models", "/s",
            len(samples) / result.best["api"], "plain table, sqlite3",
            len(samples) / result.best["sql"], BUDGET, same,
        ),
        await _afterwards(ground, catalog, ours[0], samples),
    ]  # fmt: skip
    for path in (*ours, *theirs, file):
        path.unlink()
    return found


def _lines(file: Path, samples: Iterable[Sample]) -> Path:
    names = ("provider", "name", "tokens_per_second", "ttft_ms")
    rows = (json.dumps(dict(zip(names, sample, strict=True))) for sample in samples)
    file.write_text("".join(f"{row}\n" for row in rows), "utf-8")
    return file


def _import(paths: Sequence[Path], file: Path) -> Lap:
    async def lap(number: int) -> list[int]:
        return [import_file(paths[number], file).added]

    return lap


def _insert_plain(paths: Sequence[Path], file: Path) -> Lap:
    async def lap(number: int) -> list[int]:
        with closing(sqlite3.connect(paths[number])) as connection, file.open("rb") as lines:
            connection.execute(_PLAIN)
            rows = (tuple(json.loads(line).values()) for line in lines)
            while chunk := list(itertools.islice(rows, CHUNK)):
                with connection:
                    connection.executemany(_INSERT.format("plain"), chunk)
            [(count,)] = connection.execute("SELECT count(*) FROM plain").fetchall()
        return [count]

    return lap


def _models(samples: Sequence[Sample]) -> int:
    return len({sample[:2] for sample in samples})


async def _afterwards(ground: Ground, before: Path, after: Path, samples: Sequence[Sample]) -> Row:
    """Compare never-repeated queries on the catalog with and without the samples."""
    rounds = never_twice(EVERYDAY, ground.sizes.rounds + 1, ground.sizes.questions)
    async with (
        ModelRegistry(db=before, environ=stretched.ENVIRON) as plain,
        ModelRegistry(db=after, environ=stretched.ENVIRON) as measured,
    ):
        laps = {"before": api_best(plain, rounds), "after": api_best(measured, rounds)}
        result = await contest(laps, ground.sizes.rounds)
    return Row(
        CASE, f"find_best, with {len(samples):,} samples of {_models(samples):,} models", "s",
        result.best["after"],
        "itself, without them", result.best["before"], NO_SLOWER,
    )  # fmt: skip


def _folded(path: Path) -> dict[tuple[str, str], float]:
    """Return the effective speeds in the catalog."""
    with closing(sqlite3.connect(path)) as connection:
        return {(p, n): round(speed, 6) for p, n, speed in connection.execute(_FOLDED)}


def _medians(path: Path) -> dict[tuple[str, str], float]:
    """Return the expected speeds: medians of the newest samples."""
    speeds: dict[tuple[str, str], list[float]] = defaultdict(list)
    with closing(sqlite3.connect(path)) as connection:
        for provider, name, speed in connection.execute(
            "SELECT provider, name, tokens_per_second FROM plain ORDER BY id"
        ):
            speeds[provider, name].append(speed)
    return {model: round(median(each[-NEWEST:]), 6) for model, each in speeds.items()}


async def _single(ground: Ground, catalog: Path) -> Row:
    """Time single inserts through a separate connection, while a registry is open."""
    path = ground.copy(catalog, "measured")
    samples = _samples(catalog, SINGLE)
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute(_PLAIN.replace("TABLE", "TEMP TABLE"))
        laps = {
            "sql": _statements(connection, "plain", samples),
            "bare": _statements(connection, "measurements", samples),
        }
        result = await contest(laps, ground.sizes.rounds)
        seen = await _seen(path, connection, samples)
    return Row(
        CASE, "one bare INSERT, seen by the next query", "s", result.best["bare"],
        "plain table, sqlite3", result.best["sql"], None, seen,
    )  # fmt: skip


def _statements(connection: sqlite3.Connection, table: str, samples: Sequence[Sample]) -> Lap:
    """Time the statements without COMMIT, whose cost depends on the disk."""

    async def lap(_number: int) -> list[int]:
        connection.execute("BEGIN IMMEDIATE")
        inserted = [
            connection.execute(_INSERT.format(table), sample).rowcount for sample in samples
        ]
        connection.execute("ROLLBACK")
        return inserted

    return lap


async def _seen(path: Path, connection: sqlite3.Connection, samples: Sequence[Sample]) -> bool:
    """Whether each query of an open registry sees the insert before it."""
    inserted: dict[str, list[float]] = defaultdict(list)
    seen = True
    async with ModelRegistry(db=path, environ={}) as registry:
        for sample in samples:
            provider, name, speed, _ = sample
            await registry.find_model(provider, name)
            connection.execute(_INSERT.format("measurements"), sample)
            inserted[f"{provider}/{name}"].append(speed)
            found = await registry.find_model(provider, name)
            stated = found.capabilities.speed_hint_tps if found else None
            seen = seen and stated == median(inserted[f"{provider}/{name}"])
    return seen
