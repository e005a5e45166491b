"""The orders in which answers are given. No I/O.

The rank is a total order: tier, band of the quality score, one behind for each newer version that
does as much for the money at the same provider, blended cost (unknown last), the lab
before others, larger usable window, newer release, provider, name; for a task its band comes in
place of tier and band.
The rank indexes of `catalog` have these orders, so that a query with `LIMIT 1` walks an index and
stops at the first model that meets all requirements.
"""

from collections.abc import Mapping
from typing import NamedTuple

from modeldex.storage.schema.columns import MOST_SUPERSEDED, SCORED_TASKS, UNSCORED
from modeldex.vocabulary.criteria import RANKED_TIERS

_BEHIND = ("rank_price", "rank_class", "rank_context", "rank_release DESC", "provider", "name")


class Rank(NamedTuple):
    """One rank order.

    `keys` are the columns that stand before the cost. `steps` are conditions that part the models:
    within each the order is that of `rank_price`, so that a range of costs is a part of the index.
    `columns` are those of the whole order, and `order` sorts by them; `merged` sorts rows that
    begin with them.
    """

    keys: str
    steps: tuple[str, ...]
    columns: str
    order: str
    merged: str


def _rank(keys: tuple[str, ...], steps: tuple[str, ...]) -> Rank:
    terms = [f"c.{name}" for name in (*keys, *_BEHIND)]
    places = [f"{n}{' DESC' * term.endswith(' DESC')}" for n, term in enumerate(terms, 1)]
    return Rank(
        ", ".join(terms[: len(keys)]),
        steps,
        ", ".join(terms).replace(" DESC", ""),
        ", ".join(terms),
        ", ".join(places),
    )


_BANDS = range(UNSCORED + MOST_SUPERSEDED + 1)
GENERAL = _rank(
    ("rank_tier", "rank_band"),
    tuple(
        f"c.rank_tier = {tier} AND c.rank_band = {band}"
        for tier in range(len(RANKED_TIERS))
        for band in _BANDS
    ),
)
_OF_TASKS = range(UNSCORED + MOST_SUPERSEDED + 1 + len(RANKED_TIERS))
RANKS: Mapping[str, Rank] = {
    "general": GENERAL,
    **{
        task: _rank((f"rank_{task}",), tuple(f"c.rank_{task} = {step}" for step in _OF_TASKS))
        for task in SCORED_TASKS
    },
}
"""The rank of each task."""

VALUE = "coalesce((c.quality_score - 50) / nullif(c.blended_cost, 0), -1e9)"
"""SQL: what a quality score has above 50, per USD of the blended price."""

_FIRST = {
    "quality": "",
    "cost": "c.rank_cost, ",
    "value": f"{VALUE} DESC, ",
    "newest": "c.rank_release DESC, ",
    "speed": "coalesce(c.speed_hint_tps, 0) DESC, ",
}
SORTS = tuple(_FIRST)
"""How answers may be sorted; what decides first is unknown for the last ones.

`value` is what a quality score has above 50, per USD of the blended price.
"""


def rank_of(criteria: Mapping[str, object]) -> Rank:
    """Return the rank for the task that the criteria name; one that is none has the general one."""
    return RANKS.get(str(criteria.get("task")), GENERAL)


def order_by(sort: str, rank: Rank = GENERAL) -> str:
    """Return the ORDER BY of one of SORTS, where equals stand in the order of a rank."""
    return f" ORDER BY {_FIRST[sort]}{rank.order}"
