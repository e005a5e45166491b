"""Open the catalog for one command: load what is on this machine first, if that is not done."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from modeldex import __version__, clock, errors, loaded, search
from modeldex.catalog import Catalog
from modeldex.cli import terminal
from modeldex.cli.amounts import read, word
from modeldex.cli.settings import Settings
from modeldex.db import catalog_path
from modeldex.opening import open_catalog
from modeldex.places import Place
from modeldex.providers import keyed

if TYPE_CHECKING:
    from modeldex.report import RefreshReport

_VERSION_RAN = "SELECT 1 FROM runs WHERE version = :version AND status <> 'running' LIMIT 1"


def scope() -> search.Scope:
    """Today, in UTC, and the providers whose key is set in this process."""
    return search.Scope(clock.today().isoformat(), keyed(os.environ))


as_of = click.option(
    "--as-of", metavar="WHEN", callback=read(word),
    help="As it stood then: 7d, 24h, 2026-11-22 or 2026-11-22T09:30Z; times are UTC.",
)  # fmt: skip
"""The option for a moment that `opened` takes."""


@contextmanager
def opened(settings: Settings, as_of: str | None = None) -> Iterator[Catalog]:
    """The catalog, made, migrated and loaded where needed, as it stood at a moment or is now.

    Raises CatalogError and its kind, and InvalidQuery for a moment of which nothing is known.
    """
    path = catalog_path(settings.db)
    connection = open_catalog(path)
    try:
        catalog = Catalog(path, connection, scope())
        if _stale(catalog):
            _load(settings, catalog)
        yield catalog.as_of(as_of)
    finally:
        connection.close()


def _stale(catalog: Catalog) -> bool:
    """Whether shipped data or overrides are newer than the catalog, or modeldex itself is."""
    done = loaded.done(catalog.rows(loaded.DONE))
    return bool(loaded.stale(done, loaded.shipped())) or not catalog.rows(
        _VERSION_RAN, {"version": __version__}
    )


def _load(settings: Settings, catalog: Catalog) -> None:
    terminal.note(settings, "loading the data that modeldex ships, once ...")
    try:
        report = _load_shipped(catalog.path)
    except (errors.CatalogReadOnly, errors.CatalogFull):
        if not catalog.rows("SELECT 1 FROM models LIMIT 1"):
            raise
        return
    for error in dict.fromkeys(step.error for step in report.failed):
        terminal.warn(settings, str(error))


def _load_shipped(place: Place) -> "RefreshReport":
    import asyncio

    from modeldex.registry import ModelRegistry

    async def load() -> "RefreshReport":
        async with ModelRegistry(db=place) as registry:
            return await registry.load_shipped()

    return asyncio.run(load())
