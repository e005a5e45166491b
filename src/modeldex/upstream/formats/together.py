"""Together's GET /models: a bare array.

`type` gives the mode, except `code`, which covers both chat and completion models. Prices are
numbers, USD per 1M tokens; for models without text output they are per character, image or
minute, and are ignored. 0 means unknown.
"""

from modeldex.upstream.formats.payload import Limit, Maybe, Payload, as_list, page, typed_rows
from modeldex.upstream.formats.rows import Page, Rows
from modeldex.upstream.formats.token_prices import USD_PER_1M, NumberAmount, prices

_MODES = {
    "chat": "chat", "language": "completion", "image": "image", "video": "video",
    "audio": "audio", "transcribe": "audio", "embedding": "embedding",
    "moderation": "moderation", "rerank": "rerank",
}  # fmt: skip
_IN_TOKENS = frozenset({"chat", "language", "code", "embedding", "moderation", "rerank"})


class Costs(Payload):
    """Token prices in USD per 1M."""

    input: NumberAmount = None
    output: NumberAmount = None
    cached_input: NumberAmount = None


class Model(Payload):
    """One entry of the array."""

    id: Maybe[str] = None
    display_name: Maybe[str] = None
    type: Maybe[str] = None
    context_length: Limit = None
    pricing: Maybe[Costs] = None


def map_page(payload: object, provider: str) -> Page:
    """Map all models. Raises SourceFailed if the payload is not an array."""
    found = Rows(bare=True)
    for model in typed_rows(as_list(payload, provider), Model, found):
        found.add({"provider": provider, "name": model.id, **_facts(model)})
    return page(found, provider)


def _facts(model: Model) -> dict[str, object]:
    facts: dict[str, object] = {
        "display_name": model.display_name,
        "mode": _MODES.get(model.type or ""),
    }
    if model.type not in _IN_TOKENS:
        return facts
    cost = model.pricing or Costs()
    return {
        **facts,
        "max_context": model.context_length,
        **prices(USD_PER_1M, cost.input, cost.output, cost.cached_input),
    }
