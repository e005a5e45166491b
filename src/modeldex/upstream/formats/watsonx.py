"""IBM watsonx: GET /ml/v1/foundation_model_specs, and the model list of its gateway.

The mode follows from `functions`; tool support is a task. Prices are only classes, and are
ignored. `lifecycle` lists stages with their start dates, some of them in the future.
"""

from collections.abc import Iterator

from modeldex.upstream.formats.modalities import flags_of, param_count
from modeldex.upstream.formats.payload import (
    Day,
    Limit,
    Maybe,
    Payload,
    Words,
    list_under,
    next_query,
    page,
    query_of_link,
    typed_rows,
)
from modeldex.upstream.formats.rows import Page, Rows, table
from modeldex.vocabulary import clock

_MODES = {
    "text_chat": "chat",
    "image_chat": "chat",
    "audio_chat": "chat",
    "embedding": "embedding",
    "rerank": "rerank",
    "time_series_forecast": "other",
    "text_generation": "completion",
}
_SENSES = {"image_chat": "supports_vision", "audio_chat": "supports_audio"}
_STAGES = {
    "available": "active",
    "deprecated": "deprecated",
    "constricted": "deprecated",
    "withdrawn": "retired",
}


class Tag(Payload):
    """A function or task."""

    id: Maybe[str] = None


class Limits(Payload):
    """The limits of a model, in tokens, and its vector length."""

    max_sequence_length: Limit = None
    max_output_tokens: Limit = None
    embedding_dimension: Limit = None


class Stage(Payload):
    """One lifecycle stage."""

    id: Maybe[str] = None
    start_date: Day = None
    alternative_model_ids: Words = ()


class Model(Payload):
    """One entry of `resources`."""

    model_id: Maybe[str] = None
    functions: Maybe[list[Maybe[Tag]]] = None
    tasks: Maybe[list[Maybe[Tag]]] = None
    task_ids: Words = ()
    number_params: Maybe[str] = None
    model_limits: Maybe[Limits] = None
    lifecycle: Maybe[list[Maybe[Stage]]] = None


class Routed(Payload):
    """The gateway's facts about a model."""

    context_window: Limit = None


class Route(Payload):
    """One entry of the gateway's list."""

    id: Maybe[str] = None
    alias: Maybe[str] = None
    metadata: Maybe[Routed] = None


def map_page(payload: object, provider: str, today: str | None = None) -> Page:
    """Map one page; lifecycle stages are those reached on `today` (UTC, `YYYY-MM-DD`).

    Raises SourceFailed if the payload has no model list.
    """
    found = Rows(bare=True)
    if "resources" not in table(payload):
        return _gateway(payload, provider, found)
    day = today or clock.today().isoformat()
    for model in typed_rows(list_under(payload, "resources", provider), Model, found):
        found.add({"provider": provider, **_row(model), **_life(model, day)})
    link = table(payload).get("next")
    return page(found, provider, next_query(provider, link, query_of_link(table(link).get("href"))))


def _gateway(payload: object, provider: str, found: Rows) -> Page:
    for route in typed_rows(list_under(payload, "data", provider), Route, found):
        found.add(
            {
                "provider": provider,
                "name": route.id,
                "aliases": [route.alias] if route.alias else [],
                "max_context": route.metadata.context_window if route.metadata else None,
            }
        )
    return page(found, provider)


def _row(model: Model) -> dict[str, object]:
    functions, limits = _ids(model.functions), model.model_limits or Limits()
    mode = next((mode for word, mode in _MODES.items() if word in functions), None)
    tasks = _ids(model.tasks) | set(model.task_ids)
    return {
        "name": model.model_id,
        "max_context": limits.max_sequence_length,
        "max_output_tokens": limits.max_output_tokens,
        "embedding_dims": limits.embedding_dimension,
        "supports_tools": (mode == "chat" and "function_calling" in tasks) or None,
        "param_count": param_count(model.number_params),
        "mode": mode,
        **flags_of(functions, _SENSES),
    }


def _ids(tags: list[Tag | None] | None) -> set[str]:
    return {tag.id for tag in tags or () if tag and tag.id}


def _life(model: Model, today: str) -> dict[str, object]:
    stages = sorted(_stages(model))
    begun = [_STAGES[name] for day, name, _ in stages if day <= today]
    first = {_STAGES[name]: day for day, name, _ in reversed(stages)}
    return {
        "lifecycle": begun[-1] if begun else None,
        "deprecated_at": first.get("deprecated"),
        "retires_at": first.get("retired"),
        "replacement": next((other for _, _, other in reversed(stages) if other), None),
    }


def _stages(model: Model) -> Iterator[tuple[str, str, str]]:
    for stage in model.lifecycle or ():
        if stage and stage.start_date and stage.id in _STAGES:
            yield stage.start_date, stage.id, next(iter(stage.alternative_model_ids), "")
