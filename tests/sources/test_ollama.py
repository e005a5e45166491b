"""Ollama: where it is, what it lists, what it says of a model, and how it fails."""

import json
import socket
from collections.abc import Mapping

import pytest

from checkout import DATA as DATA_FOLDER
from checkout import SHARED as SHARED_FOLDER
from loops import by_hand, late
from misbehaving_host import (
    Reply,
    Route,
    Seen,
    StandIn,
    drip,
    error,
    hang,
    html,
    in_turn,
    ok,
    reset,
)
from modeldex.errors import SourceFailed
from modeldex.resolvers import CapabilityResolver
from modeldex.resolvers.ollama import OllamaCapabilityResolver
from modeldex.sources import ModelSource
from modeldex.sources.ollama import OllamaSource
from modeldex.upstream import ollama_server
from modeldex.upstream.formats import ollama, ollama_list
from modeldex.vocabulary.capability_fields import QualityTier
from modeldex.vocabulary.normalize import normalize_answer
from modeldex.vocabulary.values import ModelCapabilities, ModelSpec

DATA = DATA_FOLDER / "ollama"
SHARED = SHARED_FOLDER / "fixtures" / "providers" / "ollama"


def payload(name: str) -> object:
    """One recorded answer."""
    return json.loads((DATA / f"{name}.json").read_text("utf-8"))


def local(*names: str) -> list[ModelSpec]:
    """Specs of Ollama models."""
    return [ModelSpec(provider="ollama", name=name) for name in names]


def shows(answers: Mapping[str, Route]) -> dict[str, Route]:
    """A /api/show that answers by the model asked for, else as Ollama does."""

    def show(seen: Seen) -> Reply:
        asked = seen.json
        name = asked["model"] if isinstance(asked, dict) else ""
        route = answers.get(name, error(404, {"error": f"model '{name}' not found"}))
        return route(seen) if callable(route) else route

    return {"/api/show": show}


HOSTS = [
    ("", "http://localhost:11434"),
    ("   ", "http://localhost:11434"),
    ("1.2.3.4", "http://1.2.3.4:11434"),
    (":1234", "http://localhost:1234"),
    ("1.2.3.4:1234", "http://1.2.3.4:1234"),
    ("example.com", "http://example.com:11434"),
    ("example.com:1234", "http://example.com:1234"),
    ("example.com:", "http://example.com:11434"),
    (":0", "http://localhost:0"),
    (":66000", "http://localhost:11434"),
    (":-1", "http://localhost:11434"),
    ("example.com:abc", "http://example.com:11434"),
    ("[::1]", "http://[::1]:11434"),
    ("::1", "http://[::1]:11434"),
    ("[::1]:1337", "http://[::1]:1337"),
    ("[::]", "http://[::1]:11434"),
    ("[::]:80", "http://[::1]:80"),
    ("0.0.0.0", "http://127.0.0.1:11434"),  # noqa: S104
    ("0.0.0.0:8080", "http://127.0.0.1:8080"),
    (" 1.2.3.4 ", "http://1.2.3.4:11434"),
    ('"1.2.3.4"', "http://1.2.3.4:11434"),
    (' " 1.2.3.4 " ', "http://1.2.3.4:11434"),
    ("'1.2.3.4'", "http://1.2.3.4:11434"),
    ("http://1.2.3.4", "http://1.2.3.4:80"),
    ("http://1.2.3.4:4321", "http://1.2.3.4:4321"),
    ("http://1.2.3.4/", "http://1.2.3.4:80"),
    ("https://1.2.3.4", "https://1.2.3.4:443"),
    ("https://1.2.3.4:4321", "https://1.2.3.4:4321"),
    ("https://example.com/ollama/", "https://example.com:443/ollama"),
    ("https://example.com:66000/ollama", "https://example.com:443/ollama"),
    ("ollama.com", "https://ollama.com:443"),
    ("http://user:pw@box:1/x", "http://user:pw@box:1/x"),
]


def test_ollama_host_is_read_as_the_server_reads_it() -> None:
    """OLLAMA_HOST follows the rules of Ollama's own server, and a bind address is connectable."""
    assert [(value, ollama_server.base_url({"OLLAMA_HOST": value})) for value, _ in HOSTS] == HOSTS


GIVEN: list[tuple[dict[str, str], str | None, str]] = [
    ({}, None, "http://localhost:11434"),
    ({"OLLAMA_BASE_URL": "http://a:1/", "OLLAMA_HOST": "b"}, None, "http://a:1"),
    ({"OLLAMA_BASE_URL": " ", "OLLAMA_HOST": "b"}, None, "http://b:11434"),
    ({"OLLAMA_BASE_URL": "http://a:11434/v1"}, None, "http://a:11434"),
    ({"OLLAMA_BASE_URL": "http://a:11434/api/"}, None, "http://a:11434"),
    ({"OLLAMA_BASE_URL": "http://a:11434/gw/v1/chat/completions"}, None, "http://a:11434/gw"),
    ({"OLLAMA_BASE_URL": "http://a:11434/api/ollama"}, None, "http://a:11434/api/ollama"),
    ({"OLLAMA_BASE_URL": "a"}, None, "http://a:11434"),
    ({"OLLAMA_BASE_URL": "a", "OLLAMA_HOST": "b"}, "http://c:5", "http://c:5"),
]


def test_what_is_given_wins() -> None:
    """An argument comes before OLLAMA_BASE_URL, that before OLLAMA_HOST, that before localhost."""
    assert [(env, given, ollama_server.base_url(env, given)) for env, given, _ in GIVEN] == GIVEN


@pytest.mark.parametrize(
    ("host", "hosted", "keyed"),
    [
        ("ollama.com", True, True),
        ("http://ollama.com", True, False),
        ("https://evil-ollama.com", False, False),
        ("", False, False),
    ],
)
def test_the_key_goes_to_the_cloud_alone(host: str, hosted: bool, keyed: bool) -> None:
    """OLLAMA_API_KEY is sent to ollama.com over TLS and to no other server."""
    server = ollama_server.server({"OLLAMA_HOST": host, "OLLAMA_API_KEY": "secret"})
    expected = {"authorization": "Bearer secret"} if keyed else {}
    assert (server.hosted, server.headers) == (hosted, expected)


OWN = {"input_cost_per_1m": 0.0, "output_cost_per_1m": 0.0, "price_basis": "self_hosted"}
CHEAP = {"quality_tier": "cheap", "quality_basis": "size"}
TOOLS, EMBEDDING = (
    ollama.capabilities("m", payload(f"show_{of}")) for of in ("tools", "embedding")
)
"""What two of the recorded answers state; golden/mappings shows it."""


@pytest.mark.parametrize(
    ("name", "hosted"), [("m:120b-cloud", False), ("kimi:cloud", False), ("m", True)]
)
def test_other_peoples_servers_have_no_known_price(name: str, hosted: bool) -> None:
    """A cloud model is a subscription, and neither free nor small, however it is recognised."""
    facts = ollama.capabilities(name, payload("show_tools"), rented=hosted)
    stated = {k: v for k, v in TOOLS.items() if k not in OWN | CHEAP}
    assert facts == {**stated, "price_basis": "subscription"}


def test_a_field_of_another_type_is_unknown() -> None:
    """No type of any field makes an answer fail or yields a fact that is not stated."""
    fields = ("capabilities", "details", "model_info", "parameters", "template", "remote_host")
    for odd in (None, 7, "text", [], {}, [None, 3], {"general.architecture": 5}, True):
        answer = dict.fromkeys((*fields, "projector_info", "remote_model"), odd)
        facts = ollama.capabilities("m", answer)
        assert set(facts) <= set(OWN) | {"supports_vision"}, odd
        assert normalize_answer("ollama/m", facts).dropped == [], odd


MISSING: list[tuple[dict[str, object], set[str]]] = [
    ({"model_info": {"general.architecture": "llama"}}, {"max_context"}),
    ({"parameters": "num_ctx many"}, {"served_context"}),
    ({"details": None}, {"quantization"}),
    ({"capabilities": ["completion", {"thinking": []}]}, set()),
]


def test_what_is_missing_costs_only_its_own_field() -> None:
    """The rest of an answer stands when one part is missing or cannot be read."""
    whole = payload("show_tools")
    assert isinstance(whole, dict)
    assert [
        (change, TOOLS.keys() - ollama.capabilities("m", {**whole, **change}).keys())
        for change, _ in MISSING
    ] == MISSING


LABELS = {
    "8.0B": 8_000_000_000, "137M": 137_000_000, "500k": 500_000, "1.5T": 1_500_000_000_000,
    "116829156672": 116829156672, "8x7B": None, "B": None, "0": None, "²B": None,
}  # fmt: skip


def test_parameter_labels() -> None:
    """A size label is read with its unit; anything else is unknown."""
    details = {label: {"details": {"parameter_size": label}} for label in LABELS}
    assert {
        label: ollama.capabilities("m", answer).get("param_count")
        for label, answer in details.items()
    } == LABELS


async def test_the_source_lists_what_is_installed() -> None:
    """One GET names every installed model as served, with its family and its short alias."""
    with StandIn({"/api/tags": ok(payload("tags"))}) as server:
        source = OllamaSource(server.url)
        found = await source.discover()
    assert server.paths == ["GET /api/tags", "GET /api/ps"]
    assert source.dropped == []
    assert [(s.id, s.family, s.aliases) for s in found] == [
        ("ollama/llama3.2:latest", "llama", ("llama3.2",)),
        ("ollama/nomic-embed-text:latest", "nomic-bert", ("nomic-embed-text",)),
        ("ollama/gpt-oss:120b-cloud", "gptoss", ()),
        ("ollama/someone/custom:v1", None, ()),
    ]


async def test_a_bad_row_is_skipped_and_counted() -> None:
    """Rows without a usable name are left out and named, the others stay."""
    rows = [7, {}, {"name": None}, {"name": "a\x1b[2J"}, {"name": "x" * 201}, {"name": "good"}]
    with StandIn({"/api/tags": ok({"models": rows})}) as server:
        source = OllamaSource(server.url)
        found = await source.discover()
    assert [spec.name for spec in found] == ["good"]
    assert len(source.dropped) == 5


async def test_an_empty_server_is_no_failure() -> None:
    """A server without models answers with none."""
    with StandIn({"/api/tags": ok({"models": []})}) as server:
        assert await OllamaSource(server.url).discover() == []


async def test_the_environment_names_the_server() -> None:
    """Without an argument the source asks where OLLAMA_HOST points."""
    with StandIn({"/api/tags": ok({"models": [{"name": "a"}]})}) as server:
        source = OllamaSource(environ={"OLLAMA_HOST": f"0.0.0.0:{server.port}"})
        assert await source.discover() == local("a")


BAD_LISTINGS = {
    "hang": hang(),
    "drip": drip(),
    "HTML": html(),
    "cut": (200, {}, b'{"models": [{"name": "llama'),
    "list": ok([]),
    "text": ok("models"),
    "models null": ok({"models": None}),
    "models object": ok({"models": {"name": "a"}}),
    "only bad rows": ok({"models": [1, 2, 3]}),
    "10 MB line": ok({"models": [{"name": "x" * 10_000_000}]}),
    "500": error(500, {"error": "model list cache unavailable"}),
    "404": error(404),
    "401": error(401, {"error": "unauthorized"}),
    "reset": reset(b'{"mod'),
}


@pytest.mark.parametrize("kind", BAD_LISTINGS)
async def test_a_sick_server_is_one_failure(kind: str) -> None:
    """Whatever a sick server does costs the source one SourceFailed within its time-out."""
    seconds = 2.0 if kind == "500" else 0.5
    with (
        StandIn({"/api/tags": BAD_LISTINGS[kind]}) as server,
        pytest.raises(SourceFailed) as caught,
    ):
        await OllamaSource(server.url, timeout=seconds).discover()
    assert caught.value.source == "ollama"


async def test_no_server_is_one_failure() -> None:
    """A port on which nobody listens is SourceFailed for source and resolver alike."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{probe.getsockname()[1]}"
    with pytest.raises(SourceFailed, match="cannot connect"):
        await OllamaSource(url).discover()
    with pytest.raises(SourceFailed, match="cannot connect"):
        await OllamaCapabilityResolver(url, installed={}).resolve_many(local("a", "b", "c"))


async def test_the_resolver_answers_in_order() -> None:
    """Each Ollama model is asked about once, other providers' models not at all."""
    specs = [*local("a"), ModelSpec(provider="openai", name="gpt-4o"), *local("b")]
    routes = shows({"a": ok(payload("show_tools")), "b": ok(payload("show_embedding"))})
    with StandIn(routes) as server:
        answers = await OllamaCapabilityResolver(server.url, installed={}).resolve_many(specs)
    assert answers == [TOOLS, None, EMBEDDING]
    assert sorted(str(seen.json) for seen in server.requests) == [
        "{'model': 'a'}",
        "{'model': 'b'}",
    ]


async def test_without_the_lists_of_the_source_the_resolver_asks_what_is_loaded() -> None:
    """One that stands alone knows the allocated windows, too."""
    loaded = ok({"models": [{"name": "a", "context_length": 2048}]})
    with StandIn({**shows({"a": ok(payload("show_tools"))}), "/api/ps": loaded}) as server:
        [answer] = await OllamaCapabilityResolver(server.url).resolve_many(local("a"))
    assert answer == {**TOOLS, "served_context": 2048}


BAD_SHOWS = {
    "404": error(404, {"error": "model 'bad' not found"}),
    "500": error(500),
    "401": error(401, {"error": "unauthorized"}),
    "HTML": html(),
    "cut": (200, {}, b'{"capabilities": ['),
    "list": ok([1]),
    "10 MB line": ok({"template": "x" * 10_000_000}),
    "hang": hang(),
    "drip": drip(),
    "reset": reset(),
}


def good_ones(server: StandIn) -> set[object]:
    """The models, but for the bad one, about which the whole answer was sent."""
    asked = [seen.json for seen in server.answered]
    return {each["model"] for each in asked if isinstance(each, dict)} - {"bad"}


@pytest.mark.parametrize("kind", BAD_SHOWS)
def test_one_sick_model_loses_no_other(kind: str) -> None:
    """A model that cannot be shown is a failure of its own between two answers."""
    good = ok(payload("show_tools"))
    with StandIn(shows({"a": good, "bad": BAD_SHOWS[kind], "c": good})) as server:
        resolver = OllamaCapabilityResolver(server.url, installed={})
        asked = resolver.resolve_many(local("a", "bad", "c"))
        answers = by_hand(lambda clock: late(clock, asked, lambda: good_ones(server) == {"a", "c"}))
    kinds = [type(answer).__name__ for answer in answers]
    assert (kinds[0], kinds[2]) == ("dict", "dict")
    assert isinstance(answers[1], SourceFailed)
    assert [fault.partition(":")[0] for fault in resolver.failures] == ["bad"]


async def test_when_all_models_fail_the_resolver_fails() -> None:
    """Without a single answer the resolver raises instead of claiming to know nothing."""
    with StandIn(shows({})) as server, pytest.raises(SourceFailed, match="model 'a' not found"):
        await OllamaCapabilityResolver(server.url, installed={}).resolve_many(local("a", "b"))


def test_a_silent_server_is_not_asked_model_by_model() -> None:
    """A hanging server with many models costs one time-out per connection, not per model."""
    with StandIn({"/api/show": hang()}) as server:
        resolver = OllamaCapabilityResolver(server.url, installed={}, concurrency=4)
        asked = resolver.resolve_many(local(*map(str, range(40))))
        with pytest.raises(SourceFailed):
            by_hand(lambda clock: late(clock, asked, lambda: len(server.requests) == 4))
    assert len(server.requests) == 4
    assert len(resolver.failures) == 40


def test_a_server_that_dies_half_way_keeps_its_answers() -> None:
    """Models answered before the silence keep their answers, the rest are failures."""
    good = ok(payload("show_tools"))
    with StandIn({"/api/show": in_turn(good, good, hang())}) as server:
        resolver = OllamaCapabilityResolver(server.url, installed={}, concurrency=1)
        asked = resolver.resolve_many(local(*"abcdef"))
        answers = by_hand(lambda clock: late(clock, asked, lambda: len(server.requests) == 3))
    assert [isinstance(answer, dict) for answer in answers] == [True, True] + [False] * 4
    assert (len(server.requests), len(resolver.failures)) == (3, 4)


async def test_connections_are_reused() -> None:
    """Forty models are asked about over at most `concurrency` connections."""
    with StandIn({"/api/show": ok(payload("show_tools"))}) as server:
        await OllamaCapabilityResolver(server.url, installed={}, concurrency=3).resolve_many(
            local(*map(str, range(40)))
        )
    assert len(server.requests) == 40
    assert len({seen.client for seen in server.requests}) <= 3


async def test_without_ollama_models_nothing_is_asked() -> None:
    """Other providers' models cost no request, and have no opinion."""
    other = ModelSpec(provider="openai", name="gpt-4o")
    with StandIn({}) as server:
        resolver = OllamaCapabilityResolver(server.url, installed={})
        one, many = await resolver.get_capabilities(other), await resolver.resolve_many([other])
    assert (one, many, server.requests) == (ModelCapabilities(), [None], [])


async def test_one_model_is_a_value() -> None:
    """`get_capabilities` gives the cleaned value; what cannot be a fact is left out."""
    answer = payload("show_tools")
    assert isinstance(answer, dict)
    answer["model_info"]["llama.context_length"] = 10**15
    with StandIn({"/api/show": ok(answer)}) as server:
        [spec] = local("a")
        value = await OllamaCapabilityResolver(server.url, installed={}).get_capabilities(spec)
    assert (value.max_context, value.served_context) == (None, 16384)
    assert (value.supports_tools, value.supports_vision) == (True, False)
    assert (value.quality_tier, value.price_basis) == (QualityTier.CHEAP, "self_hosted")


def test_the_protocols_are_met() -> None:
    """Source and resolver are what a registry takes, and say that they use the network."""
    source, resolver = OllamaSource(), OllamaCapabilityResolver()
    assert isinstance(source, ModelSource)
    assert isinstance(resolver, CapabilityResolver)
    assert (source.name, source.kind, source.network) == ("ollama", "live", True)
    assert (resolver.name, resolver.network) == ("ollama", True)


@pytest.mark.skipif(not SHARED.is_dir(), reason="the larger collection is not here")
def test_the_larger_collection_is_read_whole() -> None:
    """Every recorded /api/show answer yields facts of which none is dropped."""
    answers = {p.name: json.loads(p.read_text("utf-8")) for p in SHARED.glob("show_*.json")}
    facts = {name: ollama.capabilities("m", answer) for name, answer in answers.items()}
    dropped = {name: normalize_answer("ollama/m", values).dropped for name, values in facts.items()}
    windows = [name for name, values in facts.items() if "max_context" not in values]
    assert len(facts) >= 10
    assert dropped == {name: [] for name in facts}
    assert windows == ["show_image_generation.json"]


@pytest.mark.skipif(not SHARED.is_dir(), reason="the larger collection is not here")
def test_the_larger_listings_are_read_whole() -> None:
    """Every recorded /api/tags answer is read without loss."""
    listings = [json.loads(p.read_text("utf-8")) for p in sorted(SHARED.glob("tags*.json"))]
    read = [ollama_list.specs(listing) for listing in listings]
    assert [len(specs) for specs, _ in read] == [len(each["models"]) for each in listings]
    assert [dropped for _, dropped in read] == [[], [], []]
