"""The cost of the triggers: change opinions by SQL UPDATE with and without them."""

import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing

from clock import Lap, contest
from ground import Ground
from report import Row

CASE = "opinions"
CHANGED = 200

_UPDATE = "UPDATE capabilities SET max_context = ? WHERE model_id = ? AND resolver = 'models_dev'"
_NOW = "SELECT model_id, max_context FROM {} WHERE model_id <= ? ORDER BY model_id"


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
