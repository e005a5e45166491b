"""Open the catalog for one command: load what is on this machine first, if that is not done."""

import os
import sqlite3
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from modeldex import __version__, errors, loaded, search
from modeldex.cli import terminal
from modeldex.cli.settings import Settings
from modeldex.db import catalog_path, translated
from modeldex.opening import open_reader
from modeldex.providers import keyed

if TYPE_CHECKING:
    from modeldex.report import RefreshReport

Row = tuple[object, ...]
Record = dict[str, object]

_VERSION_RAN = "SELECT 1 FROM runs WHERE version = :version AND status <> 'running' LIMIT 1"


class Catalog(NamedTuple):
    """An open catalog and what can be called from here."""

    path: Path
    connection: sqlite3.Connection
    scope: search.Scope

    def rows(self, sql: str, parameters: Mapping[str, object] | None = None) -> list[Row]:
        """All rows of one SELECT. Raises CatalogError and its kind."""
        with translated(self.path):
            return self.connection.execute(sql, parameters or {}).fetchall()

    def table(self, sql: str, parameters: Mapping[str, object] | None = None) -> list[Record]:
        """As rows, each by column name."""
        with translated(self.path):
            cursor = self.connection.execute(sql, parameters or {})
            names = [column[0] for column in cursor.description]
            return [dict(zip(names, row, strict=True)) for row in cursor]

    def records(self, criteria: Mapping[str, object]) -> list[Record]:
        """The models that meet the criteria, best first. Raises InvalidQuery."""
        return list(map(as_record, self.rows(*search.compile_query(criteria, self.scope))))

    def count(self, criteria: Mapping[str, object]) -> int:
        """How many models meet the criteria. Raises InvalidQuery."""
        [(number,)] = self.rows(*search.compile_count(criteria, self.scope))
        return int(str(number))


def as_record(row: Row) -> Record:
    """One row of search.COLUMNS as JSON values, its id in front."""
    record = search.record(row)
    return {"id": f"{record['provider']}/{record['name']}", **record}


def scope() -> search.Scope:
    """Today, in UTC, and the providers whose key is set in this process."""
    return search.Scope(time.strftime("%Y-%m-%d", time.gmtime()), keyed(os.environ))


@contextmanager
def opened(settings: Settings) -> Iterator[Catalog]:
    """The catalog, made, migrated and loaded where needed. Raises CatalogError and its kind."""
    path = catalog_path(settings.db)
    connection = open_reader(path)
    try:
        catalog = Catalog(path, connection, scope())
        if _stale(catalog):
            _load(settings, catalog)
        yield catalog
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
    except errors.CatalogReadOnly:
        if not catalog.rows("SELECT 1 FROM models LIMIT 1"):
            raise
        return
    for error in dict.fromkeys(step.error for step in report.failed):
        terminal.warn(settings, str(error))


def _load_shipped(path: Path) -> "RefreshReport":
    import asyncio

    from modeldex.registry import ModelRegistry

    async def load() -> "RefreshReport":
        async with ModelRegistry(db=path) as registry:
            return await registry.load_shipped()

    return asyncio.run(load())
