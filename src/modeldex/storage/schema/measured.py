"""The rollup of measurement samples into opinions of `perf_lab`, as SQL text.

Each opinion is a weighted median over a window: of the newest 1,000 samples of a model, the
newest 100 that state the figure. The weight of a sample is its number of requests, times 4 if
it is at most 7 days older than the newest of the window, 2 up to 30 days, 1 up to 90 days,
0 beyond. A capability whose weight is split exactly in half is unknown. A quality score gives
a tier if its suite is in `quality_suites`.
"""

from modeldex.storage.schema.columns import VERIFIED

NEWEST = 1000
"""Only this many samples of a model count, the newest; quality scores have no such limit."""

_WINDOW = 100

_RANK = "score"  # the figure of quality scores
_SCORES = (
    "measurements s CROSS JOIN quality_suites q WHERE q.name = s.quality_suite "
    "AND (q.version IS NULL OR q.version = s.suite_version)\n"
    "        AND s.provider = m.provider AND s.name = m.name AND s.quality_score IS NOT NULL\n"
    "        ORDER BY s.measured_at DESC, s.id DESC"
)
_ENOUGH = (
    "SELECT max(q.min_samples) FROM quality_suites q WHERE EXISTS (SELECT 1 FROM measurements s\n"
    "      WHERE s.quality_suite = q.name AND s.provider = m.provider AND s.name = m.name\n"
    "      AND s.quality_score IS NOT NULL)"
)


def _weight(age: str) -> str:
    return f"CASE WHEN {age} <= 7 THEN 4 WHEN {age} <= 30 THEN 2 WHEN {age} <= 90 THEN 1 ELSE 0 END"


def _at_least(mark: str) -> str:
    return f"CASE WHEN s.quality_score >= q.{mark}_at_least THEN 1 ELSE 0 END AS {mark}"


# The median of three tiers is a matter of three sums: no window over sorted rows, which takes
# longer. Half of the weight at `best` and half below it is balanced.
_TIER = f"""(SELECT CASE WHEN sum(n) >= ({_ENOUGH})
    THEN CASE WHEN 2 * sum(w * best) > sum(w) THEN 'best'
      WHEN 2 * sum(w * best) = sum(w) OR 2 * sum(w * balanced) > sum(w) THEN 'balanced'
      ELSE 'cheap' END END
  FROM (SELECT s.n, s.best, s.balanced, s.n * {_weight("l.newest - s.j")} AS w
    FROM (SELECT julianday(s.measured_at) AS newest
        FROM {_SCORES} LIMIT 1) l
      CROSS JOIN (SELECT julianday(s.measured_at) AS j, s.samples AS n,
        {_at_least("best")},
        {_at_least("balanced")}
        FROM {_SCORES} LIMIT {_WINDOW}) s WHERE l.newest - s.j <= 90) s)"""


def _samples(figure: str) -> str:
    """SQL: the newest samples of one model, as candidates for the window of a figure."""
    if figure == _RANK:
        return f"SELECT s.measured_at, s.id, s.samples, s.quality_score AS {_RANK} FROM {_SCORES}"
    return f"""SELECT s.measured_at, s.id, s.samples, s.{figure} FROM measurements s
        WHERE s.provider = m.provider AND s.name = m.name
        ORDER BY s.measured_at DESC, s.id DESC LIMIT {NEWEST}"""


def _weighed(figure: str) -> str:
    """SQL: the window of one figure: values `v`, weights `w`, requests `n` and times `at`."""
    return f"""SELECT v, n, at, n * {_weight("max(j) OVER () - j")} AS w
      FROM (SELECT {figure} AS v, samples AS n, measured_at AS at, julianday(measured_at) AS j
        FROM ({_samples(figure)}) s
        WHERE {figure} IS NOT NULL ORDER BY measured_at DESC, id DESC LIMIT {_WINDOW}) s"""


def _median(figure: str, result: str = "avg(v)") -> str:
    # The row or the two rows in the middle of the weight remain: `result` joins them.
    return f"""(SELECT {result} FROM (
    SELECT v, w, sum(w) OVER (ORDER BY v ROWS UNBOUNDED PRECEDING) AS upto, sum(w) OVER () AS total
    FROM ({_weighed(figure)}) s WHERE w > 0) s
  WHERE 2 * upto >= total AND 2 * (upto - w) <= total)"""


def _of_window(what: str, figure: str) -> str:
    return f"(SELECT {what} FROM ({_weighed(figure)}) s WHERE w > 0)"


def _opinion(figure: str) -> str:
    """SQL: the opinion from one figure; for a flag NULL if exactly half of the weight is true."""
    if figure in VERIFIED:
        return _median(figure, "CASE avg(v) WHEN 0 THEN 0 WHEN 1 THEN 1 END")
    return _TIER if figure == _RANK else _median(figure)


_FIELD_OF = {
    "tokens_per_second": "speed_hint_tps",
    "ttft_ms": "ttft_ms",
    "input_cost_per_1m": "input_cost_per_1m",
    "output_cost_per_1m": "output_cost_per_1m",
    **{name: name for name in VERIFIED},
    _RANK: "quality_tier",
}
"""The catalog field that each figure of the samples is an opinion on."""

_FIELDS = tuple(_FIELD_OF.values())
_LAST = (
    "(SELECT max(s.measured_at) FROM measurements s "
    "WHERE s.provider = m.provider AND s.name = m.name)"
)

MEASURED = (
    "-- what the samples of each model come to\nSELECT m.id AS model_id,\n  "
    + ",\n  ".join(f"{_opinion(figure)} AS {field}" for figure, field in _FIELD_OF.items())
    + f",\n  {_LAST} AS measured_at\nFROM models m"
)
"""SQL: one row per model, one column per field that samples can state."""

# Count and times are one text, so that each window is computed once.
_COUNTED = "sum(n) || ' ' || min(at) || ' ' || max(at)"


def measured_figures(value: str) -> str:
    """SQL: one row per model and field; `value` renders a column as the value of any field."""
    return (
        _FIGURES
        + "\nUNION ALL\n".join(
            f"SELECT m.id AS model_id, m.provider, m.name, '{field}' AS field,\n"
            f"  {value.format('v.' + field)} AS value,\n"
            f"  {_of_window(_COUNTED, figure)} AS counted\n"
            f"FROM models m JOIN measured v ON v.model_id = m.id"
            for figure, field in _FIELD_OF.items()
        )
        + ") c WHERE counted IS NOT NULL) t"
    )


_FIGURES = (
    "-- the same field by field: from how many requests, measured when\n"
    "SELECT model_id, provider, name, field, value,\n"
    "  CAST(substr(counted, 1, instr(counted, ' ') - 1) AS BIGINT) AS n,\n"
    "  substr(times, 1, instr(times, ' ') - 1) AS oldest,\n"
    "  substr(times, instr(times, ' ') + 1) AS newest\n"
    "FROM (SELECT c.*, substr(counted, instr(counted, ' ') + 1) AS times FROM (\n"
)

_BASIS = "CASE WHEN {}.quality_tier IS NOT NULL THEN 'measured' END"
_PLAIN = [field for field in _FIELDS if field != "quality_tier"]
# A tier written to perf_lab by hand stays until there is a quality score.
_SCORED = (
    "EXISTS (SELECT 1 FROM measurements s JOIN models m ON m.provider = s.provider "
    "AND m.name = s.name WHERE m.id = v.model_id AND s.quality_score IS NOT NULL)"
)

FOLD_MEASURED = f"""INSERT INTO models (provider, name) SELECT p.provider, p.name
    FROM pending_measurements p WHERE NOT EXISTS
    (SELECT 1 FROM models m WHERE m.provider = p.provider AND m.name = p.name) AND EXISTS
    (SELECT 1 FROM measurements s WHERE s.provider = p.provider AND s.name = p.name);
  UPDATE capabilities SET ({", ".join(_PLAIN)}, quality_tier, quality_basis, observed_at) =
    (SELECT {", ".join("v." + field for field in _PLAIN)},
    CASE WHEN {_SCORED} THEN v.quality_tier ELSE capabilities.quality_tier END,
    CASE WHEN {_SCORED} THEN {_BASIS.format("v")} ELSE capabilities.quality_basis END,
    coalesce(v.measured_at, capabilities.observed_at)
    FROM measured v WHERE v.model_id = capabilities.model_id)
    WHERE capabilities.resolver = 'perf_lab' AND capabilities.model_id IN
    (SELECT m.id FROM pending_measurements p
    CROSS JOIN models m WHERE m.provider = p.provider AND m.name = p.name);
  INSERT INTO capabilities (model_id, resolver, {", ".join(_FIELDS)}, quality_basis, observed_at)
    SELECT v.model_id, 'perf_lab', {", ".join(f"v.{field}" for field in _FIELDS)},
    {_BASIS.format("v")},
    v.measured_at FROM pending_measurements p
    CROSS JOIN models m CROSS JOIN measured v WHERE m.provider = p.provider AND m.name = p.name
    AND v.model_id = m.id AND v.measured_at IS NOT NULL AND NOT EXISTS
    (SELECT 1 FROM capabilities c WHERE c.model_id = v.model_id AND c.resolver = 'perf_lab');
  DELETE FROM pending_measurements;"""
"""SQL: updates the perf_lab opinions of all models in `pending_measurements`, and empties it."""

_OF_SUITES = (
    "(SELECT DISTINCT provider, name FROM measurements\n"
    "    WHERE quality_score IS NOT NULL AND quality_suite IN ({})) s"
)
_LACKING = f"""INSERT INTO pending_measurements (provider, name) SELECT s.provider, s.name
    FROM {_OF_SUITES} WHERE NOT EXISTS (SELECT 1 FROM pending_measurements p
    WHERE p.provider = s.provider AND p.name = s.name) AND NOT EXISTS
    (SELECT 1 FROM models m CROSS JOIN capabilities c WHERE c.model_id = m.id
    AND m.provider = s.provider AND m.name = s.name AND c.resolver = 'perf_lab');"""
# DISTINCT: each tier is computed once.
_TIERS = f"""UPDATE capabilities SET quality_tier = t.quality_tier,
    quality_basis = {_BASIS.format("t")}
    FROM (SELECT DISTINCT v.model_id, v.quality_tier FROM {_OF_SUITES.format("{suites}")}
    CROSS JOIN models m CROSS JOIN measured v
    WHERE m.provider = s.provider AND m.name = s.name AND v.model_id = m.id) t
    WHERE capabilities.model_id = t.model_id AND capabilities.resolver = 'perf_lab'
    AND (capabilities.quality_tier {{differs}} t.quality_tier
    OR capabilities.quality_basis {{differs}} {_BASIS.format("t")});"""


def rank_scored(suites: str, differs: str) -> tuple[str, str]:
    """Return SQL for all models with scores of these suites, of which only the tier may change.

    The first statement queues the samples of those without an opinion of perf_lab, the second
    updates the others. `suites` is what follows IN, `differs` the word of a Dialect.
    """
    return _LACKING.format(suites), _TIERS.format(suites=suites, differs=differs)
