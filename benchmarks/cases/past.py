"""The same questions about now and about the past, side by side."""

import itertools
import sqlite3
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import questions
import stretched
from clock import contest
from contestants import api_best, api_find
from ground import Ground, telling
from questions import EVERYDAY, Rounds
from report import Budget, Row

from modeldex import ModelRegistry
from modeldex.storage.schema.fold import ROW
from modeldex.vocabulary.timestamps import text

CASE = "past"
REPEATED = Budget("ratio", 3)
NEW = Budget("ratio", 40)
CHANGES = 5
"""How often each model has changed, every ten days."""


async def rows(ground: Ground) -> AsyncIterator[Row]:
    """Ask about now, about one moment again and again, and about a new moment each time."""
    path = ground.copy(await ground.shipped(), "past")
    with telling("giving the shipped data a past"):
        _give_a_past(path)
    size = ground.sizes.rounds + 1, ground.sizes.questions
    asked = {
        "find_best": (
            questions.repeated(EVERYDAY, *size),
            questions.never_twice(EVERYDAY, *size),
            api_best,
        ),
        "find_model": (
            questions.repeated(questions.names(path, 1, len(EVERYDAY))[0], *size),
            questions.names(path, *size),
            api_find,
        ),
    }
    async with ModelRegistry(db=path, environ=stretched.ENVIRON) as registry:
        for call, (repeated, new, ask) in asked.items():
            for habit, rounds, moments, budget in (
                ("repeated moment", repeated, itertools.repeat(_ago(25)), REPEATED),
                ("new moment, all changed since", new, _every_second(_ago(45)), NEW),
                ("new moment, none changed since", new, _every_second(_ago(5)), NEW),
            ):
                then = _as_of(rounds, moments)
                laps = {"now": ask(registry, rounds), "then": ask(registry, then)}
                best = (await contest(laps, ground.sizes.rounds)).best
                what = f"{call} as of a {habit}"
                yield Row(CASE, what, "s", best["then"], "now", best["now"], budget)


def _ago(days: int) -> datetime:
    return datetime.now(UTC) - timedelta(days=days)


def _every_second(first: datetime) -> Iterator[datetime]:
    return (first + timedelta(seconds=number) for number in itertools.count())


def _as_of(rounds: Rounds, moments: Iterable[datetime]) -> list[list[Any]]:
    """The same questions, each as of the next moment."""
    following = iter(moments)
    return [[_at(each, next(following)) for each in lap] for lap in rounds]


def _at(question: Any, moment: datetime) -> Any:
    """Criteria, or a provider and a name, with a moment."""
    return {**question, "as_of": moment} if isinstance(question, dict) else (*question, moment)


def _give_a_past(path: Path) -> None:
    """Let each model have changed some times before now, to what it is now."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        run = connection.execute
        run("BEGIN")
        run("INSERT INTO deferral (active) VALUES (1)")
        run("INSERT INTO pending (model_id) SELECT model_id FROM catalog")
        for number in range(CHANGES, 0, -1):
            run(
                f"INSERT INTO catalog_history ({ROW}, valid_from, valid_to) "
                f"SELECT {ROW}, ?, ? FROM catalog",
                (text(_ago(10 * number + 10)), text(_ago(10 * number))),
            )
        run("UPDATE catalog SET valid_from = ?", (text(_ago(10)),))
        run("UPDATE about SET value = ? WHERE key = 'born_at'", (text(_ago(100)),))
        run("DELETE FROM pending")
        run("DELETE FROM deferral")
        run("COMMIT")
