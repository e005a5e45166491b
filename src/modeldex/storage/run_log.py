"""The record of refreshes: runs, their steps, and the newest step of each part."""

import json
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from modeldex.storage.schema.columns import LINE
from modeldex.storage.sqlite.writer import Writer
from modeldex.vocabulary import clock
from modeldex.vocabulary.normalize import Dropped
from modeldex.vocabulary.timestamps import MAX_RETRY_AFTER, now, pending_time, utc

if TYPE_CHECKING:
    from sqlalchemy import Connection


EXAMPLES = 20
"""Number of dropped values stored per step."""

NEWEST_STEPS = "SELECT max(id) FROM run_steps WHERE status <> 'failed' GROUP BY kind, name"
"""SQL: the ids of the newest successful step of each source and resolver."""


StepKey = tuple[str, str]
"""Kind (source or resolver) and name of a step."""


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


def describe(dropped: Sequence[Dropped]) -> str | None:
    """Return the first EXAMPLES dropped values as JSON for `run_steps.detail`; None if empty."""
    return json.dumps([d._asdict() for d in dropped[:EXAMPLES]]) if dropped else None


def _record(connection: "Connection", run_id: int, step: Step) -> None:
    columns = Step._fields
    connection.exec_driver_sql(
        f"INSERT INTO run_steps (run_id, {', '.join(columns)}) "
        f"VALUES (:run_id, {', '.join(':' + c for c in columns)})",
        {"run_id": run_id, **step._asdict()},
    )


def start_run(writer: Writer, kind: str, version: str) -> int:
    """Insert a run with status `running`; return its id."""
    with writer.transaction() as connection:
        result = connection.exec_driver_sql(
            "INSERT INTO runs (kind, started_at, status, version) "
            "VALUES (:kind, :now, 'running', :version) RETURNING id",
            {"kind": kind, "now": now(), "version": version},
        )
        return int(result.scalar_one())


def write_steps(writer: Writer, run_id: int, steps: Iterable[Step]) -> None:
    """Store the records of steps whose results are stored already."""
    with writer.transaction() as connection:
        for step in steps:
            _record(connection, run_id, step)


def finish_run(writer: Writer, run_id: int, status: str, steps: Iterable[Step]) -> None:
    """Store the status of a run and the records of steps that wrote nothing else."""
    with writer.transaction() as connection:
        for step in steps:
            _record(connection, run_id, step)
        connection.exec_driver_sql(
            "UPDATE runs SET status = :status, finished_at = :now WHERE id = :id",
            {"status": status, "now": now(), "id": run_id},
        )


def last_steps(writer: Writer) -> dict[StepKey, LastStep]:
    """Return the newest successful step by (kind, name)."""
    with writer.reading() as connection:
        rows = connection.execute(
            f"SELECT s.kind, s.name, s.token, s.started_at, (SELECT group_concat(o.name, {LINE}) "
            "FROM run_steps o WHERE o.run_id = s.run_id AND o.kind = 'source') "
            f"FROM run_steps s WHERE s.id IN ({NEWEST_STEPS})"
        ).fetchall()
    return {
        (kind, name): LastStep(token, started, frozenset((sources or "").split("\n")))
        for kind, name, token, started, sources in rows
    }


def pending_retries(writer: Writer) -> dict[StepKey, str]:
    """Return the pending Retry-After time by (kind, name), from the newest step of each."""
    with writer.reading() as connection:
        rows = connection.execute(
            "SELECT kind, name, retry_at FROM run_steps WHERE run_id IN "
            "(SELECT id FROM runs WHERE started_at > :since) ORDER BY id",
            {"since": utc(clock.wall() - MAX_RETRY_AFTER)},
        ).fetchall()
    newest = {(kind, name): pending_time(until) for kind, name, until in rows}
    return {key: until for key, until in newest.items() if until}
