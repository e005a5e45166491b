"""The status of a catalog: its size and age, its sources, and the last refreshes."""

import json
import os
import time
from calendar import timegm
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from modeldex.errors import CatalogError
from modeldex.query.catalog import Catalog
from modeldex.query.rows import TableRow
from modeldex.refresh import staleness
from modeldex.storage.listings import Bound
from modeldex.upstream import editions, snapshots
from modeldex.version import __version__
from modeldex.vocabulary import clock
from modeldex.vocabulary.criteria import EVERYTHING
from modeldex.vocabulary.providers import configured_key_variable

RUNS = 5
"""Number of newest runs in the status."""

_LAST_REFRESH = (
    "SELECT max(finished_at) FROM runs WHERE kind = 'refresh' AND status IN ('ok', 'partial')"
)
_RESOLVERS = (
    "SELECT r.name, r.precedence, count(c.model_id) AS models FROM resolvers r "
    "LEFT JOIN capabilities c ON c.resolver = r.name GROUP BY r.name "
    "ORDER BY r.precedence DESC, r.name"
)
# Per source: the newest run with a step of it, and the error of that step, if any.
_SOURCES = (
    "SELECT a.name, o.kind, (SELECT count(*) FROM sightings s WHERE s.source = a.name "
    "AND s.missing_since IS NULL) AS models, (SELECT max(t.started_at) FROM run_steps t WHERE "
    "t.kind = 'source' AND t.name = a.name AND t.status <> 'failed' AND t.error IS NULL) "
    "AS last_success, t.problem, t.error, t.started_at AS problem_at, t.retry_at "
    "FROM (SELECT name, max(run_id) AS run_id FROM run_steps WHERE kind = 'source' GROUP BY name) "
    "AS a LEFT JOIN sources o ON o.name = a.name LEFT JOIN run_steps t ON t.id = (SELECT max(e.id) "
    "FROM run_steps e WHERE e.run_id = a.run_id AND e.kind = 'source' AND e.name = a.name "
    "AND e.error IS NOT NULL) ORDER BY o.kind NULLS FIRST, a.name"
)
_NOTES = "SELECT key, value FROM about WHERE key LIKE 'source:%'"
_RUNS = (
    "SELECT id, kind, status, started_at, finished_at, version FROM runs ORDER BY id DESC "
    f"LIMIT {RUNS}"
)
_ERRORS = (
    "SELECT run_id, kind, name, problem, error FROM run_steps WHERE status = 'failed' "
    f"AND run_id IN (SELECT id FROM runs ORDER BY id DESC LIMIT {RUNS}) ORDER BY id"
)


def status(catalog: Catalog) -> dict[str, Any]:
    """Return the status as JSON values; times are UTC, ages in seconds.

    Keys are represented by the name of their environment variable.
    """
    [[refreshed]] = catalog.rows(_LAST_REFRESH)
    return {
        "path": str(catalog.path),
        "modeldex": __version__,
        **_storage(catalog),
        "models": {
            "known": catalog.count({**EVERYTHING, "available": False}),
            "available": catalog.count(EVERYTHING),
        },
        "keys": {name: configured_key_variable(name, os.environ) for name in catalog.scope.keyed},
        "configured": {each.provider: _configured(each) for each in catalog.scope.bound},
        "last_refresh": refreshed,
        "last_refresh_age_s": age(refreshed),
        "sources": _sources(catalog),
        "resolvers": _named(catalog.table(_RESOLVERS)),
        "runs": _runs(catalog),
        "snapshots": _named(map(_snapshot, snapshots.NAMES)),
    }


def _configured(bound: Bound) -> TableRow:
    """Return how the offers of a provider can be called here, and the listing that decides it."""
    listing = bound.listing
    return {
        "how": bound.how,
        "region": bound.region,
        "address": listing and listing.address,
        "variable": listing and listing.variable,
        "offers": listing and listing.offers,
        "read_at": listing and listing.read_at,
        "age_s": age(listing and listing.read_at),
        "stale": listing and listing.is_stale,
        "problem": listing and listing.problem,
        "error": listing and listing.error,
    }


def _storage(catalog: Catalog) -> dict[str, object]:
    """Return schema, journal mode and size of a file, or schema, server version and size."""
    if isinstance(catalog.path, Path):
        [[schema]], [[journal]] = (
            catalog.rows("PRAGMA user_version"),
            catalog.rows("PRAGMA journal_mode"),
        )
        try:
            size = catalog.path.stat().st_size
        except FileNotFoundError:
            raise CatalogError(catalog.path, "the catalog file does not exist") from None
        return {"schema": schema, "journal_mode": journal, "bytes": size}
    [[schema, server, total]] = catalog.rows(
        "SELECT CAST(value AS INTEGER), current_setting('server_version'), "
        "pg_database_size(current_database()) FROM about WHERE key = 'schema'"
    )
    return {"schema": schema, "server": f"PostgreSQL {server}", "bytes": total}


def _sources(catalog: Catalog) -> dict[str, TableRow]:
    """Return per source its last success, the date of its data, what answered, its problem."""
    notes = {str(row["key"]): row["value"] for row in catalog.table(_NOTES)}
    tokens = staleness.loaded_tokens(catalog.rows(staleness.LOADED_TOKENS))
    found: dict[str, TableRow] = {}
    for row in catalog.table(_SOURCES):
        name, last_success = str(row["name"]), row["last_success"]
        edition = editions.parse(_text(tokens.get(("source", name))))
        found[name] = {
            "kind": row["kind"],
            "models": row["models"],
            "last_success": last_success,
            "age_s": age(last_success),
            "as_of": edition.day if edition else last_success if row["kind"] == "live" else None,
            "answered": _answered(notes.get(f"source:{name}")),
            "problem": row["problem"],
            "error": row["error"],
            "problem_at": row["problem_at"],
            "retry_at": row["retry_at"],
        }
    return found


def _answered(note: object) -> str | None:
    """The paths of a listing that answered, as its source noted them; None for another note."""
    try:
        noted = json.loads(str(note))
    except ValueError:
        return None
    return _text(noted.get("answered")) if isinstance(noted, dict) else None


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _named(rows: Iterable[TableRow]) -> dict[str, TableRow]:
    """Return the rows by their name, in order."""
    return {str(row["name"]): {k: v for k, v in row.items() if k != "name"} for row in rows}


def age(moment: object) -> float | None:
    """Return the age of a catalog time in seconds, at least 0; None for no time."""
    if moment is None:
        return None
    then = timegm(time.strptime(str(moment)[:19], "%Y-%m-%dT%H:%M:%S"))
    return max(0.0, round(clock.wall() - then, 1))


def _runs(catalog: Catalog) -> list[TableRow]:
    errors = catalog.table(_ERRORS)
    return [
        {**run, "errors": [e for e in errors if e["run_id"] == run["id"]]}
        for run in catalog.table(_RUNS)
    ]


def _snapshot(name: str) -> TableRow:
    head = snapshots.header(name)
    return {key: head[key] for key in ("name", "package", "version", "as_of", "rows")}
