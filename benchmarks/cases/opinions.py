"""The cost of the triggers: change opinions by SQL UPDATE with and without them."""

import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing

from clock import Lap, contest
from ground import Ground
from report import Budget, Row

CASE = "opinions"
CHANGED = 200
SCORES = 100
"""Scores of each measured model; so many count."""
PER_MODEL = Budget("ours", 100e-6)

_UPDATE = "UPDATE capabilities SET max_context = ? WHERE model_id = ? AND resolver = 'models_dev'"
_NOW = "SELECT model_id, max_context FROM {} WHERE model_id <= ? ORDER BY model_id"
_SAMPLE = (
    "INSERT INTO measurements (provider, name, quality_score, quality_suite) "
    "SELECT provider, name, abs(random() % 1000) / 1000.0, 'suite' FROM models WHERE id <= ?"
)
_SUITE = "INSERT INTO quality_suites (name, balanced_at_least, best_at_least) VALUES (?, 0.4, 0.8)"
_STATEMENTS = {
    "change a quality suite, per model with 100 scores": (
        (
            "UPDATE quality_suites SET best_at_least = CASE best_at_least WHEN 0.8 THEN 0.45 "
            "ELSE 0.8 END WHERE name = 'suite'"
        ),
        "SELECT model_id FROM capabilities WHERE resolver = 'perf_lab'",
    ),
    "change a precedence, per model": (
        "UPDATE resolvers SET precedence = 205 + precedence % 2 WHERE name = 'models_dev'",
        "SELECT model_id FROM capabilities WHERE resolver = 'models_dev'",
    ),
}
"""By row of the report: a bare statement, and the models that it is about."""


async def rows(ground: Ground) -> AsyncIterator[Row]:
    """Compare an UPDATE on a catalog with one on a copy without triggers."""
    path = await ground.catalog(min(ground.sizes.models))
    ours, theirs = ground.copy(path, "triggers"), ground.copy(path, "no_triggers")
    with (
        closing(sqlite3.connect(ours, isolation_level=None)) as intact,
        closing(sqlite3.connect(theirs, isolation_level=None)) as dropped,
    ):
        for (name,) in dropped.execute(
            "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        ).fetchall():
            dropped.execute(f"DROP TRIGGER {name}")
        laps = {"with": _change(intact), "without": _change(dropped)}
        result = await contest(laps, ground.sizes.rounds)
        stated = dropped.execute(_NOW.format("capabilities"), (CHANGED,))
        effective = intact.execute(_NOW.format("catalog"), (CHANGED,)).fetchall()
        same = [row for row in stated.fetchall() if row[1] is not None] == effective
    yield Row(
        CASE, "change one opinion by bare UPDATE", "s", result.best["with"],
        "same UPDATE, no triggers", result.best["without"], None, same,
    )  # fmt: skip
    with closing(sqlite3.connect(ground.copy(path, "scored"), isolation_level=None)) as scored:
        _score(scored)
        for name, (statement, models) in _STATEMENTS.items():
            result = await contest({name: _run(scored, statement, models)}, ground.sizes.rounds)
            yield Row(CASE, name, "s", result.best[name], budget=PER_MODEL)


def _score(connection: sqlite3.Connection) -> None:
    """Give scores to some models, and a meaning to the scores."""
    triggers = connection.execute(
        "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"
    ).fetchall()
    connection.execute("BEGIN IMMEDIATE")
    for name, _ in triggers:  # each sample alone would be folded
        connection.execute(f"DROP TRIGGER {name}")
    for _ in range(SCORES):
        connection.execute(_SAMPLE, (CHANGED,))
    for _, sql in triggers:
        connection.execute(sql)
    connection.execute(_SUITE, ("suite",))
    connection.execute("COMMIT")


def _run(connection: sqlite3.Connection, statement: str, models: str) -> Lap:
    about = connection.execute(models).fetchall()

    async def lap(_: int) -> list[tuple[int]]:
        connection.execute("BEGIN IMMEDIATE")
        connection.execute(statement)
        connection.execute("COMMIT")
        return about

    return lap


def _change(connection: sqlite3.Connection) -> Lap:
    async def lap(number: int) -> list[int]:
        connection.execute("BEGIN IMMEDIATE")
        changed = [
            connection.execute(_UPDATE, (1_000 + number, model)).rowcount
            for model in range(1, CHANGED + 1)
        ]
        connection.execute("COMMIT")
        return changed

    return lap
