"""Questions for which much has to be walked past, in catalogs where that grows with the size."""

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
    """Some questions, and the keys that the caller has."""

    what: str
    asked: Sequence[Criteria]
    keys: Mapping[str, str]


KINDS = (
    Kind("everyday questions", EVERYDAY, stretched.KEYED),
    Kind("only local models", (TOOLS,), {}),
    Kind("no model fits", ({"min_speed_tps": 900_000.0, "min_context": 1},), stretched.KEYED),
)


async def rows(ground: Ground) -> AsyncIterator[Row]:
    """find_best, never repeated, as the catalog grows to ten times its size."""
    smallest = min(ground.sizes.models)
    first: dict[str, float] = {}
    for models in (smallest, smallest * 10):
        path = await ground.catalog(models, stretched.multiplied)
        with closing(plain(path)) as connection:
            for kind in KINDS:
                rounds = never_twice(kind.asked, LAPS + 1, len(kind.asked))
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
