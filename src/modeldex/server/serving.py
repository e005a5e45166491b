"""Serve a catalog until told to stop."""

import asyncio
import contextlib
import logging
import socket
import sys
from collections.abc import Callable
from typing import NamedTuple

import uvicorn

from modeldex.places import Place
from modeldex.server.app import application
from modeldex.server.connections import Protocol, Server
from modeldex.server.limits import Limits
from modeldex.server.security import Rules
from modeldex.server.served import ServedRegistry

_BACKLOG = 2048
_GRACE = 10
_IDLE = 5
"""Seconds for requests under way when told to stop, and between two of a connection."""

_SWITCH = 0.001
"""Seconds after which a thread lets others run: short questions need not wait for long ones."""


class Address(NamedTuple):
    """Where to listen; port 0 is a free one."""

    host: str
    port: int


def listen(address: Address) -> socket.socket:
    """A socket on an address. Raises OSError."""
    found = socket.getaddrinfo(*address, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    family, _, _, _, place = found[0]
    listening = socket.create_server(place[:2], family=family, backlog=_BACKLOG)
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # connections inherit it
    return listening


def url(listening: socket.socket) -> str:
    """Where a socket can be reached."""
    host, port = listening.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def serve(
    place: Place,
    listening: socket.socket,
    rules: Rules,
    limits: Limits,
    *,
    ready: Callable[[], None],
    root: str = "",
    log: bool = True,
) -> None:
    """Answer on a socket until SIGTERM or SIGINT; `ready` is called when it does.

    All paths are below the prefix `root`.
    """
    _allow_many_connections()
    sys.setswitchinterval(_SWITCH)
    logging.getLogger("uvicorn.error").setLevel(logging.ERROR)
    told = sys.stderr if log else None
    gate = application(ServedRegistry(db=place), rules, limits, root=root, log=told)
    config = uvicorn.Config(
        gate, http=Protocol, ws="none", lifespan="on", loop="asyncio", interface="asgi3",
        log_config=None, access_log=False, proxy_headers=False, server_header=False,
        backlog=_BACKLOG, timeout_keep_alive=_IDLE, timeout_graceful_shutdown=_GRACE,
        h11_max_incomplete_event_size=limits.head,
    )  # fmt: skip
    asyncio.run(Server(config, limits, ready).serve([listening]))


def _allow_many_connections() -> None:
    """Each connection is a file; the usual limit of them is meant for programs of another kind."""
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
