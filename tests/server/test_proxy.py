"""A server below a prefix: all that it says of its own paths is right behind a reverse proxy."""

import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import httpx
import httpx2
import pytest
from mcp import Client
from mcp.client.streamable_http import streamable_http_client

from command_line import run_command
from fork_process import HANG
from misbehaving_host import Reply, Seen, StandIn, error
from modeldex import MCPRegistrySource
from modeldex.server.app import application
from modeldex.server.auth import rules
from modeldex.server.openapi import document
from modeldex.server.registry import ServedRegistry
from modeldex.server.root_path import SERVER_PATHS, prefix, with_root_path
from running_server import BEARER, TOKEN, Serving
from web_catalog import EXAMPLE, made

pytestmark = pytest.mark.sqlite_only("the paths are those of every engine")

PREFIX = "/models-registry"
PUBLIC = "models.example.com"
_OWN = {"connection", "content-length", "date", "transfer-encoding"}


class Proxy(StandIn):
    """Shows a server below PREFIX, under its public name; `strips` takes the prefix away."""

    def __init__(self, server: Serving, *, strips: bool) -> None:
        super().__init__({})
        self._behind = server
        self._strips = strips

    def answer(self, seen: Seen) -> Reply:
        """What the server behind it answers."""
        if not seen.path.startswith(f"{PREFIX}/"):
            return error(404)
        path = seen.path.removeprefix(PREFIX) if self._strips else seen.path
        headers = {**seen.headers, "host": PUBLIC}
        status, told, body = self._behind.request(path, seen.method, headers, seen.body)
        return status, {name: told[name] for name in told.keys() - _OWN}, body


@pytest.fixture(scope="module")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small catalog in which every page has something to show."""
    return made(tmp_path_factory.mktemp("proxy") / "catalog.db")


@pytest.fixture(scope="module")
def server(catalog: Path) -> Iterator[Serving]:
    """A server that wants a token, and is shown below a prefix."""
    with Serving(catalog, "--root-path", PREFIX, "--allow-host", PUBLIC, token=TOKEN) as serving:
        yield serving


@pytest.fixture(scope="module", params=[True, False], ids=["stripped", "kept"])
def url(server: Serving, request: pytest.FixtureRequest) -> Iterator[str]:
    """Where it is shown, by a proxy that takes the prefix away or by one that leaves it."""
    with Proxy(server, strips=request.param) as proxy:
        yield proxy.url + PREFIX


@pytest.fixture
def web(url: str) -> Iterator[httpx.Client]:
    """Asks the proxy, with the token; paths are those of the host."""
    with httpx.Client(
        base_url=url[: -len(PREFIX)], headers=BEARER, trust_env=False, timeout=HANG
    ) as client:
        yield client


PAGES = ("/", "/?limit=10&offset=10", "/?requires_tools=true&min_context=99999999",
         "/web/changes", "/web/expiring", "/web/drift", "/web/health", f"/m/{EXAMPLE}",
         "/m/acme/nothing")  # fmt: skip


def test_what_pages_lead_to_is_there(web: httpx.Client) -> None:
    """Every link, form, style and script of every page is below the prefix, and answers."""
    found = set()
    for page in PAGES:
        text = web.get(PREFIX + page).text
        found |= {unescape(each) for each in re.findall(r'(?:href|src|action)="([^"#]+)"', text)}
    outside = {each for each in found if not each.startswith(f"{PREFIX}/")}
    codes = {each: web.get(each).status_code for each in found}
    kinds = {web.get(each).headers["content-type"].partition(";")[0] for each in found}
    assert len(found) > 50
    assert outside == set()
    assert {each: code for each, code in codes.items() if code != 200} == {}
    assert kinds == {"text/html", "text/css", "text/javascript", "image/svg+xml"}


@pytest.mark.parametrize("root", ["", PREFIX])
def test_probes_and_scrapers_come_by_address(server: Serving, root: str) -> None:
    """Health and metrics are answered for any Host with and without the prefix, others are not."""
    head = {**BEARER, "host": "10.0.0.7"}
    paths = ("/healthz", "/metrics", "/best")
    answers = [server.request(root + path, headers=head) for path in paths]
    assert [answer.status for answer in answers] == [200, 200, 421]


def test_mcp_may_be_written_with_a_slash(web: httpx.Client) -> None:
    """Below the prefix, too, both are one address, without a redirect."""
    ping = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
    accept = {"accept": "application/json, text/event-stream"}
    for path in ("/mcp", "/mcp/"):
        answer = web.post(PREFIX + path, json=ping, headers=accept)
        assert (answer.status_code, answer.json()["id"]) == (200, 1)


def test_the_page_that_is_shown_is_marked(web: httpx.Client) -> None:
    """In the navigation the page itself is the current one."""
    shown = {}
    for page in ("/", "/web/drift"):
        marked = r'href="([^"]+)" aria-current="page"'
        shown[page] = re.findall(marked, web.get(PREFIX + page).text)
    assert shown == {page: [PREFIX + page] for page in shown}


def test_the_document_says_where_everything_is(web: httpx.Client) -> None:
    """A client that reads it finds each path below the server that it names."""
    document = web.get(f"{PREFIX}/openapi.json").json()
    plain = [path for path, each in document["paths"].items() if "get" in each and "{" not in path]
    [base] = [each["url"] for each in document["servers"]]
    needed = {"/search": {"text": "flag"}}
    codes = {path: web.get(base + path, params=needed.get(path)).status_code for path in plain}
    assert codes == dict.fromkeys(plain, 200)
    assert {"/best", "/v1/models", "/metrics"} <= codes.keys()


def test_the_next_page_is_below_the_prefix(web: httpx.Client) -> None:
    """Following the Link gives every model once."""
    names: list[str] = []
    following: str | None = f"{PREFIX}/models?limit=10&provider=acme"
    while following:
        answer = web.get(following)
        names += [each["name"] for each in answer.json()]
        link = answer.links.get("next", {}).get("url")
        following = link and urljoin(following, link)
    everything = [each["name"] for each in web.get(f"{PREFIX}/models?provider=acme").json()]
    assert len(names) > 20
    assert names == everything


async def test_mcp_is_spoken_below_it(url: str) -> None:
    """The official client needs no more than the address."""
    async with (
        httpx2.AsyncClient(headers=BEARER, trust_env=False, timeout=HANG) as http,
        Client(streamable_http_client(f"{url}/mcp", http_client=http)) as client,
    ):
        tools = (await client.list_tools()).tools
        answer = await client.call_tool("find_best", {"requires_tools": True})
    assert len(tools) > 10
    assert len(answer.structured_content["models"]) == 1


async def test_another_catalog_reads_it(url: str, server: Serving) -> None:
    """Its address, prefix and all, is that of a registry."""
    read = await MCPRegistrySource(url, token=TOKEN).discover()
    direct = await MCPRegistrySource(server.url, token=TOKEN).discover()
    assert len(read) > 30
    assert [spec.id for spec in read] == [spec.id for spec in direct]


def test_the_token_is_wanted_below_it_too(url: str) -> None:
    """Only that it is there can be told without; no other spelling of a path opens one."""
    with httpx.Client(trust_env=False, timeout=HANG) as client:
        codes = {
            path: client.get(url + path).status_code
            for path in ("/healthz", "/best", "/metrics", f"{PREFIX}/best", "/healthz/", "/")
        }
    assert codes == {"/healthz": 200, **dict.fromkeys(codes.keys() - {"/healthz"}, 401)}


def test_both_ways_are_one_path(server: Serving) -> None:
    """The log and the figures know it by one name; the prefix alone is the first page."""
    paths = ("/best?n=2", f"{PREFIX}/best?n=2", PREFIX, "/", f"{PREFIX}x/best")
    answers = [server.request(path, headers=BEARER) for path in paths]
    server.logged("registryx")
    log = [each["path"] for each in server.log[-len(paths) :]]
    metrics = server.request("/metrics", headers=BEARER).body.decode()
    assert [each.status for each in answers] == [200, 200, 200, 200, 404]
    assert (answers[0].body, answers[2].body) == (answers[1].body, answers[3].body)
    assert log == [f"{PREFIX}/best", f"{PREFIX}/best", f"{PREFIX}/", f"{PREFIX}/",
                   f"{PREFIX}{PREFIX}x/best"]  # fmt: skip
    assert ('route="/best"' in metrics, PREFIX in metrics) == (True, False)


def test_without_a_prefix_nothing_is_said_of_one() -> None:
    """The document of a server that has a host of its own names none."""
    assert "servers" not in document(reads_need_token=False)


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ("registry", "expected a path"),
        ("//evil.example", "expected a path"),
        ("/a/../b", "expected a path"),
        ("/a b", "expected a path"),
        ("/a?b", "expected a path"),
        ("https://models.example.com/x", "expected a path"),
        ("/v1", "a path of this server's own"),
        ("/models/x/", "a path of this server's own"),
    ],
)
def test_a_prefix_that_cannot_be_one_is_refused(given: str, reason: str, catalog: Path) -> None:
    """Before anything is served, in one line."""
    done = run_command(catalog, "serve", "--root-path", given)
    assert (done.code, reason in done.err, "Traceback" in done.err) == (2, True, False)


def test_a_prefix_may_end_with_a_slash() -> None:
    """Which then is none of it; a slash alone is no prefix."""
    assert [prefix(each) for each in ("/a/b.c/", "/a", "/", "")] == ["/a/b.c", "/a", "", ""]


async def test_no_prefix_can_be_taken_for_a_path_of_ours(catalog: Path) -> None:
    """The words that are refused are those with which our routes begin."""
    async with ServedRegistry(db=catalog, environ={}) as registry:
        gate: Any = application(registry, rules("127.0.0.1"))
    begun = {path.split("/")[1] for path in gate._names.values()}
    assert begun - {""} == SERVER_PATHS


def test_a_path_below_the_prefix_is_left_as_it_is() -> None:
    """Twice is as once, and what only begins alike is not below it."""
    paths = {
        each: with_root_path("/a", {"path": each})["path"]
        for each in ("/a", "/a/", "/a/b", "/b", "/ab", "/")
    }
    assert paths == {
        "/a": "/a/", "/a/": "/a/", "/a/b": "/a/b", "/b": "/a/b", "/ab": "/a/ab", "/": "/a/",
    }  # fmt: skip
