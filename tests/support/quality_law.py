"""The law of `quality_score` in plain Python, which the SQL of the catalog is compared with."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from statistics import fmean
from typing import NamedTuple

from modeldex.vocabulary.benchmarks import Benchmark
from modeldex.vocabulary.suites import CutPoint, Suite, is_weaker

FEWEST_FAMILIES = 2
"""Families that a general score needs: one vote alone misleads."""


class Score(NamedTuple):
    """A standing of 0 to 100 with its interval, and the number of families it rests on."""

    score: float
    low: float
    high: float
    families: int


class Evidence:
    """The scores that count: of known bases and suites, inside the range of their suite."""

    def __init__(
        self,
        rows: Iterable[Benchmark],
        suites: Mapping[str, Suite],
        bases: Iterable[str],
    ) -> None:
        """`bases`: the ids of the known ones."""
        self._suites, known = suites, frozenset(bases)
        self._rows: dict[str, list[Benchmark]] = defaultdict(list)
        self._standings: dict[tuple[str, str | None], dict[tuple[str, str], Score]] = {}
        for row in rows:
            suite = suites.get(row.suite)
            if row.base in known and suite is not None and suite.holds(row.score):
                self._rows[row.base].append(row)

    def score(self, base: str, variant: str | None = None, task: str = "general") -> Score | None:
        """Return the score of an offer of this base and variant for a task; None if not known."""
        families = self.families(base, variant)
        of_task = [each for (_, its_task), each in families.items() if its_task == task]
        if len(families) < FEWEST_FAMILIES:
            return None
        found = general = _mean(families.values())
        if task != "general":
            if not of_task:
                return None
            found = _mean([_mean(of_task), general])
        return found._replace(families=len(families))

    def families(self, base: str, variant: str | None = None) -> dict[tuple[str, str], Score]:
        """Return the standing of each family that is known, by family and task."""
        if (base, variant) not in self._standings:
            self._standings[base, variant] = self._families(base, variant)
        return self._standings[base, variant]

    def _families(self, base: str, variant: str | None) -> dict[tuple[str, str], Score]:
        by_family: dict[tuple[str, str], list[Score]] = defaultdict(list)
        for row in self.deciding(base, variant):
            suite = self._suites[row.suite]
            by_family[suite.family, suite.task].append(_standing(suite, row))
        return {family: _mean(scores) for family, scores in by_family.items()}

    def deciding(self, base: str, variant: str | None = None) -> list[Benchmark]:
        """Return the row of each suite that counts for an offer.

        That is the one of its own variant, else that of its base: of any variant, a weaker one only
        where there is no other. Of several it is the newest, of one day the highest. An offer of a
        weaker variant has its own rows only.
        """
        rows = self._rows.get(base, [])
        own = [row for row in rows if variant is not None and row.variant == variant]
        others = [] if is_weaker(variant) else rows
        return list({**_leading(others), **_leading(own)}.values())


def tier(curated: str | None, score: Score | None, cuts: Sequence[CutPoint]) -> str | None:
    """Return the tier of a base, from the reviewed table's and its general score.

    One without a curated tier starts as balanced; without a score the table alone decides.
    """
    if score is None:
        return curated
    best, balanced = cuts
    found = curated or balanced.tier
    if found == "cheap" and score.low > balanced.above:
        found = balanced.tier
    if found == balanced.tier:
        if score.low > best.above:
            return best.tier
        return "cheap" if curated != "cheap" and score.high < balanced.below else found
    if found == best.tier and score.high < best.below:
        return "cheap" if score.high < balanced.below else balanced.tier
    return found


def _leading(rows: Iterable[Benchmark]) -> dict[str, Benchmark]:
    return {row.suite: row for row in sorted(rows, key=_rank)}


def _rank(row: Benchmark) -> tuple[bool, str, float, str, str]:
    # Variant and source only decide between equals, so that no order of arrival does.
    strong = not is_weaker(row.variant)
    return strong, row.date or "", row.score, row.variant or "", row.source or ""


def _standing(suite: Suite, row: Benchmark) -> Score:
    low = row.score - suite.half_width if row.low is None else row.low
    high = row.score + suite.half_width if row.high is None else row.high
    return Score(suite.standing(row.score), suite.standing(low), suite.standing(high), 1)


def _mean(scores: Iterable[Score]) -> Score:
    # The ends are averaged as the scores are: slices of one vote err together, and an interval
    # that is too wide only leaves a model its curated tier.
    given: Sequence[Score] = list(scores)
    means = (fmean(each[at] for each in given) for at in range(3))
    return Score(*means, families=len(given))
