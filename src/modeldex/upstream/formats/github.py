"""GitHub Models: GET /catalog/models, a bare array.

The service ended on 30 July 2026 and returns 410 since. A server that still returns this list
(a mirror or a recording) lists retired models only.
"""

from modeldex.upstream.formats.modalities import flags_of, modalities
from modeldex.upstream.formats.payload import (
    Limit,
    Maybe,
    Payload,
    Words,
    as_list,
    page,
    typed_rows,
)
from modeldex.upstream.formats.rows import Page, Rows

_END = {"lifecycle": "retired", "retires_at": "2026-07-30"}
_FLAGS = {"streaming": "supports_streaming", "tool-calling": "supports_tools"}


class Limits(Payload):
    """Limits of one request, in tokens."""

    max_input_tokens: Limit = None
    max_output_tokens: Limit = None


class Model(Payload):
    """One entry of the array."""

    id: Maybe[str] = None
    name: Maybe[str] = None
    limits: Maybe[Limits] = None
    capabilities: Words = ()
    supported_input_modalities: Words = ()
    supported_output_modalities: Words = ()


def map_page(payload: object, provider: str) -> Page:
    """Map all models, as retired. Raises SourceFailed if the payload is not an array."""
    found = Rows(bare=True)
    for model in typed_rows(as_list(payload, provider), Model, found):
        found.add({"provider": provider, "name": model.id, **_facts(model)})
    return page(found, provider)


def _facts(model: Model) -> dict[str, object]:
    limits = model.limits or Limits()
    return {
        "display_name": model.name,
        "max_input_tokens": limits.max_input_tokens,
        "max_output_tokens": limits.max_output_tokens,
        **flags_of(model.capabilities, _FLAGS),
        **modalities(model.supported_input_modalities, model.supported_output_modalities),
        **_END,
    }
