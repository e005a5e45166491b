"""OpenAI-shaped hosts: the names under which they state facts, and the units of their prices."""

import pytest

from modeldex.upstream.formats import (
    bedrock,
    github,
    huggingface,
    llamacpp,
    openai,
    openrouter,
    xai,
)
from modeldex.upstream.formats.rows import Mapped
from modeldex.vocabulary.normalize import normalize_answer

Row = dict[str, object]


def mapped(*rows: Row) -> Mapped:
    """What is made of the rows of a host of one's own."""
    return openai.map_page({"data": list(rows)}, "gw").mapped


def facts(row: Row) -> Row:
    """The facts of one row, without the name."""
    [found] = mapped({"id": "m", **row}).rows
    return {key: value for key, value in found.items() if key not in ("provider", "name")}


LIMITS: list[tuple[Row, Row]] = [
    ({"max_model_len": 4096}, {"max_context": 4096}),
    ({"contextLength": "32768"}, {"max_context": 32_768}),
    ({"max_model_len": 4096, "max_position_embeddings": 32_768},
     {"max_context": 32_768, "served_context": 4096}),
    ({"context_length": 8192, "top_provider": {"context_length": 8192}}, {"max_context": 8192}),
    ({"context_window": 200_000, "top_provider": {"context_length": 128_000}},
     {"max_context": 200_000, "served_context": 128_000}),
    ({"meta": {"n_ctx": 8192, "n_ctx_train": 4096}},
     {"max_context": 4096, "served_context": 4096}),
    ({"limit": {"context": 64_000, "input": 48_000, "output": 16_000}},
     {"max_context": 64_000, "max_input_tokens": 48_000, "max_output_tokens": 16_000}),
    ({"model_info": {"limits": {"maxPromptTokens": 9, "maxCompletionTokens": 5}}},
     {"max_input_tokens": 9, "max_output_tokens": 5}),
    ({"details": {"loaded_context_length": 2048}}, {"served_context": 2048}),
    ({"max_output_tokens": 9, "max_completion_tokens": 5}, {"max_output_tokens": 5}),
    ({"max_tokens": 4096, "context": 9, "input": 7}, {}),
    ({"context_length": 0, "max_model_len": -1, "max_input_tokens": None}, {}),
    ({"other": {"context_length": 4096}}, {}),
]  # fmt: skip


@pytest.mark.parametrize(("row", "right"), LIMITS)
def test_a_limit_has_many_names(row: Row, right: Row) -> None:
    """Of several windows the smallest is served; a bare max_tokens, as 0, says nothing."""
    assert facts(row) == right


ABLE: list[tuple[Row, Row]] = [
    ({"capabilities": ["tool_use", "vision", "streaming"]},
     {"supports_tools": True, "supports_vision": True, "supports_streaming": True,
      "mode": "chat"}),
    ({"capabilities": {"function_calling": False, "image_input": True}},
     {"supports_tools": False, "supports_vision": True}),
    ({"supportsVision": True, "supports_function_calling": False},
     {"supports_vision": True, "supports_tools": False}),
    ({"features": "tools,json-mode"},
     {"supports_tools": True, "supports_json_mode": True, "mode": "chat"}),
    ({"supports": {"tool_calls": True}, "capabilities": ["reasoning"]},
     {"supports_tools": True, "supports_reasoning": True, "mode": "chat"}),
    ({"tags": ["fast", "cheap"], "labels": []}, {}),
    ({"tools": None, "vision": "yes"}, {}),
]  # fmt: skip


@pytest.mark.parametrize(("row", "right"), ABLE)
def test_an_ability_is_a_word_or_a_boolean(row: Row, right: Row) -> None:
    """A word proves presence, a boolean either; whatever else is said is no fact."""
    assert facts(row) == right


MODES: list[tuple[Row, str | None]] = [
    ({"type": "chat"}, "chat"), ({"type": "embedding"}, "embedding"),
    ({"mode": "image_generation"}, "image"), ({"task": "text-to-speech"}, "audio"),
    ({"pipeline_tag": "sentence-similarity"}, "embedding"), ({"kind": "reranker"}, "rerank"),
    ({"capabilities": ["embeddings"]}, "embedding"), ({"labels": ["rerank"]}, "rerank"),
    ({"supported_endpoints": ["/v1/embeddings"]}, "embedding"),
    ({"supported_endpoints": ["/chat/completions", "/v1/images/generations"]}, "chat"),
    ({"capabilities": ["tools", "image_generation"]}, "chat"),
    ({"modalities": {"input": ["text"], "output": ["audio"]}}, "audio"),
    ({"architecture": {"modality": "text->image"}, "type": "chat"}, "image"),
    ({"output_modalities": ["embeddings"], "capabilities": ["tools"]}, "embedding"),
    ({"architecture": {"modality": "text+image->text"}}, None),
    ({"type": "model", "object": "model"}, None), ({"capabilities": ["completion"]}, None),
]  # fmt: skip


@pytest.mark.parametrize(("row", "right"), MODES)
def test_the_mode_is_stated_in_many_ways(row: Row, right: str | None) -> None:
    """An output without text decides; then the type, the endpoint, a word in a list."""
    assert facts(row).get("mode") == right


EACH = {"input_cost_per_1m": 0.5, "output_cost_per_1m": 1.5, "price_basis": "metered"}
PRICED: list[Row] = [
    {"pricing": {"prompt": "0.0000005", "completion": "0.0000015"}},
    {"input_cost_per_token": "5e-7", "output_cost_per_token": 1.5e-6},
    {"model_info": {"input_cost_per_token": 5e-7, "output_cost_per_token": 1.5e-6}},
    {"pricing": {"unit": "per_1m_tokens", "input": 0.5, "output": "1.5"}},
    {"pricing": {"unit": "USD/1M tokens", "prompt": "0.5", "completion": "$1.50"}},
    {"pricing": {"unit": "token", "prompt": 5e-7, "completion": 1.5e-6}},
    {"pricing": {"per": 1_000_000, "input": 0.5, "output": 1.5, "currency": "USD"}},
    {"pricing": {"per": "1,000 tokens", "input": 0.0005, "output": 0.0015}},
    {"price_per_1k": {"input": 0.0005, "output": 0.0015}},
    {"pricing": {"input_per_1k_tokens": "0.0005", "output_per_1k_tokens": "0.0015"}},
    {"pricing": {"inputPerMTok": 0.5, "outputPerMTok": 1.5}},
    {"input_price_per_million_tokens": 0.5, "output_price_per_million_tokens": 1.5},
    {"cost": {"input": {"price": 0.5, "unit": "1M tokens"},
              "output": {"price": 1.5, "unit": "1M tokens"}}},
]  # fmt: skip


@pytest.mark.parametrize("row", PRICED)
def test_a_price_counts_in_the_unit_that_is_stated(row: Row) -> None:
    """In a key, beside the prices, or by the texts that OpenRouter writes: per token."""
    assert facts(row) == EACH


UNPRICED: list[tuple[Row, dict[str, int]]] = [
    ({"pricing": {"input": 0.5, "output": 1.5}},
     {"input: a price without a unit": 1, "output: a price without a unit": 1}),
    ({"cost": {"input": "3"}}, {"input: a price without a unit": 1}),
    ({"pricing": {"prompt": 5e-7}}, {"prompt: a price without a unit": 1}),
    ({"pricing": {"prompt": "0.5"}}, {"prompt: a price without a unit": 1}),
    ({"pricing": {"unit": "request", "input": 0.5}}, {"input: a price without a unit": 1}),
    ({"pricing": {"unit": "1M tokens", "currency": "EUR", "input": 0.5}},
     {"input: a price that is not in USD": 1}),
    ({"input_cost_per_token": "cheap"}, {"input_cost_per_token: not an amount of money": 1}),
    ({"pricing": "free"}, {"pricing: unexpected type": 1}),
    ({"input_cost_per_image": 0.5, "input_tokens": 5, "pricing": {"image": 0.1}}, {}),
    ({"max_model_len": "many"}, {"max_model_len: unexpected type": 1}),
    ({"supports_tools": "yes"}, {"supports_tools: unexpected type": 1}),
]  # fmt: skip


@pytest.mark.parametrize(("row", "lost"), UNPRICED)
def test_what_is_not_clear_is_dropped_and_counted(row: Row, lost: dict[str, int]) -> None:
    """A price is never guessed from its size, nor is a limit from a word."""
    found = mapped({"id": "m", **row})
    assert found.rows == [{"provider": "gw", "name": "m"}]
    assert dict(found.values) == lost


def test_a_host_may_call_a_model_by_more_names() -> None:
    """A list or one name; what is not a name is left out."""
    rows = mapped({"id": "a", "aliases": ["x", 7]}, {"id": "b", "alias": "y"}).rows
    assert [row.get("aliases") for row in rows] == [["x"], ["y"]]


def given(kinds: str) -> Row:
    """The output of a model in the words of each format."""
    listed = {"input_modalities": ["text"], "output_modalities": [kinds]}
    return {
        **listed, "architecture": listed, "supported_output_modalities": [kinds],
        "inputModalities": ["TEXT"], "outputModalities": [kinds.upper()],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("word", "mode"),
    [("embeddings", "embedding"), ("image", "image"), ("audio", "audio"), ("rerank", "rerank")],
)
def test_who_gives_no_text_is_no_chat_model_in_any_format(word: str, mode: str) -> None:
    """The mode follows from the stated output in one place for all."""
    row = {"id": "m", "modelId": "m", **given(word)}
    pages = [
        *(each.map_page({"data": [row]}, "host") for each in (openai, openrouter, xai, llamacpp)),
        huggingface.map_page({"data": [row]}, "host"),
        github.map_page([row], "host"),
        bedrock.map_page({"modelSummaries": [row]}, "host"),
    ]
    assert [page.mapped.rows[0].get("mode") for page in pages] == [mode] * len(pages)


def test_an_opinion_without_text_as_output_has_a_mode() -> None:
    """Of a plug-in, a file or another registry, too; a stated mode stands."""
    outputs = [{"embedding"}, {"image", "text"}, {"video", "audio"}, set[str]()]
    modes = [normalize_answer("a/b", {"output_modalities": each}).values for each in outputs]
    assert [values.get("mode") for values in modes] == ["embedding", None, "video", None]
    stated = {"output_modalities": {"audio"}, "mode": "realtime"}
    assert normalize_answer("a/b", stated).values["mode"] == "realtime"


def test_no_more_is_served_than_was_trained() -> None:
    """In every opinion, however much a server allocates."""
    both = {"served_context": 131_072, "max_context": 8192}
    assert normalize_answer("a/b", both).values["served_context"] == 8192
    alone = normalize_answer("a/b", {"served_context": 131_072}).values
    assert alone == {"served_context": 131_072}
