"""The questions that are asked of catalogs."""

import itertools
import sqlite3
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import stretched

from modeldex import ModelQuery
from modeldex.search import Scope, Statement, compile_find, compile_query

Criteria = Mapping[str, Any]
Name = tuple[str, str]
Rounds = Sequence[Sequence[Any]]
"""Per round, the questions of its lap."""

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
"""Ninety questions of the kind that programs ask."""


def repeated(asked: Sequence[Any], laps: int, length: int) -> Rounds:
    """The same few questions over and over."""
    return [list(itertools.islice(itertools.cycle(asked), length))] * laps


def never_twice(asked: Sequence[Criteria], laps: int, length: int) -> Rounds:
    """The same few questions, each time for a slightly larger window than ever before."""
    larger = itertools.count(1)
    return [
        [{**criteria, "min_context": criteria["min_context"] + next(larger)} for criteria in lap]
        for lap in repeated(asked, laps, length)
    ]


def names(path: Path, laps: int, length: int) -> Rounds:
    """Provider and name of models from all over a catalog, none soon again."""
    connection = sqlite3.connect(path)
    (count,) = connection.execute("SELECT max(id) FROM models").fetchone()
    sql = "SELECT provider, name FROM models WHERE id = ?"
    ids = ((1 + i * 7919 % count,) for i in itertools.count())
    found = [
        [connection.execute(sql, next(ids)).fetchone() for _ in range(length)] for _ in range(laps)
    ]
    connection.close()
    return found


def today() -> str:
    """The ISO date, in UTC."""
    return time.strftime("%Y-%m-%d", time.gmtime())


def best_statements(rounds: Rounds, keys: Iterable[str] = stretched.KEYED) -> list[list[Statement]]:
    """The SQL that find_best runs for these criteria, for one who has keys of these providers."""
    scope = Scope(today(), tuple(keys))
    return [
        [compile_query(ModelQuery(**criteria, limit=1).__dict__, scope) for criteria in lap]
        for lap in rounds
    ]


def find_statements(rounds: Rounds) -> list[list[Statement]]:
    """The SQL that find_model runs for these names."""
    return [[compile_find(*name) for name in lap] for lap in rounds]
