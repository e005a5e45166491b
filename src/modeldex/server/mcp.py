"""The table of operations as MCP tools, over HTTP and over stdio.

Built on the official SDK; needs the extra `mcp`. Results are structured content; a failure is a
tool error with one sentence that states the remedy.
"""

import json
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from functools import cache
from typing import Any, NamedTuple
from urllib.parse import unquote

import mcp_types as types
from mcp import MCPError
from mcp.server.lowlevel import Server
from mcp.server.stdio import stdio_server
from mcp.server.transport_security import TransportSecuritySettings
from starlette.routing import Route
from starlette.types import ASGIApp

from modeldex.errors import ModeldexError
from modeldex.server.errors import Fault, fault
from modeldex.server.mcp_tools import TOOLS, Tool, input_schema
from modeldex.server.operations import OPERATIONS
from modeldex.server.registry import ServedRegistry
from modeldex.server.routes import Service
from modeldex.version import __version__

_MODELS = "catalog://models/"
_JSON = "application/json"

INSTRUCTIONS = """A catalog of language models: capabilities, prices, and the origin of each fact. \
To choose a model, call find_best with the requirements of the task. An unknown value never meets \
a criterion, so set only criteria you need. To see why a model was or was not found, call \
find_best with why=true, or explain. Ids are provider/name; prices are USD per 1M tokens; a field \
that is absent from a result is unknown. A model with `days_left` is announced to stop answering; \
`replacement` is what its maker recommends instead. `scope` says whether a result covers what this \
server can call or all known models, which known=true gives; `live` means that a source lists the \
model now."""

_MORE = {
    "find_best": "Use it to choose a model. n > 1 returns fall-backs; input_tokens and "
    "output_tokens rank by the cost of a task of that size. A model that stops answering within 30 "
    "days is returned only if no other is found, and its `remark` says so. An empty result means "
    "that no model is known to meet every criterion; why=true then shows which criterion excludes "
    "most. The server does not see your keys: name your providers with known=true.",
    "query": "Use it to compare or list models; use find_best to choose one. Takes the criteria of "
    "find_best too, by the same names.",
    "find_model": "Use it for the facts of a model whose name you know. For an unknown name, the "
    "error lists similar names.",
    "explain": "Use it to judge how reliable a fact is: every opinion has its resolver and date, "
    "and the winning one is marked.",
    "changes": "Use it to see what is new.",
    "expiring": "Use it before you depend on a model for long.",
    "drift": "Use it to find facts that need checking.",
    "providers": "Use it to get the ids that other tools take as provider.",
    "status": "Use it to judge whether the facts are up to date.",
    "record": "Writes to the catalog. Measured values override those of other resolvers, except "
    "overrides.",
}


Allow = Callable[[Any], None]
"""Check whether an HTTP request may write; raises Fault if not."""


class _Tools(NamedTuple):
    """Handlers for the SDK's server; with `allow` None the tools that write are left out."""

    registry: ServedRegistry
    allow: Allow | None

    def offered(self) -> list[Tool]:
        return [each for each in TOOLS.values() if self.allow or not each.operation.writes]

    async def list_tools(self, _context: Any, _params: Any) -> types.ListToolsResult:
        return types.ListToolsResult(tools=[_tool(each) for each in self.offered()])

    async def call_tool(
        self, context: Any, wanted: types.CallToolRequestParams
    ) -> types.CallToolResult:
        """Call a tool; a failure is a tool error. Raises MCPError for an unknown tool."""
        tool = next((each for each in self.offered() if each.operation.name == wanted.name), None)
        if tool is None:
            raise MCPError(types.INVALID_PARAMS, f"no such tool: {wanted.name[:80]}")
        try:
            if tool.operation.writes and self.allow:
                self.allow(context.request)
            answer = await tool.answer(self.registry, wanted.arguments or {})
        except (Fault, ModeldexError) as error:
            return _refused(self._as_fault(error))
        text = types.TextContent(
            type="text", text=json.dumps(answer, ensure_ascii=False, separators=(",", ":"))
        )
        return types.CallToolResult(content=[text], structured_content=answer)

    def _as_fault(self, error: Fault | ModeldexError) -> Fault:
        return error if isinstance(error, Fault) else fault(error, self.registry.path)

    async def list_templates(
        self, _context: Any, _params: Any
    ) -> types.ListResourceTemplatesResult:
        template = types.ResourceTemplate(
            name="model",
            uri_template=_MODELS + "{provider}/{name}",
            description="Effective facts of one model.",
            mime_type=_JSON,
        )
        return types.ListResourceTemplatesResult(resource_templates=[template])

    async def list_resources(self, _context: Any, _params: Any) -> types.ListResourcesResult:
        return types.ListResourcesResult(resources=[])

    async def read_resource(
        self, _context: Any, wanted: types.ReadResourceRequestParams
    ) -> types.ReadResourceResult:
        """Return one model as JSON. Raises MCPError if it does not exist."""
        if not wanted.uri.startswith(_MODELS):
            raise MCPError(types.INVALID_PARAMS, f"resources are {_MODELS}{{provider}}/{{name}}")
        provider, _, name = wanted.uri.removeprefix(_MODELS).partition("/")
        given = {"provider": unquote(provider), "name": unquote(name)}
        try:
            found = await OPERATIONS["find_model"].call(self.registry, given)
        except ModeldexError as error:
            raise MCPError(types.INVALID_PARAMS, self._as_fault(error).message) from None
        text = found.model_dump_json()
        content = types.TextResourceContents(uri=wanted.uri, mime_type=_JSON, text=text)
        return types.ReadResourceResult(contents=[content])


def _refused(error: Fault) -> types.CallToolResult:
    text = types.TextContent(type="text", text=f"{error.code}: {error.message}")
    return types.CallToolResult(content=[text], is_error=True)


@cache
def _tool(tool: Tool) -> types.Tool:
    # Schemas of results would be four fifths of the list, which is read before each question.
    operation = tool.operation
    more = _MORE.get(operation.name)
    return types.Tool(
        name=operation.name,
        description=f"{operation.summary} {more}" if more else operation.summary,
        input_schema=input_schema(tool),
        annotations=types.ToolAnnotations(read_only_hint=not operation.writes),
    )


def server(registry: ServedRegistry, allow: Allow | None = None) -> Server[Any]:
    """Create the SDK's server; with `allow` it offers the tool that writes, and checks callers."""
    tools = _Tools(registry, allow)
    return Server(
        "modeldex", version=__version__, title="modeldex", instructions=INSTRUCTIONS,
        on_list_tools=tools.list_tools, on_call_tool=tools.call_tool,
        on_list_resources=tools.list_resources, on_list_resource_templates=tools.list_templates,
        on_read_resource=tools.read_resource,
    )  # fmt: skip


class StreamableEndpoint(NamedTuple):
    """An ASGI application for one path; it works only inside the context manager `running()`."""

    app: ASGIApp
    running: Callable[[], AbstractAsyncContextManager[None]]


def streamable_endpoint(service: Service, path: str) -> StreamableEndpoint:
    """Create the streamable HTTP endpoint: stateless, each POST gets a JSON response.

    The middleware checks Host, Origin, token and size, as for every route.
    """
    rules = service.rules

    def allow(request: Any) -> None:
        rules.check_writer(request.headers.raw)

    sdk_server = server(service.registry, allow if rules.token else None)
    # The SDK's own Host check would reject names given by --allow-host; the middleware checks Host.
    app = sdk_server.streamable_http_app(
        streamable_http_path=path, json_response=True, stateless_http=True,
        transport_security=TransportSecuritySettings(enable_dns_rebinding_protection=False),
    )  # fmt: skip
    [route] = [each for each in app.routes if isinstance(each, Route)]
    return StreamableEndpoint(route.endpoint, sdk_server.session_manager.run)


async def serve_stdio(registry: ServedRegistry, *, writes: bool) -> None:
    """Serve one client on stdin and stdout until it closes them; `writes` enables `record`."""
    sdk_server = server(registry, (lambda _request: None) if writes else None)
    async with registry, stdio_server() as (reading, writing):
        await sdk_server.run(reading, writing, sdk_server.create_initialization_options())
