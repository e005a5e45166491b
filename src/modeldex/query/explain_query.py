"""Explains a query: how its best matches rank, and which requirement excludes each other model.

A known model that does not match is counted at exactly one requirement, in the order of
`modeldex.query.requirement_verdicts`: the first that it fails or, if it fails none, the first whose
value is unknown. So matches, `fell` and `fell_unknown` add up to the known models.
"""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from modeldex.query import selection
from modeldex.query.catalog import Catalog
from modeldex.query.explain_choice import Choice, explain_choice, standings_of
from modeldex.query.rank import rank_of
from modeldex.query.requirement_texts import Lack, ScopedQuery, requirement_text
from modeldex.query.requirement_verdicts import (
    FAILED,
    MET,
    UNKNOWN,
    Requirements,
    Verdicts,
    code_of,
    lacks,
    requirements,
)
from modeldex.vocabulary.notebook import table
from modeldex.vocabulary.workloads import Workload

RUNNERS_UP = 3
NEAREST = 5
_COUNTS = (
    "requirement", "excluded", "+ unknown", "all failing", "all unknown", "fail only this",
)  # fmt: skip

_Counts = dict[Verdicts, int]


class Requirement(NamedTuple):
    """How many models one requirement excludes; `wants` is its text.

    `fell` counts the models for which this is the first requirement they fail, `fell_unknown`
    those that fail none and for which this is the first unknown. `failed` and `unknown` count
    all known models by this requirement alone. `only` counts the models that meet all other
    requirements: so many more would match without this one.
    """

    criterion: str
    wants: str
    fell: int
    fell_unknown: int
    failed: int
    unknown: int
    only: int


class Ranked(NamedTuple):
    """One of the best matches.

    `task_score` is that of the task of the query, `workload_cost` the cost of the given workload,
    in USD. `differs_in` is the first ranking
    column in which it differs from the winner, None if only the names differ; `text` describes
    the difference. Both are None for the winner.
    """

    place: int
    id: str
    quality_tier: str | None
    quality_score: float | None
    task_score: float | None
    workload_cost: float | None
    blended_cost: float | None
    provider_class: str | None
    usable_context: int | None
    release_date: str | None
    differs_in: str | None
    text: str | None


class Miss(NamedTuple):
    """A model that meets every requirement but one."""

    id: str
    lack: Lack


class QueryExplanation(NamedTuple):
    """How a query treated every known model; `str()` gives one sentence per line.

    `ranked` has the winner first; it is empty if nothing matches. `nearest` are models that
    miss one requirement only: for each requirement the best-ranked, then the second best.
    `choice` says what decided between the first two, and what else the price would buy.
    """

    known: int
    matches: int
    ranked: tuple[Ranked, ...]
    requirements: tuple[Requirement, ...]
    nearest: tuple[Miss, ...]
    choice: Choice | None = None

    @property
    def only_unknown(self) -> int:
        """The number of models that fail no requirement, but have unknown values for some."""
        return sum(each.fell_unknown for each in self.requirements)

    def __repr__(self) -> str:
        return f"<QueryExplanation: {self.headline()}>"

    def _repr_html_(self) -> str:
        ranked = [(each.place, each.id, each.text) for each in self.ranked]
        required = [
            (each.wants, each.fell, each.fell_unknown, each.failed, each.unknown, each.only)
            for each in self.requirements
        ]
        nearest = [(miss.id, miss.lack.text) for miss in self.nearest]
        tables = (
            table(("place", "model", "difference"), ranked, self.headline()),
            table(_COUNTS, required),
            table(("model", "fails only"), nearest),
        )
        return "".join(tables)

    def __str__(self) -> str:
        return "\n".join(self.lines())

    def lines(self) -> Iterator[str]:
        """The explanation as text, one sentence per line."""
        if self.ranked:
            yield f"{self.ranked[0].id} ranks first of {self.matches:,} matching models"
        for one in self.ranked[1:]:
            yield f"{one.place}. {one.id}: {one.text}"
        if self.choice:
            yield self.choice.text
        yield self.headline()
        for each in self.requirements:
            yield (
                f"{each.wants}: {each.fell:,} excluded here, {each.fell_unknown:,} more as "
                f"unknown; of all models {each.failed:,} fail it, {each.unknown:,} are unknown; "
                f"{each.only:,} fail only this"
            )
        for miss in self.nearest:
            yield f"{miss.id} fails only one requirement: {miss.lack.text}"

    def headline(self) -> str:
        """The numbers of known and matching models, in one sentence."""
        text = f"{self.matches:,} of {self.known:,} known models match"
        if not self.only_unknown:
            return text
        return f"{text}; {self.only_unknown:,} more fail nothing, but have unknown values"


def explain_query(
    catalog: Catalog,
    criteria: Mapping[str, object],
    workload: Workload | None = None,
    *,
    sort: str = "quality",
    runners_up: int = RUNNERS_UP,
    nearest: int = NEAREST,
) -> QueryExplanation:
    """Explain a query; its limit and offset are ignored.

    With a `workload` or another `sort`, `ranked` is ordered by that; `nearest` always by rank.
    Raises InvalidQuery.
    """
    scope, how = catalog.scope, selection.Selection(workload, sort=sort)
    required = requirements(ScopedQuery(selection.fitting(criteria, workload), scope))
    counts = _counts(catalog, required)
    matches = counts.get((MET,) * len(required.conditions), 0)
    return QueryExplanation(
        known=sum(counts.values()),
        matches=matches,
        ranked=tuple(_ranked(catalog, criteria, how, 1 + runners_up)) if matches else (),
        requirements=tuple(_requirements(required, counts)),
        nearest=tuple(_nearest(catalog, required, counts, nearest)),
        choice=explain_choice(catalog, criteria, how) if matches else None,
    )


def _counts(catalog: Catalog, required: Requirements) -> _Counts:
    """The number of models by combination of verdicts, in one pass over the catalog."""
    rows = catalog.rows(
        f"SELECT {required.code} AS code, count(*) FROM catalog c GROUP BY 1", required.parameters
    )
    return {required.decode(code): int(str(number)) for code, number in rows}


def _requirements(required: Requirements, counts: _Counts) -> Iterator[Requirement]:
    for place, condition in enumerate(required.conditions):
        yield Requirement(
            criterion=condition.criterion,
            wants=requirement_text(condition.criterion, required.query),
            fell=sum(n for v, n in counts.items() if _fate(v) == (place, FAILED)),
            fell_unknown=sum(n for v, n in counts.items() if _fate(v) == (place, UNKNOWN)),
            failed=sum(n for v, n in counts.items() if v[place] == FAILED),
            unknown=sum(n for v, n in counts.items() if v[place] == UNKNOWN),
            only=sum(n for v, n in counts.items() if _missed(v) == [place]),
        )


def _fate(verdicts: Verdicts) -> tuple[int, int] | None:
    """Index of the requirement that counts a model, and its verdict; None for a match."""
    for verdict in (FAILED, UNKNOWN):
        if verdict in verdicts:
            return verdicts.index(verdict), verdict
    return None


def _missed(verdicts: Verdicts) -> list[int]:
    return [place for place, verdict in enumerate(verdicts) if verdict != MET]


def _ranked(
    catalog: Catalog, criteria: Mapping[str, object], how: selection.Selection, number: int
) -> Iterator[Ranked]:
    found = selection.select_entries(catalog, {**criteria, "limit": number, "offset": 0}, how)
    ranks = standings_of(catalog, found, criteria, how)
    for place, (entry, standing) in enumerate(zip(found, ranks, strict=True), 1):
        text = ranks[0].shortfall(standing) if place > 1 else None
        yield Ranked(
            place, entry.id, standing.quality_tier, standing.quality_score, standing.task_score,
            standing.workload_cost, standing.blended_cost, standing.provider_class,
            standing.usable_context, standing.release_date, ranks[0].difference(standing), text,
        )  # fmt: skip


def _nearest(
    catalog: Catalog, required: Requirements, counts: _Counts, number: int
) -> Iterator[Miss]:
    """The best-ranked models that miss exactly one requirement, in turn by requirement."""
    # The counts already show whether there are any: without, this pass is saved.
    codes = [str(code_of(verdicts)) for verdicts in counts if len(_missed(verdicts)) == 1]
    if not codes:
        return
    order = rank_of(required.query.criteria).order
    found = catalog.rows(
        f"SELECT c.model_id, {required.code} FROM catalog c WHERE ({required.code}) IN "
        f"({', '.join(codes)}) ORDER BY row_number() OVER (PARTITION BY {required.code} "
        f"ORDER BY {order}), {order} LIMIT :nearest",
        {**required.parameters, "nearest": number},
    )
    rows = selection.rows_by_id(catalog, [int(str(each)) for each, _ in found])
    for entry, (_, code) in zip(map(catalog.entry, rows), found, strict=True):
        [lack] = lacks(required, entry, required.decode(code))
        yield Miss(entry.id, lack)
