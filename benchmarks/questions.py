"""The questions that are asked of catalogs."""

import itertools
import sqlite3
import time
from collections.abc import Mapping, Sequence
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
EVERYDAY: tuple[Criteria, ...] = (
    TOOLS,
    {"requires_vision": True, "max_cost_per_1m_input": 1.0, "min_context": 30_000},
    {"quality_tier": "balanced", "requires_structured_outputs": True, "min_context": 30_000},
    {"provider": "openai", "requires_reasoning": True, "min_context": 100_000},
    {"min_quality_tier": "balanced", "max_cost_per_1m_output": 5.0, "min_context": 60_000},
    {"cost_tier": "cheap", "requires_json_mode": True, "min_context": 30_000},
)


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


def best_statements(rounds: Rounds) -> list[list[Statement]]:
    """The SQL that find_best runs for these criteria, with the keys of a made-up catalog."""
    scope = Scope(today(), stretched.KEYED)
    return [
        [compile_query(ModelQuery(**criteria, limit=1).__dict__, scope) for criteria in lap]
        for lap in rounds
    ]


def find_statements(rounds: Rounds) -> list[list[Statement]]:
    """The SQL that find_model runs for these names."""
    return [[compile_find(*name) for name in lap] for lap in rounds]
