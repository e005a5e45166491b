"""A registry that is only spoken to by MCP: its models by the tool `models`, page by page."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from modeldex.errors import SourceFailed
from modeldex.refusals import NoAnswer, NotSetUp

if TYPE_CHECKING:
    from mcp import Client

MAX_BYTES = 32 * 1024 * 1024
_PAGE = 1000
_REFUSED = (401, 403)
_CONNECT = 5.0
"""Seconds for a connection to come about."""


async def models(url: str, source: str, token: str, most: int, page: int = _PAGE) -> list[object]:
    """What the tool lists, as `/models` would; about `most` at most. Raises SourceFailed.

    Every answer is bounded, and no redirect is followed.
    """
    found: list[object] = []
    offset: object = 0
    async with _connected(url, source, token) as client:
        while isinstance(offset, int) and len(found) < most:
            asked = {"capabilities": True, "relay": True, "limit": page, "offset": offset}
            answer = await _called(client, source, asked)
            listed, following = answer.get("models"), answer.get("next_offset")
            if not isinstance(listed, list):
                raise SourceFailed(source, "its tool `models` answers with no list of models")
            found += listed
            if isinstance(following, int) and following <= offset:
                raise SourceFailed(source, "its tool `models` repeats a page")
            offset = following
    return found


async def _called(client: "Client", source: str, asked: dict[str, Any]) -> Mapping[str, object]:
    answer = await client.call_tool("models", asked)
    page = answer.structured_content
    if answer.is_error or not isinstance(page, dict):
        raise SourceFailed(source, "its tool `models` does not answer as that of a registry does")
    return page


@asynccontextmanager
async def _connected(url: str, source: str, token: str) -> AsyncIterator["Client"]:
    """A client of the official SDK; what it raises, in a group or alone, as SourceFailed."""
    try:
        import httpx2
        from mcp import Client
        from mcp.client.streamable_http import streamable_http_client
        from mcp.shared.exceptions import MCPError
    except ImportError:
        remedy = "speaks MCP only, run: pip install 'modeldex[mcp]'"
        raise NotSetUp(source, remedy) from None

    broken = (httpx2.HTTPError, MCPError, OSError, RuntimeError)
    headers = {"authorization": f"Bearer {token}"} if token else {}
    patience = httpx2.Timeout(None, connect=_CONNECT)  # the whole question is bounded by who asks
    try:
        async with (
            httpx2.AsyncClient(
                headers=headers, transport=_bounded(), timeout=patience, trust_env=False
            ) as http,
            Client(streamable_http_client(url, http_client=http)) as client,
        ):
            yield client
    except (SourceFailed, ExceptionGroup, *broken) as failure:
        first = _first(failure)
        if isinstance(first, SourceFailed):
            raise first from None
        if isinstance(first, broken):
            raise NoAnswer(source, f"no answer by MCP ({type(first).__name__})") from None
        raise


def _first(failure: Exception) -> Exception:
    """What a group is about; what was found wrong with an answer says more than what followed."""
    if not isinstance(failure, ExceptionGroup):
        return failure
    return _first((failure.subgroup(SourceFailed) or failure).exceptions[0])


def _bounded() -> Any:
    """A transport that reads no answer beyond MAX_BYTES and follows no redirect."""
    import httpx2

    class Bounded(httpx2.AsyncHTTPTransport):
        async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
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
                if read > MAX_BYTES:
                    raise httpx2.RequestError("the answer is too large")
                yield piece

        async def aclose(self) -> None:
            await self._stream.aclose()

    return Bounded()
