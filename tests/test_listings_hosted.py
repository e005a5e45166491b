"""How the listings of OpenAI-shaped and price-carrying hosts become rows of the catalog."""

import copy
import json
from collections.abc import Iterator
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

OWN = Path(__file__).parent / "data" / "listings"
SHARED = Path(__file__).parents[2] / "shared" / "fixtures" / "providers"

# our own payloads: file -> wire format and provider
PAYLOADS = {
    "openai": ("openai", "openai"),
    "openrouter": ("openrouter", "openrouter"),
    "together": ("together", "together"),
    "fireworks": ("fireworks", "fireworks"),
    "fireworks_control": ("fireworks", "fireworks"),
    "xai": ("xai", "xai"),
    "xai_plain": ("xai", "xai"),
    "cerebras": ("cerebras", "cerebras"),
    "deepinfra": ("deepinfra", "deepinfra"),
    "deepinfra_native": ("deepinfra", "deepinfra"),
    "vercel": ("vercel", "vercel"),
    "github": ("github", "github"),
    "huggingface": ("huggingface", "huggingface"),
}
FORMATS = sorted({wire for wire, _ in PAYLOADS.values()})
BARE_ARRAYS = ("together", "github", "deepinfra")
FW = "accounts/fireworks/models"


def read(wire: str, payload: object, provider: str = "somebody") -> Page:
    """The page that a wire format makes of a payload."""
    page: Page = import_module(f"modeldex.listings.{wire}").read(payload, provider)
    return page


@cache
def theirs(name: str) -> Any:
    """One of our own payloads."""
    return json.loads((OWN / f"{name}.json").read_text("utf-8"))


@cache
def page_of(name: str) -> Page:
    """The page of one of our own payloads."""
    wire, provider = PAYLOADS[name]
    return read(wire, theirs(name), provider)


def row(name: str, model: str) -> dict[str, Any]:
    """The one row of a model in one of our own payloads."""
    return {str(r["name"]): r for r in page_of(name).mapped.rows}[model]


FACTS = [
    ("openai", "leaving-1", "retires_at", "2027-01-20"),
    ("openai", "leaving-1", "lifecycle", "deprecated"),
    ("openai", "overdue-1", "lifecycle", "deprecated"),  # listed, so not retired
    ("openai", "rich/one", "max_context", 131072),
    ("openai", "rich/one", "max_output_tokens", 65536),
    ("openai", "rich/one", "display_name", "Rich One"),
    ("openai", "rich/one", "input_cost_per_1m", 0.15),
    ("openai", "rich/one", "output_cost_per_1m", 0.6),
    ("openai", "rich/one", "cache_read_cost_per_1m", 0.075),
    ("openai", "rich/one", "price_basis", "metered"),
    ("openai", "rich/one", "supports_tools", True),
    ("openai", "rich/one", "supports_json_mode", True),
    ("openai", "rich/one", "supports_structured_outputs", True),
    ("openai", "rich/one", "supports_reasoning", True),
    ("openai", "rich/one", "supports_vision", True),
    ("openai", "rich/one", "supports_audio", False),
    ("openai", "rich/one", "input_modalities", ["image", "text"]),
    ("openai", "rich/one", "mode", "chat"),
    ("openai", "rich/one", "quantization", "fp4"),
    ("openai", "rich/one", "known_params",
     ["reasoning_effort", "response_format", "seed", "temperature", "tools", "top_p"]),
    ("openai", "rich/speaker", "mode", "audio"),
    ("openai", "rich/speaker", "output_modalities", ["audio"]),
    ("openai", "rich/speaker", "max_context", 4000),
    ("openai", "rich/listener", "mode", "audio"),
    ("openai", "rich/listener", "supports_audio", True),
    ("openai", "rich/listener", "output_modalities", ["text"]),
    ("openai", "rich/guard", "supports_json_mode", True),
    ("openai", "rich/asleep", "listed", False),
    ("openai", "thinker", "max_output_tokens", 393216),
    ("openai", "thinker", "supports_reasoning", True),
    ("openai", "thinker", "mode", "chat"),
    ("openai", "seer", "supports_vision", True),
    ("openai", "seer", "supports_reasoning", True),
    ("openai", "blind", "supports_vision", False),
    ("openai", "blind", "supports_reasoning", False),
    ("openai", "housed", "max_context", 32768),
    ("openrouter", "maker/big-1", "max_context", 200000),  # the smaller of two
    ("openrouter", "maker/big-1", "max_output_tokens", 64000),
    ("openrouter", "maker/big-1", "input_cost_per_1m", 3.0),  # not that of an override
    ("openrouter", "maker/big-1", "output_cost_per_1m", 15.0),
    ("openrouter", "maker/big-1", "cache_read_cost_per_1m", 0.3),
    ("openrouter", "maker/big-1", "cache_write_cost_per_1m", 0.0833333333333333),
    ("openrouter", "maker/big-1", "supports_tools", True),
    ("openrouter", "maker/big-1", "supports_reasoning", True),
    ("openrouter", "maker/big-1", "supports_json_mode", False),
    ("openrouter", "maker/big-1", "supports_structured_outputs", False),
    ("openrouter", "maker/big-1", "supports_pdf", True),
    ("openrouter", "maker/big-1", "input_modalities", ["image", "pdf", "text"]),
    ("openrouter", "maker/big-1", "knowledge_cutoff", "2025-01-31"),
    ("openrouter", "maker/big-1", "mode", "chat"),
    ("openrouter", "maker/big-1", "known_params",
     ["max_tokens", "reasoning", "temperature", "tool_choice", "tools"]),
    ("openrouter", "maker/small-1", "max_context", 16000),
    ("openrouter", "maker/small-1", "supports_json_mode", True),  # implied by a schema
    ("openrouter", "maker/small-1", "supports_tools", False),
    ("openrouter", "maker/small-1", "retires_at", "2026-12-31"),
    ("openrouter", "maker/small-1", "lifecycle", "deprecated"),
    ("openrouter", "maker/thinks-1", "supports_reasoning", True),
    ("openrouter", "maker/gift-1:free", "price_basis", "free"),
    ("openrouter", "maker/gift-1:free", "input_cost_per_1m", 0.0),
    ("openrouter", "maker/big-1:batch", "mode", "other"),
    ("openrouter", "maker/big-1:batch", "input_cost_per_1m", 1.5),
    ("openrouter", "router/auto", "price_basis", "dynamic"),
    ("openrouter", "router/auto", "max_context", 2000000),
    ("openrouter", "~maker/big-latest", "price_basis", "dynamic"),
    ("openrouter", "maker/paints-1", "mode", "image"),
    ("openrouter", "maker/vectors-1", "mode", "embedding"),
    ("openrouter", "maker/vectors-1", "output_modalities", ["embedding"]),
    ("together", "maker/talks", "mode", "chat"),
    ("together", "maker/talks", "max_context", 512000),
    ("together", "maker/talks", "input_cost_per_1m", 1.4),
    ("together", "maker/talks", "cache_read_cost_per_1m", 0.26),
    ("together", "maker/noisy", "input_cost_per_1m", 0.14),
    ("together", "maker/noisy", "output_cost_per_1m", 0.18),
    ("together", "maker/base", "mode", "completion"),
    ("together", "maker/coder", "input_cost_per_1m", 0.3),
    ("together", "maker/hears", "mode", "audio"),
    ("together", "maker/speaks", "mode", "audio"),
    ("together", "maker/paints", "mode", "image"),
    ("together", "maker/films", "mode", "video"),
    ("together", "maker/vectors", "mode", "embedding"),
    ("together", "maker/vectors", "output_cost_per_1m", 0.0),
    ("together", "maker/guards", "mode", "moderation"),
    ("together", "maker/sorts", "mode", "rerank"),
    ("fireworks", f"{FW}/talks", "mode", "chat"),
    ("fireworks", f"{FW}/talks", "supports_vision", True),
    ("fireworks", f"{FW}/talks", "max_context", 262144),
    ("fireworks", f"{FW}/vectors", "mode", "embedding"),
    ("fireworks", f"{FW}/vectors", "supports_tools", False),
    ("fireworks", f"{FW}/a-reranker", "mode", "rerank"),
    ("fireworks_control", f"{FW}/talks", "max_context", 1048576),
    ("fireworks_control", f"{FW}/talks", "supports_tools", True),
    ("fireworks_control", f"{FW}/talks", "supports_vision", False),
    ("fireworks_control", f"{FW}/talks", "display_name", "Talks"),
    ("fireworks_control", f"{FW}/talks", "mode", "chat"),
    ("fireworks_control", f"{FW}/leaves", "retires_at", "2026-09-03"),
    ("fireworks_control", f"{FW}/leaves", "lifecycle", "deprecated"),
    ("fireworks_control", f"{FW}/leaves-some-day", "retires_at", "2027-04"),
    ("fireworks_control", f"{FW}/rent-only", "listed", False),
    ("fireworks_control", f"{FW}/rent-only", "max_context", 32768),
    ("fireworks_control", f"{FW}/loading", "listed", False),
    ("xai", "smart-1-0709", "input_cost_per_1m", 3.0),
    ("xai", "smart-1-0709", "output_cost_per_1m", 15.0),
    ("xai", "smart-1-0709", "cache_read_cost_per_1m", 0.75),
    ("xai", "smart-1-0709", "aliases", ["smart-1", "smart-1-latest"]),
    ("xai", "smart-1-0709", "supports_vision", True),
    ("xai", "smart-1-0709", "mode", "chat"),
    ("xai", "paints-1", "mode", "image"),
    ("xai", "odd-1", "input_cost_per_1m", 0.0001),
    ("xai_plain", "latest", "max_context", 131072),
    ("xai_plain", "smart-2", "max_context", 2000000),
    ("xai_plain", "smart-2", "aliases", ["smart"]),
    ("xai_plain", "smart-2", "input_cost_per_1m", 1.25),
    ("cerebras", "own-1", "max_context", 131072),
    ("cerebras", "own-1", "max_output_tokens", 40960),
    ("cerebras", "own-1", "supports_tools", True),
    ("cerebras", "own-1", "supports_parallel_tools", False),
    ("cerebras", "own-1", "supports_streaming", True),
    ("cerebras", "own-1", "supports_vision", False),
    ("cerebras", "own-1", "supports_structured_outputs", True),
    ("cerebras", "own-1", "supports_reasoning", True),
    ("cerebras", "own-1", "known_params", ["seed", "temperature"]),
    ("cerebras", "own-1", "unsupported_params", ["logit_bias"]),
    ("cerebras", "own-1", "input_cost_per_1m", 0.35),
    ("cerebras", "own-1", "lifecycle", "active"),
    ("cerebras", "own-1", "mode", "chat"),
    ("cerebras", "own-2", "lifecycle", "preview"),
    ("cerebras", "own-3", "lifecycle", "deprecated"),
    ("cerebras", "prefixed-1", "max_output_tokens", 40960),
    ("cerebras", "prefixed-1", "output_cost_per_1m", 0.75),
    ("cerebras", "prefixed-1", "supports_tools", True),
    ("cerebras", "prefixed-1", "quantization", "fp16"),
    ("cerebras", "numbers-1", "input_cost_per_1m", 0.35),
    ("cerebras", "numbers-1", "supports_tools", False),
    ("deepinfra", "maker/thinks", "max_context", 1000000),
    ("deepinfra", "maker/thinks", "max_output_tokens", 384000),
    ("deepinfra", "maker/thinks", "cache_read_cost_per_1m", 0.06),
    ("deepinfra", "maker/thinks", "supports_reasoning", True),
    ("deepinfra", "maker/thinks", "mode", "chat"),
    ("deepinfra", "maker/sees", "supports_vision", True),
    ("deepinfra", "maker/hears", "mode", "audio"),
    ("deepinfra_native", "maker/writes", "max_context", 131072),  # max_tokens, over there
    ("deepinfra_native", "maker/writes", "input_cost_per_1m", 0.23),
    ("deepinfra_native", "maker/writes", "output_cost_per_1m", 0.4),
    ("deepinfra_native", "maker/vectors", "mode", "embedding"),
    ("deepinfra_native", "maker/vectors", "input_cost_per_1m", 0.01),
    ("vercel", "maker/talks", "max_context", 1050000),
    ("vercel", "maker/talks", "max_output_tokens", 128000),
    ("vercel", "maker/talks", "input_cost_per_1m", 1.0),
    ("vercel", "maker/talks", "cache_write_cost_per_1m", 1.25),
    ("vercel", "maker/talks", "supports_tools", True),
    ("vercel", "maker/talks", "supports_pdf", True),
    ("vercel", "maker/talks", "supports_prompt_cache", True),
    ("vercel", "maker/talks", "release_date", "2026-06-09"),
    ("vercel", "maker/talks", "mode", "chat"),
    ("vercel", "maker/vectors", "mode", "embedding"),
    ("vercel", "maker/vectors", "input_cost_per_1m", 0.02),
    ("vercel", "maker/paints", "mode", "image"),
    ("vercel", "maker/sorts", "mode", "rerank"),
    ("github", "maker/talks", "max_input_tokens", 1048576),
    ("github", "maker/talks", "max_output_tokens", 32768),
    ("github", "maker/talks", "supports_streaming", True),
    ("github", "maker/talks", "supports_tools", True),
    ("github", "maker/talks", "supports_audio", True),
    ("github", "maker/silent", "lifecycle", "retired"),
    ("github", "maker/silent", "retires_at", "2026-07-30"),
    ("huggingface", "maker/everywhere:alpha", "max_context", 1048576),
    ("huggingface", "maker/everywhere:alpha", "input_cost_per_1m", 1.69),
    ("huggingface", "maker/everywhere:alpha", "supports_structured_outputs", False),
    ("huggingface", "maker/everywhere:beta-ai", "supports_structured_outputs", True),
    ("huggingface", "maker/everywhere", "max_context", 65536),  # the smallest
    ("huggingface", "maker/everywhere", "supports_tools", True),
    ("huggingface", "maker/everywhere", "output_cost_per_1m", 3.38),
    ("huggingface", "maker/everywhere", "mode", "chat"),
    ("huggingface", "maker/everywhere", "supports_vision", False),
    ("huggingface", "maker/partly:alpha", "supports_tools", True),
    ("huggingface", "maker/gift", "price_basis", "free"),
    ("huggingface", "maker/gift", "max_context", 131072),
    ("huggingface", "maker/gift:alpha", "input_cost_per_1m", 0.0),
    ("huggingface", "maker/gift:alpha", "supports_vision", True),
    ("huggingface", "maker/off", "listed", False),
]  # fmt: skip


@pytest.mark.parametrize(("name", "model", "field", "value"), FACTS)
def test_a_fact_of_a_listing_reaches_its_field(
    name: str, model: str, field: str, value: object
) -> None:
    """What a host states arrives under our name, in our unit and exact."""
    assert row(name, model)[field] == value


UNKNOWN = [
    ("openai", "plain-1", "release_date"),  # `created` is none
    ("openai", "plain-1", "mode"),
    ("openai", "staying-1", "lifecycle"),
    ("openai", "distant-1", "retires_at"),  # stands for never
    ("openai", "distant-1", "lifecycle"),
    ("openai", "vague-1", "retires_at"),
    ("openai", "vague-1", "lifecycle"),
    ("openai", "rich/speaker", "input_cost_per_1m"),  # by the character
    ("openai", "rich/speaker", "price_basis"),
    ("openai", "rich/listener", "known_params"),
    ("openai", "rich/guard", "supports_tools"),  # a missing feature is no denial
    ("openai", "rich/guard", "mode"),  # guards write text too
    ("openai", "rich/guard", "known_params"),
    ("openai", "rich/guard", "input_cost_per_1m"),  # a number is in no certain unit
    ("openai", "rich/guard", "output_cost_per_1m"),
    ("openai", "rich/one", "listed"),
    ("openai", "rich/one", "supports_pdf"),
    ("openai", "thinker", "supports_tools"),
    ("openai", "seer", "supports_tools"),
    ("openai", "blind", "mode"),
    ("openai", "wrong-types", "max_context"),
    ("openai", "wrong-types", "max_output_tokens"),
    ("openai", "wrong-types", "supports_tools"),
    ("openai", "wrong-types", "input_modalities"),
    ("openai", "wrong-types", "supports_vision"),
    ("openai", "wrong-types", "quantization"),
    ("openai", "wrong-types", "display_name"),
    ("openai", "no-limits", "max_context"),
    ("openai", "no-limits", "max_output_tokens"),
    ("openrouter", "maker/big-1", "retires_at"),
    ("openrouter", "maker/small-1", "max_output_tokens"),
    ("openrouter", "maker/small-1", "supports_pdf"),
    ("openrouter", "maker/forever-1", "retires_at"),
    ("openrouter", "maker/forever-1", "supports_tools"),  # an empty list says nothing
    ("openrouter", "maker/forever-1", "supports_reasoning"),
    ("openrouter", "maker/forever-1", "supports_vision"),
    ("openrouter", "maker/thinks-1", "supports_tools"),
    ("openrouter", "maker/zero-1", "input_cost_per_1m"),
    ("openrouter", "maker/zero-1", "price_basis"),
    ("openrouter", "router/auto", "input_cost_per_1m"),
    ("openrouter", "~maker/big-latest", "input_cost_per_1m"),
    ("openrouter", "~maker/big-latest", "aliases"),
    ("together", "maker/talks", "supports_tools"),
    ("together", "maker/talks", "max_output_tokens"),
    ("together", "maker/noisy", "max_context"),
    ("together", "maker/unknown-price", "input_cost_per_1m"),
    ("together", "maker/unknown-price", "price_basis"),
    ("together", "maker/coder", "mode"),
    ("together", "maker/hears", "max_context"),  # 1 is no window
    ("together", "maker/hears", "input_cost_per_1m"),
    ("together", "maker/speaks", "input_cost_per_1m"),  # by the character
    ("together", "maker/paints", "price_basis"),
    ("together", "maker/new-kind", "mode"),
    ("fireworks", f"{FW}/talks", "max_output_tokens"),
    ("fireworks", f"{FW}/a-reranker", "supports_vision"),
    ("fireworks", f"{FW}/unkind", "mode"),  # supports_chat alone proves nothing
    ("fireworks", f"{FW}/unkind", "max_context"),
    ("fireworks", f"{FW}/paints", "mode"),
    ("fireworks_control", f"{FW}/leaves", "listed"),
    ("fireworks_control", f"{FW}/leaves", "supports_tools"),
    ("fireworks_control", f"{FW}/loading", "retires_at"),
    ("xai", "smart-1-0709", "max_context"),
    ("xai", "smart-1-0709", "supports_tools"),
    ("xai", "odd-1", "output_cost_per_1m"),
    ("xai", "odd-1", "mode"),
    ("xai_plain", "smart-2", "max_input_tokens"),  # a step of the price is no limit
    ("xai_plain", "old-1", "max_context"),
    ("cerebras", "bare-1", "lifecycle"),
    ("cerebras", "own-2", "supports_vision"),
    ("cerebras", "own-2", "supports_tools"),
    ("cerebras", "prefixed-1", "cache_read_cost_per_1m"),
    ("cerebras", "prefixed-1", "supports_reasoning"),
    ("cerebras", "numbers-1", "supports_structured_outputs"),
    ("cerebras", "numbers-1", "mode"),
    ("deepinfra", "maker/thinks", "supports_tools"),
    ("deepinfra", "maker/thinks", "supports_vision"),
    ("deepinfra", "maker/sees", "max_output_tokens"),
    ("deepinfra", "maker/hears", "max_context"),
    ("deepinfra", "maker/hears", "input_cost_per_1m"),
    ("deepinfra", "maker/silent", "mode"),
    ("deepinfra_native", "maker/writes", "max_output_tokens"),
    ("deepinfra_native", "maker/writes", "mode"),  # chat or completion, it does not say
    ("vercel", "maker/talks", "supports_audio"),
    ("vercel", "maker/vectors", "max_context"),
    ("vercel", "maker/vectors", "max_output_tokens"),
    ("vercel", "maker/vectors", "supports_tools"),
    ("vercel", "maker/vectors", "release_date"),
    ("vercel", "maker/paints", "input_cost_per_1m"),
    ("github", "maker/silent", "supports_tools"),
    ("github", "maker/silent", "max_input_tokens"),
    ("huggingface", "maker/everywhere", "input_cost_per_1m"),  # differs between hosts
    ("huggingface", "maker/everywhere", "supports_structured_outputs"),
    ("huggingface", "maker/everywhere:alpha", "speed_hint_tps"),
    ("huggingface", "maker/partly", "max_context"),  # one host does not say
    ("huggingface", "maker/partly", "supports_tools"),
    ("huggingface", "maker/partly:gamma", "supports_tools"),
    ("huggingface", "maker/unexplained", "input_cost_per_1m"),
    ("huggingface", "maker/unexplained:alpha", "price_basis"),
    ("huggingface", "maker/hostless", "listed"),
]


@pytest.mark.parametrize(("name", "model", "field"), UNKNOWN)
def test_what_a_listing_does_not_state_stays_unknown(name: str, model: str, field: str) -> None:
    """Silence, a sentinel, a foreign unit and a wrong type all leave the field out."""
    assert field not in row(name, model)


NAMES_FOUND = {
    "openai": 18,
    "openrouter": 11,
    "together": 13,
    "fireworks": 5,
    "fireworks_control": 5,
    "xai": 3,
    "xai_plain": 3,
    "cerebras": 6,
    "deepinfra": 4,
    "deepinfra_native": 2,
    "vercel": 4,
    "github": 2,
    "huggingface": 13,
}


@pytest.mark.parametrize(("name", "count"), NAMES_FOUND.items())
def test_every_offer_of_a_listing_is_a_row(name: str, count: int) -> None:
    """Each offer gives one row of the asked provider, also when it states nothing else."""
    rows = page_of(name).mapped.rows
    assert {(r["provider"], len(rows)) for r in rows} == {(PAYLOADS[name][1], count)}


def test_a_row_of_a_name_alone_is_kept() -> None:
    """A model that a host merely names is found, with no opinion about it."""
    assert row("openai", "plain-1") == {"provider": "openai", "name": "plain-1"}


def test_lost_rows_and_values_are_counted() -> None:
    """A second row, a row without a name and a wrong type each leave a trace."""
    mapped = page_of("openai").mapped
    assert mapped.dropped == {
        "a second row for the same provider and name": 1,
        "name: expected text, got NoneType": 1,
        "name: empty": 1,
        "the row is not a JSON object": 2,
    }
    lost = {reason.partition(":")[0] for reason in mapped.values}
    assert lost == {
        "completion", "context_length", "input_modalities", "name", "pricing", "prompt",
        "quantization", "shutdown_date", "supports_tools",
    }  # fmt: skip


def test_a_host_that_is_down_is_no_offer() -> None:
    """Only hosts that are live and named become `model:host`."""
    names = {str(r["name"]) for r in page_of("huggingface").mapped.rows}
    assert {n for n in names if ":" in n} == {
        "maker/everywhere:alpha",
        "maker/everywhere:beta-ai",
        "maker/partly:alpha",
        "maker/partly:gamma",
        "maker/gift:alpha",
        "maker/unexplained:alpha",
    }


FOLLOWING = [
    ("openrouter", {"links": {"next": "https://a/b?limit=5&offset=5"}, "data": []},
     {"limit": "5", "offset": "5"}),
    ("openrouter", {"links": {"next": "/api/v1/models?offset=10"}, "data": []}, {"offset": "10"}),
    ("openrouter", {"links": {"next": None}, "data": []}, None),
    ("openrouter", {"data": []}, None),
    ("fireworks", {"models": [], "nextPageToken": "t"}, {"pageToken": "t"}),
    ("fireworks", {"models": [], "nextPageToken": ""}, None),
    ("fireworks", {"models": []}, None),
    ("openai", {"data": [], "first_id": "model-id-0", "has_more": False}, None),
    ("together", [], None),
]  # fmt: skip


@pytest.mark.parametrize(("wire", "payload", "following"), FOLLOWING)
def test_the_next_page_is_asked_for_as_the_answer_says(
    wire: str, payload: object, following: object
) -> None:
    """A page names the query of the next one, or is the last."""
    assert read(wire, payload) == (([], {}, {}), following)


@pytest.mark.parametrize(
    ("wire", "payload"),
    [
        ("openrouter", {"links": {"next": {"href": "?offset=5"}}, "data": []}),
        ("openrouter", {"links": {"next": "http://[broken"}, "data": []}),
        ("fireworks", {"models": [], "nextPageToken": 7}),
    ],
)
def test_a_next_page_that_cannot_be_asked_for_is_a_failure(wire: str, payload: object) -> None:
    """Part of a listing is never taken for the whole, or the rest would seem gone."""
    with pytest.raises(SourceFailed, match="more pages"):
        read(wire, payload)


NO_LISTINGS = [
    "<html><title>Sign in</title></html>",
    None,
    7,
    {},
    {"error": {"message": "Unauthorized"}},
    {"data": None},
    {"data": {"id": "one"}},
    {"id": "one", "object": "model"},
    {"object": "list", "data": "none"},
]


@pytest.mark.parametrize("payload", NO_LISTINGS)
@pytest.mark.parametrize("wire", FORMATS)
def test_an_answer_that_is_no_listing_is_a_failure(wire: str, payload: object) -> None:
    """Pages of HTML, errors, single models and other envelopes are named as such."""
    with pytest.raises(SourceFailed, match=r"^somebody: the response"):
        read(wire, payload)


@pytest.mark.parametrize("wire", [wire for wire in FORMATS if wire not in BARE_ARRAYS])
def test_a_bare_array_is_not_an_envelope(wire: str) -> None:
    """An array where an object is due belongs to another API."""
    with pytest.raises(SourceFailed, match="no list of models"):
        read(wire, [{"id": "one"}])


@pytest.mark.parametrize("wire", FORMATS)
def test_a_listing_of_which_nothing_can_be_read_is_a_failure(wire: str) -> None:
    """Rows of another shape must not pass for an empty list, which would retire all models."""
    rows = [{"label": "one"}, 5]
    payload = rows if wire in BARE_ARRAYS else {"data": rows}
    with pytest.raises(SourceFailed, match="none of the 2 rows"):
        read(wire, payload)


@pytest.mark.parametrize("wire", FORMATS)
def test_an_empty_listing_is_a_page_of_nothing(wire: str) -> None:
    """No models is an answer, and whether to believe it is for others to say."""
    assert read(wire, [] if wire in BARE_ARRAYS else {"data": []}).mapped.read == 0


# ---------------------------------------------------------------- the reference payloads

SWEEP = {
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
}
OTHER_CALLS = {
    "openai/model_gpt-4o.json", "openrouter/model_endpoints.json",
    "openrouter/model_endpoints_2025-05.json", "cerebras/public_model.json",
    "vercel_ai_gateway/model_endpoints.json", "huggingface/router_model.json",
    "huggingface/hub_models_inference_warm.json", "huggingface/hub_model_provider_mapping.json",
    "extras/cloudflare_workers_ai_models.json",
    "extras/cloudflare_workers_ai_models_page2_empty.json",
}  # fmt: skip
SWEPT_FACTS = [
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
]  # fmt: skip
needs_fixtures = pytest.mark.skipif(not SHARED.is_dir(), reason="reference payloads not here")


def swept(file: str) -> Page:
    """The page of one reference payload."""
    wire, provider, _ = SWEEP[file]
    return read(wire, json.loads((SHARED / file).read_text("utf-8")), provider)


@needs_fixtures
@pytest.mark.parametrize(("file", "count"), [(file, row[2]) for file, row in SWEEP.items()])
def test_a_reference_listing_is_read_whole(file: str, count: int) -> None:
    """Every row of a recorded or documented listing becomes an offer; none is lost."""
    mapped = swept(file).mapped
    assert (mapped.taken, sum(mapped.dropped.values())) == (count, 0)


@needs_fixtures
@pytest.mark.parametrize(("file", "model", "field", "value"), SWEPT_FACTS)
def test_a_fact_of_a_reference_listing(file: str, model: str, field: str, value: object) -> None:
    """Limits, prices and states are what the notes on the payloads say; None is unknown."""
    rows = {r["name"]: r for r in swept(file).mapped.rows}
    assert rows[model].get(field) == value


@needs_fixtures
def test_no_reference_listing_is_forgotten() -> None:
    """Every successful answer of these hosts is swept or is another call than the listing."""
    hosts = {file.partition("/")[0] for file in SWEEP}
    files = json.loads((SHARED / "manifest.json").read_text("utf-8"))["files"]
    good = {f["file"] for f in files if f["status"] == 200 and f["file"].split("/")[0] in hosts}
    assert good - OTHER_CALLS == SWEEP.keys()


# ---------------------------------------------------------------- damaged payloads

JUNK: list[Any] = [
    None, True, False, 0, 1, -1, 2**63, 10**400, -0.5, 1e308, float("nan"), float("inf"),
    "", "x", "-1", "9e999999", "NaN", "1e-999999", "0x10", "\x00\x1b[31m", "\ud800", "a" * 100_000,
    "2026-13-99", [], {}, [None], [[]], ["a b,c", 5, "\u202e"], {"a": {"b": []}}, [{}] * 3,
    {"year": 10**400, "month": -3, "day": True}, {"next": "http://[x"}, {"next": 5},
]  # fmt: skip


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every container in a JSON value with each of its keys."""
    keys = (
        value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    )
    for key in list(keys):
        yield value, key
        yield from places(value[key])


@st.composite
def damaged(draw: st.DrawFn) -> tuple[str, Any]:
    """The name of one of our payloads, and the payload with up to eight places changed."""
    name = draw(st.sampled_from(sorted(PAYLOADS)))
    whole = [copy.deepcopy(theirs(name))]
    for _ in range(draw(st.integers(1, 8))):
        container, key = draw(st.sampled_from(list(places(whole))))
        change = draw(st.sampled_from(["junk", "junk", "remove", "double"]))
        if change == "junk":
            container[key] = copy.deepcopy(draw(st.sampled_from(JUNK)))
        elif change == "double" and isinstance(container, list):
            container.append(copy.deepcopy(container[key]))
        elif container is not whole:
            del container[key]
    return name, whole[0]


def refused(name: str, payload: object) -> list[object]:
    """What the edge of the catalog would refuse of a page; nothing where there is none."""
    wire, provider = PAYLOADS[name]
    try:
        rows = read(wire, payload, provider).mapped.rows
    except SourceFailed:
        return []
    lost: list[object] = []
    for found in rows:
        who, faults = identity(found)
        facts = {field: found[field] for field in NAMES if field in found}
        lost += [*faults, *claim("m", facts).dropped]
        lost += [] if who is not None and who.provider == provider else [found]
    return lost


@settings(max_examples=300, deadline=None)
@given(damaged())
def test_a_damaged_listing_is_a_failure_or_clean_rows(case: tuple[str, Any]) -> None:
    """Whatever happens to a payload, only SourceFailed escapes and no value that is no fact."""
    assert refused(*case) == []
