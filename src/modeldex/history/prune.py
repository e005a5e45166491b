"""Delete history older than a cutoff ("horizon") that no later state depends on.

Current opinions and models are never deleted, and queries as of any time after the horizon return
the same as before. Runs that are the newest of their kind and outcome stay, and so do runs that
hold the newest step of a kind and outcome of a source or resolver. A listing that nobody has asked
for since then is deleted, as of a key that is used no more. Of the measurements, only those
that no figure depends on are deleted: not the newest NEWEST of a model, and none with a quality
score.
"""

import time
from collections.abc import Mapping, Sequence
from typing import NamedTuple, cast

from modeldex.query.catalog import Catalog
from modeldex.storage.batch import CHUNK, PAUSE, forgetting
from modeldex.storage.schema.measured import NEWEST
from modeldex.storage.sqlite.writer import Writer


class _Old(NamedTuple):
    """Which rows of a table, alias `t`, are too old: the time column, a further SQL condition."""

    time: str
    also: str = ""


_SUPERSEDED = (
    " AND EXISTS (SELECT 1 FROM {0} n WHERE n.{1} = t.{1} AND n.id > t.id AND n.at <= :horizon)"
)
_LAST_STEPS = (
    "SELECT max(s.id) FROM run_steps s JOIN runs r ON r.id = s.run_id "
    "GROUP BY r.kind, s.kind, s.name, s.status, s.error IS NULL, s.changed > 0"
)
_ENDED = "coalesce(t.finished_at, t.started_at)"
_SUPERSEDED_RUN = (
    f" AND t.id NOT IN (SELECT run_id FROM run_steps WHERE id IN ({_LAST_STEPS})) "
    "AND t.id NOT IN (SELECT max(id) FROM runs GROUP BY kind, status, version)"
)
_NOT_COUNTING = (
    " AND t.quality_score IS NULL AND t.id NOT IN (SELECT id FROM (SELECT id, row_number() OVER "
    "(PARTITION BY provider, name ORDER BY measured_at DESC, id DESC) AS place "
    f"FROM measurements) s WHERE place <= {NEWEST})"
)
HISTORIES = {
    "catalog_history": _Old("t.valid_to"),
    "capability_history": _Old("t.valid_to"),
    "model_history": _Old("t.at", _SUPERSEDED.format("model_history", "model_id")),
    "resolver_history": _Old("t.at", _SUPERSEDED.format("resolver_history", "name")),
}
_RUNS = {
    "run_steps": _Old(
        "t.started_at",
        f" AND t.run_id IN (SELECT id FROM runs t WHERE {_ENDED} <= :horizon{_SUPERSEDED_RUN})",
    ),
    "runs": _Old(_ENDED, _SUPERSEDED_RUN),
}
_LISTINGS = {"listings": _Old("t.asked_at")}
_MEASUREMENTS = {"measurements": _Old("t.measured_at", _NOT_COUNTING)}
_TABLES = HISTORIES | _RUNS | _LISTINGS | _MEASUREMENTS

RowIds = Mapping[str, Sequence[int]]
"""Row ids by table."""


def outdated_rows(catalog: Catalog, horizon: str, *, measurements: bool = False) -> RowIds:
    """Return the rows that `prune` would delete from runs, histories and, if asked, measurements.

    `horizon` is a time in the catalog's format, such as 2026-11-22T09:30:00.000Z.
    """
    tables = HISTORIES | _RUNS | _LISTINGS | (_MEASUREMENTS if measurements else {})
    return {table: _ids(catalog, table, horizon) for table in tables}


def _ids(catalog: Catalog, table: str, horizon: str) -> list[int]:
    old = _TABLES[table]
    rows = catalog.rows(
        f"SELECT t.id FROM {table} t WHERE {old.time} <= :horizon{old.also} ORDER BY t.id",
        {"horizon": horizon},
    )
    return [cast("int", row[0]) for row in rows]


def prune(writer: Writer, found: RowIds, horizon: str) -> None:
    """Delete the rows that `outdated_rows` returned, in short transactions.

    Afterwards history begins at the horizon. If interrupted, the catalog is consistent and the
    call can be repeated. The file keeps its size; freed pages are reused.
    """
    # First move the beginning of history, so that no deleted period is ever reported as known.
    if any(found.get(table) for table in HISTORIES):
        with writer.transaction() as connection:
            connection.exec_driver_sql(
                "UPDATE about SET value = :horizon WHERE key = 'born_at' AND value < :horizon",
                {"horizon": horizon},
            )
    for table, ids in found.items():
        for first in range(0, len(ids), CHUNK):
            _remove(writer, table, ids[first : first + CHUNK], horizon)
            time.sleep(PAUSE)


def _remove(writer: Writer, table: str, ids: Sequence[int], horizon: str) -> None:
    """Delete rows by id, unless the id now belongs to a newer row."""
    sql = f"DELETE FROM {table} AS t WHERE t.id = :id AND {_TABLES[table].time} <= :horizon"
    # Only measurements that no figure depends on are deleted, so no fold is needed.
    with writer.transaction() as connection, forgetting(connection, "pending_measurements"):
        connection.exec_driver_sql(sql, [{"id": id_, "horizon": horizon} for id_ in ids])
