"""Write to a catalog in short transactions, with deferred fold.

A transaction writes at most CHUNK rows, to hold the write lock only briefly. Inside it, triggers
only queue the models they touch, and one fold at the end updates the table `catalog`.
"""

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import TYPE_CHECKING, Any

from modeldex.storage.insert import Insert
from modeldex.storage.schema.fold import FOLD_STEPS
from modeldex.storage.schema.measured import FOLD_MEASURED
from modeldex.storage.sqlite.writer import Writer
from modeldex.vocabulary import clock

if TYPE_CHECKING:
    from sqlalchemy import Connection

from modeldex.storage.run_log import Step, _record

CHUNK = 2000
# Seconds between two chunks: longer than the poll interval of the lock file (0.01), so that a
# waiting process can take the lock.
PAUSE = 0.015

Rows = Sequence[Mapping[str, Any]]
Batch = tuple[str | Insert, Rows]
"""One SQL statement and the rows to run it with."""


@contextmanager
def folding(connection: "Connection") -> Iterator[None]:
    """Defer the fold into the table `catalog` to the end of the block."""
    run = connection.exec_driver_sql
    if connection.dialect.name == "postgresql":  # its fold is deferred to the end anyway
        from modeldex.storage.postgres.fold import CONSTRAINT

        yield
        run(f"SET CONSTRAINTS {CONSTRAINT} IMMEDIATE")
        run(f"SET CONSTRAINTS {CONSTRAINT} DEFERRED")
        return
    run("INSERT INTO deferral (active) SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM deferral)")
    yield
    for statement in FOLD_MEASURED.removesuffix(";").split(";\n"):
        run(statement)
    for statement in FOLD_STEPS:
        run(statement)
    run("DELETE FROM pending")
    run("DELETE FROM deferral")


@contextmanager
def forgetting(connection: "Connection", notes: str) -> Iterator[None]:
    """Fold nothing of what the block changes: at its end the table `notes` is emptied."""
    run = connection.exec_driver_sql
    on_server = connection.dialect.name == "postgresql"
    if not on_server:
        run("INSERT INTO deferral (active) SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM deferral)")
    yield
    run(f"DELETE FROM {notes}")
    if not on_server:
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


def execute(connection: "Connection", group: Iterable[Batch]) -> None:
    """Execute batches in the open transaction."""
    for sql, rows in group:
        if isinstance(sql, Insert):
            sql.run(connection, list(rows))
        else:
            connection.exec_driver_sql(sql, list(rows))


def write(writer: Writer, run_id: int, step: Step, batches: Iterable[Batch]) -> Step:
    """Execute all batches in short transactions; the last one also inserts the step's record."""
    first = len(writer.held_ms)
    groups = list(_chunks(batches))
    for group in groups[:-1]:
        with writer.transaction() as connection, folding(connection):
            execute(connection, group)
        time.sleep(PAUSE)
    with writer.transaction() as connection:
        # The last transaction is not yet in `held_ms`, as its record must contain its own time.
        begun = clock.steady()
        if groups:
            with folding(connection):
                execute(connection, groups[-1])
        held = max([*writer.held_ms[first:], (clock.steady() - begun) * 1000])
        step = step._replace(chunks=len(groups), write_ms=round(held, 1))
        _record(connection, run_id, step)
    return step


def catalog_id(writer: Writer) -> str:
    """Return the unique id of this catalog; empty if it has none."""
    with writer.reading() as connection:
        rows = connection.execute("SELECT value FROM about WHERE key = 'catalog_id'").fetchall()
    return str(rows[0][0]) if rows else ""


def rebuild(writer: Writer) -> None:
    """Recompute every row of the table `catalog`, and fold pending rows."""
    with writer.reading() as connection:
        models = connection.execute("SELECT id FROM models UNION SELECT model_id FROM catalog")
        fold_models(writer, models.fetchall())


def fold_models(writer: Writer, models: Iterable[Sequence[Any]]) -> None:
    """Recompute the rows of the table `catalog` of some models, in short transactions.

    `models` are rows whose first column is an id.
    """
    ids = iter(models)
    note = (
        "INSERT INTO pending (model_id) SELECT :id "
        "WHERE NOT EXISTS (SELECT 1 FROM pending WHERE model_id = :id)"
    )
    while part := [{"id": row[0]} for row in islice(ids, CHUNK)]:
        with writer.transaction() as transaction, folding(transaction):
            transaction.exec_driver_sql(note, part)
        time.sleep(PAUSE)
