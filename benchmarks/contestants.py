"""The contestants: the public API, the same SQL on plain sqlite3, a Python list."""

import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import scan
from clock import Lap
from questions import Name, Rounds

from modeldex import ModelQuery, ModelRegistry, ModelWithCapabilities
from modeldex.query.compile import CompiledQuery
from modeldex.storage.sqlite.connection import uri

_EVERYTHING = ModelQuery(mode="any", price_basis="any", include_deprecated=True, available=False)


def _named(model: ModelWithCapabilities | None) -> Name | None:
    return (model.spec.provider, model.spec.name) if model else None


def api_best(registry: ModelRegistry, rounds: Rounds) -> Lap:
    """Sequential `await registry.find_best(...)`."""

    async def lap(number: int) -> list[Any]:
        found = [await registry.find_best(**criteria) for criteria in rounds[number]]
        return [_named(model) for model in found]

    return lap


def api_find(registry: ModelRegistry, rounds: Rounds) -> Lap:
    """Sequential `await registry.find_model(provider, name)`; a third value is the moment."""

    async def lap(number: int) -> list[Any]:
        found = [
            await registry.find_model(*name[:2], as_of=name[2] if name[2:] else None)
            for name in rounds[number]
        ]
        return [_named(model) for model in found]

    return lap


def plain(path: Path) -> sqlite3.Connection:
    """Open a read-only connection of the standard library's sqlite3."""
    return sqlite3.connect(uri(path, "ro"), uri=True, isolation_level=None)


def sql(connection: sqlite3.Connection, rounds: Sequence[Sequence[CompiledQuery]]) -> Lap:
    """The same SQL and parameters, compiled beforehand; sqlite3 caches prepared statements."""

    async def lap(number: int) -> list[Any]:
        found = [connection.execute(*statement).fetchall() for statement in rounds[number]]
        return [rows[0][:2] if rows else None for rows in found]

    return lap


async def everything(registry: ModelRegistry) -> list[ModelWithCapabilities]:
    """Return all models as the list for a Python scan."""
    return await registry.query(_EVERYTHING)


def scan_best(models: Sequence[ModelWithCapabilities], rounds: Rounds) -> Lap:
    """A filter and min() over a list."""

    async def lap(number: int) -> list[Any]:
        found = [scan.find_best(models, **criteria) for criteria in rounds[number]]
        return [_named(model) for model in found]

    return lap


def scan_find(models: Sequence[ModelWithCapabilities], rounds: Rounds) -> Lap:
    """A linear search for the name."""

    async def lap(number: int) -> list[Any]:
        found = [scan.find_model(models, *name) for name in rounds[number]]
        return [_named(model) for model in found]

    return lap
