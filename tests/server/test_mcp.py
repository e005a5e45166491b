"""MCP, spoken by the official client with real processes, over HTTP and over stdio."""

import asyncio
import json
import subprocess
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from resource import getpagesize
from typing import Any, NamedTuple

import httpx2
import pytest
from mcp import Client, MCPError, StdioServerParameters
from mcp.client.streamable_http import streamable_http_client

from checkout import ROOT
from child_processes import run
from command_line import COMMAND, MODELS, environment, piped, small_catalog
from custom_parts import sql
from fork_process import HANG
from linked_registries import served as in_thread
from modeldex.cli.program import COMMANDS
from modeldex.server.mcp_tools import TOOLS
from modeldex.storage.location import Place
from modeldex.version import __version__
from running_server import BEARER, TOKEN, Serving

SAMPLE = {"provider": "openai", "name": "small", "tokens_per_second": 80.0}
ARGUMENTS: dict[str, dict[str, Any]] = {
    "find_best": {"requires_tools": True, "n": 2, "input_tokens": 1000},
    "query": {"quality_tier": "best", "limit": 1},
    "search": {"text": "shared"},
    "find_model": {"provider": "OpenAI", "name": "flagship"},
    "explain": {"provider": "openai", "name": "small"},
    "changes": {"since": "0s"},
    "expiring": {"within": "2w"},
    "offers": {"base": "openai/flagship"},
    "bases": {"unreviewed": True},
    "scored_bases": {"limit": 1},
    "benchmarks": {"base": "anthropic/claude-opus-5.5"},
    "drift": {"provider": "openai"},
    "providers": {},
    "status": {},
    "record": {"measurements": [SAMPLE]},
    "models": {"limit": 2, "offset": 1},
}
FACTS = {
    "find_best": ("models", 2), "query": ("total", 2), "search": ("total", 2),
    "find_model": ("id", "openai/flagship"),
    "explain": ("id", "openai/small"), "changes": ("total", 0),
    "expiring": ("total", 0), "drift": ("total", 0), "offers": ("total", 1), "bases": ("total", 1),
    "scored_bases": ("total", 250), "benchmarks": ("base", "anthropic/claude-opus-5.5"),
    "status": ("known", 6), "record": ("added", 1), "models": ("next_offset", 3),
}  # fmt: skip


@pytest.fixture(scope="module")
def served(new_catalog: Callable[[], Place]) -> Iterator[Serving]:
    """A server of a few models, whom everybody may ask and who has the token may tell."""
    with Serving(small_catalog(new_catalog(), MODELS), "--open-reads", token=TOKEN) as server:
        yield server
        assert server.stop() == 0


@pytest.fixture
def catalog(catalog_path: Place) -> Place:
    """A catalog of a few models."""
    return small_catalog(catalog_path, MODELS)


@asynccontextmanager
async def over_http(url: str, *, mode: str = "auto", token: str = TOKEN) -> AsyncIterator[Client]:
    """The official client, with a token."""
    headers = {"authorization": f"Bearer {token}"} if token else {}
    async with (
        httpx2.AsyncClient(headers=headers, trust_env=False, timeout=HANG) as http,
        Client(streamable_http_client(f"{url}/mcp", http_client=http), mode=mode) as client,
    ):
        yield client


@asynccontextmanager
async def over_stdio(catalog: Place, *options: str) -> AsyncIterator[Client]:
    """The official client of a `modeldex mcp` that it starts itself."""
    arguments = [*COMMAND[1:], "mcp", "--db", str(catalog), *options]
    parameters = StdioServerParameters(command=COMMAND[0], args=arguments, env=environment())
    async with Client(parameters) as client:
        yield client


async def called(client: Client) -> dict[str, Any]:
    """What each listed tool answers."""
    tools = (await client.list_tools()).tools
    return {tool.name: await client.call_tool(tool.name, ARGUMENTS[tool.name]) for tool in tools}


class Held(NamedTuple):
    """What a process holds: open files and sockets, and memory in MiB."""

    files: int
    mebibytes: float


def held(pid: int) -> Held:
    """What a process holds now."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return Held(len(list(Path(f"/proc/{pid}/fd").iterdir())), pages * getpagesize() / 2**20)


def facts(answers: dict[str, Any]) -> dict[str, tuple[str, object]]:
    """Of each answer the one fact that FACTS states; of a list its length."""
    content = {name: answer.structured_content for name, answer in answers.items()}
    found = {name: (key, content[name].get(key)) for name, (key, _) in FACTS.items()}
    return {k: (key, len(v) if isinstance(v, list) else v) for k, (key, v) in found.items()}


@pytest.mark.parametrize(
    "mode", ["auto", pytest.param("legacy", marks=pytest.mark.promised_on_server)]
)
async def test_the_official_client_calls_every_tool_over_http(served: Serving, mode: str) -> None:
    """Each operation but one is a tool, and answers what was asked, in both eras of MCP."""
    async with over_http(served.url, mode=mode) as client:
        answers = await called(client)
    providers = answers.pop("providers").structured_content["providers"]
    assert answers.keys() | {"providers"} == set(TOOLS)
    assert {name for name, answer in answers.items() if answer.is_error} == set()
    assert facts(answers) == FACTS
    assert "openai" in {each["id"] for each in providers}


async def test_the_official_client_calls_every_tool_over_stdio(catalog: Place) -> None:
    """The same by a process of one's own, which may record where a flag says so."""
    async with over_stdio(catalog, "--allow-record") as client:
        answers = await called(client)
    del answers["providers"]
    assert facts(answers) == FACTS
    assert sql(catalog, "SELECT name, tokens_per_second FROM measurements") == [("small", 80.0)]


@pytest.mark.parametrize(
    "sessions", [3, pytest.param(10_000, marks=[pytest.mark.nightly, pytest.mark.timeout(7200)])]
)
async def test_a_session_that_ends_leaves_nothing(catalog: Place, sessions: int) -> None:
    """However many clients came and went, the server holds no more connections or memory."""
    with Serving(catalog, token=TOKEN, limit=HANG * 10) as server:
        for _ in range(min(sessions, 10)):
            async with over_http(server.url, mode="legacy") as client:
                await client.call_tool("status", {})
        before = held(server.pid)
        for _ in range(sessions):
            async with over_http(server.url, mode="legacy") as client:
                await client.call_tool("status", {})
        after = held(server.pid)
    assert after.files <= before.files + 5
    assert after.mebibytes <= before.mebibytes + 32


async def test_text_and_structure_say_the_same(served: Serving) -> None:
    """A client that reads no structured content gets it as text; `full` is what HTTP answers."""
    async with over_http(served.url) as client:
        answer = await client.call_tool("find_model", {**ARGUMENTS["find_model"], "full": True})
    over = served.request("/models/openai/flagship").json
    assert answer.structured_content == over
    assert json.loads(answer.content[0].text) == over  # type: ignore[union-attr]


async def test_a_language_model_learns_how_to_use_a_tool(served: Serving) -> None:
    """Each tool says what it is for, each parameter what it means, and nothing may be null."""
    async with over_http(served.url) as client:
        tools = (await client.list_tools()).tools
        instructions = client.instructions
    described = {
        (tool.name, name): schema.get("description", "")
        for tool in tools
        for name, schema in tool.input_schema["properties"].items()
    }
    assert [tool.name for tool in tools if len(tool.description or "") < 60] == []
    assert [key for key, text in described.items() if not text] == [("record", "measurements")]
    assert [tool.name for tool in tools if '"null"' in json.dumps(tool.input_schema)] == []
    assert [t.name for t in tools if t.annotations and not t.annotations.read_only_hint] == [
        "record"
    ]
    assert "find_best" in str(instructions)


async def test_a_list_of_tools_and_an_answer_are_short(
    served: Serving, shipped_catalog: Path
) -> None:
    """What a model reads before and after each question costs few tokens, of some 4 characters.

    Of all that is shipped, too: a few rows with a few facts, unless `full` is asked for.
    """
    async with over_stdio(shipped_catalog) as client:
        tools = (await client.list_tools()).tools
        answers = {
            tool.name: (await client.call_tool(tool.name, SHORT.get(tool.name, {}))).content[0].text  # type: ignore[union-attr]
            for tool in tools
        }
        whole = await client.call_tool("query", {"known": True, "full": True})
    dumped = [tool.model_dump(exclude_none=True) for tool in tools]
    written = json.dumps(dumped, separators=(",", ":"))
    assert len(written) < 17_000
    assert {name: len(text) for name, text in answers.items() if len(text) > 6_000} == {}
    assert len(whole.structured_content["models"]) == 10
    assert len(whole.content[0].text) > 4 * len(answers["query"])  # type: ignore[union-attr]


SHORT: dict[str, dict[str, Any]] = {
    "find_best": {"known": True, "n": 3}, "query": {"known": True},
    "find_model": {"name": "gpt-4o-mini"}, "offers": {"base": "claude-sonnet-4.5"},
    "explain": {"provider": "openai", "name": "gpt-4o-mini"},
    "benchmarks": {"base": "claude-opus-5.5"}, "search": {"text": "claude"},
}  # fmt: skip


def test_the_description_for_the_mcp_registry_is_of_this_version() -> None:
    """`server.json` starts the command that exists, of the version that is released."""
    described = json.loads((ROOT / "server.json").read_text("utf-8"))
    [package] = described["packages"]
    assert described["version"] == package["version"] == __version__
    assert [each["value"] for each in package["packageArguments"]] == ["mcp"]
    assert set(COMMANDS) >= {"mcp"}


async def test_the_best_come_with_why_others_do_not(served: Serving) -> None:
    """With `why` also where nothing matches: what each criterion leaves out, in sentences."""
    async with over_http(served.url) as client:
        answer = await client.call_tool("find_best", {"requires_audio": True, "why": True})
    assert answer.structured_content["models"] == []
    assert any("audio" in line for line in answer.structured_content["explanation"])


FAULTS = {
    "no such model": (
        "find_model", {"provider": "openai", "name": "flagshp"}, "did you mean openai/flagship",
    ),
    "no such parameter": ("find_best", {"needs_tools": True}, "invalid_parameter: needs_tools"),
    "wrong value": ("query", {"quality_tier": "finest"}, "invalid_parameter: quality_tier"),
    "too early": ("changes", {"since": "2001-01-01"}, "invalid_query: since"),
    "no fact": ("record", {"measurements": [SAMPLE | {"tokens_per_second": -1}]}, "invalid_para"),
}  # fmt: skip


@pytest.mark.parametrize("case", FAULTS)
async def test_a_mistake_is_an_error_of_the_tool(served: Serving, case: str) -> None:
    """The caller reads one sentence with our code in front, no traceback, and may try again."""
    tool, arguments, told = FAULTS[case]
    async with over_http(served.url) as client:
        answer = await client.call_tool(tool, arguments)
    text = answer.content[0].text  # type: ignore[union-attr]
    assert answer.is_error
    assert told in text
    assert "\n" not in text


async def test_there_is_no_other_tool(served: Serving) -> None:
    """An unknown tool is a fault of the protocol."""
    async with over_http(served.url) as client:
        with pytest.raises(MCPError, match="no such tool: drop_table"):
            await client.call_tool("drop_table", {})


@pytest.mark.parametrize("token", ["", "not-the-token-of-this"])
async def test_only_who_has_the_token_records(served: Serving, token: str) -> None:
    """Reads are open here; the tool that writes refuses."""
    async with over_http(served.url, token=token) as client:
        best = await client.call_tool("find_best", {})
        answer = await client.call_tool("record", ARGUMENTS["record"])
    assert not best.is_error
    assert answer.is_error
    assert answer.content[0].text.startswith("unauthorized: ")  # type: ignore[union-attr]


@pytest.mark.promised_on_server
async def test_without_a_token_or_flag_there_is_no_tool_that_writes(catalog: Place) -> None:
    """What nobody may do is not offered."""
    with in_thread(catalog) as url:
        async with over_http(url) as client:
            listed = {tool.name for tool in (await client.list_tools()).tools}
            with pytest.raises(MCPError, match="no such tool: record"):
                await client.call_tool("record", ARGUMENTS["record"])
    async with over_stdio(catalog) as client:
        own = {tool.name for tool in (await client.list_tools()).tools}
    assert listed == own == set(TOOLS) - {"record"}


async def test_models_are_resources_too(served: Serving) -> None:
    """A model is read by its address, also with slashes escaped; others are refused."""
    async with over_http(served.url) as client:
        [template] = (await client.list_resource_templates()).resource_templates
        read = await client.read_resource("catalog://models/openai/flag%73hip")
        refused = [await refusal(client, uri) for uri in (
            "catalog://models/openai/nothing", "file:///etc/passwd", "catalog://models/",
        )]  # fmt: skip
    assert template.uri_template == "catalog://models/{provider}/{name}"
    assert json.loads(read.contents[0].text)["id"] == "openai/flagship"  # type: ignore[union-attr]
    assert [text.partition(" ")[0] for text in refused] == ["no", "resources", "provider='':"]


async def refusal(client: Client, uri: str) -> str:
    """Why a resource is not read."""
    with pytest.raises(MCPError) as failed:
        await client.read_resource(uri)
    return str(failed.value)


PING = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
ACCEPT = {"accept": "application/json, text/event-stream"}


@pytest.mark.parametrize("path", ["/mcp", "/mcp/"])
@pytest.mark.parametrize(
    ("method", "headers", "status"),
    [
        ("POST", {}, 200),
        ("POST", {"host": "evil.example"}, 421),
        ("POST", {"origin": "https://evil.example"}, 403),
        ("GET", {}, 405),
        ("DELETE", {}, 405),
        ("POST", {"content-type": "text/plain"}, 400),
    ],
)
def test_the_rules_of_http_hold_for_mcp(
    served: Serving, path: str, method: str, headers: dict[str, str], status: int
) -> None:
    """Host, Origin and method are looked at before anything of MCP is, also with a slash."""
    answer = served.request(path, method, {**ACCEPT, **headers}, PING if method == "POST" else None)
    assert answer.status == status


def test_where_reads_need_the_token_mcp_does(catalog: Place) -> None:
    """Without it there is a 401, as for every route."""
    with in_thread(catalog, TOKEN) as url, httpx2.Client(trust_env=False, timeout=HANG) as http:
        asked = [http.post(f"{url}/mcp", json=PING, headers=ACCEPT | more) for more in ({}, BEARER)]
        statuses = [answer.status_code for answer in asked]
    assert statuses == [401, 200]


async def test_many_callers_at_once_are_answered(served: Serving) -> None:
    """Requests share nothing: each caller gets the answer to its own question."""
    async with over_http(served.url) as client:
        names = ["flagship", "older", "small"] * 10
        answers = await asyncio.gather(
            *(client.call_tool("find_model", {"provider": "openai", "name": n}) for n in names)
        )
    found = [answer.structured_content["spec"]["name"] for answer in answers]  # type: ignore[index]
    assert found == names


@pytest.mark.sqlite_only("a file")
async def test_a_catalog_that_is_gone_is_told_and_may_come_back(catalog: Path) -> None:
    """The server lives on: a tool says what is missing until the file is there again."""
    with in_thread(catalog) as url:
        async with over_http(url) as client:
            before = await client.call_tool("status", {})
            catalog.rename(catalog.with_suffix(".away"))
            missing = await client.call_tool("status", {})
            catalog.with_suffix(".away").rename(catalog)
            after = await client.call_tool("status", {})
    assert [before.is_error, missing.is_error, after.is_error] == [False, True, False]
    assert missing.content[0].text == (  # type: ignore[union-attr]
        "catalog_missing: the catalog file does not exist; restore it on the server"
    )


@pytest.mark.promised_on_server
def test_on_stdout_is_nothing_but_the_protocol(catalog: Place) -> None:
    """Each line is an answer of JSON-RPC, to nonsense as well; the end of stdin is the end."""
    hello = {
        "jsonrpc": "2.0", "id": 1, "method": "initialize",
        "params": {
            "protocolVersion": "2025-06-18", "capabilities": {},
            "clientInfo": {"name": "test", "version": "1"},
        },
    }  # fmt: skip
    begun = {"jsonrpc": "2.0", "method": "notifications/initialized"}
    call = {"jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": {"name": "status"}}
    lines = [json.dumps(hello), json.dumps(begun), "nonsense", json.dumps(call)]
    with subprocess.Popen(
        [*COMMAND, "mcp", "--db", str(catalog)], env=environment(), text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    ) as process:  # fmt: skip
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write("\n".join(lines) + "\n")
        process.stdin.flush()
        said = []
        while 2 not in [each.get("id") for each in said]:
            said.append(json.loads(process.stdout.readline()))
        process.stdin.close()
        rest = process.stdout.read()
        code = process.wait()
    answers = {each["id"]: each for each in said if each.get("id") is not None}
    assert answers[1]["result"]["serverInfo"]["name"] == "modeldex"
    assert answers[2]["result"]["structuredContent"]["known"] == 6
    assert {each["jsonrpc"] for each in said} == {"2.0"}
    assert (rest, code) == ("", 0)


def test_what_is_no_catalog_is_told_on_stderr(tmp_path: Path) -> None:
    """One line, an exit code, and an empty stdout."""
    (tmp_path / "other.db").write_bytes(b"not a database, by a long way" * 100)
    done = piped("mcp", "--db", str(tmp_path / "other.db"))
    assert (done.code, done.out, done.err.count("\n")) == (1, "", 1)


def test_the_sdk_is_loaded_by_the_first_who_asks_only() -> None:
    """It takes most of a second to import; a server without MCP clients starts without it."""
    done = run("import modeldex.server.app\nsay('mcp' in sys.modules)")
    assert done.said == [False]
