"""OpenAI's GET /models, and that of the many OpenAI-compatible hosts.

OpenAI itself states the name and, since 2026, the shutdown date. Other hosts add limits,
modalities, features and prices; this format covers Groq, DeepSeek, Moonshot, Perplexity,
Cerebras, NVIDIA, Baseten and hosts that a user adds. `created` is not used as the release
date: some hosts write the time of the request, a constant or 0. A bare `max_tokens` is
ignored, because its meaning differs between hosts.
"""

from modeldex.upstream.formats import weights
from modeldex.upstream.formats.modalities import flags_of, modalities, mode_without_text
from modeldex.upstream.formats.payload import (
    Day,
    Limit,
    Maybe,
    Payload,
    Words,
    list_under,
    page,
    typed_rows,
)
from modeldex.upstream.formats.rows import Page, Rows, ending
from modeldex.upstream.formats.token_prices import Pricing

_FEATURES = {
    "tools": "supports_tools",
    "json_mode": "supports_json_mode",
    "structured_outputs": "supports_structured_outputs",
    "reasoning": "supports_reasoning",
}
_PARAMETERS = {
    "tools": "tools",
    "json_mode": "response_format",
    "structured_outputs": "response_format",
    "reasoning_effort": "reasoning_effort",
}
_PER_TOKEN = frozenset({"text", "embedding", "embeddings"})


class Effort(Payload):
    """The reasoning effort levels of a model."""

    supported_levels: Words = ()


class Model(Payload):
    """One entry: `id` on every host, each other field on some hosts only."""

    id: Maybe[str] = None
    name: Maybe[str] = None
    display_name: Maybe[str] = None
    active: Maybe[bool] = None
    shutdown_date: Day = None
    context_length: Limit = None
    context_window: Limit = None
    max_model_len: Limit = None
    max_completion_tokens: Limit = None
    max_output_tokens: Limit = None
    max_output_length: Limit = None
    input_modalities: Words = ()
    output_modalities: Words = ()
    supported_features: Words = ()
    supported_sampling_parameters: Words = ()
    supports_tools: Maybe[bool] = None
    supports_image_in: Maybe[bool] = None
    supports_reasoning: Maybe[bool] = None
    effort: Maybe[Effort] = None
    quantization: Maybe[str] = None
    hugging_face_id: Maybe[str] = None
    pricing: Maybe[Pricing] = None


def map_page(payload: object, provider: str) -> Page:
    """Map all models. Raises SourceFailed if the payload has no model list."""
    found = Rows(bare=True)
    for model in typed_rows(list_under(payload, "data", provider), Model, found):
        found.add({"provider": provider, "name": model.id, **facts(model)})
    return page(found, provider)


def facts(model: Model) -> dict[str, object]:
    """Map one entry to catalog fields; `listed` is False if it states `active: false`."""
    flags = _flags(model)
    can_chat = flags.get("supports_tools") or flags.get("supports_reasoning")
    return {
        "display_name": model.display_name or model.name,
        "listed": model.active is not False,
        "max_context": model.context_length or model.context_window or model.max_model_len,
        "max_output_tokens": model.max_completion_tokens
        or model.max_output_tokens
        or model.max_output_length,
        "known_params": _params(model),
        "mode": mode_without_text(model.output_modalities) or ("chat" if can_chat else None),
        "quantization": model.quantization,
        **weights.base(model.id, model.hugging_face_id),
        **modalities(model.input_modalities, model.output_modalities),
        **flags,
        **ending(model.shutdown_date),
        **_prices(model),
    }


def _flags(model: Model) -> dict[str, object]:
    by_effort = (
        {"supports_reasoning": True} if model.effort and model.effort.supported_levels else {}
    )
    stated = {
        "supports_tools": model.supports_tools,
        "supports_vision": model.supports_image_in,
        "supports_reasoning": model.supports_reasoning,
    }
    known = {flag: value for flag, value in stated.items() if value is not None}
    return {**by_effort, **known, **flags_of(model.supported_features, _FEATURES)}


def _params(model: Model) -> set[str]:
    """Accepted parameters; empty without the sampling list, as features imply only a few."""
    if not model.supported_sampling_parameters:
        return set()
    implied = {_PARAMETERS[word] for word in model.supported_features if word in _PARAMETERS}
    return implied | set(model.supported_sampling_parameters)


def _prices(model: Model) -> dict[str, object]:
    """Token prices; none for other output: the same fields then price characters or hours."""
    outputs = set(model.output_modalities)
    if model.pricing is None or (outputs and not outputs & _PER_TOKEN):
        return {}
    return model.pricing.facts()
