"""What a change of a quality suite does to the tiers of all models with scores of it."""

import random
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

import pytest

from modeldex.storage.location import Place
from raw_catalog import bare, migrated

TIERS = ("best", "balanced", "cheap")
START = datetime(2026, 1, 1, tzinfo=UTC)
Sample = tuple[str, int, float, str, int]
"""A model, a day, a score, the version of the suite, and how many requests."""


def _samples(chance: random.Random) -> list[Sample]:
    return [
        (
            f"m{number % 12}", chance.choice((0, 7, 8, 30, 31, 90, 91, 200)),
            chance.choice((0.1, 0.5, 0.9)), chance.choice("112"), chance.choice((1, 1, 2, 4)),
        )
        for number in range(100)
    ]  # fmt: skip


def _tier(samples: Sequence[Sample], balanced: float, best: float, least: int) -> str | None:
    """The weighted median of the tiers of version 1, computed from a list of single requests."""
    scored = [each for each in samples if each[3] == "1"]
    newest = max((day for _, day, *_ in scored), default=0)
    ranks: list[int] = []
    requests = 0
    for _, day, score, _, count in scored:
        weight = next((w for age, w in ((7, 4), (30, 2), (90, 1)) if newest - day <= age), 0)
        rank = 0 if score >= best else 1 if score >= balanced else 2
        ranks += [rank] * (count * weight)
        requests += count * bool(weight)
    if requests < least or not ranks:
        return None
    ranks.sort()
    middle = ranks[(len(ranks) - 1) // 2], ranks[len(ranks) // 2]
    mean = sum(middle) / 2
    return TIERS[0 if mean == 0 else 1 if mean <= 1 else 2]


CHANGES: dict[str, tuple[float, float, int] | None] = {
    "INSERT INTO quality_suites VALUES ('lab', '1', 0.4, 0.8, 1)": (0.4, 0.8, 1),
    "UPDATE quality_suites SET best_at_least = 0.5": (0.4, 0.5, 1),
    "UPDATE quality_suites SET min_samples = 15": (0.4, 0.5, 15),
    "UPDATE quality_suites SET name = 'other'": None,
    "UPDATE quality_suites SET name = 'lab', best_at_least = 0.95": (0.4, 0.95, 15),
    "DELETE FROM quality_suites": None,
}
"""Statements one after the other, each with the cut-points that then hold."""


@pytest.mark.parametrize("seed", range(2))
def test_each_change_gives_every_model_its_tier(new_place: Callable[[], Place], seed: int) -> None:
    """The tier is the median of the scores, copied to the catalog; other figures stay."""
    samples = _samples(random.Random(seed))  # noqa: S311 - not a secret
    with bare(migrated(new_place())) as connection:
        connection.execute("BEGIN")
        for name, day, score, version, count in samples:
            connection.execute(
                "INSERT INTO measurements (provider, name, measured_at, ttft_ms, quality_score, "
                "quality_suite, suite_version, samples) VALUES ('acme', ?, ?, 9, ?, 'lab', ?, ?)",
                (name, f"{START + timedelta(days=day):%Y-%m-%dT%H:%M:%SZ}", score, version, count),
            )
        connection.execute("COMMIT")
        connection.execute("DELETE FROM capabilities WHERE model_id = 3")
        for statement, cuts in CHANGES.items():
            connection.execute(statement)
            found = connection.execute(
                "SELECT name, quality_tier, quality_basis, ttft_ms FROM catalog"
            ).fetchall()
            expected = {}
            for name in {each[0] for each in samples}:
                own = [each for each in samples if each[0] == name]
                expected[name] = _tier(own, *cuts) if cuts else None
            assert {name: tier for name, tier, _, _ in found} == expected
            assert {(tier is None) == (basis is None) for _, tier, basis, _ in found} == {True}
            assert {ttft for *_, ttft in found} == {9}
