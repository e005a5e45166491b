"""The status of a catalog: its size and age, its sources, and the last refreshes.

A catalog is as fresh as the oldest answer of a source that should answer from outside in this
environment. What is on this machine never counts, nor does a request that failed or was postponed.
"""

import json
import os
import time
from calendar import timegm
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from modeldex.errors import CatalogError
from modeldex.query.catalog import Catalog
from modeldex.query.facts_age import clock_remark
from modeldex.query.rows import TableRow
from modeldex.refresh import staleness
from modeldex.storage.listings import Bound
from modeldex.upstream import editions, snapshots
from modeldex.upstream.accounts import accounts
from modeldex.upstream.outside import outside
from modeldex.version import __version__
from modeldex.vocabulary import clock
from modeldex.vocabulary.criteria import EVERYTHING
from modeldex.vocabulary.providers import configured_key_variable

NOBODY_ASKED = "no host is asked here: MODELDEX_FEEDS=0, and no key or server address is set"

RUNS = 5
"""Number of newest runs in the status."""

HERE = ("env", "overrides", "own_models", "gguf")
"""Sources that read this machine only, beside the shipped data."""

_LAST_REFRESH = (
    "SELECT max(finished_at) FROM runs WHERE kind = 'refresh' AND status IN ('ok', 'partial')"
)
_RESOLVERS = (
    "SELECT r.name, r.precedence, count(c.model_id) AS models FROM resolvers r "
    "LEFT JOIN capabilities c ON c.resolver = r.name GROUP BY r.name "
    "ORDER BY r.precedence DESC, r.name"
)
# The host answered: "not modified" too, and data that is older than what is stored.
_ANSWERED = (
    "status <> 'failed' AND (problem = 'answer' OR (error IS NULL AND (token IS NULL "
    f"OR NOT {editions.IS_SHIPPED})))"
)
# Per source: the newest run with a step of it, and the error of that step, if any.
_SOURCES = (
    "SELECT a.name, o.kind, (SELECT count(*) FROM sightings s WHERE s.source = a.name "
    "AND s.missing_since IS NULL) AS models, (SELECT max(t.started_at) FROM run_steps t WHERE "
    "t.kind = 'source' AND t.name = a.name AND t.status <> 'failed' AND t.error IS NULL) "
    "AS last_success, (SELECT max(started_at) FROM run_steps WHERE kind = 'source' "
    f"AND name = a.name AND {_ANSWERED}) AS last_answer, t.problem, t.error, "
    "t.started_at AS problem_at, t.retry_at "
    "FROM (SELECT name, max(run_id) AS run_id FROM run_steps WHERE kind = 'source' GROUP BY name) "
    "AS a LEFT JOIN sources o ON o.name = a.name LEFT JOIN run_steps t ON t.id = (SELECT max(e.id) "
    "FROM run_steps e WHERE e.run_id = a.run_id AND e.kind = 'source' AND e.name = a.name "
    "AND e.error IS NOT NULL) ORDER BY o.kind NULLS FIRST, a.name"
)
_NEVER_RUN: TableRow = {
    "kind": None, "models": 0, "last_success": None, "last_answer": None,
    "problem": None, "error": None, "problem_at": None, "retry_at": None,
}  # fmt: skip
_NOTES = "SELECT key, value FROM about WHERE key LIKE 'source:%'"
_RUNS = (
    "SELECT id, kind, status, started_at, finished_at, version FROM runs ORDER BY id DESC "
    f"LIMIT {RUNS}"
)
_ERRORS = (
    "SELECT run_id, kind, name, problem, error FROM run_steps WHERE status = 'failed' "
    f"AND run_id IN (SELECT id FROM runs ORDER BY id DESC LIMIT {RUNS}) ORDER BY id"
)


class Answer(NamedTuple):
    """The last answer of a source: its time and age in seconds; None without any.

    `source` is None where no source should answer.
    """

    source: str | None = None
    at: str | None = None
    age_s: float | None = None


def oldest_answer(sources: Mapping[str, TableRow], names: Collection[str]) -> Answer:
    """Return the oldest of the last answers of these sources; one that never answered is oldest."""
    last = [(_text(sources[name]["last_answer"]) or "", name) for name in names]
    if not last:
        return Answer()
    at, name = min(last)
    return Answer(name, at or None, age(at or None))


def freshness(catalog: Catalog, environ: Mapping[str, str] | None = None) -> Answer:
    """Return the oldest answer of all sources that should answer in this environment."""
    names = outside(os.environ if environ is None else environ)
    return oldest_answer(_sources(catalog, names), names)


def status(catalog: Catalog, environ: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Return the status as JSON values; times are UTC, ages in seconds.

    Keys are represented by the name of their environment variable.
    """
    names = outside(os.environ if environ is None else environ)
    [[refreshed]] = catalog.rows(_LAST_REFRESH)
    sources = _sources(catalog, names)
    return {
        "path": str(catalog.path),
        "modeldex": __version__,
        **_storage(catalog),
        "models": {
            "known": catalog.count({**EVERYTHING, "available": False}),
            "available": catalog.count(EVERYTHING),
        },
        "keys": {name: configured_key_variable(name, os.environ) for name in catalog.scope.keyed},
        "configured": {
            **{each.provider: _configured(each) for each in catalog.scope.bound},
            **dict(_unusable_accounts()),
        },
        "last_refresh": refreshed,
        "last_refresh_age_s": age(refreshed),
        "clock": clock_remark(catalog),
        "oldest_answer": oldest_answer(sources, names)._asdict(),
        "sources": sources,
        "resolvers": _named(catalog.table(_RESOLVERS)),
        "runs": _runs(catalog),
        "snapshots": _named(map(_snapshot, snapshots.NAMES)),
    }


def _unusable_accounts() -> Iterator[tuple[str, TableRow]]:
    """Yield the provider ids of accounts whose files cannot be used, with the reason."""
    for provider, account in accounts(os.environ):
        if account.problem is not None:
            reason = f"{account.named_by}: {account.problem}"
            yield provider, {**_configured(Bound(provider, "unread")), "error": reason}


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


def _sources(catalog: Catalog, outside: Collection[str]) -> dict[str, TableRow]:
    """Return per source its last success, the date of its data, what answered, its problem.

    A `remark` is of a success whose details were refused. A source that should answer from
    `outside` has a row from the start.
    """
    notes = {str(row["key"]): row["value"] for row in catalog.table(_NOTES)}
    tokens = staleness.loaded_tokens(catalog.rows(staleness.LOADED_TOKENS))
    found: dict[str, TableRow] = {}
    rows = catalog.table(_SOURCES)
    new = [name for name in outside if name not in {row["name"] for row in rows}]
    for row in [*rows, *({**_NEVER_RUN, "name": name} for name in new)]:
        name, last_success = str(row["name"]), row["last_success"]
        note = _noted(notes.get(f"source:{name}"))
        edition = editions.parse(_text(tokens.get(("source", name))))
        found[name] = {
            "kind": row["kind"],
            "models": row["models"],
            "last_success": last_success,
            "age_s": age(last_success),
            "outside": name in outside,
            "last_answer": None if name in HERE else row["last_answer"],
            "as_of": edition.day if edition else last_success if row["kind"] == "live" else None,
            **_answered(_text(note.get("answered")), _text(note.get("refused"))),
            "problem": row["problem"],
            "error": row["error"],
            "problem_at": row["problem_at"],
            "retry_at": row["retry_at"],
        }
    return found


def _noted(note: object) -> Mapping[str, object]:
    """What a source noted about its listing: the paths that answered, those that were refused."""
    try:
        noted = json.loads(str(note))
    except ValueError:
        return {}
    return noted if isinstance(noted, dict) else {}


def _answered(paths: str | None, refused: str | None) -> Mapping[str, str | None]:
    """The paths of an API that answered, and a remark on those that the key may not read."""
    if refused is None:
        return {"answered": paths, "remark": None}
    remark = f"details refused: this key may not read {refused}"
    return {"answered": f"{paths}; refused: {refused}", "remark": remark}


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
