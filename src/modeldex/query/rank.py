"""The orders in which answers are given. No I/O.

The rank is a total order: tier, band of the quality score, one behind for each newer version that
does as much for the money at the same provider, listed before presumed where some offers are only
presumed callable, blended cost (unknown last), the lab before others, larger usable window, newer
release, provider, name; for a task its band comes in place of tier and band.
The rank indexes of `catalog` have these orders, so that a query with `LIMIT 1` walks an index and
stops at the first model that meets all requirements.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple, get_args

from modeldex.storage.schema.columns import MOST_SUPERSEDED, SCORED_TASKS, UNSCORED
from modeldex.vocabulary.orders import Sort

_BEHIND = ("rank_price", "rank_class", "rank_context", "rank_release DESC", "provider", "name")


class Rank(NamedTuple):
    """One rank order.

    `keys` stand before the cost, of which the columns of the catalog make one number, `step`. Where
    `at_step` is met by the number of a row `b`, the order is that of `rank_price`, so that a range
    of costs is a part of the index. `columns` are those of the whole order, and `order` sorts by
    them; `merged` sorts rows that begin with them. `presumed` is that key, if there is one.
    """

    keys: tuple[str, ...]
    step: str
    at_step: str
    columns: str
    order: str
    merged: str
    presumed: str = ""

    def columns_after(self, step: str) -> str:
        """Return `columns`, the first replaced by the number of a step."""
        return f"{step}, {self.columns.partition(', ')[2]}"


_PRICED = tuple(f"c.{name}" for name in _BEHIND)


def _rank(keys: tuple[str, ...], step: str, at_step: str, presumed: str = "") -> Rank:
    terms = (*keys, *_PRICED)
    places = [f"{n}{' DESC' * term.endswith(' DESC')}" for n, term in enumerate(terms, 1)]
    return Rank(
        keys,
        step,
        at_step,
        ", ".join(terms).replace(" DESC", ""),
        ", ".join(terms),
        ", ".join(places),
        presumed,
    )


@lru_cache(maxsize=64)
def presumed_last(rank: Rank, presumed: str) -> Rank:
    """Return the order in which, within a band, those come last for which SQL says 1."""
    return _rank((*rank.keys, presumed), rank.step, rank.at_step, presumed)


_BANDS = UNSCORED + MOST_SUPERSEDED + 1
GENERAL = _rank(
    ("c.rank_tier", "c.rank_band"),
    f"c.rank_tier * {_BANDS} + c.rank_band",
    f"c.rank_tier = b.step / {_BANDS} AND c.rank_band = b.step % {_BANDS}",
)
RANKS: Mapping[str, Rank] = {
    "general": GENERAL,
    **{
        task: _rank((f"c.rank_{task}",), f"c.rank_{task}", f"c.rank_{task} = b.step")
        for task in SCORED_TASKS
    },
}
"""The rank of each task."""

VALUE = "coalesce((c.quality_score - 50) / nullif(c.blended_cost, 0), -1e9)"
"""SQL: what a quality score has above 50, per USD of the blended price."""

_FIRST: Mapping[str, str] = {
    "quality": "",
    "cost": "c.rank_cost, ",
    "value": f"{VALUE} DESC, ",
    "newest": "c.rank_release DESC, ",
    "speed": "coalesce(c.speed_hint_tps, 0) DESC, ",
}
SORTS: tuple[Sort, ...] = get_args(Sort)
"""How answers may be sorted; what decides first is unknown for the last ones.

`value` is what a quality score has above 50, per USD of the blended price.
"""


def rank_of(criteria: Mapping[str, object]) -> Rank:
    """Return the rank for the task that the criteria name; one that is none has the general one."""
    return RANKS.get(str(criteria.get("task")), GENERAL)


def order_by(sort: str, rank: Rank = GENERAL) -> str:
    """Return the ORDER BY of one of SORTS, where equals stand in the order of a rank."""
    return f" ORDER BY {_FIRST[sort]}{rank.order}"
