"""Connections: malformed and slow ones are ended, with the one error shape where there is time.

uvicorn bounds how long a connection may be idle between two requests, not how long the head of
a request may take; and its own refusals are plain text.
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

from modeldex.server.faults import Fault
from modeldex.server.limits import Limits
from modeldex.server.replies import JSON
from modeldex.server.security import HEADERS

_TICKS_PER_LOOK = 5  # half a second

_STOPS = (signal.SIGINT, signal.SIGTERM)

_MALFORMED = Fault(400, "malformed_request", "this is no HTTP/1.1 request that can be read")
_TOO_SLOW = Fault(408, "too_slow", "the head of a request took too long to arrive")


def _response(fault: Fault) -> bytes:
    """An error as it goes over the wire, after which the connection is closed."""
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
    """HTTP/1.1, of which what cannot be read is refused in our shape."""

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - of uvicorn's interface
        """Refuse what cannot be read."""
        self._end(_MALFORMED)

    @property
    def waits(self) -> bool:
        """Whether there is no request, or not the whole head of one."""
        cycle: Any = self.cycle  # None at first, whatever its type says
        return cycle is None or bool(cycle.response_complete)

    def cut(self) -> None:
        """End this connection, which took too long."""
        if not self.waits:
            self.transport.abort()
        elif self.conn.trailing_data[0]:
            self._end(_TOO_SLOW)
        else:
            self.transport.close()

    def _end(self, fault: Fault) -> None:
        self.transport.write(_response(fault))
        self.transport.close()


class _Since(NamedTuple):
    """In which state a connection was seen first, and when."""

    cycle: object
    waits: bool
    moment: float


class Patience:
    """How long each connection has been in its state; a look now and then ends the slow ones."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._seen: dict[Protocol, _Since] = {}

    def look(self, connections: set[Any], now: float) -> None:
        """End what has waited, or been answered, for too long."""
        seen = {}
        for each in connections:
            before = self._seen.get(each)
            if before is None or (before.cycle, before.waits) != (each.cycle, each.waits):
                before = _Since(each.cycle, each.waits, now)
            seen[each] = before
        self._seen = seen
        for each, since in seen.items():
            most = self._limits.arrive if since.waits else self._limits.answer
            if now - since.moment > most:
                each.cut()


class Server(uvicorn.Server):
    """Serves until it is told to stop by SIGTERM or SIGINT, then answers what it has begun."""

    def __init__(self, config: uvicorn.Config, limits: Limits, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready
        self._patience = Patience(limits)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, and tell when all is ready."""
        await super().startup(sockets)
        self._ready()

    async def on_tick(self, counter: int) -> bool:
        """What is done ten times a second."""
        if counter % _TICKS_PER_LOOK == 0:
            self._patience.look(self.server_state.connections, asyncio.get_running_loop().time())
        return await super().on_tick(counter)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Stop gracefully on a signal, and exit as usual then; at once on a second one."""
        before = {each: signal.signal(each, self.handle_exit) for each in _STOPS}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002
        """Stop; a second signal does not wait for anybody."""
        self.force_exit = self.should_exit
        self.should_exit = True
