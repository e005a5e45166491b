"""Twenty ways to fail, by every source that fetches at once: nothing that was known is lost.

Each kind of failure is one refresh in which all listings, feeds and Ollama fail in that way,
beside one source that has news.
"""

import asyncio
import gzip
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from typing import Any, NamedTuple

import pytest

from command_line import run_command, small_catalog
from custom_parts import ListSource, spec, sql
from fork_process import HANG
from misbehaving_host import Reply, Seen, StandIn, drip, error, hang, html, ok, reset
from modeldex.refresh.run import RefreshReport, refresh
from modeldex.resolvers import CapabilityResolver
from modeldex.resolvers.feed import FeedResolver
from modeldex.resolvers.listing import ListingResolver
from modeldex.resolvers.ollama import OllamaCapabilityResolver
from modeldex.sources import ModelSource
from modeldex.sources.feed import FeedSource
from modeldex.sources.listing import ListingSource
from modeldex.sources.ollama import OllamaSource
from modeldex.storage.location import Place
from modeldex.upstream.datasets import FEEDS, Feed
from modeldex.upstream.provider_api import ProviderListing
from modeldex.vocabulary.fields import NAMES
from raw_catalog import bare, broken
from reference_host import listed, root

HOSTS = 5
"""One host is asked at most eight questions at once: so many let everybody fail in his way."""

KNOWN = [
    "gpt-3.5-turbo", "gpt-4", "gpt-4-turbo", "gpt-4.1", "gpt-4.1-mini", "gpt-4o", "gpt-4o-mini",
    "o1", "o3", "o3-mini",
]  # fmt: skip
"""Names that the shipped data knows: the price book speaks of no others."""

WORDS = {*KNOWN, "openai"}


# What they answer.


def row(name: str) -> dict[str, Any]:
    """A model in the words of every wire format at once."""
    return {
        **dict.fromkeys(("id", "name", "model_id", "modelId", "key", "model_name", "model"), name),
        **dict.fromkeys(("context_length", "context_window", "max_model_len"), 4096),
        **dict.fromkeys(("inputTokenLimit", "max_input_tokens", "max_context_length"), 4096),
        "pricing": {"prompt": "0.000001", "completion": "0.000002", "input": 1.0, "output": 2.0},
        "model_limits": {"max_sequence_length": 4096},
        "model_info": {"max_input_tokens": 4096},
        "metadata": {"context_length": 4096},
        "deprecation": {"inference": 4096000000},
        "inputModalities": ["TEXT", "IMAGE"],
        "outputModalities": ["TEXT"],
        "architecture": {"input_modalities": ["text", "image"]},
        "loaded_instances": [{"config": {"context_length": 4096}}],
        "meta": {"n_ctx": 4096},
        "type": "chat",
    }


def listing(names: Sequence[str]) -> dict[str, Any]:
    """A list of models under every name that such a list has."""
    rows = [*map(row, names)]
    return {"data": rows, "models": rows, "resources": rows, "modelSummaries": rows}


def models_dev(names: Sequence[str]) -> dict[str, Any]:
    """The feed of that name."""
    facts = {"limit": {"context": 4096, "output": 512}, "cost": {"input": 1.0, "output": 2.0}}
    models = {name: {"id": name, "name": name, **facts} for name in names}
    return {"openai": {"id": "openai", "name": "openai", "models": models}}


def litellm(names: Sequence[str]) -> dict[str, Any]:
    """The feed of that name."""
    facts = {"litellm_provider": "openai", "max_input_tokens": 4096, "input_cost_per_token": 1e-6}
    return {name: {**facts, "output_cost_per_token": 2e-6, "mode": "chat"} for name in names}


def genai_prices(names: Sequence[str]) -> list[Any]:
    """The feed of that name."""
    prices = {"input_mtok": 1.0, "output_mtok": 2.0}
    rows = [
        {"id": n, "match": {"equals": n}, "prices": prices, "context_window": 4096} for n in names
    ]
    return [{"id": "openai", "name": "OpenAI", "models": rows}]


def show(_names: Sequence[str]) -> dict[str, Any]:
    """What Ollama says of one model."""
    info = {"general.architecture": "llama", "llama.context_length": 4096}
    return {"capabilities": ["completion", "tools"], "model_info": info}


def alone(names: Sequence[str]) -> dict[str, Any]:
    """A server that runs one model; where fewer are asked for it runs none."""
    return {"model_id": names[0], "max_total_tokens": 4096} if len(names) > 1 else {}


PAYLOADS: dict[str, Callable[[Sequence[str]], Any]] = {
    "/feeds/models_dev": models_dev,
    "/feeds/litellm": litellm,
    "/feeds/genai_prices": genai_prices,
    "/ollama/api/ps": lambda _: {"models": []},  # nothing is loaded, which is no loss
    "/ollama/api/show": show,
    "/together/": lambda names: [*map(row, names)],
    "/github/": lambda names: [*map(row, names)],
    "/tgi/": alone,
}
"""What is not a listing, by the beginning of its path."""


def payload(path: str, names: Sequence[str] = KNOWN) -> Any:
    """The undamaged answer to a question about these models."""
    made = next((make for start, make in PAYLOADS.items() if path.startswith(start)), listing)
    return made(names)


# How they fail.


def text(path: str) -> bytes:
    """The undamaged answer as it is sent."""
    return json.dumps(payload(path)).encode()


def mistyped(value: Any) -> Any:
    """The same structure with numbers for words and words for numbers."""
    if isinstance(value, dict):
        return {key: mistyped(item) for key, item in value.items()}
    if isinstance(value, list):
        return [mistyped(item) for item in value]
    if isinstance(value, str):
        return value if value in WORDS else 7
    return "many"


def doubled(value: Any) -> str:
    """JSON in which each key of an object stands twice; the second is the right one."""
    if isinstance(value, dict):
        twice = ((json.dumps(key), doubled(item)) for key, item in value.items())
        return f"{{{','.join(f'{key}:null,{key}:{item}' for key, item in twice)}}}"
    if isinstance(value, list):
        return f"[{','.join(map(doubled, value))}]"
    return json.dumps(value)


BOMB: Reply = (200, {"content-encoding": "gzip"}, gzip.compress(b" " * 40_000_000))
SHORT = {"content-length": "999999", "connection": "close"}

KINDS: dict[str, Callable[[Seen], Reply]] = {
    "timeout": lambda _: hang(),
    "DNS": lambda _: ok({}),  # nobody is asked
    "401": lambda _: error(401, {"error": "no"}),
    "403": lambda _: error(403, {"error": {"message": "forbidden"}}),
    "404": lambda _: error(404),
    "429": lambda _: error(429, {"error": "slow down"}, retry_after="3600"),
    "500": lambda _: error(500, {"error": {"message": "oops"}}),
    "reset": lambda seen: reset(text(seen.path)[:30]),
    "truncated": lambda seen: (200, SHORT, text(seen.path)[:-30]),
    "empty": lambda _: (200, {}, b""),
    "smaller": lambda seen: ok(payload(seen.path, KNOWN[:1])),
    "HTML": lambda _: html(),
    "schema": lambda _: ok({"version": 2, "result": {"entries": [{"slug": "m", "ctx": 4096}]}}),
    "loop": lambda seen: error(302, location=seen.path),
    "bomb": lambda _: BOMB,
    "drip": lambda _: drip(),
    "NaN": lambda seen: (200, {}, text(seen.path).replace(b"4096", b"NaN")),
    "types": lambda seen: ok(mistyped(payload(seen.path))),
    "doubled": lambda seen: (200, {}, doubled(payload(seen.path)).encode()),
    "304": lambda _: (304, {}, b""),
}

PROBLEMS = {
    "timeout": {"timeout"}, "DNS": {"unreachable", "timeout"}, "401": {"key"}, "403": {"key"},
    "404": {"refused"}, "429": {"refused"}, "500": {"refused"}, "reset": {"unreachable", "answer"},
    "truncated": {"answer"}, "empty": {"answer"}, "smaller": {"shrunk", "answer"},
    "HTML": {"answer"},
    "schema": {"answer"}, "loop": {"refused"}, "bomb": {"answer"}, "drip": {"timeout"},
    "NaN": {"answer"}, "304": {"refused"},
}  # fmt: skip
"""The words that may be recorded of a kind. Of the others something may be taken."""

PARTLY = {None, "answer", "shrunk"}

DAILY = ("timeout", "401", "truncated", "smaller", "HTML", "types", "doubled", "304")
"""The kinds that a server meets in every run."""

DEADLINES = {"timeout": 0.5, "drip": 0.5}


class Host(StandIn):
    """Answers for everybody, in one way at a time."""

    def __init__(self, kind: str | None) -> None:
        super().__init__({})
        self.kind = kind

    def answer(self, seen: Seen) -> Reply:
        """The token service always works."""
        self.requests.append(seen)
        if seen.path == "/iam":
            return ok({"access_token": "t"})
        return KINDS[self.kind](seen) if self.kind else ok(payload(seen.path))


# Who asks.


@pytest.fixture(scope="module")
def hosts() -> Iterator[list[Host]]:
    """Some hosts on loopback, at the same addresses in every run, as listings are of an address."""
    with ExitStack() as stack:
        yield [stack.enter_context(Host(None)) for _ in range(HOSTS)]


def environment(kind: str | None, hosts: Sequence[Host]) -> dict[str, str]:
    """Variables that send every question to the hosts, which answer in this way from now on."""
    for host in hosts:
        host.kind = kind
    places = {
        **{f"MODELDEX_{p.id.upper()}_BASE_URL": root(p) for p in listed()},
        **{f"MODELDEX_{name.upper()}_URL": f"/feeds/{name}" for name in FEEDS},
        "OLLAMA_BASE_URL": "/ollama",
    }
    urls = ["http://-nowhere.invalid" if kind == "DNS" else host.url for host in hosts]
    return {
        **{p.keys[0]: "a-key-0123456789" for p in listed() if p.keys},
        **{name: urls[at % HOSTS] + path for at, (name, path) in enumerate(places.items())},
        "MODELDEX_IBM_IAM_URL": f"{hosts[0].url}/iam",
    }


class Fetching(NamedTuple):
    """Every source that fetches, and the resolvers that go with them."""

    sources: list[ModelSource]
    resolvers: list[CapabilityResolver]


def fetching(environ: Mapping[str, str]) -> Fetching:
    """New ones, who remember nothing."""
    listings = [ProviderListing(provider.id, environ) for provider in listed()]
    feeds = [Feed(name, environ) for name in FEEDS]
    return Fetching(
        [*map(ListingSource, listings), *map(FeedSource, feeds), OllamaSource(environ=environ)],
        [
            *map(FeedResolver, feeds),
            *map(ListingResolver, listings),
            OllamaCapabilityResolver(environ=environ),
        ],
    )


ALL = [*(provider.id for provider in listed()), *FEEDS, "ollama"]
HEALTHY = "healthy"
NOTHING = (None,) * len(NAMES)


async def refreshed(
    path: Place, kind: str | None, beside: ListSource, hosts: Sequence[Host]
) -> RefreshReport:
    """One refresh in which everybody fails in this way, but for the one beside."""
    parts = fetching(environment(kind, hosts))
    return await refresh(
        path,
        [*parts.sources, beside],
        parts.resolvers,
        deadline=DEADLINES.get(kind or "", HANG),
    )


@pytest.fixture(scope="module")
def landed(new_place: Callable[[], Place], hosts: list[Host]) -> Place:
    """A catalog in which everything has landed once."""
    place: Place = small_catalog(new_place(), {})
    report = asyncio.run(refreshed(place, None, ListSource([spec("old")], HEALTHY), hosts))
    assert [step for step in report.steps if step.status != "ok"] == []
    return place


# What is left.


class Left(NamedTuple):
    """What a catalog holds of everybody but the healthy one; values by model and resolver."""

    models: list[tuple[Any, ...]]
    sightings: list[tuple[Any, ...]]
    opinions: dict[tuple[str, str, str], tuple[Any, ...]]
    history: int

    def same_but_for_times(self) -> object:
        """What must be left even by an answer that was taken: nobody is gone or missing."""
        return [row[:3] for row in self.models], [row[:3] for row in self.sightings]


def left(connection: Any) -> Left:
    """All of it."""
    run = connection.execute
    said = run(
        f"SELECT c.resolver, m.provider, m.name, {', '.join('c.' + n for n in NAMES)}, "
        "c.observed_at, c.changed_at FROM capabilities c JOIN models m ON m.id = c.model_id"
    ).fetchall()
    [(history,)] = run("SELECT count(*) FROM capability_history").fetchall()
    return Left(
        run(
            "SELECT provider, name, retired_at, family, display_name, first_seen, last_seen "
            "FROM models WHERE provider <> 'acme' ORDER BY 1, 2"
        ).fetchall(),
        run(
            "SELECT source, model_id, missing_since, missed, first_seen, last_seen "
            "FROM sightings WHERE source <> ? ORDER BY 1, 2",
            (HEALTHY,),
        ).fetchall(),
        {(resolver, provider, name): tuple(rest) for resolver, provider, name, *rest in said},
        history,
    )


def invented(before: Left, after: Left) -> list[object]:
    """Opinions, and values of opinions, that were not there before.

    Of the price basis there may be another: some hosts are known to be free unless they say.
    """
    return [
        (key, name, was, now)
        for key, values in after.opinions.items()
        for name, was, now in zip(NAMES, before.opinions.get(key, NOTHING), values, strict=False)
        if now not in (was, None) and name != "price_basis"
    ]


def test_everybody_who_fetches_is_there(landed: Place) -> None:
    """Each listing, each feed and Ollama see models; each but the bare lists states something."""
    seen = dict(sql(landed, "SELECT source, count(*) FROM sightings GROUP BY source"))
    said = {name for (name,) in sql(landed, "SELECT DISTINCT resolver FROM capabilities")}
    assert {name: seen[name] for name in ALL if seen[name] != len(KNOWN)} == {"tgi": 1}
    speaking = {name.removesuffix("_api") for name in said}
    assert set(ALL) - speaking == set()
    assert len(ALL) == len(listed()) + len(FEEDS) + 1


@pytest.mark.parametrize(
    "kind",
    [pytest.param(k, marks=() if k in DAILY else pytest.mark.promised_on_server) for k in KINDS],
)
def test_a_failure_loses_nothing(
    kind: str, landed: Place, twin: Callable[[Place], Place], hosts: list[Host]
) -> None:
    """Every row stays as it was, every failure is on record, and the news beside it lands."""
    place = twin(landed)
    with bare(place) as connection:
        before = left(connection)
        news = ListSource([spec("old"), spec("new")], HEALTHY)
        report = asyncio.run(refreshed(place, kind, news, hosts))
        after = left(connection)
        heard = connection.execute("SELECT name FROM models WHERE provider = 'acme'").fetchall()
        rules = broken(connection)
    told = run_command(place, "status", "--json").json["sources"]
    found = {name: told[name].get("problem") for name in ALL}
    expected = PROBLEMS.get(kind, PARTLY)
    unreadable = [step for step in report.failed if not step.error or not step.error.isprintable()]
    assert sorted(heard) == [("new",), ("old",)]
    assert rules == []
    assert {name: word for name, word in found.items() if word not in expected} == {}
    assert unreadable == []
    if kind in PROBLEMS:
        assert after == before
    else:
        assert after.same_but_for_times() == before.same_but_for_times()
        assert invented(before, after) == []
