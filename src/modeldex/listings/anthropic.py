"""Anthropic's GET /v1/models, newest model first.

Every leaf of `capabilities` says `supported`; tools are not among them. Rows of 2025 have
neither limits nor capabilities. `max_input_tokens` may count a long window that has to be
asked for, so it says nothing about the default one.
"""

from modeldex.listings.page import Page
from modeldex.listings.rows import Rows, table
from modeldex.listings.theirs import Day, Limit, Maybe, Theirs, cursor, each, listed, more, page


class Leaf(Theirs):
    """One capability."""

    supported: Maybe[bool] = None


class Capabilities(Theirs):
    """Those that have a field of ours."""

    image_input: Maybe[Leaf] = None
    pdf_input: Maybe[Leaf] = None
    structured_outputs: Maybe[Leaf] = None
    thinking: Maybe[Leaf] = None


class Model(Theirs):
    """One row."""

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


def read(payload: object, provider: str) -> Page:
    """One page of models; SourceFailed where it is none, or says of more but not where."""
    found = Rows(bare=True)
    for model in each(listed(payload, "data", provider), Model, found):
        found.add(_row(provider, model))
    answer = table(payload)
    following = cursor("after_id", answer.get("last_id"))
    return page(found, provider, more(provider, answer.get("has_more"), following))


def _row(provider: str, model: Model) -> dict[str, object]:
    can = model.capabilities or Capabilities()
    return {
        "provider": provider,
        "name": model.id,
        "display_name": model.display_name,
        "family": f"claude-{model.line}" if model.line else None,
        "max_input_tokens": model.max_input_tokens,
        "max_output_tokens": model.max_tokens,
        "supports_vision": _supported(can.image_input),
        "supports_pdf": _supported(can.pdf_input),
        "supports_structured_outputs": _supported(can.structured_outputs),
        "supports_reasoning": _supported(can.thinking),
        "release_date": model.created_at,
        "lifecycle": model.lifecycle,
        "deprecated_at": model.deprecated_at,
        "retires_at": model.retires_at,
    }


def _supported(leaf: Leaf | None) -> bool | None:
    return leaf.supported if leaf else None
