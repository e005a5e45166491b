"""LM Studio: GET /api/v1/models (`models`) and the older GET /api/v0/models (`data`).

All models on disk are listed: a request that names one loads it. The window of a loaded
model is `context_length` of its instances (the smallest counts) or, in v0,
`loaded_context_length`. The capability list of v0 proves presence only, never absence.
"""

from modeldex.upstream.formats.modalities import param_count
from modeldex.upstream.formats.payload import (
    Limit,
    Maybe,
    Payload,
    Words,
    list_under,
    page,
    typed_rows,
)
from modeldex.upstream.formats.price_basis import SELF_HOSTED
from modeldex.upstream.formats.rows import Page, Rows, table

_MODES = {"llm": "chat", "vlm": "chat", "embedding": "embedding", "embeddings": "embedding"}


class Format(Payload):
    """The quantization of the weights."""

    name: Maybe[str] = None


class Config(Payload):
    """The settings of a loaded instance."""

    context_length: Limit = None


class Instance(Payload):
    """A loaded copy of a model; a request may use its id."""

    id: Maybe[str] = None
    config: Maybe[Config] = None


class Reasoning(Payload):
    """The reasoning settings that a model accepts."""

    allowed_options: Words = ()


class Capabilities(Payload):
    """The capabilities that map to a catalog field."""

    vision: Maybe[bool] = None
    trained_for_tool_use: Maybe[bool] = None
    reasoning: Maybe[Reasoning] = None


class Current(Payload):
    """One entry of the v1 API."""

    key: Maybe[str] = None
    type: Maybe[str] = None
    display_name: Maybe[str] = None
    params_string: Maybe[str] = None
    quantization: Maybe[Format] = None
    loaded_instances: Maybe[list[Maybe[Instance]]] = None
    max_context_length: Limit = None
    capabilities: Maybe[Capabilities] = None


class Older(Payload):
    """One entry of the v0 API."""

    id: Maybe[str] = None
    type: Maybe[str] = None
    quantization: Maybe[str] = None
    max_context_length: Limit = None
    loaded_context_length: Limit = None
    capabilities: Words = ()


def map_page(payload: object, provider: str) -> Page:
    """Map the models on disk. Raises SourceFailed if the payload has no model list."""
    found, common = Rows(bare=True), {"provider": provider, **SELF_HOSTED}
    if "models" in table(payload):
        for model in typed_rows(list_under(payload, "models", provider), Current, found):
            found.add({**common, **_current(model)})
    else:
        for older in typed_rows(list_under(payload, "data", provider), Older, found):
            found.add({**common, **_older(older)})
    return page(found, provider)


def _current(model: Current) -> dict[str, object]:
    instances = [instance for instance in model.loaded_instances or () if instance]
    windows = [i.config.context_length for i in instances if i.config and i.config.context_length]
    capabilities = model.capabilities or Capabilities()
    return {
        "name": model.key,
        "aliases": [instance.id for instance in instances if instance.id],
        "display_name": model.display_name,
        "served_context": min(windows, default=None),
        "max_context": model.max_context_length,
        "supports_tools": capabilities.trained_for_tool_use,
        "supports_vision": capabilities.vision,
        "supports_reasoning": _reasoning(capabilities.reasoning),
        "param_count": param_count(model.params_string),
        "quantization": model.quantization.name if model.quantization else None,
        "mode": _MODES.get(model.type or ""),
    }


def _reasoning(reasoning: Reasoning | None) -> bool | None:
    options = set(reasoning.allowed_options) if reasoning else set()
    return options != {"off"} if options else None


def _older(model: Older) -> dict[str, object]:
    return {
        "name": model.id,
        "served_context": model.loaded_context_length,
        "max_context": model.max_context_length,
        "supports_tools": "tool_use" in model.capabilities or None,
        "supports_vision": model.type == "vlm" or None,
        "quantization": model.quantization,
        "mode": _MODES.get(model.type or ""),
    }
