"""The shipped scores of base models, and what the law of quality makes of them."""

import subprocess
import sys
from collections.abc import Mapping
from datetime import date
from functools import cache
from statistics import correlation, fmean

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checkout import ROOT
from modeldex.resolvers.tiers import TierResolver
from modeldex.vocabulary.bases import bases
from modeldex.vocabulary.benchmarks import Benchmark, benchmarks, tables
from modeldex.vocabulary.suites import TASKS, cut_points, suites
from modeldex.vocabulary.values import ModelSpec
from quality_law import Evidence, Score, tier

FAMILIES = sorted({suite.family for suite in suites().values()})
SIX_MONTHS = "2026-05-31"


def evidence(rows: list[Benchmark]) -> Evidence:
    """The rows as evidence of the reviewed bases."""
    return Evidence(rows, suites(), bases())


@cache
def scores(*families: str, task: str = "general") -> Mapping[str, Score]:
    """Scores by base, best first, from the shipped rows of some families."""
    rows = [row for row in benchmarks() if suites()[row.suite].family in (families or FAMILIES)]
    law = evidence(rows)
    found = {base: score for base in bases() if (score := law.score(base, task=task))}
    return dict(sorted(found.items(), key=lambda item: -item[1].score))


@cache
def curated() -> Mapping[str, str]:
    """The tier of the reviewed table, by base."""
    table = TierResolver()
    specs = {
        base: ModelSpec(provider=row.maker, name=base.partition("/")[2])
        for base, row in bases().items()
    }
    found = {base: table.tier(spec).value for base, spec in specs.items()}
    return {base: value for base, value in found.items() if value != "unknown"}


def ranks(values: list[float]) -> list[float]:
    """The mean rank of each value."""
    ordered = sorted(values)
    return [(ordered.index(v) + len(ordered) - 1 - ordered[::-1].index(v)) / 2 for v in values]


def inverted(tiers: Mapping[str, str | None]) -> float:
    """The share of pairs of a balanced and a best base whose intervals lie the wrong way round."""
    by_tier = {
        name: [score for base, score in scores().items() if tiers.get(base) == name]
        for name in ("best", "balanced")
    }
    pairs = [(low, high) for low in by_tier["balanced"] for high in by_tier["best"]]
    return fmean(low.low > high.high for low, high in pairs)


# ---------------------------------------------------------------- the file


def test_the_file_is_small_and_complete() -> None:
    """scripts/build_benchmarks.py finds nothing wrong with the shipped file."""
    command = [sys.executable, "scripts/build_benchmarks.py", "--check"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_each_score_has_a_page_a_licence_and_an_interval_around_it() -> None:
    """A row states where it is from; its score lies in its interval and in its suite's range."""
    rows = benchmarks()
    assert len(rows) > 1500
    assert {row.licence for row in rows} == {"CC-BY-4.0", "MIT"}
    assert [row for row in rows if not (row.source or "").startswith("https://")] == []
    assert [
        row for row in rows if row.date is None or date.fromisoformat(row.date).year < 2024
    ] == []
    assert [
        row for row in rows if not (row.low or row.score) <= row.score <= (row.high or row.score)
    ] == []
    assert [row for row in rows if not suites()[row.suite].holds(row.score)] == []


def test_a_base_has_one_score_of_a_variant_on_a_suite() -> None:
    """Base, variant and suite are a key, and rows are in its order."""
    keys = [(row.base, row.suite, row.variant or "") for row in benchmarks()]
    assert keys == sorted(set(keys))
    assert {base for base, _, _ in keys} <= bases().keys()


def test_the_votes_of_arena_are_attributed() -> None:
    """Each table says how its licence wants it named."""
    named = {table.code: table.attribution for table in tables()}
    assert named["arena"] == "Arena leaderboard dataset, CC BY 4.0"
    assert all(named.values())


def test_every_suite_that_counts_has_scores() -> None:
    """No suite is without a row, and no row without a suite."""
    assert {row.suite for row in benchmarks()} == suites().keys()


def test_a_distilled_model_has_no_score_of_its_teacher() -> None:
    """No distilled weights are among the bases with a score."""
    assert [row.base for row in benchmarks() if "distill" in row.base] == []


# ---------------------------------------------------------------- the order


def test_the_first_by_two_votes_are_the_strongest_models() -> None:
    """Text and web development together put the flagships of October 2026 first."""
    first = list(scores("arena-text", "arena-webdev"))[:7]
    assert first[:4] == [
        "anthropic/claude-opus-5.5", "anthropic/claude-fable-5.1", "google/gemini-4-argon",
        "anthropic/claude-sonnet-5.5",
    ]  # fmt: skip
    assert set(first[4:]) == {
        "anthropic/claude-opus-5", "openai/gpt-6-astra", "openai/gpt-6.1-sol",
    }  # fmt: skip


@pytest.mark.parametrize("task", TASKS)
def test_the_first_ten_are_of_the_leading_labs(task: str) -> None:
    """For each task the first ten are models of 2026, best or balanced by the reviewed table."""
    first = list(scores(task=task))[:10]
    assert len(first) == 10
    assert [base for base in first if curated().get(base) not in ("best", "balanced")] == []
    assert [base for base in first if (bases()[base].released or "2026") < "2026"] == []


@pytest.mark.parametrize("family", FAMILIES)
def test_the_order_does_not_hang_on_one_family(family: str) -> None:
    """Without a family the order stays nearly the same, and agrees with the family's own."""
    others = [each for each in FAMILIES if each != family]
    whole, rest = scores(), scores(*others)
    both = [base for base in rest if base in whole]
    assert len(both) > 80
    assert correlation(
        ranks([whole[base].score for base in both]), ranks([rest[base].score for base in both])
    ) > 0.98  # fmt: skip
    own, law = (
        evidence([r for r in benchmarks() if suites()[r.suite].family == family]),
        evidence([r for r in benchmarks() if suites()[r.suite].family != family]),
    )
    pairs = [
        (
            fmean(s.score for s in own.families(base).values()),
            fmean(s.score for s in others_.values()),
        )
        for base in bases()
        if own.families(base) and (others_ := law.families(base))
    ]
    assert len(pairs) > 15
    assert correlation(*(ranks(list(side)) for side in zip(*pairs, strict=True))) >= 0.8


@pytest.mark.parametrize("suite", sorted(suites()))
def test_the_same_models_stand_alike_on_every_suite(suite: str) -> None:
    """The mean standing of the bases of a suite is that of the same bases in Arena's text vote."""
    text = evidence([r for r in benchmarks() if suites()[r.suite].family == "arena-text"])
    own = evidence([r for r in benchmarks() if r.suite == suite])
    pairs = [
        (*(s.score for s in own.families(base).values()), *(s.score for s in known.values()))
        for base in bases()
        if own.families(base) and (known := text.families(base))
    ]
    assert len(pairs) > 10
    assert fmean(a for a, _ in pairs) == pytest.approx(fmean(b for _, b in pairs), abs=1.5)


# ---------------------------------------------------------------- tiers


def test_evidence_sets_the_tiers_right() -> None:
    """Of the pairs of balanced and best the table has 7 % inverted, with evidence under 1 %."""
    measured = {
        base: tier(curated().get(base), scores().get(base), cut_points())
        for base in {*curated(), *scores()}
    }
    assert inverted(curated()) > 0.05
    assert inverted(measured) < 0.01


def test_no_flagship_of_the_last_six_months_is_put_down() -> None:
    """What the table calls best and its maker released since May 2026 stays best."""
    recent = [
        b for b, t in curated().items() if t == "best" and (bases()[b].released or "") >= SIX_MONTHS
    ]
    assert len(recent) > 15
    assert [b for b in recent if tier("best", scores().get(b), cut_points()) != "best"] == []


@pytest.mark.parametrize(
    ("table", "score", "given"),
    [
        ("best", Score(70, 68, 72.9, 2), "balanced"),
        ("best", Score(70, 68, 73, 2), "best"),
        ("best", Score(40, 38, 42, 2), "cheap"),
        ("balanced", Score(78, 75.1, 80, 3), "best"),
        ("balanced", Score(78, 75, 81, 3), "balanced"),
        ("balanced", Score(48, 45, 51.9, 2), "cheap"),
        ("cheap", Score(72, 70.1, 74, 2), "balanced"),
        ("cheap", Score(69, 67, 71, 2), "cheap"),
        ("cheap", Score(80, 78, 82, 2), "best"),
        (None, Score(80, 78, 82, 2), "best"),
        (None, Score(60, 58, 62, 2), "balanced"),
        (None, Score(40, 38, 42, 2), "cheap"),
        ("balanced", None, "balanced"),
        (None, None, None),
    ],
)
def test_a_tier_moves_where_the_whole_interval_lies_beyond_a_cut(
    table: str | None, score: Score | None, given: str | None
) -> None:
    """The reviewed table decides where the interval reaches a cut point or no score is known."""
    assert tier(table, score, cut_points()) == given


# ---------------------------------------------------------------- the law


def row(suite: str, score: float, variant: str | None = None, day: str | None = None) -> Benchmark:
    """A score of one base."""
    return Benchmark("anthropic/claude-opus-5", variant, suite, score, date=day)


BASE = "anthropic/claude-opus-5"
OVERALL, WEBDEV, VISION = "arena/overall", "arena/webdev", "arena/vision"


def test_one_family_is_no_general_score() -> None:
    """Six slices of one vote give no general score; a vote of another kind does."""
    text = [row(key, 1400) for key, suite in suites().items() if suite.family == "arena-text"]
    assert evidence(text).score(BASE) is None
    both = evidence([*text, row(WEBDEV, 1600)]).score(BASE)
    assert both is not None
    assert both.families == 2


def test_a_task_is_half_its_family_and_half_general() -> None:
    """Without a general score there is none of a task: one vote alone misleads."""
    assert evidence([row(VISION, 1140)]).score(BASE, task="vision") is None
    both = evidence([row(VISION, 1140), row(OVERALL, 1500)])
    general, vision = both.score(BASE), both.score(BASE, task="vision")
    assert general is not None
    assert vision is not None
    assert (round(general.score), round(vision.score), vision.families) == (65, 58, 2)
    assert both.score(BASE, task="documents") is None


def test_the_newest_score_counts_and_of_one_day_the_highest() -> None:
    """The base takes any variant's, a weaker one's only where there is no other."""
    old, high = row(OVERALL, 1500, "max", "2026-01-01"), row(OVERALL, 1450, "high", "2026-02-01")
    higher, undated = row(OVERALL, 1460, None, "2026-02-01"), row(OVERALL, 1590)
    low = row(OVERALL, 1300, "low", "2026-09-01")
    assert evidence([higher, old, high, low, undated]).deciding(BASE) == [higher]
    assert evidence([low]).deciding(BASE) == [low]


def test_an_offer_of_a_variant_has_its_own_score_or_that_of_the_base() -> None:
    """A weaker variant never has the scores of its base."""
    high, low = row(OVERALL, 1450, "high"), row(OVERALL, 1300, "low")
    law = evidence([high, low])
    assert [law.deciding(BASE, variant)[0].score for variant in (None, "high", "low", "fast")] == [
        1450, 1450, 1300, 1450,
    ]  # fmt: skip
    assert law.deciding(BASE, "fp8") == law.deciding(BASE, "high-fp8") == []


@given(
    st.permutations(
        [
            row(suite, score, variant, day)
            for suite in (OVERALL, WEBDEV)
            for score in (1400, 1500)
            for variant in (None, "high", "low")
            for day in (None, "2026-02-01")
        ]
    )
)
def test_the_order_of_arrival_does_not_matter(rows: list[Benchmark]) -> None:
    """The same rows in any order give the same scores."""
    found = {evidence(rows).score(BASE, variant) for variant in (None, "high", "fast")}
    assert [each and round(each.score, 3) for each in found] == [75.274]
    assert evidence(rows).score(BASE, "low") == evidence(rows[::-1]).score(BASE, "low")


def test_what_cannot_be_has_no_effect() -> None:
    """Unknown bases and suites and scores outside the range of a suite do not count."""
    odd = [
        row("arena/unheard-of", 1400),
        row(WEBDEV, 61.5),
        Benchmark("acme/alpha", None, WEBDEV, 1700),
    ]
    kept = [row(OVERALL, 1400)]
    assert evidence([*odd, *kept]).deciding(BASE) == kept
    assert evidence(odd).score("acme/alpha", task="coding") is None
