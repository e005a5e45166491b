"""Quality tiers by family, generation and exact name."""

import tomllib
import warnings
from datetime import date, timedelta
from importlib.resources import files
from typing import Any

import pytest

from modeldex.resolvers import CapabilityResolver
from modeldex.resolvers.tiers import TierResolver, index_of
from modeldex.upstream.snapshots import load
from modeldex.vocabulary.capability_fields import QualityTier
from modeldex.vocabulary.values import ModelCapabilities, ModelSpec

TABLE: dict[str, Any] = tomllib.loads(
    files("modeldex").joinpath("data/tiers.toml").read_text("utf-8")
)
INDEX = {
    "acme-9": ("gpt", "2026-01-01"),
    "acme-8": ("gpt", "2024-06"),
    "acme-7": ("gpt", None),
    "acme-llama-0-6b": ("llama", "2025-01-01"),
    "acme-llama-70b": ("llama", "2025-01-01"),
    "acme-llama-8b": ("llama", "2025-01-01"),
    "acme-llama": ("llama", "2025-01-01"),
}


def tier(name: str, family: str | None = None, provider: str = "somewhere") -> str:
    """The tier of one name, by the shipped index."""
    return TierResolver().tier(ModelSpec(provider=provider, name=name, family=family)).value


def tier_by_index(name: str, family: str | None = None) -> str:
    """The tier of one name, by the small index of this module."""
    return TierResolver(INDEX).tier(ModelSpec(provider="p", name=name, family=family)).value


def test_it_is_a_dated_resolver_without_network() -> None:
    """The resolver follows the protocol; its version and its facts are of the review day."""
    resolver = TierResolver(INDEX)
    assert isinstance(resolver, CapabilityResolver)
    assert (resolver.name, resolver.network) == ("tiers", False)
    assert resolver.version == resolver.observed_at == TABLE["reviewed"]


@pytest.mark.filterwarnings("default::UserWarning")
def test_the_review_is_dated() -> None:
    """The table carries its review day; a review older than a year is due again, and warns."""
    reviewed = date.fromisoformat(TABLE["reviewed"])
    if date.today() > reviewed + timedelta(days=365):  # noqa: DTZ011
        warnings.warn(f"tiers.toml was reviewed on {reviewed}: review it again", stacklevel=1)
    assert reviewed >= date(2026, 11, 22)


JUDGED: list[tuple[str, str]] = [
    ("gpt-5.5", "best"),
    ("gpt-6.1-sol", "best"),
    ("claude-opus-5-5", "best"),
    ("claude-sonnet-4-5", "best"),
    ("claude-fable-5", "best"),
    ("gemini-2.5-pro", "balanced"),
    ("gemini-4-argon", "best"),
    ("grok-4.7", "best"),
    ("deepseek-v4-pro", "best"),
    ("kimi-k2.6", "best"),
    ("glm-5.1", "best"),
    ("qwen3.8-max", "best"),
    ("gpt-4o", "balanced"),
    ("gpt-5.4-mini", "balanced"),
    ("claude-3-5-sonnet-20241022", "balanced"),
    ("claude-haiku-4-5", "balanced"),
    ("gemini-3.5-flash", "balanced"),
    ("deepseek-v4-flash", "balanced"),
    ("llama-3.3-70b-versatile", "balanced"),
    ("openai/gpt-oss-120b", "balanced"),
    ("gpt-3.5-turbo", "cheap"),
    ("gpt-4o-mini", "cheap"),
    ("gpt-5-nano", "cheap"),
    ("gemini-2.5-flash-lite", "cheap"),
    ("llama-3.1-8b-instant", "cheap"),
    ("openai/gpt-oss-20b", "cheap"),
    ("phi-4", "cheap"),
]


def test_judgement() -> None:
    """Well-known models have the class that the review gave them."""
    for name, expected in JUDGED:
        assert tier(name) == expected, name


TELLING: list[tuple[str, str]] = [
    ("gemini-3.1-pro-preview", "best"),
    ("minimax-m1", "balanced"),
    ("minimax-m2.5", "balanced"),
    ("llama-3.1-8b-prompt-guard", "unknown"),
    ("deepseek-prover-v2-671b", "balanced"),
    ("solar-pro2", "cheap"),
    ("acme-mini", "unknown"),
    ("acme-pro", "unknown"),
    ("acme-opus", "unknown"),
    ("acme-nano-8b", "unknown"),
]


def test_letters_inside_a_name_mean_nothing() -> None:
    """A telling syllable or a size in a name that is not known decides nothing."""
    for name, expected in TELLING:
        assert tier(name) == expected, name


SPELLINGS: list[str] = [
    "claude-opus-5-5",
    "claude-opus-5.5",
    "anthropic/claude-opus-5.5",
    "anthropic/claude-opus-5.5:thinking",
    "us.anthropic.claude-opus-5-5",
    "anthropic.claude-opus-5-5-v1:0",
    "claude-opus-5-5@default",
    "claude-opus-5-5@20260901",
    "databricks-claude-opus-5-5",
    "Claude-Opus-5-5",
]


def test_hosts_spell_one_model_in_many_ways() -> None:
    """Regions, vendors, versions, dates and host prefixes do not hide a model."""
    for name in SPELLINGS:
        assert tier(name) == "best", name


FURTHER: list[tuple[str, str]] = [
    ("accounts/fireworks/models/glm-5p1", "best"),
    ("gpt-oss:120b", "balanced"),
    ("gpt-oss:20b-cloud", "cheap"),
    ("deepseek/deepseek-v4-flash:free", "balanced"),
    ("moonshotai/Kimi-K2.5-fp4", "best"),
    ("gpt-4o-mini-2024-07-18", "cheap"),
]


def test_further_spellings() -> None:
    """Decimal p, tags, quantizations and dates are read as what they are."""
    for name, expected in FURTHER:
        assert tier(name) == expected, name


NO_CHAT: list[tuple[str, str]] = [
    ("text-embedding-9", "text-embedding"),
    ("gemini-embeddings-next", "gemini"),
    ("gemini-2.5-flash-images", "gemini-flash"),
    ("gemini-2.5-pro-preview-tts", "gemini-pro"),
    ("gpt-image-9", "gpt"),
    ("grok-imagine-photo", "grok"),
    ("llama-guard-4-12b", "llama"),
    ("whisper-large-v3", "whisper"),
]


def test_a_rule_judges_chat_models_only() -> None:
    """Embedding, image, speech and guard models get no tier by their family."""
    for name, family in NO_CHAT:
        assert tier(name, family) == "unknown", name


async def test_exact_names_of_other_modes_have_a_tier_within_their_mode() -> None:
    """Embeddings, rerankers and image models compare with their like, under any host's name."""
    names = {
        "embed-v5.0-pro": ("embedding", "best"),
        "text-embedding-3-small": ("embedding", "cheap"),
        "cohere.rerank-v3-5:0": ("rerank", "balanced"),
        "accounts/fireworks/models/qwen3-reranker-0p6b": ("rerank", "cheap"),
        "google/gemini-3-pro-image-preview": ("image", "best"),
    }
    for name, said in names.items():
        found = await TierResolver().get_capabilities(ModelSpec(provider="p", name=name))
        assert (found.mode, found.quality_tier) == said, name


GENERATIONS: list[tuple[str, str]] = [
    ("acme-9", "best"),
    ("acme-8", "balanced"),
    ("acme-7", "unknown"),
    ("acme-6", "unknown"),
]


def test_the_generation_decides_within_a_family() -> None:
    """A family's tier depends on the release day; without one nothing is said."""
    for name, expected in GENERATIONS:
        assert tier_by_index(name) == expected, name


SIZES: list[tuple[str, str]] = [
    ("acme-llama-70b", "balanced"),
    ("acme-llama-8b", "cheap"),
    ("acme-llama-0.6b", "cheap"),
    ("acme-llama", "unknown"),
    ("acme-llama-8b-instruct", "cheap"),
    ("ACME/Acme-Llama-8b-latest", "cheap"),
]


def test_size_decides_within_a_mixed_family() -> None:
    """Families of many sizes need a size in the name, as a whole word."""
    for name, expected in SIZES:
        assert tier_by_index(name) == expected, name


MIXTURES: list[tuple[str, str]] = [
    ("qwen3-235b-a22b", "balanced"),
    ("qwen3-30b-a3b", "cheap"),
    ("mixtral-8x7b-instruct-v0.1", "cheap"),
    ("ling-1t", "balanced"),
    ("llama-4-scout-17b-16e-instruct", "cheap"),
    ("llama-4-maverick-17b-128e-instruct", "balanced"),
]


def test_sizes_of_mixtures() -> None:
    """The total counts, not the active part; where only one expert is told, the name decides."""
    for name, expected in MIXTURES:
        assert tier(name) == expected, name


def test_the_family_of_the_spec_is_used_where_the_index_is_silent() -> None:
    """A spec's own family counts when the name is not in the index."""
    assert tier_by_index("house-model", family="gpt-nano") == "cheap"


def test_the_index_corrects_the_family_of_the_spec() -> None:
    """A host that files a small model under a famous family does not raise it."""
    assert tier("gpt-5.4-nano", family="gpt") == "cheap"


def test_the_maker_outvotes_the_hosts() -> None:
    """Family and day are the maker's where it lists the model, else those of the majority."""
    rows: list[dict[str, object]] = [
        {"provider": "host_a", "name": "m-1", "family": "x", "release_date": "2020"},
        {"provider": "host_b", "name": "m-1", "family": "x", "release_date": "2020"},
        {"provider": "openai", "name": "M-1", "family": "gpt", "release_date": "2026"},
        {"provider": "host_a", "name": "z/m-2", "family": "y", "release_date": None},
        {"provider": "host_b", "name": "m-2", "family": "y", "release_date": "2025"},
        {"provider": "host_c", "name": "m.2", "family": "y", "release_date": "2025"},
        {"provider": "host_c", "name": "m-3"},
    ]
    assert index_of(rows) == {"m-1": ("gpt", "2026"), "m-2": ("y", "2025")}


async def test_answers_carry_their_basis() -> None:
    """A tier comes with its basis; no tier is an empty answer, in its place."""
    specs = [ModelSpec(provider="p", name=name) for name in ("nobody", "acme-8")]
    empty, acme = await TierResolver(INDEX).resolve_many(specs)
    assert empty == ModelCapabilities()
    assert acme == ModelCapabilities(quality_tier=QualityTier.BALANCED, quality_basis="curated")
    assert acme == await TierResolver(INDEX).get_capabilities(specs[1])


def test_names_are_written_as_they_are_looked_up() -> None:
    """Every exact name is in its looked-up spelling and has one tier."""
    names = [name for tier_names in TABLE["names"].values() for name in tier_names]
    assert [n for n in names if n != n.lower() or set("._:@/") & set(n)] == []
    assert len(names) == len(set(names))


def test_rules_are_ordered_and_reachable() -> None:
    """Within each family rules run from the newest to the oldest, with no two of one day."""
    families = sorted({family for rule in TABLE["rules"] for family in rule["families"]})
    days = {
        family: [rule.get("since", "") for rule in TABLE["rules"] if family in rule["families"]]
        for family in families
    }
    assert {f: d for f, d in days.items() if d != sorted(set(d), reverse=True)} == {}


def test_rules_speak_of_families_that_exist() -> None:
    """Every family with a rule occurs in the shipped data, was in it, or is a line by name."""
    shipped = {row.get("family") for row in load("models_dev").rows}
    ruled = {family for rule in TABLE["rules"] for family in rule["families"]}
    assert ruled - shipped == {"claude-mythos", "intellect", "kimi-k2.5", "kimi-k2.6"}


def test_coverage() -> None:
    """At least 80 % of the shipped chat models whose family is known have a tier."""
    rows = [
        row
        for row in load("models_dev").rows
        if row.get("family") and row.get("mode") in ("chat", None)
    ]
    resolver = TierResolver()
    tiers = [
        resolver.tier(
            ModelSpec(provider=str(r["provider"]), name=str(r["name"]), family=str(r["family"]))
        )
        for r in rows
    ]
    judged = sum(found != "unknown" for found in tiers)
    assert judged >= 0.8 * len(rows), f"{judged} of {len(rows)} have a tier"
