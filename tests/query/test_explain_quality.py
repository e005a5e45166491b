"""What `explain` says of a tier and a score: base, siblings, evidence, class, and the rule."""

from pathlib import Path
from typing import Any

import pytest

from command_line import run_command
from modeldex import ModelRegistry
from modeldex.query.explain_quality import Quality
from modeldex.storage.location import Place
from raw_catalog import bare

HOW = {
    "overruled": "quality_basis = 'benchmark' AND EXISTS (SELECT 1 FROM capabilities x "
    "WHERE x.model_id = c.model_id AND x.resolver = 'tiers' AND x.quality_tier IS NOT NULL)",
    "scored": "quality_basis = 'benchmark' AND NOT EXISTS (SELECT 1 FROM capabilities x "
    "WHERE x.model_id = c.model_id AND x.resolver <> 'evidence' AND x.quality_tier IS NOT NULL)",
    "inherited": "quality_basis = 'inferred' AND quality_low IS NULL "
    "AND quality_score IS NOT NULL AND EXISTS (SELECT 1 FROM capabilities x WHERE "
    "x.model_id = c.model_id AND x.resolver = 'evidence' AND x.quality_tier IS NOT NULL)",
    "stated": "quality_basis = 'curated' AND quality_low IS NOT NULL",
    "unknown": "quality_tier IS NULL",
}
"""Conditions on offers whose tier came about in each way."""


async def explained(path: Path, condition: str) -> tuple[Any, Quality]:
    """The tier of the first offer that meets a condition, and what is said of its quality."""
    with bare(path) as connection:
        [provider, name, tier] = connection.execute(
            f"SELECT provider, name, quality_tier FROM catalog c WHERE {condition} "
            "ORDER BY provider, name LIMIT 1"
        ).fetchone()
    async with ModelRegistry(db=path, environ={}) as registry:
        quality = (await registry.explain(provider, name)).quality
    assert quality is not None
    return tier, quality


@pytest.mark.parametrize("how", HOW)
async def test_it_says_how_the_tier_came_about(shipped_catalog: Path, how: str) -> None:
    """A table states it, evidence overrules or places it, a line hands it down, or nobody knows."""
    tier, quality = await explained(shipped_catalog, HOW[how])
    assert quality.tier.how == how
    assert quality.tier.text.startswith(tier or "unknown")
    if how == "inherited":
        assert quality.tier.of_base is not None
        assert quality.tier.of_base != quality.base
    if how == "overruled":
        assert quality.tier.before not in (None, tier)
        assert "lies wholly" in quality.tier.text


async def test_a_base_has_siblings_and_evidence(shipped_catalog: Path) -> None:
    """Their number and the cheapest; each score with its day and licence, its source named once."""
    async with ModelRegistry(db=shipped_catalog, environ={}) as registry:
        quality = (await registry.explain("anthropic", "claude-opus-5-5")).quality
        offers = await registry.offers("anthropic/claude-opus-5.5")
    assert quality is not None
    assert quality.siblings is not None
    assert (quality.base, quality.siblings.offers) == (
        "anthropic/claude-opus-5.5", len(offers) - 1,
    )  # fmt: skip
    others = [each for each in offers if each.id != "anthropic/claude-opus-5-5"]
    costs = [
        each.blended_cost for each in others
        if each.blended_cost is not None and each.price_basis in (None, "metered")
        and not each.suspicious
    ]  # fmt: skip
    assert quality.siblings.blended_cost == min(costs)
    assert quality.provider_class == "lab"
    assert all(each.licence and each.day for each in quality.evidence)
    assert quality.attributions == ("Arena leaderboard dataset, CC BY 4.0",)


def test_the_command_and_json_say_the_same(shipped_catalog: Path) -> None:
    """A line for each fact; JSON has the evidence row by row."""
    model = "anthropic/claude-opus-5-5"
    quality = run_command(shipped_catalog, "explain", model, "--json").json["quality"]
    lines = {
        row["field"]: row["value"] for row in run_command(shipped_catalog, "explain", model).table
    }
    assert lines["quality.tier"] == quality["tier"]["text"]
    assert lines["quality.base"].startswith(quality["base"])
    assert len(quality["evidence"]) == 8


async def test_a_model_without_a_base_has_no_evidence(blank_catalog: Place) -> None:
    """Unknown is said as unknown."""
    with bare(blank_catalog) as connection:
        connection.execute("INSERT INTO models (provider, name) VALUES ('acme', 'x')")
    async with ModelRegistry([], [], db=blank_catalog, environ={}) as registry:
        quality = (await registry.explain("acme", "x")).quality
    assert quality is not None
    assert (quality.base, quality.siblings, quality.evidence) == (None, None, ())
    assert quality.tier.text == "unknown: its base model is not known"
