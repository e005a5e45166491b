"""Take the shipped data from a ready catalog into an existing one, by set-based SQL.

The outcome is that of `sightings.write_source` and `opinions.write_resolver` for the same sources
and resolvers. What a resolver states of a model depends on the model's identity, so opinions are
taken for models that have the same name, family and display name in both catalogs; `Taken.models`
names them, and the caller resolves the others.
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

from modeldex.storage.batch import CHUNK, PAUSE, execute, folding
from modeldex.storage.schema.columns import columns, quoted
from modeldex.storage.sightings import ABSENT, GONE_AFTER, RETIRE, Kind, day_ago, kind_batch
from modeldex.storage.sqlite.writer import Writer
from modeldex.vocabulary.fields import NAMES
from modeldex.vocabulary.normalize import OfferKey
from modeldex.vocabulary.timestamps import now

if TYPE_CHECKING:
    from sqlalchemy import Connection


class Count(NamedTuple):
    """Of one source or resolver: how many models it states something of, and what changed."""

    seen: int
    changed: int


class Taken(NamedTuple):
    """What was taken: counts by source and by resolver, and the models whose opinions were."""

    sources: Mapping[str, Count]
    resolvers: Mapping[str, Count]
    models: frozenset[OfferKey]


# The models that a source lists in the edition: `their` and `our` id, which is NULL for new ones.
_LISTED = """(SELECT e.id AS their, e.provider, e.name, e.family, e.display_name, m.id AS our
  FROM edition.sightings s JOIN edition.models e ON e.id = s.model_id
  LEFT JOIN main.models m ON m.provider = e.provider AND m.name = e.name
  WHERE s.source = :source)"""
_OURS = f"(SELECT our FROM {_LISTED} WHERE our IS NOT NULL)"
_NEW_MODELS = f"""INSERT INTO main.models
    (provider, name, family, display_name, first_seen, last_seen)
  SELECT provider, name, family, display_name, :now, :now FROM {_LISTED}
  WHERE our IS NULL AND their > :above AND their <= :upto ORDER BY their"""
_CHANGES = f"""SELECT (SELECT count(*) FROM {_LISTED}),
  (SELECT count(*) FROM {_LISTED} l LEFT JOIN main.sightings s
     ON s.model_id = l.our AND s.source = :source
   WHERE s.model_id IS NULL OR s.missing_since IS NOT NULL)
  + (SELECT count(*) FROM main.sightings WHERE source = :source AND missing_since IS NULL
     AND model_id NOT IN {_OURS})"""
_SIGHT = (
    f"""UPDATE main.models AS m SET family = coalesce(m.family, l.family),
        display_name = coalesce(m.display_name, l.display_name)
      FROM {_LISTED} l WHERE l.our = m.id
        AND ((m.family IS NULL AND l.family IS NOT NULL)
          OR (m.display_name IS NULL AND l.display_name IS NOT NULL))""",
    f"""INSERT INTO main.sightings (model_id, source, first_seen, last_seen)
      SELECT our, :source, :now, :now FROM {_LISTED} WHERE our NOT IN
        (SELECT model_id FROM main.sightings WHERE source = :source)""",
    f"""UPDATE main.models SET retired_at = NULL WHERE retired_at IS NOT NULL AND id IN {_OURS}
        AND id IN (SELECT model_id FROM main.sightings
          WHERE source = :source AND missing_since IS NOT NULL)""",
    f"UPDATE main.models SET last_seen = :now WHERE id IN {_OURS}",
    f"""UPDATE main.sightings SET last_seen = :now, missing_since = NULL, missed = 0
      WHERE source = :source AND model_id IN {_OURS}""",
    f"""UPDATE main.sightings SET {ABSENT} WHERE source = :source AND model_id NOT IN {_OURS}
        AND (missing_since IS NULL OR missed < :gone_after)""",
    f"""INSERT INTO main.aliases (provider, alias, model_id)
      SELECT a.provider, a.alias, l.our FROM edition.aliases a JOIN {_LISTED} l
        ON l.their = a.model_id
      WHERE NOT EXISTS (SELECT 1 FROM main.aliases x
        WHERE x.provider = a.provider AND x.alias = a.alias)""",
    RETIRE,
)
_TEMPORARY = {
    # Models with the same identity in both catalogs that one of the sources of the run lists.
    "pairs": "their INTEGER PRIMARY KEY, our INTEGER NOT NULL UNIQUE",
    "differing": "their INTEGER, our INTEGER, resolver TEXT, how TEXT, PRIMARY KEY (our, resolver)",
}
_PAIR = """INSERT INTO temp.pairs SELECT e.id, m.id
  FROM edition.models e JOIN main.models m ON m.provider = e.provider AND m.name = e.name
  WHERE e.family IS m.family AND e.display_name IS m.display_name AND m.retired_at IS NULL
    AND EXISTS (SELECT 1 FROM main.sightings s WHERE s.model_id = m.id
      AND s.missing_since IS NULL AND s.source IN ({sources}))"""
_PAIRED = "SELECT e.provider, e.name FROM temp.pairs p JOIN edition.models e ON e.id = p.their"
_SAME = " AND ".join(f"n.{name} IS c.{name}" for name in (*NAMES, "source_url"))
_DIFFER = f"""INSERT INTO temp.differing
  SELECT p.their, p.our, n.resolver, CASE WHEN c.model_id IS NULL THEN 'new' ELSE 'changed' END
    FROM temp.pairs p CROSS JOIN edition.capabilities n ON n.model_id = p.their
    LEFT JOIN main.capabilities c ON c.model_id = p.our AND c.resolver = n.resolver
    WHERE n.resolver IN ({{resolvers}}) AND (c.model_id IS NULL OR NOT ({_SAME}))
  UNION ALL SELECT p.their, p.our, c.resolver, 'withdrawn'
    FROM temp.pairs p CROSS JOIN main.capabilities c ON c.model_id = p.our
    WHERE c.resolver IN ({{resolvers}}) AND NOT EXISTS (SELECT 1 FROM edition.capabilities n
      WHERE n.model_id = p.their AND n.resolver = c.resolver)"""
_THIS = "our > :above AND our <= :upto"
_STATE = (
    f"""DELETE FROM main.capabilities WHERE (model_id, resolver) IN
      (SELECT our, resolver FROM temp.differing WHERE how = 'withdrawn' AND {_THIS})""",
    f"""UPDATE main.capabilities AS c SET {", ".join(f"{name} = n.{name}" for name in NAMES)},
        observed_at = n.observed_at, source_url = n.source_url, changed_at = :now
      FROM temp.differing d CROSS JOIN edition.capabilities n
        ON n.model_id = d.their AND n.resolver = d.resolver
      WHERE d.how = 'changed' AND c.model_id = d.our AND c.resolver = d.resolver
        AND d.{_THIS.replace("AND our", "AND d.our")}""",
    f"""INSERT INTO main.capabilities (model_id, resolver, {columns()}, observed_at, source_url,
        changed_at)
      SELECT d.our, d.resolver, {columns("n.")}, n.observed_at, n.source_url, :now
      FROM temp.differing d CROSS JOIN edition.capabilities n
        ON n.model_id = d.their AND n.resolver = d.resolver
      WHERE d.how = 'new' AND d.{_THIS.replace("AND our", "AND d.our")}""",
)
_COUNT = """SELECT (SELECT count(*) FROM temp.pairs p CROSS JOIN edition.capabilities n
    ON n.model_id = p.their AND n.resolver = :resolver),
  (SELECT count(*) FROM temp.differing WHERE resolver = :resolver)"""


def take(
    writer: Writer,
    image: bytes,
    sources: Sequence[str],
    resolvers: Sequence[str],
    listing: Sequence[str],
) -> Taken:
    """Take the lists of `sources` and the opinions of `resolvers` from the catalog in `image`.

    Opinions are taken of models that one of the sources named in `listing` lists. In short
    transactions, which can be repeated after a kill. Raises CatalogError.
    """
    with writer.attached(image, "edition"), _temporary(writer):
        counts = {source: _take_source(writer, source) for source in sources}
        with writer.transaction() as connection:
            run = connection.exec_driver_sql
            run(_PAIR.format(sources=quoted(listing)))
            run(_DIFFER.format(resolvers=quoted(resolvers)))
            stated = {name: _count(connection, _COUNT, {"resolver": name}) for name in resolvers}
            models = frozenset((provider, name) for provider, name in run(_PAIRED))
        for bounds in _ranges(writer, "SELECT our FROM temp.differing ORDER BY our"):
            _run(writer, _STATE, {**bounds, "now": now()})
    return Taken(counts, stated, models)


@contextmanager
def _temporary(writer: Writer) -> Iterator[None]:
    with writer.transaction() as connection:
        for name, declared in _TEMPORARY.items():
            connection.exec_driver_sql(f"CREATE TEMP TABLE {name} ({declared})")
    try:
        yield
    finally:
        with writer.transaction() as connection:
            for name in _TEMPORARY:
                connection.exec_driver_sql(f"DROP TABLE temp.{name}")


def _take_source(writer: Writer, source: str) -> Count:
    given: dict[str, Any] = {
        "source": source, "now": now(), "gone_after": GONE_AFTER, "gone_since": day_ago(),
    }  # fmt: skip
    with writer.transaction() as connection:
        count = _count(connection, _CHANGES, given)
        execute(connection, kind_batch(writer, source, Kind("reference")))
    unknown = f"SELECT their FROM {_LISTED} WHERE our IS NULL ORDER BY their"
    for bounds in _ranges(writer, unknown, given):
        _run(writer, (_NEW_MODELS,), {**given, **bounds})
    _run(writer, _SIGHT, given)
    return count


def _run(writer: Writer, statements: Sequence[str], given: Mapping[str, Any]) -> None:
    with writer.transaction() as connection, folding(connection):
        for statement in statements:
            connection.exec_driver_sql(statement, dict(given))
    time.sleep(PAUSE)


def _ranges(
    writer: Writer, ids: str, given: Mapping[str, Any] | None = None
) -> list[dict[str, int]]:
    """Bounds that split the rows of a SELECT of ids into parts of about CHUNK rows."""
    with writer.transaction() as connection:
        found = [row[0] for row in connection.exec_driver_sql(ids, dict(given or {}))]
    ends = [*found[CHUNK - 1 :: CHUNK], *found[-1:]]
    return [
        {"above": above, "upto": upto}
        for above, upto in zip([0, *ends], ends, strict=False)
        if upto > above
    ]


def _count(connection: "Connection", sql: str, given: Mapping[str, Any]) -> Count:
    return Count(*connection.exec_driver_sql(sql, dict(given)).one())
