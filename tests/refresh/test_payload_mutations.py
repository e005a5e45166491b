"""Damaged payloads through the real client and into a real catalog: old or new, never between.

Every listing that is at hand is damaged in many ways: fields removed, null, of a wrong type,
huge, negative, rows doubled, the text cut or in another charset, HTML, bombs.
"""

import asyncio
import gzip
import json
import random
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

import pytest

from checkout import DATA
from command_line import run_command, seem_loaded
from custom_parts import DictResolver, ListSource, caps, spec, sql
from damaging import JUNK, damaged, faults
from misbehaving_host import Reply, StandIn
from modeldex.errors import SourceFailed
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
from modeldex.vocabulary.normalize import normalize_answer
from modeldex.vocabulary.providers import Provider, providers
from modeldex.vocabulary.values import ModelSpec
from raw_catalog import bare, broken, migrated
from reference_host import FOLDERS, REFERENCE, listed, root

SEED = 20261122
NIGHTLY = [pytest.mark.nightly, pytest.mark.timeout(14_400)]
PROMISED = [pytest.mark.promised, pytest.mark.timeout(3600)]
IN_ALL = (250, pytest.param(3_600, marks=PROMISED), pytest.param(100_000, marks=NIGHTLY))
"""How many damaged payloads are read, all together."""

ROUNDS = (4, pytest.param(10, marks=PROMISED))
"""How many refreshes meet a damaged answer of most providers at once."""

# What is damaged.


def payloads() -> dict[str, tuple[str, bytes]]:
    """The provider and the text of each listing at hand, by a name for the test."""
    return dict([*_own(), *_reference()])


def _own() -> Iterator[tuple[str, tuple[str, bytes]]]:
    for file in sorted([*DATA.glob("listings/*.json"), *DATA.glob("listings_own/*.json")]):
        yield file.stem, (_owner(file.stem), file.read_bytes())


def _owner(stem: str) -> str:
    host = {"azure": "azure_openai", "litellm": "litellm_proxy"}.get(
        stem.partition("_")[0], stem.partition("_")[0]
    )
    return stem if stem in providers() else host


def _reference() -> Iterator[tuple[str, tuple[str, bytes]]]:
    for provider in listed():
        folder = FOLDERS.get(provider.id, provider.id)
        pattern = f"{folder}*.json" if "/" in folder else f"{folder}/*.json"
        for file in sorted(REFERENCE.glob(pattern)):
            if not file.name.startswith("error"):
                name = file.relative_to(REFERENCE).with_suffix("").as_posix()
                yield name, (provider.id, file.read_bytes())


PAYLOADS = payloads()
DATASETS = {name: (DATA / "datasets" / f"{name}.json").read_bytes() for name in FEEDS}


# How.


def cut(text: bytes, chance: random.Random) -> Reply:
    """The first part, as if all had come."""
    return 200, {}, text[: chance.randrange(len(text))]


def flipped(text: bytes, chance: random.Random) -> Reply:
    """Some bytes are others."""
    content = bytearray(text)
    for _ in range(chance.randint(1, 8)):
        content[chance.randrange(len(content))] = chance.randrange(256)
    return 200, {}, bytes(content)


def recoded(text: bytes, chance: random.Random) -> Reply:
    """Another charset than JSON has."""
    return 200, {}, text.decode().encode(chance.choice(["utf-16", "utf-32", "cp037"]), "replace")


def packed(text: bytes, chance: random.Random) -> Reply:
    """Compressed, whole or cut."""
    content = gzip.compress(text, 1)
    return 200, {"content-encoding": "gzip"}, content[: chance.choice([len(content), 20])]


def not_json(_text: bytes, chance: random.Random) -> Reply:
    """HTML, nothing, a number that JSON lacks, endless nesting."""
    texts = [b"<html>", b"", b"NaN", b"[" * 9000, b'{"data": [1e999]}', b'{"data":[]}{}', b"null"]
    return 200, {}, chance.choice(texts)


def changed(text: bytes, chance: random.Random) -> Reply:
    """Still JSON, with places changed."""
    return 200, {}, json.dumps(damaged(json.loads(text), chance)).encode()


WAYS = (changed, changed, changed, changed, changed, cut, flipped, recoded, packed, not_json)


def at(provider: Provider, path: str | None = None) -> str:
    """The path of the first call of a provider's listing on the stand-in."""
    call = provider.listing
    assert call is not None
    place = root(provider)
    if call.from_root:
        place = f"/{provider.id}"
    return f"{place}{path or call.path}"


def environment(host: StandIn) -> dict[str, str]:
    """Every provider and every feed is asked on the stand-in."""
    places = {f"MODELDEX_{p.id.upper()}_BASE_URL": f"{host.url}{root(p)}" for p in listed()}
    feeds = {f"MODELDEX_{name.upper()}_URL": f"{host.url}/feeds/{name}" for name in FEEDS}
    keys = {p.keys[0]: "a-key-0123456789" for p in listed() if p.keys}
    return {**keys, **places, **feeds, "MODELDEX_IBM_IAM_URL": f"{host.url}/iam"}


TOKEN: Reply = (200, {}, b'{"access_token": "t"}')


# Reading.


async def outcome(host: StandIn, name: str, chance: random.Random) -> list[object]:
    """What is wrong with how one damaged payload is read; an honest failure is not."""
    provider, text = PAYLOADS[name]
    row = providers()[provider]
    host.routes = {at(row): chance.choice(WAYS)(text, chance), "/iam": TOKEN}
    try:
        mapped = await ProviderListing(provider, environment(host)).fetch()
    except SourceFailed as failed:
        wrong = failed.source != provider or not failed.reason.isprintable()
        return [failed] if wrong or len(failed.reason) > 400 else []
    return faults(mapped.rows, provider)


def test_there_are_enough_payloads() -> None:
    """Our own compact listings alone cover every wire format."""
    owners = {provider for provider, _ in dict(_own()).values()}
    formats = {p.listing.format for p in listed() if p.listing}
    assert {p.listing.format for p in listed() if p.listing and p.id in owners} == formats


OLLAMA = {
    f"{path.parent.name}/{path.stem}": path.read_bytes()
    for folder in (DATA / "ollama", REFERENCE / "ollama")
    for path in sorted([*folder.glob("tags*.json"), *folder.glob("show*.json")])
}


def times(in_all: int) -> range:
    """The share of one payload in so many that are read."""
    return range(-(-in_all // len([*PAYLOADS, *DATASETS, *OLLAMA])))


@pytest.mark.parametrize("in_all", IN_ALL)
async def test_a_damaged_listing_is_a_failure_or_clean_rows(in_all: int) -> None:
    """Through the real client only SourceFailed comes out, or rows that the catalog takes."""
    wrong: list[tuple[str, object]] = []
    with StandIn({}) as host:
        for name in PAYLOADS:
            chance = random.Random(f"{SEED}{name}")  # noqa: S311 - no secret
            for _ in times(in_all):
                wrong += [(name, fault) for fault in await outcome(host, name, chance)]
    assert wrong == []


@pytest.mark.parametrize("in_all", IN_ALL)
async def test_a_damaged_data_set_is_a_failure_or_clean_rows(in_all: int) -> None:
    """The same for the open feeds."""
    wrong: list[tuple[str, object]] = []
    with StandIn({}) as host:
        for name, text in DATASETS.items():
            chance = random.Random(f"{SEED}{name}")  # noqa: S311 - no secret
            for _ in times(in_all):
                host.routes = {f"/feeds/{name}": chance.choice(WAYS)(text, chance)}
                try:
                    _, mapped = await Feed(name, environment(host)).rows()
                except SourceFailed as failed:
                    wrong += [] if failed.reason.isprintable() else [(name, failed)]
                else:
                    wrong += [(name, fault) for fault in faults(mapped.rows, None)]
    assert wrong == []


@pytest.mark.parametrize("in_all", IN_ALL)
async def test_a_damaged_ollama_is_a_failure_or_clean_facts(in_all: int) -> None:
    """The same for a local Ollama, whose models are asked about one by one."""
    wrong: list[tuple[str, object]] = []
    with StandIn({}) as host:
        for name in OLLAMA:
            chance = random.Random(f"{SEED}{name}")  # noqa: S311 - no secret
            for _ in times(in_all):
                wrong += [(name, fault) for fault in await _asked(host, name, chance)]
    assert wrong == []


async def _asked(host: StandIn, name: str, chance: random.Random) -> list[object]:
    """What is wrong with how one damaged answer of an Ollama is read."""
    call = "tags" if "tags" in name else "show"
    host.routes = {f"/api/{call}": chance.choice(WAYS)(OLLAMA[name], chance)}
    try:
        if call == "tags":
            found = await OllamaSource(host.url).discover()
            return faults([spec.model_dump(exclude_none=True) for spec in found], None)
        model = ModelSpec(provider="ollama", name="m")
        [said] = await OllamaCapabilityResolver(host.url).resolve_many([model])
        return [*normalize_answer("m", said).dropped]
    except SourceFailed as failed:
        return [] if failed.reason.isprintable() else [failed]


# Writing.


class State(NamedTuple):
    """What a catalog holds of each part: who is seen, what is said."""

    seen: Mapping[str, frozenset[tuple[Any, ...]]]
    said: Mapping[str, frozenset[tuple[Any, ...]]]


def _grouped(rows: list[tuple[Any, ...]]) -> dict[str, frozenset[tuple[Any, ...]]]:
    found: dict[str, set[tuple[Any, ...]]] = {}
    for name, *rest in rows:
        found.setdefault(name, set()).add(tuple(rest))
    return {name: frozenset(group) for name, group in found.items()}


def state(connection: Any) -> State:
    """The contents by source and by resolver."""
    seen = connection.execute(
        "SELECT s.source, m.provider, m.name FROM sightings s JOIN models m ON m.id = s.model_id "
        "WHERE s.missing_since IS NULL"
    ).fetchall()
    said = connection.execute(
        f"SELECT c.resolver, m.provider, m.name, {', '.join('c.' + n for n in NAMES)} "
        "FROM capabilities c JOIN models m ON m.id = c.model_id"
    ).fetchall()
    return State(_grouped(seen), _grouped(said))


def parts(environ: Mapping[str, str]) -> tuple[list[ModelSource], list[CapabilityResolver]]:
    """A source and a resolver for every listing and every feed."""
    listings = [ProviderListing(p.id, environ) for p in listed() if p.id != "github"]
    feeds = [Feed(name, environ) for name in FEEDS]
    sources: list[ModelSource] = [*map(ListingSource, listings), *map(FeedSource, feeds)]
    resolvers: list[CapabilityResolver] = [
        *map(FeedResolver, feeds),
        *map(ListingResolver, listings),
    ]
    return sources, resolvers


def whole() -> dict[str, Reply]:
    """Every answer undamaged: the first payload of each provider or wire format, the data sets."""
    routes: dict[str, Reply] = {"/iam": TOKEN}
    by_owner = dict(reversed(PAYLOADS.values()))
    by_form = {wire(providers()[owner]): text for owner, text in reversed(by_owner.items())}
    for provider in listed():
        text = by_owner.get(provider.id, by_form[wire(provider)])
        routes[at(provider)] = 200, {}, last_page(text)
    return routes | {f"/feeds/{name}": (200, {}, text) for name, text in DATASETS.items()}


def wire(provider: Provider) -> str:
    """The wire format of a listing."""
    assert provider.listing is not None
    return provider.listing.format


def last_page(text: bytes) -> bytes:
    """A payload that does not point to another page."""
    payload = json.loads(text)
    if isinstance(payload, dict):
        payload = {key: value for key, value in payload.items() if key not in _LINKS}
    return json.dumps(payload).encode()


_LINKS = ("has_more", "links", "next", "nextLink", "nextPageToken", "nextToken", "next_page_token")


def spoiled(routes: Mapping[str, Reply], chance: random.Random) -> dict[str, Reply]:
    """The same routes with most of their answers damaged."""
    return {
        path: chance.choice(WAYS)(text, chance)
        if path != "/iam" and isinstance(text, bytes) and chance.random() < 0.8
        else (status, headers, text)
        for path, (status, headers, text) in routes.items()
    }


def half_written(before: State, after: State, report: RefreshReport) -> list[str]:
    """The parts whose step failed, and whose rows are others than before."""
    failed = {(step.kind, step.name) for step in report.failed}
    return [
        name
        for kind, name in failed
        if (old := before.seen if kind == "source" else before.said).get(name)
        != (after.seen if old is before.seen else after.said).get(name)
    ]


class Battered(NamedTuple):
    """A catalog that met damaged answers, and what was wrong with it after each refresh."""

    place: Place
    half_written: list[str]
    rules_broken: list[str]
    reports: list[RefreshReport]


async def _battered(place: Place, rounds: int) -> Battered:
    chance = random.Random(SEED)  # noqa: S311 - no secret
    half: list[str] = []
    rules: list[str] = []
    with StandIn(whole()) as host, bare(migrated(place)) as connection:
        environ = environment(host)
        reports = [await refresh(place, *parts(environ))]
        for _ in range(rounds):
            host.routes = spoiled(whole(), chance)
            before = state(connection)
            reports.append(await refresh(place, *parts(environ)))
            half += half_written(before, state(connection), reports[-1])
            rules += broken(connection)
        seem_loaded(connection)
    return Battered(place, half, rules, reports)


@pytest.fixture(scope="module", params=ROUNDS)
def battered(new_place: Callable[[], Place], request: pytest.FixtureRequest) -> Battered:
    """Several refreshes in which most answers are damaged."""
    return asyncio.run(_battered(new_place(), request.param))


def test_undamaged_answers_all_land(battered: Battered) -> None:
    """The first refresh, before any damage, takes every listing and every feed."""
    assert battered.reports[0].failed == ()
    assert len(battered.reports[0].steps) == 2 * (len(listed()) - 1 + len(FEEDS))


def test_damage_is_met(battered: Battered) -> None:
    """Each kind of outcome occurs: damage that fails, and damage that leaves a listing."""
    met = Counter(step.status for report in battered.reports[1:] for step in report.steps)
    rounds = len(battered.reports) - 1
    assert met["failed"] > rounds * 10
    assert met["ok"] > rounds * 10


def test_a_failed_step_leaves_every_row(battered: Battered) -> None:
    """What a failing source or resolver had said is there to the last row and value."""
    assert battered.half_written == []


def test_no_rule_of_the_catalog_is_broken(battered: Battered) -> None:
    """After each refresh references, the copy, the history and the file itself are sound."""
    assert battered.rules_broken == []


def test_every_reason_can_be_read(battered: Battered) -> None:
    """Each failure of the last refresh stands in the record and in `modeldex status`."""
    last = {(step.kind, step.name, step.error) for step in battered.reports[-1].failed}
    run = run_command(battered.place, "status", "--json").json["runs"]
    newest = next(entry for entry in run if entry["kind"] == "refresh")
    assert {(e["kind"], e["name"], e["error"]) for e in newest["errors"]} == last
    assert [reason for _, _, reason in last if not reason or not reason.isprintable()] == []


# What people's own sources and resolvers say of themselves.

ATTRIBUTES = ("version", "precedence", "observed_at", "kind", "name")


async def test_no_attribute_of_a_part_breaks_a_refresh(blank_catalog: Place) -> None:
    """Whatever stands where a version, a time or a place is expected, the other parts are heard."""
    heard: dict[str, list[str]] = {}
    for n, junk in enumerate((*JUNK, "a\x00b", 2**70, -(2**70))):
        odd = dict.fromkeys(ATTRIBUTES, junk)
        parts: Any = (
            [ListSource([spec(f"m{n}")], "good"), ListSource([spec("odd")], **odd)],
            [DictResolver({f"m{n}": caps(max_context=n + 1)}, "sure"), DictResolver(**odd)],
        )
        report = await refresh(blank_catalog, *parts)
        heard[repr(junk)[:20]] = [s.status for s in report.steps if s.name in ("good", "sure")]
    assert {told: words for told, words in heard.items() if words != ["ok", "ok"]} == {}
    assert sql(blank_catalog, "SELECT count(*) FROM capabilities WHERE resolver = 'sure'") == [
        (len(heard),)
    ]
    with bare(blank_catalog) as connection:
        assert broken(connection) == []
