"""Malformed, huge, slow and hostile requests, and a catalog that goes away: the server stays."""

import asyncio
import json
import shutil
import socket
import sqlite3
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, suppress
from pathlib import Path

import pytest

from child_processes import Child
from command_line import MODELS, small_catalog
from fork_process import HANG
from modeldex.errors import StatementStopped
from modeldex.server.registry import ServedRegistry
from running_server import TOKEN, Serving, parsed, receive_all


@pytest.fixture(scope="module")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A catalog of a few models."""
    return small_catalog(tmp_path_factory.mktemp("bad") / "catalog.db", MODELS)


@pytest.fixture(scope="module")
def server(catalog: Path) -> Iterator[Serving]:
    """A server that waits for whatever has not arrived yet."""
    with Serving(catalog, "--timeout", "3600", "--open-reads", token=TOKEN) as serving:
        yield serving


@pytest.fixture(scope="module")
def clockwork(catalog: Path) -> Iterator[Serving]:
    """A server that waits for an hour, by a clock that is put forward."""
    with Serving(catalog, "--timeout", "3600", "--open-reads", clockwork=True) as serving:
        yield serving


def works(server: Serving) -> bool:
    """Whether an ordinary request is answered."""
    return server.request("/best?requires_tools=1").status == 200


# Malformed.

MALFORMED = {
    "no request": b"hello\r\n\r\n",
    "binary": bytes(range(256)) * 8,
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 64,
    "no version": b"GET /best\r\nHost: localhost\r\n\r\n",
    "blank in the target": b"GET /be st HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "raw bytes in the target": b"GET /\xff\xfe HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "header without a colon": b"GET /best HTTP/1.1\r\nHost: localhost\r\nnothing\r\n\r\n",
    "NUL in a header": b"GET /best HTTP/1.1\r\nHost: localhost\r\nx: a\x00b\r\n\r\n",
    "folded header": b"GET /best HTTP/1.1\r\nConnection: close\r\nHost: localhost\r\n x: y\r\n\r\n",
    "two lengths": b"POST /query HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n"
    b"Content-Length: 3\r\n\r\n{}",
    "length and chunks": b"POST /query HTTP/1.1\r\nHost: localhost\r\nContent-Length: x\r\n"
    b"Transfer-Encoding: chunked\r\n\r\n",
    "negative length": b"POST /query HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n",
    "unknown encoding": b"POST /query HTTP/1.1\r\nHost: localhost\r\n"
    b"Transfer-Encoding: gzip\r\n\r\n",
    "huge head": b"GET /best HTTP/1.1\r\nHost: localhost\r\nx: " + b"y" * 100_000 + b"\r\n\r\n",
    "many headers": b"GET /best HTTP/1.1\r\n" + b"x: y\r\n" * 20_000 + b"\r\n",
    "huge target": b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",
}  # fmt: skip


def test_what_cannot_be_read_gets_the_one_error_shape(server: Serving) -> None:
    """A 4xx with a code, then the connection is closed; the next request is served."""
    answers = {name: parsed(server.send_raw(sent)) for name, sent in MALFORMED.items()}
    told = {
        name: (400 <= each.status < 500, bool(each.error["code"])) for name, each in answers.items()
    }
    assert told == dict.fromkeys(MALFORMED, (True, True))
    assert works(server)


def test_a_connection_that_ends_half_way_is_no_matter(server: Serving) -> None:
    """Nothing, half a head or half a body: each is left alone."""
    for sent in (
        b"",
        b"GET /be",
        b"POST /query HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n{",
    ):
        with server.connect() as connection:
            connection.sendall(sent)
    assert works(server)
    assert [line for line in server.told if "Traceback" in line] == []


# Huge.


def test_what_is_too_large_is_refused_before_it_is_read(server: Serving) -> None:
    """Bodies by their announced length and by what arrives; query strings; paths."""
    large = 5 * 1024 * 1024
    head = b"POST /query HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    announced = parsed(server.send_raw(head + b"Content-Length: %d\r\n\r\n" % large))
    chunk = b"10000\r\n" + b" " * 65536 + b"\r\n"
    with server.connect() as connection:
        connection.sendall(head + b"Transfer-Encoding: chunked\r\n\r\n")
        arrived = parsed(_push(connection, chunk, 80))
    query = server.request("/best?family=" + "a" * 9000)
    names = server.request("/best?" + "&".join(f"providers=p{i}" for i in range(300)))
    assert [(each.status, each.error["code"]) for each in (announced, arrived, query, names)] == [
        (413, "body_too_large"), (413, "body_too_large"), (414, "query_too_long"),
        (400, "malformed_query"),
    ]  # fmt: skip


def _push(connection: socket.socket, piece: bytes, times: int) -> bytes:
    """Send until the other side has had enough, and hear what it says."""
    try:
        for _ in range(times):
            connection.sendall(piece)
    except OSError:
        pass
    return receive_all(connection)


# Slow.


def in_time(clockwork: Serving, connection: socket.socket, drip: bytes = b"") -> bytes:
    """What is said until the other side closes; meanwhile time passes, ten minutes at once.

    With each of them something is sent.
    """
    connection.settimeout(0.02)
    said = b""
    while True:
        try:
            piece = connection.recv(65536)
        except TimeoutError:
            clockwork.advance_clock(600)
            with suppress(OSError):
                connection.sendall(drip)
            continue
        except ConnectionResetError:
            return said
        if not piece:
            return said
        said += piece


@pytest.mark.parametrize("requests", [0, 1])
def test_a_slow_head_is_cut_off(clockwork: Serving, requests: int) -> None:
    """One byte at a time, on a fresh connection and on one that was used before."""
    head = b"GET /best HTTP/1.1\r\nHost: localhost\r\n"
    with clockwork.connect() as connection:
        connection.sendall((head + b"\r\n") * requests)
        while requests and b"\r\n\r\n" not in connection.recv(65536):
            pass
        connection.sendall(head + b"x: y")
        answer = parsed(in_time(clockwork, connection, drip=b"y"))
    assert (answer.status, answer.error["code"]) == (408, "too_slow")


def test_a_slow_body_is_cut_off(clockwork: Serving) -> None:
    """What was announced must arrive in time."""
    head = (
        b"POST /query HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        b"Content-Length: 10\r\n\r\n{"
    )
    with clockwork.connect() as connection:
        connection.sendall(head)
        answer = parsed(in_time(clockwork, connection))
    assert (answer.status, answer.error["code"]) == (408, "too_slow")


def test_slow_ones_keep_nobody_waiting(clockwork: Serving) -> None:
    """With many connections that send next to nothing, others are served as ever."""
    with ExitStack() as stack:
        idle = [stack.enter_context(clockwork.connect()) for _ in range(100)]
        for connection in idle:
            connection.sendall(b"GET /best HTTP/1.1\r\n")
        served = [works(clockwork) for _ in range(20)]
        ended = [parsed(in_time(clockwork, connection)).status for connection in idle]
    assert served == [True] * 20
    assert ended == [408] * 100


def test_who_does_not_take_the_answer_is_cut_off(clockwork: Serving) -> None:
    """One who asks and asks and never reads holds his answers for a bounded time."""
    with clockwork.connect() as connection:
        request = b"GET /openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n"
        connection.sendall(request * 400)
        while not is_cut(connection):
            clockwork.advance_clock(600)
        connection.settimeout(HANG)
        got = receive_all(connection)
    assert 0 < got.count(b"HTTP/1.1 200") < 400


def is_cut(connection: socket.socket) -> bool:
    """Whether the other side takes nothing more, as it tells who sends something."""
    time.sleep(0.02)
    connection.settimeout(0)
    try:
        connection.sendall(b"x")
    except BlockingIOError:
        return False
    except OSError:
        return True
    return False


def small_catalog_ready(path: Path) -> None:
    """Seem to be loaded, so that the server begins at once."""
    path.unlink()
    small_catalog(path, MODELS)


# Hostile.

NAMES = (
    "<script>alert(1)</script>", "..%2f..%2f..%2fetc%2fpasswd", "%2e%2e/%2e%2e", "%00", "%0d%0aX:y",
    "%ff", "%e2%80%ae", "%f0%9f%92%a9", "'; DROP TABLE models;--", "%25", "a" * 200, "a" * 201,
    "{name}", "$%7Bjndi:ldap://x%7D", "//", ".", "%c0%af",
)  # fmt: skip


def test_hostile_names_are_names_of_nothing(server: Serving) -> None:
    """Each is a 4xx in JSON that says them back inert; no header is made of them."""
    targets = [f"/{where}/openai/{name}" for name in NAMES for where in ("models", "explain")]
    answers = {t: server.request(t.replace(" ", "%20").replace("<", "%3C")) for t in targets}
    told = {
        t: (each.status in (400, 404), each.headers["content-type"]) for t, each in answers.items()
    }
    assert told == dict.fromkeys(targets, (True, "application/json"))
    assert [t for t, each in answers.items() if "x" in each.headers] == []
    assert works(server)


def test_a_hostile_path_is_one_line_in_the_log(server: Serving) -> None:
    """Line ends and escapes in a path are text there."""
    server.request("/%0a%7b%22status%22:200%7d%1b[31m")
    lines = server.logged("[31m")
    assert [json.loads(line)["path"] for line in lines] == ['/\n{"status":200}\x1b[31m']
    assert all(line.isprintable() for line in lines)


@pytest.mark.sqlite_only("a file")
async def test_an_endless_question_is_stopped(blank_catalog: Path) -> None:
    """By the clock, in the middle of a statement; the next one is answered."""
    small_catalog_ready(blank_catalog)
    endless = (
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"
    )
    async with ServedRegistry(db=blank_catalog, seconds=0.2) as registry:
        with pytest.raises(StatementStopped):
            await registry.run_read(lambda catalog: catalog.rows(endless))
        registry.seconds = HANG
        after = await registry.run_read(lambda catalog: catalog.rows("SELECT count(*) FROM models"))
    assert after == [(len(MODELS),)]


# The catalog.


def test_a_catalog_that_goes_away_is_a_503_until_it_is_back(tmp_path: Path) -> None:
    """Missing, replaced by something else, replaced by another catalog: each shows before long."""
    path, aside = tmp_path / "catalog.db", tmp_path / "aside.db"
    small_catalog(path, MODELS)
    other = small_catalog(tmp_path / "other.db", {"acme/one": {"supports_tools": True}})
    with Serving(path) as server:
        told = [_after(server, None)]
        path.rename(aside)
        told += [_after(server, 200), _state(server), path.exists()]
        figures = server.request("/metrics").body
        shutil.copyfile(aside, path)
        told.append(_after(server, 503))
        (tmp_path / "text").write_text("this is no database, whatever it is called " * 50)
        (tmp_path / "text").replace(path)
        told.append(_after(server, 200))
        other.replace(path)
        told += [_after(server, 503), server.request("/models").json[0]["name"], server.stop()]
    missing = (503, "catalog_missing", "5")
    assert b"\nmodeldex_catalog_up 0.0\n" in figures
    assert told == [
        (200, "", ""), missing, missing, False, (200, "", ""), (503, "not_a_catalog", "5"),
        (200, "", ""), "one", 0,
    ]  # fmt: skip


def _state(server: Serving) -> tuple[int, str, str]:
    """Status, code and Retry-After of a question that was asked before."""
    answer = server.request("/best")
    code = answer.json.get("error", {}).get("code", "")
    return answer.status, code, answer.headers.get("retry-after", "")


def _after(server: Serving, status: int | None) -> tuple[int, str, str]:
    """The state as soon as the status is another one."""
    while (state := _state(server))[0] == status:
        time.sleep(0.05)
    return state


WRITER = """
import asyncio
from modeldex import ModelRegistry, ModelSpec, ModelCapabilities

class Source:
    name = "lists"
    async def discover(self):
        return [ModelSpec(provider="acme", name=f"m{i}") for i in range(2000)]

class Resolver:
    name = "states"
    turn = 0
    async def get_capabilities(self, spec):
        return ModelCapabilities(max_context=1000 + self.turn, supports_tools=True)
    async def resolve_many(self, specs):
        self.turn += 1
        return [await self.get_capabilities(spec) for spec in specs]

async def main():
    async with ModelRegistry([Source()], [Resolver()], db=ARGS[0]) as registry:
        say((await registry.refresh()).status)
        while True:
            await registry.refresh()

asyncio.run(main())
"""


@pytest.mark.parametrize("readers", [60, pytest.param(1000, marks=pytest.mark.nightly)])
async def test_readers_beside_a_refresh_are_all_served(tmp_path: Path, readers: int) -> None:
    """Every one of many connections at once gets every answer, while another process writes."""
    path = small_catalog(tmp_path / "catalog.db", MODELS)
    with (
        Child(WRITER, path, forked=True) as child,
        Serving(path, "--no-access-log") as server,
    ):
        assert child.receive() == "ok"
        told = await asyncio.gather(*(_read(server.port, number) for number in range(readers)))
        seen = server.request("/models/acme/m7").json["capabilities"]["max_context"]
    statuses = [status for statuses in told for status in statuses]
    assert statuses == [200] * len(TARGETS) * readers
    assert seen > 1000


TARGETS = ("/best?requires_tools=1", "/query?limit=3&offset={}", "/models/acme/m{}", "/healthz")


async def _read(port: int, number: int) -> list[int]:
    """The statuses of some requests on one connection."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    statuses = []
    for target in TARGETS:
        writer.write(f"GET {target.format(number)} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        length = head.split(b"content-length:")[1].split(b"\r\n")[0]
        json.loads(await reader.readexactly(int(length)))
        statuses.append(int(head.split()[1]))
    writer.close()
    await writer.wait_closed()
    return statuses


def test_a_commit_in_progress_keeps_nobody_waiting(catalog: Path, server: Serving) -> None:
    """What was asked before is answered as before, until the commit is done; then as after it."""
    target = "/models/openai/older"
    server.request("/healthz")  # opens the catalog
    before = server.request(target).json
    with closing(sqlite3.connect(catalog, isolation_level=None)) as writer:
        assert writer.execute("PRAGMA journal_mode = DELETE").fetchone() == ("delete",)
        writer.execute("BEGIN EXCLUSIVE")
        writer.execute("UPDATE models SET display_name = 'Older' WHERE name = 'older'")
        during = [server.request(target).json for _ in range(3)]
        writer.execute("COMMIT")
        after = server.request(target).json
    assert during == [before] * 3
    assert after == {**before, "spec": {**before["spec"], "display_name": "Older"}}


def test_a_lock_held_by_a_writer_keeps_no_reader_waiting(catalog: Path, server: Serving) -> None:
    """While somebody is in the middle of a transaction the last state is answered."""
    with closing(sqlite3.connect(catalog, isolation_level=None)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        writer.execute("UPDATE models SET display_name = 'half'")
        answers = [server.request("/models/openai/small") for _ in range(5)]
        writer.execute("ROLLBACK")
    assert [each.status for each in answers] == [200] * 5
    assert [each.json.get("display_name") for each in answers] == [None] * 5
