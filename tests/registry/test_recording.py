"""What samples come to, end to end: recorded here, seen in the answer of a registry."""

import subprocess
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from child_processes import Child
from custom_parts import sql
from modeldex import ModelCapabilities, ModelRegistry
from modeldex.storage.location import Place
from raw_catalog import bare, needs_shell

NEWEST = datetime(2026, 6, 1, 12, tzinfo=UTC)
Samples = Iterable[tuple[float, dict[str, Any]]]
"""How many days older than the newest each is, and what it says."""


@pytest.fixture
def catalog(blank_catalog: Place) -> Place:
    """A catalog that knows one suite, of which eight requests are enough."""
    sql(blank_catalog, "INSERT INTO quality_suites VALUES ('house', '2', 0.5, 0.8, 8)")
    return blank_catalog


async def learnt(catalog: Place, samples: Samples) -> ModelCapabilities:
    """What a registry says of a model after these samples."""
    rows = [
        {"model": "acme/alpha", "measured_at": NEWEST - timedelta(days=age), **figures}
        for age, figures in samples
    ]
    async with ModelRegistry([], [], db=catalog) as registry:
        await registry.record_many(rows, strict=True)
        found = await registry.find_model("acme", "alpha")
    assert found is not None
    return found.capabilities


async def test_one_outlier_does_not_matter(catalog: Place) -> None:
    """A rate that is a thousand times too high moves the opinion to a neighbour at most."""
    samples: Samples = [(0, {"tps": tps}) for tps in (50, 51, 49, 50, 50_000)]
    assert (await learnt(catalog, samples)).speed_hint_tps == 50.0


@pytest.mark.parametrize(
    ("age", "weight"), [(0, 4), (7, 4), (7.1, 2), (30, 2), (30.1, 1), (90, 1), (90.1, 0), (900, 0)]
)
async def test_old_samples_lose_weight_by_steps(catalog: Place, age: float, weight: int) -> None:
    """Until 7, 30 and 90 days before the newest a sample counts 4, 2 and 1 times, then not at all.

    Four old requests are held in the balance, half-way, by as many new ones as their weight.
    """
    new = (0, {"tps": 100, "samples": weight or 1})
    known = await learnt(catalog, [new, (age, {"tps": 200, "samples": 4})])
    assert known.speed_hint_tps == (150.0 if weight else 100.0)


@pytest.mark.parametrize(
    ("samples", "said"),
    [
        ([(0, {"tools": True})], True),
        ([(0, {"tools": False})], False),
        ([(0, {"tools": True}), (0, {"tools": False})], None),
        ([(0, {"tools": True}), (0, {"tools": False}), (1, {"tools": False})], False),
        ([(0, {"tools": True}), (20, {"tools": False})], True),
        ([(0, {"tools": True}), (20, {"tools": False, "n": 2})], None),
        ([(0, {"tools": True}), (0, {"error": "timeout"}), (0, {"error": "500"})], True),
        ([(0, {"error": "timeout"})], None),
    ],
)
async def test_a_tested_capability(catalog: Place, samples: Samples, said: bool | None) -> None:
    """The heavier half has it; halves that contradict, and tests that failed, say nothing."""
    assert (await learnt(catalog, samples)).supports_tools is said


@pytest.mark.parametrize(
    ("samples", "tier", "basis"),
    [
        ([(0, {"score": 0.9, "suite": "house", "suite_version": "2", "n": 8})], "best", "measured"),
        ([(0, {"score": 0.8, "suite": "house", "suite_version": 2, "n": 9})], "best", "measured"),
        ([(0, {"score": 0.6, "suite": "house", "suite_version": "2"})] * 8, "balanced", "measured"),
        ([(0, {"score": -1, "suite": "house", "suite_version": "2", "n": 8})], "cheap", "measured"),
        ([(0, {"score": 0.9, "suite": "house", "suite_version": "2", "n": 7})], "unknown", None),
        ([(0, {"score": 0.9, "suite": "house", "suite_version": "3", "n": 8})], "unknown", None),
        ([(0, {"score": 0.9, "suite": "street", "suite_version": "2", "n": 8})], "unknown", None),
    ],
)
async def test_a_score_says_a_tier_where_its_suite_is_known(
    catalog: Place, samples: Samples, tier: str, basis: str | None
) -> None:
    """By the cut-points of its suite and version, from as many requests as that wants."""
    known = await learnt(catalog, samples)
    assert (known.quality_tier, known.quality_basis) == (tier, basis)


async def test_what_was_paid_outranks_what_is_listed(catalog: Place) -> None:
    """The cost that was measured counts before the listed one, a user's word before both."""
    await learnt(catalog, [(0, {"ttft": 120, "input_cost": 0.5, "output_cost": 2})])
    with bare(catalog) as connection:
        connection.execute(
            "INSERT INTO capabilities (model_id, resolver, input_cost_per_1m, ttft_ms) VALUES "
            "(1, 'litellm', 9, 9), (1, 'user', NULL, 80)"
        )
    known = await learnt(catalog, [(0, {"input_cost": 0.7})])
    assert (known.input_cost_per_1m, known.output_cost_per_1m, known.ttft_ms) == (0.6, 2.0, 80.0)


RUNNING = """
import asyncio
from modeldex import ModelRegistry, ModelSpec
class Here:
    name = "here"
    async def discover(self):
        return [ModelSpec(provider="groq", name=n) for n in ("llama-3.3-70b-versatile", "other")]
async def main():
    async with ModelRegistry([Here()], [], db=ARGS[0]) as registry:
        await registry.refresh()
        for _ in range(2):
            found = await registry.find_best(min_speed_tps=200)
            say(found.spec.id if found else None)
            hear()
asyncio.run(main())
"""


@pytest.mark.sqlite_only("the sqlite3 program")
@needs_shell
def test_an_insert_of_the_shell_changes_the_answer_of_a_running_process(catalog: Place) -> None:
    """Provider, name and one figure, typed into `sqlite3`, are a complete job."""
    insert = (
        "INSERT INTO measurements(provider,name,tokens_per_second) "
        "VALUES('groq','llama-3.3-70b-versatile',275)"
    )
    with Child(RUNNING, str(catalog), forked=True) as child:
        before = child.receive()
        done = subprocess.run(["sqlite3", catalog, insert], capture_output=True, check=False)
        child.send_value("asked")
        assert (before, child.receive()) == (None, "groq/llama-3.3-70b-versatile")
        child.send_value("enough")
        assert child.end().code == 0
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    with bare(catalog) as connection:
        figures = connection.execute("SELECT field, value, n FROM measured_figures").fetchall()
    assert [(f, float(value), n) for f, value, n in figures] == [("speed_hint_tps", 275.0, 1)]


TIER = "SELECT quality_tier, quality_basis FROM catalog WHERE name = 'alpha'"
OWN = "SELECT quality_tier, quality_basis FROM capabilities WHERE resolver = 'perf_lab'"


async def test_without_a_score_left_the_tier_is_what_it_was(catalog: Place) -> None:
    """Once the last score of a model is deleted, its other samples say no tier, and others do."""
    sql(catalog, "INSERT INTO models (provider, name) VALUES ('acme', 'alpha')")
    sql(
        catalog,
        "INSERT INTO capabilities (model_id, resolver, quality_tier, quality_basis) "
        "SELECT id, 'static', 'cheap', 'curated' FROM models",
    )
    before = sql(catalog, TIER)
    score = {"quality_score": 0.9, "quality_suite": "house", "suite_version": "2", "samples": 8}
    await learnt(catalog, [(0, score), (1, score), (2, {"tps": 50})])
    scored = sql(catalog, TIER)
    newest = "measured_at = (SELECT max(measured_at) FROM measurements)"
    sql(catalog, f"DELETE FROM measurements WHERE {newest}")
    with_one = sql(catalog, TIER)
    sql(catalog, "DELETE FROM measurements WHERE quality_score IS NOT NULL")
    assert (before, scored, with_one) == (
        [("cheap", "curated")], [("best", "measured")], [("best", "measured")],
    )  # fmt: skip
    assert sql(catalog, TIER) == before
    assert sql(catalog, OWN) == [(None, None)]
    assert sql(catalog, "SELECT speed_hint_tps FROM catalog") == [(50.0,)]
