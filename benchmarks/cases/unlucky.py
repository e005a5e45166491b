"""Questions that the rank order does not help: nothing fits, or almost nothing is callable."""

from collections.abc import AsyncIterator
from contextlib import closing

from clock import contest
from contestants import api_best, plain, sql
from ground import Ground
from modeldex import ModelQuery, ModelRegistry
from modeldex.search import Scope, compile_query
from questions import never_twice, today
from report import Row

CASE = "unlucky"
ASKED = {
    "no model fits": {"min_speed_tps": 900_000.0, "available": False, "min_context": 1},
    "only local models": {"requires_tools": True, "min_context": 30_000},
}


async def rows(ground: Ground) -> AsyncIterator[Row]:
    """find_best without any key, at each size."""
    for models in ground.sizes.models:
        path = await ground.catalog(models)
        async with ModelRegistry(db=path, environ={}) as registry:
            with closing(plain(path)) as connection:
                for what, criteria in ASKED.items():
                    rounds = never_twice([criteria], 3, 3)
                    scope = Scope(today())
                    statements = [
                        [compile_query(ModelQuery(**c, limit=1).__dict__, scope) for c in lap]
                        for lap in rounds
                    ]
                    laps = {"api": api_best(registry, rounds), "sql": sql(connection, statements)}
                    result = await contest(laps, 2)
                    yield Row(
                        CASE, f"find_best, {what}, {models:,} models", "s", result.best["api"],
                        "same SQL, sqlite3", result.best["sql"], None, result.same("api", "sql"),
                    )  # fmt: skip
