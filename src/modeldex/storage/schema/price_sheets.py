"""The law of price sheets, as SQL text: whose prices of a model count.

The prices of a model are one sheet: that of the highest resolver below `perf_lab` which states
input and output, else of the highest which states input. Another resolver's prices count beside it
where it states the same input, and no other output: then it is the same sheet. What is measured or
overridden replaces single prices. Where nobody states an input there is no sheet, and every price
counts.
"""

from modeldex.storage.schema.plausibility import USUAL_ALIASES, Aliases, measured, plausible
from modeldex.vocabulary.prices import USUAL

INPUT, OUTPUT = USUAL["input"], USUAL["output"]
SHEET = (*USUAL.values(), "other_prices")
"""The fields of a sheet."""

ALWAYS = "1 = 1"
"""SQL: the condition of a field that counts whoever states it."""

SAME = 0.005
"""Prices that differ by no more than this share are the same."""


def sheet_of(opinions: str = "capabilities", resolvers: str = "resolvers") -> str:
    """FROM-clause text that joins to each opinion `c`, as `s`, the one that is the sheet, if any.

    `opinions` and `resolvers` are the tables, or subqueries, that take part in the merge.
    """
    # Most opinions have no price, and then nothing is looked up.
    priced = " OR ".join(f"c.{name} IS NOT NULL" for name in SHEET)
    return f"""LEFT JOIN {opinions} s ON ({priced}) AND s.model_id = c.model_id
      AND s.resolver = (SELECT substr(max((CASE WHEN x.{OUTPUT} IS NULL THEN 10000
          ELSE 20000 END + y.place) || x.resolver), 6)
        FROM {opinions} x CROSS JOIN {resolvers} y
        WHERE y.name = x.resolver AND x.model_id = c.model_id AND x.{INPUT} IS NOT NULL
        AND y.precedence < {measured(resolvers)}
        AND {plausible(INPUT, Aliases("x", "y", opinions, resolvers))})"""


def counts(name: str, at: Aliases = USUAL_ALIASES) -> str:
    """SQL: whether what an opinion states of a field counts; prices beside the sheet `s`."""
    believed = plausible(name, at)
    if name not in SHEET:
        return believed or ALWAYS
    measured_from = measured(at.resolvers)
    return f"""({believed} AND (s.model_id IS NULL OR {at.resolver}.precedence >= {measured_from}
      OR ({_same(INPUT, at.opinion)}
        AND ({at.opinion}.{OUTPUT} IS NULL OR {_same(OUTPUT, at.opinion)}))))"""


def _same(price: str, opinion: str) -> str:
    return f"abs({opinion}.{price} - s.{price}) <= {SAME} * s.{price}"
