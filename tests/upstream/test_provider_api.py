"""How a provider's listing is found, asked page by page, completed, and refused."""

import gzip
import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from cases import case
from fork_process import HANG
from misbehaving_host import Reply, Route, Seen, StandIn, error, flood, hang, html, in_turn, ok
from modeldex.errors import SourceFailed
from modeldex.http.failures import KeyRefused, NotFound, Unreachable
from modeldex.refresh.defaults import default_parts
from modeldex.refresh.part import part_name, source_of
from modeldex.resolvers import CapabilityResolver
from modeldex.resolvers.listing import ListingResolver, OpenAICapabilityResolver
from modeldex.sources import ModelSource
from modeldex.sources.listing import ListingSource
from modeldex.upstream.addresses import base_url
from modeldex.upstream.provider_api import (
    MAX_PAGES,
    ProviderListing,
    configured,
    is_configured,
)
from modeldex.vocabulary.providers import ListingRequest, Provider, providers
from modeldex.vocabulary.values import ModelSpec

KEY = "k-0123456789"


def listing(provider: str, url: str, **more: str) -> ProviderListing:
    """The listing of a provider whose key is set and who answers at `url`."""
    first = providers()[provider].keys[0]
    place = f"MODELDEX_{provider.upper()}_BASE_URL"
    return ProviderListing(provider, {first: KEY, place: url, **more}, timeout=HANG)


async def names(provider: str, url: str, **more: str) -> list[object]:
    """The names that a listing yields."""
    return [row["name"] for row in (await listing(provider, url, **more).fetch()).rows]


async def failure(provider: str, reply: Route, path: str = "/v1/models") -> SourceFailed:
    """What the listing of a provider ends in."""
    with StandIn({path: reply}) as host, pytest.raises(SourceFailed) as caught:
        await listing(provider, f"{host.url}/v1").fetch()
    return caught.value


# Where.


ROOTS: list[tuple[str, dict[str, str], str]] = [
    ("openai", {}, "https://api.openai.com/v1"),
    ("openai", {"OPENAI_BASE_URL": "https://proxy.test/v1/"}, "https://proxy.test/v1"),
    ("openai", {"OPENAI_BASE_URL": "https://proxy.test"}, "https://proxy.test/v1"),
    ("openai", {"OPENAI_BASE_URL": "proxy.test:8080"}, "http://proxy.test:8080/v1"),
    (
        "openai",
        {"OPENAI_BASE_URL": "https://a.test/v1", "MODELDEX_OPENAI_BASE_URL": "http://b.test/x"},
        "http://b.test/x",
    ),
    ("openai", {"MODELDEX_OPENAI_BASE_URL": "  "}, "https://api.openai.com/v1"),
    ("deepseek", {"DEEPSEEK_BASE_URL": "http://b.test"}, "http://b.test"),
    ("bedrock", {"AWS_REGION": "eu-west-1"}, "https://bedrock.eu-west-1.amazonaws.com"),
    (
        "bedrock",
        {"AWS_DEFAULT_REGION": "us-east-1", "AWS_REGION": ""},
        "https://bedrock.us-east-1.amazonaws.com",
    ),
    ("bedrock", {"MODELDEX_BEDROCK_BASE_URL": "http://b.test/aws"}, "http://b.test/aws"),
    ("openai", {"OPENAI_BASE_URL": "http://b.test//v1/chat/completions/"}, "http://b.test/v1"),
    ("openai", {"OPENAI_BASE_URL": "http://b.test/v1/models?limit=5#x"}, "http://b.test/v1"),
    (
        "gemini",
        {"GEMINI_BASE_URL": "http://b.test/v1beta/models/g-1:generateContent"},
        "http://b.test/v1beta",
    ),
    ("litellm_proxy", {"LITELLM_BASE_URL": "http://b.test/gw/v1/models"}, "http://b.test/gw"),
    (
        "azure_openai",
        {"AZURE_OPENAI_ENDPOINT": "http://b.test/openai/deployments/d/chat/completions?x=1"},
        "http://b.test/openai",
    ),
]


def test_the_root_is_found() -> None:
    """Our variable, the provider's own, its usual address; a path and a scheme are filled in."""
    for provider, environ, root in ROOTS:
        assert base_url(providers()[provider], environ) == root, (provider, environ)


@pytest.mark.parametrize(
    ("provider", "environ", "reason"),
    [
        ("bedrock", {}, "set AWS_REGION or AWS_DEFAULT_REGION"),
        ("bedrock", {"AWS_REGION": "evil.test/#"}, "AWS_REGION is not a valid part of a host name"),
        ("openai", {"OPENAI_BASE_URL": "http://[half"}, "OPENAI_BASE_URL is not a valid URL"),
    ],
)
async def test_a_root_that_cannot_be_told_has_a_reason(
    provider: str, environ: dict[str, str], reason: str
) -> None:
    """What to set, or which variable is wrong, is named; its value is not."""
    key = {providers()[provider].keys[0]: KEY}
    with pytest.raises(SourceFailed, match=reason) as caught:
        await ProviderListing(provider, {**environ, **key}).fetch()
    assert "evil" not in str(caught.value)


GEMINI = {"models": [{"name": "models/a"}]}
LM_STUDIO = {"models": [{"key": "a", "type": "llm"}]}
PLAIN = {"data": [{"id": "a"}]}
FORMS: list[tuple[str, str, object, tuple[str, ...]]] = [
    ("openai", "/v1/models", PLAIN, ("", "/", "/v1", "/v1/", "/v1/responses", "/v1/models")),
    ("openai", "/gw/openai/v1/models", PLAIN, ("/gw/openai", "/gw/openai/v1")),
    ("openai", "/api/models", PLAIN, ("/api", "/api/", "/api/chat/completions")),
    ("anthropic", "/gw/v1/models", PLAIN, ("/gw", "/gw/", "/gw/v1", "/gw/v1/messages")),
    ("gemini", "/v1beta/models", GEMINI, (
        "", "/v1beta", "/v1beta/openai/", "/v1", "/v1beta/models/a:generateContent",
    )),
    ("groq", "/openai/v1/models", PLAIN, ("", "/openai", "/openai/v1/", "/v1")),
    ("openrouter", "/api/v1/models", PLAIN, ("", "/api", "/api/v1", "/v1")),
    ("deepseek", "/models", PLAIN, ("", "/v1", "/v1/chat/completions")),
    ("deepseek", "/gw/v1/models", PLAIN, ("/gw", "/gw/v1")),
    ("perplexity", "/v1/models", PLAIN, ("", "/", "/v1", "/v1/models")),
    ("cohere", "/v1/models", {"models": [{"name": "a"}]}, ("", "/v1", "/v2")),
    ("vllm", "/gw/v1/models", PLAIN, ("/gw", "/gw/v1", "/gw/v1/completions")),
    ("llamacpp", "/v1/models", PLAIN, ("", "/v1", "/v1/embeddings")),
    ("azure_openai", "/openai/models", PLAIN, (
        "", "/openai", "/openai/", "/openai/v1/", "/v1", "/openai/deployments/d/chat/completions",
    )),
    ("azure_openai", "/openai/v1/models", PLAIN, ("", "/openai", "/openai/v1/")),
    ("lmstudio", "/api/v1/models", LM_STUDIO, (
        "", "/v1", "/api", "/api/v0", "/api/v1/", "/v1/chat/completions", "/api/v0/models",
    )),
    ("lmstudio", "/gw/api/v0/models", PLAIN, ("/gw", "/gw/v1", "/gw/api/v1", "/gw/api")),
    ("lmstudio", "/v1/models", PLAIN, ("", "/v1", "/api/v1")),
    ("litellm_proxy", "/v1/models", PLAIN, ("", "/v1", "/v1/chat/completions", "/model/info")),
    ("litellm_proxy", "/gw/model/info", {"data": [{"model_name": "a"}]}, ("/gw", "/gw/v1")),
    ("tgi", "/info", {"model_id": "a"}, ("", "/v1", "/v1/chat/completions")),
    ("tgi", "/v1/models", PLAIN, ("", "/v1")),
]  # fmt: skip
"""By provider: where its listing is, what it holds, and the base URLs that are set for it."""
UNKNOWN_PATH = (
    error(404), error(405), html(), ok({}), (200, {}, b""),
    ok({"error": "Unexpected endpoint or method. (GET /x)"}), ok({"error": {"code": 404}}),
)  # fmt: skip
"""What hosts answer to a path that they do not have."""


class Elsewhere(StandIn):
    """A host that has an answer of its own for every other path."""

    other: Reply = UNKNOWN_PATH[0]

    def answer(self, seen: Seen) -> Reply:
        """The reply of the route, else `other`."""
        return super().answer(seen) if seen.path.partition("?")[0] in self.routes else self.other


@pytest.mark.parametrize("shift", [0, 1])
async def test_every_form_of_an_address_reaches_the_listing(shift: int) -> None:
    """With or without version, of a native root or a whole path; other paths say what they will."""
    found: list[list[object]] = []
    with Elsewhere({}) as host:
        for provider, path, payload, forms in FORMS:
            host.routes = {path: ok(payload)}
            for form in forms:
                host.other = UNKNOWN_PATH[(len(found) * 3 + shift) % len(UNKNOWN_PATH)]
                with case(f"{provider} at {form}"):
                    found.append(await names(provider, f"{host.url}{form}"))
    assert found == [["a"]] * sum(len(forms) for *_, forms in FORMS)


async def test_the_address_as_set_is_asked_first_and_alone() -> None:
    """Where it has the listing, no other address sees the key."""
    for provider, form, path in [
        ("openai", "/x", "/x/models"), ("lmstudio", "/api/v1", "/api/v1/models"),
        ("azure_openai", "/openai/v1/", "/openai/deployments"), ("groq", "/v1", "/v1/models"),
    ]:  # fmt: skip
        with StandIn({path: ok(LM_STUDIO if provider == "lmstudio" else PLAIN)}) as host:
            assert await names(provider, f"{host.url}{form}") == ["a"]
        assert [asked.partition("?")[0] for asked in host.paths] == [f"GET {path}"]


async def test_a_key_refused_at_the_address_is_refused() -> None:
    """Another address is not tried with a key that the plain list refuses."""
    routes = {"/x/models": error(403), "/x/v1/models": ok(PLAIN)}
    with StandIn(routes) as host, pytest.raises(KeyRefused, match="check OPENAI_API_KEY"):
        await names("openai", f"{host.url}/x")
    assert host.paths == ["GET /x/models"]


OWN = Provider("team", "Team", base_url="http://llm.test/v1", listing=ListingRequest("/models"))


ASKED: list[tuple[Provider, dict[str, str], bool]] = [
    (providers()["openai"], {"OPENAI_API_KEY": "x"}, True),
    (providers()["openai"], {"OPENAI_API_KEY": " "}, False),
    (providers()["openai"], {"OPENAI_BASE_URL": "http://b.test"}, False),
    (providers()["azure_openai"], {"AZURE_API_KEY": "x"}, False),
    (providers()["azure_openai"], {"AZURE_API_KEY": "x", "AZURE_API_BASE": "b.test"}, True),
    (providers()["bedrock"], {"AWS_BEARER_TOKEN_BEDROCK": "x"}, True),
    (providers()["bedrock"], {"AWS_ACCESS_KEY_ID": "x"}, False),
    (providers()["vllm"], {"VLLM_API_KEY": "x"}, False),
    (providers()["vllm"], {"VLLM_BASE_URL": "http://b.test"}, True),
    (providers()["vllm"], {"MODELDEX_VLLM_BASE_URL": "http://b.test"}, True),
    (providers()["ollama"], {"OLLAMA_BASE_URL": "http://b.test"}, False),
    (providers()["moonshot_cn"], {"MOONSHOT_API_KEY": "x"}, False),
    (OWN._replace(local=True), {}, False),
    (OWN._replace(local=True, file=Path("providers.toml")), {}, True),
    (OWN._replace(keys=("TEAM_KEY",)), {"TEAM_KEY": "x"}, True),
]


def test_who_is_asked() -> None:
    """A key, or the place of a local server, makes a provider one that can be listed."""
    for provider, environ, expected in ASKED:
        assert is_configured(provider, environ) is expected, (provider, environ)


def test_nobody_is_asked_without_a_key() -> None:
    """An empty environment lists no provider, and a registry then has no listing part."""
    assert configured({}) == []
    assert [p for p in default_parts({}).sources if isinstance(p, ListingSource)] == []


def test_source_and_resolver_of_the_defaults_share_one_listing() -> None:
    """One provider that is configured gives one source and one resolver over one object."""
    parts = default_parts({"GROQ_API_KEY": "x", "MODELDEX_FEEDS": "0"})
    [source] = [p for p in parts.sources if isinstance(p, ListingSource)]
    [resolver] = [p for p in parts.resolvers if isinstance(p, ListingResolver)]
    assert source.listing is resolver.listing
    assert (part_name(source), part_name(resolver), source_of(resolver)) == (
        "groq", "groq_api", "groq",
    )  # fmt: skip


def test_source_and_resolver_keep_the_protocols() -> None:
    """Both are what a registry takes; OpenAI's view has the name it always had."""
    assert isinstance(ListingSource("openai"), ModelSource)
    assert isinstance(OpenAICapabilityResolver(), CapabilityResolver)
    assert OpenAICapabilityResolver().listing.provider.id == "openai"


def test_a_provider_that_does_not_exist_is_refused() -> None:
    """A wrong id is a mistake in the program."""
    with pytest.raises(ValueError, match="no provider 'opnai'"):
        ProviderListing("opnai")


# Pages.


def rows(*ids: str) -> list[dict[str, str]]:
    """Rows of an OpenAI-shaped listing."""
    return [{"id": name} for name in ids]


Pages = list[tuple[dict[str, str], object]]
PAGED: dict[str, tuple[str, Pages]] = {
    "anthropic": (
        "/v1/models",
        [
            ({"limit": "1000"}, {"data": rows("a", "b"), "has_more": True, "last_id": "b"}),
            (
                {"limit": "1000", "after_id": "b"},
                {"data": rows("c"), "has_more": False, "last_id": "c"},
            ),
        ],
    ),
    "gemini": (
        "/v1/models",
        [
            ({"pageSize": "1000"}, {"models": [{"name": "models/a"}], "nextPageToken": "t/+="}),
            ({"pageSize": "1000", "pageToken": "t/+="}, {"models": [{"name": "models/c"}]}),
        ],
    ),
    "cohere": (
        "/v1/models",
        [
            ({"page_size": "1000"}, {"models": [{"name": "a"}], "next_page_token": "t"}),
            ({"page_size": "1000", "page_token": "t"}, {"models": [{"name": "c"}]}),
        ],
    ),
    "openrouter": (
        "/v1/models",
        [
            (
                {"limit": "1000", "output_modalities": "all"},
                {"data": rows("a"), "links": {"next": "https://elsewhere.test/x?offset=1"}},
            ),
            (
                {"limit": "1000", "output_modalities": "all", "offset": "1"},
                {"data": rows("c"), "links": {"next": None}},
            ),
        ],
    ),
    "watsonx": (
        "/v1/ml/v1/foundation_model_specs",
        [
            (
                {"version": "2024-05-01", "limit": "200"},
                {"resources": [{"model_id": "a"}], "next": {"href": "https://x.test/y?start=s"}},
            ),
            (
                {"version": "2024-05-01", "limit": "200", "start": "s"},
                {"resources": [{"model_id": "c"}]},
            ),
        ],
    ),
}


def paged(pages: Pages) -> Callable[[Seen], Reply]:
    """Answers each page to exactly its query."""

    def reply(seen: Seen) -> Reply:
        asked = dict(parse_qsl(urlsplit(seen.path).query))
        return next((ok(body) for query, body in pages if query == asked), error(404))

    return reply


@pytest.mark.parametrize("provider", PAGED)
async def test_all_pages_are_read(provider: str) -> None:
    """Each kind of paging is followed to its end, on the host that was asked first."""
    path, pages = PAGED[provider]
    iam = ok({"access_token": "t"})
    with StandIn({path: paged(pages), "/iam": iam}) as host:
        found = await names(provider, f"{host.url}/v1", MODELDEX_IBM_IAM_URL=f"{host.url}/iam")
    assert (found[0], found[-1]) == ("a", "c")
    assert len([seen for seen in host.requests if seen.method == "GET"]) == len(pages)


async def test_the_same_page_twice_is_refused() -> None:
    """A listing that goes round in a circle is no complete answer."""
    again = ok({"models": [{"name": "models/a"}], "nextPageToken": "t"})
    failed = await failure("gemini", again)
    assert failed.reason == "the listing repeats a page"


async def test_a_listing_without_end_is_given_up() -> None:
    """Ever new pages end after a fixed number of requests, with the reason."""
    served = iter(range(10_000))

    def more(_seen: Seen) -> Reply:
        n = next(served)
        return ok({"models": [{"name": f"models/m{n}"}], "nextPageToken": str(n)})

    failed = await failure("gemini", more)
    assert failed.reason == f"the listing does not end after {MAX_PAGES} models"
    assert next(served) == MAX_PAGES


async def test_a_page_that_fails_fails_the_listing() -> None:
    """Half a listing is none: what came first is not taken."""
    first = ok({"models": [{"name": "models/a"}], "nextPageToken": "t"})
    failed = await failure("gemini", in_turn(first, error(404)))
    assert isinstance(failed, NotFound)


# Keys.


@pytest.mark.parametrize(
    ("provider", "header", "value"),
    [
        ("openai", "authorization", f"Bearer {KEY}"),
        ("anthropic", "x-api-key", KEY),
        ("gemini", "x-goog-api-key", KEY),
        ("azure_openai", "api-key", KEY),
    ],
)
async def test_the_key_goes_into_its_header(provider: str, header: str, value: str) -> None:
    """Each style of authentication is spoken, and the address never holds the key."""
    with StandIn({}) as host, pytest.raises(SourceFailed):
        await listing(provider, f"{host.url}/v1").fetch()
    sent = {(seen.headers[header], KEY in seen.path) for seen in host.requests}
    assert sent == {(value, False)}


@pytest.mark.parametrize(
    ("provider", "variable"),
    [("anthropic", "ANTHROPIC_AUTH_TOKEN"), ("azure_openai", "AZURE_OPENAI_AD_TOKEN")],
)
async def test_a_token_is_no_key(provider: str, variable: str) -> None:
    """Where only a variable for bearer tokens is set, that is how it is sent."""
    with StandIn({}) as host:
        place = f"MODELDEX_{provider.upper()}_BASE_URL"
        asked = ProviderListing(provider, {variable: KEY, place: host.url})
        with pytest.raises(SourceFailed):
            await asked.fetch()
    headers = host.requests[0].headers
    assert headers["authorization"] == f"Bearer {KEY}"
    assert {"x-api-key", "api-key"} & headers.keys() == set()


async def test_ibm_exchanges_its_key() -> None:
    """The key goes to the token service in a form, the token to the listing."""
    path, pages = PAGED["watsonx"]
    with StandIn({path: paged(pages), "/iam": ok({"access_token": "of-an-hour"})}) as host:
        await names("watsonx", f"{host.url}/v1", MODELDEX_IBM_IAM_URL=f"{host.url}/iam")
    form = dict(parse_qsl(host.requests[0].body.decode()))
    assert (host.requests[0].path, form["apikey"]) == ("/iam", KEY)
    assert host.requests[1].headers["authorization"] == "Bearer of-an-hour"


async def test_ibm_without_a_token_has_a_reason() -> None:
    """A token service that answers something else is named."""
    with StandIn({"/iam": ok({"errorCode": "x"})}) as host, pytest.raises(SourceFailed) as caught:
        await listing("watsonx", host.url, MODELDEX_IBM_IAM_URL=f"{host.url}/iam").fetch()
    assert caught.value.reason == "the token exchange returned no token"


WRONG = {"error": {"message": "API key not valid. Please pass a valid API key."}}


@pytest.mark.parametrize(
    ("provider", "reply", "told"),
    [
        ("openai", error(401, {"error": {"message": KEY}}), "key refused (401): check OPENAI_API"),
        ("groq", error(403), "key refused (403): check GROQ_API_KEY"),
        ("gemini", error(400, WRONG), "check GEMINI_API_KEY"),
    ],
)
async def test_a_refused_key_names_its_variable(provider: str, reply: Reply, told: str) -> None:
    """The reason says which variable to look at, and never holds the key."""
    failed = await failure(provider, reply)
    assert isinstance(failed, KeyRefused)
    assert told in failed.reason
    assert KEY not in str(failed)


@pytest.mark.parametrize(
    ("environ", "told"),
    [
        ({}, "no key was set; set GEMINI_API_KEY"),
        ({"GOOGLE_API_KEY": "x"}, "check GOOGLE_API_KEY"),
        ({"GOOGLE_API_KEY": "x", "GEMINI_API_KEY": "y"}, "check GEMINI_API_KEY"),
    ],
)
async def test_the_variable_that_was_used_is_named(environ: dict[str, str], told: str) -> None:
    """Of several variables the one that held the key is named; without any, the preferred."""
    with StandIn({"/v1/models": error(401)}) as host:
        asked = ProviderListing("gemini", {**environ, "GEMINI_BASE_URL": f"{host.url}/v1"})
        with pytest.raises(KeyRefused) as caught:
            await asked.fetch()
    assert caught.value.reason.endswith(f"key refused (401): {told}")


# Bad answers.

BOMB = gzip.compress(b'{"data": [' + b" " * 40_000_000 + b"]}")
BAD: dict[str, tuple[Route, str]] = {
    "500": (error(500), "HTTP 500"),
    "429 and a day": (error(429, {"message": "slow down"}, retry_after="86400"), "HTTP 429: slow"),
    "404": (error(404), "HTTP 404"),
    "410": (error(410, {"message": "gone"}), "HTTP 410: gone"),
    "HTML": (html(), "HTML instead of JSON"),
    "nothing": ((200, {}, b""), "an empty response"),
    "cut JSON": ((200, {}, b'{"data": [{"id": "a"}, {"id'), "not JSON"),
    "wrong charset": ((200, {}, '{"data": [{"id": "caf\u00e9"}]}'.encode("utf-16")), "not JSON"),
    "latin-1": ((200, {}, b'{"data": [{"id": "caf\xe9"}]}'), "not JSON"),
    "gzip bomb": ((200, {"content-encoding": "gzip"}, BOMB), "expands to"),
    "flood": (flood(b" " * 1_000_000, 40), "larger than"),
    "10 MB in a line": ((200, {}, b'{"data": [' + b"[]," * 3_500_000 + b"[]]}"), "values"),
    "10 MB name": ((200, {}, json.dumps({"data": rows("a" * 10**7)}).encode()), "none of the 1"),
    "error in a 200": (ok({"error": {"message": "no"}}), "no list of models"),
    "a text": (ok("models"), "no list of models"),
    "only junk": (ok({"data": [1, None, []]}), "none of the 3 rows is valid"),
    "a redirect": ((302, {"location": "file:///etc/passwd"}, b""), "redirects (302)"),
    "more, but where": (ok({"data": [], "links": {"next": 5}}), "has more pages"),
}


async def test_a_bad_answer_is_one_failure_with_its_reason() -> None:
    """Whatever comes back is a SourceFailed of this provider, in a few printable words."""
    for kind, (reply, reason) in BAD.items():
        failed = await failure("openrouter", reply)
        assert reason in failed.reason, kind
        assert failed.source == "openrouter", kind
        assert len(failed.reason) < 300, kind
        assert failed.reason.isprintable(), kind


async def test_silence_ends() -> None:
    """A host that sends nothing costs one timeout and is no answer."""
    with StandIn({"/v1/models": hang()}) as host:
        environ = {"GROQ_BASE_URL": f"{host.url}/v1", "GROQ_API_KEY": KEY}
        with pytest.raises(Unreachable):
            await ProviderListing("groq", environ, timeout=0.2).fetch()


async def test_too_many_requests_are_waited_out() -> None:
    """A host that names a short time is asked again after it."""
    busy = error(429, {"message": "slow down"}, retry_after="0")
    with StandIn({"/v1/models": in_turn(busy, ok({"data": rows("a")}))}) as host:
        assert await names("groq", f"{host.url}/v1") == ["a"]


async def test_an_empty_listing_is_an_answer() -> None:
    """No rows is what a key without rights sees; it is no failure by itself."""
    with StandIn({"/v1/models": ok({"data": []})}) as host:
        assert await names("groq", f"{host.url}/v1") == []


# Further calls.

XAI = {
    "/v1/language-models": ok({
        "models": [
            {"id": "grok", "completion_text_token_price": 150000, "context_length": 5},
            {"id": "new", "context_length": 7},
        ],
    }),
    "/v1/models": ok({
        "data": [{"id": "grok", "context_length": 9}],
    }),
}  # fmt: skip


async def told(provider: str, routes: Mapping[str, Route]) -> dict[object, dict[str, object]]:
    """What a listing states, by name."""
    with StandIn(routes) as host:
        found = await listing(provider, f"{host.url}/v1").fetch()
    return {row["name"]: row for row in found.rows}


async def test_a_second_list_adds_models_and_facts() -> None:
    """xAI: of two lists the plain one's facts stand, the richer one fills in and adds."""
    found = await told("xai", XAI)
    assert [(name, row.get("max_context")) for name, row in found.items()] == [
        ("grok", 9), ("new", 7),
    ]  # fmt: skip
    assert found["grok"]["output_cost_per_1m"] == 15.0


async def test_facts_add_no_models() -> None:
    """Cerebras: the public list describes models that this key may not call; they stay out."""
    public = ok({"data": [
        {"id": "cerebras/a", "context_length": 8192}, {"id": "cerebras/b", "context_length": 1},
    ]})  # fmt: skip
    routes = {"/v1/models": ok({"data": rows("a")}), "/public/v1/models": public}
    with StandIn(routes) as host:
        found = (await listing("cerebras", f"{host.url}/v1").fetch()).rows
    assert [(row["name"], row["max_context"]) for row in found] == [("a", 8192)]
    assert "authorization" in host.requests[0].headers
    assert "authorization" not in host.requests[1].headers


async def test_an_older_server_is_asked_the_older_way() -> None:
    """LM Studio: where /api/v1 is not there, /api/v0 is asked."""
    older = ok({"data": [{"id": "a", "type": "llm", "loaded_context_length": 4096}]})
    found = await told("lmstudio", {"/api/v0/models": older})
    assert found["a"]["served_context"] == 4096


async def test_a_newer_server_is_asked_once() -> None:
    """LM Studio: where /api/v1 answers nothing else is asked."""
    with StandIn({"/api/v1/models": ok({"models": [{"key": "a", "type": "llm"}]})}) as host:
        assert await names("lmstudio", f"{host.url}/v1") == ["a"]
    assert host.paths == ["GET /api/v1/models"]


async def test_two_answers_are_read_as_one() -> None:
    """SGLang: what /model_info says of the loaded model holds for its row."""
    routes = {
        "/v1/models": ok({"data": [{"id": "a", "max_model_len": 32768}]}),
        "/model_info": ok({"model_path": "/a", "is_generation": True,
                           "has_image_understanding": False}),
    }  # fmt: skip
    found = await told("sglang", routes)
    assert found["a"]["served_context"] == 32768
    assert (found["a"]["supports_vision"], found["a"]["mode"]) == (False, "chat")


@pytest.mark.parametrize(
    ("provider", "path", "answer"),
    [
        ("sglang", "/v1/models", {"data": rows("a")}),
        ("cerebras", "/v1/models", {"data": rows("a")}),
        ("xai", "/v1/language-models", {"models": rows("a")}),
        ("bedrock", "/v1/foundation-models", {"modelSummaries": [{"modelId": "a"}]}),
    ],
)
async def test_a_further_call_that_is_not_there_is_left_out(
    provider: str, path: str, answer: object
) -> None:
    """A gateway or an older server that lacks it still lists its models."""
    assert [*await told(provider, {path: ok(answer)})] == ["a"]


async def test_a_further_call_that_fails_fails_the_listing() -> None:
    """Otherwise what it knew yesterday would vanish today."""
    both = {**XAI, "/v1/language-models": error(500)}
    with StandIn(both) as host, pytest.raises(SourceFailed, match="HTTP 500"):
        await listing("xai", f"{host.url}/v1").fetch()


NOT_THERE = {
    "403": error(403, {"error": {"message": "only llm_api_routes"}}), "401": error(401),
    "404": error(404), "HTML": html(), "an error in a 200": ok({"error": "x"}), "{}": ok({}),
}  # fmt: skip


@pytest.mark.parametrize("reply", NOT_THERE)
@pytest.mark.parametrize(
    ("provider", "path"),
    [
        ("xai", "/v1/language-models"),
        ("litellm_proxy", "/model/info"),
        ("sglang", "/model_info"),
        ("cerebras", "/public/v1/models"),
    ],
)
async def test_the_plain_list_stands_without_details(provider: str, path: str, reply: str) -> None:
    """A detail path that is refused or no such thing takes no model away, and is told."""
    with StandIn({"/v1/models": ok({"data": rows("a", "b")}), path: NOT_THERE[reply]}) as host:
        asked = listing(provider, f"{host.url}/v1")
        found = [row["name"] for row in (await asked.fetch()).rows]
    assert found == ["a", "b"]
    details = providers()[provider].listing.also[0].path  # type: ignore[union-attr]
    assert asked.answered == (("/v1/models",), (details,) if reply in ("401", "403") else ())


async def test_the_plain_list_says_who_exists() -> None:
    """LiteLLM: a name that only /model/info has is not this key's; an alias has no facts."""
    info = {"mode": "chat", "max_input_tokens": "200000"}
    details = [{"model_name": "lab/*"}, {"model_name": "sonnet", "model_info": info},
               {"model_name": "of-another-team", "model_info": info}]  # fmt: skip
    found = await told("litellm_proxy", {
        "/v1/models": ok({"data": rows("lab/*", "lab/small", "sonnet", "short")}),
        "/model/info": ok({"data": details}),
    })  # fmt: skip
    assert {name: row.get("max_input_tokens") for name, row in found.items()} == {
        "lab/small": None, "short": None, "sonnet": 200_000,
    }  # fmt: skip


async def test_a_proxy_of_wildcards_alone_lists_nothing() -> None:
    """LiteLLM: a pattern is no name, and no failure."""
    assert await told("litellm_proxy", {"/v1/models": ok({"data": rows("lab/*")})}) == {}


# Bedrock.

PROFILE = {
    "inferenceProfileId": "eu.claude", "inferenceProfileName": "EU Claude",
    "type": "SYSTEM_DEFINED",
    "models": [{"modelArn": "arn:aws:bedrock:eu-west-1::foundation-model/claude"}],
}  # fmt: skip
BEDROCK: dict[str, list[Any]] = {
    "models": [{"modelId": "claude", "inputModalities": ["TEXT", "IMAGE"],
                "outputModalities": ["TEXT"]}],
    "profiles": [
        {"inferenceProfileSummaries": [PROFILE], "nextToken": "t"},
        {"inferenceProfileSummaries": [{**PROFILE, "inferenceProfileId": "us.claude"}]},
    ],
    "own": [{"inferenceProfileSummaries": [{**PROFILE, "inferenceProfileArn": "arn:aws:team",
                                            "type": "APPLICATION"}]}],
}  # fmt: skip


async def test_profiles_have_the_facts_of_their_model() -> None:
    """Bedrock: models, all pages of profiles and the account's own are one answer, with the key."""
    pages: Pages = [
        ({"maxResults": "1000"}, BEDROCK["profiles"][0]),
        ({"maxResults": "1000", "nextToken": "t"}, BEDROCK["profiles"][1]),
        ({"maxResults": "1000", "type": "APPLICATION"}, BEDROCK["own"][0]),
    ]
    routes = {
        "/foundation-models": ok({"modelSummaries": BEDROCK["models"]}),
        "/inference-profiles": paged(pages),
    }
    with StandIn(routes) as host:
        found = (await listing("bedrock", host.url).fetch()).rows
    assert {row["name"]: row["supports_vision"] for row in found} == {
        "arn:aws:team": True, "claude": True, "eu.claude": True, "us.claude": True,
    }  # fmt: skip
    assert {seen.headers["authorization"] for seen in host.requests} == {f"Bearer {KEY}"}


BOTO3 = """
import json, pathlib
from botocore.exceptions import ClientError, NoCredentialsError
SAID = json.loads(pathlib.Path(__file__).with_name("said.json").read_text())
class Pages:
    def paginate(self, typeEquals):
        return SAID["own" if typeEquals == "APPLICATION" else "profiles"]
class Client:
    def list_foundation_models(self):
        if SAID["refuses"] == "AccessDenied":
            raise ClientError({"Error": {"Code": "AccessDenied", "Message": "arn:aws:1234"}})
        if SAID["refuses"]:
            raise NoCredentialsError
        return {"modelSummaries": SAID["models"]}
    def get_paginator(self, _name):
        return Pages()
class Session:
    def __init__(self, **given):
        pathlib.Path(__file__).with_name("given.json").write_text(json.dumps(given))
    def client(self, _name, endpoint_url, config):
        return Client()
"""
BOTOCORE = """
class BotoCoreError(Exception): ...
class NoCredentialsError(BotoCoreError): ...
class ClientError(Exception):
    def __init__(self, response):
        self.response = response
"""
ACCOUNT = {
    "AWS_REGION": "eu-west-1",
    "AWS_ACCESS_KEY_ID": "AKIA0",
    "AWS_SECRET_ACCESS_KEY": "s-012",
}


@pytest.fixture
def boto3(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    """Puts a package on the path that answers as boto3 does; told what to refuse."""

    def put(refuses: str = "") -> Path:
        (tmp_path / "boto3.py").write_text(BOTO3)
        (tmp_path / "botocore").mkdir()
        (tmp_path / "botocore" / "__init__.py").write_text("")
        (tmp_path / "botocore" / "config.py").write_text("Config = dict")
        (tmp_path / "botocore" / "exceptions.py").write_text(BOTOCORE)
        (tmp_path / "said.json").write_text(json.dumps({**BEDROCK, "refuses": refuses}))
        monkeypatch.syspath_prepend(str(tmp_path))
        for module in [name for name in sys.modules if name.partition(".")[0] in _AWS]:
            monkeypatch.delitem(sys.modules, module)
        return tmp_path / "given.json"

    return put


_AWS = ("boto3", "botocore")


async def test_an_aws_account_lists_through_boto3(boto3: Callable[[str], Path]) -> None:
    """Without a Bedrock key boto3 is asked, with the account and region of the environment."""
    given = boto3("")
    assert configured(ACCOUNT) == ["bedrock"]
    found = (await ProviderListing("bedrock", ACCOUNT).fetch()).rows
    assert [row["name"] for row in found] == ["arn:aws:team", "claude", "eu.claude", "us.claude"]
    assert json.loads(given.read_text()) == {
        "region_name": "eu-west-1", "aws_access_key_id": "AKIA0", "aws_secret_access_key": "s-012",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("refuses", "told"),
    [
        ("AccessDenied", "is not allowed to list the models (AccessDenied)"),
        ("x", "(NoCredentialsError)"),
    ],
)
async def test_an_account_for_other_purposes_is_no_failure(
    refuses: str, told: str, boto3: Callable[[str], Path]
) -> None:
    """An AWS account that may not list models is absent, with the reason and without its id."""
    boto3(refuses)
    source = ListingSource(ProviderListing("bedrock", ACCOUNT))
    with pytest.raises(Unreachable) as caught:
        await source.discover()
    assert source.optional
    assert told in caught.value.reason
    assert "1234" not in caught.value.reason


async def test_without_key_and_without_boto3_the_way_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Who asks Bedrock by hand learns what is needed."""
    monkeypatch.setitem(sys.modules, "boto3", None)
    with pytest.raises(SourceFailed, match=r"AWS_BEARER_TOKEN_BEDROCK, or install modeldex"):
        await ProviderListing("bedrock", ACCOUNT).fetch()


def test_boto3_is_looked_for_only_where_an_account_is_named() -> None:
    """A region alone does not make anybody ask Bedrock."""
    assert configured({"AWS_REGION": "eu-west-1"}) == []


# One answer for both.


async def test_one_request_serves_source_and_resolver() -> None:
    """The resolver answers from what the source fetched; an unlisted model is no opinion."""
    answer = ok({"data": [
        {"id": "a", "context_window": 8192}, {"id": "off", "active": False, "context_window": 9},
    ]})  # fmt: skip
    with StandIn({"/v1/models": answer}) as host:
        shared = listing("groq", f"{host.url}/v1")
        specs = await ListingSource(shared).discover()
        asked = [
            *specs, ModelSpec(provider="groq", name="gone"), ModelSpec(provider="xai", name="a"),
        ]  # fmt: skip
        said = await ListingResolver(shared).resolve_many(asked)
    assert [spec.name for spec in specs] == ["a"]
    assert said == [{"max_context": 8192}, None, None]
    assert host.paths == ["GET /v1/models"]


async def test_the_resolver_alone_asks_once() -> None:
    """Capabilities can be asked without a source; other providers' models cost no request."""
    with StandIn({"/v1/models": ok({"data": [{"id": "a", "context_window": 8192}]})}) as host:
        resolver = ListingResolver(listing("groq", f"{host.url}/v1"))
        other = await resolver.get_capabilities(ModelSpec(provider="xai", name="a"))
        assert (other.max_context, host.paths) == (None, [])
        ours = [await resolver.get_capabilities(ModelSpec(provider="groq", name="a")) for _ in "ab"]
    assert [known.max_context for known in ours] == [8192, 8192]
    assert len(host.paths) == 1


async def test_the_source_asks_anew() -> None:
    """Each discovery is a question of its own: what is kept serves the resolver only."""
    answers = in_turn(ok({"data": rows("a")}), ok({"data": rows("a", "b")}))
    with StandIn({"/v1/models": answers}) as host:
        source = ListingSource(listing("groq", f"{host.url}/v1"))
        counts = [len(await source.discover()) for _ in range(2)]
    assert counts == [1, 2]


async def test_a_failure_is_not_asked_for_twice() -> None:
    """The resolver fails with the source's reason, without another request."""
    with StandIn({"/v1/models": error(401)}) as host:
        shared = listing("groq", f"{host.url}/v1")
        with pytest.raises(KeyRefused) as first:
            await ListingSource(shared).discover()
        with pytest.raises(KeyRefused) as second:
            await ListingResolver(shared).resolve_many([ModelSpec(provider="groq", name="a")])
    assert (second.value.reason, len(host.paths)) == (first.value.reason, 1)


async def test_what_is_lost_is_told() -> None:
    """The source names what it could not read, once per reason."""
    answer = ok({"data": [{"id": "a", "context_window": "big"}, 5, {"id": "b\u202e"}]})
    with StandIn({"/v1/models": answer}) as host:
        source = ListingSource(listing("groq", f"{host.url}/v1"))
        assert [spec.name for spec in await source.discover()] == ["a"]
    told = {(item.model, item.field, item.reason) for item in source.dropped}
    assert ("groq", "context_window: unexpected type", "1 times") in told
    assert ("groq", "the row is not a JSON object", "1 times") in told
    assert len(told) == 3


@pytest.mark.parametrize(
    ("reply", "environ", "told"),
    [
        ((500, {}, b"Internal Server Error"), {}, "no key was set; if it needs one, set LITELLM"),
        (error(401), {}, "no key was set; set LITELLM_PROXY_API_KEY"),
        (error(418), {"LITELLM_API_KEY": KEY}, None),
        (error(429, retry_after="600"), {}, None),
    ],
)
async def test_a_missing_key_is_told_where_it_may_be_the_reason(
    reply: Route, environ: dict[str, str], told: str | None
) -> None:
    """A proxy answers a request without a key with any code, among them a bare 500."""
    with StandIn({"/v1/models": reply, "/model/info": reply}) as host:
        asked = ProviderListing("litellm_proxy", {**environ, "LITELLM_PROXY_API_BASE": host.url})
        with pytest.raises(SourceFailed) as caught:
            await asked.fetch()
    assert (told or "no key was set") in caught.value.reason or told is None
    assert (told or "") in caught.value.reason
    assert ("no key was set" in caught.value.reason) == (told is not None)


async def test_the_list_of_names_has_facts_of_its_own() -> None:
    """LiteLLM: they hold where no deployment is stated; else what all deployments agree on does."""
    limits = {"mode": "chat", "max_input_tokens": 9000, "max_output_tokens": "4000"}
    names = [{"id": name, "object": "model", **limits} for name in ("alone", "group")]
    details = [{"model_name": "group", "model_info": {"mode": "chat", "max_input_tokens": size}}
               for size in (9000, 5000)]  # fmt: skip
    with StandIn({"/v1/models": ok({"data": names}), "/model/info": ok({"data": details})}) as host:
        mapped = await listing("litellm_proxy", host.url).fetch()
    facts = {row.pop("name"): row for row in map(dict, mapped.rows)}
    assert facts == {
        "alone": {"provider": "litellm_proxy", "mode": "chat", "max_input_tokens": 9000,
                  "max_output_tokens": 4000},
        "group": {"provider": "litellm_proxy", "mode": "chat"},
    }  # fmt: skip


async def test_an_empty_list_of_names_is_an_answer() -> None:
    """A key of no model: what other keys may use is not taken for its own."""
    details = {"data": [{"model_name": "theirs", "model_info": {"mode": "chat"}}]}
    routes = {"/v1/models": ok({"object": "list", "data": []}), "/model/info": ok(details)}
    with StandIn(routes) as host:
        assert (await listing("litellm_proxy", host.url).fetch()).rows == []


async def test_the_source_notes_what_answered() -> None:
    """The paths of the last answer, as JSON; none before there is one."""
    with StandIn({"/v1/models": ok(PLAIN), "/model/info": error(403)}) as host:
        source = ListingSource(listing("litellm_proxy", host.url))
        assert source.note is None
        await source.discover()
    assert source.note == '{"answered":"/v1/models","refused":"/model/info"}'


async def test_a_provider_without_a_listing_says_why() -> None:
    """A note stands where there is nothing to ask."""
    with pytest.raises(SourceFailed, match="MOONSHOT_BASE_URL"):
        await ProviderListing("moonshot_cn", {"MOONSHOT_API_KEY": "x"}).fetch()
    with pytest.raises(SourceFailed, match="has no model list"):
        await ProviderListing("vertex", {}).fetch()
