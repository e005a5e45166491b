"""Every write to a catalog. No network in sight: answers arrive complete and clean.

Only what differs is written, in transactions of at most CHUNK rows, so that nobody waits
long for the write lock. Inside one, triggers only note the models they touch and one
set-based fold at the end brings the catalog table up to date.
"""

import json
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import text

from modeldex.claims import Dropped, Identity, Stored
from modeldex.db import Writer
from modeldex.fields import NAMES
from modeldex.triggers import FOLD, FOLD_MEASURED

if TYPE_CHECKING:
    from sqlalchemy import Connection

CHUNK = 2000
# Between two chunks, in seconds: longer than the lock file's poll, or whoever waits would starve.
PAUSE = 0.015
EXAMPLES = 20

Key = tuple[str, str]
"""Provider and name of a model."""

Rows = Sequence[Mapping[str, Any]]
Batch = tuple[str, Rows]
"""One SQL statement and the rows to run it with."""


class Step(NamedTuple):
    """The record of one source or resolver in a run, as the table `run_steps` holds it."""

    kind: str
    name: str
    status: str
    started_at: str
    fetch_ms: float = 0.0
    write_ms: float = 0.0
    chunks: int = 0
    seen: int = 0
    changed: int = 0
    dropped: int = 0
    token: str | None = None
    error: str | None = None
    detail: str | None = None


class LastStep(NamedTuple):
    """The newest successful step of one name: its data version, its start, its run's sources."""

    token: str | None
    started_at: str
    sources: frozenset[str]


def now() -> str:
    """The current time as the catalog writes it, `2026-11-22T09:30:00.000Z`."""
    seconds = time.time()
    fraction = int(seconds % 1 * 1000)
    return time.strftime(f"%Y-%m-%dT%H:%M:%S.{fraction:03d}Z", time.gmtime(seconds))


def describe(dropped: Sequence[Dropped]) -> str | None:
    """Examples of what was dropped, as the JSON text of `run_steps.detail`."""
    return json.dumps([d._asdict() for d in dropped[:EXAMPLES]]) if dropped else None


@contextmanager
def folding(connection: "Connection") -> Iterator[None]:
    """Put the upkeep of the catalog table off to the end of the block."""
    run = connection.exec_driver_sql
    run("INSERT INTO deferral (active) SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM deferral)")
    yield
    for statement in FOLD_MEASURED.removesuffix(";").split(";\n"):
        run(statement)
    run("DELETE FROM catalog WHERE model_id IN (SELECT model_id FROM pending)")
    run(FOLD)
    run("DELETE FROM pending")
    run("DELETE FROM deferral")


def _chunks(batches: Iterable[Batch]) -> Iterator[list[Batch]]:
    """Regroup batches, in order, into groups of at most CHUNK rows."""
    group: list[Batch] = []
    room = CHUNK
    for sql, rows in batches:
        remaining = iter(rows)
        while part := list(islice(remaining, room)):
            group.append((sql, part))
            room -= len(part)
            if room == 0:
                yield group
                group, room = [], CHUNK
    if group:
        yield group


def _execute(connection: "Connection", group: list[Batch]) -> None:
    for sql, rows in group:
        connection.exec_driver_sql(sql, list(rows))


def _write(writer: Writer, run_id: int, step: Step, batches: Iterable[Batch]) -> Step:
    """Run all batches in short transactions; the last one also records the step."""
    first = len(writer.held_ms)
    groups = list(_chunks(batches))
    for group in groups[:-1]:
        with writer.transaction() as connection, folding(connection):
            _execute(connection, group)
        time.sleep(PAUSE)
    with writer.transaction() as connection:
        begun = time.perf_counter()
        if groups:
            with folding(connection):
                _execute(connection, groups[-1])
        held = max([*writer.held_ms[first:], (time.perf_counter() - begun) * 1000])
        step = step._replace(chunks=len(groups), write_ms=round(held, 1))
        _record(connection, run_id, step)
    return step


def _record(connection: "Connection", run_id: int, step: Step) -> None:
    columns = Step._fields
    connection.execute(
        text(
            f"INSERT INTO run_steps (run_id, {', '.join(columns)}) "
            f"VALUES (:run_id, {', '.join(':' + c for c in columns)})"
        ),
        {"run_id": run_id, **step._asdict()},
    )


def start_run(writer: Writer, kind: str, version: str) -> int:
    """Note that a run has begun; gives its id."""
    with writer.transaction() as connection:
        result = connection.execute(
            text(
                "INSERT INTO runs (kind, started_at, status, version) "
                "VALUES (:kind, :now, 'running', :version)"
            ),
            {"kind": kind, "now": now(), "version": version},
        )
        return int(result.lastrowid)


def finish_run(writer: Writer, run_id: int, status: str, steps: Iterable[Step]) -> None:
    """Close a run and record the steps that had nothing to write."""
    with writer.transaction() as connection:
        for step in steps:
            _record(connection, run_id, step)
        connection.execute(
            text("UPDATE runs SET status = :status, finished_at = :now WHERE id = :id"),
            {"status": status, "now": now(), "id": run_id},
        )


def last_steps(writer: Writer) -> dict[Key, LastStep]:
    """The newest successful step of each (kind, name)."""
    with writer.reading() as connection:
        rows = connection.execute(
            "SELECT kind, name, token, max(started_at), (SELECT group_concat(o.name, char(10)) "
            "FROM run_steps o WHERE o.run_id = s.run_id AND o.kind = 'source') "
            "FROM run_steps s WHERE status <> 'failed' GROUP BY kind, name"
        ).fetchall()
    return {
        (kind, name): LastStep(token, started, frozenset((sources or "").split("\n")))
        for kind, name, token, started, sources in rows
    }


def order_resolvers(writer: Writer, names: Sequence[str], default: int, *, move: bool) -> None:
    """Give resolvers that are new here a place; with `move`, make later names outrank earlier.

    A new one gets the `default` precedence; as few others are moved as that takes.
    """
    with writer.reading() as connection:
        known = dict(connection.execute("SELECT name, precedence FROM resolvers").fetchall())
    wanted: dict[str, int] = {}
    floor = 0
    for name in names:
        place = int(known.get(name, default))
        floor = max(place, floor + 1) if move else place
        wanted[name] = floor
    changes = {name: place for name, place in wanted.items() if known.get(name) != place}
    if not changes:
        return
    with writer.transaction() as transaction, folding(transaction):
        for name, place in changes.items():
            sql = (
                "UPDATE resolvers SET precedence = :place WHERE name = :name"
                if name in known
                else "INSERT INTO resolvers (name, precedence) VALUES (:name, :place)"
            )
            transaction.execute(text(sql), {"name": name, "place": place})


def rebuild(writer: Writer) -> None:
    """Derive every row of the catalog table anew, and fold what was left over."""
    with writer.reading() as connection:
        models = connection.execute("SELECT id FROM models UNION SELECT model_id FROM catalog")
        ids = iter(models.fetchall())
    note = (
        "INSERT INTO pending (model_id) SELECT ? "
        "WHERE NOT EXISTS (SELECT 1 FROM pending WHERE model_id = ?)"
    )
    while part := [(id_, id_) for (id_,) in islice(ids, CHUNK)]:
        with writer.transaction() as transaction, folding(transaction):
            transaction.exec_driver_sql(note, part)


# What a source saw.

_NEW_MODEL = (
    "INSERT INTO models (provider, name, family, display_name, first_seen, last_seen) "
    "VALUES (:provider, :name, :family, :display_name, :now, :now)"
)
_FILL_MODEL = (
    "UPDATE models SET family = coalesce(family, :family), "
    "display_name = coalesce(display_name, :display_name) "
    "WHERE provider = :provider AND name = :name"
)
_ID = "(SELECT id FROM models WHERE provider = :provider AND name = :name)"
_NEW_SIGHTING = (
    "INSERT INTO sightings (model_id, source, first_seen, last_seen) "
    "SELECT id, :source, :now, :now FROM models m WHERE provider = :provider AND name = :name "
    "AND NOT EXISTS (SELECT 1 FROM sightings s WHERE s.model_id = m.id AND s.source = :source)"
)
_SEEN_AGAIN = (
    "UPDATE sightings SET last_seen = :now, missing_since = NULL "
    f"WHERE source = :source AND model_id = {_ID}"
)
_MODEL_SEEN = "UPDATE models SET last_seen = :now WHERE provider = :provider AND name = :name"
_MISSING = (
    f"UPDATE sightings SET missing_since = :now WHERE source = :source AND model_id = {_ID} "
    "AND missing_since IS NULL"
)
_NEW_ALIAS = (
    "INSERT INTO aliases (provider, alias, model_id) "
    "SELECT :provider, :alias, id FROM models WHERE provider = :provider AND name = :name "
    "AND NOT EXISTS (SELECT 1 FROM aliases WHERE provider = :provider AND alias = :alias)"
)
_SIGHTINGS = (
    "SELECT m.provider, m.name, m.family, m.display_name, s.source, s.missing_since "
    "FROM models m LEFT JOIN sightings s ON s.model_id = m.id AND s.source = :source"
)


class _Known(NamedTuple):
    family: str | None
    display_name: str | None
    sighted: bool
    missing: bool


def _known_models(connection: sqlite3.Connection, source: str) -> dict[Key, _Known]:
    rows = connection.execute(_SIGHTINGS, {"source": source}).fetchall()
    return {
        (provider, name): _Known(family, display, seen is not None, missing is not None)
        for provider, name, family, display, seen, missing in rows
    }


def _identity_batches(
    seen: Mapping[Key, Identity], known: Mapping[Key, _Known], common: Mapping[str, Any]
) -> Iterator[Batch]:
    def rows(wanted: Callable[[Identity, _Known | None], bool]) -> Rows:
        return [
            {**identity._asdict(), **common}
            for key, identity in seen.items()
            if wanted(identity, known.get(key))
        ]

    yield _NEW_MODEL, rows(lambda _i, k: k is None)
    yield (
        _FILL_MODEL,
        rows(
            lambda i, k: (
                k is not None
                and bool((i.family and not k.family) or (i.display_name and not k.display_name))
            )
        ),
    )
    yield _NEW_SIGHTING, rows(lambda _i, k: k is None or not k.sighted)
    yield _MODEL_SEEN, rows(lambda _i, k: k is not None)
    yield _SEEN_AGAIN, rows(lambda _i, k: k is not None and k.sighted)


def write_source(
    writer: Writer, run_id: int, step: Step, kind: str, seen: Mapping[Key, Identity]
) -> Step:
    """Bring models, sightings and aliases in line with one complete answer of a source."""
    common = {"source": step.name, "now": now()}
    with writer.reading() as connection:
        known = _known_models(connection, step.name)
        aliases = set(connection.execute("SELECT provider, alias FROM aliases").fetchall())
        stored = connection.execute(
            "SELECT kind FROM sources WHERE name = ?", (step.name,)
        ).fetchone()
    lost = [
        {"provider": key[0], "name": key[1], **common}
        for key, model in known.items()
        if model.sighted and not model.missing and key not in seen
    ]
    batches = list(_identity_batches(dict(sorted(seen.items())), known, common))
    batches += [(_MISSING, lost), (_NEW_ALIAS, _new_aliases(seen, aliases))]
    if stored != (kind,):
        sql = (
            "INSERT INTO sources (name, kind) VALUES (:source, :kind)"
            if stored is None
            else "UPDATE sources SET kind = :kind WHERE name = :source"
        )
        batches.insert(0, (sql, [{"kind": kind, **common}]))
    changed = sum(key not in known or not known[key].sighted for key in seen) + len(lost)
    changed += sum(known[key].missing for key in seen if key in known)
    return _write(writer, run_id, step._replace(changed=changed), batches)


def _new_aliases(seen: Mapping[Key, Identity], known: set[Any]) -> Rows:
    return [
        {"provider": identity.provider, "name": identity.name, "alias": alias}
        for _, identity in sorted(seen.items())
        for alias in identity.aliases
        if (identity.provider, alias) not in known and (identity.provider, alias) not in seen
    ]


class Sighted(NamedTuple):
    """A model that some sources see now, and when the first of them did."""

    identity: Identity
    first_seen: str
    sources: frozenset[str]


def sighted(writer: Writer, sources: Sequence[str]) -> list[Sighted]:
    """The models that one of these sources sees now."""
    marks = ", ".join("?" for _ in sources)
    with writer.reading() as connection:
        rows = connection.execute(
            "SELECT m.provider, m.name, m.family, m.display_name, min(s.first_seen), "
            "group_concat(s.source, char(10)) FROM models m JOIN sightings s ON s.model_id = m.id "
            "WHERE m.retired_at IS NULL AND s.missing_since IS NULL "
            f"AND s.source IN ({marks}) GROUP BY m.id ORDER BY m.provider, m.name",
            tuple(sources),
        ).fetchall()
    return [
        Sighted(Identity(*identity), first, frozenset(seen_by.split("\n")))
        for *identity, first, seen_by in rows
    ]


# What a resolver said.

_OPINION = ", ".join(NAMES)
_NEW_OPINION = (
    f"INSERT INTO capabilities (model_id, resolver, {_OPINION}, observed_at, changed_at) "
    f"SELECT m.id, :resolver, {', '.join(':' + n for n in NAMES)}, :observed_at, :now "
    "FROM models m WHERE m.provider = :provider AND m.name = :name AND NOT EXISTS "
    "(SELECT 1 FROM capabilities c WHERE c.model_id = m.id AND c.resolver = :resolver)"
)
_CHANGED_OPINION = (
    f"UPDATE capabilities SET {', '.join(f'{n} = :{n}' for n in NAMES)}, "
    f"observed_at = :observed_at, changed_at = :now WHERE resolver = :resolver AND model_id = {_ID}"
)
_NO_OPINION = f"DELETE FROM capabilities WHERE resolver = :resolver AND model_id = {_ID}"


def _opinions(connection: sqlite3.Connection, resolver: str) -> dict[Key, dict[str, Stored]]:
    rows = connection.execute(
        f"SELECT m.provider, m.name, {', '.join('c.' + n for n in NAMES)} FROM capabilities c "
        "JOIN models m ON m.id = c.model_id WHERE c.resolver = ?",
        (resolver,),
    ).fetchall()
    return {
        (row[0], row[1]): {
            name: value for name, value in zip(NAMES, row[2:], strict=True) if value is not None
        }
        for row in rows
    }


def write_resolver(
    writer: Writer,
    run_id: int,
    step: Step,
    answers: Mapping[Key, Mapping[str, Stored]],
    observed_at: str | None = None,
) -> Step:
    """Bring one resolver's opinions in line with its answers; an empty answer removes one.

    Models that were not asked about keep the opinion they have.
    """
    moment = now()
    common = {"resolver": step.name, "now": moment, "observed_at": observed_at or moment}
    blank = dict.fromkeys(NAMES)
    with writer.reading() as connection:
        stored = _opinions(connection, step.name)
    new: list[Mapping[str, Any]] = []
    altered: list[Mapping[str, Any]] = []
    withdrawn: list[Mapping[str, Any]] = []
    for key in sorted(answers):
        values, before = answers[key], stored.get(key)
        row = {**blank, **values, "provider": key[0], "name": key[1], **common}
        if before is None and values:
            new.append(row)
        elif before is not None and not values:
            withdrawn.append(row)
        elif before is not None and before != values:
            altered.append(row)
    step = step._replace(changed=len(new) + len(altered) + len(withdrawn))
    batches = [(_NEW_OPINION, new), (_CHANGED_OPINION, altered), (_NO_OPINION, withdrawn)]
    return _write(writer, run_id, step, batches)
