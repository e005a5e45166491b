"""xAI: GET /language-models, its equivalents for images and video, and GET /models.

The typed lists have modalities and prices, the plain one has the context window. Prices are
integers, US cents per 100 million tokens. `long_context_threshold` is a price step, not a
limit, and is ignored.
"""

from modeldex.upstream.formats.modalities import modalities
from modeldex.upstream.formats.payload import (
    Limit,
    Maybe,
    Payload,
    Words,
    list_under,
    page,
    typed_rows,
)
from modeldex.upstream.formats.rows import Page, Rows, table
from modeldex.upstream.formats.token_prices import CENTS_PER_100M, NumberAmount, prices


class Model(Payload):
    """One entry of any of the lists."""

    id: Maybe[str] = None
    aliases: Words = ()
    context_length: Limit = None
    input_modalities: Words = ()
    output_modalities: Words = ()
    prompt_text_token_price: NumberAmount = None
    cached_prompt_text_token_price: NumberAmount = None
    completion_text_token_price: NumberAmount = None


def map_page(payload: object, provider: str) -> Page:
    """Map all models. Raises SourceFailed if the payload has no model list."""
    found = Rows(bare=True)
    key = "models" if "models" in table(payload) else "data"
    for model in typed_rows(list_under(payload, key, provider), Model, found):
        names = {"name": model.id, "aliases": model.aliases}
        found.add({"provider": provider, **names, **_facts(model)})
    return page(found, provider)


def _facts(model: Model) -> dict[str, object]:
    outputs = model.output_modalities
    return {
        "max_context": model.context_length,
        "mode": "chat" if "text" in outputs else None,
        **modalities(model.input_modalities, outputs),
        **prices(
            CENTS_PER_100M,
            model.prompt_text_token_price,
            model.completion_text_token_price,
            model.cached_prompt_text_token_price,
        ),
    }
