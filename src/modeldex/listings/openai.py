"""OpenAI's GET /models, and that of the many hosts which answer in its shape.

OpenAI itself tells a name and, since 2026, the day of the shutdown. Others add limits,
modalities, features and prices under few enough names that this one reading serves Groq,
DeepSeek, Moonshot, Perplexity, Cerebras, NVIDIA, Baseten and any other host a user adds.
`created` is no release date: some write the time of the request, a constant or 0. A bare
`max_tokens` means different things to different hosts, and is not read.
"""

from modeldex.listings.lifecycle import ending
from modeldex.listings.modalities import flags_of, modalities, mode_without_text
from modeldex.listings.page import Page
from modeldex.listings.rows import Rows
from modeldex.listings.theirs import Day, Limit, Maybe, Theirs, Words, each, listed, page
from modeldex.listings.tokens import Pricing

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


class Effort(Theirs):
    """How much a model thinks."""

    supported_levels: Words = ()


class Model(Theirs):
    """One row: `id` everywhere, of the rest a few on each host."""

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
    pricing: Maybe[Pricing] = None


def read(payload: object, provider: str) -> Page:
    """All models; SourceFailed where the answer is no listing."""
    found = Rows(bare=True)
    for model in each(listed(payload, "data", provider), Model, found):
        found.add({"provider": provider, "name": model.id, **facts(model)})
    return page(found, provider)


def facts(model: Model) -> dict[str, object]:
    """What a row states of a model; `listed` is False where it says that nobody can call it."""
    flags = _flags(model)
    talks = flags.get("supports_tools") or flags.get("supports_reasoning")
    return {
        "display_name": model.display_name or model.name,
        "listed": model.active is not False,
        "max_context": model.context_length or model.context_window or model.max_model_len,
        "max_output_tokens": model.max_completion_tokens
        or model.max_output_tokens
        or model.max_output_length,
        "known_params": _params(model),
        "mode": mode_without_text(model.output_modalities) or ("chat" if talks else None),
        "quantization": model.quantization,
        **modalities(model.input_modalities, model.output_modalities),
        **flags,
        **ending(model.shutdown_date),
        **_prices(model),
    }


def _flags(model: Model) -> dict[str, object]:
    thinks = {"supports_reasoning": True} if model.effort and model.effort.supported_levels else {}
    stated = {
        "supports_tools": model.supports_tools,
        "supports_vision": model.supports_image_in,
        "supports_reasoning": model.supports_reasoning,
    }
    known = {flag: value for flag, value in stated.items() if value is not None}
    return {**thinks, **known, **flags_of(model.supported_features, _FEATURES)}


def _params(model: Model) -> set[str]:
    """Sampling has a list of its own, without which the few of the features are no whole."""
    if not model.supported_sampling_parameters:
        return set()
    implied = {_PARAMETERS[word] for word in model.supported_features if word in _PARAMETERS}
    return implied | set(model.supported_sampling_parameters)


def _prices(model: Model) -> dict[str, object]:
    """Speech is priced by the character and a transcript by the hour, in the same fields."""
    given = set(model.output_modalities)
    if model.pricing is None or (given and not given & _PER_TOKEN):
        return {}
    return model.pricing.facts()
