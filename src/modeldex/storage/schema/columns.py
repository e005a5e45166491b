"""Groups of columns, and SQL texts over them, that tables, views and queries share.

No import of SQLAlchemy: queries read them too.
"""

from collections.abc import Iterable

from modeldex.vocabulary.fields import NAMES
from modeldex.vocabulary.suites import TASKS

NOW = "strftime('%Y-%m-%dT%H:%M:%fZ', 'now')"

LINE = "'\n'"
"""SQL: the line feed between the words of a list."""

MODEL_COLUMNS = "provider, name, family, display_name, retired_at"

VERIFIED = (
    "supports_tools", "supports_vision", "supports_json_mode", "supports_structured_outputs",
)  # fmt: skip
"""Capability columns of a measurement."""

FIGURES = (
    "tokens_per_second", "ttft_ms", "input_cost_per_1m", "output_cost_per_1m", *VERIFIED,
    "quality_score",
)  # fmt: skip
"""Columns of a measurement that hold a result; each row needs one of them, or `error`."""

_WINDOW = "coalesce(served_context, max_context, max_input_tokens)"
_USABLE = f"CASE WHEN max_input_tokens < {_WINDOW} THEN max_input_tokens ELSE {_WINDOW} END"

_TIER = "CASE quality_tier WHEN 'best' THEN 0 WHEN 'balanced' THEN 1 WHEN 'cheap' THEN 2 ELSE 3 END"

BAND = 5
"""Points of a score that make one band; offers of one band are alike, and the cost decides."""

LAST_BAND = 9
"""That of all lower scores."""

# Rounded to whole bands below: 0.49 since the engines round halves differently, and scores have
# one decimal.
_BAND = (
    f"CASE WHEN {{0}} > {100 - BAND * LAST_BAND} "
    f"THEN CAST(round((100 - {{0}}) / {BAND} - 0.49) AS BIGINT) "
    f"WHEN {{0}} IS NOT NULL THEN {LAST_BAND} END"
)
UNSCORED = LAST_BAND + 1
"""The band of offers without a score."""

MOST_SUPERSEDED = 3
"""Bands by which an offer of an old version stands back at most, one for each newer one."""

_BACK = (
    f"CASE WHEN newer_versions > {MOST_SUPERSEDED} THEN {MOST_SUPERSEDED} "
    "ELSE coalesce(newer_versions, 0) END"
)

RANK_STEPS = 4 * (UNSCORED + MOST_SUPERSEDED + 1)
"""How many pairs of a tier and a band there are; the bands of a task are fewer."""


def band_of(score: str) -> str:
    """SQL: the band of a score, as it is; NULL without one."""
    return _BAND.format(score)


def _of_task(score: str) -> str:
    """SQL: the band of a task; behind it those with a general score alone, then by tier."""
    general = band_of("quality_score")
    return f"coalesce({band_of(score)}, {general} + 1, {UNSCORED + 1} + {_TIER})"


SCORED_TASKS = TASKS[1:]
"""Tasks with scores of their own, beside the general ones."""

_BLENDED = "(3 * input_cost_per_1m + output_cost_per_1m) / 4"

_SEARCHED = "provider || '/' || name" + "".join(
    f" || coalesce(' ' || {name}, '')" for name in ("display_name", "base", "family", "aliases")
)

RANKING = {
    "usable_context": _USABLE,
    "blended_cost": _BLENDED,
    "rank_tier": _TIER,
    "rank_cost": f"coalesce({_BLENDED}, 9e99)",
    "rank_context": f"-coalesce({_USABLE}, 0)",
    "rank_release": "coalesce(release_date, '')",
    # In tenths of a cent, so that a conversion of currencies decides nothing.
    "rank_price": f"coalesce(CASE WHEN {_BLENDED} < 0.01 THEN {_BLENDED} "
    f"ELSE round(1000 * {_BLENDED}) / 1000 END, 9e99)",
    "rank_band": f"coalesce({band_of('quality_score')}, {UNSCORED}) + {_BACK}",
    **{f"rank_{task}": _of_task(f"{task}_score") for task in SCORED_TASKS},
    "search_text": f"lower({_SEARCHED})",
}
"""SQL expressions of the generated columns of `catalog` that queries rank by, or search in."""

PROBLEMS = ("key", "unreachable", "timeout", "refused", "answer", "shrunk", "error")
"""Kinds of failure of a source or resolver."""


HOWS = ("listed", "partial", "presumed", "account", "refused", "unread")
"""How the offers of a configured provider are callable, or why they are not.

By a complete listing for this key at this address; by a partial one and all others presumably; by a
key that has listed nothing; by an account of a cloud. The key was refused; nothing was read yet.
"""


SHOWN = (
    "(mode IS NULL OR mode = 'chat') AND retired_at IS NULL "
    "AND (lifecycle IS NULL OR lifecycle <> 'retired') "
    "AND (price_basis IS NULL OR price_basis IN ('metered', 'self_hosted')) "
    "AND (suspicious IS NULL OR suspicious = 0)"
)
"""SQL: the offers that a question without criteria shows, but for dates and who can call them."""


def quoted(words: Iterable[str]) -> str:
    """Words as a comma-separated list of SQL string literals."""
    return ", ".join(map(repr, words))


def columns(prefix: str = "") -> str:
    """The capability columns as a comma-separated list, each after `prefix`."""
    return ", ".join(prefix + name for name in NAMES)
