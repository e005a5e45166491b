"""Open the catalog for a command, after loading shipped data and overrides that it lacks."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import click

from modeldex import errors
from modeldex.cli import terminal
from modeldex.cli.errors import Failure
from modeldex.cli.parse import parsed_by, word
from modeldex.cli.settings import Settings
from modeldex.query.catalog import Catalog
from modeldex.query.scope import Scope
from modeldex.refresh import staleness
from modeldex.refresh.first_copy import copy_if_new
from modeldex.storage.listings import READ, Listing
from modeldex.storage.location import Place
from modeldex.storage.open import open_catalog
from modeldex.storage.sqlite.connection import catalog_path
from modeldex.upstream.configured import bound
from modeldex.version import __version__
from modeldex.vocabulary import clock

if TYPE_CHECKING:
    from modeldex.refresh.report import RefreshReport


_NOT_LOADED = (
    "the data shipped with this version, such as benchmark scores, could not be loaded now, and "
    "answers lack it: run modeldex refresh where the catalog can be written"
)


def scope(catalog: Catalog) -> Scope:
    """The scope of queries: today in UTC, and what this environment can call."""
    listings = tuple(Listing(*row) for row in cast("list[Any]", catalog.rows(READ)))
    return catalog.scope._replace(bound=bound(os.environ, listings))


as_of = click.option(
    "--as-of", metavar="WHEN", callback=parsed_by(word),
    help="The catalog as of then: 7d (ago), 24h, 2026-11-22 or 2026-11-22T09:30Z, in UTC.",
)  # fmt: skip
"""The option `--as-of`, whose value is passed to `opened`."""


@contextmanager
def opened(settings: Settings, as_of: str | None = None) -> Iterator[Catalog]:
    """The catalog, created, migrated and loaded if needed, now or as of a moment.

    Raises CatalogError and its subclasses, and InvalidQuery for a moment outside its history.
    """
    path = catalog_path(settings.db)
    copy_if_new(path, os.environ)
    connection = open_catalog(path)
    try:
        catalog = Catalog(path, connection, Scope(clock.today().isoformat()))
        if _stale(catalog):
            _load(settings, catalog)
        yield catalog._replace(scope=scope(catalog)).as_of(as_of)
    finally:
        connection.close()


def _stale(catalog: Catalog) -> bool:
    """Whether shipped data, overrides or modeldex itself are newer than the catalog."""
    done = staleness.loaded_tokens(catalog.rows(staleness.LOADED_TOKENS))
    return (
        bool(staleness.stale_parts(done, staleness.shipped_parts()))
        or not catalog.rows(staleness.VERSION_RAN, {"version": __version__})
        or bool(catalog.rows(staleness.DAY_CAME, {"today": catalog.scope.today}))
    )


def _load(settings: Settings, catalog: Catalog) -> None:
    terminal.print_hint(
        settings, "loading the data shipped with this version of modeldex, once ..."
    )
    try:
        report = _load_shipped(catalog.path)
    except (errors.CatalogReadOnly, errors.CatalogFull):
        # A catalog that cannot be written still serves what it holds, unless that is nothing.
        if not catalog.rows("SELECT 1 FROM models LIMIT 1"):
            raise
        terminal.print_warning(settings, _NOT_LOADED)
        return
    if report.skipped:
        terminal.print_warning(settings, _NOT_LOADED)
    for error in dict.fromkeys(step.error for step in report.failed):
        terminal.print_warning(settings, str(error))


def _load_shipped(place: Place) -> "RefreshReport":
    import asyncio

    from modeldex.registry import ModelRegistry

    async def load() -> "RefreshReport":
        async with ModelRegistry(db=place) as registry:
            return await registry.load_shipped()

    return asyncio.run(load())


@contextmanager
def copies(path: Path) -> Iterator[tuple[Path, Path]]:
    """Paths of two equal copies with the current schema; empty if there is no catalog at `path`.

    One is refreshed and then compared with the other; both are deleted at the end.
    """
    import shutil
    from tempfile import TemporaryDirectory

    from modeldex.storage.backup import copy
    from modeldex.storage.sqlite.migrate import migrate

    with TemporaryDirectory(prefix="modeldex-") as folder:
        before, after = Path(folder) / "before.db", Path(folder) / "after.db"
        if path.exists():
            copy(path, before)
        migrate(before)  # before the second copy is made, so that a migration is no difference
        shutil.copyfile(before, after)
        yield before, after


class NotAFile(Failure):
    """The catalog is a database on a server; `path` is its URL, without password."""

    def __init__(self, place: object) -> None:
        self.path = str(place)
        super().__init__(f"{place}: this command needs a catalog file; use psql and pg_dump here")


def file_of(settings: Settings) -> Path:
    """The path of the catalog. Raises NotAFile if it is a PostgreSQL database."""
    place = catalog_path(settings.db)
    if not isinstance(place, Path):
        raise NotAFile(place)
    return place
