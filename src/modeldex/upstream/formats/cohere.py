"""Cohere's GET /v1/models. The mode of a model follows from its list of `endpoints`.

`name` is the id. `features` is null for many models; a context length of 0 means unknown.
"""

from modeldex.upstream.formats.modalities import flags_of
from modeldex.upstream.formats.payload import (
    Limit,
    Maybe,
    Payload,
    Words,
    list_under,
    next_query,
    page,
    query_of_token,
    typed_rows,
)
from modeldex.upstream.formats.rows import Page, Rows, table

_MODES = {
    "chat": "chat",
    "rerank": "rerank",
    "embed": "embedding",
    "embed_image": "embedding",
    "transcriptions": "audio",
    "generate": "completion",
    "classify": "other",
}
_SENSES = {"embed_image": "supports_vision", "transcriptions": "supports_audio"}
_PATHS = {"embed_image": "embed", "transcriptions": "audio/transcriptions"}
_FEATURES = {
    "tools": "supports_tools",
    "vision": "supports_vision",
    "json_mode": "supports_json_mode",
    "json_schema": "supports_structured_outputs",
    "reasoning": "supports_reasoning",
}


class Model(Payload):
    """One entry of `models`."""

    name: Maybe[str] = None
    endpoints: Words = ()
    features: Words = ()
    context_length: Limit = None
    is_deprecated: Maybe[bool] = None


def map_page(payload: object, provider: str) -> Page:
    """Map one page. Raises SourceFailed if the payload has no model list."""
    found = Rows(bare=True)
    for model in typed_rows(list_under(payload, "models", provider), Model, found):
        found.add(_row(provider, model))
    token = table(payload).get("next_page_token")
    return page(found, provider, next_query(provider, token, query_of_token("page_token", token)))


def _row(provider: str, model: Model) -> dict[str, object]:
    return {
        "provider": provider,
        "name": model.name,
        "max_context": model.context_length,
        "mode": next((mode for word, mode in _MODES.items() if word in model.endpoints), None),
        "endpoints": {_PATHS.get(word, word) for word in model.endpoints},
        "lifecycle": "deprecated" if model.is_deprecated else None,
        **flags_of(model.features, _FEATURES),
        **flags_of(model.endpoints, _SENSES),
    }
