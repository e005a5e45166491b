"""Anthropic's GET /v1/models, newest model first.

Each entry of `capabilities` is an object with a boolean `supported`; tool use has no entry. That of
`effort` has one for each level, too.
Models of 2025 have neither limits nor capabilities. `max_input_tokens` may include a long
window that is opt-in, so it is not mapped to `max_context`.
"""

from modeldex.upstream.formats.payload import (
    Day,
    Limit,
    Maybe,
    Payload,
    list_under,
    next_query,
    page,
    query_of_token,
    typed_rows,
)
from modeldex.upstream.formats.rows import Page, Rows, table
from modeldex.vocabulary import efforts


class Leaf(Payload):
    """One entry of `capabilities`."""

    supported: Maybe[bool] = None


class Capabilities(Payload):
    """The capabilities that map to a catalog field."""

    image_input: Maybe[Leaf] = None
    pdf_input: Maybe[Leaf] = None
    structured_outputs: Maybe[Leaf] = None
    thinking: Maybe[Leaf] = None
    effort: Maybe[dict[str, object]] = None


class Model(Payload):
    """One entry of `data`."""

    id: Maybe[str] = None
    display_name: Maybe[str] = None
    created_at: Day = None
    line: Maybe[str] = None
    lifecycle: Maybe[str] = None
    deprecated_at: Day = None
    retires_at: Day = None
    max_input_tokens: Limit = None
    max_tokens: Limit = None
    capabilities: Maybe[Capabilities] = None


def map_page(payload: object, provider: str) -> Page:
    """Map one page. Raises SourceFailed without a list, or if the next page has no cursor."""
    found = Rows(bare=True)
    for model in typed_rows(list_under(payload, "data", provider), Model, found):
        found.add(_row(provider, model))
    answer = table(payload)
    following = query_of_token("after_id", answer.get("last_id"))
    return page(found, provider, next_query(provider, answer.get("has_more"), following))


def _row(provider: str, model: Model) -> dict[str, object]:
    capabilities = model.capabilities or Capabilities()
    return {
        "provider": provider,
        "name": model.id,
        "display_name": model.display_name,
        "family": f"claude-{model.line}" if model.line else None,
        "max_input_tokens": model.max_input_tokens,
        "max_output_tokens": model.max_tokens,
        "supports_vision": _supported(capabilities.image_input),
        "supports_pdf": _supported(capabilities.pdf_input),
        "supports_structured_outputs": _supported(capabilities.structured_outputs),
        "supports_reasoning": _supported(capabilities.thinking),
        "effort_levels": efforts.known(
            {level for level, leaf in (capabilities.effort or {}).items() if _is_yes(leaf)}
        ),
        "release_date": model.created_at,
        "lifecycle": model.lifecycle,
        "deprecated_at": model.deprecated_at,
        "retires_at": model.retires_at,
    }


def _is_yes(leaf: object) -> bool:
    return table(leaf).get("supported") is True


def _supported(leaf: Leaf | None) -> bool | None:
    return leaf.supported if leaf else None
