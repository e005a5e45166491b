"""xAI: GET /language-models and its siblings for pictures and video, and GET /models.

The typed lists have modalities and prices, the plain one has the window. Prices are whole
US cents per 100 million tokens. `long_context_threshold` is a step of the price, no limit.
"""

from modeldex.listings.modalities import modalities, mode_without_text
from modeldex.listings.page import Page
from modeldex.listings.rows import Rows, table
from modeldex.listings.theirs import Limit, Maybe, Theirs, Words, each, listed, page
from modeldex.listings.tokens import CENTS_PER_100M, NumberAmount, prices


class Model(Theirs):
    """One row of any of the lists."""

    id: Maybe[str] = None
    aliases: Words = ()
    context_length: Limit = None
    input_modalities: Words = ()
    output_modalities: Words = ()
    prompt_text_token_price: NumberAmount = None
    cached_prompt_text_token_price: NumberAmount = None
    completion_text_token_price: NumberAmount = None


def read(payload: object, provider: str) -> Page:
    """All models; SourceFailed where the answer is no listing."""
    found = Rows(bare=True)
    key = "models" if "models" in table(payload) else "data"
    for model in each(listed(payload, key, provider), Model, found):
        names = {"name": model.id, "aliases": model.aliases}
        found.add({"provider": provider, **names, **_facts(model)})
    return page(found, provider)


def _facts(model: Model) -> dict[str, object]:
    given = model.output_modalities
    return {
        "max_context": model.context_length,
        "mode": "chat" if "text" in given else mode_without_text(given),
        **modalities(model.input_modalities, given),
        **prices(
            CENTS_PER_100M,
            model.prompt_text_token_price,
            model.completion_text_token_price,
            model.cached_prompt_text_token_price,
        ),
    }
