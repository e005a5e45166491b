"""What uvicorn has no settings for: JSON errors for malformed requests, limits on slow ones.

uvicorn limits how long a connection may be idle between requests, but not how long the head of a
request may take to arrive, nor an answer to be read; and its own error responses are plain text.
This is the only module that relies on more of uvicorn than its settings, and
tests/server/test_uvicorn.py names all of it.
"""

import asyncio
import socket
from collections.abc import Callable
from http import HTTPStatus
from types import FrameType
from typing import Any

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from modeldex.server.auth import HEADERS
from modeldex.server.callers import check_connections, exceeds_unread
from modeldex.server.errors import Fault
from modeldex.server.limits import Limits
from modeldex.server.responses import JSON
from modeldex.server.slow_connections import SlowConnections

_TICKS_PER_CHECK = 5  # half a second: uvicorn ticks ten times a second

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
        *(f"{name}: {value}" for name, value in {**HEADERS, **fault.headers}.items()),
    ]
    return "\r\n".join([*lines, "", ""]).encode() + body


class Protocol(H11Protocol):
    """uvicorn's HTTP/1.1 protocol, with JSON errors for malformed requests, and with limits."""

    def __init__(self, limits: Limits, **of_uvicorn: Any) -> None:
        super().__init__(**of_uvicorn)
        self._limits = limits

    def connection_made(self, transport: Any) -> None:
        """Take the connection, unless it is one too many."""
        others = [*self.connections]
        super().connection_made(transport)
        try:
            check_connections(self, others, self._limits)  # type: ignore[arg-type]
        except Fault as fault:
            self._end(fault)

    def pause_writing(self) -> None:
        """Wait for the caller to read; cut the connection if too much waits already."""
        super().pause_writing()
        others: Any = self.connections - {self}
        if exceeds_unread(self, others, self._limits):
            self.transport.abort()

    @property
    def caller(self) -> object:
        """The address of the caller."""
        return self.client and self.client[0]

    @property
    def unread(self) -> int:
        """Bytes of responses that wait for the caller to read them."""
        return self.transport.get_write_buffer_size()

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - uvicorn's interface
        """Send the error for a malformed request."""
        self._end(_MALFORMED)

    @property
    def request(self) -> Any:
        """The request that came last, with its response; None before the first."""
        return self.cycle

    @property
    def is_waiting(self) -> bool:
        """Whether the connection waits for a request, or for the rest of its head.

        Not before the last response has been read.
        """
        return not self.unread and (self.request is None or bool(self.request.response_complete))

    def close_as_too_slow(self) -> None:
        """Close this connection, which took too long."""
        if not self.is_waiting:  # a response is under way, or unread: no other can be sent
            self.transport.abort()
        elif self.conn.trailing_data[0]:  # part of a head has arrived
            self._end(_TOO_SLOW)
        else:
            self.transport.close()

    def _end(self, fault: Fault) -> None:
        self.transport.write(_response(fault))
        self.transport.close()


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
            connections: set[Any] = self.server_state.connections
            self._slow_connections.close_slow(connections, asyncio.get_running_loop().time())
        return await super().on_tick(counter)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002
        """Stop gracefully; a second signal stops at once.

        uvicorn's own version keeps the signal and raises it again at the end, so the process
        would not exit with 0.
        """
        self.force_exit = self.should_exit
        self.should_exit = True
