"""Explain why one model ranks behind another, by the columns of the rank order."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple, cast

from modeldex.query.catalog import Catalog
from modeldex.query.compile import CompiledQuery, compile_presumed
from modeldex.query.rank import VALUE
from modeldex.storage.schema.columns import SCORED_TASKS
from modeldex.vocabulary.entry import CatalogEntry
from modeldex.vocabulary.formatting import amount, compared

_BEHIND = ("rank_price", "rank_class", "rank_context", "rank_release")
_SORTED = {
    "cost": "rank_cost", "value": "value", "newest": "rank_release", "speed": "speed",
}  # fmt: skip
"""What decides first where answers are sorted by something else than quality."""

_RANKED = {
    **{name: f"c.{name}" for name in ("rank_tier", "rank_band", "rank_cost", *_BEHIND)},
    "rank_release": "c.rank_release", "value": VALUE, "speed": "c.speed_hint_tps",
}  # fmt: skip
_SHOWN = {
    "rank_tier": "quality_tier", "rank_band": "quality_score", "rank_cost": "blended_cost",
    "rank_price": "blended_cost", "rank_class": "provider_class",
    "rank_context": "usable_context", "rank_release": "release_date", "speed": "speed_hint_tps",
    "value": "value", "callable": "callable",
}  # fmt: skip
_TITLES = {
    "workload_cost": "workload", "blended_cost": "blended price", "usable_context": "context",
    "release_date": "release", "speed_hint_tps": "speed", "value": "value for money",
}  # fmt: skip
_NEWER = "CASE WHEN c.newer_versions IS NOT NULL THEN c.superseded_by END"
"""SQL: the newer version that an offer stands behind; NULL where none is a reason."""

_LESS_IS_BETTER = ("workload_cost", "blended_cost")
_AT_ONCE = 200
"""Models of one statement; each has two bound parameters."""


class Standing(NamedTuple):
    """What ranks a model, most important first; ties are broken by provider and name.

    `task_score` is that of the task of the query, which then stands in place of tier and general
    score; `workload_cost` is known only in queries with a workload. `order` are the columns that
    decide, by the names of the fields, and `places` the model's place in each; among them is
    `callable` where some offers are listed and others only presumed callable.
    """

    superseded_by: str | None
    quality_tier: str | None
    quality_score: float | None
    task_score: float | None
    workload_cost: float | None
    blended_cost: float | None
    provider_class: str | None
    usable_context: int | None
    release_date: str | None
    speed_hint_tps: float | None
    value: float | None
    order: tuple[str, ...]
    places: tuple[object, ...]

    def difference(self, other: "Standing") -> str | None:
        """Return the first field in which two models rank differently; None if only names do."""
        pairs = zip(self.order, self.places, other.places, strict=True)
        return next((name for name, one, another in pairs if one != another), None)

    def shortfall(self, other: "Standing") -> str:
        """Return why `other` ranks behind this one, as text."""
        column = self.difference(other)
        if column is None:
            return "equal rank, later by name"
        if column == "callable":
            return "only presumed callable, behind one that is listed"
        if column == "provider_class":
            return self._class_shortfall(other)
        better, worse = getattr(self, column), getattr(other, column)
        if column in _WORDS:
            newer = _superseded(other) if column == "quality_score" else None
            return newer or _WORDS[column](better, worse)
        return _figure_shortfall(column, better, worse)

    @property
    def is_of_its_maker(self) -> bool:
        """Whether this is known as the offer of the model's own maker."""
        return self.places[self.order.index("provider_class")] == 0

    def _class_shortfall(self, other: "Standing") -> str:
        theirs = other.provider_class or "provider of unknown class"
        if self.is_of_its_maker:
            return f"same price, but not known as its maker's own offer ({theirs})"
        return f"same price, but of a {theirs}, behind a {self.provider_class}"


def _figure_shortfall(column: str, better: object, worse: object) -> str:
    if worse is None:
        return f"{_TITLES[column]} unknown"
    if better is None or better == worse:
        return f"{_TITLES[column]} {amount(column, worse)}, which ranks behind"
    sign = ">" if column in _LESS_IS_BETTER else "<"
    return compared(_TITLES[column], column, worse, sign, better)


def _superseded(rank: Standing) -> str | None:
    newer = rank.superseded_by
    return None if newer is None else f"superseded by {newer} of the same provider"


def _tier(better: object, worse: object) -> str:
    return f"tier {worse or 'unknown'}, behind {better}"


def _score(title: str, better: object, worse: object) -> str:
    if worse is None:
        return f"{title} unknown"
    known = "an unknown one" if better is None else better
    return f"{title} {worse}, in a band behind {known}"


_WORDS: Mapping[str, Callable[[object, object], str]] = {
    "quality_tier": _tier,
    "quality_score": lambda better, worse: _score("score", better, worse),
    "task_score": lambda better, worse: _score("score for the task", better, worse),
}


class Placed(NamedTuple):
    """A model whose standing is asked for, with the cost of the workload, if there is one."""

    provider: str
    name: str
    workload_cost: float | None = None

    @classmethod
    def of(cls, entry: CatalogEntry) -> "Placed":
        """Return an entry's key and cost."""
        return cls(entry.spec.provider, entry.spec.name, entry.cost.usd if entry.cost else None)


def standings(
    catalog: Catalog,
    models: Sequence[Placed],
    criteria: Mapping[str, object],
    sort: str = "quality",
    *,
    by_workload: bool = False,
) -> list[Standing]:
    """Return the standings of models of the catalog, in the rank order of criteria and a sort."""
    task = criteria.get("task")
    asked = task if task in SCORED_TASKS else None
    keys = (f"rank_{asked}",) if asked else ("rank_tier", "rank_band")
    presumed = compile_presumed(criteria, catalog.scope)
    first = filter(None, [_SORTED.get(sort)])
    keys = (*keys, "callable") if presumed else keys
    ranked = tuple(dict.fromkeys((*first, *keys, *_BEHIND)))
    found: dict[tuple[str, str], Any] = {}
    for start in range(0, len(models), _AT_ONCE):
        for row in _rows(catalog, models[start : start + _AT_ONCE], ranked, asked, presumed):
            found[row[0], row[1]] = row[2:]
    # The cost of a workload stands behind what the order begins with, or before all.
    before = ranked.index("rank_price") if sort != "cost" else 0
    return [
        _standing(found[model[:2]], model, ranked, before if by_workload else None)
        for model in models
    ]


def _rows(
    catalog: Catalog,
    models: Iterable[Placed],
    ranked: Sequence[str],
    task: object,
    presumed: CompiledQuery | None,
) -> list[Any]:
    bound: dict[str, object] = dict(presumed.parameters) if presumed else {}
    terms = {**_RANKED, "callable": presumed.sql} if presumed else _RANKED
    keys = []
    for at, model in enumerate(models):
        bound |= {f"provider_{at}": model.provider, f"name_{at}": model.name}
        keys.append(f"(c.provider = :provider_{at} AND c.name = :name_{at})")
    columns = ", ".join(terms.get(name, f"c.{name}") for name in ranked)
    score = f"c.{task}_score" if task else "NULL"
    return cast(
        "list[Any]",
        catalog.rows(
            f"SELECT c.provider, c.name, {_NEWER}, c.quality_tier, c.quality_score, {score}, "
            "c.blended_cost, (SELECT k.class FROM provider_classes k "
            "WHERE k.provider = c.provider), c.usable_context, c.release_date, c.speed_hint_tps, "
            f"(c.quality_score - 50) / nullif(c.blended_cost, 0), {columns} "
            f"FROM catalog c WHERE {' OR '.join(keys)}",
            bound,
        ),
    )


def _standing(row: Any, model: Placed, ranked: Sequence[str], costs_at: int | None) -> Standing:
    newer, tier, score, of_task, blended, class_, window, release, speed, value, *places = row
    order = [_SHOWN.get(name, "task_score") for name in ranked]
    if costs_at is not None:
        order.insert(costs_at, "workload_cost")
        places.insert(costs_at, model.workload_cost)
    return Standing(
        newer, tier, score, of_task, model.workload_cost, blended, class_, window, release, speed,
        value, tuple(order), tuple(places),
    )  # fmt: skip
