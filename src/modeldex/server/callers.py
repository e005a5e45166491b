"""What all callers, and one caller, may hold of the server: connections, and unread bytes.

A caller is an address. Behind a reverse proxy all have that of the proxy.
"""

from collections.abc import Iterable
from contextvars import ContextVar
from typing import Protocol

from modeldex.server.errors import Fault
from modeldex.server.limits import Limits

RETRY = {"retry-after": "5"}

CALLER: ContextVar[str | None] = ContextVar("CALLER", default=None)
"""The address of the caller whose request is being answered."""


class Held(Protocol):
    """What is known of an open connection to a caller."""

    @property
    def caller(self) -> object:
        """Who it is to."""

    @property
    def unread(self) -> int:
        """Bytes of responses that wait for the caller to read them."""


def check_connections(new: Held, others: Iterable[Held], limits: Limits) -> None:
    """Raise Fault, 429 or 503, if a new connection is one too many beside the others."""
    callers = [each.caller for each in others]
    if callers.count(new.caller) >= limits.connections_per_caller:
        reason = "too many connections from this address; close some"
        raise Fault(429, "too_many_connections", reason, None, RETRY)
    if len(callers) >= limits.connections:
        raise Fault(503, "overloaded", "too many connections; try again", None, RETRY)


def exceeds_unread(connection: Held, others: Iterable[Held], limits: Limits) -> bool:
    """Whether the others, or those of the same caller, hold all that may wait to be read.

    So a response of any size is sent to a caller that reads all others.
    """
    waiting = [(each.caller == connection.caller, each.unread) for each in others]
    own = sum(size for same, size in waiting if same)
    return (
        own >= limits.unread_bytes_per_caller
        or sum(size for _, size in waiting) >= limits.unread_bytes
    )
