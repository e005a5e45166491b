"""What a hundred well-known models resolve to, and on whose word: reviewed like code."""

import sqlite3
from pathlib import Path

import pytest

import golden
from checkout import DATA
from modeldex import ModelRegistry
from modeldex.vocabulary.fields import BY_NAME, NAMES
from raw_catalog import bare, stated

GOLDEN = DATA / "resolution_matrix.txt"

NAMED = """
openai/gpt-4o openai/gpt-4o-mini openai/gpt-4-turbo openai/gpt-3.5-turbo openai/gpt-4.1
openai/gpt-4.1-nano openai/gpt-5 openai/gpt-5-mini openai/gpt-5.1-codex openai/gpt-5.5
openai/gpt-6.1-sol openai/gpt-6-luna openai/o3 openai/o4-mini openai/gpt-oss-120b
openai/text-embedding-3-small openai/text-embedding-3-large openai/gpt-image-1 openai/whisper-1
openai/tts-1 openai/dall-e-3 openai/omni-moderation-latest openai/gpt-4o-audio-preview
openai/gpt-realtime openai/davinci-002 openai/gpt-4-32k openai/no-such-model
anthropic/claude-opus-5-5 anthropic/claude-sonnet-5 anthropic/claude-haiku-4-5
anthropic/claude-sonnet-4-5 anthropic/claude-sonnet-4-5-20250929 anthropic/claude-opus-4-1
anthropic/claude-3-5-sonnet-20241022 anthropic/claude-3-5-haiku-20241022
anthropic/claude-3-opus-20240229 anthropic/claude-2.1
gemini/gemini-2.5-pro google/gemini-2.5-pro Google/gemini-3.5-flash gemini/gemini-2.5-flash
gemini/gemini-2.0-flash gemini/gemini-1.5-pro gemini/gemini-3.1-pro-preview gemini/gemini-4-argon
gemini/gemini-embedding-001 gemini/imagen-4.0-generate-001 gemini/gemma-3-27b-it
gemini/gemini-2.5-pro-preview-tts
groq/openai/gpt-oss-120b groq/llama-3.3-70b-versatile groq/llama-3.1-8b-instant
groq/moonshotai/kimi-k2-instruct-0905 groq/whisper-large-v3
groq/meta-llama/llama-guard-4-12b groq/mixtral-8x7b-32768
mistral/mistral-large-latest mistral/mistral-medium-latest mistral/ministral-8b-latest
mistral/codestral-latest mistral/mistral-embed mistral/pixtral-large-latest
mistralai/open-mistral-nemo
deepseek/deepseek-v4-flash deepseek/deepseek-v4-pro deepseek/deepseek-chat
deepseek/deepseek-reasoner
xai/grok-4.3 x-ai/grok-4.7 xai/grok-3-mini
cohere/command-a-03-2025 cohere/command-r-08-2024 cohere/embed-v4.0 cohere/rerank-v3.5
watsonx/ibm/granite-4-h-small watsonx/meta-llama/llama-3-3-70b-instruct
watsonx/ibm/granite-3-3-8b-instruct watsonx/ibm/granite-guardian-3-3-8b
azure/gpt-4o azure_openai/gpt-4o-mini azure_openai/gpt-5
bedrock/anthropic.claude-sonnet-4-5-20250929-v1:0 bedrock/us.anthropic.claude-sonnet-5
bedrock/amazon.nova-pro-v1:0 bedrock/amazon.titan-embed-text-v2:0
vertex/claude-sonnet-4-5 vertex/gemini-2.5-flash
together/openai/gpt-oss-120b together/meta-llama/Llama-4-Maverick-17B-128E-Instruct-FP8
fireworks/accounts/fireworks/models/gpt-oss-120b fireworks/kimi-k2p6
perplexity/sonar perplexity/sonar-pro moonshot/kimi-k2.6 moonshot/moonshot-v1-128k
cerebras/gpt-oss-120b deepinfra/openai/gpt-oss-120b deepinfra/Qwen/Qwen3-235B-A22B-Instruct-2507
openrouter/openai/gpt-4o-mini openrouter/anthropic/claude-sonnet-4.5
openrouter/moonshotai/kimi-k2.6:free openrouter/openrouter/auto
alibaba/qwen3-max alibaba/qwen-plus zai/glm-5.1 zai_coding_plan/glm-5.1 minimax/MiniMax-M2.7
github_copilot/gpt-4o nvidia/openai/gpt-oss-120b huggingface/moonshotai/Kimi-K2.6
cloudflare_workers_ai/@cf/baai/bge-m3 voyage/voyage-3.5 ai21/jamba-large-1.7
databricks/databricks-claude-sonnet-4-5 ollama_cloud/gpt-oss:120b vercel/mistral/mistral-embed
"""
ASKED = NAMED.split()


def shown(field: str, value: object) -> str:
    """A stored value as people write it."""
    return ("no", "yes")[int(str(value))] if BY_NAME[field].kind == "flag" else str(value)


async def rendered(catalog: Path) -> str:
    """Each model that was asked for, its fields, and the resolver whose word each is."""
    lines: list[str] = []
    async with ModelRegistry(db=catalog, environ={}) as registry:
        with bare(catalog) as connection:
            for asked in ASKED:
                provider, _, name = asked.partition("/")
                model = await registry.find_model(provider, name)
                found = model.spec.id if model else "unknown"
                lines.append(asked if found == asked else f"{asked} -> {found}")
                if model:
                    lines += won(connection, model.spec.provider, model.spec.name)
    return "\n".join(lines) + "\n"


def won(connection: sqlite3.Connection, provider: str, name: str) -> list[str]:
    """The winning opinions on one model."""
    rows = connection.execute(
        "SELECT field, value, resolver FROM provenance "
        "WHERE provider = ? AND name = ? AND wins = 1 ORDER BY field",
        (provider, name),
    )
    told = [(field, stated(connection, field, value), who) for field, value, who in rows]
    return [f"  {field}={shown(field, value)} ({resolver})" for field, value, resolver in told]


async def test_models_resolve_as_they_did(
    shipped_catalog: Path, pytestconfig: pytest.Config
) -> None:
    """Every field of each model has the value and the origin that somebody has reviewed."""
    now = await rendered(shipped_catalog)
    golden.check(GOLDEN, now, update=pytestconfig.getoption("update_golden"))


async def test_the_matrix_is_what_a_registry_answers(shipped_catalog: Path) -> None:
    """The rendered fields are those that find_model gives, no more and no fewer."""
    async with ModelRegistry(db=shipped_catalog, environ={}) as registry:
        model = await registry.find_model("openai", "gpt-4o-mini")
    assert model is not None
    known = model.capabilities.model_dump(exclude_defaults=True)
    with bare(shipped_catalog) as connection:
        lines = won(connection, "openai", "gpt-4o-mini")
    assert [line.split("=")[0].strip() for line in lines] == sorted(known)
    assert set(known) <= set(NAMES)


def test_the_matrix_covers_what_differs() -> None:
    """The list names a hundred offers of many hosts, none twice."""
    assert len(ASKED) == len(set(ASKED)) >= 100
    assert len({asked.split("/")[0] for asked in ASKED}) >= 30


def test_the_matrix_says_what_it_must() -> None:
    """Aliases, the unknown and the price of a well-known model stand in the reviewed file."""
    assert set(GOLDEN.read_text("utf-8").splitlines()) >= {
        "google/gemini-2.5-pro -> gemini/gemini-2.5-pro",
        "azure/gpt-4o -> azure_openai/gpt-4o",
        "openai/no-such-model -> unknown",
        "  input_cost_per_1m=0.15 (static)",
    }
