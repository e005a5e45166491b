"""The law of disagreement, as SQL text: on which fields resolvers state different values."""

from collections.abc import Iterable

from modeldex.storage.schema.columns import LINE
from modeldex.storage.schema.price_sheets import ALWAYS, SHEET, counts, sheet_of
from modeldex.vocabulary.fields import BY_NAME, NAMES
from modeldex.vocabulary.limits import WITHIN


def disagreements(
    base: str = "capabilities c", fields: Iterable[str] = NAMES, *, value: str = "{}"
) -> str:
    """Return a SELECT of one row per model and field with more than one value.

    `base` is FROM-clause text with all opinions on some models, as `c`; `value` is that of a
    Dialect.
    """
    # Only what differs is looked at field by field, which takes longer than to find it.
    differ = ",\n      ".join(f"min(c.{name}) <> max(c.{name}) AS {name}" for name in fields)
    stated = "\n    UNION ALL\n".join(_statements(name, value) for name in fields)
    return f"""SELECT m.id AS model_id, m.provider, m.name, d.field, d.opinions, d.distinct_values,
  d.lowest, d.highest, {_effective(value)} AS effective, d.resolver AS winner,
  d.since, -- when the last of these opinions came up
  d.said,
  d.ratio, -- of numbers: the highest by the lowest
  CASE WHEN EXISTS (SELECT 1 FROM acknowledged a WHERE a.model_id = d.model_id
      AND a.field = d.field AND a.said = d.said) THEN 1 ELSE 0 END
    AS acknowledged -- 1: somebody has looked at exactly this
FROM (SELECT model_id, field, value, resolver, place, max(place) OVER every AS highest_place,
    count(*) OVER every AS opinions, max(nth) OVER every AS distinct_values,
    coalesce({value.format("min(number) OVER every")}, min(value) OVER every) AS lowest,
    coalesce({value.format("max(number) OVER every")}, max(value) OVER every) AS highest,
    CASE WHEN min(number) OVER every > 0
      THEN CAST(max(number) OVER every AS DOUBLE PRECISION) / min(number) OVER every END AS ratio,
    max(changed_at) OVER every AS since,
    group_concat(resolver || '=' || value, {LINE}) OVER every AS said
  FROM (WITH differing AS (SELECT c.model_id,
      {differ}
      FROM {base} GROUP BY c.model_id HAVING count(*) > 1)
    SELECT s.*, CASE WHEN s.counts THEN r.place END AS place,
      dense_rank() OVER (PARTITION BY s.model_id, s.field ORDER BY s.value) AS nth
    FROM (
{stated}
    ) s CROSS JOIN resolvers r WHERE r.name = s.resolver) s
  WINDOW every AS (PARTITION BY model_id, field ORDER BY resolver
    ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)) d
  CROSS JOIN models m CROSS JOIN catalog k
WHERE k.model_id = m.id AND m.id = d.model_id AND d.place = d.highest_place"""


def _effective(value: str) -> str:
    """SQL: the effective value; a limit may be lower than what the winner states."""
    within = " ".join(f"WHEN '{name}' THEN {value.format('k.' + name)}" for name in WITHIN)
    return f"CASE d.field {within} ELSE d.value END"


def _statements(name: str, value: str) -> str:
    """SQL: the opinions on one field of the models that differ in it."""
    # Expressions, not columns: SQLite would give the shared column the type of one of them, and
    # turn 30.0 into 30. nullif(0, 0) is a NULL of a numeric type.
    counted, joined, own = counts(name), "", ""
    if counted != ALWAYS:
        joined = f" CROSS JOIN resolvers r {sheet_of() if name in SHEET else ''}"
        own = " AND r.name = c.resolver"
    is_number = BY_NAME[name].column_type != "TEXT"
    stated = f"c.{name} + 0" if is_number else f"c.{name} || ''"
    return f"""    SELECT c.model_id, '{name}' AS field, {value.format(stated)} AS value,
      {stated if is_number else "nullif(0, 0)"} AS number, c.resolver, c.changed_at,
      {counted} AS counts
    FROM differing d CROSS JOIN capabilities c{joined}
    WHERE c.model_id = d.model_id AND d.{name} AND c.{name} IS NOT NULL{own}"""
