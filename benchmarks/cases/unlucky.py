"""Queries that step over many rows, in catalogs where that number grows with the size."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import closing
from typing import NamedTuple

import stretched
from clock import contest
from contestants import api_best, plain, sql
from ground import Ground
from questions import EVERYDAY, TOOLS, Criteria, best_statements, never_twice
from report import Row

from modeldex import ModelRegistry

CASE = "unlucky"
LAPS = 3


class Kind(NamedTuple):
    """Some queries, and the key variables that are set."""

    what: str
    queries: Sequence[Criteria]
    keys: Mapping[str, str]


KINDS = (
    Kind("everyday questions", EVERYDAY, stretched.KEYED),
    Kind("only local models", (TOOLS,), {}),
    Kind("no model fits", ({"min_speed_tps": 900_000.0, "min_context": 1},), stretched.KEYED),
)


async def rows(ground: Ground) -> AsyncIterator[Row]:
    """Time find_best, never repeated, in a catalog and in one ten times larger."""
    smallest = min(ground.sizes.models)
    first: dict[str, float] = {}
    for models in (smallest, smallest * 10):
        path = await ground.catalog(models, stretched.multiplied)
        with closing(plain(path)) as connection:
            for kind in KINDS:
                rounds = never_twice(kind.queries, LAPS + 1, len(kind.queries))
                statements = best_statements(rounds, kind.keys)
                environ = dict.fromkeys(kind.keys.values(), "x")
                async with ModelRegistry(db=path, environ=environ) as registry:
                    laps = {"api": api_best(registry, rounds), "sql": sql(connection, statements)}
                    result = await contest(laps, LAPS)
                name = f"find_best, {kind.what}, {models:,} models as shipped"
                ours, theirs = result.best["api"], result.best["sql"]
                same = result.same("api", "sql")
                yield Row(CASE, name, "s", ours, "same SQL, sqlite3", theirs, None, same)
                if kind.what in first:
                    against = f"itself, {smallest:,} models"
                    yield Row(CASE, name, "s", ours, against, first[kind.what])
                first[kind.what] = ours
