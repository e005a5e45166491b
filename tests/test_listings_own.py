"""The listings of hosts with a shape of their own and of local servers."""

import copy
import json
import math
import random
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modeldex.claims import claim, identity
from modeldex.errors import SourceFailed
from modeldex.fields import NAMES
from modeldex.listings.page import Page
from modeldex.listings.sizes import param_count

OWN = Path(__file__).parent / "data" / "listings_own"
SHARED = Path(__file__).resolve().parents[2] / "shared" / "fixtures" / "providers"
FORMATS = (
    "anthropic", "azure", "bedrock", "cohere", "gemini", "litellm_proxy", "llamacpp",
    "lmstudio", "mistral", "tgi", "vllm", "watsonx",
)  # fmt: skip
PAYLOADS = {
    "anthropic": "anthropic", "gemini": "gemini", "mistral": "mistral", "cohere": "cohere",
    "watsonx": "watsonx", "watsonx_gateway": "watsonx", "azure_models": "azure",
    "azure_deployments": "azure", "azure_arm_deployments": "azure", "azure_arm_models": "azure",
    "bedrock": "bedrock", "vllm": "vllm", "sglang": "vllm", "sglang_info": "vllm",
    "llamacpp": "llamacpp", "lmstudio": "lmstudio", "lmstudio_v0": "lmstudio", "tgi": "tgi",
    "tgi_v1": "tgi", "litellm_proxy": "litellm_proxy",
}  # fmt: skip
LOCAL = ("vllm", "sglang", "sglang_info", "llamacpp", "lmstudio", "lmstudio_v0", "tgi", "tgi_v1")
TODAY = "2026-06-15"


def reader(form: str) -> Callable[..., Page]:
    """The reading function of a wire format."""
    read: Callable[..., Page] = import_module(f"modeldex.listings.{form}").read
    return read


def load(name: str) -> Any:
    """A payload of ours."""
    return json.loads((OWN / f"{name}.json").read_text("utf-8"))


def read(form: str, payload: object, provider: str = "here") -> Page:
    """The page of a payload, on the day of the tests where the day matters."""
    today = {"today": TODAY} if form == "watsonx" else {}
    return reader(form)(payload, provider, **today)


@cache
def page(name: str) -> Page:
    """The page of a payload of ours."""
    return read(PAYLOADS[name], load(name))


def row(name: str, model: str) -> dict[str, object]:
    """The row of one model."""
    [found] = [r for r in page(name).mapped.rows if r["name"] == model]
    return found


FACTS: list[tuple[str, str, str, object]] = [
    ("anthropic", "scribe-9", "display_name", "Scribe 9"),
    ("anthropic", "scribe-9", "family", "claude-opus"),
    ("anthropic", "scribe-9", "max_input_tokens", 900000),
    ("anthropic", "scribe-9", "max_output_tokens", 90000),
    ("anthropic", "scribe-9", "supports_vision", True),
    ("anthropic", "scribe-9", "supports_pdf", False),
    ("anthropic", "scribe-9", "supports_structured_outputs", True),
    ("anthropic", "scribe-9", "supports_reasoning", True),
    ("anthropic", "scribe-9", "release_date", "2026-03-04"),
    ("anthropic", "scribe-9", "lifecycle", "deprecated"),
    ("anthropic", "scribe-9", "deprecated_at", "2026-10-01"),
    ("anthropic", "scribe-9", "retires_at", "2027-01-31"),
    ("anthropic", "scribe-zero", "lifecycle", "active"),
    ("anthropic", "scribe-2025", "release_date", "2025-05-06"),
    ("gemini", "talker-pro", "display_name", "Talker Pro"),
    ("gemini", "talker-pro", "max_context", 500000),
    ("gemini", "talker-pro", "max_input_tokens", 500000),
    ("gemini", "talker-pro", "max_output_tokens", 50000),
    ("gemini", "talker-pro", "supports_reasoning", True),
    ("gemini", "talker-pro", "supports_prompt_cache", True),
    ("gemini", "talker-pro", "mode", "chat"),
    ("gemini", "talker-it", "mode", "chat"),
    ("gemini", "talker-it", "supports_reasoning", False),
    ("gemini", "vector-1", "mode", "embedding"),
    ("gemini", "vector-1", "max_context", 2048),
    ("gemini", "film-3", "mode", "video"),
    ("gemini", "still-4", "mode", "image"),
    ("gemini", "talker-live", "mode", "realtime"),
    ("gemini", "quoter", "mode", "other"),
    ("mistral", "breeze-26", "aliases", ["breeze", "breeze-latest"]),
    ("mistral", "breeze-26", "max_context", 32000),
    ("mistral", "breeze-26", "supports_tools", True),
    ("mistral", "breeze-26", "supports_vision", True),
    ("mistral", "breeze-26", "supports_audio", False),
    ("mistral", "breeze-26", "supports_reasoning", False),
    ("mistral", "breeze-26", "mode", "chat"),
    ("mistral", "gale-25", "supports_tools", False),
    ("mistral", "gale-25", "lifecycle", "deprecated"),
    ("mistral", "gale-25", "retires_at", "2026-12-24"),
    ("mistral", "gale-25", "replacement", "breeze-26"),
    ("mistral", "breeze-embed-23", "mode", "embedding"),
    ("mistral", "breeze-embed-23", "aliases", ["breeze-embed"]),
    ("mistral", "breeze-ocr", "mode", "ocr"),
    ("mistral", "breeze-ear", "mode", "audio"),
    ("mistral", "breeze-ear", "supports_audio", True),
    ("mistral", "breeze-ear-live", "mode", "realtime"),
    ("mistral", "breeze-voice", "mode", "audio"),
    ("mistral", "breeze-talk", "supports_audio", True),
    ("mistral", "breeze-talk", "supports_reasoning", True),
    ("mistral", "breeze-guard", "mode", "moderation"),
    ("mistral", "breeze-sort", "mode", "other"),
    ("mistral", "breeze-fill", "mode", "completion"),
    ("mistral", "ft:breeze:mine", "lifecycle", "retired"),
    ("mistral", "lost", "name", "lost"),
    ("cohere", "order-a", "mode", "chat"),
    ("cohere", "order-a", "max_context", 256000),
    ("cohere", "order-a", "supports_tools", True),
    ("cohere", "order-a", "supports_json_mode", True),
    ("cohere", "order-a", "supports_structured_outputs", True),
    ("cohere", "order-a", "supports_vision", True),
    ("cohere", "order-a", "supports_reasoning", True),
    ("cohere", "order-old", "mode", "completion"),
    ("cohere", "order-old", "lifecycle", "deprecated"),
    ("cohere", "points", "mode", "embedding"),
    ("cohere", "points-image", "mode", "embedding"),
    ("cohere", "points-image", "supports_vision", True),
    ("cohere", "sorter", "mode", "rerank"),
    ("cohere", "typist", "mode", "audio"),
    ("cohere", "typist", "supports_audio", True),
    ("cohere", "judge", "mode", "other"),
    ("watsonx", "rock/chat-8b", "mode", "chat"),
    ("watsonx", "rock/chat-8b", "max_context", 131072),
    ("watsonx", "rock/chat-8b", "max_output_tokens", 16384),
    ("watsonx", "rock/chat-8b", "supports_tools", True),
    ("watsonx", "rock/chat-8b", "supports_vision", True),
    ("watsonx", "rock/chat-8b", "param_count", 8_000_000_000),
    ("watsonx", "rock/chat-8b", "lifecycle", "active"),
    ("watsonx", "rock/ear", "supports_audio", True),
    ("watsonx", "rock/ear", "supports_tools", True),
    ("watsonx", "rock/ear", "lifecycle", "deprecated"),
    ("watsonx", "rock/ear", "deprecated_at", "2026-05-01"),
    ("watsonx", "rock/ear", "retires_at", "2026-08-01"),
    ("watsonx", "rock/ear", "replacement", "rock/chat-8b"),
    ("watsonx", "rock/base", "param_count", 46_700_000_000),
    ("watsonx", "rock/writer", "mode", "completion"),
    ("watsonx", "rock/points", "mode", "embedding"),
    ("watsonx", "rock/points", "embedding_dims", 768),
    ("watsonx", "rock/sorter", "mode", "rerank"),
    ("watsonx", "rock/sorter", "param_count", 33_400_000),
    ("watsonx", "rock/sorter", "lifecycle", "deprecated"),
    ("watsonx", "rock/tides", "mode", "other"),
    ("watsonx_gateway", "guest-4", "aliases", ["our-guest"]),
    ("watsonx_gateway", "guest-4", "max_context", 128000),
    ("azure_models", "base-chat", "mode", "chat"),
    ("azure_models", "base-chat", "lifecycle", "active"),
    ("azure_models", "base-chat", "retires_at", "2027-01-01"),
    ("azure_models", "base-points", "mode", "embedding"),
    ("azure_models", "base-points", "lifecycle", "preview"),
    ("azure_models", "base-text", "mode", "completion"),
    ("azure_models", "base-text", "lifecycle", "deprecated"),
    ("azure_deployments", "prod", "display_name", "base-chat"),
    ("azure_arm_deployments", "team-chat", "display_name", "base-chat"),
    ("azure_arm_deployments", "team-chat", "mode", "chat"),
    ("azure_arm_deployments", "team-chat", "max_context", 128000),
    ("azure_arm_deployments", "team-chat", "max_output_tokens", 16384),
    ("azure_arm_deployments", "team-chat", "supports_json_mode", True),
    ("azure_arm_deployments", "team-chat", "supports_structured_outputs", False),
    ("azure_arm_deployments", "team-points", "mode", "embedding"),
    ("azure_arm_models", "base-chat", "max_context", 128000),
    ("azure_arm_models", "base-chat", "lifecycle", "active"),
    ("azure_arm_models", "base-chat", "retires_at", "2027-03-01"),
    ("bedrock", "maker.chat-v1:0", "display_name", "Maker.Chat-V1:0"),
    ("bedrock", "maker.chat-v1:0", "input_modalities", ["image", "text"]),
    ("bedrock", "maker.chat-v1:0", "output_modalities", ["text"]),
    ("bedrock", "maker.chat-v1:0", "supports_vision", True),
    ("bedrock", "maker.chat-v1:0", "supports_audio", False),
    ("bedrock", "maker.chat-v1:0", "supports_streaming", True),
    ("bedrock", "maker.chat-v1:0", "lifecycle", "active"),
    ("bedrock", "maker.old-v2:1", "lifecycle", "deprecated"),
    ("bedrock", "maker.old-v2:1", "deprecated_at", "2026-01-21"),
    ("bedrock", "maker.old-v2:1", "retires_at", "2027-07-21"),
    ("bedrock", "maker.points-v2:0", "mode", "embedding"),
    ("bedrock", "maker.points-v2:0", "supports_streaming", False),
    ("bedrock", "maker.paint-v1", "mode", "image"),
    ("bedrock", "maker.voice-v1", "supports_audio", True),
    ("bedrock", "maker.film-v1", "mode", "video"),
    ("bedrock", "us.maker.chat-v1:0", "display_name", "US Chat"),
    ("bedrock", "us.maker.chat-v1:0", "supports_vision", True),
    ("vllm", "house-model", "served_context", 40960),
    ("vllm", "house-lora", "served_context", 40960),
    ("sglang", "served", "served_context", 32768),
    ("sglang", "served", "supports_vision", True),
    ("sglang", "served", "supports_audio", False),
    ("sglang", "served", "mode", "chat"),
    ("sglang_info", "lab/points", "mode", "other"),
    ("llamacpp", "file-a", "served_context", 16384),
    ("llamacpp", "file-a", "max_context", 262144),
    ("llamacpp", "file-a", "aliases", ["short"]),
    ("llamacpp", "file-a", "param_count", 1881825088),
    ("llamacpp", "file-a", "quantization", "Q4_K_M"),
    ("llamacpp", "file-a", "supports_vision", True),
    ("llamacpp", "file-a", "supports_audio", False),
    ("llamacpp", "file-b", "max_context", 131072),
    ("llamacpp", "file-b", "quantization", "Q8_0"),
    ("lmstudio", "p/thinker-26b", "served_context", 4096),
    ("lmstudio", "p/thinker-26b", "max_context", 262144),
    ("lmstudio", "p/thinker-26b", "aliases", ["p/thinker-26b:2", "p/thinker-26b:3"]),
    ("lmstudio", "p/thinker-26b", "param_count", 26_000_000_000),
    ("lmstudio", "p/thinker-26b", "quantization", "Q4_K_M"),
    ("lmstudio", "p/thinker-26b", "supports_vision", True),
    ("lmstudio", "p/thinker-26b", "supports_tools", False),
    ("lmstudio", "p/thinker-26b", "supports_reasoning", True),
    ("lmstudio", "p/thinker-26b", "mode", "chat"),
    ("lmstudio", "plain-7b", "supports_reasoning", False),
    ("lmstudio", "points-1", "mode", "embedding"),
    ("lmstudio_v0", "seer", "served_context", 12918),
    ("lmstudio_v0", "seer", "max_context", 131072),
    ("lmstudio_v0", "seer", "supports_vision", True),
    ("lmstudio_v0", "seer", "mode", "chat"),
    ("lmstudio_v0", "doer", "supports_tools", True),
    ("lmstudio_v0", "doer", "quantization", "Q4_K_M"),
    ("lmstudio_v0", "points-0", "mode", "embedding"),
    ("tgi", "lab/storyteller", "served_context", 2048),
    ("tgi", "lab/storyteller", "max_input_tokens", 1024),
    ("tgi", "lab/storyteller", "mode", "chat"),
    ("tgi_v1", "lab/seer", "max_input_tokens", 3000),
    ("tgi_v1", "lab/seer", "supports_vision", True),
    ("litellm_proxy", "team-chat", "input_cost_per_1m", 2.5),
    ("litellm_proxy", "team-chat", "output_cost_per_1m", 10.0),
    ("litellm_proxy", "team-chat", "cache_read_cost_per_1m", 1.25),
    ("litellm_proxy", "team-chat", "price_basis", "metered"),
    ("litellm_proxy", "team-chat", "max_input_tokens", 128000),
    ("litellm_proxy", "team-chat", "max_output_tokens", 16384),
    ("litellm_proxy", "team-chat", "supports_tools", True),
    ("litellm_proxy", "team-chat", "supports_json_mode", True),
    ("litellm_proxy", "team-chat", "known_params", ["temperature", "tools"]),
    ("litellm_proxy", "team-chat", "mode", "chat"),
    ("litellm_proxy", "shared", "max_input_tokens", 200000),
    ("litellm_proxy", "shared", "supports_tools", True),
    ("litellm_proxy", "points", "input_cost_per_1m", 0.02),
    ("litellm_proxy", "points", "output_cost_per_1m", 0.0),
    ("litellm_proxy", "points", "embedding_dims", 1536),
]


@pytest.mark.parametrize(("name", "model", "field", "value"), FACTS)
def test_a_fact_of_a_listing(name: str, model: str, field: str, value: object) -> None:
    """What the payload states arrives under our name, in our unit."""
    assert row(name, model)[field] == value


UNKNOWN: list[tuple[str, str, str]] = [
    ("anthropic", "scribe-9", "max_context the prompt limit may be an opt-in window"),
    ("anthropic", "scribe-9", "supports_tools has no flag"),
    ("anthropic", "scribe-9", "supports_audio has no flag"),
    ("anthropic", "scribe-zero", "max_input_tokens is 0"),
    ("anthropic", "scribe-zero", "max_output_tokens is 0"),
    ("anthropic", "scribe-zero", "supports_vision capabilities are null"),
    ("anthropic", "scribe-zero", "release_date is the epoch"),
    ("anthropic", "scribe-zero", "family line is null"),
    ("anthropic", "scribe-2025", "supports_vision is missing"),
    ("anthropic", "scribe-2025", "max_input_tokens is missing"),
    ("anthropic", "scribe-odd", "max_input_tokens is text"),
    ("anthropic", "scribe-odd", "max_output_tokens is negative"),
    ("anthropic", "scribe-odd", "supports_vision is no object"),
    ("anthropic", "scribe-odd", "supports_pdf is text"),
    ("anthropic", "scribe-odd", "supports_reasoning has no leaf"),
    ("anthropic", "scribe-odd", "lifecycle is a list"),
    ("anthropic", "scribe-odd", "release_date is a fraction"),
    ("gemini", "talker-pro", "supports_tools has no flag"),
    ("gemini", "talker-pro", "known_params is no full list"),
    ("gemini", "talker-it", "supports_prompt_cache may be implicit"),
    ("gemini", "talker-image", "mode of a name that doubts the method"),
    ("gemini", "talker-tts", "mode of a name that doubts the method"),
    ("gemini", "talker-tts", "supports_reasoning is text"),
    ("gemini", "vector-1", "max_output_tokens of 1 is one vector"),
    ("gemini", "talker-live", "max_context is 0"),
    ("gemini", "tunedModels/mine", "mode of a method nobody knows"),
    ("gemini", "tunedModels/mine", "supports_reasoning is null"),
    ("mistral", "breeze-26", "supports_structured_outputs has no flag"),
    ("mistral", "breeze-26", "lifecycle says nothing while it lives"),
    ("mistral", "breeze-blank", "mode has no flag and no telling name"),
    ("mistral", "breeze-ocr", "supports_tools without a chat"),
    ("mistral", "breeze-voice", "supports_tools without a chat"),
    ("mistral", "breeze-min", "supports_vision is a number"),
    ("mistral", "breeze-min", "supports_tools is missing"),
    ("mistral", "breeze-min", "max_context is missing"),
    ("mistral", "breeze-min", "retires_at is no date"),
    ("cohere", "order-b", "supports_tools features are null"),
    ("cohere", "order-b", "supports_vision features are null"),
    ("cohere", "order-old", "supports_tools is not in the list"),
    ("cohere", "points-image", "max_context is 0"),
    ("cohere", "sorter", "lifecycle not deprecated is no stage"),
    ("cohere", "order-new", "mode of an endpoint nobody knows"),
    ("cohere", "order-new", "supports_tools features are text"),
    ("watsonx", "rock/chat-8b", "input_cost_per_1m is a class"),
    ("watsonx", "rock/chat-8b", "supports_audio has no function"),
    ("watsonx", "rock/chat-8b", "retires_at has no stage"),
    ("watsonx", "rock/ear", "param_count is empty"),
    ("watsonx", "rock/base", "supports_tools without a chat"),
    ("watsonx", "rock/base", "mode is to be deployed first"),
    ("watsonx", "rock/base", "lifecycle begins in the future"),
    ("watsonx", "rock/writer", "param_count is no number"),
    ("watsonx", "rock/writer", "max_context limits are null"),
    ("watsonx", "rock/sorter", "retires_at is no date"),
    ("watsonx", "rock/bare", "mode has no function"),
    ("watsonx_gateway", "guest-5", "max_context metadata is null"),
    ("watsonx_gateway", "guest-5", "aliases are empty"),
    ("azure_models", "base-chat", "max_context is not in the list"),
    ("azure_models", "base-text", "retires_at is text"),
    ("azure_models", "base-paint", "mode has no flag"),
    ("azure_models", "base-paint", "lifecycle of a stage nobody knows"),
    ("azure_models", "base-paint", "retires_at is that of tuning"),
    ("azure_deployments", "prod", "mode is that of the model"),
    ("azure_arm_deployments", "team-points", "max_context is 0"),
    ("azure_arm_deployments", "team-points", "max_output_tokens is a word"),
    ("azure_arm_deployments", "team-plain", "mode is neither true nor false"),
    ("bedrock", "maker.chat-v1:0", "mode text is also what rerankers give"),
    ("bedrock", "maker.chat-v1:0", "supports_pdf is no modality here"),
    ("bedrock", "maker.paint-v1", "supports_streaming is null"),
    ("bedrock", "maker.paint-v1", "lifecycle of a status nobody knows"),
    ("bedrock", "maker.plain", "supports_vision has no list"),
    ("bedrock", "eu.maker.unseen", "supports_vision its model is not in the answer"),
    ("vllm", "house-model", "max_context is the model's, not the server's"),
    ("vllm", "house-model", "aliases root is a path"),
    ("vllm", "orphan-lora", "served_context of a parent that is not served"),
    ("vllm", "house-odd", "served_context is text"),
    ("vllm", "house-model", "supports_vision has no flag"),
    ("sglang_info", "lab/points", "supports_vision is null"),
    ("sglang_info", "lab/points", "supports_audio is missing"),
    ("llamacpp", "file-a", "mode every model says completion"),
    ("llamacpp", "file-b", "served_context is missing in old builds"),
    ("llamacpp", "file-b", "supports_vision has no architecture"),
    ("llamacpp", "file-loading", "served_context while loading"),
    ("llamacpp", "routed:q4", "max_context of a model at rest"),
    ("lmstudio", "plain-7b", "served_context of a model at rest"),
    ("lmstudio", "plain-7b", "quantization is null"),
    ("lmstudio", "points-1", "supports_vision is missing"),
    ("lmstudio", "points-1", "param_count is null"),
    ("lmstudio", "odd", "mode of a type nobody knows"),
    ("lmstudio_v0", "doer", "served_context of a model at rest"),
    ("lmstudio_v0", "seer", "supports_tools has no list"),
    ("lmstudio_v0", "doer", "supports_vision a plain type is silent"),
    ("tgi", "lab/storyteller", "max_context is the model's, not the server's"),
    ("tgi", "lab/storyteller", "supports_vision a plain tag is silent"),
    ("litellm_proxy", "team-chat", "supports_audio is null"),
    ("litellm_proxy", "team-chat", "max_context is not the prompt limit"),
    ("litellm_proxy", "shared", "max_output_tokens differs"),
    ("litellm_proxy", "shared", "input_cost_per_1m differs"),
    ("litellm_proxy", "shared", "supports_vision one does not know"),
    ("litellm_proxy", "points", "known_params are those of chats"),
    ("litellm_proxy", "points", "max_output_tokens of an embedding"),
    ("litellm_proxy", "house", "input_cost_per_1m is null"),
    ("litellm_proxy", "house", "price_basis has no price"),
    ("litellm_proxy", "house", "max_input_tokens is 0"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "model", "what"), UNKNOWN)
def test_what_is_not_stated_stays_unknown(name: str, model: str, what: str) -> None:
    """A value that is missing, null, 0 or of a wrong type is absent, never False or 0."""
    field, reason = what.split(" ", 1)
    assert field in {*NAMES, "aliases", "family"}
    assert field not in row(name, model), reason


@pytest.mark.parametrize("name", LOCAL)
def test_a_local_server_costs_nothing(name: str) -> None:
    """Every model of a self-hosted server has the price 0 with the reason beside it."""
    keys = ("input_cost_per_1m", "output_cost_per_1m", "price_basis")
    prices = {tuple(r.get(key) for key in keys) for r in page(name).mapped.rows}
    assert prices == {(0.0, 0.0, "self_hosted")}


HOSTED = sorted(PAYLOADS.keys() - set(LOCAL) - {"litellm_proxy"})


@pytest.mark.parametrize("name", HOSTED)
def test_a_host_without_prices_states_none(name: str) -> None:
    """No price and no reason for one come from a listing that has no prices."""
    assert [
        key for r in page(name).mapped.rows for key in r if "cost" in key or "price" in key
    ] == []


COUNTS: list[tuple[str, int, dict[str, int]]] = [
    ("anthropic", 4, {"name: expected text, got NoneType": 1, "the row is not a JSON object": 1}),
    ("gemini", 10, {}),
    ("mistral", 15, {"name: expected text, got NoneType": 1}),
    ("cohere", 9, {}),
    ("watsonx", 8, {}),
    ("watsonx_gateway", 2, {}),
    ("azure_models", 4, {}),
    ("azure_deployments", 1, {"the deployment is not ready": 1}),
    ("azure_arm_deployments", 3, {"the deployment is not ready": 1}),
    ("azure_arm_models", 1, {"a second row for the same provider and name": 1}),
    ("bedrock", 10, {}),
    ("vllm", 4, {}),
    ("sglang", 1, {}),
    ("sglang_info", 1, {}),
    ("llamacpp", 4, {"still being downloaded": 1}),
    ("lmstudio", 4, {}),
    ("lmstudio_v0", 3, {}),
    ("tgi", 1, {}),
    ("tgi_v1", 1, {}),
    ("litellm_proxy", 5, {"a wildcard, not a model name": 1}),
]


@pytest.mark.parametrize(("name", "taken", "dropped"), COUNTS)
def test_rows_are_taken_or_counted(name: str, taken: int, dropped: dict[str, int]) -> None:
    """One bad row costs itself and is counted by reason; bare names stay."""
    mapped = page(name).mapped
    assert (mapped.taken, dict(mapped.dropped)) == (taken, dropped)


def test_values_that_cannot_be_read_are_counted() -> None:
    """A field of a wrong type is unknown, and named in the count."""
    assert page("anthropic").mapped.values == {
        "created_at: not a date": 1,
        "max_input_tokens: unexpected type": 1,
        "lifecycle: unexpected type": 1,
        "image_input: unexpected type": 1,
        "supported: unexpected type": 1,
    }


NEXT: list[tuple[str, dict[str, str] | None]] = [
    ("anthropic", {"after_id": "scribe-odd"}),
    ("gemini", {"pageToken": "two"}),
    ("cohere", {"page_token": "two"}),
    ("watsonx", {"version": "2026-01-01", "limit": "8", "start": "mark"}),
    ("azure_arm_deployments", {"api-version": "2024-10-01", "$skiptoken": "mark"}),
    ("azure_arm_models", None),
    ("azure_models", None),
    ("bedrock", None),
    ("mistral", None),
]


@pytest.mark.parametrize(("name", "following"), NEXT)
def test_the_next_page(name: str, following: dict[str, str] | None) -> None:
    """The query for the next page, and None at the end."""
    assert page(name).following == following


ENDS: list[tuple[str, dict[str, object]]] = [
    ("anthropic", {"data": [], "has_more": False, "last_id": "x"}),
    ("gemini", {"models": [], "nextPageToken": ""}),
    ("cohere", {"models": [], "next_page_token": None}),
    ("watsonx", {"resources": []}),
    ("azure", {"value": [], "nextLink": None}),
    ("bedrock", {"inferenceProfileSummaries": [], "nextToken": None}),
]


@pytest.mark.parametrize(("form", "payload"), ENDS)
def test_an_empty_last_page(form: str, payload: dict[str, object]) -> None:
    """A listing may be empty, and an empty token ends it."""
    assert read(form, payload) == Page(read("mistral", {"data": []}).mapped, None)


HALVES: list[tuple[str, dict[str, object]]] = [
    ("anthropic", {"data": [], "has_more": True, "last_id": None}),
    ("gemini", {"models": [], "nextPageToken": 2}),
    ("cohere", {"models": [], "next_page_token": ["x"]}),
    ("watsonx", {"resources": [], "next": {"href": "https://[half"}}),
    ("azure", {"value": [], "nextLink": "https://management.example/"}),
    ("bedrock", {"inferenceProfileSummaries": [], "nextToken": {"x": 1}}),
]


@pytest.mark.parametrize(("form", "payload"), HALVES)
def test_half_a_listing_is_not_taken_for_all(form: str, payload: dict[str, object]) -> None:
    """An answer that speaks of more models without saying where is refused."""
    with pytest.raises(SourceFailed, match="has more pages"):
        read(form, payload)


NOT_LISTINGS: list[object] = [
    None,
    "<html><body>Bad gateway</body></html>",
    [],
    7,
    {},
    {"error": {"message": "wrong key", "code": "401"}},
    {"data": "soon"},
    {"data": None, "models": None, "resources": None, "value": None, "modelSummaries": None},
    {"models": {}, "value": "x", "modelSummaries": 3, "resources": {}, "model_id": ""},
]


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("payload", NOT_LISTINGS, ids=lambda p: repr(p)[:30])
def test_what_is_no_listing_is_refused(form: str, payload: object) -> None:
    """HTML, errors and foreign envelopes are a failure of the source, not an empty list."""
    with pytest.raises(SourceFailed) as failure:
        read(form, payload, "somewhere")
    assert failure.value.source == "somewhere"
    assert "wrong key" not in failure.value.reason


@pytest.mark.parametrize(
    ("form", "key"),
    [("anthropic", "data"), ("gemini", "models"), ("mistral", "data"), ("lmstudio", "models")],
)
def test_a_list_without_one_readable_row_is_refused(form: str, key: str) -> None:
    """Rows of another shape altogether are not taken for an account without models."""
    with pytest.raises(SourceFailed, match="none of the 2 rows is valid"):
        read(form, {key: [{"identifier": "a"}, "b"]})


def test_a_day_decides_the_stage_of_life() -> None:
    """On watsonx a stage counts from the day it begins on, and today is the default."""
    payload, watsonx = load("watsonx"), reader("watsonx")
    days = ["2025-01-31", "2025-02-01", "2026-04-30", "2026-05-01", "2026-08-01"]
    pages = [watsonx(payload, "watsonx", today=day) for day in days] + [watsonx(payload, "watsonx")]
    ears = [next(r for r in p.mapped.rows if r["name"] == "rock/ear") for p in pages]
    stages = [ear.get("lifecycle") for ear in ears]
    assert stages == [None, "active", "active", "deprecated", "retired", "retired"]


def test_boto3_gives_times_as_objects() -> None:
    """Bedrock's dates may be datetimes, as its own client returns them."""
    life = {"status": "LEGACY", "endOfLifeTime": datetime(2027, 7, 21, 5, tzinfo=UTC)}
    payload = {"modelSummaries": [{"modelId": "m", "modelLifecycle": life}], "ResponseMetadata": {}}
    [only] = read("bedrock", payload).mapped.rows
    assert only["retires_at"] == "2027-07-21"


def test_a_profile_of_several_models_takes_no_facts() -> None:
    """An account's own profile is called by its ARN and is as able as nobody knows."""
    assert row("bedrock", "arn:aws:bedrock:here:0:application-inference-profile/abc123") == {
        "provider": "here",
        "name": "arn:aws:bedrock:here:0:application-inference-profile/abc123",
    }


def test_a_local_name_may_look_like_an_offer() -> None:
    """Names that mean a free or varying offer elsewhere cost nothing on one's own server."""
    rows = read("vllm", {"data": [{"id": "auto"}, {"id": "m:free"}]}).mapped.rows
    assert [r["price_basis"] for r in rows] == ["self_hosted", "self_hosted"]


@pytest.mark.parametrize(
    ("label", "count"),
    [
        ("8b", 8_000_000_000), ("46.7b", 46_700_000_000), ("805k", 805_000),
        ("26B-A4B", 26_000_000_000), ("1T", 10**12), (" 7B ", 7_000_000_000), ("0b", None),
        ("", None), (None, None), ("large", None), ("8x7b", None), ("7", None), ("-7b", None),
    ],
)  # fmt: skip
def test_labels_of_size(label: str | None, count: int | None) -> None:
    """A label tells the total number of weights, or nothing."""
    assert param_count(label) == count


# ---------------------------------------------------------------- damaged answers

JUNK: list[object] = [
    None, True, False, 0, -1, -0.5, 1, 10**30, -(10**30), 10**400, 1e308, math.nan, math.inf, "",
    "x", "1e9", "-5", "true", "x" * 300, "bell\x07", "\ud800", "2026-13-45", "1970-01-01", [], {},
    [None], [[]], ["a,b", " "], {"a": 1}, {"supported": 1}, [{"id": {}}],
]  # fmt: skip


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every (container, key) of a JSON value."""
    keys: list[Any] = []
    if isinstance(value, dict):
        keys = list(value)
    elif isinstance(value, list):
        keys = list(range(len(value)))
    for key in keys:
        yield value, key
        yield from places(value[key])


def damage(payload: object, chance: random.Random) -> object:
    """The payload with one place of it removed, replaced, doubled or emptied."""
    holder: dict[str, Any] = {"all": copy.deepcopy(payload)}
    container, key = chance.choice(list(places(holder)))
    deed = chance.randrange(4)
    if deed == 0 and container is not holder:
        del container[key]
    elif deed == 1 and isinstance(container[key], list):
        container[key] = container[key] * 2
    elif deed == 2:
        container[key] = type(container[key])()
    else:
        container[key] = copy.deepcopy(chance.choice(JUNK))
    return holder["all"]


def faults(form: str, payload: object) -> list[object]:
    """What is wrong with the reading of a payload; an honest refusal is not."""
    try:
        rows = read(form, payload).mapped.rows
    except SourceFailed:
        return []
    names = {"provider", "name", "family", "display_name", "aliases", "listed"}
    facts = [({k: v for k, v in r.items() if k not in names}, r) for r in rows]
    refused = [claim("m", fact).dropped for fact, _ in facts if claim("m", fact).dropped]
    blank = [r for _, r in facts if any(v is None or v == [] for v in r.values())]
    strange = [r for r in rows if identity(r)[0] is None or identity(r)[1]]
    return [*refused, *blank, *strange]


@pytest.mark.parametrize("name", PAYLOADS)
@settings(max_examples=60, deadline=None)
@given(chance=st.randoms(use_true_random=False), times=st.integers(1, 5))
def test_damage_is_refused_or_survived(name: str, chance: random.Random, times: int) -> None:
    """No damage to a payload raises but SourceFailed, or yields what the catalog refuses."""
    payload = load(name)
    for _ in range(times):
        payload = damage(payload, chance)
    assert faults(PAYLOADS[name], payload) == []


# ---------------------------------------------------------------- the reference payloads

SWEEP: list[tuple[str, str, int]] = [
    ("anthropic/models_recorded_2026-08", "anthropic", 10),
    ("anthropic/models_page1", "anthropic", 4),
    ("anthropic/models_page2", "anthropic", 4),
    ("anthropic/models_page3", "anthropic", 2),
    ("anthropic/models_empty", "anthropic", 0),
    ("anthropic/models_sdk_2.12", "anthropic", 4),
    ("google_gemini/models", "gemini", 18),
    ("google_gemini/models_page1", "gemini", 6),
    ("google_gemini/models_page2", "gemini", 6),
    ("google_gemini/models_page3", "gemini", 6),
    ("mistral/models", "mistral", 15),
    ("cohere/models", "cohere", 13),
    ("cohere/models_page1", "cohere", 6),
    ("cohere/models_page2", "cohere", 7),
    ("ibm_watsonx/foundation_model_specs", "watsonx", 9),
    ("ibm_watsonx/foundation_model_specs_page1", "watsonx", 5),
    ("ibm_watsonx/foundation_model_specs_page2", "watsonx", 4),
    ("ibm_watsonx/gateway_models", "watsonx", 1),
    ("azure_openai/openai_models", "azure", 4),
    ("azure_openai/openai_deployments_2022-12-01", "azure", 1),
    ("azure_openai/arm_deployments", "azure", 2),
    ("azure_openai/arm_location_models", "azure", 1),
    ("aws_bedrock/foundation_models", "bedrock", 4),
    ("aws_bedrock/inference_profiles_page1", "bedrock", 1),
    ("aws_bedrock/inference_profiles_page2", "bedrock", 0),
    ("vllm/models", "vllm", 1),
    ("vllm/models_lora", "vllm", 2),
    ("sglang/v1_models", "vllm", 1),
    ("sglang/model_info", "vllm", 1),
    ("llamacpp/models", "llamacpp", 1),
    ("llamacpp/models_gemma4", "llamacpp", 1),
    ("llamacpp/models_loading", "llamacpp", 1),
    ("llamacpp/models_readme", "llamacpp", 1),
    ("llamacpp/models_router_mode", "llamacpp", 2),
    ("lmstudio/api_v1_models", "lmstudio", 3),
    ("lmstudio/api_v0_models", "lmstudio", 3),
    ("lmstudio/api_v0_models_loaded", "lmstudio", 2),
    ("lmstudio/v1_models", "lmstudio", 2),
    ("tgi/info", "tgi", 1),
    ("tgi/info_v1", "tgi", 1),
    ("litellm_proxy/model_info", "litellm_proxy", 5),
]
reference = pytest.mark.skipif(not SHARED.is_dir(), reason="the reference payloads are elsewhere")


def theirs(file: str) -> Page:
    """The page of a reference payload."""
    form = next(form for name, form, _ in SWEEP if name == file)
    return read(form, json.loads((SHARED / f"{file}.json").read_text("utf-8")))


@reference
@pytest.mark.parametrize(("file", "form", "taken"), SWEEP)
def test_reference_listings_are_read_whole(file: str, form: str, taken: int) -> None:
    """Every listed model is found, and no row or value of a real answer is lost."""
    mapped = theirs(file).mapped
    lost = {reason for reason in mapped.values if not reason.endswith("(kept)")}
    assert (mapped.taken, dict(mapped.dropped), lost) == (taken, {}, set())


REFERENCE_FACTS: list[tuple[str, str, str, object]] = [
    ("anthropic/models_recorded_2026-08", "claude-opus-5", "max_output_tokens", 128000),
    ("anthropic/models_recorded_2026-08", "claude-sonnet-4-5-20250929", "max_context", None),
    ("anthropic/models_sdk_2.12", "claude-sonnet-4-5-20250929", "retires_at", "2026-11-30"),
    ("google_gemini/models", "gemini-embedding-001", "max_output_tokens", None),
    ("google_gemini/models", "gemini-2.5-flash", "max_context", 1048576),
    ("google_gemini/models", "gemini-2.5-flash-preview-tts", "mode", None),
    ("mistral/models", "mistral-small-2603", "supports_reasoning", True),
    ("mistral/models", "mistral-medium-2505", "replacement", "mistral-medium-3-5"),
    ("mistral/models", "mistral-embed-2312", "mode", "embedding"),
    ("cohere/models", "embed-english-v3.0-image", "max_context", None),
    ("cohere/models", "command-a-03-2025", "supports_tools", True),
    ("ibm_watsonx/foundation_model_specs", "google/flan-t5-xl", "lifecycle", "retired"),
    ("azure_openai/openai_models", "gpt-35-turbo", "retires_at", "2024-07-05"),
    ("azure_openai/arm_deployments", "prod-chat", "max_context", 128000),
    ("aws_bedrock/foundation_models", "anthropic.claude-v2:1", "retires_at", "2025-07-21"),
    ("vllm/models_lora", "sql-lora", "served_context", 131072),
    ("llamacpp/models", "unsloth/Qwen3.5-2B-GGUF", "served_context", 16384),
    ("lmstudio/api_v1_models", "google/gemma-4-26b-a4b", "served_context", 4096),
    ("lmstudio/api_v0_models_loaded", "google/gemma-3-4b", "served_context", 12918),
    ("tgi/info_v1", "meta-llama/Llama-2-7b-chat-hf", "served_context", 2048),
    ("litellm_proxy/model_info", "claude-sonnet", "output_cost_per_1m", 15.0),
    ("litellm_proxy/model_info", "my-local", "input_cost_per_1m", None),
]


@reference
@pytest.mark.parametrize(("file", "model", "field", "value"), REFERENCE_FACTS)
def test_a_fact_of_a_reference_listing(file: str, model: str, field: str, value: object) -> None:
    """Real answers arrive with the values that their documentation gives them."""
    [found] = [r for r in theirs(file).mapped.rows if r["name"] == model]
    assert found.get(field) == value


@reference
@pytest.mark.parametrize("form", FORMATS)
def test_reference_errors_are_refused(form: str) -> None:
    """No error body of these hosts passes for a listing."""
    folders = {file.split("/")[0] for file, of, _ in SWEEP if of == form}
    files = sorted(f for folder in folders for f in (SHARED / folder).glob("error_*.json"))
    passed = [f.name for f in files if not refused(form, json.loads(f.read_text("utf-8")))]
    assert (passed, bool(files)) == ([], True)


def refused(form: str, payload: object) -> bool:
    """Whether the reading ends in SourceFailed."""
    try:
        read(form, payload)
    except SourceFailed:
        return True
    return False
