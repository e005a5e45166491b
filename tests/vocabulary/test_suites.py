"""The suites of benchmarks, their anchors and families."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modeldex.vocabulary.suites import (
    TASKS,
    band_width,
    cut_points,
    is_weaker,
    suite_id,
    suites,
)

SCORES = st.floats(-1e6, 1e6, allow_nan=False)


def test_suites_are_sorted_and_of_a_known_task() -> None:
    """Each suite has one of the tasks, and its id is what a table's name of it gives."""
    found = suites()
    assert list(found) == sorted(found)
    assert len(found) >= 13
    assert {suite.task for suite in found.values()} == set(TASKS)
    assert [key for key, suite in found.items() if key != suite.id or suite_id(key) != key] == []


def test_a_family_has_one_task() -> None:
    """The suites of one family are of one task, so that a family counts once for it."""
    tasks = {(suite.family, suite.task) for suite in suites().values()}
    assert len(tasks) == len({family for family, _ in tasks})


def test_six_suites_of_arena_are_one_family() -> None:
    """Slices of one vote count once; votes of their own are families of their own."""
    text = [key for key, suite in suites().items() if suite.family == "arena-text"]
    assert text == [
        "arena/coding", "arena/expert", "arena/hard_prompts", "arena/instruction_following",
        "arena/longer_query", "arena/overall",
    ]  # fmt: skip
    arena = {suite.family for key, suite in suites().items() if key.startswith("arena/")}
    assert arena == {"arena-text", "arena-webdev", "arena-vision", "arena-document"}


@given(st.sampled_from(sorted(suites())), SCORES, SCORES)
def test_a_standing_rises_with_the_score(suite: str, one: float, other: float) -> None:
    """A standing is within 0 and 100, and no lower score has a higher one."""
    low, high = sorted(map(suites()[suite].standing, (one, other)))
    assert 0 <= low <= high <= 100
    assert (suites()[suite].standing(min(one, other))) == low


def test_the_anchors_are_0_and_100() -> None:
    """The scores of the anchors stand at 0 and 100, the one between them at 50."""
    for suite in suites().values():
        middle = (suite.zero_at + suite.hundred_at) / 2
        stands = [suite.standing(at) for at in (suite.zero_at, middle, suite.hundred_at)]
        assert stands == [0, pytest.approx(50), 100]


def test_some_scores_cannot_be_of_a_suite() -> None:
    """A share is no rating, and a rating no share."""
    assert not suites()["arena/overall"].holds(71.4)
    assert not suites()["aider-polyglot/percent-correct"].holds(1450)
    assert suites()["aider-polyglot/percent-correct"].holds(0)


@pytest.mark.parametrize(
    ("named", "id_"),
    [
        (("arena/hard_prompts",), "arena/hard_prompts"),
        (("Terminal-Bench", "2.1", "Codex", "pass@1"), "terminal-bench-2.1/codex/pass-at-1"),
        (("SWE-Bench Pro", "", "", "resolve rate"), "swe-bench-pro/resolve-rate"),
        (("Humanity\u2019s Last Exam",), "humanitys-last-exam"),
        (("τ3 Banking",), "tau3-banking"),
        (("  ",), ""),
    ],
)  # fmt: skip
def test_a_name_gives_an_id(named: tuple[str, ...], id_: str) -> None:
    """The id is made of name, version, harness and metric, by rule."""
    assert suite_id(*named) == id_


@given(st.text(max_size=60), st.text(max_size=20), st.text(max_size=20))
def test_an_id_is_plain_and_stays_itself(name: str, harness: str, metric: str) -> None:
    """Any name gives an id of a few characters, which gives itself."""
    made = suite_id(name, "", harness, metric)
    assert set(made) <= set("abcdefghijklmnopqrstuvwxyz0123456789._-/")
    assert suite_id(made) == made


def test_the_cut_points_are_ordered() -> None:
    """The best tier is first; a model is never taken in where it would be put out."""
    best, balanced = cut_points()
    assert (best.tier, balanced.tier) == ("best", "balanced")
    assert 100 > best.above >= best.below > balanced.above >= balanced.below > 0
    assert 0 < band_width() < 20


def test_a_variant_may_be_weaker_than_its_base() -> None:
    """Less effort, no thinking and reduced precision are; the rest is the model as it is."""
    weaker = [
        "low",
        "nothinking",
        "non-reasoning",
        "fp8-fast",
        "mlx-4bit",
        "q4_k_m",
        "iq4_xs",
        "w4a16",
    ]
    same = [
        None,
        "high",
        "max",
        "thinking-32000",
        "fast",
        "free",
        "bf16",
        "128k",
        "reasoning",
        "flex",
    ]
    assert [variant for variant in weaker if not is_weaker(variant)] == []
    assert [variant for variant in same if is_weaker(variant)] == []
