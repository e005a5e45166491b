"""The catalog as of a past moment: runs the same SELECTs on the history tables.

Opinions, precedences, names, retirement and liveness are those of the moment. Aliases, cost
tiers and the keys of this process are today's. A source counts as having seen a model without
interruption since it first did, except for an absence that still lasts.
"""

from collections.abc import Mapping
from functools import cache
from typing import TypeVar

from modeldex.storage.schema.columns import MODEL_COLUMNS, RANKING, columns
from modeldex.storage.schema.views import merge

V = TypeVar("V")

BORN = "SELECT value FROM about WHERE key = 'born_at'"
"""SQL: when the history begins: the creation of the catalog, or the cutoff of a prune."""

NAMED = (
    "SELECT model_id FROM model_history WHERE name = :name "
    "UNION ALL SELECT model_id FROM aliases WHERE alias = :name"
)
"""SQL: ids of the models that ever had the name or alias `:name`; `only` of `rewrite_as_of`."""


def rewrite_as_of(
    sql: str, parameters: Mapping[str, V], moment: str, only: str = ""
) -> tuple[str, dict[str, V | str]]:
    """Rewrite a SELECT, and its parameters, to run on the catalog as of a past moment.

    CTEs shadow `catalog` and `sightings` with their past state and add `past_models`,
    `past_capabilities` and `past_resolvers`; `:today` becomes the day of the moment. The SELECT
    must not begin with WITH. `only`, a SELECT of model ids, restricts the past to these
    models, which is much faster.
    """
    bound: dict[str, V | str] = {**parameters, "moment": moment}
    if "today" in bound:
        bound["today"] = moment[:10]
    return _past(only) + sql, bound


@cache
def _past(only: str) -> str:
    """SQL: the WITH clause that defines the past tables; it ends before the SELECT."""
    tables = {
        "past_models": _models(_among(only)),
        "past_precedences": _PRECEDENCES,
        "past_resolvers": _RESOLVERS,
        "past_capabilities": _opinions(_among(only)),
        "past_effective": merge("past_capabilities c", "past_"),
        "catalog": _CATALOG,
        "sightings": _SIGHTINGS,
    }
    return "WITH " + ",\n".join(f"{name} AS ({sql})" for name, sql in tables.items()) + "\n"


def _among(only: str) -> str:
    return f" AND model_id IN ({only})" if only else ""


def _models(among: str) -> str:
    """SQL: the names and states of each model; ids of `model_history` are in order of time."""
    return f"""SELECT model_id, {MODEL_COLUMNS}, live FROM model_history
  WHERE id IN (SELECT max(id) FROM model_history WHERE at <= :moment{among} GROUP BY model_id)"""


def _opinions(among: str) -> str:
    """SQL: all opinions at the moment.

    A current opinion takes part from its `changed_at` on; it then replaces rows of the history
    of the same model and resolver, because a writer may set `changed_at` back.
    """
    fields = columns()
    return f"""SELECT model_id, resolver, {fields}, observed_at, changed_at
  FROM capabilities WHERE changed_at <= :moment{among}
UNION ALL SELECT model_id, resolver, {fields}, observed_at, valid_from
  FROM capability_history h WHERE valid_to > :moment AND valid_from <= :moment{among}
  AND NOT EXISTS (SELECT 1 FROM capabilities x WHERE x.model_id = h.model_id
    AND x.resolver = h.resolver AND x.changed_at <= :moment)"""


_PRECEDENCES = """SELECT name, precedence FROM resolver_history
  WHERE precedence IS NOT NULL AND id IN
    (SELECT max(id) FROM resolver_history WHERE at <= :moment GROUP BY name)"""

_RESOLVERS = """SELECT name, precedence, (SELECT count(*) FROM past_precedences x
    WHERE x.precedence < p.precedence OR (x.precedence = p.precedence AND x.name > p.name)) AS place
  FROM past_precedences p"""

_CATALOG = f"""SELECT e.*, {", ".join(f"{sql} AS {name}" for name, sql in RANKING.items())}
  FROM (SELECT m.*, {columns("e.")}
    FROM past_models m LEFT JOIN past_effective e ON e.model_id = m.model_id) e"""

_SIGHTINGS = """SELECT model_id, source, first_seen,
    CASE WHEN last_seen > :moment THEN :moment ELSE last_seen END AS last_seen,
    CASE WHEN missing_since <= :moment THEN missing_since END AS missing_since, missed
  FROM main.sightings WHERE first_seen <= :moment"""
