"""Forget what is gone: what a source listed, and models that nobody has ever listed."""

import time
from collections.abc import Sequence
from typing import Any, NamedTuple

from modeldex.storage.batch import PAUSE, folding
from modeldex.storage.sightings import ABSENT
from modeldex.storage.sqlite.writer import Writer
from modeldex.vocabulary.timestamps import now

_END = (
    f"UPDATE sightings SET {ABSENT} WHERE source = :source AND missing_since IS NULL",
    "DELETE FROM listings WHERE provider = :source",
    "UPDATE sources SET origin = NULL WHERE name = :source",
)
_AT_ONCE = 100  # models of one transaction

_UNLISTED = (
    "NOT EXISTS (SELECT 1 FROM sightings s WHERE s.model_id = m.id) "
    "AND NOT EXISTS (SELECT 1 FROM capabilities c WHERE c.model_id = m.id AND c.resolver = 'user')"
)
UNLISTED = f"""SELECT m.id, m.provider, m.name,
  (SELECT count(*) FROM measurements s WHERE s.provider = m.provider AND s.name = m.name),
  (SELECT count(*) FROM capabilities c WHERE c.model_id = m.id)
FROM models m WHERE {_UNLISTED} AND m.first_seen >= :since ORDER BY m.provider, m.name"""
"""SQL: the models added since a moment that no source ever listed and no user states a fact of."""


class Unlisted(NamedTuple):
    """A model that nobody has listed, and the numbers of its samples and opinions."""

    id: int
    provider: str
    name: str
    samples: int
    opinions: int


def end_source(writer: Writer, source: str) -> None:
    """Make all that a source lists missing from it, and remove its listings, facts left alone."""
    with writer.transaction() as connection, folding(connection):
        for statement in _END:
            # A statement is given the values that it names only: a server wants no others.
            given = {"source": source, **({"now": now()} if ":now" in statement else {})}
            connection.exec_driver_sql(statement, given)


def forget_models(writer: Writer, models: Sequence[Unlisted]) -> None:
    """Delete models with their samples, opinions and history, in short transactions.

    One that somebody has listed since it was found stays. If interrupted, the catalog is
    consistent and the call can be repeated.
    """
    for first in range(0, len(models), _AT_ONCE):
        with writer.transaction() as connection, folding(connection):
            for model in models[first : first + _AT_ONCE]:
                _delete(connection, model)
        time.sleep(PAUSE)


def _delete(connection: Any, model: Unlisted) -> None:
    run = connection.exec_driver_sql
    if run(f"SELECT 1 FROM models m WHERE id = :id AND {_UNLISTED}", {"id": model.id}).first():
        key = {"provider": model.provider, "name": model.name}
        run("DELETE FROM measurements WHERE provider = :provider AND name = :name", key)
        run("DELETE FROM capabilities WHERE model_id = :id", {"id": model.id})
        run("DELETE FROM models WHERE id = :id", {"id": model.id})
