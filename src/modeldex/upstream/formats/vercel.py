"""Vercel's AI gateway: GET /models.

A limit of 0 means unknown; `max_tokens` is the output limit. Prices are strings in USD per
token, in tiers if longer prompts cost more; prices per image are ignored. A tag means
supported, a missing tag unknown. `released` is the maker's release date; `created` is the
date of the entry, and is ignored.
"""

from collections.abc import Iterator

from modeldex.upstream.formats.modalities import flags_of
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
from modeldex.upstream.formats.price_tiers import Stated
from modeldex.upstream.formats.rows import Page, Rows
from modeldex.upstream.formats.token_prices import USD_PER_TOKEN, TextAmount, prices

_MODES = {
    "language": "chat", "embedding": "embedding", "image": "image", "video": "video",
    "reranking": "rerank", "rerank": "rerank", "speech": "audio", "transcription": "audio",
    "realtime": "realtime",
}  # fmt: skip
_FLAGS = {
    "tool-use": "supports_tools",
    "vision": "supports_vision",
    "file-input": "supports_pdf",
    "reasoning": "supports_reasoning",
    "implicit-caching": "supports_prompt_cache",
}


class Tier(Payload):
    """The price per token from a prompt size on."""

    cost: TextAmount = None
    min: Limit = None


Tiers = Maybe[list[Maybe[Tier]]]


class Costs(Payload):
    """Token prices, and the tiers for longer prompts."""

    input: TextAmount = None
    output: TextAmount = None
    input_cache_read: TextAmount = None
    input_cache_write: TextAmount = None
    input_tiers: Tiers = None
    output_tiers: Tiers = None
    input_cache_read_tiers: Tiers = None
    input_cache_write_tiers: Tiers = None

    def others(self) -> Iterator[Stated]:
        """The prices for longer prompts; the tier without a minimum is the usual price."""
        tiers = {
            "input": self.input_tiers,
            "output": self.output_tiers,
            "cache_read": self.input_cache_read_tiers,
            "cache_write": self.input_cache_write_tiers,
        }
        for direction, sized in tiers.items():
            for tier in filter(None, sized or ()):
                if tier.min and tier.cost is not None:
                    yield Stated(direction, tier.cost * USD_PER_TOKEN, above=tier.min)


class Model(Payload):
    """One entry of `data`."""

    id: Maybe[str] = None
    name: Maybe[str] = None
    type: Maybe[str] = None
    released: Day = None
    context_window: Limit = None
    max_tokens: Limit = None
    tags: Words = ()
    pricing: Maybe[Costs] = None


def map_page(payload: object, provider: str) -> Page:
    """Map all models. Raises SourceFailed if the payload has no model list."""
    found = Rows(bare=True)
    for model in typed_rows(list_under(payload, "data", provider), Model, found):
        found.add({"provider": provider, "name": model.id, **_facts(model)})
    return page(found, provider)


def _facts(model: Model) -> dict[str, object]:
    cost = model.pricing or Costs()
    cache = cost.input_cache_read, cost.input_cache_write
    return {
        "display_name": model.name,
        "release_date": model.released,
        "max_context": model.context_window,
        "max_output_tokens": model.max_tokens,
        "mode": _MODES.get(model.type or ""),
        **flags_of(model.tags, _FLAGS),
        **prices(USD_PER_TOKEN, cost.input, cost.output, *cache),
        "other_prices": list(cost.others()),
    }
