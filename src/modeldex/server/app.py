"""The server as one ASGI application."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from http import HTTPStatus
from pathlib import Path
from typing import Any, TextIO

from pydantic_core import to_json
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send

from modeldex.errors import ModeldexError
from modeldex.query.catalog import Catalog
from modeldex.refresh.health import Answer, freshness
from modeldex.server import routes
from modeldex.server.access_log import AccessLog
from modeldex.server.auth import Rules
from modeldex.server.errors import Fault, fault
from modeldex.server.exports import routes as exports_routes
from modeldex.server.limits import USUAL, Limits
from modeldex.server.mcp_route import McpEndpoint
from modeldex.server.metrics import MEDIA, Metrics
from modeldex.server.middleware import Middleware
from modeldex.server.openapi import document
from modeldex.server.registry import ServedRegistry
from modeldex.server.response_cache import ResponseCache
from modeldex.server.responses import JSON, Reply
from modeldex.server.routes import Service
from modeldex.server.web import routes as web_routes
from modeldex.storage.sqlite.integrity import read_each_index

_BROKEN = Fault(500, "internal", "internal error; the server's log has the details")


def application(
    registry: ServedRegistry,
    rules: Rules,
    limits: Limits = USUAL,
    *,
    root: str = "",
    log: TextIO | None = None,
) -> Middleware:
    """Create the application with all routes, behind the middleware.

    `root` is the prefix of all paths, empty for none. `log` receives one line per request. The
    application closes the registry at shutdown.
    """
    service = Service(registry, rules, ResponseCache(registry))
    metrics = Metrics(registry)
    mcp = McpEndpoint(service)

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        async with registry, mcp.running():
            yield

    app = Starlette(
        routes=[
            *routes.routes(service),
            *exports_routes.routes(service),
            *web_routes.routes(service),
            *mcp.routes(),
            *_server_routes(service, metrics, root, lambda: middleware.in_flight),
        ],
        exception_handlers=_handlers(registry),
        lifespan=lifespan,
    )
    app.router.redirect_slashes = False
    observers = [metrics.on_finished, *([AccessLog(log).on_finished] if log else [])]
    names = {route.endpoint: route.path for route in app.routes if isinstance(route, Route)}
    middleware = Middleware(
        app, rules, limits, service.cache, names=names, observers=observers, root=root
    )
    return middleware


class _Uncached:
    """ASGI application that creates its response for each request."""

    def __init__(self, make: Callable[[], Awaitable[Reply]]) -> None:
        self._make = make

    async def __call__(self, scope: Scope, _receive: Receive, send: Send) -> None:
        reply = await self._make()
        await reply.send(scope, send)


def _server_routes(
    service: Service, metrics: Metrics, root: str, in_flight: Callable[[], int]
) -> Iterator[BaseRoute]:
    """Yield the routes about the server itself: health, metrics, OpenAPI document."""
    needs_token = service.rules.token is not None and not service.rules.open_reads
    described = Reply(to_json(document(reads_need_token=needs_token, root=root)))

    async def healthz() -> Reply:
        registry = service.registry

        def look(catalog: Catalog) -> Answer:
            if isinstance(catalog.path, Path):
                read_each_index(catalog.connection, catalog.path)
            return freshness(catalog, registry.environ)

        found = await registry.run_read(look)
        # It needs no token, so it does not name the source.
        answer = {"at": found.at, "age_s": found.age_s} if found.source else None
        return Reply(to_json({"status": "ok", "oldest_answer": answer}))

    async def metrics_text() -> Reply:
        return Reply((await metrics.text(in_flight)).encode(), MEDIA)

    async def openapi() -> Reply:
        return described

    for path, make in (
        ("/healthz", healthz),
        ("/metrics", metrics_text),
        ("/openapi.json", openapi),
    ):
        yield Route(path, _Uncached(make), methods=["GET"])


def _handlers(registry: ServedRegistry) -> Mapping[Any, Any]:
    """Return the exception handlers; the log has the traceback of an unexpected exception."""

    async def of_fault(_request: Request, error: Fault) -> Response:
        return Response(error.body, error.status, error.headers, JSON)

    async def of_ours(request: Request, error: ModeldexError) -> Response:
        return await of_fault(request, fault(error, registry.path))

    async def of_routing(request: Request, error: HTTPException) -> Response:
        status = HTTPStatus(error.status_code)
        name = status.phrase.lower()
        message = "no such path; see /openapi.json" if status == HTTPStatus.NOT_FOUND else name
        code = name.replace(" ", "_")
        return await of_fault(request, Fault(status, code, message, None, error.headers))

    async def of_anything(request: Request, _error: Exception) -> Response:
        return await of_fault(request, _BROKEN)

    return {
        Fault: of_fault,
        ModeldexError: of_ours,
        HTTPException: of_routing,
        Exception: of_anything,
    }
