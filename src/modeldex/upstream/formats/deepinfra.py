"""DeepInfra: GET /openai/models with its metadata, and the older GET /models/list.

`max_tokens` is the output limit in the first and the context window in the second. Prices
are numbers: USD per 1M tokens in the first, cents per token in the second. Tags are not
complete: a missing tag means unknown, not unsupported.
"""

from modeldex.upstream.formats.modalities import flags_of
from modeldex.upstream.formats.payload import (
    Limit,
    Maybe,
    Payload,
    Words,
    list_under,
    page,
    typed_rows,
)
from modeldex.upstream.formats.rows import Page, Rows
from modeldex.upstream.formats.token_prices import CENTS_PER_TOKEN, USD_PER_1M, NumberAmount, prices

_TAG_MODES = {"stt": "audio", "tts": "audio", "chat": "chat"}
_TYPE_MODES = {
    "embeddings": "embedding", "reranker": "rerank", "text-to-image": "image",
    "text-to-video": "video", "text-to-speech": "audio",
    "automatic-speech-recognition": "audio",
}  # fmt: skip
_FLAGS = {"vlm": "supports_vision", "reasoning": "supports_reasoning"}


class Costs(Payload):
    """Prices of tokens in USD per 1M."""

    input_tokens: NumberAmount = None
    output_tokens: NumberAmount = None
    cache_read_tokens: NumberAmount = None


class Metadata(Payload):
    """The `metadata` object; null for many models."""

    context_length: Limit = None
    max_tokens: Limit = None
    tags: Words = ()
    pricing: Maybe[Costs] = None


class Model(Payload):
    """One entry of the OpenAI-compatible list."""

    id: Maybe[str] = None
    metadata: Maybe[Metadata] = None


class Cents(Payload):
    """Prices in cents per token."""

    cents_per_input_token: NumberAmount = None
    cents_per_output_token: NumberAmount = None


class Native(Payload):
    """One entry of the older list."""

    model_name: Maybe[str] = None
    type: Maybe[str] = None
    max_tokens: Limit = None
    pricing: Maybe[Cents] = None


def map_page(payload: object, provider: str) -> Page:
    """Map all models of either list. Raises SourceFailed if the payload is neither."""
    found = Rows(bare=True)
    if isinstance(payload, list):
        for native in typed_rows(payload, Native, found):
            found.add({"provider": provider, "name": native.model_name, **_native(native)})
    else:
        for model in typed_rows(list_under(payload, "data", provider), Model, found):
            metadata = model.metadata or Metadata()
            found.add({"provider": provider, "name": model.id, **_facts(metadata)})
    return page(found, provider)


def _facts(metadata: Metadata) -> dict[str, object]:
    cost = metadata.pricing or Costs()
    return {
        "max_context": metadata.context_length,
        "max_output_tokens": metadata.max_tokens,
        "mode": next((mode for tag, mode in _TAG_MODES.items() if tag in metadata.tags), None),
        **flags_of(metadata.tags, _FLAGS),
        **prices(USD_PER_1M, cost.input_tokens, cost.output_tokens, cost.cache_read_tokens),
    }


def _native(model: Native) -> dict[str, object]:
    cost = model.pricing or Cents()
    return {
        "max_context": model.max_tokens,
        "mode": _TYPE_MODES.get(model.type or ""),
        **prices(CENTS_PER_TOKEN, cost.cents_per_input_token, cost.cents_per_output_token),
    }
