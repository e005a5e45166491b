"""The DDL of the views of a catalog: the merge, and views derived from it."""

from collections.abc import Mapping

from modeldex.storage.schema.best_offers import BEST_OFFERS
from modeldex.storage.schema.columns import MODEL_COLUMNS, columns
from modeldex.storage.schema.consensus import CONSENSUS
from modeldex.storage.schema.dialect import SQLITE, Dialect
from modeldex.storage.schema.drift import disagreements
from modeldex.storage.schema.evidence import EVIDENCE, SCORES, STANDINGS
from modeldex.storage.schema.measured import MEASURED, measured_figures
from modeldex.storage.schema.offers import OFFERS, SUPERSEDED, SUSPICIOUS, UNLISTED
from modeldex.storage.schema.plausibility import Aliases, doubt
from modeldex.storage.schema.price_sheets import SHEET, counts, sheet_of
from modeldex.vocabulary.fields import NAMES
from modeldex.vocabulary.limits import WINDOW, WITHIN
from modeldex.vocabulary.prices import USUAL


def merge(
    opinions: str = "capabilities",
    resolvers: str = "resolvers",
    *,
    of: str = "",
    where: str = "",
) -> str:
    """Return the SELECT of the merge: per field, the non-NULL value of the highest place.

    Of the prices only those count that `modeldex.storage.schema.price_sheets` names, and of what a
    registry states only what `modeldex.storage.schema.plausibility` believes. `place` is
    the precedence with ties resolved by name. `opinions` and `resolvers` are the tables, or
    subqueries, that are merged; `of` is FROM-clause text before them, and `where` a condition.
    """
    # Two steps: per field the highest place with a value, then the value at that place.
    best = ", ".join(
        f"max(CASE WHEN c.{n} IS NOT NULL AND "
        f"{counts(n, Aliases(opinions=opinions, resolvers=resolvers))} THEN r.place END) AS {n}"
        for n in NAMES
    )
    won = {n: f"max(CASE WHEN r.place = w.{n} THEN c.{n} END)" for n in NAMES}
    return f"""SELECT w.model_id AS model_id,
  {_selected(won)}
FROM (SELECT c.model_id, {best}
    FROM {of}{opinions} c CROSS JOIN {resolvers} r {sheet_of(opinions, resolvers)}
    WHERE r.name = c.resolver{" AND " + where if where else ""} GROUP BY c.model_id) w
  CROSS JOIN {opinions} c CROSS JOIN {resolvers} r
WHERE c.model_id = w.model_id AND r.name = c.resolver
GROUP BY w.model_id"""


def _selected(values: Mapping[str, str]) -> str:
    """The columns of the merge: the value of each field, limits within the window."""
    window = values[WINDOW]
    within = {
        n: f"CASE WHEN {values[n]} > {window} THEN {window} ELSE {values[n]} END" for n in WITHIN
    }
    return ",\n  ".join(f"{value} AS {n}" for n, value in {**values, **within}.items())


def _of_each_model() -> str:
    """Return the SELECT of the merge in the form that is fast for one model: it never scans."""
    fields = {
        n: f"(SELECT c.{n} FROM capabilities c CROSS JOIN resolvers r {_SHEET if n in SHEET else ''}\n"
        f"    WHERE r.name = c.resolver AND c.model_id = m.id AND c.{n} IS NOT NULL "
        f"AND {counts(n)} ORDER BY r.place DESC LIMIT 1)"
        for n in NAMES
    }
    return (
        f"SELECT m.id AS model_id,\n  {_selected(fields)}\nFROM models m "
        "WHERE EXISTS (SELECT 1 FROM capabilities c WHERE c.model_id = m.id)"
    )


_SHEET = sheet_of("capabilities", "resolvers")


_SEEN = """SELECT 1 FROM sightings s CROSS JOIN sources o WHERE o.name = s.source
    AND s.model_id = m.id AND s.missing_since IS NULL AND o.kind = 'live'"""


# At the same price the lab itself is preferred, then a cloud; resellers and plans come last.
_CLASS = """coalesce((SELECT CASE
    WHEN k.maker = substr(e.base, 1, instr(e.base, '/') - 1) THEN 0 WHEN k.class = 'cloud' THEN 1
    WHEN k.class IN ('reseller', 'plan') THEN 3 ELSE 2 END
    FROM provider_classes k WHERE k.provider = m.provider), 2)"""


_ALIASES = """(SELECT group_concat(a.alias, ' ') FROM
    (SELECT alias FROM aliases WHERE model_id = m.id ORDER BY alias) a)"""


def _catalog(models: str, merged: str) -> str:
    return f"""SELECT m.id AS model_id, {", ".join("m." + c for c in MODEL_COLUMNS.split(", "))},
  CASE WHEN EXISTS ({_SEEN}) THEN 1 ELSE 0 END AS live,
  CASE WHEN EXISTS ({_SEEN} AND o.keyed = 0) THEN 1 ELSE 0 END AS own,
  {columns("e.")}, {_CLASS} AS rank_class,
  {_ALIASES} AS aliases
FROM {models} LEFT JOIN {merged} e ON e.model_id = m.id"""


def _opinions(name: str, value: str) -> str:
    return f"""SELECT m.id AS model_id, m.provider, m.name, '{name}' AS field,
    {value.format("c." + name)} AS value, c.resolver, r.precedence, c.observed_at, c.changed_at,
    CASE WHEN {counts(name)} AND NOT EXISTS (SELECT 1 FROM capabilities x CROSS JOIN resolvers y
      WHERE y.name = x.resolver AND x.model_id = c.model_id AND x.{name} IS NOT NULL
      AND y.place > r.place AND {counts(name, Aliases("x", "y"))}) THEN 1 ELSE 0 END AS wins, c.source_url,
    {doubt(name)} AS doubt
  FROM models m JOIN capabilities c ON c.model_id = m.id JOIN resolvers r ON r.name = c.resolver
  {_SHEET if name in SHEET else ""} WHERE c.{name} IS NOT NULL"""


def _prices() -> str:
    """Return the SELECT of the price list: the four price columns, then words of other_prices.

    A word that is no price as far as can be seen in SQL is left out.
    """
    # In `words`, nullif(name, name) is a NULL of type text: PostgreSQL takes the column type of a
    # recursive query from its first SELECT.
    no_text = "nullif(name, name)"
    usual = "\nUNION ALL\n".join(
        f"SELECT model_id, provider, name, '{direction}' AS direction, 'standard' AS processing, "
        f"0 AS min_prompt_tokens, {column} AS usd_per_1m, {no_text} AS region, {no_text} AS hours, "
        f"{no_text} AS valid_from, {no_text} AS valid_until FROM catalog WHERE {column} IS NOT NULL"
        for direction, column in USUAL.items()
    )
    return f"""{usual}
UNION ALL
SELECT model_id, provider, name,
  substr(what, 1, instr(what || '/', '/') - 1) AS direction,
  CASE WHEN instr(what, '/') > 0 THEN substr(what, instr(what, '/') + 1) ELSE 'standard' END
    AS processing,
  CASE WHEN size <> '' AND ltrim(size, '0123456789') = '' THEN CAST(size AS BIGINT) ELSE 0 END
    AS min_prompt_tokens,
  CASE WHEN {_IS_AMOUNT} THEN CAST(price AS DOUBLE PRECISION) END AS usd_per_1m,
  CASE WHEN instr('0123456789.', substr(one, 1, 1)) = 0 THEN one END AS region,
  CASE WHEN {_is_hours("one")} THEN one WHEN {_is_hours("two")} THEN two END AS hours,
  nullif(substr(dates, 1, instr(dates, '..') - 1), '') AS valid_from,
  nullif(substr(dates, instr(dates, '..') + 2), '') AS valid_until
FROM (SELECT model_id, provider, name, price, one, two,
    substr(head, 1, instr(head || '>', '>') - 1) AS what,
    substr(head, instr(head || '>', '>') + 1) AS size,
    CASE WHEN instr(one, '..') > 0 THEN one WHEN instr(two, '..') > 0 THEN two
      WHEN instr(three, '..') > 0 THEN three END AS dates
  FROM (SELECT model_id, provider, name, price, head, one,
      substr(more, 1, instr(more || '@', '@') - 1) AS two,
      substr(more, instr(more || '@', '@') + 1) AS three
    FROM (SELECT model_id, provider, name, price, head,
        substr(conditions, 1, instr(conditions || '@', '@') - 1) AS one,
        substr(conditions, instr(conditions || '@', '@') + 1) AS more
      FROM (SELECT model_id, provider, name, price,
          substr(slice, 1, instr(slice || '@', '@') - 1) AS head,
          substr(slice, instr(slice || '@', '@') + 1) AS conditions
        FROM (SELECT model_id, provider, name, substr(word, 1, instr(word, ':') - 1) AS slice,
            substr(word, instr(word, ':') + 1) AS price
          FROM (WITH RECURSIVE words (model_id, provider, name, word, rest) AS (
              SELECT model_id, provider, name, {no_text}, other_prices || ',' FROM catalog
                WHERE other_prices IS NOT NULL
              UNION ALL
              SELECT model_id, provider, name, substr(rest, 1, instr(rest, ',') - 1),
                substr(rest, instr(rest, ',') + 1) FROM words WHERE rest <> '')
            SELECT model_id, provider, name, word FROM words WHERE word IS NOT NULL) w) w) w) w) w
  ) w
WHERE {_IS_AMOUNT}"""


_IS_AMOUNT = (
    "price <> '' AND ltrim(price, '0123456789.') = '' AND substr(price, 1, 1) <> '.' "
    "AND instr(substr(price, instr(price || '.', '.') + 1), '.') = 0"
)


def _is_hours(part: str) -> str:
    """Return the condition that a part of a word is hours, not a region, dates or nothing."""
    is_dates = f"instr({part}, '..') > 0"
    return f"{part} <> '' AND instr('0123456789', substr({part}, 1, 1)) > 0 AND NOT {is_dates}"


def views(dialect: Dialect) -> dict[str, str]:
    """Return the views by name, in the order of their dependencies."""
    value = dialect.value
    provenance = "\nUNION ALL\n".join(_opinions(name, value) for name in NAMES)
    return {
        "effective_capabilities": "CREATE VIEW effective_capabilities AS "
        "-- the merge: per field, the known value of the highest precedence\n" + _of_each_model(),
        "merged_capabilities": "CREATE VIEW merged_capabilities AS "
        "-- internal: the same, in the form that is fast for all models\n" + merge(),
        "catalog_rows": "CREATE VIEW catalog_rows AS -- what the table catalog must equal\n"
        + _catalog("models m", "merged_capabilities"),
        "pending_capabilities": "CREATE VIEW pending_capabilities AS "
        "-- internal: the merge, of pending models only\n"
        + merge(of="pending p CROSS JOIN ", where="c.model_id = p.model_id"),
        "pending_rows": "CREATE VIEW pending_rows AS "
        "-- internal: catalog_rows, of pending models only\n"
        + _catalog("pending p JOIN models m ON m.id = p.model_id", "pending_capabilities"),
        "provenance": "CREATE VIEW provenance AS "
        "-- every opinion, field by field, and whether it wins\n" + provenance,
        "drift": "CREATE VIEW drift AS -- fields on which resolvers disagree\n"
        + disagreements(value=value),
        "prices": "CREATE VIEW prices AS "
        "-- the effective price list: what, how processed, from which size of prompt on, where, when\n"
        + _prices(),
        "offers": "CREATE VIEW offers AS "
        "-- who offers each base model, of_lab_price: its price as a multiple of the lab's\n"
        + OFFERS,
        "best_offers": "CREATE VIEW best_offers AS "
        "-- what the keys and addresses of the last refresh can call, best first\n" + BEST_OFFERS,
        "suspicious_offers": "CREATE VIEW suspicious_offers AS "
        "-- offers whose facts are not plausible beside those of others of the same base\n"
        + SUSPICIOUS,
        "price_consensus": "CREATE VIEW price_consensus AS "
        "-- prices on which two independent data sets agree against an older one\n" + CONSENSUS,
        "unlisted_offers": "CREATE VIEW unlisted_offers AS "
        "-- offers that only older data sets list than the one that should\n" + UNLISTED,
        "superseded_offers": "CREATE VIEW superseded_offers AS "
        "-- offers of which the provider has a newer version that does as much for the money\n"
        + SUPERSEDED,
        "standings": "CREATE VIEW standings AS "
        "-- the place of each base between the anchors of each suite\n" + STANDINGS,
        "base_scores": "CREATE VIEW base_scores AS "
        "-- what the standings of each base come to, family by family\n" + SCORES,
        "evidence": "CREATE VIEW evidence AS -- what benchmarks say of each offer\n" + EVIDENCE,
        "measured": "CREATE VIEW measured AS " + MEASURED,
        "measured_figures": "CREATE VIEW measured_figures AS " + measured_figures(value),
    }


VIEWS = views(SQLITE)
"""The views of a SQLite catalog by name."""
