"""Synthetic catalogs of any size, built from the shipped data.

Two kinds. In a `mixed` catalog each model has the provider of one real model, the capabilities of
another, the price and tier of a third: the share of matching models is the same everywhere in the
rank order and at any size. In a `multiplied` catalog the real models repeat at slightly higher
prices, so that the rows a query has to step over grow with the catalog.
"""

import itertools
import random
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from modeldex.refresh.defaults import default_resolvers, default_sources
from modeldex.refresh.part import opens_sockets, part_name, token_of
from modeldex.storage.batch import folding
from modeldex.storage.sqlite.migrate import migrate
from modeldex.storage.sqlite.open import open_reader
from modeldex.storage.sqlite.writer import Writer
from modeldex.vocabulary.fields import NAMES
from modeldex.vocabulary.timestamps import now

CHUNK = 20_000
KEYED = {
    "anthropic": "ANTHROPIC_API_KEY",
    "gemini": "GEMINI_API_KEY",
    "groq": "GROQ_API_KEY",
    "openai": "OPENAI_API_KEY",
}
"""The key variables that are set for queries of such a catalog, by provider."""

ENVIRON = dict.fromkeys(KEYED.values(), "x")
LOCAL = "ollama"
"""The provider whose models a live source lists."""

_IDENTITY = ("provider", "name", "family", "display_name")
_TIER = ("quality_tier", "quality_basis")
_PRICES = tuple(name for name in NAMES if name.endswith("_cost_per_1m"))
_MONEY = (*_PRICES, "price_basis", *_TIER)
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

Model = dict[str, Any]
Kind = Callable[[Sequence[Model]], Iterator[Model]]


def real(shipped: Path, count: int) -> list[Model]:
    """Return a fixed random sample of `count` models of the shipped data."""
    wanted = (*_IDENTITY, *NAMES)
    connection = open_reader(shipped)
    rows = connection.execute(
        f"SELECT {', '.join(wanted)} FROM catalog ORDER BY provider, name"
    ).fetchall()
    connection.close()
    drawn = random.Random(1).sample(rows, min(count, len(rows)))  # noqa: S311 - no secret
    return [dict(zip(wanted, row, strict=True)) for row in drawn]


def mixed(drawn: Sequence[Model]) -> Iterator[Model]:
    """Yield models that combine identity, capabilities and prices of three random models."""
    draw = random.Random(2).choice  # noqa: S311 - no secret
    while True:
        identity, abilities, money = draw(drawn), draw(drawn), draw(drawn)
        yield abilities | {n: identity[n] for n in _IDENTITY} | {n: money[n] for n in _MONEY}


def multiplied(drawn: Sequence[Model]) -> Iterator[Model]:
    """Yield the real models repeatedly, each time at slightly higher prices."""
    for copy in itertools.count():
        for model in drawn:
            yield model | {n: model[n] and model[n] * (1 + copy / 1000) for n in _PRICES}


def build(path: Path, kind: Kind, drawn: Sequence[Model], count: int) -> None:
    """Create a catalog with one or two opinions per model; Ollama's models are live."""
    migrate(path)
    models = enumerate(itertools.islice(kind(drawn), count), start=1)
    with Writer(path) as writer:
        with writer.transaction() as connection:
            connection.exec_driver_sql("INSERT INTO sources (name) VALUES ('ollama')")
        while chunk := list(itertools.islice(models, CHUNK)):
            with writer.transaction() as connection, folding(connection):
                _write(connection, chunk)
    _mark_loaded(path)


def _write(connection: Any, chunk: Sequence[tuple[int, Model]]) -> None:
    chunk = [(i, {**model, "name": f"{model['name']}~{i}"}) for i, model in chunk]
    batches = (
        (_MODEL, [(i, *(m[c] for c in _IDENTITY)) for i, m in chunk]),
        (_OPINION, [(i, *(m[c] for c in _FACTS)) for i, m in chunk]),
        (_QUALITY, [(i, *(m[c] for c in _TIER)) for i, m in chunk if m["quality_tier"]]),
        (_SEEN, [(i,) for i, m in chunk if m["provider"] == LOCAL]),
    )
    for sql, rows in batches:
        if rows:
            connection.exec_driver_sql(sql, rows)


def _mark_loaded(path: Path) -> None:
    """Record the shipped data as loaded, so that the first query does not load it."""
    parts: list[tuple[str, object]] = [("source", part) for part in default_sources({})]
    parts += [("resolver", part) for part in default_resolvers({})]
    steps = [
        (kind, part_name(part), now(), token_of(part))
        for kind, part in parts
        if not opens_sockets(part)
    ]
    connection = sqlite3.connect(path, isolation_level=None)
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
