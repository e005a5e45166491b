"""Fireworks: GET /models of the inference API, and the models of an account (control plane).

The first lists the models that this key can call. The second (camelCase, paginated) covers
everything deployable; a model that needs a deployment of one's own gives facts but does not
count as listed. `supports_chat` is true even for embedding models, so `kind` decides; `kind`
does not separate them from rerankers, the name does. `deprecationDate` is the shutdown date.
"""

from typing import Annotated

from pydantic import AliasChoices, AliasGenerator, BeforeValidator, ConfigDict
from pydantic.alias_generators import to_camel

from modeldex.errors import SourceFailed
from modeldex.upstream.formats import weights
from modeldex.upstream.formats.payload import (
    Day,
    Limit,
    Maybe,
    Payload,
    list_under,
    page,
    query_of_token,
    typed_rows,
)
from modeldex.upstream.formats.rows import Page, Rows, ending, table

_TEXT_KINDS = frozenset({
    "HF_BASE_MODEL", "HF_PEFT_ADDON", "HF_TEFT_ADDON", "CUSTOM_MODEL", "LIVE_MERGE",
})  # fmt: skip


def _either_case(name: str) -> AliasChoices:
    return AliasChoices(name, to_camel(name))


def _iso_text(value: object) -> object:
    """A `{year, month, day}` object as an ISO date; a day of 0 or none leaves YYYY-MM."""
    if not isinstance(value, dict):
        return value
    year, month, day = (value.get(part, 0) for part in ("year", "month", "day"))
    return f"{year!s:0>4}-{month!s:0>2}-{day!s:0>2}".removesuffix("-00")


class Model(Payload):
    """One entry of either API; the model's name is `id` in one and `name` in the other."""

    model_config = ConfigDict(alias_generator=AliasGenerator(validation_alias=_either_case))

    id: Maybe[str] = None
    name: Maybe[str] = None
    display_name: Maybe[str] = None
    kind: Maybe[str] = None
    hugging_face_url: Maybe[str] = None
    state: Maybe[str] = None
    context_length: Limit = None
    supports_chat: Maybe[bool] = None
    supports_tools: Maybe[bool] = None
    supports_image_input: Maybe[bool] = None
    supports_serverless: Maybe[bool] = None
    deprecation_date: Annotated[Day, BeforeValidator(_iso_text)] = None


def map_page(payload: object, provider: str) -> Page:
    """Map one page. Raises SourceFailed without a list, or if the next page's token is unusable."""
    found = Rows(bare=True)
    envelope = table(payload)
    rows = list_under(payload, "data" if "data" in envelope else "models", provider)
    for model in typed_rows(rows, Model, found):
        found.add({"provider": provider, "name": model.id or model.name, **_facts(model)})
    token = envelope.get("nextPageToken")
    following = query_of_token("pageToken", token)
    if token and following is None:
        raise SourceFailed(
            provider, "the listing has more pages, but no usable link or token to the next one"
        )
    return page(found, provider, following)


def _facts(model: Model) -> dict[str, object]:
    ready = model.state in (None, "READY")
    return {
        "display_name": model.display_name,
        "listed": ready and model.supports_serverless is not False,
        "max_context": model.context_length,
        "supports_tools": model.supports_tools,
        "supports_vision": model.supports_image_input,
        "mode": _mode(model),
        **_base(model),
        **ending(model.deprecation_date),
    }


def _base(model: Model) -> dict[str, object]:
    """The base of weights that are served as they were published."""
    name = (model.id or model.name or "").rpartition("/")[2]
    is_base = model.kind == "HF_BASE_MODEL"
    return weights.base(name, model.hugging_face_url) if is_base else {}


def _mode(model: Model) -> str | None:
    if model.kind == "EMBEDDING_MODEL":
        return "rerank" if "rerank" in (model.id or model.name or "") else "embedding"
    can_chat = model.supports_chat or model.supports_tools
    return "chat" if can_chat and model.kind in _TEXT_KINDS else None
