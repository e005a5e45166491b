"""The server's connections: malformed and slow ones are closed, if possible with a JSON error.

uvicorn limits how long a connection may be idle between requests, but not how long the head of a
request may take to arrive; and its own error responses are plain text.
"""

import asyncio
import contextlib
import signal
import socket
from collections.abc import Callable, Iterator
from http import HTTPStatus
from types import FrameType
from typing import Any, NamedTuple

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from modeldex.server.auth import HEADERS
from modeldex.server.errors import Fault
from modeldex.server.limits import Limits
from modeldex.server.responses import JSON

_TICKS_PER_CHECK = 5  # half a second: uvicorn ticks ten times a second

_STOPS = (signal.SIGINT, signal.SIGTERM)

_MALFORMED = Fault(400, "malformed_request", "malformed HTTP/1.1 request")
_TOO_SLOW = Fault(408, "too_slow", "the headers of the request did not arrive in time")


def _response(fault: Fault) -> bytes:
    """Return the bytes of an error response, after which the connection is closed."""
    body = fault.body
    lines = [
        f"HTTP/1.1 {fault.status} {HTTPStatus(fault.status).phrase}",
        f"content-type: {JSON}",
        f"content-length: {len(body)}",
        "connection: close",
        *(f"{name}: {value}" for name, value in HEADERS.items()),
    ]
    return "\r\n".join([*lines, "", ""]).encode() + body


class Protocol(H11Protocol):
    """uvicorn's HTTP/1.1 protocol, with JSON errors for malformed requests."""

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - uvicorn's interface
        """Send the error for a malformed request."""
        self._end(_MALFORMED)

    @property
    def is_waiting(self) -> bool:
        """Whether the connection waits for a request, or for the rest of its head."""
        cycle: Any = self.cycle  # None before the first request, unlike its annotation
        return cycle is None or bool(cycle.response_complete)

    def close_as_too_slow(self) -> None:
        """Close this connection, which took too long."""
        if not self.is_waiting:  # a response is under way: no other can be sent
            self.transport.abort()
        elif self.conn.trailing_data[0]:  # part of a head has arrived
            self._end(_TOO_SLOW)
        else:
            self.transport.close()

    def _end(self, fault: Fault) -> None:
        self.transport.write(_response(fault))
        self.transport.close()


class _Since(NamedTuple):
    """A state of a connection, and the time at which it was first observed."""

    cycle: object
    is_waiting: bool
    moment: float


class SlowConnections:
    """Tracks how long each connection has been in its state, and closes the slow ones."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._seen: dict[Protocol, _Since] = {}

    def close_slow(self, connections: set[Any], now: float) -> None:
        """Close connections whose request or response takes too long; `now` is the loop's time."""
        seen = {}
        for each in connections:
            before = self._seen.get(each)
            if before is None or (before.cycle, before.is_waiting) != (each.cycle, each.is_waiting):
                before = _Since(each.cycle, each.is_waiting, now)
            seen[each] = before
        self._seen = seen
        for each, since in seen.items():
            most = (
                self._limits.receive_seconds if since.is_waiting else self._limits.response_seconds
            )
            if now - since.moment > most:
                each.close_as_too_slow()


class Server(uvicorn.Server):
    """Serves until SIGTERM or SIGINT, then finishes the open requests."""

    def __init__(self, config: uvicorn.Config, limits: Limits, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready
        self._slow_connections = SlowConnections(limits)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then call `ready`."""
        await super().startup(sockets)
        self._ready()

    async def on_tick(self, counter: int) -> bool:
        """Check the connections every half second."""
        if counter % _TICKS_PER_CHECK == 0:
            self._slow_connections.close_slow(
                self.server_state.connections, asyncio.get_running_loop().time()
            )
        return await super().on_tick(counter)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Handle the stop signals inside the block.

        uvicorn's own version raises the signal again at the end, so the process would not exit
        with 0.
        """
        before = {each: signal.signal(each, self.handle_exit) for each in _STOPS}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002
        """Stop gracefully; a second signal stops at once."""
        self.force_exit = self.should_exit
        self.should_exit = True
