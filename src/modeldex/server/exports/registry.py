"""`GET /models`: a JSON array of models, which other registries read as a source."""

from urllib.parse import urlencode

from pydantic import Field, RootModel
from pydantic_core import to_json

from modeldex.query.catalog import Catalog
from modeldex.query.compile import SELECTED
from modeldex.server import parameter_types as types
from modeldex.server.exports import federation
from modeldex.server.exports.models import BY_NAME, ModelFilters, export_rows
from modeldex.server.json_types import Value, response_model
from modeldex.server.responses import Reply
from modeldex.server.responses_schema import Model
from modeldex.vocabulary.entry import CatalogEntry, OfferSpec
from modeldex.vocabulary.json_shape import JsonObject, encoded

PATH = "/models"
MAX_MODELS_PER_PAGE = 50_000


class ModelListParameters(ModelFilters):
    """Filters, page, and which facts to include."""

    capabilities: bool = Field(default=False, description="include all known facts")
    relay: bool = Field(
        default=False,
        description="for another registry: only models that a source lists, with `via`",
    )
    limit: types.WholeDocument = Field(
        default=MAX_MODELS_PER_PAGE, description="maximum number of models"
    )
    offset: types.Offset = Field(default=0, description="number of models to skip")


class ListedSpec(response_model(OfferSpec)):  # type: ignore[misc]
    """The identity of a model: the `spec` of a Model."""


class RelayedModel(ListedSpec):
    """A model for another registry, as since 0.2: `spec` and the rest of a Model in one object.

    `via`: ids of the catalogs the model came through, with this one. The fields after it are
    present with `capabilities=1`.
    """

    via: list[str]
    id: str | None = None
    capabilities: dict[str, Value] | None = None
    usable_context: int | None = None
    blended_cost: float | None = None
    live: bool | None = None


ListedModel = Model | RelayedModel | ListedSpec
"""An item of the list: a Model with `capabilities=1`, with `relay=1` a RelayedModel."""


class ListedModels(RootModel[list[ListedModel]]):
    """Models sorted by provider and name; the `Link` header has the next page, if any."""


def export(catalog: Catalog, given: ModelListParameters) -> Reply:
    """Return one page of the array."""
    models, more = page(catalog, given)
    return Reply(to_json(models), headers=_link(given) if more else None)


def page(catalog: Catalog, given: ModelListParameters) -> tuple[list[JsonObject], bool]:
    """Return models sorted by provider and name, and whether there are more after this page."""
    tail = f"{BY_NAME} LIMIT {given.limit + 1} OFFSET {given.offset}"
    found = (_relayed if given.relay else _known_here)(catalog, given, tail)
    return found[: given.limit], len(found) > given.limit


def _known_here(catalog: Catalog, given: ModelListParameters, tail: str) -> list[JsonObject]:
    entries = map(catalog.entry, export_rows(catalog, given, SELECTED, tail=tail))
    return [encoded(entry if given.capabilities else entry.spec) for entry in entries]


def _relayed(catalog: Catalog, given: ModelListParameters, tail: str) -> list[JsonObject]:
    relayed = federation.load_relay(catalog)
    columns = f"{SELECTED}, {federation.COLUMNS}"
    return [
        {
            **_in_one_object(catalog.entry(relayed.row(row)), with_all=given.capabilities),
            "via": relayed.via(row),
        }
        for row in export_rows(catalog, given, columns, federation.JOINED, tail)
    ]


def _in_one_object(entry: CatalogEntry, *, with_all: bool) -> JsonObject:
    shape = encoded(entry._replace(days_left=None))  # who reads it later counts them anew
    spec = shape.pop("spec")
    return {**spec, **shape} if with_all else spec


def _link(given: ModelListParameters) -> dict[str, str]:
    query: dict[str, object] = {"limit": given.limit, "offset": given.offset + given.limit}
    for flag in ("capabilities", "available", "relay"):
        query |= {flag: 1} if getattr(given, flag) else {}
    query |= {"provider": given.provider} if given.provider else {}
    # A reference without a path stays right behind a proxy that adds or removes a prefix.
    return {"link": f'<?{urlencode(query)}>; rel="next"'}
