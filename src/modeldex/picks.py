"""Which of the models that match to take: by what a workload costs on them, one of each group.

The order is that of `modeldex.search`, except that a workload puts what it really costs in the
place of the blended price; where it costs the same, that order decides. Prices step, so the
cost on each model that matches is computed here, by the one rule of `modeldex.workloads`.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from itertools import groupby, islice
from operator import attrgetter, itemgetter
from typing import NamedTuple, cast

from modeldex import search
from modeldex.catalog import Catalog, Record, Row, as_record
from modeldex.errors import InvalidQuery
from modeldex.prices import USUAL
from modeldex.workloads import Workload

GROUPS = ("provider", "family")
"""What models may have to differ in."""

_PRICES = (*USUAL.values(), "other_prices")
_COLUMNS = ("model_id", "provider", "family", "rank_tier", "blended_cost", "speed_hint_tps")
_TIER, _BLENDED = map(_COLUMNS.index, ("rank_tier", "blended_cost"))
_SELECTED = ", ".join(f"c.{name}" for name in (*_COLUMNS, *_PRICES))
_AT_ONCE = 500


class Candidate(NamedTuple):
    """A model that matches: `cost` sorts, unknown last, `tier` is 0 for the best."""

    model_id: int
    provider: str
    family: str | None
    tier: int
    cost: tuple[bool, object]
    speed: float | None


def chosen(
    catalog: Catalog,
    criteria: Mapping[str, object],
    workload: Workload | None = None,
    distinct: str | None = None,
) -> list[Row]:
    """Rows of search.COLUMNS that meet the criteria, the best first.

    `distinct` keeps the best of each provider or family; a model without a family is one of
    its own. Raises InvalidQuery.
    """
    if workload is None and distinct is None:
        return catalog.rows(*search.compile_query(criteria, catalog.scope))
    found = candidates(catalog, criteria, workload)
    if distinct is not None:
        found = _first_of_each(distinct, found)
    start = cast("int | None", criteria.get("offset")) or 0
    limit = cast("int | None", criteria.get("limit"))
    stop = None if limit is None else start + limit
    return rows_of(catalog, [each.model_id for each in islice(found, start, stop)])


def records(
    catalog: Catalog,
    criteria: Mapping[str, object],
    workload: Workload | None = None,
    distinct: str | None = None,
) -> list[Record]:
    """As chosen, each as JSON values."""
    return list(map(as_record, chosen(catalog, criteria, workload, distinct)))


def candidates(
    catalog: Catalog, criteria: Mapping[str, object], workload: Workload | None
) -> Iterator[Candidate]:
    """All that meet the criteria, whatever their limit, the best first. Raises InvalidQuery."""
    if not isinstance(workload, Workload | None):
        raise InvalidQuery("workload", workload, "expected a Workload")
    rows = catalog.rows(*search.compile_columns(_SELECTED, criteria, catalog.scope))
    if workload is None:
        return (_candidate(row, _known(row[_BLENDED])) for row in rows)
    return _by_cost(rows, workload)


def _by_cost(rows: Iterable[Row], workload: Workload) -> Iterator[Candidate]:
    """Tier by tier, so that nothing is computed for tiers that nobody asks for."""
    of_prices = cache(lambda prices: workload.rank(dict(zip(_PRICES, prices, strict=True))))
    for _, tier in groupby(rows, key=itemgetter(_TIER)):
        found = (_candidate(row, of_prices(row[len(_COLUMNS) :])) for row in tier)
        yield from sorted(found, key=attrgetter("cost"))


def rows_of(catalog: Catalog, ids: Sequence[int]) -> list[Row]:
    """The rows of search.COLUMNS of these models, in this order."""
    found: dict[object, Row] = {}
    for start in range(0, len(ids), _AT_ONCE):
        names, bound = search.named("model", ids[start : start + _AT_ONCE])
        sql = f"SELECT {search.PICKED}, c.model_id FROM catalog c WHERE c.model_id IN ({names})"
        found |= {row[-1]: row[:-1] for row in catalog.rows(sql, bound)}
    return [found[model_id] for model_id in ids]


def _candidate(row: Row, cost: tuple[bool, object]) -> Candidate:
    model_id, provider, family, tier, _, speed = row[: len(_COLUMNS)]
    return Candidate(
        cast("int", model_id),
        cast("str", provider),
        cast("str | None", family),
        cast("int", tier),
        cost,
        cast("float | None", speed),
    )


def _known(amount: object) -> tuple[bool, object]:
    return (True, 0) if amount is None else (False, amount)


def _first_of_each(group: str, found: Iterable[Candidate]) -> Iterator[Candidate]:
    if group not in GROUPS:
        raise InvalidQuery("distinct", group, f"expected one of {', '.join(GROUPS)}")
    seen = set()
    for each in found:
        key = each.provider if group == "provider" else each.family
        if key is None or key not in seen:
            seen.add(key)
            yield each
