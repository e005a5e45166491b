"""Open the catalog for a command, after loading shipped data and overrides that it lacks."""

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
    """The scope of queries: today in UTC, and the providers with a key in this environment."""
    return search.Scope(clock.today().isoformat(), keyed(os.environ))


as_of = click.option(
    "--as-of", metavar="WHEN", callback=read(word),
    help="The catalog as of then: 7d (ago), 24h, 2026-11-22 or 2026-11-22T09:30Z, in UTC.",
)  # fmt: skip
"""The option `--as-of`, whose value is passed to `opened`."""


@contextmanager
def opened(settings: Settings, as_of: str | None = None) -> Iterator[Catalog]:
    """The catalog, created, migrated and loaded if needed, now or as of a moment.

    Raises CatalogError and its subclasses, and InvalidQuery for a moment outside its history.
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
    """Whether shipped data, overrides or modeldex itself are newer than the catalog."""
    done = loaded.done(catalog.rows(loaded.DONE))
    return bool(loaded.stale(done, loaded.shipped())) or not catalog.rows(
        _VERSION_RAN, {"version": __version__}
    )


def _load(settings: Settings, catalog: Catalog) -> None:
    terminal.note(settings, "loading the data shipped with this version of modeldex, once ...")
    try:
        report = _load_shipped(catalog.path)
    except (errors.CatalogReadOnly, errors.CatalogFull):
        # A catalog that cannot be written still serves what it holds, unless that is nothing.
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
