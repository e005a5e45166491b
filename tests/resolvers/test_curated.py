"""The curated table and its resolver."""

import asyncio
import tomllib
from collections import Counter
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any

from modeldex.resolvers import CapabilityResolver
from modeldex.resolvers.static import StaticCapabilityResolver
from modeldex.resolvers.tiers import TierResolver
from modeldex.upstream.snapshots import NAMES, load
from modeldex.vocabulary.normalize import normalize_answer
from modeldex.vocabulary.providers import canonical, providers
from modeldex.vocabulary.values import ModelCapabilities, ModelSpec

TABLE: dict[str, Any] = tomllib.loads(
    files("modeldex").joinpath("data/curated.toml").read_text("utf-8")
)
SPECS = [ModelSpec(provider=r["provider"], name=n) for r in TABLE["models"] for n in r["names"]]
PRICES = ("input_cost_per_1m", "output_cost_per_1m")


async def known(provider: str, name: str) -> ModelCapabilities:
    """What the curated table says of one model."""
    return await StaticCapabilityResolver().get_capabilities(
        ModelSpec(provider=provider, name=name)
    )


def shipped() -> dict[tuple[str, str], dict[str, object]]:
    """The shipped rows, merged in their order of precedence."""
    merged: dict[tuple[str, str], dict[str, object]] = {}
    for row in (row for name in NAMES for row in load(name).rows):
        merged.setdefault((str(row["provider"]), str(row["name"])), {}).update(row)
    return merged


@cache
def everything() -> list[dict[str, object]]:
    """All that is known without network: data sets below the tier table below this one."""
    return asyncio.run(_everything())


async def _everything() -> list[dict[str, object]]:
    rows = shipped()
    specs = [
        ModelSpec(provider=p, name=n, family=str(r["family"]) if r.get("family") else None)
        for (p, n), r in rows.items()
    ]
    tiers = await TierResolver().resolve_many(specs)
    curated = await StaticCapabilityResolver().resolve_many(specs)
    return [
        rows[spec.provider, spec.name]
        | normalize_answer(spec.id, tier).values
        | (normalize_answer(spec.id, fact).values if fact else {})
        for spec, tier, fact in zip(specs, tiers, curated, strict=True)
    ]


def test_it_is_a_dated_resolver_without_network() -> None:
    """The resolver follows the protocol; its version and its facts are of the review day."""
    resolver = StaticCapabilityResolver()
    assert isinstance(resolver, CapabilityResolver)
    assert (resolver.name, resolver.network) == ("static", False)
    assert resolver.version == resolver.observed_at == TABLE["reviewed"]
    assert date.fromisoformat(resolver.observed_at) >= date(2026, 11, 22)


def test_no_model_has_two_rows() -> None:
    """Each provider and name occurs once in the table."""
    assert [s for s, times in Counter(s.id for s in SPECS).items() if times > 1] == []


def test_rows_name_providers_by_id() -> None:
    """Every row's provider is one of ours, by its id."""
    assert {s.provider for s in SPECS} - providers().keys() == set()


async def test_every_statement_can_be_stored() -> None:
    """The catalog's own checks drop nothing from the table, and no row is empty."""
    answers = await StaticCapabilityResolver().resolve_many(SPECS)
    claims = [normalize_answer(s.id, a) for s, a in zip(SPECS, answers, strict=True)]
    assert [dropped for c in claims for dropped in c.dropped] == []
    assert min(len(c.values) for c in claims) >= 5


WELL_KNOWN: list[tuple[str, str]] = [
    ("openai", "gpt-4o"),
    ("openai", "gpt-4o-mini"),
    ("openai", "gpt-4-turbo"),
    ("openai", "gpt-3.5-turbo"),
    ("anthropic", "claude-3-5-sonnet-20241022"),
    ("anthropic", "claude-3-5-sonnet"),
    ("anthropic", "claude-3-5-haiku-20241022"),
    ("anthropic", "claude-3-opus-20240229"),
    ("groq", "llama-3.3-70b-versatile"),
    ("groq", "llama-3.1-8b-instant"),
    ("gemini", "gemini-2.0-flash-exp"),
    ("gemini", "gemini-1.5-pro"),
    ("mistral", "mistral-large-latest"),
    ("deepseek", "deepseek-chat"),
    ("watsonx", "ibm/granite-3-3-8b-instruct"),
    ("azure_openai", "gpt-4o"),
]


async def test_the_models_of_the_ancestor_are_known() -> None:
    """The ancestor's well-known models are chat models with tools that stream."""
    for provider, name in WELL_KNOWN:
        facts = await known(provider, name)
        assert (facts.mode, facts.supports_tools, facts.supports_streaming) == (
            "chat",
            True,
            True,
        ), (provider, name)


async def test_the_example_of_the_ancestor() -> None:
    """GPT-4o mini has the window, the flags and the price that the ancestor's page shows."""
    facts = await known("openai", "gpt-4o-mini")
    assert facts.max_context == 128_000
    assert facts.supports_vision
    assert facts.supports_json_mode
    assert facts.known_params >= {"temperature", "top_p", "max_tokens"}
    assert facts.input_cost_per_1m == 0.15


async def test_other_ids_of_a_model_have_its_facts() -> None:
    """A dated id listed in a row answers like the row's first name."""
    dated = await known("openai", "gpt-4o-2024-08-06")
    assert dated == await known("openai", "gpt-4o") != ModelCapabilities()


async def test_an_alias_of_the_provider_is_the_provider() -> None:
    """A spec that spells the provider in another way finds the same row."""
    spelled = await known("azure", "gpt-4o")
    assert spelled == await known("azure_openai", "gpt-4o") != ModelCapabilities()


OTHERS: list[tuple[str, str]] = [
    ("openrouter", "gpt-4o"),
    ("openai", "gpt-4o-nightly"),
    ("openai", "GPT-4o"),
    ("x", "gpt-4o"),
]


async def test_no_opinion_on_other_models() -> None:
    """Another host, a longer name and another case are other models: nothing is said."""
    for provider, name in OTHERS:
        assert await known(provider, name) == ModelCapabilities(), (provider, name)


async def test_many_answers_keep_their_places() -> None:
    """resolve_many answers in order, None where there is no row."""
    specs = [ModelSpec(provider="x", name="y"), *SPECS[:2], ModelSpec(provider="x", name="z")]
    answers = await StaticCapabilityResolver().resolve_many(specs)
    assert [answer is None for answer in answers] == [True, False, False, True]
    assert answers[1] == await known(SPECS[0].provider, SPECS[0].name)


LEFT: list[tuple[str, str]] = [
    ("openai", "gpt-3.5-turbo"),
    ("anthropic", "claude-3-opus-20240229"),
    ("gemini", "gemini-1.5-pro"),
    ("deepseek", "deepseek-chat"),
]


async def test_models_that_left_are_retired() -> None:
    """Models whose host shut them down say so."""
    for provider, name in LEFT:
        assert (await known(provider, name)).lifecycle == "retired", (provider, name)


async def test_retirements_in_the_past_match_the_lifecycle() -> None:
    """A retirement day before the review makes a row retired, a later one does not."""
    answers = [a for a in await StaticCapabilityResolver().resolve_many(SPECS) if a]
    dated = [(a.retires_at <= TABLE["reviewed"], a.lifecycle) for a in answers if a.retires_at]
    assert set(dated) == {(True, "retired"), (False, None)}


async def test_current_models_occur_in_the_data_sets() -> None:
    """The first id of every row that is not retired is one that a data set has seen."""
    first = [
        ModelSpec(provider=row["provider"], name=row["names"][0])
        for row in TABLE["models"]
        if row.get("lifecycle") != "retired"
    ]
    seen = shipped().keys()
    assert [s.id for s in first if (canonical(s.provider), s.name) not in seen] == []


async def test_prices_agree_with_a_data_set() -> None:
    """Every stated price is one that a shipped data set states for the same model."""
    stated = {
        (str(r["provider"]), str(r["name"]), field): set[object]()
        for snapshot in NAMES
        for r in load(snapshot).rows
        for field in PRICES
    }
    for row in (row for snapshot in NAMES for row in load(snapshot).rows):
        for field in PRICES:
            stated[str(row["provider"]), str(row["name"]), field].add(row.get(field))
    odd = [
        (spec.id, field, getattr(facts, field))
        for spec in SPECS
        for facts in await StaticCapabilityResolver().resolve_many([spec])
        for field in PRICES
        if facts
        and getattr(facts, field) is not None
        and (spec.provider, spec.name, field) in stated
        and getattr(facts, field) not in stated[spec.provider, spec.name, field]
    ]
    assert odd == []


CALLS: list[tuple[dict[str, object], int]] = [
    ({"supports_tools": 1, "quality_tier": "cheap"}, 100),
    ({"supports_vision": 1, "max_context": 128_000}, 100),
    ({"supports_tools": 1, "provider": "groq"}, 3),
    ({"supports_tools": 1, "supports_streaming": 1, "provider": "groq"}, 3),
    ({"supports_tools": 1, "supports_json_mode": 1}, 30),
    ({"supports_tools": 1, "max_context": 128_000, "quality_tier": "balanced"}, 100),
    (
        {
            "supports_tools": 1,
            "supports_json_mode": 1,
            "max_context": 100_000,
            "input_cost_per_1m": 1.0,
            "quality_tier": "balanced",
        },
        3,
    ),
]


def test_the_calls_of_the_ancestor_find_models() -> None:
    """Each query on the ancestor's page is met by known values of models still served."""
    served = [r for r in everything() if r.get("lifecycle") not in ("retired", "deprecated")]
    for needs, least in CALLS:
        fitting = [r for r in served if all(met(r, f, w) for f, w in needs.items())]
        assert len(fitting) >= least, needs


def met(row: dict[str, object], field: str, wanted: object) -> bool:
    """Whether a known value is the wanted word, or within the wanted number."""
    value = row.get(field)
    if not isinstance(wanted, float | int) or not isinstance(value, float | int):
        return value == wanted
    return value <= wanted if "cost" in field else value >= wanted
