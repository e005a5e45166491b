"""Warm queries through the public API, compared with sqlite3 and a Python list."""

import sqlite3
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, closing
from pathlib import Path
from typing import NamedTuple

import questions
import stretched
from clock import Lap, contest
from contestants import api_best, api_find, everything, plain, scan_best, scan_find, sql
from ground import Ground
from questions import EVERYDAY, TOOLS, Rounds
from report import Budget, Row

from modeldex import ModelRegistry

CASE = "warm"
AGAINST_SQL = {"repeated": Budget("ratio", 1.5), "never repeated": Budget("ratio", 3)}
AGAINST_SMALL = Budget("ratio", 1.5)
SCANNED = 20_000
"""Largest catalog that is compared with a Python list."""


class Side(NamedTuple):
    """One catalog, opened by the registry and by sqlite3."""

    models: int
    path: Path
    registry: ModelRegistry
    plain: sqlite3.Connection

    def __str__(self) -> str:
        return f"{self.models:,} models"


class Course(NamedTuple):
    """One kind of load: the call, and whether queries are repeated."""

    call: str
    habit: str

    def rounds(self, side: Side, ground: Ground) -> Rounds:
        """Return the queries for one catalog."""
        size = ground.sizes.rounds + 1, ground.sizes.questions
        if self.call == "find_best":
            make = questions.repeated if self.habit == "repeated" else questions.never_twice
            return make(EVERYDAY, *size)
        if self.habit == "repeated":
            return questions.repeated(questions.names(side.path, 1, len(EVERYDAY))[0], *size)
        return questions.names(side.path, *size)

    def laps(self, side: Side, ground: Ground) -> dict[str, Lap]:
        """Return the laps of the public API and of plain sqlite3 for the same queries."""
        rounds = self.rounds(side, ground)
        if self.call == "find_best":
            ours, statements = api_best(side.registry, rounds), questions.best_statements(rounds)
        else:
            ours, statements = api_find(side.registry, rounds), questions.find_statements(rounds)
        return {f"api {side}": ours, f"sql {side}": sql(side.plain, statements)}


COURSES = tuple(
    Course(call, habit)
    for call in ("find_best", "find_model")
    for habit in ("repeated", "never repeated")
)


async def rows(ground: Ground) -> AsyncIterator[Row]:
    """Time find_best and find_model, repeated and never repeated, at each size."""
    async with AsyncExitStack() as stack:
        sides = []
        for models in ground.sizes.models:
            path = await ground.catalog(models)
            registry = ModelRegistry(db=path, environ=stretched.ENVIRON)
            await stack.enter_async_context(registry)
            connection = stack.enter_context(closing(plain(path)))
            sides.append(Side(models, path, registry, connection))
        for course in COURSES:
            for row in await _run(course, sides, ground):
                yield row
        if sides[0].models <= SCANNED:
            for row in await _against_a_list(sides[0], ground):
                yield row


async def _run(course: Course, sides: list[Side], ground: Ground) -> list[Row]:
    laps: dict[str, Lap] = {}
    for side in sides:
        laps |= course.laps(side, ground)
    result = await contest(laps, ground.sizes.rounds)
    what = f"{course.call}, {course.habit}"
    small = result.best[f"api {sides[0]}"]
    found = []
    for side in sides:
        api, plain_sql = f"api {side}", f"sql {side}"
        ours, theirs = result.best[api], result.best[plain_sql]
        found.append(
            Row(
                CASE, f"{what}, {side}", "s", ours, "same SQL, sqlite3", theirs,
                AGAINST_SQL[course.habit], result.same(api, plain_sql),
            )
        )  # fmt: skip
        if side is not sides[0]:
            against = f"itself, {sides[0]}"
            found.append(Row(CASE, f"{what}, {side}", "s", ours, against, small, AGAINST_SMALL))
    return found


async def _against_a_list(side: Side, ground: Ground) -> list[Row]:
    models = await everything(side.registry)
    laps, length = ground.sizes.rounds + 1, max(1, ground.sizes.questions // 10)
    queries = questions.never_twice([TOOLS], laps, length)
    names = questions.names(side.path, laps, length)
    pairs = {
        "find_best": (api_best(side.registry, queries), scan_best(models, queries)),
        "find_model": (api_find(side.registry, names), scan_find(models, names)),
    }
    found = []
    for call, (ours, theirs) in pairs.items():
        result = await contest({"api": ours, "list": theirs}, ground.sizes.rounds)
        found.append(
            Row(
                CASE, f"{call}, never repeated, {side}", "s", result.best["api"],
                "Python list", result.best["list"], None, result.same("api", "list"),
            )
        )  # fmt: skip
    return found
