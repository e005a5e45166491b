"""Google's GET /v1beta/models. The list is paginated: always request the next page.

A name is `models/<id>`. `thinking` is omitted where it is false. An embedding model's
output limit of 1 counts vectors, not tokens. `generateContent` also serves models that
return images or audio; only their names distinguish them from chat models.
"""

import re

from modeldex.upstream.formats.payload import (
    CamelPayload,
    Limit,
    Maybe,
    Words,
    list_under,
    next_query,
    page,
    query_of_token,
    typed_rows,
)
from modeldex.upstream.formats.rows import Page, Rows, table

_MODES = {
    "embedContent": "embedding",
    "embedText": "embedding",
    "bidiGenerateContent": "realtime",
    "predictLongRunning": "video",
    "predict": "image",
    "generateAnswer": "other",
}
# Words of names whose `generateContent` may return images or audio: the mode is unknown.
_NOT_SURELY_CHAT = frozenset({"audio", "banana", "image", "imagen", "lyria", "music", "tts", "veo"})


class Model(CamelPayload):
    """One entry of `models`."""

    name: Maybe[str] = None
    display_name: Maybe[str] = None
    input_token_limit: Limit = None
    output_token_limit: Limit = None
    supported_generation_methods: Words = ()
    thinking: Maybe[bool] = False


def map_page(payload: object, provider: str) -> Page:
    """Map one page. Raises SourceFailed if the payload has no model list."""
    found = Rows(bare=True)
    for model in typed_rows(list_under(payload, "models", provider), Model, found):
        found.add(_row(provider, model))
    token = table(payload).get("nextPageToken")
    return page(found, provider, next_query(provider, token, query_of_token("pageToken", token)))


def _row(provider: str, model: Model) -> dict[str, object]:
    mode = _mode(model)
    return {
        "provider": provider,
        "name": model.name and model.name.removeprefix("models/"),
        "display_name": model.display_name,
        "max_context": model.input_token_limit,
        "max_input_tokens": model.input_token_limit,
        "max_output_tokens": None if mode == "embedding" else model.output_token_limit,
        "supports_reasoning": model.thinking,
        "supports_prompt_cache": "createCachedContent" in model.supported_generation_methods
        or None,
        "mode": mode,
        "endpoints": model.supported_generation_methods,
    }


def _mode(model: Model) -> str | None:
    methods = model.supported_generation_methods
    if "generateContent" not in methods:
        return next((mode for method, mode in _MODES.items() if method in methods), None)
    words = set(re.split(r"[\W_]+", f"{model.name} {model.display_name}".lower()))
    return None if words & _NOT_SURELY_CHAT else "chat"
