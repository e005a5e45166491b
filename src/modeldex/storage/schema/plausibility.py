"""What another registry states and nobody would believe, as SQL text: kept, but it does not count.

A registry is a resolver whose name begins with `remote:`. It outranks data sets, so one wrong or
hostile row would win every question for everybody. Whoever gives a registry the precedence of
`perf_lab` or more believes it in everything.
"""

from typing import NamedTuple

from modeldex.storage.schema.columns import SCORED_TASKS
from modeldex.vocabulary.limits import WINDOW, WITHIN
from modeldex.vocabulary.prices import USUAL

WIDEST = 10_485_760
"""Tokens of the widest window of a known base model, Llama 4 Scout's."""

CHEAPEST = 0.0001
"""USD per 1M tokens: no metered price is known that is lower."""

_METERED = (
    f"coalesce({{0}}.{USUAL['input']}, {{0}}.{USUAL['output']}, 1) < {CHEAPEST} "
    "AND coalesce({0}.price_basis, 'metered') = 'metered'"
)
_UNSCORABLE = (
    "NOT EXISTS (SELECT 1 FROM {1} known JOIN bases b ON b.id = known.base "
    "WHERE known.model_id = {0}.model_id)"
)
_SCORES = (
    "quality_score", "quality_low", "quality_high", "quality_families",
    *(f"{task}_score" for task in SCORED_TASKS),
)  # fmt: skip
_NO_REASON = "a metered price of nothing, and no reason for it"
_DOUBTS = {
    **dict.fromkeys((*USUAL.values(), "other_prices", "price_basis"), (_METERED, _NO_REASON)),
    **{
        name: (f"{{0}}.{name} > {WIDEST}", "wider than the window of any known model")
        for name in (WINDOW, *WITHIN)
    },
    **dict.fromkeys(_SCORES, (_UNSCORABLE, "a score of an unknown model")),
}
"""By field: when a statement of a registry is in doubt, of an opinion and all opinions, and why."""


class Aliases(NamedTuple):
    """What a statement calls an opinion, its resolver, and the tables of both."""

    opinion: str = "c"
    resolver: str = "r"
    opinions: str = "capabilities"
    resolvers: str = "resolvers"


USUAL_ALIASES = Aliases()


def measured(resolvers: str = "resolvers") -> str:
    """SQL: the precedence from which on statements are measured, or a person's."""
    return f"(SELECT precedence FROM {resolvers} WHERE name = 'perf_lab')"


def plausible(name: str, at: Aliases = USUAL_ALIASES) -> str:
    """SQL: whether what an opinion states of a field counts; empty where it always does."""
    if name not in _DOUBTS:
        return ""
    doubt = _DOUBTS[name][0].format(at.opinion, at.opinions)
    return (
        f"(substr({at.opinion}.resolver, 1, 7) <> 'remote:' "
        f"OR {at.resolver}.precedence >= {measured(at.resolvers)} OR NOT ({doubt}))"
    )


def doubt(name: str) -> str:
    """SQL: why what the opinion `c` states of a field does not count; NULL if it does."""
    counts = plausible(name)
    return f"CASE WHEN NOT {counts} THEN '{_DOUBTS[name][1]}' END" if counts else "nullif('', '')"
