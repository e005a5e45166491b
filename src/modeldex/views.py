"""The views of a catalog, as text: the merge law and what is read off it."""

from modeldex.fields import NAMES
from modeldex.schema import columns

MODEL_COLUMNS = "provider, name, family, display_name, retired_at"

_MEASURED = ("tokens_per_second", "ttft_ms", "input_cost_per_1m", "output_cost_per_1m")


def merge(base: str) -> str:
    """The merge law over some opinions: per field, the known value of the highest place.

    `base` is FROM-clause text that yields rows of `capabilities` under the name `c`.
    """
    best = ", ".join(f"max(CASE WHEN c.{n} IS NOT NULL THEN r.place END) AS {n}" for n in NAMES)
    won = ",\n  ".join(f"max(CASE WHEN r.place = w.{n} THEN c.{n} END) AS {n}" for n in NAMES)
    return f"""SELECT w.model_id AS model_id,
  {won}
FROM (SELECT c.model_id, {best}
    FROM {base} CROSS JOIN resolvers r ON r.name = c.resolver GROUP BY c.model_id) w
  CROSS JOIN capabilities c ON c.model_id = w.model_id
  CROSS JOIN resolvers r ON r.name = c.resolver
GROUP BY w.model_id"""


def _catalog(models: str, merged: str) -> str:
    return f"""SELECT m.id AS model_id, {", ".join("m." + c for c in MODEL_COLUMNS.split(", "))},
  EXISTS (SELECT 1 FROM sightings s CROSS JOIN sources o ON o.name = s.source
    WHERE s.model_id = m.id AND s.missing_since IS NULL AND o.kind = 'live') AS live,
  {columns("e.")}
FROM {models} LEFT JOIN {merged} e ON e.model_id = m.id"""


def _opinions(name: str) -> str:
    return f"""SELECT m.provider, m.name, '{name}' AS field, c.{name} AS value, c.resolver,
    r.precedence, c.observed_at, NOT EXISTS (
      SELECT 1 FROM capabilities x CROSS JOIN resolvers y ON y.name = x.resolver
      WHERE x.model_id = c.model_id AND x.{name} IS NOT NULL AND y.place > r.place) AS wins
  FROM models m JOIN capabilities c ON c.model_id = m.id JOIN resolvers r ON r.name = c.resolver
  WHERE c.{name} IS NOT NULL"""


def _median(figure: str) -> str:
    return f"""  (SELECT avg(v) FROM (
    SELECT {figure} AS v, row_number() OVER (ORDER BY {figure}) AS i, count(*) OVER () AS n
    FROM (SELECT {figure} FROM measurements s
      WHERE s.provider = m.provider AND s.name = m.name AND s.{figure} IS NOT NULL
      ORDER BY s.measured_at DESC, s.id DESC LIMIT 100)
    ) WHERE i IN ((n + 1) / 2, (n + 2) / 2)) AS {figure}"""


VIEWS: dict[str, str] = {
    "effective_capabilities": "CREATE VIEW effective_capabilities AS "
    "-- the merge: per field, the known value of the highest precedence\n"
    + merge("capabilities c"),
    "catalog_rows": "CREATE VIEW catalog_rows AS -- what the table catalog must equal\n"
    + _catalog("models m", "effective_capabilities"),
    "pending_capabilities": "CREATE VIEW pending_capabilities AS "
    "-- internal: the merge, of pending models only\n"
    + merge("pending p CROSS JOIN capabilities c ON c.model_id = p.model_id"),
    "pending_rows": "CREATE VIEW pending_rows AS -- internal: catalog_rows, of pending models only\n"
    + _catalog("pending p JOIN models m ON m.id = p.model_id", "pending_capabilities"),
    "provenance": "CREATE VIEW provenance AS "
    "-- every opinion, field by field, and whether it wins\n"
    + "\nUNION ALL\n".join(map(_opinions, NAMES)),
    "drift": """CREATE VIEW drift AS -- fields on which resolvers disagree
SELECT provider, name, field, count(*) AS opinions, count(DISTINCT value) AS distinct_values,
  min(value) AS lowest, max(value) AS highest,
  max(CASE WHEN wins THEN value END) AS effective,
  max(CASE WHEN wins THEN resolver END) AS winner
FROM provenance GROUP BY provider, name, field HAVING count(DISTINCT value) > 1""",
    "measured": "CREATE VIEW measured AS "
    "-- the median of the newest 100 samples of each figure\n"
    "SELECT m.id AS model_id,\n"
    + ",\n".join(map(_median, _MEASURED))
    + """,
  (SELECT max(s.measured_at) FROM measurements s
    WHERE s.provider = m.provider AND s.name = m.name) AS measured_at
FROM models m""",
}
