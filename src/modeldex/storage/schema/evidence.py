"""Views of what benchmarks say of offers: standings of bases, scores of what is offered, a tier.

A family is one vote or one laboratory's runs, and counts once, however many suites it has.
"""

from modeldex.storage.schema.columns import SCORED_TASKS
from modeldex.vocabulary.suites import weaker_words

_SHARE = "100.0 * ({0} - s.zero_at) / (s.hundred_at - s.zero_at)"


def _standing(score: str) -> str:
    share = _SHARE.format(score)
    return f"CASE WHEN {share} < 0 THEN 0.0 WHEN {share} > 100 THEN 100.0 ELSE {share} END"


def _counts(row: str, suite: str) -> str:
    """SQL: whether a score can be of its suite."""
    return (
        f"({suite}.lowest IS NULL OR {row}.score >= {suite}.lowest) "
        f"AND ({suite}.highest IS NULL OR {row}.score <= {suite}.highest)"
    )


STANDINGS = f"""SELECT b.base, b.variant, b.suite, s.family, s.task, b.day,
  {_standing("b.score")} AS standing,
  {_standing("coalesce(b.low, b.score - coalesce(s.half_width, 0))")} AS low,
  {_standing("coalesce(b.high, b.score + coalesce(s.half_width, 0))")} AS high
FROM benchmarks b JOIN suites s ON s.name = b.suite
WHERE {_counts("b", "s")} AND EXISTS (SELECT 1 FROM bases x WHERE x.id = b.base)
  AND NOT EXISTS (SELECT 1 FROM benchmarks y WHERE y.base = b.base AND y.suite = b.suite
    AND y.variant = b.variant AND y.day > b.day AND {_counts("y", "s")})"""
"""SELECT of the place of each base between the anchors of each suite, 0 to 100; the newest."""


def _is_weaker(variant: str) -> str:
    patterns = (f"'-' || {variant} || '-' LIKE '%-{word}-%'" for word in weaker_words())
    return " OR ".join(patterns)


_OF = "f.base = g.base AND f.variant = g.variant"


def _rounded(value: str) -> str:
    """SQL: to one decimal."""
    return f"round(10 * ({value})) / 10"


def _of_task(task: str) -> str:
    """SQL: the score of a task, half of which is the general one; one family alone misleads."""
    mean = f"(SELECT avg(f.standing) FROM families f WHERE {_OF} AND f.task = '{task}')"
    return f"{_rounded(f'({mean} + g.score) / 2')} AS {task}_score"


def _scores(of: str) -> str:
    """SELECT of the scores of each variant that is offered, of bases that a list after IN has."""
    return f"""WITH asked AS (
  SELECT DISTINCT c.base, coalesce(c.variant, '') AS variant FROM catalog c WHERE c.base IN {of}),
newest AS (
  SELECT a.base, a.variant, t.suite, t.family, t.task, t.standing, t.low, t.high,
    row_number() OVER (PARTITION BY a.base, a.variant, t.suite
      ORDER BY CASE WHEN t.variant = a.variant AND a.variant <> '' THEN 0
        WHEN {_is_weaker("t.variant")} THEN 2 ELSE 1 END,
        t.day DESC, t.standing DESC, t.variant DESC) AS place
  FROM asked a JOIN standings t ON t.base = a.base
  WHERE t.variant = a.variant OR NOT ({_is_weaker("a.variant")})),
families AS (
  SELECT base, variant, family, task, avg(standing) AS standing, avg(low) AS low,
    avg(high) AS high
  FROM newest WHERE place = 1 GROUP BY base, variant, family, task),
general AS (
  SELECT base, variant, CASE WHEN count(*) >= 2 THEN count(*) END AS n,
    CASE WHEN count(*) >= 2 THEN avg(standing) END AS score,
    CASE WHEN count(*) >= 2 THEN avg(low) END AS low,
    CASE WHEN count(*) >= 2 THEN avg(high) END AS high
  FROM families GROUP BY base, variant)
SELECT g.base, g.variant, {_rounded("g.score")} AS quality_score,
  {_rounded("g.low")} AS quality_low, {_rounded("g.high")} AS quality_high,
  g.n AS quality_families,
  {", ".join(map(_of_task, SCORED_TASKS))}
FROM general g"""


SCORES = _scores("(SELECT base FROM benchmarks)")
"""SELECT of the scores of each base and variant that is offered."""

_PRIOR = """(SELECT x.quality_tier FROM capabilities x JOIN resolvers r ON r.name = x.resolver
    WHERE x.model_id = c.model_id AND x.quality_tier IS NOT NULL
    AND r.place < (SELECT e.place FROM resolvers e WHERE e.name = 'evidence')
    ORDER BY r.place DESC LIMIT 1)"""


def _cut(tier: str, column: str) -> str:
    return f"(SELECT q.{column} FROM quality_tiers q WHERE q.name = '{tier}')"


_FOUND = f"""CASE WHEN low > {_cut("best", "above")} THEN 'best'
    WHEN prior = 'best' AND high >= {_cut("best", "below")} THEN 'best'
    WHEN prior = 'cheap' AND low <= {_cut("balanced", "above")} THEN 'cheap'
    WHEN high < {_cut("balanced", "below")} THEN 'cheap' ELSE 'balanced' END"""
_BESIDE = ", ".join(f"{task}_score" for task in SCORED_TASKS)


def _evidence(scored: str, of: str) -> str:
    """SELECT of what benchmarks say of each offer of the bases that a condition on one names."""
    return f"""WITH scored AS ({scored}),
lines AS (
  SELECT b.id AS base, max(s.quality_score) AS score FROM bases b
  JOIN bases o ON o.maker = b.maker AND o.line = b.line AND o.released < b.released
  JOIN scored s ON s.base = o.id
  WHERE NOT EXISTS (SELECT 1 FROM scored y WHERE y.base = b.id AND y.quality_score IS NOT NULL)
  GROUP BY b.id),
offered AS (
  SELECT c.model_id, c.base, coalesce(s.quality_score, l.score) AS quality_score,
    s.quality_low, s.quality_high, s.quality_families,
    {", ".join(f"s.{task}_score" for task in SCORED_TASKS)},
    coalesce(s.quality_low, l.score) AS low, coalesce(s.quality_high, l.score) AS high,
    {_PRIOR} AS prior
  FROM catalog c LEFT JOIN lines l ON l.base = c.base
    LEFT JOIN scored s ON s.base = c.base AND s.variant = coalesce(c.variant, '')
  WHERE c.base {of} AND (s.base IS NOT NULL OR l.score IS NOT NULL)),
judged AS (
  SELECT offered.*, CASE WHEN quality_score IS NOT NULL THEN {_FOUND} END AS placed FROM offered)
SELECT model_id, base, CASE WHEN prior IS NULL OR prior <> placed THEN placed END AS quality_tier,
  CASE WHEN prior IS NULL OR prior <> placed
    THEN CASE WHEN quality_low IS NULL THEN 'inferred' ELSE 'benchmark' END END AS quality_basis,
  quality_score, quality_low, quality_high, quality_families, {_BESIDE}
FROM judged"""


EVIDENCE = _evidence("SELECT * FROM base_scores", "IS NOT NULL")
"""SELECT of what benchmarks say of each offer; where none has measured its base, what they say of
the best older one of its line.

A tier is stated where it is another one than that of the resolvers below.
"""

STATED = (
    "quality_tier", "quality_basis", "quality_score", "quality_low", "quality_high",
    "quality_families", *(f"{task}_score" for task in SCORED_TASKS),
)  # fmt: skip


def _of_lines(bases: str, newer: str = "") -> str:
    """SQL: some bases and the others of their lines, or the `newer` ones, as a list after IN."""
    return f"""(SELECT t.id FROM bases t WHERE t.id IN {bases} OR EXISTS (SELECT 1 FROM bases o
      WHERE o.id IN {bases} AND o.maker = t.maker AND o.line = t.line{newer}))"""


def judge(bases: str, *, few: bool = False) -> tuple[str, ...]:
    """Return SQL that states anew what benchmarks say of the offers of some bases, after IN.

    And of newer ones of their lines, which inherit it. For `few` bases nothing else is read.
    """
    touched = _of_lines(bases, " AND o.released < t.released")
    scored = _scores(_of_lines(bases)) if few else "SELECT * FROM base_scores"
    found = _evidence(scored, f"IN {touched}")
    values = ", ".join(f"{name} = e.{name}" for name in STATED)
    lacking = f"""INSERT INTO capabilities (model_id, resolver)
    SELECT c.model_id, 'evidence' FROM catalog c WHERE c.base IN {touched}
    AND EXISTS (SELECT 1 FROM standings s WHERE s.base = c.base OR s.base IN
      (SELECT o.id FROM bases b JOIN bases o ON o.maker = b.maker AND o.line = b.line
        AND o.released < b.released WHERE b.id = c.base))
    AND NOT EXISTS (SELECT 1 FROM capabilities x
      WHERE x.model_id = c.model_id AND x.resolver = 'evidence')"""
    stated = f"""UPDATE capabilities SET {values}
    FROM (SELECT c.model_id, {", ".join("f." + name for name in STATED)} FROM catalog c
      LEFT JOIN ({found}) f ON f.model_id = c.model_id WHERE c.base IN {touched}) e
    WHERE capabilities.resolver = 'evidence' AND capabilities.model_id = e.model_id
    AND capabilities.model_id IN (SELECT model_id FROM catalog WHERE base IN {touched})"""
    return lacking, stated
