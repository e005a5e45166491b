"""How many steps SQLite takes for a question in a small catalog and in a large one."""

import random
import sqlite3
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from ground import Ground, telling
from report import Budget, Row

from modeldex import ModelQuery
from modeldex.query.catalog import Catalog
from modeldex.query.scope import Scope
from modeldex.query.selection import Selection, select_rows
from modeldex.storage.listings import Bound
from modeldex.storage.sqlite.migrate import migrate
from modeldex.vocabulary.fields import TIERS

CASE = "flat"
BUDGET = Budget("ratio", 1.5)
TODAY = "2026-11-22"
PROVIDERS, BASES = 60, 1_000
KEYED = {
    "1 provider": ("p7",),
    "3 providers": ("p3", "p20", "p41"),
    "40 providers": tuple(f"p{number}" for number in range(40)),
}
QUESTIONS: Mapping[str, dict[str, Any]] = {
    "best": {},
    "tools": {"requires_tools": True},
    "vision, 100k": {"requires_vision": True, "min_context": 100_000},
    "cheap": {"cost_tier": "cheap"},
    "balanced, vision": {"quality_tier": "balanced", "requires_vision": True},
}
ASKED = {"n = 1": (1, None), "100 bases": (100, "base")}
_COLUMNS = (
    "model_id", "provider", "name", "live", "supports_tools", "supports_vision", "max_context",
    "input_cost_per_1m", "output_cost_per_1m", "mode", "quality_tier", "release_date", "base",
    "valid_from",
)  # fmt: skip


def _offers(count: int) -> Iterator[tuple[object, ...]]:
    """Offers whose properties do not depend on each other."""
    dice = random.Random(7)  # noqa: S311 - no secret
    for number in range(1, count + 1):
        provider = dice.randrange(PROVIDERS)
        price = dice.choice((0.0, 0.2, 1.0, 4.0, None))
        price = None if price is None else price * dice.uniform(0.5, 1.5)
        yield (
            number, f"p{provider}", f"m{number}", provider == PROVIDERS - 1, dice.random() < 0.6,
            dice.random() < 0.6, dice.choice((8_000, 128_000, 1_000_000)), price, price,
            "embedding" if dice.random() < 0.1 else "chat", dice.choice((*TIERS, None)),
            f"2026-{dice.randrange(1, 12):02}-01", f"acme/b{dice.randrange(BASES)}",
            f"{TODAY}T00:00:00Z",
        )  # fmt: skip


def _filled(path: Path, count: int) -> Path:
    """A catalog of which only the merged rows are filled."""
    if not path.exists():
        migrate(path)
        with telling(f"filling {count:,} rows"), closing(sqlite3.connect(path)) as connection:
            guards = (
                "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'catalog'"
            )
            for (name,) in connection.execute(guards).fetchall():
                connection.execute(f"DROP TRIGGER {name}")
            marks = ", ".join("?" for _ in _COLUMNS)
            connection.executemany(
                f"INSERT INTO catalog ({', '.join(_COLUMNS)}) VALUES ({marks})", _offers(count)
            )
            connection.commit()
    return path


def _steps(
    connection: sqlite3.Connection, scope: Scope, query: ModelQuery, how: Selection
) -> int | None:
    """The steps that SQLite takes for a query; None if it finds fewer models than asked for."""
    taken = 0

    def step() -> int:
        nonlocal taken
        taken += 1
        return 0

    connection.set_progress_handler(step, 1)
    try:
        found = select_rows(Catalog(Path(), connection, scope), dict(query), how)
    finally:
        connection.set_progress_handler(None, 0)
    return taken if len(found) == query.limit else None


def _worst(
    pair: Iterable[sqlite3.Connection], keyed: tuple[str, ...], n: int, distinct: Any
) -> Any:
    """Of all questions the one whose steps grow most: large, small, and its name."""
    how, scope = (
        Selection(distinct=distinct),
        Scope(TODAY, tuple(Bound(name, "presumed") for name in keyed)),
    )
    counted = []
    for name, criteria in QUESTIONS.items():
        query = ModelQuery(limit=n, **criteria)
        small, large = (_steps(each, scope, query, how) for each in pair)
        if small and large:
            counted.append((large / small, large, small, name))
    return max(counted, default=(None, None, None, None))[1:]


async def rows(ground: Ground) -> AsyncIterator[Row]:
    """Compare the largest catalog of the run with the smallest, step by step."""
    few, many = min(ground.sizes.models), max(ground.sizes.models)
    paths = [_filled(ground.folder / f"flat_{count}.db", count) for count in (few, many)]
    with closing(sqlite3.connect(paths[0])) as small, closing(sqlite3.connect(paths[1])) as large:
        for keys, keyed in KEYED.items():
            for asked, (n, distinct) in ASKED.items():
                steps, of_few, name = _worst((small, large), keyed, n, distinct)
                if steps is not None:
                    yield Row(
                        CASE, f"{keys}, {asked}: {name}, {many:,} models", "steps", steps,
                        f"{few:,} models", of_few, BUDGET,
                    )  # fmt: skip
