"""Explains why the best model stands before the runner-up, and what else its price would buy."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple, cast

from modeldex.query import selection
from modeldex.query.catalog import Catalog
from modeldex.query.compile import compile_columns
from modeldex.query.ranking import Placed, Standing, standings
from modeldex.storage.schema.columns import SCORED_TASKS, UNSCORED
from modeldex.vocabulary.entry import CatalogEntry
from modeldex.vocabulary.formatting import dollars
from modeldex.vocabulary.workloads import Workload


class Elsewhere(NamedTuple):
    """An offer at another provider, with its blended price in USD per 1M tokens.

    `score` is that of the task of the query, else the general one.
    """

    id: str
    blended_cost: float
    quality_tier: str | None
    score: float | None

    def __str__(self) -> str:
        score = "score unknown" if self.score is None else f"score {self.score}"
        tier = f"tier {self.quality_tier or 'unknown'}"
        return f"{self.id} ({tier}, {score}, {dollars(self.blended_cost)} blended)"


class Choice(NamedTuple):
    """Why a model is the best: what decided against the runner-up, and what stands beside it.

    `decided_by` is the field in which the runner-up ranks behind, None if only the names decided.
    `same_money` is the best offer of another provider for the same blended price or less,
    `same_quality` the cheapest one of another provider whose score is in the same band.
    """

    id: str
    runner_up: str | None
    decided_by: str | None
    same_money: Elsewhere | None
    same_quality: Elsewhere | None
    text: str


def explain_choice(
    catalog: Catalog,
    criteria: Mapping[str, object],
    how: selection.Selection = selection.USUAL,
) -> Choice | None:
    """Explain the best model that meets the criteria; None if there is none. Raises InvalidQuery.

    The runner-up is the second one by the same rank.
    """
    found = selection.select_entries(catalog, {**criteria, "limit": 2, "offset": 0}, how)
    if not found:
        return None
    ranks = standings_of(catalog, found, criteria, how)
    return _choice(found, ranks, _elsewhere(catalog, criteria, how.workload, found[0], ranks[0]))


def standings_of(
    catalog: Catalog,
    entries: Sequence[CatalogEntry],
    criteria: Mapping[str, object],
    how: selection.Selection = selection.USUAL,
) -> list[Standing]:
    """Return the standings of entries that were found by these criteria and this selection."""
    models = list(map(Placed.of, entries))
    return standings(catalog, models, criteria, how.sort, by_workload=how.workload is not None)


class _Alternatives(NamedTuple):
    money: Elsewhere | None
    quality: Elsewhere | None
    unpriced: bool
    unscored: bool

    def texts(self) -> Iterator[str]:
        if self.unpriced:
            yield "its price is unknown, so is what the same money would buy"
        else:
            yield f"for the same money elsewhere: {self.money or 'nothing'}"
        if self.unscored:
            yield "its score is unknown, so is what else is as good"
        else:
            yield f"as good elsewhere, the cheapest: {self.quality or 'nothing with a known price'}"


def _choice(
    found: Sequence[CatalogEntry], ranks: Sequence[Standing], beside: _Alternatives
) -> Choice:
    best, runner_up = found[0].id, found[1].id if found[1:] else None
    decided = ranks[0].difference(ranks[1]) if found[1:] else None
    first = (
        f"{best} stands before {runner_up} ({ranks[0].shortfall(ranks[1])})"
        if found[1:]
        else f"{best} is the only model that matches"
    )
    text = "; ".join((first, *beside.texts()))
    return Choice(best, runner_up, decided, beside.money, beside.quality, text)


def _elsewhere(
    catalog: Catalog,
    criteria: Mapping[str, object],
    workload: Workload | None,
    best: CatalogEntry,
    rank: Standing,
) -> _Alternatives:
    """Read the matching offers of other providers, in rank order."""
    task = criteria.get("task")
    band, score = ("rank_band", "quality_score")
    if task in SCORED_TASKS:
        band, score = f"rank_{task}", f"{task}_score"
    names = ("provider", "name", "blended_cost", "quality_tier", score, band)
    statement = compile_columns(
        ", ".join(f"c.{name}" for name in names),
        selection.fitting(criteria, workload), catalog.scope,
    )  # fmt: skip
    own = _place(catalog, best, band)
    unscored = own is None or (task not in SCORED_TASKS and own >= UNSCORED)
    unscored = unscored or (task in SCORED_TASKS and rank.task_score is None)
    money: Elsewhere | None = None
    quality: Elsewhere | None = None
    price = best.blended_cost
    for row in cast("Iterator[Any]", catalog.stream(*statement)):
        provider, name, cost, tier, its_score, place = row
        if provider == best.spec.provider or cost is None:
            continue
        if money is None and price is not None and round(cost, 3) <= round(price, 3):
            money = Elsewhere(f"{provider}/{name}", cost, tier, its_score)
        if not unscored and place == own and (quality is None or cost < quality.blended_cost):
            quality = Elsewhere(f"{provider}/{name}", cost, tier, its_score)
    return _Alternatives(money, quality, price is None, unscored)


def _place(catalog: Catalog, entry: CatalogEntry, column: str) -> int | None:
    [(place,)] = catalog.rows(
        f"SELECT c.{column} FROM catalog c WHERE c.provider = :of_provider AND c.name = :of_name",
        {"of_provider": entry.spec.provider, "of_name": entry.spec.name},
    )
    return None if place is None else int(str(place))
