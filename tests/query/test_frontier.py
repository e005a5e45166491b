"""The models that no other beats on cost, speed and tier at once, against the definition."""

import sqlite3
from collections.abc import Callable, Iterator
from math import inf
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from command_line import run_command, small_catalog
from modeldex import ModelRegistry, Workload
from modeldex.query.compile import compile_query
from modeldex.query.selection import Standing, frontier, pareto_front
from modeldex.storage.location import Place
from raw_catalog import Below
from sample_offers import FACTS, KNOWN, holding, ids

IN, OUT, SPEED = "input_cost_per_1m", "output_cost_per_1m", "speed_hint_tps"


def offer(cost: float | None, speed: float | None, tier: str | None) -> dict[str, Any]:
    """A model whose prompts and answers cost the same."""
    return {IN: cost, OUT: cost, SPEED: speed, "quality_tier": tier}


def at_least_as_good(ours: float | None, theirs: float | None) -> bool:
    """Less is better; what is not known is worse than anything known, and level with itself."""
    return theirs is None or (ours is not None and ours <= theirs)


def beats(one: tuple[float | None, ...], other: tuple[float | None, ...]) -> bool:
    """At least as good in everything, and not the other way round."""
    pairs = list(zip(one, other, strict=True))
    return all(at_least_as_good(a, b) for a, b in pairs) and not all(
        at_least_as_good(b, a) for a, b in pairs
    )


COSTS = st.none() | st.integers(0, 3).map(float)
POINTS = st.tuples(COSTS, st.integers(0, 3), st.none() | st.integers(0, 3).map(float))


def standing(point: tuple[float | None, int, float | None]) -> Standing:
    """A cost, the rank of a tier and a slowness, as `unbeaten` takes them."""
    cost, tier, slowness = point
    return (cost is None, cost or 0.0), (2, float(tier)), inf if slowness is None else slowness


@settings(max_examples=300)
@given(st.lists(POINTS, max_size=12))
def test_the_unbeaten_are_those_of_the_definition(
    points: list[tuple[float | None, int, float | None]],
) -> None:
    """One sweep finds what comparing everyone with everyone finds."""
    expected = {
        standing(one) for one in points if not any(beats(other, one) for other in points)
    }  # fmt: skip
    assert pareto_front(map(standing, points)) == expected
    assert (expected == set()) == (points == [])


@pytest.mark.nightly
def test_many_that_are_all_unbeaten_are_found_in_one_sweep() -> None:
    """A hundred thousand models, each dearer and faster than the last, are all on it."""
    points = [standing((float(i), 0, float(-i))) for i in range(100_000)]
    assert len(pareto_front(points)) == 100_000


@pytest.fixture(scope="module")
def empty(below: Below) -> Iterator[Any]:
    """A catalog without models."""
    with below() as connection:
        yield connection


SCORED = st.builds(
    lambda facts, score: {**facts, "quality_score": score},
    FACTS, st.none() | st.sampled_from([60.0, 70.0, 80.0]),
)  # fmt: skip
OFFERS = st.dictionaries(st.sampled_from([f"acme/{name}" for name in "abcdefgh"]), SCORED)


def point(facts: dict[str, Any], workload: Workload | None) -> tuple[Any, ...]:
    """Cost, rank of the score, else of the tier, and slowness of a model."""
    given, made, speed = (facts[name] for name in (IN, OUT, SPEED))
    blended = None if None in (given, made) else (3 * given + made) / 4
    cost = blended if workload is None else workload.cost_of(facts).usd
    tier = ("best", "balanced", "cheap", None).index(facts["quality_tier"])
    score = facts["quality_score"]
    quality = (1, tier) if score is None else (0, -score)
    return cost, quality, None if speed is None else -speed


@settings(max_examples=60, suppress_health_check=list(HealthCheck))
@given(offers=OFFERS, workload=st.none() | st.just(Workload(300_000, 10, 0.5)))
def test_the_frontier_of_a_catalog_is_that_of_the_definition(
    empty: sqlite3.Connection, offers: dict[str, Any], workload: Workload | None
) -> None:
    """Whatever is unknown, exactly the matches that no other match beats, in rank order."""
    with holding(empty, offers) as catalog:
        found = ids(frontier(catalog, KNOWN, workload))
        ranked = ids(catalog.rows(*compile_query(KNOWN, catalog.scope)))
    points = {model: point(facts, workload) for model, facts in offers.items()}
    assert set(found) == {
        one for one in points if not any(beats(other, points[one]) for other in points.values())
    }
    assert workload is not None or found == [model for model in ranked if model in found]


CHOICE = {
    "acme/best": offer(10.0, 50.0, "best"),
    "acme/best-fast": offer(20.0, 100.0, "best"),
    "acme/best-fast-dear": offer(30.0, 100.0, "best"),
    "acme/cheap": offer(1.0, 20.0, "cheap"),
    "acme/cheap-twin": offer(1.0, 20.0, "cheap"),
    "acme/cheap-unmeasured": offer(1.0, None, "cheap"),
    "acme/cheapest-unmeasured": offer(0.5, None, "cheap"),
    "acme/unpriced-fastest": offer(None, 500.0, None),
    "acme/unpriced": offer(None, 90.0, "cheap"),
    "acme/vectors": {**offer(0.1, 900.0, "best"), "mode": "embedding"},
}
UNBEATEN = ["best", "best-fast", "cheapest-unmeasured", "cheap", "cheap-twin", "unpriced-fastest"]


@pytest.fixture(scope="module")
def choice(new_place: Callable[[], Place]) -> Place:
    """A catalog of those models, of a provider that nobody else knows."""
    return small_catalog(new_place(), CHOICE)


async def test_a_registry_gives_its_frontier(choice: Path) -> None:
    """Level models are both on it; an unknown value beats nothing, and may be outweighed."""
    async with ModelRegistry(db=choice) as registry:
        front = await registry.frontier(available=False, provider="acme")
        best = await registry.frontier(available=False, provider="acme", quality_tier="best")
    assert [model.spec.name for model in front] == UNBEATEN
    assert [model.spec.name for model in best] == ["best", "best-fast"]


async def test_for_a_task_its_score_is_the_quality(new_place: Callable[[], Place]) -> None:
    """A dear model that is best in general is not on the frontier of a task it does worse."""
    path = small_catalog(
        new_place(),
        {
            "acme/coder": {**offer(5.0, 9.0, "cheap"), "quality_score": 60.0, "coding_score": 80.0},
            "acme/talker": {**offer(9.0, 9.0, "best"), "quality_score": 80.0, "coding_score": 60.0},
        },
    )
    async with ModelRegistry(db=path) as registry:
        general = await registry.frontier(available=False, provider="acme")
        coding = await registry.frontier(available=False, provider="acme", task="coding")
    assert {model.spec.name for model in general} == {"coder", "talker"}
    assert [model.spec.name for model in coding] == ["coder"]


def test_the_command_prints_the_frontier(choice: Path) -> None:
    """A line for each with what it was judged by; under a workload, its cost."""
    lines = run_command(choice, "frontier", "--known").table
    assert [line["id"] for line in lines] == [f"acme/{name}" for name in UNBEATEN]
    assert lines[0] == {
        "id": "acme/best", "blended_cost": "10", "speed_hint_tps": "50", "quality_score": "",
        "quality_tier": "best",
    }  # fmt: skip
    loaded = run_command(
        choice, "frontier", "--known", "--input-tokens", "1m", "--requests", "2"
    ).table
    assert [line["usd"] for line in loaded] == ["20", "40", "1", "2", "2", ""]
    assert run_command(choice, "frontier", "--known", "--json").json["total"] == len(UNBEATEN)
    assert run_command(choice, "frontier", "--known", "--vision").code == 3
