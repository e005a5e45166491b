"""`modeldex status`."""

import os
import sys
import time
from calendar import timegm
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import click

from modeldex import __version__, editions, loaded, snapshots
from modeldex.catalog import Catalog, Record
from modeldex.cli import terminal
from modeldex.cli.advice import advice
from modeldex.cli.amounts import read, seconds, span
from modeldex.cli.failures import Failure
from modeldex.cli.opening import opened
from modeldex.cli.settings import Settings, everywhere
from modeldex.cli.terminal import Column
from modeldex.providers import key_variable

RUNS = 5

_EVERYTHING = {"mode": "any", "price_basis": "any", "include_deprecated": True}
_LAST_REFRESH = (
    "SELECT max(finished_at) FROM runs WHERE kind = 'refresh' AND status IN ('ok', 'partial')"
)
_RESOLVERS = (
    "SELECT r.name, r.precedence, count(c.model_id) AS models FROM resolvers r "
    "LEFT JOIN capabilities c ON c.resolver = r.name GROUP BY r.name "
    "ORDER BY r.precedence DESC, r.name"
)
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
_RUNS = (
    "SELECT id, kind, status, started_at, finished_at, version FROM runs ORDER BY id DESC "
    f"LIMIT {RUNS}"
)
_ERRORS = (
    "SELECT run_id, kind, name, problem, error FROM run_steps WHERE status = 'failed' "
    f"AND run_id IN (SELECT id FROM runs ORDER BY id DESC LIMIT {RUNS}) ORDER BY id"
)


class TooOld(Failure):
    """The last refresh that landed is older than asked; `age` and `max_age` are in seconds."""

    def __init__(self, age: float | None, max_age: float) -> None:
        self.age = age
        self.max_age = max_age
        when = "never" if age is None else f"{span(age)} ago"
        super().__init__(f"last refresh: {when}; asked for at most {span(max_age)}")


@everywhere()
@click.command(short_help="How much is known, and how old it is.")
@click.option(
    "--max-age", callback=read(seconds), metavar="SPAN",
    help="Exit with 1 when the last refresh that landed is older: 90m, 24h, 7d.",
)  # fmt: skip
@click.pass_obj
def status(settings: Settings, max_age: float | None) -> None:
    """Print where the catalog is, what it holds, and how the last refreshes went.

    A refresh in which some sources failed and the rest landed counts as a refresh; the age
    of each source stands beside it.
    """
    with opened(settings) as catalog:
        report = _report(catalog)
    if settings.json:
        terminal.print_json(report)
    elif terminal.is_terminal(sys.stdout):
        _print(settings, report)
    else:
        lines = _flat("", report)
        terminal.print_table(settings, (Column("key"), Column("value")), lines)
    age = report["last_refresh_age_s"]
    if max_age is not None and (age is None or age > max_age):
        raise TooOld(age, max_age)


def _storage(catalog: Catalog) -> dict[str, object]:
    """How it is stored: in a file with its journal, or on a server with its version."""
    if isinstance(catalog.path, Path):
        [[schema]], [[journal]] = (
            catalog.rows("PRAGMA user_version"),
            catalog.rows("PRAGMA journal_mode"),
        )
        size = catalog.path.stat().st_size
        return {"schema": schema, "journal_mode": journal, "bytes": size}
    [[schema, server, held]] = catalog.rows(
        "SELECT CAST(value AS INTEGER), current_setting('server_version'), "
        "pg_database_size(current_database()) FROM about WHERE key = 'schema'"
    )
    return {"schema": schema, "server": f"PostgreSQL {server}", "bytes": held}


def _report(catalog: Catalog) -> dict[str, Any]:
    """The whole answer; times are UTC, ages in seconds."""
    [[refreshed]] = catalog.rows(_LAST_REFRESH)
    return {
        "path": str(catalog.path),
        "modeldex": __version__,
        **_storage(catalog),
        "models": {
            "known": catalog.count({**_EVERYTHING, "available": False}),
            "available": catalog.count(_EVERYTHING),
        },
        "keys": {name: key_variable(name, os.environ) for name in catalog.scope.keyed},
        "last_refresh": refreshed,
        "last_refresh_age_s": _age(refreshed),
        "sources": _sources(catalog),
        "resolvers": _named(catalog.table(_RESOLVERS)),
        "runs": _runs(catalog),
        "snapshots": _named(map(_snapshot, snapshots.NAMES)),
    }


def _sources(catalog: Catalog) -> dict[str, Record]:
    """Each source: when it last answered, of which time its data is, and what is wrong now."""
    tokens = loaded.done(catalog.rows(loaded.DONE))
    found: dict[str, Record] = {}
    for row in catalog.table(_SOURCES):
        name, answered = str(row["name"]), row["last_success"]
        edition = editions.read(_text(tokens.get(("source", name))))
        found[name] = {
            "kind": row["kind"],
            "models": row["models"],
            "last_success": answered,
            "age_s": _age(answered),
            "as_of": edition.day if edition else answered if row["kind"] == "live" else None,
            "problem": row["problem"],
            "error": row["error"],
            "problem_at": row["problem_at"],
            "retry_at": row["retry_at"],
            "advice": advice(name, _text(row["problem"]), _text(row["retry_at"])),
        }
    return found


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _named(rows: Iterable[Record]) -> dict[str, Record]:
    """Rows by name, in their order."""
    return {str(row["name"]): {k: v for k, v in row.items() if k != "name"} for row in rows}


def _age(moment: object) -> float | None:
    """How many seconds ago a time of the catalog was."""
    if moment is None:
        return None
    begun = timegm(time.strptime(str(moment)[:19], "%Y-%m-%dT%H:%M:%S"))
    return max(0.0, round(time.time() - begun, 1))


def _runs(catalog: Catalog) -> list[Record]:
    errors = catalog.table(_ERRORS)
    return [
        {**run, "errors": [e for e in errors if e["run_id"] == run["id"]]}
        for run in catalog.table(_RUNS)
    ]


def _snapshot(name: str) -> Record:
    head = snapshots.header(name)
    return {key: head[key] for key in ("name", "package", "version", "as_of", "rows")}


def _flat(prefix: str, value: object) -> Iterator[tuple[str, object]]:
    """A report as lines of dotted key and value; a list counts from 0."""
    if isinstance(value, dict):
        items = [(str(key), item) for key, item in value.items()]
    elif isinstance(value, list):
        items = [(str(at), item) for at, item in enumerate(value)]
    else:
        yield prefix, value
        return
    for key, item in items:
        yield from _flat(f"{prefix}.{key}" if prefix else key, item)


def _ago(seconds: object) -> str:
    return f"{span(seconds)} ago" if isinstance(seconds, float) else "never"


_MODELS = Column("models", "", terminal.tokens, number=True)
_TABLES = {
    "sources": (
        Column("name", "source"), Column("kind"), _MODELS, Column("age_s", "last success", _ago),
        Column("as_of", "data of", terminal.day),
    ),
    "resolvers": (Column("name", "resolver"), Column("precedence", number=True), _MODELS),
    "runs": (
        Column("id", "run", number=True), Column("kind"), Column("status"),
        Column("started_at", "started"), Column("version"),
    ),
    "snapshots": (
        Column("name", "shipped data"), Column("as_of", "of"),
        Column("rows", "", terminal.tokens, number=True),
    ),
}  # fmt: skip


def _print(settings: Settings, report: dict[str, Any]) -> None:
    keys = [f"{name} ({variable})" for name, variable in report["keys"].items()]
    known, here = report["models"]["known"], report["models"]["available"]
    size = f"{report['bytes'] / 1e6:.1f} MB"
    lines = {
        "catalog": report["path"],
        "file": f"schema {report['schema']}, {size}, journal {report['journal_mode']}",
        "models": f"{known:,} known, {here:,} of them can be called from here",
        "keys": terminal.plain(keys),
        "refresh": _ago(report["last_refresh_age_s"]),
    }
    for name, value in lines.items():
        terminal.print_text(settings, f"{name:8} {terminal.show(value)}")
    for part, columns in _TABLES.items():
        terminal.print_text(settings, "")
        rows = report[part]
        if isinstance(rows, dict):
            rows = [{"name": name, **row} for name, row in rows.items()]
        cells = [[row[column.name] for column in columns] for row in rows]
        terminal.print_table(settings, columns, cells)
    for line in _problems(report):
        terminal.print_text(settings, terminal.show(line))


def _problems(report: dict[str, Any]) -> Iterator[str]:
    """What is wrong with a source now and what to do, then what else failed in the last runs."""
    now = {name: row for name, row in report["sources"].items() if row["error"]}
    for name, row in now.items():
        what = f"; {row['advice']}" if row["advice"] else ""
        told = str(row["error"]).removeprefix(f"{name}: ")
        yield f"source {name}: {told} ({_ago(_age(row['problem_at']))}){what}"
    for run in report["runs"]:
        for error in run["errors"]:
            if error["kind"] != "source" or error["name"] not in now:
                yield f"run {run['id']}: {error['kind']} {error['name']}: {error['error']}"
