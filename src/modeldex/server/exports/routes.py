"""Exports of the whole catalog over HTTP, in formats that other programs read."""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send

from modeldex.query.catalog import Catalog
from modeldex.server import query_string
from modeldex.server.exports import models_dev, openai, registry
from modeldex.server.exports.models import ModelFilters
from modeldex.server.parameters import Parameters, parsed
from modeldex.server.responses import Reply
from modeldex.server.routes import Service


class Export(NamedTuple):
    """One export: its parameters, response model, path, and the function that produces it."""

    name: str
    summary: str
    parameters: type[Parameters]
    result: type[Any]
    path: str
    export: Callable[[Catalog, Any], Reply]


EXPORTS = (
    Export(
        "models", "All models; with capabilities=1 all known facts of each.",
        registry.ModelListParameters, registry.ListedModels, registry.PATH, registry.export,
    ),
    Export(
        "openai_models", "All models in the format of OpenAI's API; ids are `provider/name`.",
        ModelFilters, openai.OpenAIModels, "/v1/models", openai.export,
    ),
    Export(
        "openai_model", "One model in the format of OpenAI's API.",
        openai.OneId, openai.OpenAIModel, "/v1/models/{id:path}", openai.export_one,
    ),
    Export(
        "models_dev", "All models in the format of models.dev.",
        ModelFilters, models_dev.DevProviders, "/api.json", models_dev.export,
    ),
)  # fmt: skip


class ExportEndpoint:
    """One export as an ASGI application."""

    def __init__(self, service: Service, export: Export) -> None:
        self._service = service
        self._export = export

    async def __call__(self, scope: Scope, _receive: Receive, send: Send) -> None:
        """Answer one request."""
        listing = self._export
        raw = query_string.given(listing.parameters, scope["query_string"], scope["path_params"])
        given = parsed(listing.parameters, raw)

        async def make() -> Reply:
            return await self._service.registry.run_read(lambda each: listing.export(each, given))

        reply = await self._service.cache.get_or_make(scope, listing.path, make)
        await reply.send(scope, send)


def routes(service: Service) -> Iterator[BaseRoute]:
    """Yield a route per export."""
    for listing in EXPORTS:
        yield Route(listing.path, ExportEndpoint(service, listing), methods=["GET"])
