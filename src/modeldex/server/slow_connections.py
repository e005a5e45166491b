"""Closes connections whose request or response takes too long."""

from typing import NamedTuple, Protocol

from modeldex.server.limits import Limits


class Connection(Protocol):
    """What is known of a connection to a caller."""

    @property
    def request(self) -> object:
        """The request that came last; None before the first."""

    @property
    def is_waiting(self) -> bool:
        """Whether the connection waits for a request, or for the rest of its head."""

    def close_as_too_slow(self) -> None:
        """Close this connection, which took too long."""


class _Since(NamedTuple):
    """A state of a connection, and the time at which it was first observed."""

    request: object
    is_waiting: bool
    moment: float


class SlowConnections:
    """Tracks how long each connection has been in its state, and closes the slow ones."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._seen: dict[Connection, _Since] = {}

    def close_slow(self, connections: set[Connection], now: float) -> None:
        """Close connections whose request or response takes too long; `now` is the loop's time."""
        self._seen = {each: self._since(each, now) for each in connections}
        for each, since in self._seen.items():
            if now - since.moment > self._most(since):
                each.close_as_too_slow()

    def _since(self, connection: Connection, now: float) -> _Since:
        before = self._seen.get(connection)
        state = _Since(connection.request, connection.is_waiting, now)
        return before if before and before[:2] == state[:2] else state

    def _most(self, since: _Since) -> float:
        limits = self._limits
        return limits.receive_seconds if since.is_waiting else limits.response_seconds
