"""Select from the matching models: by the cost of a workload, or the best of each group.

Models rank as in `modeldex.query.compile`, except that within a band the cost of a workload
replaces the blended price. That cost depends on price steps by prompt size, so it is computed in
Python for each matching model, by `modeldex.vocabulary.workloads`.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from itertools import groupby, islice
from math import inf
from operator import attrgetter
from typing import NamedTuple, cast, get_args

from modeldex.errors import InvalidQuery
from modeldex.query.catalog import Catalog
from modeldex.query.compile import SELECTED, compile_columns, compile_walk
from modeldex.query.rank import SORTS
from modeldex.query.rows import SqlRow
from modeldex.storage.parameters import named_parameters
from modeldex.storage.schema.columns import SCORED_TASKS
from modeldex.vocabulary.entry import CatalogEntry
from modeldex.vocabulary.orders import Distinct
from modeldex.vocabulary.prices import USUAL as USUAL_PRICES
from modeldex.vocabulary.workloads import Workload

GROUPS: tuple[Distinct, ...] = get_args(Distinct)
"""Values of `distinct`: the columns to group by."""


class Selection(NamedTuple):
    """How to select from the matching models.

    `workload` replaces the blended price by its own cost. `distinct` keeps the best model of each
    provider, family or base; a model of unknown family or base is a group of its own. `sort` is one
    of SORTS. With `same_model` all models are of the base of the first, for fail-over.
    """

    workload: Workload | None = None
    distinct: str | None = None
    sort: str = "quality"
    same_model: bool = False

    @property
    def is_plain(self) -> bool:
        """Whether one statement gives all rows in order."""
        return self.workload is None and self.distinct is None


USUAL = Selection()

_PRICES = (*USUAL_PRICES.values(), "other_prices")
_COLUMNS = (
    "model_id", "provider", "family", "base", "rank_tier", "blended_cost", "speed_hint_tps",
    *(f"{task}_score" for task in ("quality", *SCORED_TASKS)),
)  # fmt: skip
_SELECTED = ", ".join(f"c.{name}" for name in (*_COLUMNS, *_PRICES))
_WIDTH = len(_COLUMNS) + len(_PRICES)
_BATCH = 500
"""Models per SELECT; each is one bound parameter."""


class Candidate(NamedTuple):
    """A matching model: `cost` is a sort key, unknown last; `tier` is 0 for the best.

    `scores` are the general one and those of SCORED_TASKS.
    """

    model_id: int
    provider: str
    family: str | None
    base: str | None
    tier: int
    cost: tuple[bool, object]
    speed: float | None
    scores: tuple[float | None, ...]


def select_rows(
    catalog: Catalog, criteria: Mapping[str, object], how: Selection = USUAL
) -> list[SqlRow]:
    """Return rows of compile.COLUMNS that meet the criteria, best first. Raises InvalidQuery."""
    check_sort(how.sort)
    criteria = fitting(criteria, how.workload)
    if how.same_model:
        first = select_rows(catalog, {**criteria, "limit": 1}, how._replace(same_model=False))
        base = catalog.entry(first[0]).value("base") if first else None
        if base is None:
            return first
        criteria = {**criteria, "base": base}
    if how.is_plain:
        return catalog.rows(*catalog.compiled(criteria, how.sort))
    start = cast("int | None", criteria.get("offset")) or 0
    limit = cast("int | None", criteria.get("limit"))
    stop = None if limit is None else start + limit
    if how.workload is None and how.sort == "quality" and stop is not None:
        found = _walk(catalog, criteria)
    else:
        found = ranked_candidates(catalog, criteria, how)
    if how.distinct is not None:
        found = _first_of_each(how.distinct, found)
    return rows_by_id(catalog, [each.model_id for each in islice(found, start, stop)])


def fitting(criteria: Mapping[str, object], workload: Workload | None) -> Mapping[str, object]:
    """Return the criteria with what a workload requires: that its prompt is not refused."""
    if not isinstance(workload, Workload | None):
        raise InvalidQuery("workload", workload, "expected a Workload")
    return criteria if workload is None else {**criteria, "workload": workload}


def check_sort(sort: str) -> None:
    """Raise InvalidQuery for a way of sorting that there is not."""
    if sort not in SORTS:
        raise InvalidQuery("sort", sort, f"expected one of {', '.join(SORTS)}")


def select_entries(
    catalog: Catalog, criteria: Mapping[str, object], how: Selection = USUAL
) -> list[CatalogEntry]:
    """Like `select_rows`, but return catalog entries, with the cost of the workload."""
    return priced(map(catalog.entry, select_rows(catalog, criteria, how)), how.workload)


def priced(entries: Iterable[CatalogEntry], workload: Workload | None) -> list[CatalogEntry]:
    """Return catalog entries with the cost of the workload, if any."""
    return list(entries if workload is None else map(workload.priced, entries))


def ranked_candidates(
    catalog: Catalog, criteria: Mapping[str, object], how: Selection
) -> Iterator[Candidate]:
    """Return all matching models, best first, ignoring `limit`. Raises InvalidQuery."""
    workload = how.workload
    required = fitting(criteria, workload)
    statement = compile_columns(_SELECTED, required, catalog.scope, how.sort, by_band=True)
    rows = catalog.rows(*statement)
    if workload is None or how.sort not in ("quality", "cost"):
        return map(_candidate, rows)
    return _by_cost(rows, workload, by_band=how.sort == "quality")


def _walk(catalog: Catalog, criteria: Mapping[str, object]) -> Iterator[Candidate]:
    """As `ranked_candidates` without a workload, but read only as far as it is consumed."""
    statement = compile_walk(_SELECTED, criteria, catalog.scope, past=catalog.moment is not None)
    for row, _same in groupby(catalog.stream(*statement)):
        yield _candidate(row)


def _by_cost(rows: Iterable[SqlRow], workload: Workload, *, by_band: bool) -> Iterator[Candidate]:
    """Sort by the cost of a workload, all or each band alone.

    Band by band it is lazy: no cost is computed for bands beyond the last one consumed.
    """
    # Many offers have the same prices: compute the cost of each price list once.
    of_prices = cache(lambda prices: workload.rank(dict(zip(_PRICES, prices, strict=True))))
    # groupby needs sorted rows; the rank order of the query begins with the keys of the band.
    for _, band in groupby(rows, key=lambda row: by_band and row[:-_WIDTH]):
        found = (_candidate(row)._replace(cost=of_prices(row[-len(_PRICES) :])) for row in band)
        yield from sorted(found, key=attrgetter("cost"))


def rows_by_id(catalog: Catalog, ids: Sequence[int]) -> list[SqlRow]:
    """Return the rows of compile.COLUMNS of these model ids, in this order."""
    found: dict[object, SqlRow] = {}
    for start in range(0, len(ids), _BATCH):
        names, bound = named_parameters("model", ids[start : start + _BATCH])
        sql = f"SELECT {SELECTED}, c.model_id FROM catalog c WHERE c.model_id IN ({names})"
        found |= {row[-1]: row[:-1] for row in catalog.rows(sql, bound)}
    return [found[model_id] for model_id in ids]


def _candidate(row: SqlRow) -> Candidate:
    """Make a candidate of the last columns of a row."""
    model_id, provider, family, base, tier, cost, speed, *scores = row[-_WIDTH : -len(_PRICES)]
    return Candidate(
        cast("int", model_id),
        cast("str", provider),
        cast("str | None", family),
        cast("str | None", base),
        cast("int", tier),
        _sort_key(cost),
        cast("float | None", speed),
        cast("tuple[float | None, ...]", tuple(scores)),
    )


def _sort_key(amount: object) -> tuple[bool, object]:
    return (True, 0) if amount is None else (False, amount)


def _first_of_each(group: str, found: Iterable[Candidate]) -> Iterator[Candidate]:
    if group not in GROUPS:
        raise InvalidQuery("distinct", group, f"expected one of {', '.join(GROUPS)}")
    seen = set()
    for each in found:
        key = getattr(each, group)
        if key is None or key not in seen:
            seen.add(key)
            yield each


Quality = tuple[int, float]
"""How well a model is known to do: by its score for the task, by its general score, by its tier."""

Standing = tuple[tuple[bool, object], Quality, float]
"""Cost, quality and negative speed of a model; lower is better in each."""


def frontier(
    catalog: Catalog, criteria: Mapping[str, object], workload: Workload | None = None
) -> list[SqlRow]:
    """Rows of compile.COLUMNS that meet the criteria and are not dominated, best first.

    The cost is that of the workload, by default the blended price; the quality is the score for
    the task, else the general score, and models without one stand behind, by tier. Raises
    InvalidQuery.
    """
    found = list(ranked_candidates(catalog, criteria, Selection(workload)))
    task = criteria.get("task")
    place = 1 + SCORED_TASKS.index(task) if task in SCORED_TASKS else 0
    standings = [_standing(each, place) for each in found]
    front = pareto_front(standings)
    kept = (each.model_id for each, it in zip(found, standings, strict=True) if it in front)
    return rows_by_id(catalog, list(kept))


def pareto_front(standings: Iterable[Standing]) -> set[Standing]:
    """The standings that no other dominates."""
    front: set[Standing] = set()
    # Sorted by cost first, a standing can only be dominated by an earlier one. Of these the ones
    # that none of the earlier beats in quality and speed, by quality: each next one is faster.
    steps: list[tuple[Quality, float]] = []
    for standing in sorted(set(standings)):
        _, quality, slowness = standing
        at = bisect_right(steps, (quality, inf))
        if at and steps[at - 1][1] <= slowness:
            continue
        front.add(standing)
        beaten = at
        while beaten < len(steps) and steps[beaten][1] >= slowness:
            beaten += 1
        steps[at:beaten] = [(quality, slowness)]
    return front


def _standing(model: Candidate, place: int) -> Standing:
    """Return the standing of a model by the score at a place, 0 for the general one."""
    general, of_task = model.scores[0], model.scores[place]
    quality = (
        (0, -of_task) if of_task is not None
        else (1, -general) if general is not None
        else (2, float(model.tier))
    )  # fmt: skip
    return model.cost, quality, inf if model.speed is None else -model.speed
