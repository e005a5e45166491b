"""Text Generation Inference's GET /info: the one model that the server runs.

`max_total_tokens` is the allocated window (prompt plus output). Releases before 2.0 name the
prompt limit `max_input_length`.
"""

from modeldex.http.failures import OtherFormat
from modeldex.upstream.formats.payload import Limit, Maybe, Payload, page
from modeldex.upstream.formats.price_basis import SELF_HOSTED
from modeldex.upstream.formats.rows import Page, Rows, table

_MODES = {
    "text-generation": "chat",
    "image-text-to-text": "chat",
    "text2text-generation": "completion",
}


class Info(Payload):
    """The response."""

    model_id: Maybe[str] = None
    model_pipeline_tag: Maybe[str] = None
    max_total_tokens: Limit = None
    max_input_tokens: Limit = None
    max_input_length: Limit = None


def map_page(payload: object, provider: str) -> Page:
    """Map the one model. Raises OtherFormat if the response names none."""
    found = Rows(bare=True)
    info = Info.model_validate(table(payload), context=found.values)
    if not info.model_id:
        raise OtherFormat(provider, "the response names no model (expected model_id)")
    tag = info.model_pipeline_tag or ""
    found.add(
        {
            "provider": provider,
            "name": info.model_id,
            **SELF_HOSTED,
            "served_context": info.max_total_tokens,
            "max_input_tokens": info.max_input_tokens or info.max_input_length,
            "supports_vision": tag == "image-text-to-text" or None,
            "mode": _MODES.get(tag),
        }
    )
    return page(found, provider)
