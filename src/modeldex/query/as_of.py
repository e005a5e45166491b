"""The catalog as of a past moment: runs the same SELECTs on rows that held then.

The fold keeps each effective row that it replaces in `catalog_history`, with the period in which it
held; the row that holds now is in `catalog`. So the past is a look-up: opinions, precedences,
names, retirement and liveness are those of the moment, and so is what listings had. Aliases, cost
tiers and the keys of this process are today's. A source counts as having seen a model without
interruption since it first did, except for an absence that still lasts; so does a listing.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import TypeVar

from modeldex.query.compile import FROM, ORDER, PAGE
from modeldex.storage.location import Place, Postgres
from modeldex.storage.schema.columns import RANKING, columns
from modeldex.storage.schema.fold import ROW

V = TypeVar("V")

_LIMIT = re.compile(rf"|{PAGE}| LIMIT \d+")

BORN = "SELECT value FROM about WHERE key = 'born_at'"
"""SQL: when the history begins: the creation of the catalog, or the cutoff of a prune."""

_COLUMNS = f"{ROW}, {', '.join(RANKING)}"
_PRESENT = f"SELECT {_COLUMNS} FROM {{schema}}catalog WHERE valid_from <= :moment"
_PAST = f"""SELECT {_COLUMNS} FROM catalog_history
  WHERE valid_to > :moment AND valid_from <= :moment"""

# A walk in rank order steps over all rows that had ended by then, so it pays only where many rows
# have ended since.
_MANY = 300
_FEW = (
    f"(SELECT count(*) FROM (SELECT 1 FROM catalog_history WHERE valid_to > :moment LIMIT {_MANY}) "
    f"e) < {_MANY}"
)

_SIGHTINGS = """SELECT model_id, source, first_seen,
    CASE WHEN last_seen > :moment THEN :moment ELSE last_seen END AS last_seen,
    CASE WHEN missing_since <= :moment THEN missing_since END AS missing_since, missed
  FROM {schema}sightings WHERE first_seen <= :moment"""

# Of the time before a listing was read, nothing is known that it did not have.
_LISTED = """SELECT listing_id, model_id, CAST(NULL AS TEXT) AS until
  FROM {schema}listed WHERE since <= :moment AND (until IS NULL OR until > :moment)
  UNION ALL SELECT l.id, m.id, CAST(NULL AS TEXT) FROM listings l
    JOIN models m ON m.provider = l.provider WHERE l.since IS NULL OR l.since > :moment"""

# In SQLite a table that is named as a CTE needs its schema before it, on a server the CTE is not
# yet there. Without the hint SQLite would compute all of the past where a SELECT names a table
# twice.
_CTES = f"""WITH present AS NOT MATERIALIZED ({_PRESENT}),
past AS NOT MATERIALIZED ({_PAST}),
catalog AS NOT MATERIALIZED (SELECT * FROM present UNION ALL SELECT * FROM past),
sightings AS NOT MATERIALIZED ({_SIGHTINGS}),
listed AS NOT MATERIALIZED ({_LISTED})
"""

# A current opinion takes part from its `changed_at` on; it then replaces rows of the history of the
# same model and resolver, because a writer may set `changed_at` back.
_OPINIONS = f"""SELECT model_id, resolver, {columns()}, source_url, observed_at, changed_at
  FROM capabilities WHERE changed_at <= :moment
UNION ALL SELECT model_id, resolver, {columns()}, source_url, observed_at, valid_from
  FROM capability_history h WHERE valid_to > :moment AND valid_from <= :moment
  AND NOT EXISTS (SELECT 1 FROM capabilities x WHERE x.model_id = h.model_id
    AND x.resolver = h.resolver AND x.changed_at <= :moment)"""

_PRECEDENCES = """SELECT name, precedence FROM resolver_history
  WHERE precedence IS NOT NULL AND id IN
    (SELECT max(id) FROM resolver_history WHERE at <= :moment GROUP BY name)"""

_RESOLVERS = """SELECT name, precedence, (SELECT count(*) FROM past_precedences x
    WHERE x.precedence < p.precedence OR (x.precedence = p.precedence AND x.name > p.name)) AS place
  FROM past_precedences p"""

_CTES_STATED = f"""{_CTES.rstrip()},
past_capabilities AS NOT MATERIALIZED ({_OPINIONS}),
past_precedences AS ({_PRECEDENCES}),
past_resolvers AS ({_RESOLVERS})
"""


def rewrite_as_of(
    sql: str, parameters: Mapping[str, V], moment: str, place: Place
) -> tuple[str, dict[str, V | str]]:
    """Rewrite a SELECT, and its parameters, to run on the catalog as of a past moment.

    `catalog` and `sightings` are those of the moment. A SELECT that names past_capabilities or
    past_resolvers gets these, too; it must not begin with WITH.
    """
    bound: dict[str, V | str] = {**parameters, "moment": moment}
    return _rewritten(sql, "" if isinstance(place, Postgres) else "main."), bound


@lru_cache(maxsize=256)
def _rewritten(sql: str, schema: str) -> str:
    ctes = _CTES_STATED if "past_" in sql else _CTES
    return ctes.format(schema=schema) + _ranked(sql)


def _ranked(sql: str) -> str:
    """The same SELECT; one in rank order reads rows of now and of then each in that order.

    So each part walks an index in rank order and stops at its limit.
    """
    selected, _, rest = sql.partition(FROM)
    where, order, limit = rest.partition(ORDER)
    if not order or not _LIMIT.fullmatch(limit):
        return sql
    present, past = (f"SELECT c.* FROM {name} c{where}" for name in ("present", "past"))
    parts = [present, past]
    if limit:
        most = ":limit + :offset" if limit == PAGE else limit.removeprefix(" LIMIT ")
        parts = [
            f"{present}{ORDER} LIMIT {most}",
            f"{past}{ORDER} LIMIT CASE WHEN {_FEW} THEN 0 ELSE {most} END",
            f"{past} LIMIT CASE WHEN {_FEW} THEN {_MANY} ELSE 0 END",
        ]
    read = " UNION ALL ".join(f"SELECT * FROM ({part}) p{n}" for n, part in enumerate(parts))
    return f"{selected} FROM ({read}) c{ORDER}{limit}"
