"""Compile criteria to SQL; column names are whitelisted, values always bound. No I/O.

Where only some providers count, their models may be few among many in rank order. A page then
merges one walk per provider, on an index that begins with the provider, and one over offers that
need no key: the models of other providers cost nothing, however many there are. A range of costs is
a part of each band: a walk steps from band to band by the numbers in table `rank_steps`. Where some
walks are of listed offers and others of presumed ones, that is a key of the rank, constant in each.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

from modeldex.query.callable import OWN
from modeldex.query.conditions import conditions
from modeldex.query.rank import Rank, order_by, presumed_last, rank_of
from modeldex.query.scope import Condition, Scope, Walk
from modeldex.storage.parameters import Bound
from modeldex.storage.schema.columns import LINE
from modeldex.vocabulary.fields import NAMES

MODEL_COLUMNS = ("provider", "name", "family", "display_name", "retired_at", "live")
RANK_COLUMNS = ("usable_context", "blended_cost")
COLUMNS = (*MODEL_COLUMNS, *RANK_COLUMNS, *NAMES, "provider_class", "aliases")

SELECTED = (
    f"{', '.join('c.' + name for name in COLUMNS[:-2])}, "
    "(SELECT k.class FROM provider_classes k WHERE k.provider = c.provider) AS provider_class, "
    f"(SELECT group_concat(a.alias, {LINE}) FROM aliases a WHERE a.model_id = c.model_id) "
    "AS aliases"
)
FROM = " FROM catalog c"
_SELECT = f"SELECT {SELECTED}{FROM}"
ORDER = order_by("quality")
"""Ends each statement in rank order, but for its limit; `modeldex.query.as_of` looks for it."""

PAGE = " LIMIT :limit OFFSET :offset"

_MOST_WALKS = 450
"""Preparing a statement takes 0.1 ms per walk, once per connection; SQLite takes 500."""

_BELOW = "(SELECT coalesce(below, 9e99) FROM cost_tiers WHERE name = :cost_tier)"
# BETWEEN, as SQLite then takes the index of the models that are shown. The price by which an offer
# ranks is rounded to a thousandth, so the cost is compared, too.
_RANGE = (
    "c.rank_price BETWEEN (SELECT CASE WHEN at_least > 0 THEN at_least - 0.0005 ELSE 1e-300 END "
    "FROM cost_tiers WHERE name = :cost_tier) AND (SELECT coalesce(below + 0.0005, 9e99) "
    "FROM cost_tiers WHERE name = :cost_tier) AND CASE WHEN c.blended_cost > 0 "
    "AND c.blended_cost >= (SELECT at_least FROM cost_tiers WHERE name = :cost_tier) "
    f"AND c.blended_cost < {_BELOW} THEN true ELSE false END"
)
_FREE = "c.rank_price = 0 AND c.blended_cost = 0"
"""The conditions of a cost tier, in terms that an index can look up."""

_OWN_FROM_TOP = Walk(f"{OWN.where} AND c.rank_tier >= 0")
"""True of all; without a condition on a tier SQLite would choose a longer index."""

_INDEXED = frozenset((
    "mode", "include_deprecated", "price_basis", "include_suspicious", "quality_tier",
    "min_quality_tier", "provider",
))  # fmt: skip
"""Criteria whose conditions an index may meet, by its columns or its own condition.

A walk hides the others from SQLite, which takes each one for a sign that so few models are left
that it sorts them, and would read them all.
"""

_LAST_MERGED = 1_000
"""The last row that is read by merging walks. A longer list meets most models in any order."""


class CompiledQuery(NamedTuple):
    """SQL text and the values of its named parameters."""

    sql: str
    parameters: Bound


def _bound(found: list[Condition]) -> Bound:
    parameters: Bound = {}
    for condition in found:
        parameters |= condition.parameters
    return parameters


def _joined(found: list[Condition]) -> str:
    return " AND ".join(condition.sql for condition in found)


def _where(found: list[Condition]) -> tuple[str, Bound]:
    text = _joined(found)
    return (f" WHERE {text}" if text else ""), _bound(found)


def _merge(columns: str, found: list[Condition], rank: Rank) -> str | None:
    """Return a SELECT that merges walks; a model of two walks comes twice, one after the other.

    None where a single walk in rank order is as short.
    """
    by_name = {condition.criterion: condition for condition in found}
    cost = by_name.get("cost_tier")
    limit = by_name.get("available") if rank.presumed else None
    limit = limit or by_name.get("providers") or by_name.get("available")
    if "base" in by_name:  # its offers are few, and have an index
        return None
    if limit and not _is_walked(limit, by_name):
        limit = None
    if limit is None and cost is None:
        return None
    starts = limit.walks if limit else ()
    if starts and starts[-1] == OWN and cost is None and "quality_tier" not in by_name:
        starts = (*starts[:-1], _OWN_FROM_TOP)
    others = [condition for condition in found if condition not in (limit, cost)]
    parts = [condition.sql for condition in others if condition.criterion in _INDEXED]
    if unseen := [condition for condition in others if condition.criterion not in _INDEXED]:
        parts.append(f"CASE WHEN {_joined(unseen)} THEN true ELSE false END")
    if cost is not None:
        parts.append(_RANGE if cost.parameters else _FREE)
    return _merged(columns, starts, rank, cost is not None, " AND ".join(parts))


def _is_walked(limit: Condition, by_name: Mapping[str, Condition]) -> bool:
    """Whether each alternative of a condition is worth a walk of its own."""
    few = 0 < len(limit.walks) <= _MOST_WALKS
    return few and (bool(limit.presumed) or "provider" not in by_name)


@lru_cache(maxsize=256)
def _merged(columns: str, starts: tuple[Walk, ...], rank: Rank, by_step: bool, others: str) -> str:
    selects = []
    for start in starts or (Walk(),):
        tables, where, ranked = start.tables, start.where, rank.columns
        # The order of a CROSS JOIN is kept by SQLite, so that the rows come in rank order.
        if by_step and start.is_along_rank:
            tables = f"rank_steps b CROSS JOIN {tables}"
            where = " AND ".join(filter(None, (where, rank.at_step)))
            ranked = rank.columns_after("b.step")
        elif by_step:
            ranked = rank.columns_after(rank.step)
        if rank.presumed and starts:
            # A constant in ORDER BY would make SQLite sort, which the value of a row does not.
            tables = f"rank_steps p CROSS JOIN {tables}"
            where = f"p.step = {int(start.presumed)} AND {where}"
            ranked = ranked.replace(rank.presumed, "p.step")
            if start.presumed:
                where = f"{where} AND CASE WHEN {rank.presumed} = 1 THEN true ELSE false END"
        where = " AND ".join(filter(None, (where, others)))
        selects.append(f"SELECT {ranked}, {columns} FROM {tables} WHERE {where}")
    return f"{' UNION ALL '.join(selects)} ORDER BY {rank.merged}"


def compile_columns(
    columns: str,
    criteria: Mapping[str, object],
    scope: Scope,
    sort: str = "quality",
    *,
    by_band: bool = False,
) -> CompiledQuery:
    """Compile a SELECT of `columns` of `catalog c` for all matching models, best first.

    With `by_band` each row has before them what is the same for all of its band.
    """
    found = conditions(criteria, scope)
    where, parameters = _where(found)
    rank = _rank(criteria, found)
    keys = f"{', '.join(rank.keys)}, " if by_band else ""
    return CompiledQuery(f"SELECT {keys}{columns}{FROM}{where}{order_by(sort, rank)}", parameters)


def compile_presumed(criteria: Mapping[str, object], scope: Scope) -> CompiledQuery | None:
    """Compile an expression: 1 for offers of `catalog c` that rank behind as they are presumed.

    None where all that the criteria ask for is listed, or all of it presumed.
    """
    found = [each for each in conditions(criteria, scope) if each.presumed]
    return CompiledQuery(found[0].presumed, _bound(found)) if found else None


def _rank(criteria: Mapping[str, object], found: list[Condition]) -> Rank:
    """The rank for a task and the condition on what is callable."""
    presumed = next((each.presumed for each in found if each.presumed), "")
    rank = rank_of(criteria)
    return presumed_last(rank, presumed) if presumed else rank


def compile_walk(
    columns: str, criteria: Mapping[str, object], scope: Scope, *, past: bool = False
) -> CompiledQuery:
    """Compile a SELECT of the rank's columns and `columns` for all matching models, best first.

    For reading only the first rows. A row may come twice, one after the other. `past` as of
    `compile_query`.
    """
    found = conditions(criteria, scope)
    rank = _rank(criteria, found)
    if not past and (merged := _merge(columns, found, rank)):
        return CompiledQuery(merged, _bound(found))
    where, parameters = _where(found)
    order = order_by("quality", rank)
    return CompiledQuery(f"SELECT {rank.columns}, {columns}{FROM}{where}{order}", parameters)


def compile_query(
    criteria: Mapping[str, object], scope: Scope, *, sort: str = "quality", past: bool = False
) -> CompiledQuery:
    """Compile a SELECT of COLUMNS for matching models, best first, with limit and offset.

    One that `modeldex.query.as_of` is to rewrite is compiled with `past`.
    """
    limit, offset = _page(criteria)
    found = conditions(criteria, scope)
    rank = _rank(criteria, found)
    order = order_by(sort, rank)
    where, parameters = _where(found)
    if limit is None and not offset:
        return CompiledQuery(f"{_SELECT}{where}{order}", parameters)
    parameters["limit"] = 1 << 62 if limit is None else limit  # SQLite has no OFFSET alone
    parameters["offset"] = offset
    if (
        not past
        and sort == "quality"
        and limit is not None
        and limit + offset <= _LAST_MERGED
        and (merged := _merge("c.model_id", found, rank))
    ):
        where = f" WHERE c.model_id IN (SELECT model_id FROM ({merged} LIMIT :merged) m)"
        parameters["merged"] = 2 * (limit + offset)
    return CompiledQuery(f"{_SELECT}{where}{order}{PAGE}", parameters)


def _page(criteria: Mapping[str, object]) -> tuple[int | None, int]:
    """Return limit and offset."""
    limit, offset = criteria.get("limit"), criteria.get("offset")
    return limit if isinstance(limit, int) else None, offset if isinstance(offset, int) else 0


def compile_count(criteria: Mapping[str, object], scope: Scope) -> CompiledQuery:
    """Compile a SELECT of the number of matching models."""
    where, parameters = _where(conditions(criteria, scope))
    return CompiledQuery(f"SELECT count(*){FROM}{where}", parameters)


def compile_find(provider: str | None, name: str) -> CompiledQuery:
    """Compile a look-up by exact name, else by exact alias; at any provider if None."""
    same = "" if provider is None else "provider = :provider AND "
    parameters: Bound = {"name": name} if provider is None else {"name": name, "provider": provider}
    return CompiledQuery(
        f"{_SELECT} WHERE c.model_id IN (SELECT model_id FROM catalog WHERE {same}name = :name) "
        f"OR (c.model_id IN (SELECT model_id FROM aliases WHERE {same}alias = :name) AND NOT "
        f"EXISTS (SELECT 1 FROM catalog WHERE {same}name = :name)){ORDER}",
        parameters,
    )
