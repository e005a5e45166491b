"""Registries that read registries: the same answers, no loops, no trust, no harm if one is down."""

import asyncio
import json
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from cases import case
from custom_parts import sql
from fork_process import HANG
from linked_registries import Own, Team, days_pass, served
from misbehaving_host import Reply, Seen, StandIn, drip, error, flood, html, ok, reset
from modeldex import (
    MCPRegistrySource,
    ModelRegistry,
    ModelSpec,
    RemoteRegistry,
    RemoteResolver,
    SourceFailed,
)
from modeldex.refresh.defaults import default_parts
from modeldex.refresh.run import refresh
from modeldex.storage.location import Place
from modeldex.upstream.remote.config import registries
from modeldex.upstream.remote.mcp import models
from modeldex.upstream.remote.origins import RegistryOrigins, packed, unpacked
from modeldex.upstream.remote.registry import map_payload
from modeldex.vocabulary.normalize import Dropped
from running_server import TOKEN, Serving

Maker = Callable[[], Place]
CANARY = "canary-of-a-registry"
ONE = {"provider": "acme", "name": "one"}


@pytest.fixture
def catalog_path(blank_catalog: Place) -> Place:
    """An empty catalog."""
    return blank_catalog


patient = partial(RemoteRegistry, timeout=HANG)
"""A registry that is waited for."""


async def brought(path: Place, registry: RemoteRegistry) -> Any:
    """A refresh of a catalog that reads only this registry."""
    return await refresh(
        path, [MCPRegistrySource(registry)], [RemoteResolver(registry)], deadline=HANG
    )


def known(path: Place) -> list[tuple[object, ...]]:
    """Every model with its window."""
    return sql(path, "SELECT provider, name, max_context FROM catalog ORDER BY 1, 2")


def told(answer: Any) -> list[tuple[object, ...]]:
    """Answers without aliases: one that is the name of another model is taken by nobody."""
    models = answer if isinstance(answer, list) else [answer] if answer else []
    return [(m.spec.id, m.spec.family, m.spec.display_name, m.capabilities) for m in models]


QUESTIONS: list[dict[str, Any]] = [
    {},
    {"requires_tools": True, "max_cost_per_1m_input": 1.0},
    {"n": 50, "quality_tier": "best", "min_context": 200_000},
    {"n": 50, "requires_vision": True, "requires_json_mode": True},
    {"n": 20, "mode": "embedding", "price_basis": "any"},
    {"n": 50, "provider": "openai", "include_deprecated": True, "mode": "any"},
    {"n": 5, "provider": "no such provider"},
]


async def test_a_catalog_that_only_reads_a_registry_answers_as_that_one(
    shipped_catalog: Path, tmp_path: Path
) -> None:
    """A second catalog, fed by the served one alone, finds the same best models."""
    async with ModelRegistry(db=shipped_catalog, environ={}) as registry:
        expected = [
            await registry.find_best(available=False, **{"provider_class": "any", **asked})
            for asked in QUESTIONS
        ]
    with Serving(shipped_catalog) as server:
        remote = patient(server.url)
        parts: Any = ([MCPRegistrySource(remote)], [RemoteResolver(remote)])
        async with ModelRegistry(*parts, db=tmp_path / "second.db") as second:
            first = await second.refresh()
            # What the registry lists can be called by way of it, so that resellers count, too.
            found = [
                await second.find_best(available=False, **{"provider_class": "any", **asked})
                for asked in QUESTIONS
            ]
            again = await second.refresh()
    assert [*map(told, found)] == [*map(told, expected)]
    assert sum(map(bool, expected)) == len(QUESTIONS) - 1
    assert {step.status for step in first.steps} == {"ok"}
    assert {step.dropped for step in first.steps} == {0}
    assert [(step.status, step.changed) for step in again.steps] == [("unchanged", 0)] * 2


# Chains.


async def test_what_vanishes_at_its_origin_vanishes_in_a_chain(new_catalog: Maker) -> None:
    """C learns of A's models through B, and of their end too."""
    a, b, c = Team(new_catalog(), x=1, y=2), Team(new_catalog(), own=3), Team(new_catalog())
    with served(a.path) as at_a, served(b.path) as at_b:
        b.reads, c.reads = {"a": at_a}, {"b": at_b}
        for team in (a, b, c):
            await team.refresh()
        assert c.windows() == {"own": 3, "x": 1, "y": 2}
        del a.own.windows["x"]
        a.own.windows["y"] = 20
        await days_pass(a, b, c)
    assert [team.windows() for team in (a, b, c)] == [
        {"y": 20}, {"own": 3, "y": 20}, {"own": 3, "y": 20},
    ]  # fmt: skip


@pytest.mark.parametrize(
    "reverse", [False, pytest.param(True, marks=pytest.mark.promised_on_server)]
)
async def test_two_that_read_each_other_keep_no_ghost(new_catalog: Maker, *, reverse: bool) -> None:
    """Whoever refreshes first, a model that its only discoverer lost is soon unknown to both."""
    a, b = Team(new_catalog(), x=1, both=5), Team(new_catalog(), y=2, both=5)
    with served(a.path) as at_a, served(b.path) as at_b:
        a.reads, b.reads = {"b": at_b}, {"a": at_a}
        order = (b, a) if reverse else (a, b)
        await days_pass(*order, days=2)
        assert a.windows() == b.windows() == {"both": 5, "x": 1, "y": 2}
        for team in order:
            team.own.windows.pop("both")
        a.own.windows["x"] = 10
        await days_pass(*order)
    assert a.windows() == b.windows() == {"x": 10, "y": 2}


@pytest.mark.promised_on_server
async def test_a_ring_passes_everything_on_and_keeps_no_ghost(new_catalog: Maker) -> None:
    """In a ring of three each learns all, and all forget what its discoverer lost."""
    teams = [Team(new_catalog(), **{name: n}) for n, name in enumerate("abc", 1)]
    a, b, c = teams
    with served(a.path) as at_a, served(b.path) as at_b, served(c.path) as at_c:
        a.reads, b.reads, c.reads = {"c": at_c}, {"a": at_a}, {"b": at_b}
        await days_pass(*teams, days=2)
        learned = [team.windows() for team in teams]
        del a.own.windows["a"]
        await days_pass(*teams)
    assert learned == [{"a": 1, "b": 2, "c": 3}] * 3
    assert [team.windows() for team in teams] == [{"b": 2, "c": 3}] * 3


async def test_a_catalog_on_a_server_passes_on_what_one_in_a_file_does(
    blank_catalog: Place, new_catalog: Maker
) -> None:
    """What was discovered there, what another registry told, and what it says itself."""
    a = Team(new_catalog(), far=1, both=2)
    await a.refresh()
    with served(a.path) as at_a:
        remote = patient(at_a, name="a")
        own = Own({"both": 3, "near": 4})
        parts: Any = ([own, MCPRegistrySource(remote)], [own, RemoteResolver(remote)])
        await refresh(blank_catalog, *parts, ordered=True)
    with served(blank_catalog) as at_b:
        listed = await patient(at_b)._pages(None)
    [[ours]] = sql(blank_catalog, "SELECT value FROM about WHERE key = 'catalog_id'")
    [[theirs]] = sql(a.path, "SELECT value FROM about WHERE key = 'catalog_id'")
    items: Any = listed.items
    assert [(i["name"], i["capabilities"]["max_context"], i["via"]) for i in items] == [
        ("both", 3, [ours]), ("far", 1, sorted([ours, theirs])), ("near", 4, [ours]),
    ]  # fmt: skip


async def test_no_catalog_hears_its_own_word(new_catalog: Maker) -> None:
    """Of a model that both know, each is told what the other's own resolvers say."""
    a, b = Team(new_catalog(), both=1), Team(new_catalog(), both=2)
    with served(a.path) as at_a, served(b.path) as at_b:
        a.reads, b.reads = {"b": at_b}, {"a": at_a}
        await days_pass(a, b, days=2)
        a.own.windows["both"] = 7
        await days_pass(a, b, days=1)
    said = "SELECT resolver, max_context FROM capabilities WHERE resolver <> 'user' ORDER BY 1"
    assert sql(a.path, said) == [("own", 7), ("remote:b", 2)]
    assert sql(b.path, said) == [("own", 2), ("remote:a", 7)]


async def test_a_copy_of_a_catalog_is_told_so(
    new_catalog: Maker, twin: Callable[[Place], Place]
) -> None:
    """What was copied together with its id learns nothing, until it does what it is told."""
    a = Team(new_catalog(), x=1)
    await a.refresh()
    copy = twin(a.path)
    with served(a.path) as at_a:
        report = await brought(copy, patient(at_a, name="a"))
        _, _, advice = str(report.steps[0].error).partition("or psql, by: ")
        sql(copy, advice)
        again = await brought(copy, patient(at_a, name="a"))
    assert [step.status for step in report.steps] == ["failed", "failed"]
    assert [step.status for step in again.steps] == ["ok", "ok"]


# By MCP.


@pytest.mark.promised_on_server
async def test_an_address_that_speaks_mcp_only_is_asked_by_its_tools(new_catalog: Maker) -> None:
    """The tool `models` brings what `/models` does, with the token, page by page."""
    a, b = Team(new_catalog(), x=1, y=2, z=3), new_catalog()
    await a.refresh()
    with Serving(a.path, token=TOKEN) as server:
        url = f"{server.url}/mcp"
        await brought(b, patient(url, token=TOKEN))
        pages = await models(url, "test", TOKEN, 1000, page=2)
        with pytest.raises(SourceFailed, match="the MCP request failed"):
            await models(url, "test", "wrong", 1000)
        paths = {(line["method"], line["path"]) for line in server.log if line["status"] == 200}
        server.stop()
    assert known(b) == [("acme", "x", 1), ("acme", "y", 2), ("acme", "z", 3)]
    assert [page["name"] for page in pages] == ["x", "y", "z"]  # type: ignore[index]
    assert paths == {("POST", "/mcp")}


def speaks(page: object, answer: Reply | None = None) -> Callable[[Seen], Reply]:
    """An MCP server of an older era, whose only tool answers with `page`, or with anything."""
    hello = {
        "protocolVersion": "2025-06-18", "capabilities": {"tools": {}},
        "serverInfo": {"name": "stand-in", "version": "1"},
    }  # fmt: skip
    result = {"content": [], "structuredContent": page, "isError": page is None}
    results = {"initialize": hello, "tools/call": result, "tools/list": {"tools": []}}

    def reply(seen: Seen) -> Reply:
        asked: Any = seen.json if seen.method == "POST" else {}
        known = results.get(asked.get("method"))
        if asked.get("method") == "tools/call" and answer is not None:
            return answer
        if "id" not in asked:
            return error(202 if asked else 405)
        failure = {"error": {"code": -32601, "message": "no such method"}}
        said = {"result": known} if known else failure
        return ok({"jsonrpc": "2.0", "id": asked["id"], **said})

    return reply


BAD_TOOLS: Mapping[str, tuple[object, Reply | None, str]] = {
    "no list": ({"models": 5}, None, "no list of models"),
    "error": (None, None, "its tool `models` failed"),
    "round": ({"models": [ONE], "next_offset": 0}, None, "returned a page twice"),
    "endless": (None, flood(b" " * 1_000_000, 40), "the MCP request failed"),
    "away": (None, (307, {"location": "/elsewhere"}, b""), "the MCP request failed"),
    "html": (None, html(), "the MCP request failed"),
}


@pytest.mark.parametrize("case", BAD_TOOLS)
async def test_bad_answers_of_a_tool_are_failures(catalog_path: Place, case: str) -> None:
    """What a foreign MCP server does wrong is told in a few words; no redirect is followed."""
    page, answer, told = BAD_TOOLS[case]
    with StandIn({"/mcp": speaks(page, answer)}) as server:
        report = await brought(catalog_path, patient(f"{server.url}/mcp", token=CANARY))
        assert [seen.path for seen in server.requests if seen.path == "/elsewhere"] == []
    assert [step.status for step in report.steps] == ["failed", "failed"]
    assert told in str(report.steps[0].error)
    assert known(catalog_path) == []


async def test_any_server_of_mcp_with_such_a_tool_will_do(catalog_path: Place) -> None:
    """The tool `models` of somebody else's server is a registry as well."""
    with StandIn({"/mcp": speaks({"models": [ONE]})}) as server:
        await brought(catalog_path, patient(f"{server.url}/mcp"))
    assert known(catalog_path) == [("acme", "one", None)]


# What comes from elsewhere is not trusted.


async def test_a_plain_array_of_specs_is_enough(catalog_path: Place) -> None:
    """A registry need not say more than the fields of a ModelSpec."""
    spec = ModelSpec(provider="google", name="g", family="f", aliases=["h"])
    with StandIn({"/r/models": ok([json.loads(spec.model_dump_json())])}) as server:
        await brought(catalog_path, patient(f"{server.url}/r/"))
    assert sql(catalog_path, "SELECT provider, name, family FROM models") == [("gemini", "g", "f")]
    assert sql(catalog_path, "SELECT alias FROM aliases") == [("h",)]
    assert sql(catalog_path, "SELECT kind FROM sources") == [("reference",)]


HOSTILE: list[object] = [
    ONE | {"capabilities": {"max_context": 8, "supports_tools": "perhaps", "shell": "rm -rf"}},
    ONE | {"capabilities": {"max_context": 9}},
    {"provider": "acme", "name": "<script>alert(1)</script>", "capabilities": {"max_context": 7}},
    {"provider": "../etc", "name": "x"},
    {"provider": "acme", "name": "a\nb\x1b[2J"},
    {"provider": "acme", "name": "x" * 10_000},
    {"provider": "acme", "name": "y", "via": ["'; DROP TABLE models; --"]},
    {"provider": "acme", "name": "z", "via": "a"},
    {"provider": "acme", "name": "w", "via": ["a"] * 65},
    {"provider": "acme", "name": "prices", "capabilities": {"input_cost_per_1m": -1}},
    {"provider": "acme", "name": "list", "capabilities": [], "aliases": 5},
    None, 5, [], "acme/two",
]  # fmt: skip


async def test_what_cannot_be_a_fact_is_counted_and_left_out(catalog_path: Place) -> None:
    """Of a hostile answer the possible part is taken, the first of two rows for a model."""
    with StandIn({"/models": ok(HOSTILE)}) as server:
        report = await brought(catalog_path, patient(server.url))
    [lost] = [step.dropped for step in report.steps if step.kind == "source"]
    assert [tuple(row) for row in known(catalog_path)] == [
        ("acme", "<script>alert(1)</script>", 7), ("acme", "list", None), ("acme", "one", 8),
        ("acme", "prices", None),
    ]  # fmt: skip
    assert lost >= 8


def test_the_shape_of_json_output_is_read_as_that_of_0_2() -> None:
    """A model with a `spec` gives the row of the one that has all keys at the top."""
    spec = {**ONE, "family": "ones", "display_name": "One", "aliases": ["uno"]}
    facts = {"capabilities": {"max_context": 8, "known_params": ["seed"]}, "via": ["0a1b"]}
    before, now = (map_payload([given | facts]) for given in (spec, {"id": "x/y", "spec": spec}))
    assert before.mapped.rows == now.mapped.rows != []
    assert (before.origins, before.mapped.losses("r")) == (now.origins, now.mapped.losses("r"))
    assert map_payload([{"spec": 5}]).mapped.rows == []


def test_an_answer_beyond_the_limit_is_cut() -> None:
    """More models than anybody has are counted as lost, with their number."""
    taken = map_payload([ONE] * 1_003, most=1_000)
    assert taken.mapped.accepted == 1
    assert taken.mapped.losses("r") == [Dropped("r", "beyond the first 1,000 models", "3 times")]


BAD_ANSWERS: Mapping[str, tuple[Reply, str]] = {
    "object": (ok({"error": "no"}), "the response is not a list of models"),
    "null": (ok(None), "the response is not a list of models"),
    "html": (html(), "HTML instead of JSON"),
    "refused": (error(403), "key refused"),
    "absent": (error(404), "HTTP 404"),
    "endless": (flood(b"[" * 1_000_000, 40), "larger than"),
    "slow": (drip(), "no complete response within 0.3 s"),
    "cut": (reset(b"[{"), "the connection broke"),
    "elsewhere": (
        (200, {"link": '<http://127.0.0.1:1/models>; rel="next"'}, b"[]"), "not followed",
    ),
    "round": ((200, {"link": '</models>; rel="next"'}, b"[]"), "more than 100 pages"),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD_ANSWERS)
async def test_a_bad_answer_costs_nothing_but_freshness(catalog_path: Place, case: str) -> None:
    """What was known stays, the failure is on record, and the next good answer counts."""
    bad, reason = BAD_ANSWERS[case]
    good = ok([ONE | {"capabilities": {"max_context": 8}}])
    with StandIn({"/models": good}) as server:
        registry = RemoteRegistry(server.url, timeout=HANG)
        hasty = RemoteRegistry(server.url, timeout=0.3) if case == "slow" else registry
        await brought(catalog_path, registry)
        server.routes["/models"] = bad
        failed = await brought(catalog_path, hasty)
        kept = known(catalog_path)
        server.routes["/models"] = ok([ONE | {"capabilities": {"max_context": 9}}])
        await brought(catalog_path, registry)
    assert [step.status for step in failed.steps] == ["failed", "failed"]
    assert reason in str(failed.steps[0].error)
    assert kept == [("acme", "one", 8)]
    assert known(catalog_path) == [("acme", "one", 9)]


async def test_a_registry_that_is_down_blocks_nobody(new_catalog: Maker) -> None:
    """Its models stay, what others say is written, and the record says what was wrong."""
    a, b = Team(new_catalog(), x=1), Team(new_catalog(), y=2)
    await a.refresh()
    with served(a.path) as at_a:
        b.reads = {"a": at_a}
        await b.refresh()
    b.own.windows["z"] = 3
    report = await b.refresh()
    assert b.windows() == {"x": 1, "y": 2, "z": 3}
    assert {step.name: step.problem for step in report.steps} == {
        "own": None, "remote:a": "unreachable",
    }  # fmt: skip


async def test_pages_are_followed_and_only_a_single_one_is_asked_conditionally(
    catalog_path: Place,
) -> None:
    """The whole list counts; an ETag of its first page says nothing of the others."""

    def page(seen: Seen) -> Reply:
        if "offset" in seen.path:
            return ok([{"provider": "acme", "name": "two"}])
        return (
            200,
            {"link": '</models?offset=1>; rel="next"', "etag": '"1"'},
            json.dumps([ONE]).encode(),
        )

    with StandIn({"/models": page}) as server:
        for _ in range(2):
            await brought(catalog_path, patient(server.url))
        conditional = [seen for seen in server.requests if "if-none-match" in seen.headers]
        assert len(server.requests) == 4
    assert [name for _, name, _ in known(catalog_path)] == ["one", "two"]
    assert conditional == []


async def test_what_did_not_change_is_not_sent_again(catalog_path: Place) -> None:
    """The ETag of the last answer is sent back; a 304 changes nothing."""

    def page(seen: Seen) -> Reply:
        if seen.headers.get("if-none-match") == '"1"':
            return 304, {"etag": '"1"'}, b""
        return 200, {"etag": '"1"'}, json.dumps([ONE]).encode()

    with StandIn({"/models": page}) as server:
        await brought(catalog_path, patient(server.url))
        report = await brought(catalog_path, patient(server.url))
        assert len(server.requests) == 2
    assert [step.status for step in report.steps] == ["unchanged", "unchanged"]
    assert known(catalog_path) == [("acme", "one", None)]


@pytest.mark.parametrize("token", ["a-token-of-this-test", None])
async def test_a_token_goes_by_no_redirect(catalog_path: Place, token: str | None) -> None:
    """With a token no redirect is followed at all; without one the usual rules hold."""
    with StandIn({"/models": ok([ONE])}) as other:
        away = 307, {"location": f"{other.url}/models"}, b""
        with StandIn({"/models": away}) as server:
            registry = patient(server.url, token=token, environ={})
            report = await brought(catalog_path, registry)
            sent = [seen.headers.get("authorization") for seen in server.requests]
        followed = len(other.requests)
    assert (report.status, followed) == (("failed", 0) if token else ("ok", 1))
    assert set(sent) == {f"Bearer {token}" if token else None}


async def test_a_token_is_in_no_record(catalog_path: Place) -> None:
    """A server that repeats the token it was sent does not get it into the catalog."""

    def echo(seen: Seen) -> Reply:
        return error(400, {"error": seen.headers["authorization"]})

    with StandIn({"/models": echo}) as server:
        await brought(catalog_path, patient(server.url, token=CANARY))
    errors = sql(catalog_path, "SELECT error FROM run_steps")
    assert "HTTP 400" in str(errors)
    assert "canary" not in str(errors)


async def test_private_addresses_are_refused_where_told_to() -> None:
    """A team's registry is usually private, so that is the caller's decision."""
    with StandIn({"/models": ok([ONE])}) as server:
        registry = patient(server.url, allow_private=False)
        with pytest.raises(SourceFailed, match="private network"):
            await registry.rows()
        assert server.requests == []


BAD_URLS = (
    "",
    "models.example.org",
    "ftp://x",
    "http://",
    "http://a:b@x",
    "http://x?y",
    "http://[",
)


def test_what_is_no_address_is_refused() -> None:
    """The mistake is told where it is made, not in a refresh."""
    for url in BAD_URLS:
        with case(url), pytest.raises(ValueError, match="expected the address of a registry"):
            MCPRegistrySource(url)


# By whom a model came.


def test_trails_are_kept_as_text() -> None:
    """The usual trail is said once, others by model."""
    by_model = {"a/1": ("x",), "a/2": ("x",), "a/3": ("x", "y")}
    text = packed(by_model)
    assert text == '{"others":[[["x","y"],["a/3"]]],"usual":["x"]}'
    assert {model: unpacked(text).of(model) for model in by_model} == by_model


@pytest.mark.parametrize("text", ["", "5", "{}", '{"usual": 1, "others": []}', "[" * 100_000])
def test_a_text_that_holds_no_trails_says_nothing(text: str) -> None:
    """Somebody may have edited the catalog."""
    assert unpacked(text) == RegistryOrigins()


# Configuration without code.


def test_registries_are_named_in_the_environment() -> None:
    """Each has a name, its own token, and may be one that can be called."""
    environ = {
        "MODELDEX_REGISTRIES": "https://models.example.org/, gw=http://gw.lan:8765/x/mcp",
        "MODELDEX_LIVE_REGISTRIES": "gw",
        "MODELDEX_REGISTRY_TOKEN": "of-no-one",
        "MODELDEX_REGISTRY_TOKEN_GW": "of-the-gateway",
    }
    parts = default_parts(environ)
    sources = [(s.name, s.kind) for s in parts.sources if isinstance(s, MCPRegistrySource)]
    assert sources == [("remote:models.example.org", "reference"), ("remote:gw", "live")]
    assert [r.name for r in parts.resolvers if isinstance(r, RemoteResolver)] == [
        "remote:models.example.org", "remote:gw",
    ]  # fmt: skip
    assert [each.registry.secret for each in registries(environ)] == ["", "of-the-gateway"]


def test_one_token_goes_to_the_only_registry() -> None:
    """With one registry there is no doubt whose token it is."""
    environ = {"MODELDEX_REGISTRIES": "https://r.example.org", "MODELDEX_REGISTRY_TOKEN": "t"}
    assert [each.registry.secret for each in registries(environ)] == ["t"]


MISTAKES = {
    "nonsense": ({"MODELDEX_REGISTRIES": "models"}, "expected the address of a registry"),
    "twice": ({"MODELDEX_REGISTRIES": "a=http://x, a=http://y"}, "a: configured twice"),
    "unknown": (
        {"MODELDEX_REGISTRIES": "a=http://x", "MODELDEX_LIVE_REGISTRIES": "b"},
        "b: not in MODELDEX_REGISTRIES",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", MISTAKES)
def test_a_mistake_in_the_environment_is_told(case: str) -> None:
    """The variable and what is wrong with it."""
    environ, told = MISTAKES[case]
    with pytest.raises(SourceFailed, match=told):
        default_parts(environ)


async def test_capabilities_are_told_one_by_one_too() -> None:
    """The resolver keeps the protocol of resolvers, and asks once for all."""
    with StandIn({"/models": ok([ONE | {"capabilities": {"max_context": 8}}])}) as server:
        resolver = RemoteResolver(server.url)
        specs = [ModelSpec(provider="acme", name=name) for name in ("one", "two")]
        found = [await resolver.get_capabilities(spec) for spec in specs]
        assert len(server.requests) == 1
    assert [each.max_context for each in found] == [8, None]


def test_a_session_of_both_kinds_needs_no_running_loop() -> None:
    """Sources and resolvers are made before there is a loop."""
    registry = RemoteRegistry("http://127.0.0.1:9")
    assert asyncio.run(_failure(registry)) == "unreachable"


async def _failure(registry: RemoteRegistry) -> str:
    try:
        await MCPRegistrySource(registry).discover()
    except SourceFailed as failed:
        return failed.problem
    return "answered"
