"""The ancestor's usage page on the shipped data, and what a default answer never contains."""

import ast
import re
from collections.abc import AsyncIterator, Iterable
from datetime import UTC, datetime
from inspect import CO_COROUTINE
from pathlib import Path
from types import FunctionType
from typing import Any

import pytest

from modeldex import (
    ModelCapabilities,
    ModelQuery,
    ModelRegistry,
    ModelSpec,
    ModelWithCapabilities,
    get_registry,
)
from modeldex.vocabulary.providers import providers
from query_oracle import REQUIRED_FLAGS, band
from raw_catalog import bare

HOSTS = ("openai", "anthropic", "groq", "gemini", "mistral", "deepseek")
KEYS = {v: "placeholder-key" for provider in providers().values() for v in provider.keys}

BASIC = """
from chuk_llm import get_registry

# Get the global registry instance
registry = await get_registry()

# Discover all available models
models = await registry.get_models()

for model in models:
    print(f"{model.spec.provider}:{model.spec.name}")
    print(f"  Context: {model.capabilities.max_context}")
    print(f"  Tools: {model.capabilities.supports_tools}")
"""
FIND_BEST = """
# Best model with vision + large context
best = await registry.find_best(
    requires_vision=True,
    min_context=128_000,
    quality_tier="any"
)

# Cheapest model with tools
cheap = await registry.find_best(
    requires_tools=True,
    quality_tier="cheap"
)

# Fastest model (Groq)
fast = await registry.find_best(
    requires_tools=True,
    provider="groq"
)
"""
CUSTOM_QUERY = """
from chuk_llm.registry import ModelQuery

query = ModelQuery(
    requires_tools=True,
    requires_json_mode=True,
    min_context=100_000,
    max_cost_per_1m_input=1.00,
    quality_tier="balanced"
)

results = await registry.query(query)
"""
FIND_MODEL = """
model = await registry.find_model("openai", "gpt-4o-mini")

if model:
    print(f"Context: {model.capabilities.max_context}")
    print(f"Cost: ${model.capabilities.input_cost_per_1m}/1M")
"""
CUSTOM_REGISTRY = """
from chuk_llm.registry import (
    ModelRegistry,
    StaticCapabilityResolver,
    OllamaCapabilityResolver,
    EnvProviderSource,
    OllamaSource,
)

# Create custom registry with your own sources/resolvers
registry = ModelRegistry(
    sources=[
        EnvProviderSource(),
        OllamaSource(),
        MyCustomSource(),
    ],
    resolvers=[
        StaticCapabilityResolver(),
        OllamaCapabilityResolver(),
        MyCustomResolver(),
    ]
)

models = await registry.get_models()
"""
FORCE_REFRESH = """
from chuk_llm import get_registry

# Bypass cache and re-discover
registry = await get_registry(force_refresh=True)
models = await registry.get_models(force_refresh=True)
"""
PLANNER = """
from chuk_llm import get_registry

# Use capability-based selection:
registry = await get_registry()
model = await registry.find_best(
    requires_tools=True,
    min_context=128_000,
    cost_tier="cheap"
)
"""
AGENT = """
# Agents declare requirements
agent_llm = await registry.find_best(
    requires_tools=True,
    requires_streaming=True,
    provider="groq"  # Fast for agent loops
)
"""
TOOL_PROCESSOR = """
from chuk_llm.registry import ModelQuery

# Find models that support specific tool semantics
compatible_models = await registry.query(
    ModelQuery(requires_tools=True, requires_json_mode=True)
)
"""
WORKFLOW = """
from chuk_llm import get_registry

# 1. Get registry
registry = await get_registry()

# 2. Find best model for task
model = await registry.find_best(
    requires_tools=True,
    min_context=128_000,
    quality_tier="balanced"
)

print(f"Selected: {model.spec.provider}:{model.spec.name}")
print(f"  Context: {model.capabilities.max_context:,} tokens")
print(f"  Cost: ${model.capabilities.input_cost_per_1m}/1M")
"""


async def follow(snippet: str, **given: Any) -> dict[str, Any]:
    """Run a snippet of the page, with only its import line changed; what it left behind."""
    code = re.sub(r"from chuk_llm(\.registry)? import", "from modeldex import", snippet)
    compiled = compile(code, "<seed>", "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    names: dict[str, Any] = dict(given)
    running = FunctionType(compiled, names)()
    assert compiled.co_flags & CO_COROUTINE
    await running
    return names


@pytest.fixture
def keyed(shipped_catalog: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The shipped data as the catalog of this process, and keys of the ancestor's hosts."""
    monkeypatch.setenv("MODELDEX_DB", str(shipped_catalog))
    monkeypatch.setenv("OLLAMA_HOST", "127.0.0.1:9")
    for host in HOSTS:
        monkeypatch.setenv(providers()[host].keys[0], "placeholder-key")
    return shipped_catalog


@pytest.fixture
async def registry(keyed: Path) -> AsyncIterator[ModelRegistry]:
    """The registry of this loop on that catalog."""
    async with await get_registry() as opened:
        yield opened


def out_of_use(known: ModelCapabilities, today: str) -> bool:
    """Whether a model has ended, or is deprecated without an end that is known and ahead."""
    last = f"{known.retires_at or ''}-31"[:10]  # of a month its last day
    deprecated = known.lifecycle == "deprecated" or (known.deprecated_at or "9") <= today
    if known.retires_at is None:
        return known.lifecycle == "retired" or deprecated
    return known.lifecycle == "retired" or last <= today


def odd(model: ModelWithCapabilities) -> list[str]:
    """What is not sensible about an answer: no price, no window, out of use, not for chat."""
    known = model.capabilities
    today = datetime.now(UTC).date().isoformat()
    complaints = {
        "provider without a key": model.spec.provider not in HOSTS,
        "no price": not known.input_cost_per_1m or not known.output_cost_per_1m,
        "not metered": known.price_basis not in (None, "metered"),
        "no window": not known.max_context,
        "not chat": known.mode != "chat",
        "no tier": known.quality_tier == "unknown",
        "out of use": out_of_use(known, today),
        "old": (known.release_date or "2999") < "2024",
    }
    return [f"{model.spec.id}: {what}" for what, wrong in complaints.items() if wrong]


async def test_basic_usage(keyed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """get_models lists, with window and tools, every model of the hosts whose keys are set."""
    names = await follow(BASIC)
    hosts = {model.spec.provider for model in names["models"]}
    printed = capsys.readouterr().out.splitlines()
    await names["registry"].aclose()
    assert hosts == set(HOSTS)
    assert len(printed) == 3 * len(names["models"]) > 1000
    assert "openai:gpt-4o-mini" in printed


async def test_find_best(registry: ModelRegistry) -> None:
    """Vision with a large window, the cheapest with tools, and Groq: each is a current model."""
    names = await follow(FIND_BEST, registry=registry)
    best, cheap, fast = (names[name] for name in ("best", "cheap", "fast"))
    assert [complaint for model in (best, cheap, fast) for complaint in odd(model)] == []
    assert best.capabilities.supports_vision
    assert best.capabilities.max_context >= 128_000
    assert best.capabilities.quality_tier == "best"
    assert cheap.capabilities.supports_tools
    assert cheap.capabilities.quality_tier == "cheap"
    assert cheap.capabilities.input_cost_per_1m < 0.5
    assert fast.spec.provider == "groq"
    assert fast.capabilities.supports_tools


async def test_custom_query(registry: ModelRegistry) -> None:
    """Tools, JSON mode, window, price and tier together leave several models, the best first."""
    results = (await follow(CUSTOM_QUERY, registry=registry))["results"]
    ranks = [
        (
            band(r.capabilities.quality_score) + min(r.capabilities.newer_versions or 0, 3),
            3 * r.capabilities.input_cost_per_1m + r.capabilities.output_cost_per_1m,
        )
        for r in results
    ]
    assert len(results) >= 3
    assert [complaint for model in results for complaint in odd(model)] == []
    assert {r.capabilities.supports_json_mode for r in results} == {True}
    assert max(r.capabilities.input_cost_per_1m for r in results) <= 1
    assert ranks == sorted(ranks)


async def test_find_specific_model(
    registry: ModelRegistry, capsys: pytest.CaptureFixture[str]
) -> None:
    """find_model gives GPT-4o mini with the window and price of its page."""
    await follow(FIND_MODEL, registry=registry)
    assert capsys.readouterr().out == "Context: 128000\nCost: $0.15/1M\n"


class MyCustomSource:
    """Names one model of its own."""

    async def discover(self) -> list[ModelSpec]:
        """That model."""
        return [ModelSpec(provider="my_provider", name="mine")]


class MyCustomResolver:
    """Knows that one model."""

    async def get_capabilities(self, spec: ModelSpec) -> ModelCapabilities:
        """Its window; no opinion on others."""
        mine = spec.provider == "my_provider"
        return ModelCapabilities(max_context=32_000) if mine else ModelCapabilities()


async def test_custom_registry(keyed: Path) -> None:
    """Own sources and resolvers: the default model of each key and server, and the own one."""
    names = await follow(
        CUSTOM_REGISTRY, MyCustomSource=MyCustomSource, MyCustomResolver=MyCustomResolver
    )
    models = {m.spec.id: m.capabilities for m in names["models"]}
    await names["registry"].aclose()
    expected = {f"{host}/{providers()[host].default_model}" for host in (*HOSTS, "ollama")}
    assert models.keys() == expected | {"my_provider/mine"}
    assert models["my_provider/mine"].max_context == 32_000
    assert models["openai/gpt-4o-mini"].supports_tools


async def test_force_refresh(keyed: Path) -> None:
    """Both ways of forcing a refresh run one, and the models are there afterwards."""
    names = await follow(FORCE_REFRESH)
    await names["registry"].aclose()
    with bare(keyed) as connection:
        (runs,) = connection.execute("SELECT count(*) FROM runs WHERE kind = 'refresh'").fetchone()
    assert runs == 2
    assert len(names["models"]) > 300


async def test_planner(registry: ModelRegistry) -> None:
    """The planner gets a model with tools and a large window for less than half a dollar."""
    model = (await follow(PLANNER))["model"]
    known = model.capabilities
    assert odd(model) == []
    assert known.supports_tools
    assert known.max_context >= 128_000
    assert 0 < (3 * known.input_cost_per_1m + known.output_cost_per_1m) / 4 < 0.5


async def test_agent(registry: ModelRegistry) -> None:
    """The agent gets a streaming model with tools at Groq."""
    model = (await follow(AGENT, registry=registry))["agent_llm"]
    assert odd(model) == []
    assert model.spec.provider == "groq"
    assert model.capabilities.supports_streaming


async def test_tool_processor(registry: ModelRegistry) -> None:
    """The tool processor finds many models with tools and JSON mode, at several hosts."""
    models = (await follow(TOOL_PROCESSOR, registry=registry))["compatible_models"]
    assert len(models) >= 30
    assert len({model.spec.provider for model in models}) >= 4
    assert {(m.capabilities.supports_tools, m.capabilities.supports_json_mode) for m in models} == {
        (True, True)
    }


async def test_the_complete_workflow(keyed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The page's workflow prints a balanced model with its window and price."""
    names = await follow(WORKFLOW)
    await names["registry"].aclose()
    printed = capsys.readouterr().out
    assert odd(names["model"]) == []
    assert re.fullmatch(
        r"Selected: \w+:\S+\n  Context: [\d,]+ tokens\n  Cost: \$[\d.]+/1M\n", printed
    )


NEEDS: dict[str, dict[str, Any]] = {
    "cheap, with tools": {"quality_tier": "cheap", "requires_tools": True},
    "vision, large window": {"requires_vision": True, "min_context": 128_000},
    "tools": {"requires_tools": True},
    "anything": {},
}
WITHOUT_CHEAP = {"deepseek", "anthropic"}
"""Those of whose cheap models none is left, or there never was one."""

ALONE = [
    (host, need)
    for host in HOSTS
    for need in NEEDS
    if not (host in WITHOUT_CHEAP and need.startswith("cheap"))
]


async def test_each_host_alone(shipped_catalog: Path) -> None:
    """With the key of one host alone the winner is a sensible model of that host."""
    for host, need in ALONE:
        environ = {providers()[host].keys[0]: "placeholder-key"}
        async with ModelRegistry(db=shipped_catalog, environ=environ) as registry:
            found = await registry.find_best(**NEEDS[need])
        assert found is not None, (host, need)
        assert found.spec.provider == host, (host, need)
        assert odd(found) == [], (host, need)


# What a default answer never contains, by names that somebody else would know.

NOT_CHAT = re.compile(
    r"""(?:^|[^a-z0-9])(?:
      embed | embeddings? | text-embedding | titan-embed | bge | e5 | gte | minilm | mpnet | nomic
      | rerank | reranker | colbert
      | dall-e | imagen | flux | sdxl | diffusion | dreamshaper | image | images | gpt-image
      | recraft | ideogram | seedream | hidream | nova-canvas | titan-image | sam
      | whisper | tts | asr | stt | transcribe | parakeet | lyria | music | speech | aura | melotts
      | veo | sora | kling | seedance | nova-reel | wan-?2
      | ocr | llama-guard | prompt-guard | guardian | moderation | content-safety
    )(?![a-z])""",
    re.IGNORECASE | re.VERBOSE,
)


def wrong(model: ModelWithCapabilities) -> list[str]:
    """Why this model may not be in the answer to a default query."""
    known = model.capabilities
    today = datetime.now(UTC).date().isoformat()
    free = known.input_cost_per_1m == known.output_cost_per_1m == 0
    reasons = {
        "price": known.price_basis in ("subscription", "dynamic", "free"),
        "unreasoned zero": free and known.price_basis != "self_hosted",
        "out of use": out_of_use(known, today),
        "mode": known.mode not in (None, "chat"),
        "name": bool(NOT_CHAT.search(model.spec.name)),
    }
    return [f"{model.spec.id}: {reason}" for reason, holds in reasons.items() if holds]


def hosts_in(path: Path) -> list[str]:
    """Every provider with a model in the catalog."""
    with bare(path) as connection:
        return [row[0] for row in connection.execute("SELECT DISTINCT provider FROM models")]


async def firsts(path: Path, grid: Iterable[dict[str, Any]]) -> list[list[ModelWithCapabilities]]:
    """The first fifty models of each query, with the keys of all known hosts set."""
    async with ModelRegistry(db=path, environ=KEYS) as registry:
        return [await registry.query(ModelQuery(limit=50, **criteria)) for criteria in grid]


@pytest.mark.parametrize("flags", [("",), pytest.param(REQUIRED_FLAGS, marks=pytest.mark.promised)])
async def test_no_odd_model_is_among_the_first_of_a_host(
    flags: tuple[str, ...], shipped_catalog: Path
) -> None:
    """For each host and flag, none of the first fifty is retired, unmetered or not for chat."""
    for flag in flags:
        needs = {flag: True} if flag else {}
        grid = [{"provider": host, **needs} for host in hosts_in(shipped_catalog)]
        answers = await firsts(shipped_catalog, grid)
        assert len(grid) > 100, flag
        assert sum(map(len, answers)) > 200, flag
        assert [
            reason for models in answers for model in models for reason in wrong(model)
        ] == [], flag


@pytest.mark.promised  # they are parts of the whole answer, which is looked through below
@pytest.mark.parametrize("cost", ["any", "cheap", "standard", "premium"])
async def test_no_odd_model_is_among_the_first_of_a_tier(cost: str, shipped_catalog: Path) -> None:
    """For each tier, cost tier, flag and window, none of the first fifty is odd."""
    grid: list[dict[str, Any]] = [
        {"quality_tier": tier, "cost_tier": cost, "min_context": window, **needs}
        for tier in ("any", "best", "balanced", "cheap", "unknown")
        for window in (None, 128_000)
        for needs in ({}, *({flag: True} for flag in REQUIRED_FLAGS))
    ]
    answers = await firsts(shipped_catalog, grid)
    assert sum(map(len, answers)) > 1000
    assert [reason for models in answers for model in models for reason in wrong(model)] == []


async def test_no_odd_model_is_anywhere_in_a_default_answer(shipped_catalog: Path) -> None:
    """Not one of the thousands of models in the unlimited default answer is odd."""
    async with ModelRegistry(db=shipped_catalog, environ=KEYS) as registry:
        models = await registry.query(ModelQuery())
    assert len(models) > 5000
    assert [reason for model in models for reason in wrong(model)] == []


async def test_the_odd_ones_are_there_for_who_asks(shipped_catalog: Path) -> None:
    """Embeddings, subscriptions and retired models are known, and found by those who ask."""
    queries = [
        {"mode": "embedding"}, {"mode": "image"}, {"price_basis": "subscription"},
        {"price_basis": "free"}, {"include_deprecated": True}, {"mode": "any"},
    ]  # fmt: skip
    async with ModelRegistry(db=shipped_catalog, environ=KEYS) as registry:
        plain = await registry.count(ModelQuery())
        counts = [await registry.count(ModelQuery(**query)) for query in queries]  # type: ignore[arg-type]
    assert [count > 30 for count in counts[:4]] == [True] * 4
    assert [count > plain for count in counts[4:]] == [True] * 2


NAMED: list[tuple[str, str, str]] = [
    ("vercel", "mistral/mistral-embed", "embedding"),
    ("gemini", "lyria-3.5", "audio"),
    ("fireworks", "accounts/fireworks/models/flux-1-dev", "image"),
    ("deepinfra", "meta-llama/Llama-Guard-3-8B", "moderation"),
    ("novita_ai", "deepseek/deepseek-ocr", "ocr"),
    ("openai", "gpt-audio", "chat"),
    ("openai", "gpt-4o-mini", "chat"),
]


async def test_a_model_is_what_its_name_says(shipped_catalog: Path) -> None:
    """A model that data sets call chat, or nothing, has the use that a word of its name tells."""
    async with ModelRegistry(db=shipped_catalog, environ={}) as registry:
        for provider, name, mode in NAMED:
            found = await registry.find_model(provider, name)
            assert found is not None, (provider, name)
            assert found.capabilities.mode == mode, (provider, name)
