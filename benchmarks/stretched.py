"""Catalogs of any size, made of the shipped data: realistic, and alike whatever their size.

The same few thousand real models are repeated under other names and with slightly other
prices, so that every question is as selective among a million models as among the first.
"""

import random
import sqlite3
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from modeldex.db import Writer, open_reader
from modeldex.defaults import default_resolvers, default_sources
from modeldex.fields import NAMES
from modeldex.migrate import migrate
from modeldex.parts import opens_sockets, part_name, token_of
from modeldex.store import folding, now

CHUNK = 20_000
ENVIRON = {
    "OPENAI_API_KEY": "x", "ANTHROPIC_API_KEY": "x", "GEMINI_API_KEY": "x", "GROQ_API_KEY": "x"
}  # fmt: skip
"""The keys that the caller of a made-up catalog has set."""

KEYED = ("anthropic", "gemini", "groq", "openai")
LOCAL = "ollama"
"""The one provider whose models a live source sees."""

_TIER = ("quality_tier", "quality_basis")
_PRICES = tuple(name for name in NAMES if name.endswith("_cost_per_1m"))
_IDENTITY = ("provider", "name", "family", "display_name")
_FACTS = tuple(name for name in NAMES if name not in _TIER)

_MODEL = "INSERT INTO models (id, provider, name, family, display_name) VALUES (?, ?, ?, ?, ?)"
_SEEN = "INSERT INTO sightings (model_id, source) VALUES (?, 'ollama')"
_OPINION = (
    f"INSERT INTO capabilities (model_id, resolver, {', '.join(_FACTS)}) "
    f"VALUES (?, 'models_dev', {', '.join('?' * len(_FACTS))})"
)
_QUALITY = (
    f"INSERT INTO capabilities (model_id, resolver, {', '.join(_TIER)}) VALUES (?, 'tiers', ?, ?)"
)

Pattern = dict[str, Any]


def patterns(shipped: Path, count: int) -> list[Pattern]:
    """So many real models, drawn once and for all."""
    wanted = (*_IDENTITY, *NAMES)
    connection = open_reader(shipped)
    rows = connection.execute(
        f"SELECT {', '.join(wanted)} FROM catalog ORDER BY provider, name"
    ).fetchall()
    connection.close()
    drawn = random.Random(1).sample(rows, min(count, len(rows)))  # noqa: S311 - no secret
    return [dict(zip(wanted, row, strict=True)) for row in drawn]


def build(path: Path, drawn: Sequence[Pattern], models: int) -> None:
    """A catalog in which each model has one or two opinions, and Ollama's are live."""
    migrate(path)
    copies = _copies(drawn, models)
    with Writer(path) as writer:
        with writer.transaction() as connection:
            connection.exec_driver_sql("INSERT INTO sources (name) VALUES ('ollama')")
        while chunk := list(islice(copies, CHUNK)):
            with writer.transaction() as connection, folding(connection):
                _write(connection, chunk)
    mark_loaded(path)


def _copies(drawn: Sequence[Pattern], models: int) -> Iterator[tuple[int, Pattern]]:
    for i in range(models):
        copy, at = divmod(i, len(drawn))
        model = drawn[at]
        if copy:
            prices = {name: _dearer(model[name], copy) for name in _PRICES}
            model = {**model, **prices, "name": f"{model['name']}~{copy}"}
        yield i + 1, model


def _dearer(price: float | None, copy: int) -> float | None:
    return None if price is None else min(price * (1 + copy / 1000), 1e6)


def _write(connection: Any, chunk: Sequence[tuple[int, Pattern]]) -> None:
    batches = (
        (_MODEL, [(i, *(m[c] for c in _IDENTITY)) for i, m in chunk]),
        (_OPINION, [(i, *(m[c] for c in _FACTS)) for i, m in chunk]),
        (_QUALITY, [(i, *(m[c] for c in _TIER)) for i, m in chunk if m["quality_tier"]]),
        (_SEEN, [(i,) for i, m in chunk if m["provider"] == LOCAL]),
    )
    for sql, rows in batches:
        if rows:
            connection.exec_driver_sql(sql, rows)


def mark_loaded(path: Path) -> None:
    """Note the shipped data as loaded, so that the first question does not load it."""
    parts = [("source", part) for part in default_sources({})]
    parts += [("resolver", part) for part in default_resolvers({})]  # type: ignore[arg-type]
    steps = [
        (kind, part_name(part), now(), token_of(part))
        for kind, part in parts
        if not opens_sockets(part)
    ]
    with sqlite3.connect(path) as connection:
        connection.execute(
            "INSERT INTO runs (id, kind, started_at, status, version) "
            "VALUES (1, 'shipped', ?, 'ok', '')",
            (now(),),
        )
        connection.executemany(
            "INSERT INTO run_steps (run_id, kind, name, status, started_at, fetch_ms, write_ms, "
            "chunks, seen, changed, dropped, token) VALUES (1, ?, ?, 'ok', ?, 0, 0, 0, 0, 0, 0, ?)",
            steps,
        )
    connection.close()
