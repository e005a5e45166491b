"""`GET /models`: a JSON array of models, which other registries read as a source."""

from urllib.parse import urlencode

from pydantic import Field, RootModel
from pydantic_core import to_json

from modeldex.query.catalog import Catalog
from modeldex.query.compile import SELECTED
from modeldex.query.records import Record, as_record
from modeldex.server import parameter_types as types
from modeldex.server.exports import federation
from modeldex.server.exports.models import BY_NAME, ModelFilters, export_rows
from modeldex.server.json_types import Capabilities, ResponseModel
from modeldex.server.responses import Reply
from modeldex.vocabulary.fields import NAMES

PATH = "/models"
MAX_MODELS_PER_PAGE = 50_000

_SPEC = ("provider", "name", "family")
_MORE = ("id", "display_name", "live", "usable_context", "blended_cost")


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


class ListedModel(ResponseModel):
    """A model. The fields after `via` are present with `capabilities=1`, as in Model.

    `via` is present with `relay=1`: ids of the catalogs the model came through, with this one.
    """

    provider: str
    name: str
    family: str | None = None
    aliases: list[str]
    via: list[str] | None = None
    id: str | None = None
    display_name: str | None = None
    live: bool | None = None
    usable_context: int | None = None
    blended_cost: float | None = None
    capabilities: Capabilities | None = None


class ListedModels(RootModel[list[ListedModel]]):
    """Models sorted by provider and name; the `Link` header has the next page, if any."""


def export(catalog: Catalog, given: ModelListParameters) -> Reply:
    """Return one page of the array."""
    models, more = page(catalog, given)
    return Reply(to_json(models), headers=_link(given) if more else None)


def page(catalog: Catalog, given: ModelListParameters) -> tuple[list[Record], bool]:
    """Return models sorted by provider and name, and whether there are more after this page."""
    tail = f"{BY_NAME} LIMIT {given.limit + 1} OFFSET {given.offset}"
    found = (_relayed if given.relay else _known_here)(catalog, given, tail)
    return found[: given.limit], len(found) > given.limit


def _known_here(catalog: Catalog, given: ModelListParameters, tail: str) -> list[Record]:
    found = map(as_record, export_rows(catalog, given, SELECTED, tail=tail))
    return [_item(record, with_all=given.capabilities) for record in found]


def _relayed(catalog: Catalog, given: ModelListParameters, tail: str) -> list[Record]:
    relayed = federation.load_relay(catalog)
    columns = f"{SELECTED}, {federation.COLUMNS}"
    return [
        {
            **_item(as_record(relayed.row(row)), with_all=given.capabilities),
            "via": relayed.via(row),
        }
        for row in export_rows(catalog, given, columns, federation.JOINED, tail)
    ]


def _item(record: Record, *, with_all: bool) -> Record:
    wanted = (*_SPEC, "aliases", *_MORE) if with_all else (*_SPEC, "aliases")
    listed = _known(record, wanted)
    return {**listed, "capabilities": _known(record, NAMES)} if with_all else listed


def _known(record: Record, names: tuple[str, ...]) -> Record:
    return {name: record[name] for name in names if record[name] is not None}


def _link(given: ModelListParameters) -> dict[str, str]:
    query: dict[str, object] = {"limit": given.limit, "offset": given.offset + given.limit}
    for flag in ("capabilities", "available", "relay"):
        query |= {flag: 1} if getattr(given, flag) else {}
    query |= {"provider": given.provider} if given.provider else {}
    # A reference without a path stays right behind a proxy that adds or removes a prefix.
    return {"link": f'<?{urlencode(query)}>; rel="next"'}
