"""Finds offers by a part of any of their names: one search for all interfaces."""

from typing import Any, NamedTuple, cast

from modeldex.query.catalog import Catalog
from modeldex.query.conditions import conditions
from modeldex.query.name_match import closest_first
from modeldex.query.preference import OFFERS, PLAIN, preferred
from modeldex.query.rank import GENERAL
from modeldex.vocabulary.criteria import EVERYTHING

FEW = 20
"""Offers of an answer, where nobody says how many."""


class SearchHit(NamedTuple):
    """An offer one of whose names fits what was searched.

    `callable` is whether it can be called from here. Prices are USD per 1M tokens.
    """

    id: str
    display_name: str | None
    base: str | None
    callable: bool
    mode: str | None
    usable_context: int | None
    input_cost_per_1m: float | None
    output_cost_per_1m: float | None
    quality_tier: str | None
    retires_at: str | None
    retired_at: str | None


class Found(NamedTuple):
    """The first hits of a search, and the number of all."""

    hits: tuple[SearchHit, ...]
    total: int


_COLUMNS = ", ".join(f"c.{name}" for name in SearchHit._fields[4:])


def search(catalog: Catalog, text: str, limit: int | None = None, offset: int = 0) -> Found:
    """Return the known offers in whose names all words of a text occur, the likeliest first.

    First those that are called exactly so, then those whose name begins so; among equals the one
    that the name means (`modeldex.query.preference`), then in rank order. Raises InvalidQuery.
    """
    criteria = {**EVERYTHING, "available": False, "search": text}
    [asked] = conditions(criteria, catalog.scope)
    own = next(c for c in conditions({}, catalog.scope) if c.criterion == "available")
    closest, bound = closest_first(text)
    order = ", ".join((*closest, preferred(own.sql), PLAIN, GENERAL.order))
    most = FEW if limit is None else limit
    rows = catalog.rows(
        f"SELECT c.provider || '/' || c.name, c.display_name, c.base, "
        f"CASE WHEN {own.sql} THEN 1 ELSE 0 END, {_COLUMNS}, count(*) OVER () FROM {OFFERS} "
        f"WHERE {asked.sql} ORDER BY {order} LIMIT :most OFFSET :after",
        {**asked.parameters, **own.parameters, **bound, "most": most, "after": offset},
    )
    found = cast("list[Any]", rows)
    total = found[0][-1] if found else catalog.count(criteria) if offset else 0
    return Found(tuple(SearchHit(*r[:3], bool(r[3]), *r[4:-1]) for r in found), total)
