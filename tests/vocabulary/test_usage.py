"""The cost of a response from the usage that its SDK reports."""

from types import SimpleNamespace
from typing import Any

import pytest
from openai.types import CompletionUsage
from openai.types.completion_usage import CompletionTokensDetails, PromptTokensDetails
from openai.types.create_embedding_response import Usage as EmbeddingUsage
from openai.types.responses import ResponseUsage
from openai.types.responses.response_usage import InputTokensDetails, OutputTokensDetails

from cases import case
from modeldex import InvalidQuery, ModelCapabilities, ModelSpec, ModelWithCapabilities, Workload
from modeldex.vocabulary.usage import UsedTokens, cost_of, tokens_of

PRICES = {
    "input_cost_per_1m": 2.0, "output_cost_per_1m": 10.0, "cache_read_cost_per_1m": 0.5,
    "cache_write_cost_per_1m": 2.5,
    "other_prices": frozenset({
        "cache_write_1h:4", "input/batch:1", "output/batch:5", "input>200000:4", "output>200000:15",
    }),
}  # fmt: skip

# As the SDKs' `model_dump()` and the APIs themselves write them.
ANTHROPIC = {
    "input_tokens": 1_000, "output_tokens": 500, "cache_read_input_tokens": 4_000,
    "cache_creation_input_tokens": 3_000,
    "cache_creation": {"ephemeral_5m_input_tokens": 2_000, "ephemeral_1h_input_tokens": 1_000},
    "server_tool_use": {"web_search_requests": 2}, "service_tier": "standard",
}  # fmt: skip
GOOGLE = {
    "prompt_token_count": 5_000, "cached_content_token_count": 4_000,
    "candidates_token_count": 300, "thoughts_token_count": 200, "tool_use_prompt_token_count": 100,
    "total_token_count": 5_600,
    "prompt_tokens_details": [{"modality": "TEXT", "token_count": 5_000}],
}  # fmt: skip
GOOGLE_REST = {
    "promptTokenCount": 5_000, "cachedContentTokenCount": 4_000, "candidatesTokenCount": 300,
    "thoughtsTokenCount": 200, "toolUsePromptTokenCount": 100,
    "promptTokensDetails": [{"modality": "TEXT", "tokenCount": 5_000}],
}  # fmt: skip
CHAT = CompletionUsage(
    prompt_tokens=5_000, completion_tokens=500, total_tokens=5_500,
    prompt_tokens_details=PromptTokensDetails(cached_tokens=4_000),
    completion_tokens_details=CompletionTokensDetails(reasoning_tokens=400),
)  # fmt: skip
RESPONSES = ResponseUsage.model_construct(
    input_tokens=5_000, output_tokens=500, total_tokens=5_500,
    input_tokens_details=InputTokensDetails.model_construct(cached_tokens=4_000),
    output_tokens_details=OutputTokensDetails(reasoning_tokens=400),
)  # fmt: skip

SAME = UsedTokens(input=1_000, cache_read=4_000, output=500)
READ: list[tuple[object, UsedTokens]] = [
    (CHAT, SAME),
    (CHAT.model_dump(), SAME),
    (RESPONSES, SAME),
    (SimpleNamespace(id="r", usage=RESPONSES), SAME),
    (EmbeddingUsage(prompt_tokens=8, total_tokens=8), UsedTokens(input=8)),
    (ANTHROPIC, UsedTokens(1_000, 4_000, 2_000, 1_000, 500, searches=2)),
    (SimpleNamespace(**ANTHROPIC), UsedTokens(1_000, 4_000, 2_000, 1_000, 500, searches=2)),
    (ANTHROPIC | {"service_tier": "batch"},
     UsedTokens(1_000, 4_000, 2_000, 1_000, 500, processing="batch", searches=2)),
    (GOOGLE, UsedTokens(input=1_100, cache_read=4_000, output=500)),
    (GOOGLE_REST, UsedTokens(input=1_100, cache_read=4_000, output=500)),
    ({"usageMetadata": GOOGLE_REST}, UsedTokens(input=1_100, cache_read=4_000, output=500)),
    (GOOGLE | {"prompt_tokens_details": [{"modality": "MediaModality.AUDIO", "token_count": 900}]},
     UsedTokens(input=200, cache_read=4_000, output=500, audio=900)),
    ({"prompt_tokens": 100, "completion_tokens": 20, "prompt_cache_hit_tokens": 64},
     UsedTokens(input=36, cache_read=64, output=20)),
    ({"input_tokens": 7, "output_tokens": 3}, UsedTokens(input=7, output=3)),
]  # fmt: skip


def model(**fields: Any) -> ModelWithCapabilities:
    """A model with these prices."""
    spec = ModelSpec(provider="acme", name="m")
    return ModelWithCapabilities(spec=spec, capabilities=ModelCapabilities(**fields))


def test_each_sdk_counts_in_its_own_way() -> None:
    """The same tokens are read from objects and dicts of each, and from whole responses."""
    for usage, tokens in READ:
        with case(usage):
            assert tokens_of(usage) == tokens


def test_the_cost_is_that_of_the_tokens() -> None:
    """Fresh, cached, written and generated tokens each have their price, as in a workload."""
    priced = model(**PRICES)
    cost = priced.cost_of(CHAT)
    assert cost.usd == pytest.approx((1_000 * 2 + 4_000 * 0.5 + 500 * 10) / 1e6)
    assert (cost.model, cost.unknown) == (priced, ())
    anthropic = priced.cost_of(ANTHROPIC)
    written = 2_000 * 2.5 + 1_000 * 4
    assert anthropic.usd == pytest.approx((1_000 * 2 + 4_000 * 0.5 + written + 5_000) / 1e6)
    assert anthropic.notes == ("2 web searches are not counted",)
    plain = {"input_tokens": 20_000, "output_tokens": 1_000}
    assert priced.cost_of(plain).usd == Workload(20_000, 1_000).cost_of(priced).usd


def test_the_size_and_the_batch_decide_about_the_price() -> None:
    """The whole prompt counts for a price by size; a batch is known from the usage or said."""
    priced = model(**PRICES)
    long = {"prompt_tokens": 250_000, "completion_tokens": 1_000}
    assert priced.cost_of(long).usd == pytest.approx((250_000 * 4 + 1_000 * 15) / 1e6)
    short = {"input_tokens": 1_000, "output_tokens": 1_000, "cache_read_input_tokens": 0}
    batched = pytest.approx((1_000 * 1 + 1_000 * 5) / 1e6)
    assert priced.cost_of(short | {"service_tier": "batch"}).usd == batched
    assert priced.cost_of(short, batch=True).usd == batched
    [note] = priced.cost_of(short | {"service_tier": "priority"}).notes
    assert note.startswith("priority processing: the standard price")


def test_an_unknown_price_is_never_0() -> None:
    """The cost is unknown then and says of what; a cache without a price has that of the prompt."""
    half = model(input_cost_per_1m=2.0)
    cost = half.cost_of(CHAT)
    assert (cost.usd, cost.unknown, repr(cost)) == (None, ("output",), "<Cost unknown on acme/m>")
    cached = {charge.kind: charge for charge in cost.breakdown}["cached"]
    assert "that of cached ones is unknown" in cached.assumed[0]
    assert model().cost_of(CHAT).unknown == ("input", "cached", "output")
    heard = CHAT.model_copy(update={"prompt_tokens_details": PromptTokensDetails(audio_tokens=10)})
    assert model(**PRICES).cost_of(heard).unknown == ("audio",)
    assert model(input_cost_per_1m=0.0, output_cost_per_1m=0.0).cost_of(CHAT).usd == 0
    assert cost_of({"input_cost_per_1m": 2.0}, EmbeddingUsage(prompt_tokens=8, total_tokens=8)).usd


def test_what_is_no_usage_is_refused() -> None:
    """Another object, and what is no number of tokens, are errors that say so."""
    for wrong in (None, "100", {}, {"tokens": 5}, {"prompt_tokens": -1}, {"input_tokens": "many"}):
        with case(wrong), pytest.raises(InvalidQuery, match="usage="):
            tokens_of(wrong)
