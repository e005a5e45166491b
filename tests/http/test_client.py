"""The HTTP client, against a real server on loopback that misbehaves on purpose."""

import asyncio
import gzip
import logging
import socket
import subprocess
import sys
import traceback

import pytest

from cases import case
from misbehaving_host import Reply, StandIn, drip, error, flood, hang, html, in_turn, ok, reset
from modeldex.errors import SourceFailed
from modeldex.http.client import fetch_changed, fetch_json, open_client
from modeldex.http.failures import KeyRefused, Unreachable
from modeldex.http.retry import retry_after
from modeldex.vocabulary.caps import VALUES

CANARY = "sk-canary-0123456789abcdef"


@pytest.fixture
def closed_port() -> int:
    """A port of this host on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def failure(reply: Reply, **options: object) -> SourceFailed:
    """The failure that one GET of `reply` ends in."""
    with StandIn({"/x": reply}) as server, pytest.raises(SourceFailed) as caught:
        await fetch_json(f"{server.url}/x", source="test", **options)  # type: ignore[arg-type]
    return caught.value


async def test_json_is_fetched() -> None:
    """A JSON answer comes back parsed, and the request asks for it uncompressed."""
    with StandIn({"/x": ok({"a": [1, None]})}) as server:
        answer = await fetch_json(f"{server.url}/x?page=2", source="test", headers={"x-k": "v"})
    [seen] = server.requests
    asked = {name: seen.headers[name] for name in ("accept-encoding", "user-agent", "x-k")}
    assert answer == {"a": [1, None]}
    assert asked == {"accept-encoding": "identity", "user-agent": "modeldex", "x-k": "v"}


async def test_post_sends_json() -> None:
    """A body is sent as JSON."""
    with StandIn({"/x": ok(1)}) as server:
        await fetch_json(f"{server.url}/x", source="test", method="POST", body={"model": "m"})
    assert [(seen.method, seen.json) for seen in server.requests] == [("POST", {"model": "m"})]


SHORT = (200, {"content-length": "100", "connection": "close"}, b'{"models": [')
FAULTS = {
    "401": (error(401, {"error": "no"}), "key refused (401)"),
    "403": (error(403), "key refused (403)"),
    "404": (error(404, {"error": "model 'x' not found"}), "HTTP 404: model 'x' not found"),
    "400": (error(400, {"error": {"message": "bad"}}), "HTTP 400: bad"),
    "in a list": (error(400, [{"error": {"message": "bad"}}]), "HTTP 400: bad"),
    "errors": (error(400, {"errors": [{"code": "c", "message": "bad"}]}), "HTTP 400: bad"),
    "418 in HTML": (html(418), "HTTP 418"),
    "HTML": (html(), "HTML instead of JSON"),
    "nothing": ((200, {}, b""), "an empty response"),
    "cut JSON": ((200, {}, b'{"models": ['), "not JSON"),
    "cut body": (SHORT, "incomplete or not HTTP"),
    "NaN": ((200, {}, b'{"price": NaN}'), "not JSON"),
    "depth": ((200, {}, b"[" * 5000 + b"]" * 5000), "not JSON"),
    "latin-1": ((200, {}, b'{"name": "caf\xe9"}'), "not JSON"),
    "surrogate": ((200, {}, rb'{"name": "\ud800"}'), "not JSON"),
    "brotli": ((200, {"content-encoding": "br"}, b"{}"), "compression"),
    "no gzip": ((200, {"content-encoding": "gzip"}, b"{}"), "compressed response is corrupt"),
    "cut gzip": ((200, {"content-encoding": "gzip"}, gzip.compress(b"{}")[:-9]), "incomplete"),
    "bomb": (
        (200, {"content-encoding": "gzip"}, gzip.compress(b" " * 50_000_000)),
        "larger than 1,000,000 bytes",
    ),
    "reset": (reset(b'{"models"'), "broke"),
    "large": (flood(b" " * 65536, 40), "larger than 1,000,000 bytes"),
}


async def test_every_fault_is_one_short_reason() -> None:
    """Whatever is wrong with an answer, the caller gets SourceFailed with a short reason."""
    for kind, (reply, expected) in FAULTS.items():
        failed = await failure(reply, cap=1_000_000)
        assert failed.source == "test", kind
        assert failed.reason.startswith("127.0.0.1:"), kind
        assert expected in failed.reason, kind
        assert len(failed.reason) < 120, kind


async def test_many_tiny_values_are_refused_unparsed() -> None:
    """A small body that would unfold into millions of objects is refused."""
    failed = await failure((200, {}, b"[" + b"[]," * VALUES + b"[]]"))
    assert "more than 1,000,000 values" in failed.reason


@pytest.mark.parametrize("reply", [drip(), hang()], ids=["drip", "hang"])
async def test_the_deadline_is_total(reply: Reply) -> None:
    """A server that drips or stays silent costs the deadline, not a timeout per read."""
    failed = await failure(reply, deadline=0.4)
    assert isinstance(failed, Unreachable)
    assert "no complete response within 0.4 s" in failed.reason


async def test_a_closed_loopback_port_fails_at_once(
    closed_port: int, caplog: pytest.LogCaptureFixture
) -> None:
    """A refused connection to this host is Unreachable and is not tried again."""
    with pytest.raises(Unreachable, match="cannot connect"):
        await fetch_json(f"http://127.0.0.1:{closed_port}/", source="test")
    assert "retry" not in caplog.text


async def test_tls_to_a_plain_port_is_named() -> None:
    """A server without TLS behind an https address is told apart."""
    with StandIn({}) as server, pytest.raises(Unreachable, match="no trusted TLS connection"):
        await fetch_json(server.url.replace("http:", "https:"), source="test")


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
async def test_passing_troubles_are_tried_again(status: int) -> None:
    """A GET survives two refusals that pass."""
    replies = in_turn(error(status), error(status), ok({"fine": True}))
    with StandIn({"/x": replies}) as server:
        answer = await fetch_json(f"{server.url}/x", source="test")
    assert answer == {"fine": True}
    assert len(server.requests) == 3


async def test_the_third_failure_is_the_last() -> None:
    """A lasting refusal is asked three times and then reported as it was."""
    reply = error(500, {"error": "cache unavailable"})
    with StandIn({"/x": reply}) as server, pytest.raises(SourceFailed, match="500: cache unav"):
        await fetch_json(f"{server.url}/x", source="test")
    assert len(server.requests) == 3


@pytest.mark.parametrize(
    ("method", "reply"),
    [("POST", error(503)), ("GET", error(404)), ("GET", error(401)), ("GET", html())],
    ids=["POST 503", "404", "401", "HTML"],
)
async def test_what_will_not_pass_is_asked_once(method: str, reply: Reply) -> None:
    """Refusals that stay, and every POST, cost one request."""
    with StandIn({"/x": reply}) as server, pytest.raises(SourceFailed):
        await fetch_json(f"{server.url}/x", source="test", method=method)
    assert len(server.requests) == 1


async def test_retry_after_is_honoured(caplog: pytest.LogCaptureFixture) -> None:
    """The next try waits for as long as the server asks."""
    caplog.set_level(logging.WARNING, logger="stamina")
    with StandIn({"/x": in_turn(error(429, retry_after="1"), ok(1))}) as server:
        answer = await fetch_json(f"{server.url}/x", source="test")
    waits = [vars(record)["stamina.wait_for"] for record in caplog.records]
    assert (answer, waits) == (1, [1.0])


async def test_a_longer_retry_after_than_the_deadline_fails_at_once() -> None:
    """A wait that cannot end in time is not begun; the reason says how long it is."""
    reply = error(429, retry_after="3600")
    with StandIn({"/x": reply}) as server, pytest.raises(SourceFailed, match="wait 3600 s"):
        await fetch_json(f"{server.url}/x", source="test", deadline=600)
    assert len(server.requests) == 1


@pytest.mark.skipif(sys.platform == "win32", reason="127.1 is no address there")
async def test_a_broken_connection_elsewhere_is_tried_again() -> None:
    """A reset by a host that is not loopback is tried again, one by loopback is not."""
    with StandIn({"/x": in_turn(reset(), reset(), ok(1))}) as server:
        elsewhere = f"http://127.1:{server.port}/x"
        answer = await fetch_json(elsewhere, source="test")
    with StandIn({"/x": reset()}) as local, pytest.raises(SourceFailed):
        await fetch_json(f"{local.url}/x", source="test")
    assert (answer, len(server.requests), len(local.requests)) == (1, 3, 1)


async def test_gzip_that_was_not_asked_for_is_inflated() -> None:
    """A server that compresses all the same is understood."""
    packed = (200, {"content-encoding": "gzip"}, gzip.compress(b'{"a": [1, 2]}'))
    with StandIn({"/x": packed}) as server:
        assert await fetch_json(f"{server.url}/x", source="test") == {"a": [1, 2]}


async def test_a_redirect_is_followed_but_takes_no_key_to_another_host() -> None:
    """Of the headers only harmless ones travel to another origin."""
    sent = {"x-api-key": CANARY, "Authorization": f"Bearer {CANARY}", "if-none-match": "1"}
    with StandIn({"/y": ok(1)}) as other:
        target = f"http://localhost:{other.port}/y"
        with StandIn({"/x": error(302, location=target)}) as server:
            assert await fetch_json(f"{server.url}/x", source="test", headers=sent) == 1
    assert CANARY in str(server.requests[0].headers)
    assert CANARY not in str(other.requests[0].headers)
    assert "if-none-match" in {name.lower() for name in other.requests[0].headers}


async def test_a_redirect_on_the_same_host_keeps_the_key() -> None:
    """The same origin already has it."""
    with StandIn({"/x": error(307, location="/y"), "/y": ok(2)}) as server:
        answer = await fetch_json(f"{server.url}/x", source="test", headers={"x-api-key": CANARY})
    assert answer == 2
    assert CANARY in str(server.requests[1].headers)


@pytest.mark.parametrize(
    ("location", "reason"),
    [
        ("/x", "more than 3 redirects"),
        ("ftp://127.0.0.1/x", "redirects (302) to 127.0.0.1, not followed"),
        ("file:///etc/passwd", "not followed"),
    ],
)
async def test_a_redirect_that_leads_nowhere_is_a_failure(location: str, reason: str) -> None:
    """Loops and other protocols end in one reason."""
    failed = await failure(error(302, location=location))
    assert reason in failed.reason


async def test_a_post_is_never_redirected() -> None:
    """What was meant for one host is not repeated to another."""
    with StandIn({"/y": ok(1)}) as other:
        failed = await failure(error(307, location=f"{other.url}/y"), method="POST", body={})
    assert (failed.reason.endswith("not followed"), other.requests) == (True, [])


async def test_an_unchanged_answer_is_not_sent_again() -> None:
    """The validator of one answer, sent with the next question, yields no payload on 304."""
    with StandIn({"/x": (200, {"etag": '"v1"'}, b"[1]")}) as server:
        first = await fetch_changed(f"{server.url}/x", source="test", validator=None)
    with StandIn({"/x": (304, {}, b"")}) as server:
        again = await fetch_changed(f"{server.url}/x", source="test", validator=first.validator)
    assert first[:2] == ([1], 'etag:"v1"')
    assert again.payload is None
    assert {k.lower(): v for k, v in server.requests[0].headers.items()}["if-none-match"] == '"v1"'


async def test_a_last_modified_date_validates_where_there_is_no_etag() -> None:
    """The date goes back as If-Modified-Since."""
    day = "Sun, 22 Nov 2026 10:00:00 GMT"
    with StandIn({"/x": (200, {"last-modified": day}, b"{}")}) as server:
        first = await fetch_changed(f"{server.url}/x", source="test", validator=None)
        await fetch_changed(f"{server.url}/x", source="test", validator=first.validator)
    headers = {k.lower(): v for k, v in server.requests[1].headers.items()}
    assert headers["if-modified-since"] == day


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (401, {}),
        (403, {"error": "no"}),
        (400, {"error": {"message": "API key not valid. Please pass a valid API key."}}),
        (400, {"code": "x", "error": "Incorrect API key provided: ab***cd."}),
    ],
)
async def test_a_refused_key_is_told_apart(status: int, body: object) -> None:
    """Also where a host answers 400 to a wrong key; it is asked once."""
    with StandIn({"/x": error(status, body)}) as server, pytest.raises(KeyRefused):
        await fetch_json(f"{server.url}/x", source="test")
    assert len(server.requests) == 1


WAITS: list[tuple[str, object, float | None]] = [
    ("7", None, 7.0),
    ("0", None, 0.0),
    ("99999999999", None, 99_999_999_999.0),
    ("Sun, 22 Nov 2026 10:00:30 GMT", None, 30.0),
    ("Sun, 22 Nov 2026 09:00:00 GMT", None, 0.0),
    ("", {"error": {"details": [{"retryDelay": "57.2s"}]}}, 57.2),
    ("", [{"error": {"details": [{}, {"retryDelay": "2s"}]}}], 2.0),
    ("", {"error": {"details": "none"}}, None),
    ("soon", None, None),
    ("-5", None, None),
]


def test_the_time_to_wait_is_read() -> None:
    """Seconds, HTTP dates and the delay in Google's error body are understood."""
    for header, body, seconds in WAITS:
        now = 1795341600.0  # 2026-11-22 10:00:00 UTC
        assert retry_after(header, body, now) == seconds, (header, body, seconds)


async def test_a_host_that_asks_to_wait_for_very_long_is_not_asked_again_at_once() -> None:
    """However many digits its Retry-After has."""
    reply = error(429, retry_after="99999999999")
    with StandIn({"/x": reply}) as server, pytest.raises(SourceFailed, match="to wait") as caught:
        await fetch_json(f"{server.url}/x", source="test")
    assert len(server.requests) == 1
    assert caught.value.retry_at is not None


LEAKS = {
    "echoed": error(400, {"error": f"bad key {CANARY} in\n\x1b[31m {CANARY}"}),
    "split by a zero-width space": error(400, {"error": f"{CANARY[:9]}\u200b{CANARY[9:]}"}),
    "at the cut": error(400, {"error": "x" * 190 + CANARY}),
    "refused": error(401, {"error": CANARY}),
    "redirect": error(302, location=f"ftp://127.0.0.1/{CANARY}"),
    "HTML": html(),
    "broken": reset(),
}


@pytest.mark.parametrize("place", ["header", "query", "user", "environment"])
async def test_no_key_is_ever_shown(
    place: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither the failure, nor its traceback, nor any log at DEBUG holds a part of a key."""
    caplog.set_level(logging.DEBUG)
    if place == "environment":
        monkeypatch.setenv("SOME_API_KEY", CANARY)
    user = f"u:{CANARY}@" if place == "user" else ""
    query = f"?key={CANARY}" if place == "query" else ""
    headers = {"authorization": f"Bearer {CANARY}"} if place == "header" else {}
    for kind, route in LEAKS.items():
        caplog.clear()
        with case(kind), StandIn({"/x": route}) as server:
            url = server.url.replace("//", f"//{user}") + "/x"
            with pytest.raises(SourceFailed) as caught:
                await fetch_json(url + query, source="test", headers=headers)
            told = "".join(traceback.format_exception(caught.value)) + repr(caught.value)
            assert "127.0.0.1:" in told
            assert CANARY[:9] not in told + caplog.text


async def test_a_key_no_header_can_carry_is_not_printed() -> None:
    """A key with a line break or a letter outside ASCII is refused without being shown."""
    bad = [CANARY + "\n", CANARY + "é"]
    said = []
    for key in bad:
        with pytest.raises(SourceFailed) as caught:
            await fetch_json("http://127.0.0.1:9/", source="test", headers={"x-api-key": key})
        said.append(caught.value.reason)
    assert said == ["the key has characters that an HTTP header cannot hold"] * 2


async def test_messages_are_short_and_printable() -> None:
    """A server's own words lose control characters and end after 200 characters."""
    failed = await failure(error(400, {"error": "a\x1b[2Jb\u202ec\r\nd" + "x" * 900}))
    assert failed.reason.partition("HTTP 400: ")[2] == "a[2Jbc d" + "x" * 192


UNUSABLE: list[str] = [
    "http://[::1",
    "ftp://127.0.0.1/",
    "http://",
    "nonsense",
    "http://a:99999/",
    "",
]


async def test_an_unusable_address_is_a_failure() -> None:
    """No address can make the client raise anything but SourceFailed."""
    for url in UNUSABLE:
        with case(url), pytest.raises(SourceFailed):
            await fetch_json(url, source="test", deadline=600)


async def test_a_shared_client_reuses_its_connection() -> None:
    """Calls that share a client share its connection; others open their own."""
    with StandIn({"/x": ok(1)}) as server:
        async with open_client() as client:
            for _ in range(5):
                await fetch_json(f"{server.url}/x", source="test", client=client)
        await fetch_json(f"{server.url}/x", source="test")
    ports = [seen.client for seen in server.requests]
    assert (len(ports), len(set(ports))) == (6, 2)


async def test_this_host_is_never_asked_through_a_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy of the environment serves other hosts, not a server on loopback."""
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    with StandIn({"/x": ok("direct")}) as server, StandIn({}) as proxy:
        monkeypatch.setenv("http_proxy", proxy.url)
        near = await fetch_json(f"{server.url}/x", source="test")
        with pytest.raises(SourceFailed):
            await fetch_json("http://models.invalid/x", source="test")
    assert (near, proxy.paths) == ("direct", ["GET http://models.invalid/x"])


async def test_an_unusable_proxy_setting_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy kind that we cannot speak is SourceFailed, not a library's own error."""
    monkeypatch.setenv("all_proxy", "gopher://127.0.0.1:1")
    with pytest.raises(SourceFailed, match="proxy or certificate settings"):
        await fetch_json("http://127.0.0.1:9/", source="test")


async def test_cancellation_passes_through() -> None:
    """A caller's own deadline is not mistaken for ours."""
    with StandIn({"/x": hang()}) as server, pytest.raises(TimeoutError):
        await asyncio.wait_for(fetch_json(f"{server.url}/x", source="test"), 0.2)


def test_importing_the_client_loads_no_library() -> None:
    """httpx, stamina and pydantic are loaded by the first request, not by the import."""
    heavy = "{'httpx', 'stamina', 'pydantic', 'pydantic_core'}"
    code = f"import sys, modeldex.http.client; print({heavy} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"
