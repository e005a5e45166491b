"""Run the HTTP server until a signal stops it."""

import asyncio
import contextlib
import logging
import socket
import sys
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import uvicorn

from modeldex.server.app import application
from modeldex.server.auth import Rules
from modeldex.server.limits import Limits
from modeldex.server.protocol import Protocol, Server
from modeldex.server.registry import ServedRegistry
from modeldex.storage.location import Place

_BACKLOG = 2048
_GRACE = 10
_IDLE = 5
"""Seconds: for open requests after a stop signal, and for an idle keep-alive connection."""

_SWITCH = 0.001
"""Switch interval of threads in seconds (Python's default is 0.005).

A short query then waits less for the GIL while another thread builds a long response.
"""


class Address(NamedTuple):
    """Address to listen on; port 0 picks a free one."""

    host: str
    port: int


def listen(address: Address) -> socket.socket:
    """Open a listening TCP socket. Raises OSError."""
    found = socket.getaddrinfo(*address, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    family, _, _, _, place = found[0]
    listening = socket.create_server(place[:2], family=family, backlog=_BACKLOG)
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # inherited by accepted sockets
    return listening


def url(listening: socket.socket) -> str:
    """Return the URL of a listening socket."""
    host, port = listening.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def serve(
    place: Place,
    listening: socket.socket,
    rules: Rules,
    limits: Limits,
    *,
    ready: Callable[[], None],
    new_models: int,
    root: str = "",
    log: bool = True,
) -> None:
    """Serve on a socket until SIGTERM or SIGINT; call `ready` when the server answers.

    Measurements of clients may add `new_models` models in a day. `root` is the prefix of all paths,
    empty for none. `log` enables the access log on stderr.
    """
    _allow_many_connections()
    sys.setswitchinterval(_SWITCH)
    logging.getLogger("uvicorn.error").setLevel(logging.ERROR)
    stream = sys.stderr if log else None
    registry = ServedRegistry(db=place, new_models=new_models, limits=limits)
    app = application(registry, rules, limits, root=root, log=stream)
    # No proxy headers: a client can forge them, so the access log shows the peer's own address.
    protocol: Any = partial(Protocol, limits)
    config = uvicorn.Config(
        app, http=protocol, ws="none", lifespan="on", loop="asyncio", interface="asgi3",
        log_config=None, access_log=False, proxy_headers=False, server_header=False,
        backlog=_BACKLOG, timeout_keep_alive=_IDLE, timeout_graceful_shutdown=_GRACE,
        h11_max_incomplete_event_size=limits.head_bytes,
    )  # fmt: skip
    asyncio.run(Server(config, limits, ready).serve([listening]))


def _allow_many_connections() -> None:
    """Raise the limit of open files to the hard limit: each connection is a file descriptor.

    The usual soft limit, 1024, is below `Limits.max_concurrent`.
    """
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
