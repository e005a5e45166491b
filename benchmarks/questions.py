"""The queries of the benchmarks."""

import itertools
import sqlite3
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import stretched

from modeldex import ModelQuery
from modeldex.query.compile import CompiledQuery, compile_find, compile_query
from modeldex.query.scope import Scope
from modeldex.storage.listings import Bound

Criteria = Mapping[str, Any]
Name = tuple[str, str]
Rounds = Sequence[Sequence[Any]]
"""Per round, the queries of its lap."""

TOOLS: Criteria = {"requires_tools": True, "min_context": 100_000}
ABILITIES = (
    "requires_tools", "requires_vision", "requires_reasoning", "requires_json_mode",
    "requires_structured_outputs",
)  # fmt: skip
WINDOWS = (8_000, 30_000, 100_000)
LIMITS: tuple[Criteria, ...] = (
    {},
    {"max_cost_per_1m_input": 1.0},
    {"quality_tier": "balanced"},
    {"min_quality_tier": "balanced", "max_cost_per_1m_output": 5.0},
    {"cost_tier": "cheap"},
    {"provider": "openai"},
)
EVERYDAY: tuple[Criteria, ...] = tuple(
    {ability: True, "min_context": window, **limits}
    for ability, window, limits in itertools.product(ABILITIES, WINDOWS, LIMITS)
)
"""Ninety typical queries."""


def repeated(queries: Sequence[Any], laps: int, length: int) -> Rounds:
    """Return rounds that repeat a few queries."""
    return [list(itertools.islice(itertools.cycle(queries), length))] * laps


def never_twice(queries: Sequence[Criteria], laps: int, length: int) -> Rounds:
    """Return rounds of distinct queries: the same few, with an ever larger window."""
    larger = itertools.count(1)
    return [
        [{**criteria, "min_context": criteria["min_context"] + next(larger)} for criteria in lap]
        for lap in repeated(queries, laps, length)
    ]


def names(path: Path, laps: int, length: int) -> Rounds:
    """Return rounds of (provider, name) from all over a catalog, rarely repeated."""
    connection = sqlite3.connect(path)
    (count,) = connection.execute("SELECT max(id) FROM models").fetchone()
    sql = "SELECT provider, name FROM models WHERE id = ?"
    # Steps of a prime number visit all ids before one returns.
    ids = ((1 + i * 7919 % count,) for i in itertools.count())
    found = [
        [connection.execute(sql, next(ids)).fetchone() for _ in range(length)] for _ in range(laps)
    ]
    connection.close()
    return found


def today() -> str:
    """Return the ISO date in UTC."""
    return time.strftime("%Y-%m-%d", time.gmtime())


def best_statements(
    rounds: Rounds, keys: Iterable[str] = stretched.KEYED
) -> list[list[CompiledQuery]]:
    """Compile the SQL of find_best for these criteria, with keys of these providers set."""
    scope = Scope(today(), tuple(Bound(name, "presumed") for name in keys))
    return [
        [compile_query(ModelQuery(**criteria, limit=1).__dict__, scope) for criteria in lap]
        for lap in rounds
    ]


def find_statements(rounds: Rounds) -> list[list[CompiledQuery]]:
    """Compile the SQL of find_model for these names."""
    return [[compile_find(*name) for name in lap] for lap in rounds]
