"""Write to a catalog in short transactions, with deferred fold and run records.

A transaction writes at most CHUNK rows, to hold the write lock only briefly. Inside it, triggers
only queue the models they touch, and one set-based fold at the end updates the table `catalog`.
"""

import json
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import text

from modeldex import clock
from modeldex.claims import Dropped
from modeldex.measuring import FOLD_MEASURED
from modeldex.upkeep import FOLD, LOG
from modeldex.waiting import LONGEST, still_ahead, utc
from modeldex.writer import Writer

if TYPE_CHECKING:
    from sqlalchemy import Connection

CHUNK = 2000
# Seconds between two chunks: longer than the poll interval of the lock file (0.01), so that a
# waiting process can take the lock.
PAUSE = 0.015
EXAMPLES = 20
"""Number of dropped values stored per step."""

NEWEST_STEPS = "SELECT max(id) FROM run_steps WHERE status <> 'failed' GROUP BY kind, name"
"""SQL: the ids of the newest successful step of each source and resolver."""

Key = tuple[str, str]
"""Provider and name of a model."""

Rows = Sequence[Mapping[str, Any]]
Batch = tuple[str, Rows]
"""One SQL statement and the rows to run it with."""


class Step(NamedTuple):
    """The record of one source or resolver in a run: a row of the table `run_steps`."""

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
    problem: str | None = None
    error: str | None = None
    retry_at: str | None = None
    detail: str | None = None


class LastStep(NamedTuple):
    """The newest successful step of a part: data version, start, names of its run's sources."""

    token: str | None
    started_at: str
    sources: frozenset[str]


def now() -> str:
    """Return the current time in the catalog's format, `2026-11-22T09:30:00.000Z`."""
    seconds = clock.wall()
    fraction = int(seconds % 1 * 1000)
    return time.strftime(f"%Y-%m-%dT%H:%M:%S.{fraction:03d}Z", time.gmtime(seconds))


def describe(dropped: Sequence[Dropped]) -> str | None:
    """Return the first EXAMPLES dropped values as JSON for `run_steps.detail`; None if empty."""
    return json.dumps([d._asdict() for d in dropped[:EXAMPLES]]) if dropped else None


@contextmanager
def folding(connection: "Connection") -> Iterator[None]:
    """Defer the fold into the table `catalog` to the end of the block."""
    run = connection.exec_driver_sql
    run("INSERT INTO deferral (active) SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM deferral)")
    yield
    for statement in FOLD_MEASURED.removesuffix(";").split(";\n"):
        run(statement)
    if connection.dialect.name == "postgresql":  # its planner assumes that `pending` is empty
        run("ANALYZE pending")
    # FOLD inserts, so the outdated rows must go first; also those of deleted models.
    run("DELETE FROM catalog WHERE model_id IN (SELECT model_id FROM pending)")
    run(FOLD)
    run(LOG)
    run("DELETE FROM pending")
    run("DELETE FROM deferral")


def _chunks(batches: Iterable[Batch]) -> Iterator[list[Batch]]:
    """Split batches, in order, into groups of at most CHUNK rows."""
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


def write(writer: Writer, run_id: int, step: Step, batches: Iterable[Batch]) -> Step:
    """Execute all batches in short transactions; the last one also inserts the step's record."""
    first = len(writer.held_ms)
    groups = list(_chunks(batches))
    for group in groups[:-1]:
        with writer.transaction() as connection, folding(connection):
            _execute(connection, group)
        time.sleep(PAUSE)
    with writer.transaction() as connection:
        # The last transaction is not yet in `held_ms`, as its record must contain its own time.
        begun = clock.steady()
        if groups:
            with folding(connection):
                _execute(connection, groups[-1])
        held = max([*writer.held_ms[first:], (clock.steady() - begun) * 1000])
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
    """Insert a run with status `running`; return its id."""
    with writer.transaction() as connection:
        result = connection.execute(
            text(
                "INSERT INTO runs (kind, started_at, status, version) "
                "VALUES (:kind, :now, 'running', :version) RETURNING id"
            ),
            {"kind": kind, "now": now(), "version": version},
        )
        return int(result.scalar_one())


def finish_run(writer: Writer, run_id: int, status: str, steps: Iterable[Step]) -> None:
    """Store the status of a run and the records of steps that wrote nothing else."""
    with writer.transaction() as connection:
        for step in steps:
            _record(connection, run_id, step)
        connection.execute(
            text("UPDATE runs SET status = :status, finished_at = :now WHERE id = :id"),
            {"status": status, "now": now(), "id": run_id},
        )


def last_steps(writer: Writer) -> dict[Key, LastStep]:
    """Return the newest successful step by (kind, name)."""
    with writer.reading() as connection:
        rows = connection.execute(
            "SELECT s.kind, s.name, s.token, s.started_at, (SELECT group_concat(o.name, char(10)) "
            "FROM run_steps o WHERE o.run_id = s.run_id AND o.kind = 'source') "
            f"FROM run_steps s WHERE s.id IN ({NEWEST_STEPS})"
        ).fetchall()
    return {
        (kind, name): LastStep(token, started, frozenset((sources or "").split("\n")))
        for kind, name, token, started, sources in rows
    }


def catalog_id(writer: Writer) -> str:
    """Return the unique id of this catalog; empty if it has none."""
    with writer.reading() as connection:
        rows = connection.execute("SELECT value FROM about WHERE key = 'catalog_id'").fetchall()
    return str(rows[0][0]) if rows else ""


def resting(writer: Writer) -> dict[Key, str]:
    """Return the pending Retry-After time by (kind, name), from the newest step of each."""
    with writer.reading() as connection:
        rows = connection.execute(
            "SELECT kind, name, retry_at FROM run_steps WHERE run_id IN "
            "(SELECT id FROM runs WHERE started_at > ?) ORDER BY id",
            (utc(clock.wall() - LONGEST),),
        ).fetchall()
    newest = {(kind, name): still_ahead(until) for kind, name, until in rows}
    return {key: until for key, until in newest.items() if until}


def order_resolvers(writer: Writer, wishes: Mapping[str, int], *, move: bool) -> None:
    """Store the precedence of new resolvers; with `move`, make later names outrank earlier ones.

    `wishes` has the precedence by name, for resolvers that are new. With `move`, a precedence is
    raised only if it does not exceed that of the name before.
    """
    with writer.reading() as connection:
        known = dict(connection.execute("SELECT name, precedence FROM resolvers").fetchall())
    wanted: dict[str, int] = {}
    floor = 0
    for name, wish in wishes.items():
        precedence = int(known.get(name, wish))
        floor = max(precedence, floor + 1) if move else precedence
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
    """Recompute every row of the table `catalog`, and fold pending rows."""
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
