"""Middleware for every request: access rules, limits, response cache, headers, log, metrics."""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from modeldex.server.auth import HEADERS, Rules
from modeldex.server.callers import CALLER
from modeldex.server.errors import Fault
from modeldex.server.limits import Limits
from modeldex.server.response_cache import ResponseCache
from modeldex.server.responses import JSON
from modeldex.server.root_path import with_root_path
from modeldex.vocabulary import clock

_HEADERS = [(name.encode(), value.encode()) for name, value in HEADERS.items()]


class FinishedRequest(NamedTuple):
    """A finished request: route, status, bytes of the response body, duration in seconds."""

    scope: Scope
    route: str
    status: int
    bytes: int
    seconds: float


class Middleware:
    """ASGI middleware.

    `names` maps endpoints to their route, for log and metrics. `observers` are callbacks called
    with each finished request. `root` is the prefix of all paths. Cached responses are
    sent from here, without routing.
    """

    def __init__(
        self,
        app: ASGIApp,
        rules: Rules,
        limits: Limits,
        cache: ResponseCache,
        *,
        names: Mapping[Any, str],
        observers: Iterable[Callable[[FinishedRequest], None]],
        root: str = "",
    ) -> None:
        self._app = app
        self._rules = rules
        self._limits = limits
        self._cache = cache
        self._names = names
        self._observers = tuple(observers)
        self._root = root
        self.in_flight = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun = clock.steady()
        CALLER.set(scope["client"][0] if scope.get("client") else None)
        if self._root:
            scope = with_root_path(self._root, scope)
        sent = _RecordingSend(send)
        route = ""
        self.in_flight += 1
        try:
            route = await self._answer(scope, receive, sent)
        finally:
            self.in_flight -= 1
            route = route or self._names.get(scope.get("endpoint"), "")
            finished = FinishedRequest(
                scope, route, sent.status, sent.bytes, clock.steady() - begun
            )
            for observe in self._observers:
                observe(finished)

    async def _answer(self, scope: Scope, receive: Receive, sent: "_RecordingSend") -> str:
        """Send the response; return the route if it came from the cache, else an empty text."""
        try:
            self._check(scope)
            if scope["method"] in ("GET", "HEAD"):
                answer = await self._cache.get(scope)
                if answer is not None:
                    await answer.reply.send(scope, sent)
                    return answer.route
            await self._app(scope, _LimitedReceive(scope, receive, self._limits), sent)
        except Fault as fault:
            await send_fault(fault, sent)
        return ""

    def _check(self, scope: Scope) -> None:
        """Check load, sizes of path and head, and the access rules. Raises Fault."""
        if self.in_flight > self._limits.max_concurrent:
            raise Fault(
                503, "overloaded", "too many concurrent requests; try again", None, _RETRY_SOON
            )
        if len(scope["raw_path"]) > _MAX_PATH:
            raise Fault(
                414, "path_too_long", f"the path is longer than {_MAX_PATH} bytes", None, _CLOSE
            )
        if (
            sum(len(name) + len(value) for name, value in scope["headers"])
            > self._limits.head_bytes
        ):
            raise Fault(
                431, "headers_too_large", "the request's headers are too large", None, _CLOSE
            )
        names = {name for name, _ in scope["headers"]}
        if names >= {b"content-length", b"transfer-encoding"}:  # two parties may read two requests
            reason = "a request has Content-Length or Transfer-Encoding, not both"
            raise Fault(400, "malformed_request", reason, None, _CLOSE)
        self._rules.check(scope)


_MAX_PATH = 4096
_RETRY_SOON = {"retry-after": "1"}
# The rest of an oversized request is not read, so the connection cannot carry another one.
_CLOSE = {"connection": "close"}


class _RecordingSend:
    """Sends messages, adds the common headers, and records status and body size."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.status = 0
        self.bytes = 0

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            message = {**message, "headers": [*message.get("headers", ()), *_HEADERS]}
        elif message["type"] == "http.response.body":
            self.bytes += len(message.get("body", b""))
        await self._send(message)


class _LimitedReceive:
    """Receives a request's body within the limits of size and time. Raises Fault."""

    def __init__(self, scope: Scope, receive: Receive, limits: Limits) -> None:
        self._receive = receive
        self._limits = limits
        self._until = asyncio.get_running_loop().time() + limits.receive_seconds
        self._left = limits.body_bytes
        self._complete = False
        announced = dict(scope["headers"]).get(b"content-length", b"0")
        if int(announced) > limits.body_bytes:
            raise self._too_large()

    async def __call__(self) -> Message:
        if self._complete:  # the next message is the disconnect, which may take any time
            return await self._receive()
        try:
            async with asyncio.timeout_at(self._until):
                message = await self._receive()
        except TimeoutError:
            reason = f"the body did not arrive within {self._limits.receive_seconds:g} s"
            raise Fault(408, "too_slow", reason, None, _CLOSE) from None
        self._left -= len(message.get("body", b""))
        if self._left < 0:
            raise self._too_large()
        self._complete = not message.get("more_body", False)
        return message

    def _too_large(self) -> Fault:
        reason = f"the body is larger than {self._limits.body_bytes} bytes"
        return Fault(413, "body_too_large", reason, None, _CLOSE)


async def send_fault(fault: Fault, send: Send) -> None:
    """Send an error response."""
    body = fault.body
    headers: list[Any] = [
        (b"content-type", JSON.encode()),
        (b"content-length", b"%d" % len(body)),
        (b"cache-control", b"no-store"),
        *((name.encode(), value.encode()) for name, value in fault.headers.items()),
    ]
    await send({"type": "http.response.start", "status": fault.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
