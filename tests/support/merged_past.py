"""The catalog as of a moment, merged from what was stated by then: the definition of old.

Opinions count from their `changed_at` on, which a writer may set. Slow, but it needs no row that
the fold kept, so it says what must be filled in where there is none.
"""

from typing import Any

from modeldex.storage.schema.columns import MODEL_COLUMNS, RANKING, columns
from modeldex.storage.schema.views import merge

_FIELDS = columns()
_RANKING = {name: sql for name, sql in RANKING.items() if name != "search_text"}
"""All that is computed but what has aliases in it, of which no past is kept."""
_TABLES = {
    "past_models": f"""SELECT model_id, {MODEL_COLUMNS}, live, live AS own FROM model_history
  WHERE id IN (SELECT max(id) FROM model_history WHERE at <= :moment GROUP BY model_id)""",
    "past_precedences": """SELECT name, precedence FROM resolver_history
  WHERE precedence IS NOT NULL AND id IN
    (SELECT max(id) FROM resolver_history WHERE at <= :moment GROUP BY name)""",
    "past_resolvers": """SELECT name, precedence, (SELECT count(*) FROM past_precedences x
    WHERE x.precedence < p.precedence OR (x.precedence = p.precedence AND x.name > p.name)) AS place
  FROM past_precedences p""",
    "past_capabilities": f"""SELECT model_id, resolver, {_FIELDS}, observed_at, changed_at
  FROM capabilities WHERE changed_at <= :moment
UNION ALL SELECT model_id, resolver, {_FIELDS}, observed_at, valid_from
  FROM capability_history h WHERE valid_to > :moment AND valid_from <= :moment
  AND NOT EXISTS (SELECT 1 FROM capabilities x WHERE x.model_id = h.model_id
    AND x.resolver = h.resolver AND x.changed_at <= :moment)""",
    "past_effective": merge("past_capabilities", "past_resolvers"),
    "catalog": f"""SELECT e.*, {", ".join(f"{sql} AS {name}" for name, sql in _RANKING.items())}
  FROM (SELECT m.*, {columns("e.")}
    FROM past_models m LEFT JOIN past_effective e ON e.model_id = m.model_id) e""",
}
_WITH = "WITH " + ",\n".join(f"{name} AS ({sql})" for name, sql in _TABLES.items()) + "\n"


def merged_past(connection: Any, select: str, moment: str) -> list[Any]:
    """The rows of a SELECT from `catalog`, as of a moment."""
    return list(connection.execute(_WITH + select, {"moment": moment}).fetchall())
