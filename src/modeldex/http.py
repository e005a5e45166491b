"""The one HTTP client: a total deadline, a size cap, few retries, errors without secrets.

Redirects are never followed, compressed answers are refused, and no other module of the
package imports httpx.
"""

import asyncio
import logging
import os
import re
import ssl
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from functools import cache
from ipaddress import ip_address
from typing import TYPE_CHECKING, NamedTuple, TypeAlias
from urllib.parse import urlsplit

from modeldex.errors import SourceFailed
from modeldex.fields import printable

if TYPE_CHECKING:
    import httpx

    Client: TypeAlias = httpx.AsyncClient

MAX_BYTES = 32 * 1024 * 1024
MAX_VALUES = 1_000_000
_MAX_ERROR_BYTES = 16 * 1024
_MAX_MESSAGE = 200
_TRIES = 3
_REFUSED = (401, 403)
_RETRIED = (429, 500, 502, 503, 504)
_SECRET_NAME = re.compile(r"key|token|secret|password", re.IGNORECASE)
_SHORTEST_SECRET = 8
_BREAKS = {
    "ConnectError": "cannot connect",
    "ConnectTimeout": "no connection in time",
    "TimeoutException": "no answer in time",
    "NetworkError": "the connection broke",
    "RemoteProtocolError": "the answer broke off or is not HTTP",
    "ProxyError": "the proxy refused",
}


class NoAnswer(SourceFailed):
    """The server was not reached or fell silent: another question would fare no better."""


class _Again(Exception):
    """Worth another try, after `wait` seconds where the server named a time."""

    def __init__(self, failure: SourceFailed, wait: float | None = None) -> None:
        self.failure = failure
        self.wait = wait
        super().__init__(failure)


class _Call(NamedTuple):
    source: str
    method: str
    url: str
    body: object
    headers: Mapping[str, str]
    connect_timeout: float
    deadline: float
    cap: int

    @property
    def where(self) -> str:
        """The server as `host:port`: no user name, no path, no query."""
        try:
            return urlsplit(self.url).netloc.rpartition("@")[2] or "no host"
        except ValueError:
            return "malformed URL"

    @property
    def loopback(self) -> bool:
        try:
            host = urlsplit(self.url).hostname or ""
            return host == "localhost" or ip_address(host).is_loopback
        except ValueError:
            return False

    def failed(self, reason: str) -> SourceFailed:
        return SourceFailed(self.source, f"{self.where}: {reason}")

    def unanswered(self, reason: str) -> NoAnswer:
        return NoAnswer(self.source, f"{self.where}: {reason}")


async def fetch_json(
    url: str,
    *,
    source: str,
    method: str = "GET",
    body: object = None,
    headers: Mapping[str, str] | None = None,
    deadline: float = 60.0,
    connect_timeout: float = 5.0,
    cap: int = MAX_BYTES,
    client: "Client | None" = None,
) -> object:
    """The parsed JSON answer of `url`; `body` is sent as JSON.

    `deadline` (seconds) covers everything, retries included; `cap` is in bytes. Only GET is
    tried again. Raises SourceFailed, or its kind NoAnswer when nothing came back; the reason
    never holds a header, a query or a path.
    """
    call = _Call(source, method, url, body, dict(headers or {}), connect_timeout, deadline, cap)
    if not all(value.isascii() and value.isprintable() for value in call.headers.values()):
        raise SourceFailed(source, "the key holds characters that a header cannot carry")
    try:
        async with asyncio.timeout(deadline) as limit:
            if client is not None:
                return await _persist(client, call, limit)
            async with open_client(source) as own:
                return await _persist(own, call, limit)
    except TimeoutError:
        raise call.unanswered(f"no whole answer within {deadline:g} s") from None
    except _Again as last:
        raise last.failure from None


@asynccontextmanager
async def open_client(source: str = "http") -> AsyncIterator["Client"]:
    """A client that several `fetch_json` calls may share, to reuse its connections.

    Proxies of the environment are honoured, except for this host itself.
    """
    import httpx

    for name in ("httpx", "httpcore"):
        logging.getLogger(name).setLevel(logging.WARNING)
    try:
        client = httpx.AsyncClient(
            verify=_tls(),
            follow_redirects=False,
            mounts={f"all://{host}": None for host in ("localhost", "127.0.0.1", "[::1]")},
            headers={
                "accept": "application/json",
                "accept-encoding": "identity",
                "user-agent": "modeldex",
            },
        )
    except (ImportError, ValueError, OSError, httpx.InvalidURL):
        reason = "the proxy or certificate settings of the environment cannot be used"
        raise SourceFailed(source, reason) from None
    async with client:
        yield client


@cache
def _tls() -> ssl.SSLContext:
    import httpx

    return httpx.create_ssl_context()


async def _persist(client: "Client", call: _Call, limit: asyncio.Timeout) -> object:
    if call.method != "GET":
        return _parse(call, await _once(client, call))
    import stamina

    async for attempt in stamina.retry_context(
        on=_patience(limit), attempts=_TRIES, timeout=None, wait_jitter=0.5
    ):
        with attempt:
            return _parse(call, await _once(client, call))
    raise AssertionError("unreachable")


def _patience(limit: asyncio.Timeout) -> Callable[[Exception], bool | float]:
    def pause(error: Exception) -> bool | float:
        if not isinstance(error, _Again):
            return False
        if error.wait is None:
            return True
        left = (limit.when() or 0.0) - asyncio.get_running_loop().time()
        return error.wait < left and error.wait

    return pause


async def _once(client: "Client", call: _Call) -> bytearray:
    import httpx

    timeout = httpx.Timeout(call.deadline, connect=call.connect_timeout)
    try:
        async with client.stream(
            call.method, call.url, json=call.body, headers=call.headers, timeout=timeout
        ) as response:
            if response.is_success:
                return await _content(response, call)
            raise await _refusal(response, call)
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        raise _break(call, error) from None


async def _content(response: "httpx.Response", call: _Call) -> bytearray:
    if response.headers.get("content-encoding", "identity").lower() != "identity":
        raise call.failed("a compressed answer, which was not asked for")
    content = bytearray()
    async for chunk in response.aiter_raw():
        content += chunk
        if len(content) > call.cap:
            raise call.failed(f"the answer is larger than {call.cap:,} bytes")
    return content


async def _refusal(response: "httpx.Response", call: _Call) -> SourceFailed | _Again:
    status = response.status_code
    if status in _REFUSED:
        return call.failed(f"key refused ({status})")
    if response.has_redirect_location:
        target = response.next_request.url.host if response.next_request else "nowhere"
        return call.failed(f"redirects ({status}) to {_clean(target)}, not followed")
    message = _redacted(call, await _message(response))
    reason = f"HTTP {status}: {message}" if message else f"HTTP {status}"
    if status not in _RETRIED:
        return call.failed(reason)
    after = response.headers.get("retry-after", "")
    wait = float(after) if re.fullmatch(r"[0-9]{1,9}", after) else None
    return _Again(call.failed(reason + (f"; asks to wait {wait:g} s" if wait else "")), wait)


async def _message(response: "httpx.Response") -> str:
    import httpx
    from pydantic_core import from_json

    content = bytearray()
    try:
        async for chunk in response.aiter_raw():
            content += chunk
            if len(content) > _MAX_ERROR_BYTES:
                return ""
        return _said(from_json(content))
    except (httpx.HTTPError, ValueError):
        return ""


def _said(answer: object) -> str:
    if isinstance(answer, str):
        return answer
    if isinstance(answer, list):
        return _said(answer[0]) if answer else ""
    if isinstance(answer, dict):
        keys = [key for key in ("error", "errors", "message", "detail") if key in answer]
        return _said(answer[keys[0]]) if keys else ""
    return ""


def _clean(text: str) -> str:
    return "".join(c for c in " ".join(text.split()) if printable(c))


def _redacted(call: _Call, message: str) -> str:
    text = _clean(message)
    for secret in _secrets(call):
        text = text.replace(secret, "***")
    return text[:_MAX_MESSAGE]


def _secrets(call: _Call) -> list[str]:
    known = [value for name, value in os.environ.items() if _SECRET_NAME.search(name)]
    sent = [word for value in call.headers.values() for word in value.split()]
    user = urlsplit(call.url).netloc.rpartition("@")[0].split(":")
    query = re.split("[&=]", urlsplit(call.url).query)
    words = {word.strip() for word in (*known, *sent, *user, *query)}
    return sorted((w for w in words if len(w) >= _SHORTEST_SECRET), key=len, reverse=True)


def _break(call: _Call, error: Exception) -> SourceFailed | _Again:
    names = [kind.__name__ for kind in type(error).__mro__]
    reason = next((_BREAKS[name] for name in names if name in _BREAKS), None)
    if reason is None:
        return call.failed("not an address that can be asked")
    if "SSL" in str(error):
        return call.unanswered("no trusted TLS connection")
    silent = names[0] == "ConnectError" or "TimeoutException" in names
    failure = call.unanswered(reason) if silent else call.failed(reason)
    return failure if call.loopback else _Again(failure)


def _parse(call: _Call, content: bytearray) -> object:
    from pydantic_core import from_json

    if sum(content.count(mark) for mark in (b",", b"[", b"{")) > MAX_VALUES:
        raise call.failed(f"the answer holds more than {MAX_VALUES:,} values")
    try:
        return from_json(content, allow_inf_nan=False)
    except ValueError as error:
        start = bytes(content[:200]).lstrip()[:1]
        kinds = {b"<": "HTML instead of JSON", b"": "an empty answer"}
        raise call.failed(kinds.get(start, f"not JSON ({_clean(str(error))})")) from None
