"""The one HTTP client: a total deadline, a size limit, few retries, errors without secrets.

Redirects are followed in code, which never sends a key to another host; compressed bodies are
decompressed in bounded steps. No other module of the package imports httpx.
"""

import asyncio
import logging
import ssl
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import aclosing, asynccontextmanager, suppress
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from modeldex.errors import SourceFailed
from modeldex.http.body import BadBody, Body, OtherBody, short_json
from modeldex.http.failures import (
    PRIVATE,
    Call,
    KeyRefused,
    NotConfigured,
    OtherFormat,
    Refused,
    RetryableFailure,
    TooSlow,
    classify_exception,
    classify_status,
    host_of,
)
from modeldex.http.reach import Reach, Sockets
from modeldex.http.redirects import headers_for, may_follow
from modeldex.http.retry import host_semaphore, seconds_left
from modeldex.vocabulary.caps import DOCUMENT
from modeldex.vocabulary.redaction import error_message, redact_call, repeats_secret

if TYPE_CHECKING:
    import httpx

_MAX_REDIRECTS = 3
_NOT_MODIFIED = 304
_TRIES = 3
# Without any handler, Python would print each retry of stamina on stderr.
_SILENT = logging.NullHandler()


class Client(NamedTuple):
    """Connections that several requests share, and what is known of their addresses."""

    http: "httpx.AsyncClient"
    sockets: Sockets


class JsonResponse(NamedTuple):
    """A parsed response, and the validator for the next conditional request.

    `unchanged` if the server replied 304 (not modified), which has no payload; a payload may be
    None by itself, JSON's null. `validator` is `etag:...` or `date:...`. `following` is the URL in
    the Link header with rel=next.
    """

    payload: object
    validator: str | None
    following: str | None = None
    unchanged: bool = False


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
    cap: int = DOCUMENT,
    client: Client | None = None,
) -> object:
    """Fetch `url` and return the parsed JSON; `body` is sent as JSON, `form` form-encoded.

    `deadline` (seconds) covers everything, retries included; `cap` is the size limit in bytes.
    Only GET is retried. Raises SourceFailed, of the subclass Unreachable if there was no response;
    the reason never holds a header, a query or a path.
    """
    call = Call(
        source, method, url, body, form, dict(headers or {}), connect_timeout, deadline, cap
    )
    return (await _request(call, client)).payload


async def fetch_changed(
    url: str,
    *,
    source: str,
    validator: str | None,
    headers: Mapping[str, str] | None = None,
    follow: bool = True,
    reach: Reach = Reach.MACHINE,
    deadline: float = 60.0,
    cap: int = DOCUMENT,
) -> JsonResponse:
    """A conditional GET: fetch `url` unless it is unchanged since `validator`.

    `validator` is that of an earlier JsonResponse, or None; `follow=False` follows no redirect;
    `reach` is the nearest address that may be asked. Raises as fetch_json does.
    """
    sent = dict(headers or {})
    if validator:
        kind, _, value = validator.partition(":")
        sent["if-none-match" if kind == "etag" else "if-modified-since"] = value
    call = Call(source, "GET", url, None, None, sent, 5.0, deadline, cap, follow, reach)
    return await _request(call, None)


async def _request(call: Call, client: Client | None) -> JsonResponse:
    if not all(value.isascii() and value.isprintable() for value in call.headers.values()):
        reason = "the key has characters that an HTTP header cannot hold"
        raise KeyRefused(call.source, reason)
    try:
        async with asyncio.timeout(call.deadline) as limit:
            if client is not None:
                return await _with_retries(client, call, limit)
            async with open_client(call.source) as own:
                return await _with_retries(own, call, limit)
    except TimeoutError:
        raise TooSlow(
            *call.failure_args(f"no complete response within {call.deadline:g} s")
        ) from None
    except RetryableFailure as last:
        raise last.failure from None


@asynccontextmanager
async def open_client(source: str = "http") -> AsyncIterator[Client]:
    """A client that several `fetch_json` calls can share, to reuse connections.

    Uses the proxies of the environment, except for localhost.
    """
    import httpx

    # At INFO httpx logs the URL of every request, whose query may hold a key.
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
        raise NotConfigured(source, reason) from None
    async with client:
        yield Client(client, Sockets())


# Cached, because loading the CA certificates is slow.
@cache
def _tls() -> ssl.SSLContext:
    import httpx

    return httpx.create_ssl_context()


async def _with_retries(client: Client, call: Call, limit: asyncio.Timeout) -> JsonResponse:
    if call.method != "GET":
        return await _attempt(client, call)
    import stamina

    logging.getLogger("stamina").addHandler(_SILENT)
    async for attempt in stamina.retry_context(
        on=_pause_before_retry(limit), attempts=_TRIES, timeout=None, wait_jitter=0.5
    ):
        with attempt:
            return await _attempt(client, call)
    raise AssertionError("unreachable")


def _pause_before_retry(limit: asyncio.Timeout) -> Callable[[Exception], bool | float]:
    def pause(error: Exception) -> bool | float:
        if not isinstance(error, RetryableFailure):
            return False
        if error.wait is None:
            return True
        return error.wait < seconds_left(limit) and error.wait

    return pause


class _Hop(NamedTuple):
    """One request of a chain of redirects; `refusal` is raised if it would reach too near."""

    url: str
    headers: Mapping[str, str]
    reach: Reach
    refusal: SourceFailed


async def _attempt(client: Client, call: Call) -> JsonResponse:
    """One attempt, redirects included. A key is sent to its own host only.

    No server leads to an address that is nearer than its own.
    """
    import httpx

    refusal: SourceFailed = NotConfigured(*call.failure_args(PRIVATE))
    hop = _Hop(call.url, dict(call.headers), call.reach, refusal)
    for _ in range(_MAX_REDIRECTS + 1):
        answer = await _exchange(client, call, hop)
        if isinstance(answer, JsonResponse):
            return answer
        reason = f"redirects ({answer.status}) to {answer.host(hop)}, not followed"
        refusal = Refused(*call.failure_args(reason))
        may = call.follow and call.method == "GET"
        if not may or answer.target is None or not may_follow(hop.url, answer.target):
            raise refusal
        reach = min(hop.reach, client.sockets.farthest(httpx.URL(hop.url)))
        headers = headers_for(hop.url, answer.target, hop.headers)
        hop = _Hop(answer.target, headers, reach, refusal)
    raise Refused(*call.failure_args(f"more than {_MAX_REDIRECTS} redirects"))


class _Redirect(NamedTuple):
    """A redirect response; `target` is None if its location is unusable."""

    status: int
    target: str | None

    def host(self, hop: _Hop) -> str:
        """The target's host, redacted of anything that was sent in the request."""
        return redact_call(host_of(self.target), hop.url, hop.headers) if self.target else "nowhere"


async def _exchange(client: Client, call: Call, hop: _Hop) -> JsonResponse | _Redirect:
    import httpx

    try:
        url = httpx.URL(hop.url)
        trace = await client.sockets.trace(url, hop.reach, hop.refusal)
        request = client.http.build_request(
            call.method, url, json=call.body, data=call.form, headers=hop.headers,
            timeout=httpx.Timeout(call.deadline, connect=call.connect_timeout),
            extensions={"trace": trace},
        )  # fmt: skip
        async with host_semaphore(host_of(hop.url)):
            response = await client.http.send(request, stream=True)
            async with aclosing(response):
                if not response.has_redirect_location:
                    return await _parsed_response(response, call)
                following = response.next_request
                return _Redirect(response.status_code, str(following.url) if following else None)
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        raise classify_exception(call, error) from None


async def _parsed_response(response: "httpx.Response", call: Call) -> JsonResponse:
    # The request as it left: the client has made headers of the user in the URL.
    sent = response.request
    conditional = any(name.startswith("if-") for name in sent.headers)
    if response.status_code == _NOT_MODIFIED and conditional:
        return JsonResponse(None, None, unchanged=True)
    if not response.is_success:
        wait = response.headers.get("retry-after", "")
        message = error_message(payload := await _error_payload(response))
        shown = redact_call(message, str(sent.url), sent.headers, call.form)
        raise classify_status(call, response.status_code, wait, payload, shown)
    etag, modified = response.headers.get("etag"), response.headers.get("last-modified")
    validator = f"etag:{etag}" if etag else f"date:{modified}" if modified else None
    if validator and repeats_secret(validator, str(sent.url), sent.headers):
        validator = None  # it would be stored
    following = response.links.get("next", {}).get("url")
    return JsonResponse(await _parsed_body(response, call), validator, following)


async def _parsed_body(response: "httpx.Response", call: Call) -> object:
    """The parsed body. Raises SourceFailed with the reason if it is unusable."""
    try:
        body = Body(response.headers.get("content-encoding", "identity"), call.cap)
        async for chunk in response.aiter_raw():
            body.add(chunk)
        return body.parsed()
    except OtherBody as error:
        raise OtherFormat(*call.failure_args(str(error))) from None
    except BadBody as error:
        raise SourceFailed(*call.failure_args(str(error))) from None


async def _error_payload(response: "httpx.Response") -> object:
    import httpx

    with suppress(httpx.HTTPError):
        return await short_json(response.aiter_raw())
    return None
