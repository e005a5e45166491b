"""Every provider at once: one refresh against a host that answers with the reference payloads."""

import asyncio
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from cases import case
from checkout import ROOT
from misbehaving_host import Reply, StandIn, error, ok
from modeldex import SourceFailed
from modeldex.refresh.defaults import default_parts
from modeldex.refresh.part import opens_sockets
from modeldex.refresh.run import RefreshReport, refresh
from modeldex.storage.location import Place
from modeldex.upstream.provider_api import ProviderListing, configured
from modeldex.vocabulary.providers import providers
from raw_catalog import bare
from reference_host import REFERENCE, body, environment, listed, measured, needs_reference, routes

LISTINGS = ROOT / "docs" / "listings.json"

pytestmark = needs_reference

COUNTS = {
    "openai": 24, "anthropic": 10, "gemini": 18, "groq": 13, "mistral": 15, "deepseek": 2,
    "watsonx": 9, "azure_openai": 1, "openrouter": 15, "together": 13, "fireworks": 4,
    "cohere": 13, "xai": 3, "perplexity": 3, "moonshot": 3, "cerebras": 3, "deepinfra": 4,
    "huggingface": 8, "bedrock": 5, "vercel": 3, "nvidia": 3, "vllm": 1, "llamacpp": 1,
    "lmstudio": 3, "tgi": 1, "sglang": 1, "litellm_proxy": 5, "baseten": 3, "ollama": 4,
}  # fmt: skip

FACTS: list[tuple[str, str, str, object]] = [
    ("openai", "davinci-002", "retires_at", "2026-09-28"),
    ("openai", "gpt-4o", "max_context", None),
    ("anthropic", "claude-opus-4-8", "max_output_tokens", 128000),
    ("anthropic", "claude-opus-4-8", "supports_pdf", 1),
    ("anthropic", "claude-opus-4-8", "supports_tools", None),
    ("gemini", "gemini-2.5-flash", "max_context", 1048576),
    ("gemini", "gemini-embedding-001", "max_output_tokens", None),
    ("groq", "openai/gpt-oss-120b", "max_output_tokens", 65536),
    ("groq", "openai/gpt-oss-120b", "input_cost_per_1m", 0.15),
    ("mistral", "devstral-2512", "replacement", "mistral-medium-3-5"),
    ("mistral", "mistral-medium-2505", "supports_vision", 1),
    ("deepseek", "deepseek-v4-pro", "max_context", None),
    ("watsonx", "google/flan-t5-xl", "lifecycle", "retired"),
    ("watsonx", "google/flan-t5-xl", "param_count", 3_000_000_000),
    ("azure_openai", "my-davinci", "target", "azure_openai/text-davinci-003"),
    ("openrouter", "openai/gpt-5.6-luna", "max_context", 1050000),
    ("openrouter", "openrouter/auto", "price_basis", "dynamic"),
    ("openrouter", "openrouter/auto", "input_cost_per_1m", None),
    ("openrouter", "openai/gpt-oss-20b:free", "input_cost_per_1m", 0.0),
    ("together", "moonshotai/Kimi-K3", "output_cost_per_1m", 15.0),
    ("together", "zai-org/GLM-5.2", "cache_read_cost_per_1m", 0.26),
    ("fireworks", "accounts/fireworks/models/kimi-k2p6", "supports_vision", 1),
    ("cohere", "command-a-03-2025", "supports_tools", 1),
    ("cohere", "embed-english-v3.0-image", "max_context", None),
    ("xai", "grok-4-0709", "output_cost_per_1m", 15.0),
    ("xai", "grok-4.20-0309-non-reasoning", "max_context", 2000000),
    ("xai", "grok-4.20-0309-non-reasoning", "output_cost_per_1m", 2.5),
    ("perplexity", "openai/gpt-5.2", "max_context", None),
    ("moonshot", "kimi-k3", "max_context", 1048576),
    ("cerebras", "gpt-oss-120b", "max_output_tokens", 40960),
    ("cerebras", "gpt-oss-120b", "input_cost_per_1m", 0.35),
    ("cerebras", "zai-glm-4.7", "max_context", None),
    ("deepinfra", "deepseek-ai/DeepSeek-V4", "max_output_tokens", 384000),
    ("huggingface", "deepseek-ai/DeepSeek-V4-Pro:together", "max_context", 512000),
    ("bedrock", "anthropic.claude-v2:1", "retires_at", "2025-07-21"),
    ("bedrock", "amazon.titan-embed-text-v2:0", "mode", "embedding"),
    ("vercel", "openai/gpt-5.6-luna", "output_cost_per_1m", 6.0),
    ("nvidia", "meta/llama-3.3-70b-instruct", "max_context", None),
    ("vllm", "Qwen/Qwen3-30B-A3B", "served_context", 40960),
    ("llamacpp", "unsloth/Qwen3.5-2B-GGUF", "quantization", "Q4_K_M"),
    ("lmstudio", "google/gemma-4-26b-a4b", "served_context", 4096),
    ("tgi", "bigscience/blomm-560m", "served_context", 2048),
    ("sglang", "qwen/qwen2.5-0.5b-instruct", "supports_vision", 0),
    ("litellm_proxy", "claude-sonnet", "output_cost_per_1m", 15.0),
    ("baseten", "openai/gpt-oss-120b", "max_context", 128072),
]  # fmt: skip

PAGES = {
    "anthropic": ["/anthropic/v1/models?limit=1000", "&after_id=", "&after_id="],
    "gemini": ["/gemini/v1beta/models?pageSize=1000", "&pageToken=", "&pageToken="],
    "cohere": ["/cohere/v1/models?page_size=1000", "&page_token="],
    "watsonx": ["/watsonx/ml/v1/foundation_model_specs?version=2024-05-01", "&start="],
    "bedrock": [
        "/bedrock/foundation-models",
        "/bedrock/inference-profiles?",
        "&nextToken=",
        "&type=APPLICATION",
        "&nextToken=",
    ],
    "xai": ["/xai/v1/models", "/xai/v1/language-models"],
    "cerebras": ["/cerebras/v1/models", "/cerebras/public/v1/models?format=openrouter"],
    "sglang": ["/sglang/v1/models", "/sglang/model_info"],
    "lmstudio": ["/lmstudio/api/v1/models"],
    "litellm_proxy": ["/litellm_proxy/v1/models", "/litellm_proxy/model/info"],
}


class Refreshed(NamedTuple):
    """A catalog after two refreshes, what became of them, and what the host was asked first."""

    path: Path
    first: RefreshReport
    second: RefreshReport
    asked: list[str]

    def rows(self, sql: str, *values: object) -> list[tuple[object, ...]]:
        """All rows of a SELECT."""
        with bare(self.path) as connection:
            return list(connection.execute(sql, values).fetchall())


async def _refreshed(path: Path) -> Refreshed:
    with StandIn(routes()) as host:
        parts = default_parts(environment(host.url))
        sources = [source for source in parts.sources if opens_sockets(source)]
        resolvers = [resolver for resolver in parts.resolvers if opens_sockets(resolver)]
        first = await refresh(path, sources, resolvers)
        asked = list(host.paths)
        return Refreshed(path, first, await refresh(path, sources, resolvers), asked)


@pytest.fixture(scope="module")
def refreshed(new_place: Callable[[], Place]) -> Iterator[Refreshed]:
    """Two refreshes with every key set."""
    if not REFERENCE.is_dir():
        pytest.skip("the reference payloads are elsewhere")
    yield asyncio.run(_refreshed(new_place()))


def test_every_provider_that_has_a_listing_is_asked() -> None:
    """With all keys set each listing is configured, except the one of a retired service."""
    environ = environment("http://127.0.0.1:1")
    assert {p.id for p in listed()} - set(configured(environ)) == {"github"}
    assert set(configured(environ)) | {"ollama"} == set(COUNTS)


def test_nothing_fails(refreshed: Refreshed) -> None:
    """Each source and resolver answers, and no value that a provider states is lost."""
    assert [step for step in refreshed.first.steps if step.status != "ok"] == []
    # Each provider has a source and a resolver; what Ollama lists has a resolver of its own.
    assert len(refreshed.first.steps) == 2 * len(COUNTS) + 1


def test_every_listed_model_is_discovered(refreshed: Refreshed) -> None:
    """As many models as the payloads list are live at their provider after one refresh."""
    for provider, count in COUNTS.items():
        [(seen,)] = refreshed.rows(
            "SELECT count(*) FROM sightings s JOIN models m ON m.id = s.model_id "
            "JOIN sources o ON o.name = s.source "
            "WHERE o.kind = 'live' AND s.source = ? AND m.provider = ? AND s.missing_since IS NULL",
            provider, provider,
        )  # fmt: skip
        assert seen == count, provider


def test_what_a_payload_states_is_known(refreshed: Refreshed) -> None:
    """Limits, prices, flags and dates are in the catalog as stated; the rest is NULL."""
    for provider, model, field, value in FACTS:
        found = refreshed.rows(
            f"SELECT c.{field} FROM capabilities c JOIN models m ON m.id = c.model_id "
            "WHERE m.provider = ? AND m.name = ? AND c.resolver = ?",
            provider, model, f"{provider}_api",
        )  # fmt: skip
        assert (found or [(None,)]) == [(value,)], (provider, model, field)


def test_a_listing_is_asked_to_its_end(refreshed: Refreshed) -> None:
    """Pages follow one another, further calls come after, and source and resolver share them."""
    for provider, calls in PAGES.items():
        prefix = f"GET /{provider}/"
        asked = [path for path in refreshed.asked if path.startswith(prefix)]
        assert len(asked) == len(calls), provider
        assert [call for call, path in zip(calls, asked, strict=True) if call not in path] == [], (
            provider
        )


def test_a_second_refresh_changes_nothing(refreshed: Refreshed) -> None:
    """The same answers again change no row and add no history."""
    assert [step for step in refreshed.second.steps if step.changed] == []
    assert refreshed.second.failed == ()
    assert refreshed.rows("SELECT count(*) FROM capability_history") == [(0,)]


def test_a_provider_outranks_the_data_sets(refreshed: Refreshed) -> None:
    """A listing resolver takes its place above the curated tables, below Ollama."""
    places = dict(refreshed.rows("SELECT name, precedence FROM resolvers"))
    ours = {place for name, place in places.items() if str(name).endswith("_api")}
    assert ours == {400}
    assert 310 == places["tiers"] < 400 < places["ollama"] == 410


async def test_the_table_in_the_docs_is_measured() -> None:
    """docs/listings.json is what the reference listings hold: python
    tests/support/reference_host.py.
    """
    assert json.loads(LISTINGS.read_text("utf-8")) == await measured()


def test_a_retired_service_says_so() -> None:
    """GitHub Models answers 410; the reason names the day, from a recording or from the wire."""
    gone = json.loads((REFERENCE / "github_models/error_410_retired.json").read_text("utf-8"))

    async def ask() -> None:
        with StandIn({"/catalog/models": error(410, gone)}) as host:
            environ = {"MODELDEX_GITHUB_BASE_URL": f"{host.url}/inference"}
            await ProviderListing("github", environ).fetch()

    with pytest.raises(SourceFailed, match=r"HTTP 410.*retired on 2026-07-30"):
        asyncio.run(ask())


ERRORS = sorted(
    file.relative_to(REFERENCE).as_posix()
    for file in REFERENCE.glob("*/error_4*.json")
    if re.search(r"error_(401|403|400_(invalid_key|no_db))[^/]*\.json$", file.as_posix())
)
FOLDER_OWNERS = {
    "google_gemini": "gemini", "ibm_watsonx": "watsonx", "aws_bedrock": "bedrock",
    "nvidia_nim": "nvidia", "vercel_ai_gateway": "vercel",
}  # fmt: skip


async def test_a_refused_key_is_named() -> None:
    """Whatever a provider answers to a wrong key, the variable to check is in the reason."""
    for file in [file for file in ERRORS if not file.startswith(("ollama/", "github_models/"))]:
        with case(file):
            folder, _, name = file.partition("/")
            provider = providers()[FOLDER_OWNERS.get(folder, folder)]
            status = int(re.search(r"error_(\d+)", name)[1])  # type: ignore[index]
            told = await refusal(provider.id, error(status, body(file)))
            assert told.endswith(f": check {provider.keys[0]}")
            assert f"({status}" in told or f"HTTP {status}" in told


async def refusal(provider: str, answer: Reply) -> str:
    """Why the listing of a provider fails where every call but the exchange of keys gets this."""
    token = ok({"access_token": "t"})
    with StandIn({"/iam": token}) as host:
        host.answer = lambda seen: token if seen.path == "/iam" else answer  # type: ignore[method-assign]
        with pytest.raises(SourceFailed) as caught:
            await ProviderListing(provider, environment(host.url)).fetch()
    return caught.value.reason
