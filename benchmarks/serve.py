"""Requests per second that `modeldex serve` handles during a refresh.

python benchmarks/serve.py [--seconds 5] [--connections 16] [--rounds 3] [--json FILE]

Four processes: the server; a Starlette application with one route that returns the same bytes as
a constant, under the same uvicorn and HTTP parser; one that refreshes the catalog without pause,
each time with other values; and this one, the client. Requests go to the two servers in turns,
while the refresh runs. Only loopback is used; the catalog is a temporary one with the shipped
data.
"""

import argparse
import asyncio
import contextlib
import json
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median
from typing import IO, Any, NamedTuple
from urllib.parse import urlencode
from urllib.request import urlopen

from questions import EVERYDAY, TOOLS

from modeldex import ModelRegistry

WANTED = 1000
"""Promised requests per second."""

CONSTANT_ROUTE = "Starlette, a constant"

CONSTANT = """
import sys, uvicorn
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route

body = sys.stdin.buffer.read()

async def constant(request):
    return Response(body, media_type="application/json")

class Server(uvicorn.Server):
    async def startup(self, sockets=None):
        await super().startup(sockets)
        port = self.servers[0].sockets[0].getsockname()[1]
        print(f"http://127.0.0.1:{port}", file=sys.stderr, flush=True)

Server(uvicorn.Config(
    Starlette(routes=[Route("/best", constant)]), port=0, http="h11", loop="asyncio",
    access_log=False, log_level="error",
)).run()
"""
REFRESH = """
import asyncio, sys
from modeldex import ModelCapabilities, ModelRegistry, ModelSpec

class Source:
    name = "benchmark"
    async def discover(self):
        return [ModelSpec(provider="acme", name=f"m{i}") for i in range(2000)]

class Resolver:
    name = "benchmark"
    turn = 0
    async def get_capabilities(self, spec):
        raise NotImplementedError
    async def resolve_many(self, specs):
        self.turn += 1
        values = ModelCapabilities(max_context=1000 + self.turn, supports_tools=True)
        return [values for _ in specs]

async def main():
    async with ModelRegistry([Source()], [Resolver()], db=sys.argv[1]) as registry:
        while True:
            await registry.refresh()
            print("done", flush=True)

asyncio.run(main())
"""


class Lap(NamedTuple):
    """One lap of a server: responses per second, and the sorted response times."""

    rate: float
    seconds: list[float]

    def percentile(self, part: float) -> float:
        """Return the response time at this quantile (0 to 1), in milliseconds."""
        return self.seconds[min(len(self.seconds) - 1, int(len(self.seconds) * part))] * 1000


class Caller(asyncio.Protocol):
    """One connection that sends the next request as soon as a response is complete."""

    def __init__(self, requests: Sequence[bytes], first: int, until: float) -> None:
        self.seconds: list[float] = []
        self.done = asyncio.get_running_loop().create_future()
        self._requests = requests
        self._next = first
        self._until = until
        self._got = b""
        self._begun = 0.0

    def connection_made(self, transport: Any) -> None:
        """Send the first request."""
        self._transport = transport
        self._send()

    def _send(self) -> None:
        self._got = b""
        self._begun = time.perf_counter()
        self._transport.write(self._requests[self._next % len(self._requests)])
        self._next += 1

    def data_received(self, data: bytes) -> None:
        """Collect a response; send the next request when it is complete."""
        self._got += data
        head, found, body = self._got.partition(b"\r\n\r\n")
        if not found:
            return
        length = re.search(rb"content-length: (\d+)", head)
        if not head.startswith(b"HTTP/1.1 200") or length is None:
            raise SystemExit(f"not answered: {self._got[:300]!r}")
        if len(body) < int(length[1]):
            return
        now = time.perf_counter()
        self.seconds.append(now - self._begun)
        if now < self._until:
            self._send()
        else:
            self._transport.close()

    def connection_lost(self, _exception: Exception | None) -> None:
        """Mark the lap as done."""
        self.done.set_result(None)


async def lap(url: str, targets: Sequence[str], connections: int, seconds: float) -> Lap:
    """Send requests to one server for `seconds`, over concurrent connections."""
    host, _, port = url.removeprefix("http://").rpartition(":")
    requests = [
        f"GET {target} HTTP/1.1\r\nHost: {host}:{port}\r\n\r\n".encode() for target in targets
    ]
    loop = asyncio.get_running_loop()
    begun = time.perf_counter()
    callers = []
    for number in range(connections):
        caller = Caller(requests, number, begun + seconds)
        await loop.create_connection(lambda caller=caller: caller, host, int(port))  # type: ignore[misc]
        callers.append(caller)
    await asyncio.gather(*(caller.done for caller in callers))
    taken = sorted(each for caller in callers for each in caller.seconds)
    return Lap(len(taken) / (time.perf_counter() - begun), taken)


@contextmanager
def process(
    *command: str, stdin: bytes = b"", out: Any = None
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a Python process with `stdin` as input; kill it at the end."""
    running = subprocess.Popen(
        [sys.executable, *command], stdin=subprocess.PIPE, stdout=out, stderr=subprocess.PIPE
    )
    assert running.stdin is not None
    running.stdin.write(stdin)
    running.stdin.close()
    try:
        yield running
    finally:
        running.kill()
        running.wait()


def address(running: subprocess.Popen[bytes]) -> str:
    """Wait for the address that a server prints on stderr; later output is discarded."""
    assert running.stderr is not None
    for line in running.stderr:
        if found := re.search(rb"http://\S+", line):
            # A full pipe would block the server.
            threading.Thread(target=_discard, args=(running.stderr,), daemon=True).start()
            return found[0].decode()
    raise SystemExit("a server did not start")


def _discard(stream: IO[bytes]) -> None:
    with contextlib.suppress(ValueError):
        while stream.read(65536):
            pass


def target(criteria: Mapping[str, Any]) -> str:
    """Return the request target of a query."""
    plain = {k: str(v).lower() if isinstance(v, bool) else v for k, v in criteria.items()}
    return f"/best?{urlencode(plain)}"


def load(path: Path) -> None:
    """Create a catalog with the shipped data."""

    async def shipped() -> None:
        async with ModelRegistry(db=path, environ={}) as registry:
            await registry.load_shipped()

    asyncio.run(shipped())


def body(url: str, target: str) -> bytes:
    """Return the body of one response."""
    with urlopen(url + target) as response:  # noqa: S310 - to our own server
        return bytes(response.read())


def measure(path: Path, given: argparse.Namespace, stack: ExitStack) -> dict[str, list[Lap]]:
    """Run the laps of all contestants in turns; return them by name."""
    serve = ("-m", "modeldex", "serve", "--db", str(path), "--port", "0")
    ours = address(stack.enter_context(process(*serve)))
    constant = stack.enter_context(process("-c", CONSTANT, stdin=body(ours, target(TOOLS))))
    theirs = address(constant)
    refresher = stack.enter_context(process("-c", REFRESH, str(path), out=subprocess.PIPE))
    assert refresher.stdout is not None
    refresher.stdout.readline()
    contestants = {
        "/best, one question": (ours, [target(TOOLS)]),
        "/best, ninety questions": (ours, [target(each) for each in EVERYDAY]),
        CONSTANT_ROUTE: (theirs, ["/best"]),
    }
    laps: dict[str, list[Lap]] = {name: [] for name in contestants}
    for _ in range(given.rounds):
        for name, (url, targets) in contestants.items():
            laps[name].append(asyncio.run(lap(url, targets, given.connections, given.seconds)))
    return laps


def figures(laps: dict[str, list[Lap]]) -> dict[str, dict[str, float]]:
    """Return per contestant the medians of its laps."""
    constant = median(each.rate for each in laps[CONSTANT_ROUTE])
    return {
        name: {
            "per_second": round(median(each.rate for each in own_laps)),
            "p50_ms": round(median(each.percentile(0.5) for each in own_laps), 2),
            "p99_ms": round(median(each.percentile(0.99) for each in own_laps), 2),
            "max_ms": round(max(each.percentile(1) for each in own_laps), 2),
            "ratio": round(median(each.rate for each in own_laps) / constant, 3),
        }
        for name, own_laps in laps.items()
    }


def show(found: dict[str, dict[str, float]]) -> None:
    """Print the figures as a table, with the promised rate."""
    columns = next(iter(found.values()))
    print(f"{'beside a running refresh':28}" + "".join(f"{name:>12}" for name in columns))
    for name, row in found.items():
        print(f"{name:28}" + "".join(f"{value:>12,}" for value in row.values()))
    met = all(row["per_second"] >= WANTED for row in found.values())
    print(f"promised: {WANTED:,} a second: {'ok' if met else 'missed'}")


def main() -> None:
    """Measure and print; with --json also write the figures to a file."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seconds", type=float, default=5.0, help="how long each lap takes")
    parser.add_argument("--connections", type=int, default=16, help="callers at once")
    parser.add_argument("--rounds", type=int, default=3, help="laps of each contestant")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures to it too")
    given = parser.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        (folder / "overrides.yaml").touch()
        os.environ |= {"MODELDEX_FEEDS": "0", "MODELDEX_OVERRIDES": str(folder / "overrides.yaml")}
        load(folder / "catalog.db")
        found = figures(measure(folder / "catalog.db", given, stack))
    show(found)
    if given.json:
        given.json.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
