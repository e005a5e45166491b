"""OpenAI's GET /models, and that of the many OpenAI-compatible hosts.

OpenAI itself states the name and, since 2026, the shutdown date. Other hosts add limits,
modalities, features and prices, under names of their own (`modeldex.upstream.formats.dialects`);
this format covers Groq, DeepSeek, Moonshot, Perplexity, Cerebras, NVIDIA, Baseten and hosts that a
user adds. `created` is not used as the release date: some hosts write the time of the request, a
constant or 0.
"""

from collections.abc import Iterator

from modeldex.upstream.formats import dialects, host_prices, weights
from modeldex.upstream.formats.payload import Day, Maybe, Payload, Words, list_under, page
from modeldex.upstream.formats.rows import Page, Rows, ending, words
from modeldex.vocabulary import efforts

_PARAMETERS = {
    "tools": "tools",
    "json_mode": "response_format",
    "structured_outputs": "response_format",
    "reasoning_effort": "reasoning_effort",
}
_PER_TOKEN = frozenset({"text", "embedding"})


class Effort(Payload):
    """The reasoning effort levels of a model."""

    supported_levels: Words = ()


class Model(Payload):
    """One entry: `id` on every host, each other field on some hosts only."""

    id: Maybe[str] = None
    name: Maybe[str] = None
    display_name: Maybe[str] = None
    active: Maybe[bool] = None
    shutdown_date: Day = None
    supported_features: Words = ()
    supported_sampling_parameters: Words = ()
    effort: Maybe[Effort] = None
    quantization: Maybe[str] = None
    hugging_face_id: Maybe[str] = None


def map_page(payload: object, provider: str) -> Page:
    """Map all models. Raises SourceFailed if the payload has no model list."""
    found = Rows(bare=True)
    for row in objects_under(payload, provider, found):
        stated = facts(row, found)
        found.add({"provider": provider, **stated, **_prices(row, stated, found)})
    return page(found, provider)


def objects_under(payload: object, provider: str, found: Rows) -> Iterator[dict[str, object]]:
    """The rows of a list; those that are not objects are counted as dropped."""
    for row in list_under(payload, "data", provider):
        if isinstance(row, dict):
            yield row
        else:
            found.skip("the row is not a JSON object")


def facts(row: dict[str, object], found: Rows) -> dict[str, object]:
    """Map one entry to catalog fields, without prices.

    `listed` is False if it states `active: false`.
    """
    model = Model.model_validate(row, context=found.values)
    stated = dialects.facts(row, found.values)
    by_effort = model.effort is not None and bool(model.effort.supported_levels)
    if by_effort:
        levels = efforts.known(set(model.effort.supported_levels)) if model.effort else []
        stated = {"supports_reasoning": True, **stated, "effort_levels": levels}
    return {
        "name": model.id,
        "display_name": model.display_name or model.name,
        "listed": model.active is not False,
        "known_params": _params(model) or words(row.get("supported_parameters")),
        "quantization": model.quantization,
        **weights.base(model.id, model.hugging_face_id),
        **stated,
        "mode": stated["mode"] or ("chat" if by_effort else None),
        **ending(model.shutdown_date),
    }


def _params(model: Model) -> set[str]:
    """Accepted parameters; empty without the sampling list, as features imply only a few."""
    if not model.supported_sampling_parameters:
        return set()
    implied = {_PARAMETERS[word] for word in model.supported_features if word in _PARAMETERS}
    return implied | set(model.supported_sampling_parameters)


def _prices(row: dict[str, object], stated: dict[str, object], found: Rows) -> dict[str, object]:
    """Token prices; none for other output: the same fields then price characters or hours."""
    outputs = stated.get("output_modalities")
    if isinstance(outputs, set) and outputs and not outputs & _PER_TOKEN:
        return {}
    return host_prices.facts(row, found.values)
