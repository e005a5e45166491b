"""Views over offers: who has a base model at which price, what is suspicious, not listed, outdated.

The facts of an offer are compared with those of other offers of the same base; the figures in
FAR_BELOW and the like say how far apart is implausible.
"""

from modeldex.storage.schema.columns import UNSCORED, band_of

FAR_BELOW = 0.5
"""Closed weights below this share of the lab's own price are suspicious."""

FAR_ABOVE = 1.5
"""A window above this multiple of the longest at other vetted providers is suspicious."""

ORDERS = 1000
"""A price this many times above or below the median of the same base is suspicious."""

FEWEST = 3
"""Offers with a price that a median needs."""

OTHERS = 2
"""Vetted providers that must state a window before it is taken for that of the base."""

_OWN = "CASE WHEN k.maker = substr(c.base, 1, instr(c.base, '/') - 1) THEN 1 ELSE 0 END"
_METERED = "coalesce(c.price_basis, 'metered') = 'metered'"

OFFERS = f"""SELECT c.base, c.model_id, c.provider, c.name, coalesce(k.class, 'unclassed') AS class,
  {_OWN} AS of_lab, c.live, c.input_cost_per_1m, c.output_cost_per_1m, c.blended_cost,
  c.price_basis, c.blended_cost / (SELECT min(x.blended_cost) FROM catalog x
    JOIN provider_classes y ON y.provider = x.provider
    WHERE x.base = c.base AND y.maker = substr(c.base, 1, instr(c.base, '/') - 1)
    AND x.blended_cost > 0) AS of_lab_price,
  c.usable_context, c.speed_hint_tps, c.snapshot, c.variant, c.lifecycle, c.retires_at,
  c.retired_at, c.suspicious
FROM catalog c LEFT JOIN provider_classes k ON k.provider = c.provider
WHERE c.base IS NOT NULL"""
"""SELECT of the offers of all bases; `of_lab_price` is the price as a multiple of the lab's."""

SUSPICIOUS = f"""WITH offered AS (
  SELECT c.model_id, c.base, c.provider, c.max_context, k.class, {_OWN} AS own,
    coalesce(b.open_weights, c.open_weights) AS is_open,
    CASE WHEN {_METERED} AND c.blended_cost > 0 THEN c.blended_cost END AS cost
  FROM catalog c LEFT JOIN provider_classes k ON k.provider = c.provider
    LEFT JOIN bases b ON b.id = c.base
  WHERE c.base IS NOT NULL),
labs AS (
  SELECT base, min(cost) AS cost, max(is_open) AS is_open FROM offered WHERE own = 1
  GROUP BY base),
windows AS (
  SELECT base, provider, max(max_context) AS longest FROM offered
  WHERE class IN ('lab', 'cloud', 'host', 'gateway') AND max_context IS NOT NULL
  GROUP BY base, provider),
ranked AS (
  SELECT base, cost, row_number() OVER (PARTITION BY base ORDER BY cost) AS place,
    count(*) OVER (PARTITION BY base) AS n
  FROM offered WHERE cost IS NOT NULL),
medians AS (
  SELECT base, avg(cost) AS cost FROM ranked
  WHERE n >= {FEWEST} AND place IN ((n + 1) / 2, (n + 2) / 2) GROUP BY base)
SELECT o.model_id, 'far below the price of its lab' AS reason, o.cost AS found, l.cost AS usual
FROM offered o JOIN labs l ON l.base = o.base
WHERE l.is_open = 0 AND o.cost < {FAR_BELOW} * l.cost
UNION ALL
SELECT o.model_id, 'window above that of its base', max(o.max_context), max(w.longest)
FROM offered o JOIN windows w ON w.base = o.base AND w.provider <> o.provider
WHERE o.own = 0 AND o.max_context IS NOT NULL
GROUP BY o.model_id
HAVING count(*) >= {OTHERS} AND max(o.max_context) > {FAR_ABOVE} * max(w.longest)
UNION ALL
SELECT o.model_id, 'price three orders off that of others', o.cost, m.cost
FROM offered o JOIN medians m ON m.base = o.base
WHERE o.cost * {ORDERS} <= m.cost OR o.cost >= {ORDERS} * m.cost
UNION ALL
SELECT c.model_id, 'metered at a price of 0, without a reason', 0, NULL
FROM catalog c
WHERE {_METERED} AND c.input_cost_per_1m = 0 AND coalesce(c.output_cost_per_1m, 0) = 0"""
"""SELECT of implausible offers: model_id, reason, the figure `found`, and the `usual` one."""

TWICE = 2
"""A newer version that costs more than this many times as much supersedes no older one."""

_ABLE = (
    "supports_tools", "supports_vision", "supports_audio", "supports_video", "supports_pdf",
    "supports_structured_outputs", "supports_reasoning", "open_weights", "max_output_tokens",
)  # fmt: skip
"""What a newer version has to have if the older one has it, beside a window as large."""


def _same(column: str, absent: str = "''") -> str:
    return f"coalesce(n.{column}, {absent}) = coalesce(o.{column}, {absent})"


_BAND_OF = f"coalesce({band_of('{0}.quality_score')}, {UNSCORED})"

SUPERSEDED = f"""WITH newer AS (
  SELECT o.model_id, n.name,
    CASE WHEN n.rank_tier = o.rank_tier AND {_BAND_OF.format("n")} = {_BAND_OF.format("o")}
      THEN n.base END AS near, row_number() OVER (PARTITION BY o.model_id
    ORDER BY b.released DESC, n.base DESC,
      CASE WHEN n.snapshot IS NULL THEN 0 ELSE 1 END, n.name) AS place
  FROM bases a JOIN bases b ON b.maker = a.maker AND b.line = a.line AND b.released > a.released
    JOIN catalog o ON o.base = a.id JOIN catalog n ON n.base = b.id AND n.provider = o.provider
  WHERE {_same("variant")} AND {_same("mode", "'chat'")} AND {_same("price_basis")}
  AND n.blended_cost <= {TWICE} * o.blended_cost AND n.rank_tier <= o.rank_tier
  AND {_BAND_OF.format("n")} <= {_BAND_OF.format("o")}
  AND n.retired_at IS NULL AND n.presumed_gone IS NULL AND coalesce(n.suspicious, 0) = 0
  AND (n.retires_at IS NULL OR n.retires_at > o.retires_at)
  AND (coalesce(n.lifecycle, 'active') = 'active'
    OR (n.lifecycle = 'preview' AND o.lifecycle = 'preview'))
  AND n.rank_context <= o.rank_context
  {" ".join(f"AND coalesce(n.{name}, 0) >= coalesce(o.{name}, 0)" for name in _ABLE)}),
counted AS (SELECT model_id, nullif(count(DISTINCT near), 0) AS n FROM newer GROUP BY model_id)
SELECT w.model_id, w.name AS superseded_by, c.n AS newer_versions
FROM newer w JOIN counted c ON c.model_id = w.model_id WHERE w.place = 1"""
"""SELECT of offers of which a newer version of the line is at the same provider that can do as much
and is no worse by its tier and band, for at most twice the price: the newest, and how many there
are of the same tier and band."""

UNLISTED = """WITH days AS (
  SELECT resolver AS source, substr(max(observed_at), 1, 10) AS day FROM capabilities
  GROUP BY resolver),
covering AS (
  SELECT v.source, v.provider, v.mode, v.tools_only, d.day
  FROM coverage v JOIN days d ON d.source = v.source
  WHERE EXISTS (SELECT 1 FROM models x JOIN sightings s ON s.model_id = x.id
    WHERE x.provider = v.provider AND s.source = v.source AND s.missing_since IS NULL)),
listed AS (
  SELECT s.model_id, max(coalesce(d.day, '9999')) AS day
  FROM sightings s LEFT JOIN days d ON d.source = s.source
  WHERE s.missing_since IS NULL GROUP BY s.model_id)
SELECT c.model_id, v.source, v.day
FROM covering v JOIN catalog c ON c.provider = v.provider JOIN listed l ON l.model_id = c.model_id
WHERE c.live = 0 AND l.day < v.day AND (c.retires_at IS NULL OR c.retires_at <= v.day)
  AND (v.mode IS NULL OR coalesce(c.mode, 'chat') = v.mode)
  AND (v.tools_only = 0 OR c.supports_tools = 1)"""
"""SELECT of offers that only data sets older than one that covers them list: model_id, that data
set, and its day. Who lists without stating facts, such as a user, is never the older one."""
