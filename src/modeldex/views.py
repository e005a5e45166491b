"""The views of a catalog, as text: the merge law and what is read off it."""

from modeldex.fields import NAMES
from modeldex.schema import columns

MODEL_COLUMNS = "provider, name, family, display_name, retired_at"

_MEASURED = ("tokens_per_second", "ttft_ms", "input_cost_per_1m", "output_cost_per_1m")


def _effective(name: str) -> str:
    return (
        f"  (SELECT c.{name} FROM capabilities c CROSS JOIN resolvers r ON r.name = c.resolver\n"
        f"    WHERE c.model_id = m.id AND c.{name} IS NOT NULL\n"
        f"    ORDER BY r.precedence DESC, r.name LIMIT 1) AS {name}"
    )


def _opinions(name: str) -> str:
    return f"""SELECT m.provider, m.name, '{name}' AS field, c.{name} AS value, c.resolver,
    r.precedence, c.observed_at, NOT EXISTS (
      SELECT 1 FROM capabilities x CROSS JOIN resolvers y ON y.name = x.resolver
      WHERE x.model_id = c.model_id AND x.{name} IS NOT NULL AND (y.precedence > r.precedence
        OR (y.precedence = r.precedence AND x.resolver < c.resolver))) AS wins
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
    "SELECT m.id AS model_id,\n" + ",\n".join(map(_effective, NAMES)) + "\nFROM models m",
    "catalog_rows": f"""CREATE VIEW catalog_rows AS -- what the table catalog must equal
SELECT m.id AS model_id, {", ".join("m." + c for c in MODEL_COLUMNS.split(", "))},
  EXISTS (SELECT 1 FROM sightings s CROSS JOIN sources o ON o.name = s.source
    WHERE s.model_id = m.id AND s.missing_since IS NULL AND o.kind = 'live') AS live,
  {columns("e.")}
FROM models m JOIN effective_capabilities e ON e.model_id = m.id""",
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
