"""No caller keeps the others waiting: long reads, unread answers and connections have limits."""

import asyncio
import contextlib
import contextvars
import math
import threading
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest
import uvicorn
from uvicorn.server import ServerState

from command_line import MODELS, small_catalog
from fork_process import HANG
from modeldex.query.catalog import Catalog
from modeldex.server.app import application
from modeldex.server.auth import rules
from modeldex.server.callers import CALLER, exceeds_unread
from modeldex.server.errors import Fault
from modeldex.server.limits import Limits
from modeldex.server.operations import OPERATIONS, RELATIVE_SECONDS
from modeldex.server.parameters import parsed
from modeldex.server.protocol import Protocol
from modeldex.server.registry import ServedRegistry
from modeldex.server.slow_connections import SlowConnections
from modeldex.storage.location import Place
from running_server import Serving
from running_server import parsed as parsed_answer

ENDLESS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"


@pytest.fixture(scope="module")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """A catalog of a few models; nobody writes to it."""
    return small_catalog(tmp_path_factory.mktemp("fair") / "catalog.db", MODELS)


class Long:
    """A read that exceeds the quick lane, and in the slow one lasts until it is released."""

    def __init__(self) -> None:
        self.runs = 0
        self.slow = threading.Event()
        self.released = threading.Event()

    def __call__(self, catalog: Catalog) -> str:
        """Do the read."""
        self.runs += 1
        if self.runs == 1:
            catalog.rows(ENDLESS)
        self.slow.set()
        assert self.released.wait(HANG)
        return "done"


def limited(catalog: Place, **limits: Any) -> ServedRegistry:
    """The registry of a server with these limits."""
    return ServedRegistry(db=catalog, environ={}, limits=Limits(quick_seconds=1.0, **limits))


async def begun(registry: ServedRegistry, long: Long) -> "asyncio.Task[str]":
    """A long read that has reached the slow lane."""
    task = asyncio.create_task(registry.run_read(long))
    assert await asyncio.to_thread(long.slow.wait, HANG)
    return task


async def test_long_reads_keep_no_quick_one_waiting(catalog: Place) -> None:
    """While every reader of the slow lane is taken, a quick read is answered."""
    longs = [Long(), Long()]
    async with limited(catalog, slow_readers=2) as registry:
        tasks = [await begun(registry, long) for long in longs]
        quick = await registry.run_read(lambda each: each.rows("SELECT 1"))
        unfinished = [task.done() for task in tasks]
        for long in longs:
            long.released.set()
        found = await asyncio.gather(*tasks)
    assert (quick, unfinished, found) == ([(1,)], [False, False], ["done", "done"])


@pytest.mark.parametrize(
    ("caller", "limits", "status"),
    [
        ("the same", {"slow_reads_per_caller": 1}, 429),
        ("another", {"slow_reads_per_caller": 1}, None),
        ("another", {"slow_reads": 1}, 503),
    ],
)
async def test_long_reads_are_limited(
    catalog: Place, caller: str, limits: dict[str, int], status: int | None
) -> None:
    """One too many of a caller is a 429, one too many of all a 503; both say when to try again."""
    first, second = Long(), Long()
    CALLER.set("the same")
    async with limited(catalog, **limits) as registry:
        task = await begun(registry, first)
        other = contextvars.copy_context()
        other.run(CALLER.set, caller)
        second.released.set()
        asked = asyncio.get_running_loop().create_task(registry.run_read(second), context=other)
        [refused] = await asyncio.gather(asked, return_exceptions=True)
        first.released.set()
        await task
    if status is None:
        assert refused == "done"
    else:
        assert isinstance(refused, Fault)
        assert (refused.status, refused.headers) == (status, {"retry-after": "5"})


class Holding(NamedTuple):
    """A connection with bytes that wait for its caller."""

    caller: str
    unread: int


@pytest.mark.parametrize(
    ("others", "exceeds"),
    [
        ([], False),
        ([Holding("a", 9)], False),
        ([Holding("a", 6), Holding("a", 4)], True),
        ([Holding("b", 10), Holding("c", 9)], False),
        ([Holding("b", 10), Holding("c", 10)], True),
    ],
)
def test_unread_bytes_are_counted_by_caller_and_in_all(
    others: list[Holding], *, exceeds: bool
) -> None:
    """An answer of any size may wait, unless others of the caller or of all fill the limit."""
    limits = Limits(unread_bytes=20, unread_bytes_per_caller=10)
    assert exceeds_unread(Holding("a", 1000), others, limits) is exceeds


LARGE = 16 * 1024 * 1024
"""Bytes: more than the buffers of two sockets hold."""


async def sized(scope: Any, _receive: Any, send: Any) -> None:
    """An application that answers `/N` by N bytes."""
    length = int(scope["path"].strip("/"))
    headers = [(b"content-length", b"%d" % length)]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"x" * length})


class Listening(NamedTuple):
    """A server within this process: its port, its connections, and what asked it."""

    port: int
    connections: set[Any]
    asked: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]]

    async def ask(self, length: int) -> asyncio.StreamReader:
        """Ask for so many bytes on a connection of its own."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port, limit=1024)
        self.asked.append((reader, writer))
        writer.write(f"GET /{length} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        return reader

    async def until(self, reached: Callable[[], bool]) -> None:
        """Let the loop run until a state is reached."""
        async with asyncio.timeout(HANG):
            while not reached():
                await asyncio.sleep(0.001)

    @property
    def unread(self) -> int:
        """Bytes that wait for all callers."""
        return sum(each.unread for each in self.connections)


@contextlib.asynccontextmanager
async def listening(limits: Limits) -> AsyncIterator[Listening]:
    """Serve `sized` under these limits."""
    state = ServerState()
    config = uvicorn.Config(sized, log_config=None, http="h11", ws="none", lifespan="off")
    make = lambda: Protocol(limits, config=config, server_state=state, app_state={})  # noqa: E731
    server = await asyncio.get_running_loop().create_server(make, "127.0.0.1", 0)
    made = Listening(server.sockets[0].getsockname()[1], state.connections, [])
    try:
        yield made
    finally:
        server.close()
        for each in [*state.connections]:
            each.transport.abort()
        for _, writer in made.asked:
            writer.transport.abort()
        await made.until(lambda: not state.connections)


async def test_callers_that_do_not_read_are_cut() -> None:
    """While unread answers fill the limit, others are cut, and short ones still go through."""
    limits = Limits(unread_bytes_per_caller=1024)
    async with listening(limits) as server:
        await server.ask(LARGE)
        await server.until(lambda: server.unread > limits.unread_bytes_per_caller)
        for _ in range(20):
            reader = await server.ask(LARGE)
            with contextlib.suppress(ConnectionError):
                assert len(await reader.read()) < LARGE
        short = await server.ask(10)
        answer = await short.readuntil(b"x" * 10)
        assert answer.startswith(b"HTTP/1.1 200")
        assert server.unread <= LARGE


async def test_an_answer_that_is_never_read_ends() -> None:
    """A connection with an answer unread is cut after `response_seconds`, not only closed."""
    limits = Limits()
    slow = SlowConnections(limits)
    async with listening(limits) as server:
        await server.ask(LARGE)
        await server.until(lambda: server.unread > 0)
        slow.close_slow(server.connections, 0.0)
        slow.close_slow(server.connections, limits.receive_seconds + 1)
        before = len(server.connections)
        slow.close_slow(server.connections, limits.response_seconds + 1)
        await server.until(lambda: not server.connections)
    assert before == 1


@pytest.mark.parametrize(
    ("limits", "status"),
    [(Limits(connections_per_caller=1), 429), (Limits(connections=1), 503)],
)
async def test_connections_are_limited(limits: Limits, status: int) -> None:
    """One too many of an address is a 429, one too many of all a 503; then it is closed."""
    async with listening(limits) as server:
        await (await server.ask(1)).readuntil(b"x")
        answer = parsed_answer(await (await server.ask(1)).read())
    assert (answer.status, answer.headers["retry-after"]) == (status, "5")
    assert answer.error["code"] in ("too_many_connections", "overloaded")


@pytest.mark.parametrize(
    ("given", "seconds"),
    [
        ({}, math.inf),
        ({"as_of": "2026-11-01"}, math.inf),
        ({"as_of": "0s"}, RELATIVE_SECONDS),
        ({"input_tokens": 5, "as_of": "2026-11-01"}, 0),
    ],
)
def test_answers_about_the_past_are_kept(given: dict[str, object], seconds: float) -> None:
    """That of a fixed time as long as one of now, that of a time before now for a while."""
    operation = OPERATIONS["query"]
    assert operation.cache_seconds(parsed(operation.parameters, given)) == seconds


@pytest.mark.parametrize(
    ("body", "headers", "status", "code"),
    [
        (b"{}", {"content-encoding": "gzip"}, 415, "unsupported_encoding"),
        (b"{}", {"content-encoding": "identity"}, 200, None),
        (b'{"limit": 1, "limit": 2}', {}, 400, "invalid_parameter"),
        (b'{"providers": [{"a": 1, "a": 2}]}', {}, 400, "invalid_parameter"),
    ],
)
async def test_bodies_that_mean_two_things_are_refused(
    catalog: Place, body: bytes, headers: dict[str, str], status: int, code: str | None
) -> None:
    """A compressed body is a 415, a key given twice a 400."""
    gate = application(ServedRegistry(db=catalog, environ={}), rules("127.0.0.1"))
    sent = {"content-type": "application/json", **headers}
    transport = httpx.ASGITransport(gate)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as web:
        answer = await web.post("/query", content=body, headers=sent)
    assert (answer.status_code, answer.json().get("error", {}).get("code")) == (status, code)


@pytest.mark.sqlite_only("no read is made")
def test_two_lengths_close_the_connection(catalog: Path) -> None:
    """Content-Length beside Transfer-Encoding is a 400, after which no request is read."""
    two = (
        b"POST /query HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n"
    )
    with Serving(catalog) as server:
        answer = parsed_answer(server.send_raw(two + two))
    assert (answer.status, answer.error["code"]) == (400, "malformed_request")
