"""Cerebras: GET /v1/models, and GET /public/v1/models, which needs no key and has more fields.

The public list has three formats: its own, OpenRouter's (names have a prefix `cerebras/`
that the API does not accept) and Hugging Face's (prices are numbers, USD per 1M tokens).
Capabilities and parameters are objects of booleans: an explicit false is a fact.
"""

from modeldex.upstream.formats import openai
from modeldex.upstream.formats.payload import Limit, Maybe, Payload, page
from modeldex.upstream.formats.rows import Page, Rows
from modeldex.upstream.formats.token_prices import USD_PER_1M, NumberAmount, Pricing, prices

_FLAGS = {
    "function_calling": "supports_tools",
    "tools": "supports_tools",
    "parallel_tool_calls": "supports_parallel_tools",
    "vision": "supports_vision",
    "reasoning": "supports_reasoning",
    "streaming": "supports_streaming",
    "json_mode": "supports_json_mode",
    "structured_outputs": "supports_structured_outputs",
}


class Costs(Pricing):
    """Token prices: `input`/`output` per 1M tokens, or OpenRouter's fields per token."""

    input: NumberAmount = None
    output: NumberAmount = None

    def facts(self) -> dict[str, object]:
        """The price fields of the catalog, in USD per 1M tokens."""
        return {**prices(USD_PER_1M, self.input, self.output), **super().facts()}


class Limits(Payload):
    """Limits of one request, in tokens."""

    max_context_length: Limit = None
    max_completion_tokens: Limit = None


class Model(Payload):
    """One entry, in any of the formats."""

    limits: Maybe[Limits] = None
    capabilities: Maybe[dict[str, Maybe[bool]]] = None
    supported_parameters: Maybe[dict[str, Maybe[bool]]] = None
    deprecated: Maybe[bool] = None
    preview: Maybe[bool] = None
    pricing: Maybe[Costs] = None


def map_page(payload: object, provider: str) -> Page:
    """Map all models. Raises SourceFailed if the payload has no model list."""
    found = Rows(bare=True)
    for row in openai.objects_under(payload, provider, found):
        model = Model.model_validate(row, context=found.values)
        stated = {**openai.facts(row, found), **_own(model)}
        name = str(stated["name"] or "").removeprefix("cerebras/")
        found.add({"provider": provider, **stated, "name": name})
    return page(found, provider)


def _own(model: Model) -> dict[str, object]:
    limits, accepted = model.limits or Limits(), model.supported_parameters or {}
    stated = {
        "max_context": limits.max_context_length,
        "max_output_tokens": limits.max_completion_tokens,
        "known_params": {name for name, supported in accepted.items() if supported},
        "unsupported_params": {name for name, supported in accepted.items() if supported is False},
        "lifecycle": _lifecycle(model),
    }
    flags = {
        _FLAGS[word]: value for word, value in (model.capabilities or {}).items() if word in _FLAGS
    }
    mode = "chat" if flags.get("supports_tools") else None
    known = {k: v for k, v in {**stated, **flags, "mode": mode}.items() if v not in (None, set())}
    return {**known, **(model.pricing.facts() if model.pricing else {})}


def _lifecycle(model: Model) -> str | None:
    if model.deprecated:
        return "deprecated"
    if model.preview:
        return "preview"
    return "active" if model.deprecated is False else None
