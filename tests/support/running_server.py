"""A real `modeldex serve` on a free port of loopback, known by pid, stopped at the end."""

import contextlib
import gzip
import http.client
import json
import os
import re
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Self

from command_line import environment, started
from fork_process import HANG
from modeldex.storage.location import Place
from ready import Started, Streams, forking

TOKEN = "0123456789abcdef-token"  # noqa: S105 - of these tests only
BEARER = {"authorization": f"Bearer {TOKEN}"}


class HttpAnswer(NamedTuple):
    """One response; header names are in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body, parsed; unpacked first where it came compressed."""
        packed = self.headers.get("content-encoding") == "gzip"
        return json.loads(gzip.decompress(self.body) if packed else self.body)

    @property
    def error(self) -> Any:
        """The error in the body."""
        return self.json["error"]


CLOCKWORK = """
import asyncio, sys, threading, time
from modeldex.cli import main

ahead = 0.0

def listen():
    global ahead
    for line in sys.stdin:
        ahead += float(line)

asyncio.SelectorEventLoop.time = lambda loop: time.monotonic() + ahead
threading.Thread(target=listen, daemon=True).start()
main()
"""
"""The program, whose event loop has a clock that others may put forward."""

IMPORTS = ("modeldex.server.run", "modeldex.server.app", "uvicorn")
"""What every server imports at its start."""


class Serving:
    """One server process; without a token unless `token` is given.

    After `limit` seconds it is killed. One of `clockwork` moves its time by `advance_clock`.
    """

    def __init__(
        self,
        db: Place | str,
        *options: str,
        token: str | None = None,
        env: Mapping[str, str] | None = None,
        limit: float = HANG,
        clockwork: bool = False,
        program: Sequence[str] = (),
    ) -> None:
        env = environment(MODELDEX_TOKEN=token, **(env or {}))
        command = ["serve", "--db", str(db), "--port", "0", *options]
        (passing, clock), (said, saying) = os.pipe(), os.pipe()
        with open(os.devnull, "w") as nothing:  # noqa: PTH123
            streams = Streams(passing, nothing.fileno(), saying)
            self._process: subprocess.Popen[bytes] | Started
            if clockwork:
                task = {"text": CLOCKWORK, "arguments": command, "imports": IMPORTS}
                self._process = forking.start(task, streams, env)
            elif program:
                self._process = subprocess.Popen([*program, *command], env=env, **streams._asdict())
            else:
                self._process = started(command, streams, env, *IMPORTS)
        os.close(passing)
        os.close(saying)
        self._clock, self._stderr = os.fdopen(clock, "w"), os.fdopen(said)
        self.pid = self._process.pid
        self.told: list[str] = []
        self._timer = threading.Timer(limit, self._process.kill)
        self._timer.daemon = True
        self._timer.start()
        self.url = self._address()
        self.host, _, port = self.url.removeprefix("http://").rpartition(":")
        self.port = int(port)
        self._reader = threading.Thread(target=self._drain)
        self._reader.start()

    def _address(self) -> str:
        """The address, as soon as the server says it."""
        for line in self._stderr:
            self.told.append(line.rstrip("\n"))
            if found := re.search(r"http://\S+:\d+", line):
                return found[0]
        self._timer.cancel()
        raise AssertionError(f"the server ended ({self._process.wait()}): {self.told}")

    def _drain(self) -> None:
        for line in self._stderr:
            self.told.append(line.rstrip("\n"))

    def logged(self, text: str) -> list[str]:
        """The lines on stderr that hold a text, as soon as there is one."""
        until = time.monotonic() + HANG
        while not (found := [line for line in self.told if text in line]):
            assert time.monotonic() < until, f"never heard {text}"
            time.sleep(0.01)
        return found

    @property
    def log(self) -> list[Any]:
        """The lines of the access log so far."""
        return [json.loads(line) for line in self.told if line.startswith("{")]

    def request(
        self,
        target: str,
        method: str = "GET",
        headers: Mapping[str, str] | None = None,
        body: object = None,
    ) -> HttpAnswer:
        """One request on a connection of its own; a body that is no bytes goes as JSON."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=HANG)
        sent = dict(headers or {})
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
            sent.setdefault("content-type", "application/json")
        try:
            connection.request(method, target, body, sent)
            response = connection.getresponse()
            named = {name.lower(): value for name, value in response.getheaders()}
            return HttpAnswer(response.status, named, response.read())
        finally:
            connection.close()

    def connect(self) -> socket.socket:
        """A bare connection."""
        return socket.create_connection(("127.0.0.1", self.port), timeout=HANG)

    def send_raw(self, *pieces: bytes) -> bytes:
        """What the server answers to bytes as they are, until it closes the connection."""
        with self.connect() as connection:
            for piece in pieces:
                connection.sendall(piece)
            return receive_all(connection)

    def advance_clock(self, seconds: float) -> None:
        """Put the clock of its event loop forward."""
        self._clock.write(f"{seconds}\n")
        self._clock.flush()

    def send(self, number: int) -> None:
        """Send a signal to this one process."""
        self._process.send_signal(number)

    def wait(self) -> int:
        """Wait for its end; gives the exit code."""
        code = self._process.wait()
        self._timer.cancel()
        self._reader.join()
        self._stderr.close()
        with contextlib.suppress(BrokenPipeError):
            self._clock.close()
        return code

    def stop(self) -> int:
        """Stop it as an operator would; gives the exit code."""
        self.send(signal.SIGTERM)
        return self.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        if self._process.poll() is None:
            self._process.kill()
        if not self._stderr.closed:
            self.wait()


def receive_all(connection: socket.socket) -> bytes:
    """Everything until the other side closes."""
    pieces = []
    try:
        while piece := connection.recv(65536):
            pieces.append(piece)
    except ConnectionResetError:
        pass
    return b"".join(pieces)


def parsed(said: bytes) -> HttpAnswer:
    """One raw response."""
    head, _, body = said.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    pairs = (line.partition(": ") for line in lines)
    return HttpAnswer(
        int(first.split()[1]), {name.lower(): value for name, _, value in pairs}, body
    )
