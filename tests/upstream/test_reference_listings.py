"""Recorded and documented answers of the hosts themselves, where they are at hand."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from checkout import SHARED as SHARED_FOLDER
from mappings import map_page
from modeldex.errors import SourceFailed
from modeldex.upstream.formats.rows import Page

SHARED = SHARED_FOLDER / "fixtures" / "providers"
FW = "accounts/fireworks/models"
pytestmark = pytest.mark.skipif(not SHARED.is_dir(), reason="the reference payloads are elsewhere")

SWEEP: dict[str, tuple[str, str, int]] = {
    "openai/models.json": ("openai", "openai", 24),
    "openai/models_before_2026.json": ("openai", "openai", 3),
    "openai/models_spec_example.json": ("openai", "openai", 3),
    "groq/models.json": ("openai", "groq", 13),
    "groq/models_docs_older.json": ("openai", "groq", 3),
    "groq/models_nulls_late_2026.json": ("openai", "groq", 3),
    "deepseek/models_recorded_2026-08.json": ("openai", "deepseek", 2),
    "deepseek/models_docs_current.json": ("openai", "deepseek", 2),
    "perplexity/models.json": ("openai", "perplexity", 3),
    "moonshot/models.json": ("openai", "moonshot", 3),
    "moonshot/models_kimi_code.json": ("openai", "kimi_for_coding", 3),
    "nvidia_nim/hosted_models.json": ("openai", "nvidia", 3),
    "nvidia_nim/self_hosted_models.json": ("openai", "nvidia", 1),
    "extras/baseten_models.json": ("openai", "baseten", 3),
    "extras/alibaba_dashscope_models.json": ("openai", "alibaba", 3),
    "extras/xiaomi_models.json": ("openai", "xiaomi", 6),
    "openrouter/models.json": ("openrouter", "openrouter", 15),
    "openrouter/models_2025-05.json": ("openrouter", "openrouter", 5),
    "openrouter/models_context_differs.json": ("openrouter", "openrouter", 4),
    "openrouter/models_page1.json": ("openrouter", "openrouter", 5),
    "together/models.json": ("together", "together", 13),
    "together/models_2025.json": ("together", "together", 1),
    "fireworks/inference_models.json": ("fireworks", "fireworks", 4),
    "fireworks/control_plane_models.json": ("fireworks", "fireworks", 2),
    "xai/language_models.json": ("xai", "xai", 2),
    "xai/models.json": ("xai", "xai", 2),
    "xai/models_older.json": ("xai", "xai", 1),
    "cerebras/models.json": ("cerebras", "cerebras", 3),
    "cerebras/public_models_openrouter.json": ("cerebras", "cerebras", 1),
    "cerebras/public_models_huggingface.json": ("cerebras", "cerebras", 1),
    "deepinfra/openai_models.json": ("deepinfra", "deepinfra", 4),
    "deepinfra/native_models_list.json": ("deepinfra", "deepinfra", 2),
    "vercel_ai_gateway/models.json": ("vercel", "vercel", 3),
    "github_models/catalog_models.json": ("github", "github", 1),
    "huggingface/router_models.json": ("huggingface", "huggingface", 8),
    "anthropic/models_recorded_2026-08.json": ("anthropic", "here", 10),
    "anthropic/models_page1.json": ("anthropic", "here", 4),
    "anthropic/models_page2.json": ("anthropic", "here", 4),
    "anthropic/models_page3.json": ("anthropic", "here", 2),
    "anthropic/models_empty.json": ("anthropic", "here", 0),
    "anthropic/models_sdk_2.12.json": ("anthropic", "here", 4),
    "google_gemini/models.json": ("gemini", "here", 18),
    "google_gemini/models_page1.json": ("gemini", "here", 6),
    "google_gemini/models_page2.json": ("gemini", "here", 6),
    "google_gemini/models_page3.json": ("gemini", "here", 6),
    "mistral/models.json": ("mistral", "here", 15),
    "cohere/models.json": ("cohere", "here", 13),
    "cohere/models_page1.json": ("cohere", "here", 6),
    "cohere/models_page2.json": ("cohere", "here", 7),
    "ibm_watsonx/foundation_model_specs.json": ("watsonx", "here", 9),
    "ibm_watsonx/foundation_model_specs_page1.json": ("watsonx", "here", 5),
    "ibm_watsonx/foundation_model_specs_page2.json": ("watsonx", "here", 4),
    "ibm_watsonx/gateway_models.json": ("watsonx", "here", 1),
    "azure_openai/openai_models.json": ("azure", "here", 4),
    "azure_openai/openai_deployments_2022-12-01.json": ("azure", "here", 1),
    "azure_openai/arm_deployments.json": ("azure", "here", 2),
    "azure_openai/arm_location_models.json": ("azure", "here", 1),
    "aws_bedrock/foundation_models.json": ("bedrock", "here", 4),
    "aws_bedrock/inference_profiles_page1.json": ("bedrock", "here", 1),
    "aws_bedrock/inference_profiles_page2.json": ("bedrock", "here", 0),
    "vllm/models.json": ("vllm", "here", 1),
    "vllm/models_lora.json": ("vllm", "here", 2),
    "sglang/v1_models.json": ("vllm", "here", 1),
    "sglang/model_info.json": ("vllm", "here", 1),
    "llamacpp/models.json": ("llamacpp", "here", 1),
    "llamacpp/models_gemma4.json": ("llamacpp", "here", 1),
    "llamacpp/models_loading.json": ("llamacpp", "here", 1),
    "llamacpp/models_readme.json": ("llamacpp", "here", 1),
    "llamacpp/models_router_mode.json": ("llamacpp", "here", 2),
    "lmstudio/api_v1_models.json": ("lmstudio", "here", 3),
    "lmstudio/api_v0_models.json": ("lmstudio", "here", 3),
    "lmstudio/api_v0_models_loaded.json": ("lmstudio", "here", 2),
    "lmstudio/v1_models.json": ("lmstudio", "here", 2),
    "tgi/info.json": ("tgi", "here", 1),
    "tgi/info_v1.json": ("tgi", "here", 1),
    "litellm_proxy/model_info.json": ("litellm_proxy", "here", 5),
}
"""The wire format, the provider, and the number of models of each answer."""

OTHER_CALLS = {
    "openai/model_gpt-4o.json", "openrouter/model_endpoints.json",
    "openrouter/model_endpoints_2025-05.json", "cerebras/public_model.json",
    "vercel_ai_gateway/model_endpoints.json", "huggingface/router_model.json",
    "huggingface/hub_models_inference_warm.json", "huggingface/hub_model_provider_mapping.json",
    "extras/cloudflare_workers_ai_models.json",
    "extras/cloudflare_workers_ai_models_page2_empty.json",
}  # fmt: skip
FACTS: list[tuple[str, str, str, object]] = [
    ("openai/models.json", "gpt-5-codex", "retires_at", "2026-07-23"),
    ("openai/models.json", "o3", "retires_at", None),
    ("groq/models.json", "openai/gpt-oss-120b", "output_cost_per_1m", 0.6),
    ("groq/models.json", "openai/gpt-oss-120b", "max_output_tokens", 65536),
    ("groq/models.json", "canopylabs/orpheus-v1-english", "input_cost_per_1m", None),
    ("groq/models.json", "whisper-large-v3", "mode", "audio"),
    ("groq/models_nulls_late_2026.json", "qwen/qwen3.8-27b", "max_context", 131042),
    ("deepseek/models_docs_current.json", "deepseek-flash", "max_context", 1048576),
    ("moonshot/models.json", "kimi-k3", "supports_reasoning", True),
    ("moonshot/models_kimi_code.json", "k3-256k", "price_basis", "subscription"),
    ("nvidia_nim/self_hosted_models.json", "meta/llama-3.1-8b-instruct", "max_context", 131072),
    ("extras/baseten_models.json", "zai-org/GLM-4.7", "output_cost_per_1m", 2.2),
    ("openrouter/models.json", "minimax/minimax-m3", "max_context", 524288),
    ("openrouter/models.json", "openrouter/auto", "price_basis", "dynamic"),
    ("openrouter/models.json", "openai/gpt-oss-20b:free", "price_basis", "free"),
    ("openrouter/models.json", "openai/gpt-5.6-luna", "input_cost_per_1m", 0.2),
    ("openrouter/models.json", "z-ai/glm-4.5", "retires_at", "2026-12-31"),
    ("openrouter/models_context_differs.json", "anthropic/claude-sonnet-4", "max_context", 200000),
    ("together/models.json", "zai-org/GLM-5.2", "cache_read_cost_per_1m", 0.26),
    ("together/models.json", "openai/whisper-large-v3", "max_context", None),
    ("together/models_2025.json", "arcee_ai/arcee-spotlight", "input_cost_per_1m", 0.18),
    ("fireworks/inference_models.json", f"{FW}/qwen3-reranker-8b", "mode", "rerank"),
    ("fireworks/control_plane_models.json", f"{FW}/example-old", "retires_at", "2026-09-30"),
    ("xai/language_models.json", "grok-4-0709", "input_cost_per_1m", 3.0),
    ("xai/language_models.json", "grok-4-0709", "cache_read_cost_per_1m", 0.75),
    ("xai/models.json", "grok-4.20-0309-non-reasoning", "max_context", 2000000),
    ("cerebras/public_models_openrouter.json", "gpt-oss-120b", "input_cost_per_1m", 0.35),
    ("cerebras/public_models_huggingface.json", "gpt-oss-120b", "input_cost_per_1m", 0.35),
    ("deepinfra/native_models_list.json", "BAAI/bge-m3", "max_context", 8192),
    ("vercel_ai_gateway/models.json", "openai/gpt-5.6-luna", "output_cost_per_1m", 6.0),
    ("github_models/catalog_models.json", "openai/gpt-4.1", "lifecycle", "retired"),
    ("huggingface/router_models.json", "deepseek-ai/DeepSeek-V4-Pro:together", "max_context",
     512000),
    ("huggingface/router_models.json", "deepseek-ai/DeepSeek-V4-Pro", "max_context", None),
    ("huggingface/router_models.json", "example-org/free-model", "price_basis", "free"),
    ("anthropic/models_recorded_2026-08.json", "claude-opus-5", "max_output_tokens", 128000),
    ("anthropic/models_recorded_2026-08.json", "claude-sonnet-4-5-20250929", "max_context", None),
    ("anthropic/models_sdk_2.12.json", "claude-sonnet-4-5-20250929", "retires_at", "2026-11-30"),
    ("google_gemini/models.json", "gemini-embedding-001", "max_output_tokens", None),
    ("google_gemini/models.json", "gemini-2.5-flash", "max_context", 1048576),
    ("google_gemini/models.json", "gemini-2.5-flash-preview-tts", "mode", None),
    ("mistral/models.json", "mistral-small-2603", "supports_reasoning", True),
    ("mistral/models.json", "mistral-medium-2505", "replacement", "mistral-medium-3-5"),
    ("mistral/models.json", "mistral-embed-2312", "mode", "embedding"),
    ("cohere/models.json", "embed-english-v3.0-image", "max_context", None),
    ("cohere/models.json", "command-a-03-2025", "supports_tools", True),
    ("ibm_watsonx/foundation_model_specs.json", "google/flan-t5-xl", "lifecycle", "retired"),
    ("azure_openai/openai_models.json", "gpt-35-turbo", "retires_at", "2024-07-05"),
    ("azure_openai/arm_deployments.json", "prod-chat", "max_context", 128000),
    ("aws_bedrock/foundation_models.json", "anthropic.claude-v2:1", "retires_at", "2025-07-21"),
    ("vllm/models_lora.json", "sql-lora", "served_context", 131072),
    ("llamacpp/models.json", "unsloth/Qwen3.5-2B-GGUF", "served_context", 16384),
    ("lmstudio/api_v1_models.json", "google/gemma-4-26b-a4b", "served_context", 4096),
    ("lmstudio/api_v0_models_loaded.json", "google/gemma-3-4b", "served_context", 12918),
    ("tgi/info_v1.json", "meta-llama/Llama-2-7b-chat-hf", "served_context", 2048),
    ("litellm_proxy/model_info.json", "claude-sonnet", "output_cost_per_1m", 15.0),
    ("litellm_proxy/model_info.json", "my-local", "input_cost_per_1m", None),
]  # fmt: skip


def payload(file: str) -> Any:
    """A reference payload."""
    return json.loads((SHARED / file).read_text("utf-8"))


@cache
def swept(file: str) -> Page:
    """The page of one reference payload."""
    wire, provider, _ = SWEEP[file]
    return map_page(wire, payload(file), provider)


def test_a_reference_listing_is_read_whole() -> None:
    """Every listed model is found, and no row of a real answer is lost."""
    found = [(file, swept(file).mapped) for file in SWEEP]
    counts = {file: (mapped.accepted, mapped.dropped.total()) for file, mapped in found}
    assert counts == {file: (count, 0) for file, (_, _, count) in SWEEP.items()}


KEPT = ("(kept)", "taken as that")
"""How the reasons end for what was read all the same."""


def test_no_value_of_a_host_with_a_shape_of_its_own_is_lost() -> None:
    """What such a host or local server states in a real answer can all be read."""
    files = [file for file, (_, provider, _) in SWEEP.items() if provider == "here"]
    lost = [(f, why) for f in files for why in swept(f).mapped.values if not why.endswith(KEPT)]
    assert (len(files), lost) == (41, [])


def test_the_facts_of_reference_listings() -> None:
    """Limits, prices and states are what the notes on the payloads say; None is unknown."""
    rows = {(file, row["name"]): row for file in SWEEP for row in swept(file).mapped.rows}
    found = [(file, name, field, rows[file, name].get(field)) for file, name, field, _ in FACTS]
    assert found == FACTS


def test_no_reference_listing_is_forgotten() -> None:
    """Every successful answer of the hosts in OpenAI's shape is swept or is another call."""
    hosts = {f.partition("/")[0] for f, (_, provider, _) in SWEEP.items() if provider != "here"}
    files = payload("manifest.json")["files"]
    good = {f["file"] for f in files if f["status"] == 200 and f["file"].split("/")[0] in hosts}
    assert good - OTHER_CALLS == {f for f in SWEEP if f.partition("/")[0] in hosts}


def test_reference_errors_are_refused() -> None:
    """No error body of a host with a shape of its own passes for a listing."""
    wires = {f.partition("/")[0]: wire for f, (wire, who, _) in SWEEP.items() if who == "here"}
    files = [file for folder in wires for file in SHARED.glob(f"{folder}/error_*.json")]
    assert {wires[file.parent.name] for file in files} == set(wires.values())
    assert [file.name for file in files if not refused(wires[file.parent.name], file)] == []


def refused(wire: str, file: Path) -> bool:
    """Whether the reading ends in SourceFailed."""
    try:
        map_page(wire, payload(file.relative_to(SHARED).as_posix()))
    except SourceFailed:
        return True
    return False
