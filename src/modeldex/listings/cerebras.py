"""Cerebras: GET /v1/models, and GET /public/v1/models, which needs no key and tells more.

The public list comes in three shapes: its own, OpenRouter's (its names carry a `cerebras/`
that the API does not take) and Hugging Face's (numbers, USD per 1M tokens). Where flags or
parameters are spelled out, each is true or false.
"""

from modeldex.listings import openai
from modeldex.listings.page import Page
from modeldex.listings.rows import Rows
from modeldex.listings.theirs import Limit, Maybe, Theirs, each, listed, page
from modeldex.listings.tokens import USD_PER_1M, NumberAmount, Pricing, prices

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
    """The prices of tokens, in either unit."""

    input: NumberAmount = None
    output: NumberAmount = None

    def facts(self) -> dict[str, object]:
        """The price fields."""
        return {**prices(USD_PER_1M, self.input, self.output), **super().facts()}


class Limits(Theirs):
    """The sizes of one request."""

    max_context_length: Limit = None
    max_completion_tokens: Limit = None


class Model(openai.Model):
    """One row of any of the lists."""

    limits: Maybe[Limits] = None
    capabilities: Maybe[dict[str, Maybe[bool]]] = None
    supported_parameters: Maybe[dict[str, Maybe[bool]]] = None
    deprecated: Maybe[bool] = None
    preview: Maybe[bool] = None
    pricing: Maybe[Costs] = None


def read(payload: object, provider: str) -> Page:
    """All models; SourceFailed where the answer is no listing."""
    found = Rows(bare=True)
    for model in each(listed(payload, "data", provider), Model, found):
        name = model.id and model.id.removeprefix("cerebras/")
        found.add({"provider": provider, "name": name, **openai.facts(model), **_own(model)})
    return page(found, provider)


def _own(model: Model) -> dict[str, object]:
    limits, accepted = model.limits or Limits(), model.supported_parameters or {}
    stated = {
        "max_context": limits.max_context_length,
        "max_output_tokens": limits.max_completion_tokens,
        "known_params": {name for name, taken in accepted.items() if taken},
        "unsupported_params": {name for name, taken in accepted.items() if taken is False},
        "lifecycle": _lifecycle(model),
    }
    flags = {
        _FLAGS[word]: can for word, can in (model.capabilities or {}).items() if word in _FLAGS
    }
    mode = "chat" if flags.get("supports_tools") else None
    return {k: v for k, v in {**stated, **flags, "mode": mode}.items() if v not in (None, set())}


def _lifecycle(model: Model) -> str | None:
    if model.deprecated:
        return "deprecated"
    if model.preview:
        return "preview"
    return "active" if model.deprecated is False else None
