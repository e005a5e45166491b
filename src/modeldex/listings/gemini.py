"""Google's GET /v1beta/models. The default page hides models: always ask for the next.

A name is `models/<id>`. `thinking` is left out where it is false. An embedding model's
output limit of 1 is its one vector. `generateContent` also serves models that answer with
pictures or sound, which nothing but their names tells apart.
"""

import re

from modeldex.listings.page import Page
from modeldex.listings.rows import Rows, table
from modeldex.listings.theirs import Camel, Limit, Maybe, Words, cursor, each, listed, more, page

_MODES = {
    "embedContent": "embedding",
    "embedText": "embedding",
    "bidiGenerateContent": "realtime",
    "predictLongRunning": "video",
    "predict": "image",
    "generateAnswer": "other",
}
_DOUBTS = frozenset({"audio", "banana", "image", "imagen", "lyria", "music", "tts", "veo"})


class Model(Camel):
    """One row."""

    name: Maybe[str] = None
    display_name: Maybe[str] = None
    input_token_limit: Limit = None
    output_token_limit: Limit = None
    supported_generation_methods: Words = ()
    thinking: Maybe[bool] = False


def read(payload: object, provider: str) -> Page:
    """One page of models; SourceFailed where it is none."""
    found = Rows(bare=True)
    for model in each(listed(payload, "models", provider), Model, found):
        found.add(_row(provider, model))
    token = table(payload).get("nextPageToken")
    return page(found, provider, more(provider, token, cursor("pageToken", token)))


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
    }


def _mode(model: Model) -> str | None:
    methods = model.supported_generation_methods
    if "generateContent" not in methods:
        return next((mode for method, mode in _MODES.items() if method in methods), None)
    said = set(re.split(r"[\W_]+", f"{model.name} {model.display_name}".lower()))
    return None if said & _DOUBTS else "chat"
