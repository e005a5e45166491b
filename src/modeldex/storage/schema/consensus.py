"""The view of price sheets on which two independent data sets agree against an older one."""

from modeldex.storage.schema.columns import quoted
from modeldex.storage.schema.price_sheets import INPUT, OUTPUT

DATA_SETS = ("models_dev", "litellm", "genai_prices", "pi_ai")
MADE_FROM = {"pi_ai": "models_dev"}
"""Data sets that take their prices from another one, and so do not confirm it. Reviewed."""

AGREE = 0.05
"""Prices that differ by no more than this share agree."""

APART = 2
"""Prices of which one is this many times the other contradict each other."""


def _agree(price: str) -> str:
    return f"abs(a.{price} - b.{price}) <= {AGREE} * a.{price}"


def _contradict(price: str) -> str:
    return (
        f"(a.{price} <> w.{price} AND (a.{price} >= {APART} * w.{price} "
        f"OR w.{price} >= {APART} * a.{price}))"
    )


_DEPENDENT = " OR ".join(
    f"(a.resolver IN ({quoted(pair)}) AND b.resolver IN ({quoted(pair)}))"
    for pair in MADE_FROM.items()
)

CONSENSUS = f"""WITH stated AS NOT MATERIALIZED (
  SELECT c.model_id, c.resolver, r.place, c.{INPUT}, c.{OUTPUT}, c.observed_at
  FROM capabilities c JOIN resolvers r ON r.name = c.resolver
  WHERE c.resolver IN ({quoted(DATA_SETS)})
  AND c.{INPUT} IS NOT NULL AND c.{OUTPUT} IS NOT NULL)
SELECT w.model_id, a.resolver AS states, b.resolver AS confirms, w.resolver AS outdated
FROM stated w JOIN stated a ON a.model_id = w.model_id
  JOIN stated b ON b.model_id = w.model_id AND b.place < a.place
WHERE a.place < w.place AND NOT ({_DEPENDENT})
  AND NOT EXISTS (SELECT 1 FROM stated h WHERE h.model_id = w.model_id AND h.place > w.place)
  AND {_agree(INPUT)} AND {_agree(OUTPUT)} AND ({_contradict(INPUT)} OR {_contradict(OUTPUT)})
  AND (w.observed_at <= a.observed_at OR w.observed_at <= b.observed_at)"""
"""SELECT of the models of such sheets, with the names of three data sets: the one that `states` the
sheet, the one that `confirms` it, and the `outdated` one, which would win else, and is no newer
than the newer of them."""
