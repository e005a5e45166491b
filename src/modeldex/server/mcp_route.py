"""`POST /mcp`, also written `/mcp/`.

The MCP SDK takes most of a second to import, so the first request does that.
"""

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


class McpEndpoint:
    """MCP over HTTP as an ASGI application; starts at the first request, ends with `running`."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._task: asyncio.Task[None] | None = None
        self._ready: asyncio.Future[ASGIApp]
        self._stopping: asyncio.Event

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; the first one starts the SDK's session manager."""
        if self._task is None:
            self._ready = asyncio.get_running_loop().create_future()
            self._stopping = asyncio.Event()
            self._task = asyncio.create_task(self._run())
        await asyncio.wait((self._task, self._ready), return_when=asyncio.FIRST_COMPLETED)
        if not self._ready.done():  # the start failed: raise its exception
            self._task.result()
        await self._ready.result()(scope, receive, send)

    async def _run(self) -> None:
        # The session manager must be entered and left in one task, hence not in __call__.
        module: Any = await asyncio.to_thread(import_module, "modeldex.server.mcp")
        mounted = module.streamable_endpoint(self._service, PATH)
        async with mounted.running():
            self._ready.set_result(mounted.app)
            await self._stopping.wait()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Stop, at the end of the block, what a request started in it."""
        yield
        if self._task is not None:
            self._stopping.set()
            await self._task

    def routes(self) -> Iterator[BaseRoute]:
        """Yield the routes; none without the extra `mcp`. The last one's path names both."""
        if find_spec("mcp") is not None:
            yield from (Route(path, self, methods=["POST"]) for path in (f"{PATH}/", PATH))
