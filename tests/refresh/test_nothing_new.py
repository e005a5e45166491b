"""A refresh that learns nothing new leaves everything but the record of the run.

Of a file that is every byte of every page; on a server every version of every row, which is
another where a row was written again as it was.
"""

import contextlib
import sqlite3
from pathlib import Path

import pytest

from custom_parts import sql
from killed_refreshes import FEED, LIVE, Editions
from modeldex.refresh.report import RefreshReport
from modeldex.refresh.run import refresh
from modeldex.resolvers.feed import FeedResolver
from modeldex.resolvers.listing import ListingResolver
from modeldex.sources.feed import FeedSource
from modeldex.sources.listing import ListingSource
from modeldex.storage.location import Place
from modeldex.storage.sqlite.migrate import migrate
from modeldex.upstream.datasets import Feed
from modeldex.upstream.provider_api import ProviderListing
from raw_catalog import bare, columns, contents, is_file

_HEADER = (*range(24, 40), *range(92, 100))
"""Bytes of the first page that count changes and pages."""

with contextlib.closing(sqlite3.connect(":memory:")) as _connection:
    _OPTIONS = {option for (option,) in _connection.execute("PRAGMA compile_options")}
PAGES_HAVE_OWNERS = "ENABLE_DBSTAT_VTAB" in _OPTIONS


@pytest.fixture
def catalog_path(blank_catalog: Place) -> Place:
    """An empty catalog."""
    return blank_catalog


def pages(path: Path) -> dict[int, bytes]:
    """The pages of a file that nobody has open, by their number, without the counters."""
    content = bytearray(path.read_bytes())
    size = int.from_bytes(content[16:18], "big")
    for at in _HEADER:
        content[at] = 0
    return {at // size + 1: bytes(content[at : at + size]) for at in range(0, len(content), size)}


def owners(path: Path) -> dict[int, str]:
    """The table that each page belongs to; those of its indexes are its own."""
    with contextlib.closing(sqlite3.connect(path)) as connection:
        rows = connection.execute(
            "SELECT d.pageno, o.tbl_name FROM dbstat d LEFT JOIN sqlite_master o ON o.name = d.name"
        )
        return dict(rows.fetchall())


async def refreshed(path: Place, url: str, source: str) -> RefreshReport:
    """One refresh from the feed, which can be asked what is new, or from a plain listing."""
    if source == LIVE:
        listing = ProviderListing(LIVE, {"MODELDEX_VLLM_BASE_URL": f"{url}/v1"})
        return await refresh(path, [ListingSource(listing)], [ListingResolver(listing)])
    feed = Feed(FEED, {"MODELDEX_LITELLM_URL": f"{url}/feed"})
    return await refresh(path, [FeedSource(feed)], [FeedResolver(feed)])


@pytest.mark.sqlite_only("the pages of a file")
@pytest.mark.skipif(not PAGES_HAVE_OWNERS, reason="this SQLite cannot tell whose a page is")
@pytest.mark.parametrize(
    ("source", "status", "touched"),
    [
        (FEED, "unchanged", {"runs", "run_steps"}),
        (LIVE, "ok", {"runs", "run_steps", "models", "sightings", "listings"}),
    ],
)
async def test_a_second_refresh_writes_its_record_only(
    catalog_path: Path, source: str, status: str, touched: set[str]
) -> None:
    """Pages that differ hold run records; after a listing, which has no ETag, also its time."""
    migrate(catalog_path, journal="delete")
    with Editions() as host:
        host.count = 200
        await refreshed(catalog_path, host.url, source)
        before = pages(catalog_path)
        report = await refreshed(catalog_path, host.url, source)
        bodies = [bool(seen.headers.get("if-none-match")) for seen in host.requests]
    after, owner = pages(catalog_path), owners(catalog_path)
    changed = {number for number in after if after[number] != before.get(number)}
    assert [(step.status, step.changed) for step in report.steps] == [(status, 0)] * 2
    assert bodies == [False, source == FEED]
    assert {owner.get(number) for number in changed} == touched
    assert len(after) > len(changed) + 50


RECORD = {"runs", "run_steps"}


def rows(place: Place, without: str | None) -> dict[str, list[str]]:
    """The rows of every table but for a column; whole ones on a server with their version."""
    found = {}
    with bare(place) as connection:
        version = [] if without or is_file(connection) else ["xmin"]
        for table in contents(connection):
            kept = [column for column in columns(connection, table) if column != without]
            every = connection.execute(f"SELECT {', '.join(version + kept)} FROM {table}")
            found[table] = sorted(map(repr, every.fetchall()))
    return found


@pytest.mark.parametrize(
    ("source", "status", "without", "touched"),
    [
        (FEED, "unchanged", None, RECORD),
        (LIVE, "ok", None, RECORD | {"models", "sightings", "listings"}),
        (LIVE, "ok", "last_seen", RECORD | {"listings"}),
    ],
)
async def test_a_second_refresh_changes_no_row(
    catalog_path: Place, source: str, status: str, without: str | None, touched: set[str]
) -> None:
    """Row by row, and the validators that the next refresh will send are those of the first."""
    with Editions() as host:
        host.count = 200
        await refreshed(catalog_path, host.url, source)
        before = rows(catalog_path, without)
        report = await refreshed(catalog_path, host.url, source)
    after = rows(catalog_path, without)
    tokens = sql(catalog_path, "SELECT token FROM run_steps ORDER BY id")
    assert [(step.status, step.changed) for step in report.steps] == [(status, 0)] * 2
    assert {table for table in after if after[table] != before[table]} == touched
    assert (tokens[:2], tokens[0] != (None,)) == (tokens[2:], source == FEED)
