"""Reads a registry that offers only MCP: its tool `models`, page by page."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from modeldex.errors import SourceFailed
from modeldex.http.failures import PRIVATE, NotConfigured, Unreachable
from modeldex.http.reach import Reach, Sockets
from modeldex.vocabulary.caps import DOCUMENT

if TYPE_CHECKING:
    from mcp import Client

_PAGE = 1000
_REFUSED = (401, 403)
_CONNECT_TIMEOUT = 5.0
"""Seconds for opening a connection."""


async def models(
    url: str,
    source: str,
    token: str,
    most: int,
    page: int = _PAGE,
    *,
    reach: Reach = Reach.MACHINE,
) -> list[object]:
    """Return the items of all pages, as `/models` has them. Raises SourceFailed.

    Stops after the page that reaches `most`. Response sizes are limited, redirects are not
    followed, and no address nearer than `reach` is asked.
    """
    found: list[object] = []
    offset: object = 0
    async with _connected(url, source, token, reach) as client:
        while isinstance(offset, int) and len(found) < most:
            arguments = {"capabilities": True, "relay": True, "limit": page, "offset": offset}
            answer = await _called(client, source, arguments)
            listed, following = answer.get("models"), answer.get("next_offset")
            if not isinstance(listed, list):
                raise SourceFailed(source, "the result of its tool `models` has no list of models")
            found += listed
            if isinstance(following, int) and following <= offset:
                raise SourceFailed(source, "its tool `models` returned a page twice")
            offset = following
    return found


async def _called(client: "Client", source: str, arguments: dict[str, Any]) -> Mapping[str, object]:
    answer = await client.call_tool("models", arguments)
    page = answer.structured_content
    if answer.is_error or not isinstance(page, dict):
        raise SourceFailed(
            source, "its tool `models` failed; is the address that of a modeldex registry?"
        )
    return page


@asynccontextmanager
async def _connected(url: str, source: str, token: str, reach: Reach) -> AsyncIterator["Client"]:
    """Connect a client of the official SDK; its exceptions are raised as SourceFailed.

    The SDK works in task groups, so its exceptions may arrive in an ExceptionGroup.
    """
    try:
        import httpx2
        from mcp import Client
        from mcp.client.streamable_http import streamable_http_client
        from mcp.shared.exceptions import MCPError
    except ImportError:
        remedy = "its address offers only MCP; run: pip install 'modeldex[mcp]'"
        raise NotConfigured(source, remedy) from None

    broken = (httpx2.HTTPError, MCPError, OSError, RuntimeError)
    headers = {"authorization": f"Bearer {token}"} if token else {}
    patience = httpx2.Timeout(None, connect=_CONNECT_TIMEOUT)  # the caller bounds the rest
    transport = _bounded(reach, NotConfigured(source, PRIVATE))
    try:
        async with (
            httpx2.AsyncClient(
                headers=headers, transport=transport, timeout=patience, trust_env=False
            ) as http,
            Client(streamable_http_client(url, http_client=http)) as client,
        ):
            yield client
    except (SourceFailed, ExceptionGroup, *broken) as failure:
        first = _first(failure)
        if isinstance(first, SourceFailed):
            raise first from None
        if isinstance(first, broken):
            raise Unreachable(source, f"the MCP request failed ({type(first).__name__})") from None
        raise


def _first(failure: Exception) -> Exception:
    """Return the first exception of a group; a SourceFailed is preferred, as it is the cause."""
    if not isinstance(failure, ExceptionGroup):
        return failure
    return _first((failure.subgroup(SourceFailed) or failure).exceptions[0])


def _bounded(reach: Reach, refusal: SourceFailed) -> Any:
    """Return a transport that limits responses to DOCUMENT and follows no redirect.

    It raises `refusal` for an address nearer than `reach`. The classes are local because httpx2
    is an optional dependency.
    """
    import httpx2

    sockets = Sockets()

    class Bounded(httpx2.AsyncHTTPTransport):
        async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
            trace = await sockets.trace(request.url, reach, refusal)
            request.extensions = {**request.extensions, "trace": trace}
            response = await super().handle_async_request(request)
            if response.has_redirect_location or response.status_code in _REFUSED:
                await response.aclose()
                raise httpx2.RequestError(f"status {response.status_code}")
            response.stream = _Counted(response.stream)
            return response

    class _Counted(httpx2.AsyncByteStream):
        def __init__(self, stream: Any) -> None:
            self._stream = stream

        async def __aiter__(self) -> AsyncIterator[bytes]:
            read = 0
            async for piece in self._stream:
                read += len(piece)
                if read > DOCUMENT:
                    raise httpx2.RequestError("the response is too large")
                yield piece

        async def aclose(self) -> None:
            await self._stream.aclose()

    return Bounded()
