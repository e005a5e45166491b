"""A stand-in HTTP server on loopback: routes are data, and it can misbehave on purpose."""

import contextlib
import json
import os
import socket
import struct
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import NamedTuple, Self


class Reset(Exception):
    """Raised by a body to cut the connection with a TCP reset."""


class Seen(NamedTuple):
    """One request as it arrived; `client` is the sender's port, `stopping` wakes sleepers."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    client: int
    stopping: threading.Event

    @property
    def json(self) -> object:
        """The parsed body."""
        return json.loads(self.body)


Body = bytes | Callable[[Seen], Iterable[bytes]]
Reply = tuple[int, Mapping[str, str], Body]
Route = Reply | Callable[[Seen], Reply]


def ok(payload: object) -> Reply:
    """A plain 200 with `payload` as JSON."""
    return 200, {"content-type": "application/json"}, json.dumps(payload).encode()


def error(status: int, payload: object = None, **headers: str) -> Reply:
    """A refusal with an optional JSON body; header names are written with underscores."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return status, named, b"" if payload is None else json.dumps(payload).encode()


def html(status: int = 200) -> Reply:
    """What a captive portal or a wrong port says."""
    return status, {"content-type": "text/html"}, b"<!doctype html><title>Hello</title>"


def in_turn(*replies: Route) -> Callable[[Seen], Reply]:
    """One reply after the other; the last one stays."""
    left = list(replies)

    def reply(seen: Seen) -> Reply:
        route = left.pop(0) if len(left) > 1 else left[0]
        return route(seen) if callable(route) else route

    return reply


def hang() -> Reply:
    """Accept, read the request, send headers, then nothing."""

    def body(seen: Seen) -> Iterator[bytes]:
        seen.stopping.wait()
        yield b"{}"

    return 200, {}, body


def drip(piece: bytes = b" ", every: float = 0.05) -> Reply:
    """One piece after the other without an end, each soon enough for a timeout per read."""

    def body(seen: Seen) -> Iterator[bytes]:
        yield piece
        while not seen.stopping.wait(every):
            yield piece

    return 200, {}, body


def flood(piece: bytes, times: int) -> Reply:
    """Many pieces as fast as they are taken."""
    return 200, {}, lambda _: (piece for _ in range(times))


def reset(first: bytes = b"") -> Reply:
    """Send `first`, then reset the connection."""

    def body(seen: Seen) -> Iterator[bytes]:
        yield first
        raise Reset

    return 200, {"content-length": "1000"}, body


class StandIn:
    """The server: `with StandIn({"/api/tags": ok({...})}) as server: ... server.url`."""

    def __init__(self, routes: Mapping[str, Route]) -> None:
        self.routes = dict(routes)
        self.requests: list[Seen] = []
        self.answered: list[Seen] = []
        self.stopping = threading.Event()
        self._server = _Server(("127.0.0.1", 0), _handler(self))
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))

    @property
    def port(self) -> int:
        """The port the system chose."""
        return int(self._server.server_address[1])

    @property
    def url(self) -> str:
        """The root, without a slash at the end."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def paths(self) -> list[str]:
        """`METHOD /path?query` of every request seen, in order."""
        return [f"{seen.method} {seen.path}" for seen in self.requests]

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stopping.set()
        self._server.shutdown()
        self._server.close_all()
        self._thread.join()

    def answer(self, seen: Seen) -> Reply:
        """The reply of the route for this path, with or without its query; else a 404."""
        self.requests.append(seen)
        route = self.routes.get(seen.path, self.routes.get(seen.path.partition("?")[0]))
        if route is None:
            return error(404, {"error": "no such route"})
        return route(seen) if callable(route) else route


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, *args: object) -> None:
        self._open: set[socket.socket] = set()
        super().__init__(*args)  # type: ignore[arg-type]

    def process_request(self, request: object, client_address: object) -> None:
        self._open.add(request)  # type: ignore[arg-type]
        super().process_request(request, client_address)  # type: ignore[arg-type]

    def shutdown_request(self, request: object) -> None:
        self._open.discard(request)
        super().shutdown_request(request)  # type: ignore[arg-type]

    def handle_error(self, request: object, client_address: object) -> None:
        """Stay silent: a client that hangs up is what many tests are about."""

    def close_all(self) -> None:
        """Wake the handlers that wait on a kept-alive connection, and stop listening."""
        for connection in list(self._open):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        self.server_close()


def _handler(stand_in: StandIn) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def _serve(self) -> None:
            length = int(self.headers.get("content-length") or 0)
            seen = Seen(
                self.command,
                self.path,
                {name.lower(): value for name, value in self.headers.items()},
                self.rfile.read(length),
                self.client_address[1],
                stand_in.stopping,
            )
            status, headers, body = stand_in.answer(seen)
            self._head(status, headers, None if callable(body) else len(body))
            try:
                for piece in body(seen) if callable(body) else [body]:
                    self.wfile.write(piece)
                    self.wfile.flush()
                stand_in.answered.append(seen)
            except Reset:
                self._reset()

        def _head(self, status: int, headers: Mapping[str, str], size: int | None) -> None:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            if size is None:
                self.send_header("connection", "close")
            elif "content-length" not in headers:
                self.send_header("content-length", str(size))
            self.end_headers()

        def _reset(self) -> None:
            linger = struct.pack("ii", 1, 0)
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            os.close(self.connection.detach())
            self.close_connection = True

        do_GET = do_POST = do_HEAD = _serve  # noqa: N815

        def log_message(self, *args: object) -> None:
            """Say nothing."""

    return Handler
