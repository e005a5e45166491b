"""OpenRouter's GET /models: one entry per model, with the facts of its preferred host.

That host's window may be smaller than the model's. A non-empty list of supported parameters
is complete: no host accepts others. Every model with text output is called by chat; a name
that ends in `:batch` is a batch offer, answered hours later at another price. Of
`pricing.overrides` those by prompt size are used; those by hour, and prices per request,
image and search, are ignored. A price of -1 means that it varies. A name that begins with
`~` is a moving alias, so it is an offer of its own, not an alias of today's target. The
date in `canonical_slug` is OpenRouter's own, not that of the maker's release.
"""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence

from modeldex.errors import SourceFailed
from modeldex.upstream.formats import weights
from modeldex.upstream.formats.modalities import modalities
from modeldex.upstream.formats.payload import (
    Day,
    Limit,
    Maybe,
    Payload,
    Words,
    list_under,
    page,
    query_of_link,
    typed_rows,
)
from modeldex.upstream.formats.rows import Page, Rows, ending, table, words
from modeldex.upstream.formats.token_prices import Pricing
from modeldex.vocabulary import efforts

_DATE = re.compile(r"-20\d{6}$|-20\d\d-\d\d-\d\d$")


class Architecture(Payload):
    """Input and output modalities."""

    input_modalities: Words = ()
    output_modalities: Words = ()


class TopProvider(Payload):
    """The host that OpenRouter routes to first."""

    context_length: Limit = None
    max_completion_tokens: Limit = None


class Model(Payload):
    """One entry of `data`."""

    id: Maybe[str] = None
    name: Maybe[str] = None
    canonical_slug: Maybe[str] = None
    hugging_face_id: Maybe[str] = None
    context_length: Limit = None
    architecture: Maybe[Architecture] = None
    top_provider: Maybe[TopProvider] = None
    pricing: Maybe[Pricing] = None
    supported_parameters: Words = ()
    reasoning: Maybe[dict[str, object]] = None
    knowledge_cutoff: Day = None
    expiration_date: Day = None


def map_page(payload: object, provider: str) -> Page:
    """Map one page. Raises SourceFailed without a list, or if the next page's link is unusable."""
    found = Rows(bare=True)
    models = list(typed_rows(list_under(payload, "data", provider), Model, found))
    slugs = _slugs(models)
    for model in models:
        target = {"target": _target(model, provider, slugs)}
        found.add({"provider": provider, "name": model.id, **target, **_facts(model)})
    link = table(table(payload).get("links")).get("next")
    following = query_of_link(link)
    if link and following is None:
        raise SourceFailed(
            provider, "the listing has more pages, but no usable link or token to the next one"
        )
    return page(found, provider, following)


_Slugs = Mapping[str, Sequence[str]]
"""The names that each name and slug may mean."""


def _slugs(models: Sequence[Model]) -> _Slugs:
    found: defaultdict[str, list[str]] = defaultdict(list)
    fixed = {m.id: m for m in models if m.id and not m.id.startswith("~") and ":" not in m.id}
    for name, model in fixed.items():
        found[model.canonical_slug or name].append(name)
    return {**found, **{name: [name] for name in fixed}}


def _target(model: Model, provider: str, slugs: _Slugs) -> str | None:
    """What a moving alias stands for now, if the listing states it and has it once."""
    if not (model.id or "").startswith("~"):
        return None
    named = slugs.get(model.canonical_slug or "", ())
    return f"{provider}/{named[0]}" if len(named) == 1 else None


def _facts(model: Model) -> dict[str, object]:
    kinds = model.architecture or Architecture()
    first = model.top_provider or TopProvider()
    windows = [size for size in (model.context_length, first.context_length) if size]
    return {
        "display_name": model.name,
        **weights.base(model.id, model.hugging_face_id, _DATE.sub("", model.canonical_slug or "")),
        "max_context": min(windows, default=None),
        "max_output_tokens": first.max_completion_tokens,
        "known_params": model.supported_parameters,
        "knowledge_cutoff": model.knowledge_cutoff,
        "mode": "chat" if "text" in kinds.output_modalities else None,
        **modalities(kinds.input_modalities, kinds.output_modalities),
        **({"mode": "other"} if (model.id or "").endswith(":batch") else {}),
        **_flags(model),
        "effort_levels": efforts.known(words(table(model.reasoning).get("supported_efforts"))),
        **ending(model.expiration_date),
        **(model.pricing.facts() if model.pricing else {}),
    }


def _flags(model: Model) -> dict[str, object]:
    accepted = set(model.supported_parameters)
    if not accepted:
        return {"supports_reasoning": model.reasoning is not None or None}
    return {
        "supports_tools": "tools" in accepted,
        "supports_json_mode": bool(accepted & {"response_format", "structured_outputs"}),
        "supports_structured_outputs": "structured_outputs" in accepted,
        "supports_reasoning": "reasoning" in accepted or model.reasoning is not None,
    }
