"""Finds offers by a part of any of their names: one search for all interfaces."""

import re
from typing import Any, NamedTuple, cast

from modeldex.query.catalog import Catalog
from modeldex.query.conditions import conditions
from modeldex.query.name_match import closest_first
from modeldex.query.preference import OFFERS, PLAIN, preferred
from modeldex.query.rank import GENERAL
from modeldex.vocabulary.criteria import EVERYTHING
from modeldex.vocabulary.likeness import likely
from modeldex.vocabulary.search import is_pattern, words_of

_PARTS = re.compile(r"[^\s/-]+")
"""The words that names are made of."""

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


def search(catalog: Catalog, text: str, limit: int = FEW, offset: int = 0) -> Found:
    """Return the known offers in whose names all words of a text occur, the likeliest first.

    First those that are called exactly so, then those whose name begins so; among equals those
    still in use, first the one that the name means (`modeldex.query.preference`), then in rank
    order. Raises InvalidQuery.
    """
    criteria = {**EVERYTHING, "available": False, "search": text}
    [asked] = conditions(criteria, catalog.scope)
    usual = {each.criterion: each for each in conditions({}, catalog.scope)}
    own, in_use = usual["available"], usual["include_deprecated"]
    closest, bound = closest_first(text)
    alive = f"CASE WHEN {in_use.sql} THEN 0 ELSE 1 END"
    order = ", ".join((*closest, alive, preferred(own.sql), PLAIN, GENERAL.order))
    rows = catalog.rows(
        f"SELECT c.provider || '/' || c.name, c.display_name, c.base, "
        f"CASE WHEN {own.sql} THEN 1 ELSE 0 END, {_COLUMNS}, count(*) OVER () FROM {OFFERS} "
        f"WHERE {asked.sql} ORDER BY {order} LIMIT :most OFFSET :after",
        {
            **asked.parameters, **own.parameters, **in_use.parameters, **bound,
            "most": limit, "after": offset,
        },
    )  # fmt: skip
    found = cast("list[Any]", rows)
    total = found[0][-1] if found else catalog.count(criteria) if offset else 0
    return Found(tuple(map(_hit, found)), total)


def _hit(row: Any) -> SearchHit:
    id_, display_name, base, is_callable, *facts, _ = row
    return SearchHit(id_, display_name, base, bool(is_callable), *facts)


def meant_instead(catalog: Catalog, text: str) -> str | None:
    """Return the text with likely words in place of those that occur in no name, if there are any.

    None where some word has no likely one, and where all occur.
    """
    texts = [str(row[0]) for row in catalog.rows("SELECT search_text FROM catalog")]
    everything, words = "\n".join(texts), words_of(text)
    unknown = [word for word in words if not is_pattern(word) and word not in everything]
    known = set(_PARTS.findall(everything)) if unknown else set()
    likeliest = {word: next(iter(likely(word, known, 1)), None) for word in unknown}
    if not unknown or None in likeliest.values():
        return None
    return " ".join(likeliest.get(word) or word for word in words)
