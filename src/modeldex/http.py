"""The one HTTP client: a total deadline, a size cap, few retries, errors without secrets.

Redirects are followed by hand and take no key to another host, compressed answers are
inflated in bounded steps, and no other module of the package imports httpx.
"""

import asyncio
import logging
import re
import ssl
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from functools import cache
from typing import TYPE_CHECKING, NamedTuple, TypeAlias
from urllib.parse import urlsplit

from modeldex.bodies import BadBody, Body
from modeldex.errors import SourceFailed
from modeldex.redact import redact_call, said
from modeldex.redirects import headers_for, is_loopback, may_follow
from modeldex.refusals import KeyRefused, NoAnswer, NotThere
from modeldex.waiting import retry_after

if TYPE_CHECKING:
    import httpx

    Client: TypeAlias = httpx.AsyncClient

MAX_BYTES = 32 * 1024 * 1024
_MAX_ERROR_BYTES = 16 * 1024
_TRIES = 3
_REFUSED, _ABSENT = (401, 403), (404, 405, 410)
_RETRIED = (408, 425, 429, 500, 502, 503, 504, 529)
_BAD_REQUEST, _NOT_MODIFIED = 400, 304
_MAX_REDIRECTS = 3
# Gemini and xAI answer 400 to a wrong key, a LiteLLM proxy without a database likewise.
_NO_KEY = re.compile(r"api key|incorrect key|invalid key|no connected db", re.IGNORECASE)
# Without a handler of the caller's, Python would print each retry on stderr.
_SILENT = logging.NullHandler()
_BREAKS = {
    "ConnectError": "cannot connect",
    "ConnectTimeout": "no connection in time",
    "TimeoutException": "no answer in time",
    "NetworkError": "the connection broke",
    "RemoteProtocolError": "the answer broke off or is not HTTP",
    "ProxyError": "the proxy refused",
}


class Answer(NamedTuple):
    """A parsed answer and what to send to learn whether it is still current.

    `payload` is None when the server says that nothing changed.
    """

    payload: object
    validator: str | None


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
    form: Mapping[str, str] | None
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
    form: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
    deadline: float = 60.0,
    connect_timeout: float = 5.0,
    cap: int = MAX_BYTES,
    client: "Client | None" = None,
) -> object:
    """The parsed JSON answer of `url`; `body` is sent as JSON, `form` as a form.

    `deadline` (seconds) covers everything, retries included; `cap` is in bytes. Only GET is
    tried again. Raises SourceFailed, or its kind NoAnswer when nothing came back; the reason
    never holds a header, a query or a path.
    """
    call = _Call(
        source, method, url, body, form, dict(headers or {}), connect_timeout, deadline, cap
    )
    return (await _ask(call, client)).payload


async def fetch_changed(
    url: str, *, source: str, validator: str | None, deadline: float = 60.0, cap: int = MAX_BYTES
) -> Answer:
    """The answer of a GET, unless it is still what `validator` stands for.

    `validator` is that of an earlier Answer. Raises as fetch_json does.
    """
    headers = {}
    if validator:
        kind, _, value = validator.partition(":")
        headers = {"if-none-match" if kind == "etag" else "if-modified-since": value}
    call = _Call(source, "GET", url, None, None, headers, 5.0, deadline, cap)
    return await _ask(call, None)


async def _ask(call: _Call, client: "Client | None") -> Answer:
    if not all(value.isascii() and value.isprintable() for value in call.headers.values()):
        reason = "the key holds characters that a header cannot carry"
        raise SourceFailed(call.source, reason)
    try:
        async with asyncio.timeout(call.deadline) as limit:
            if client is not None:
                return await _persist(client, call, limit)
            async with open_client(call.source) as own:
                return await _persist(own, call, limit)
    except TimeoutError:
        raise call.unanswered(f"no whole answer within {call.deadline:g} s") from None
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


async def _persist(client: "Client", call: _Call, limit: asyncio.Timeout) -> Answer:
    if call.method != "GET":
        return await _once(client, call)
    import stamina

    logging.getLogger("stamina").addHandler(_SILENT)
    async for attempt in stamina.retry_context(
        on=_patience(limit), attempts=_TRIES, timeout=None, wait_jitter=0.5
    ):
        with attempt:
            return await _once(client, call)
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


async def _once(client: "Client", call: _Call) -> Answer:
    """One exchange; redirects are followed by hand, a key goes to its own host only."""
    import httpx

    timeout = httpx.Timeout(call.deadline, connect=call.connect_timeout)
    url, headers = call.url, dict(call.headers)
    for _ in range(_MAX_REDIRECTS + 1):
        try:
            async with client.stream(
                call.method, url, json=call.body, data=call.form, headers=headers, timeout=timeout
            ) as response:
                if not response.has_redirect_location:
                    return await _answer(response, call)
                target = response.next_request.url if response.next_request else None
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            raise _break(call, error) from None
        if call.method != "GET" or target is None or not may_follow(url, str(target)):
            host = redact_call(target.host, url, headers) if target else "nowhere"
            raise call.failed(f"redirects ({response.status_code}) to {host}, not followed")
        headers = headers_for(url, str(target), headers)
        url = str(target)
    raise call.failed(f"more than {_MAX_REDIRECTS} redirects")


async def _answer(response: "httpx.Response", call: _Call) -> Answer:
    if response.status_code == _NOT_MODIFIED and call.headers:
        return Answer(None, None)
    if not response.is_success:
        raise await _refusal(response, call)
    etag, modified = response.headers.get("etag"), response.headers.get("last-modified")
    validator = f"etag:{etag}" if etag else f"date:{modified}" if modified else None
    return Answer(await _content(response, call), validator)


async def _content(response: "httpx.Response", call: _Call) -> object:
    """The parsed body; SourceFailed names what is wrong with it."""
    try:
        body = Body(response.headers.get("content-encoding", "identity"), call.cap)
        async for chunk in response.aiter_raw():
            body.add(chunk)
        return body.parsed()
    except BadBody as error:
        raise call.failed(str(error)) from None


async def _refusal(response: "httpx.Response", call: _Call) -> SourceFailed | _Again:
    status = response.status_code
    if status in _REFUSED:
        return KeyRefused(call.source, f"{call.where}: key refused ({status})")
    answer = await _message(response)
    message = redact_call(said(answer), call.url, call.headers)
    reason = f"HTTP {status}: {message}" if message else f"HTTP {status}"
    if status == _BAD_REQUEST and _NO_KEY.search(message):
        return KeyRefused(call.source, f"{call.where}: key refused ({reason})")
    if status in _ABSENT:
        return NotThere(call.source, f"{call.where}: {reason}")
    if status not in _RETRIED or "insufficient_quota" in str(answer):
        return call.failed(reason)
    wait = retry_after(response.headers.get("retry-after", ""), answer)
    return _Again(call.failed(reason + (f"; asks to wait {wait:g} s" if wait else "")), wait)


async def _message(response: "httpx.Response") -> object:
    """The JSON in a short error body; None for anything else."""
    import httpx
    from pydantic_core import from_json

    content = bytearray()
    try:
        async for chunk in response.aiter_raw():
            content += chunk
            if len(content) > _MAX_ERROR_BYTES:
                return None
        return from_json(content)
    except (httpx.HTTPError, ValueError):
        return None


def _break(call: _Call, error: Exception) -> SourceFailed | _Again:
    names = [kind.__name__ for kind in type(error).__mro__]
    reason = next((_BREAKS[name] for name in names if name in _BREAKS), None)
    if reason is None:
        return call.failed("not an address that can be asked")
    if "SSL" in str(error):
        return call.unanswered("no trusted TLS connection")
    silent = names[0] == "ConnectError" or "TimeoutException" in names
    failure = call.unanswered(reason) if silent else call.failed(reason)
    return failure if is_loopback(call.url) else _Again(failure)
