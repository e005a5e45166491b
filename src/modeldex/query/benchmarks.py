"""The scores of a base model on benchmarks, with the standing, source and licence of each."""

from collections.abc import Iterable
from typing import Any, NamedTuple, cast

from modeldex.query.catalog import Catalog
from modeldex.query.offers import base_of
from modeldex.vocabulary.benchmarks import tables


class BenchmarkScore(NamedTuple):
    """One score of a base model.

    `family` and `task` are those of its suite, `standing` its place between the suite's anchors, 0
    to 100. A score without a standing has no effect: its suite is unknown, it is out of the suite's
    range, or a newer one counts. `low` and `high` are its interval, `n` the votes or tests.
    """

    suite: str
    variant: str | None
    family: str | None
    task: str | None
    standing: float | None
    score: float
    low: float | None
    high: float | None
    n: int | None
    day: str
    source: str | None
    licence: str | None


class ScoredBase(NamedTuple):
    """A base model with scores: their number, families, newest day, and what they come to."""

    base: str
    scores: int
    families: int
    newest: str
    quality_score: float | None


class ScoresOf(NamedTuple):
    """The scores of a base model, by family, suite and day, the newest first.

    `attributions` is how their sources want to be named, each once.
    """

    base: str
    total: int
    scores: tuple[BenchmarkScore, ...]
    attributions: tuple[str, ...]

    def __repr__(self) -> str:
        return f"<ScoresOf {self.base}: {len(self.scores)} of {self.total} scores>"


_OF_BASE = (
    "SELECT b.suite, nullif(b.variant, ''), s.family, s.task, round(10 * t.standing) / 10, "
    "b.score, b.low, b.high, b.n, b.day, b.source, b.licence "
    "FROM benchmarks b LEFT JOIN suites s ON s.name = b.suite LEFT JOIN standings t "
    "ON t.base = b.base AND t.suite = b.suite AND t.variant = b.variant AND t.day = b.day "
    "WHERE b.base = :base ORDER BY s.family IS NULL, s.family, b.suite, b.day DESC, b.variant"
)
_SCORED = (
    "SELECT * FROM (SELECT b.base, count(*) AS scores, "
    "(SELECT count(DISTINCT t.family || ' ' || t.task) FROM standings t WHERE t.base = b.base) "
    "AS families, max(b.day) AS newest, (SELECT max(s.quality_score) FROM base_scores s "
    "WHERE s.base = b.base) AS best FROM benchmarks b GROUP BY b.base) scored "
    "ORDER BY best IS NULL, best DESC, base"
)
_HAS = "SELECT count(*) FROM benchmarks WHERE base = :base"


def benchmarks_of(catalog: Catalog, text: str) -> ScoresOf:
    """Return the scores of the base model that a text means, offered or not.

    Raises ModelNotFound.
    """
    [(number,)] = catalog.rows(_HAS, {"base": text})
    base = text if number else base_of(catalog, text)
    scores = scores_of(catalog, base)
    return ScoresOf(base, len(scores), scores, attributions(scores))


def scores_of(catalog: Catalog, base: str) -> tuple[BenchmarkScore, ...]:
    """Return the scores of a base model, by family, suite and day, the newest first."""
    rows = cast("list[Any]", catalog.rows(_OF_BASE, {"base": base}))
    return tuple(BenchmarkScore(*row) for row in rows)


def scored_bases(catalog: Catalog) -> list[ScoredBase]:
    """Return the base models that have scores, the best general score first."""
    return [ScoredBase(*row) for row in cast("list[Any]", catalog.rows(_SCORED))]


def attributions(scores: Iterable[BenchmarkScore]) -> tuple[str, ...]:
    """Return how the sources of scores want to be named, and their licences, each once."""
    return tuple(dict.fromkeys(filter(None, map(_attribution, scores))))


def _attribution(score: BenchmarkScore) -> str | None:
    for table in tables():
        if (score.source or "").startswith(table.page.partition("*")[0]):
            return table.attribution
    if score.source is None:
        return None
    return f"{score.source} ({score.licence or 'licence unknown'})"
