"""`POST /mcp`: the SDK behind it takes most of a second to import, so it begins when asked."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from modeldex.server.routes import Service

PATH = "/mcp"


class Speaking:
    """MCP over HTTP as an ASGI application, from the first request to the end of `running`."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._begun: asyncio.Task[None] | None = None
        self._ready: asyncio.Future[ASGIApp]
        self._over: asyncio.Event

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; the first one begins it all."""
        if self._begun is None:
            self._ready = asyncio.get_running_loop().create_future()
            self._over = asyncio.Event()
            self._begun = asyncio.create_task(self._speak())
        await asyncio.wait((self._begun, self._ready), return_when=asyncio.FIRST_COMPLETED)
        if not self._ready.done():  # it could not begin
            self._begun.result()
        await self._ready.result()(scope, receive, send)

    async def _speak(self) -> None:
        ours: Any = await asyncio.to_thread(import_module, "modeldex.server.mcp")
        mounted = ours.mounted(self._service, PATH)
        async with mounted.running():
            self._ready.set_result(mounted.app)
            await self._over.wait()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """What has begun in the block is over with it."""
        yield
        if self._begun is not None:
            self._over.set()
            await self._begun

    def routes(self) -> Iterator[BaseRoute]:
        """The route; none without the extra `mcp`."""
        if find_spec("mcp") is not None:
            yield Route(PATH, self, methods=["POST"])
