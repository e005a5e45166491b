"""`GET /v1/models` in the format of OpenAI's API, for clients that list models there."""

from calendar import timegm
from datetime import date
from typing import Any

from pydantic import Field
from pydantic_core import to_json

from modeldex.query.catalog import Catalog
from modeldex.query.compile import compile_find
from modeldex.query.lookup import not_found
from modeldex.server import parameter_types as types
from modeldex.server.exports.models import ModelFilters, export_rows
from modeldex.server.json_types import ResponseModel
from modeldex.server.parameters import Parameters
from modeldex.server.responses import Reply
from modeldex.vocabulary.json_shape import JsonObject
from modeldex.vocabulary.providers import canonical

_COLUMNS = "c.provider, c.name, c.release_date, m.first_seen, c.retires_at"
_MODELS = "JOIN models m ON m.id = c.model_id"


class OneId(Parameters):
    """One model by its id."""

    id: types.Text = Field(description="`provider/name`")


class OpenAIModel(ResponseModel):
    """One model in the format of OpenAI's API.

    `created`: release date, else the time this catalog first saw the model. `shutdown_date`: the
    date on which it retires.
    """

    id: str
    object: str
    created: int
    owned_by: str
    shutdown_date: str | None = None


class OpenAIModels(ResponseModel):
    """All models in the format of OpenAI's API."""

    object: str
    data: list[OpenAIModel]


def export(catalog: Catalog, given: ModelFilters) -> Reply:
    """Return the list of models."""
    found = export_rows(catalog, given, _COLUMNS, _MODELS)
    return Reply(to_json({"object": "list", "data": [_model(*row) for row in found]}))


def export_one(catalog: Catalog, given: OneId) -> Reply:
    """Return one model. Raises ModelNotFound."""
    provider, slash, name = given.id.partition("/")
    if not slash:
        raise not_found(catalog, None, given.id)
    provider = canonical(provider)
    for found in catalog.rows(*compile_find(provider, name)):
        key = dict(zip(("provider", "name"), found, strict=False))
        [row] = catalog.rows(
            f"SELECT {_COLUMNS} FROM catalog c {_MODELS} "
            "WHERE c.provider = :provider AND c.name = :name",
            key,
        )
        return Reply(to_json(_model(*row)))
    raise not_found(catalog, provider, name)


def _model(*row: Any) -> JsonObject:
    provider, name, released, seen, ends = row
    day = str(released or seen)[:10]  # a release date may be a month only: 2026-11
    return {
        "id": f"{provider}/{name}",
        "object": "model",
        "created": timegm(
            date.fromisoformat(day if len(day) > len("2026-11") else f"{day}-01").timetuple()
        ),
        "owned_by": provider,
        **({"shutdown_date": ends[:10]} if ends else {}),
    }
