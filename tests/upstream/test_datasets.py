"""Open data sets as they are today: conditional, newer than what is shipped, never in the way."""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from checkout import DATA
from misbehaving_host import Reply, Route, Seen, StandIn, error, html, in_turn, ok
from modeldex import ModelRegistry, __version__
from modeldex.errors import SourceFailed
from modeldex.refresh import staleness
from modeldex.refresh.defaults import default_parts
from modeldex.refresh.part import part_name
from modeldex.refresh.run import RefreshReport, refresh
from modeldex.resolvers import CapabilityResolver
from modeldex.resolvers.feed import FeedResolver
from modeldex.resolvers.snapshot import SnapshotResolver
from modeldex.sources import ModelSource
from modeldex.sources.feed import FeedSource
from modeldex.sources.snapshot import SnapshotSource
from modeldex.upstream import editions, snapshots
from modeldex.upstream.datasets import FEEDS, Feed
from modeldex.upstream.outside import feeds_are_on
from modeldex.vocabulary.values import ModelSpec
from raw_catalog import bare

OWN = DATA / "datasets"
PRICE = "input_cost_per_1m"
TODAY = datetime.now(UTC).date()
SPEC = ModelSpec(provider="acme", name="m1")


@pytest.fixture
def catalog_path(blank_catalog: Path) -> Path:
    """An empty catalog."""
    return blank_catalog


def feed(url: str, name: str = "litellm") -> Feed:
    """A feed that is asked at `url`."""
    return Feed(name, {f"MODELDEX_{name.upper()}_URL": url})


def entry(price: float = 1e-06) -> dict[str, object]:
    """One model of LiteLLM's map."""
    return {"litellm_provider": "acme", "mode": "chat", "input_cost_per_token": price}


def prices(*names: str, price: float = 1e-06) -> dict[str, object]:
    """A price map of some models."""
    return {name: entry(price) for name in names}


def tagged(payload: object, etag: str = '"1"') -> Route:
    """Answers with an ETag, and with 304 to who has it."""
    status, headers, content = ok(payload)

    def reply(seen: Seen) -> Reply:
        if seen.headers.get("if-none-match") == etag:
            return 304, {"etag": etag}, b""
        return status, {**headers, "etag": etag}, content

    return reply


# Editions.

FETCHED = f'2026-11-22 sha:0123456789ab etag:W/"6 7" p{__version__}'


EDITIONS: list[tuple[str | None, tuple[object, ...] | None]] = [
    (FETCHED, ("2026-11-22", "0123456789ab", 'etag:W/"6 7"', __version__, None)),
    ("2026-11-22 sha:ab p1", ("2026-11-22", "ab", None, "1", None)),
    (
        "2026-11-22 sha:ab date:Sat, 21 Nov 2026 08:00:00 GMT p1",
        ("2026-11-22", "ab", "date:Sat, 21 Nov 2026 08:00:00 GMT", "1", None),
    ),
    ("2026-11-22 sha:ab v1.109.1", ("2026-11-22", "ab", None, None, "1.109.1")),
    ("2026-11-22 sha:ab v1.109.1 p0.2.0", ("2026-11-22", "ab", None, "0.2.0", "1.109.1")),
    ("1.109.1+0123", None),
    ("", None),
    (None, None),
]


def test_an_edition_is_text_that_can_be_read_back() -> None:
    """Day, digest, validator and reader come back out of the stored text."""
    for token, edition in EDITIONS:
        assert editions.parse(token) == edition, (token, edition)


def test_what_is_written_is_read() -> None:
    """The two kinds of edition survive the way through text."""
    ours = editions.fetched("2026-11-22", "0123456789abcdef", 'etag:"1"', "0.1.0")
    theirs = editions.shipped("2026-11-22", "0123456789abcdef", "1.2.3", "0.2.0")
    assert ours == '2026-11-22 sha:0123456789ab etag:"1" p0.1.0'
    assert editions.parse(ours) == ("2026-11-22", "0123456789ab", 'etag:"1"', "0.1.0", None)
    assert theirs == "2026-11-22 sha:0123456789ab v1.2.3 p0.2.0"
    assert editions.parse(theirs) == ("2026-11-22", "0123456789ab", None, "0.2.0", "1.2.3")


@pytest.mark.parametrize("validator", ["etag:\u00fc", "etag:\x1b[31m", "etag:" + "x" * 500, None])
def test_a_validator_that_cannot_be_sent_is_left_out(validator: str | None) -> None:
    """It would break the next question."""
    assert editions.fetched("2026-11-22", "ab", validator, "1") == "2026-11-22 sha:ab p1"


DAYS: list[tuple[str, str | None, bool, bool]] = [
    ("2026-11-22 sha:aa v1", None, True, False),
    ("2026-11-22 sha:aa v1", "old text", True, False),
    ("2026-11-22 sha:aa v1", "2026-11-21 sha:bb p1", True, False),
    ("2026-11-22 sha:aa v1", "2026-11-22 sha:bb p1", False, False),
    ("2026-11-22 sha:aa v1", "2026-11-23 sha:bb p1", False, True),
    ("2026-11-22 sha:aa v1 p0.10.0", "2026-11-22 sha:bb v1 p0.9.0", True, False),
    ("2026-11-22 sha:aa v1 p0.10.0", "2026-11-22 sha:bb v1", True, False),
    ("2026-11-22 sha:aa v1 p0.10.0", "2026-11-22 sha:aa v1", False, False),
    ("2026-11-22 sha:aa v1 p0.9.0", "2026-11-22 sha:bb v1 p0.10.0", False, True),
    ("2026-11-22 sha:aa v1 p0.10.0", "2026-11-22 sha:bb p0.9.0", False, False),
]


def test_the_day_decides() -> None:
    """Of two editions that of the later day counts; of the same day what is there stays.

    Unless both were shipped, and a later modeldex reads more out of the same data.
    """
    for token, stored, newer, older in DAYS:
        assert editions.is_newer(token, stored) is newer, (token, stored, newer, older)
        assert editions.is_older(token, stored) is older, (token, stored, newer, older)


def test_shipped_data_yields_to_newer() -> None:
    """An upgrade of the package loads what is newer and never overwrites what was fetched."""
    shipped = date.fromisoformat(snapshots.header("litellm")["as_of"])
    for part in (SnapshotSource("litellm"), SnapshotResolver("litellm")):
        for days, expected in ((1, True), (0, False), (-1, False)):
            token = f"{shipped - timedelta(days)} sha:ab p1"
            assert part.supersedes(token) is expected, (part, token)


def test_a_command_does_not_reload_what_a_refresh_renewed() -> None:
    """Fetched data of a later day is not stale beside what is shipped; an older one is."""
    parts = [p for p in staleness.shipped_parts() if p.name == "litellm"]
    keys = [(p.kind, p.name) for p in parts]
    assert staleness.stale_parts(dict.fromkeys(keys, "2999-01-01 sha:ab p1"), parts) == []
    assert staleness.stale_parts(dict.fromkeys(keys, "2001-01-01 sha:ab p1"), parts) == parts
    assert staleness.stale_parts(dict.fromkeys(keys, snapshots.version("litellm")), parts) == []


# Asking.


@pytest.mark.parametrize("name", FEEDS)
async def test_a_feed_is_read_as_the_snapshot_builder_reads(name: str) -> None:
    """The JSON of the wire gives the very rows that exact numbers give, whole and in order."""
    payload = (OWN / f"{name}.json").read_text("utf-8")
    with StandIn({"/x": (200, {}, payload.encode())}) as host:
        version, mapped = await feed(f"{host.url}/x", name).rows()
    read = FEEDS[name].map_payload(json.loads(payload, parse_float=Decimal), TODAY)
    assert (mapped.rows, mapped.dropped) == (read[0].rows, read[0].dropped)
    assert version.startswith(f"{read[1]} sha:{editions.digest(read[0].rows)[:12]}")
    assert len(mapped.rows) > 5


@pytest.mark.parametrize("name", snapshots.NAMES)
def test_equal_rows_have_the_digest_of_the_snapshot(name: str) -> None:
    """What is shipped and what is fetched are told apart by their rows, not by their origin."""
    digest = editions.digest(snapshots.load(name).rows)
    assert digest == snapshots.header(name)["rows_sha256"]


def test_every_snapshot_has_its_feed() -> None:
    """The names are those of the snapshots but one, and each has a public address of its own."""
    assert ("pi_ai", *FEEDS) == snapshots.NAMES
    assert len({Feed(name, {}).url for name in FEEDS}) == 3
    assert all(Feed(name, {}).url.startswith("https://") for name in FEEDS)
    with pytest.raises(ValueError, match="no feed 'other'; expected one of models_dev"):
        Feed("other")


async def test_what_has_not_changed_is_not_sent_again() -> None:
    """The validator of the stored edition is sent, and 304 leaves that edition in force."""
    with StandIn({"/x": tagged(prices("m1"))}) as host:
        first = await feed(f"{host.url}/x").fetch(None)
        again = await feed(f"{host.url}/x").fetch(first)
    assert (
        again
        == first
        == (
            f'{TODAY} sha:{editions.parse(first).digest} etag:"1" p{__version__}'  # type: ignore[union-attr]
        )
    )
    assert [seen.headers.get("if-none-match") for seen in host.requests] == [None, '"1"']


async def test_another_modeldex_reads_again() -> None:
    """Rows that another version read are read anew, whatever the server says of the data."""
    with StandIn({"/x": tagged(prices("m1"))}) as host:
        version = await feed(f"{host.url}/x").fetch(f'{TODAY} sha:ab etag:"1" p0.0.1')
    assert "if-none-match" not in host.requests[0].headers
    assert version.endswith(f"p{__version__}")


@pytest.mark.parametrize(("days", "sent"), [(0, '"1"'), (1, None)])
async def test_prices_by_the_day_are_read_every_day(days: int, sent: str | None) -> None:
    """The same data of genai-prices says something else on another day."""
    payload = json.loads((OWN / "genai_prices.json").read_text("utf-8"))
    token = f'{TODAY - timedelta(days)} sha:ab etag:"1" p{__version__}'
    with StandIn({"/x": tagged(payload)}) as host:
        await feed(f"{host.url}/x", "genai_prices").fetch(token)
    assert host.requests[0].headers.get("if-none-match") == sent


async def test_the_day_is_that_of_the_data_where_it_says_one() -> None:
    """models.dev dates its models; the newest of them dates the feed."""
    payload = json.loads((OWN / "models_dev.json").read_text("utf-8"))
    with StandIn({"/x": ok(payload)}) as host:
        version = await feed(f"{host.url}/x", "models_dev").fetch(None)
    assert version[:10] == "2026-02-03"


BAD: dict[str, tuple[Route, str]] = {
    "500": (error(500), "HTTP 500"),
    "HTML": (html(), "HTML instead of JSON"),
    "an empty map": (ok({}), "no valid model"),
    "a list": (ok([]), "expected an object"),
    "nothing but junk": (ok({"a": 1, "b": None}), "no valid model"),
    "304 to nobody": ((304, {}, b""), "HTTP 304"),
}


@pytest.mark.parametrize("kind", BAD)
async def test_a_bad_feed_is_a_failure_with_its_reason(kind: str) -> None:
    """No rows are never an answer: they would take everything back."""
    reply, reason = BAD[kind]
    with StandIn({"/x": reply}) as host:
        asked = feed(f"{host.url}/x")
        with pytest.raises(SourceFailed, match=reason) as caught:
            await asked.fetch(None)
        before = len(host.requests)
        with pytest.raises(SourceFailed) as again:
            await asked.cached_or_fetch(None)
    assert (again.value.reason, len(host.requests)) == (caught.value.reason, before)


@pytest.mark.parametrize("name", FEEDS)
async def test_null_is_a_failure_and_not_unchanged(name: str) -> None:
    """A body of null says nothing of the stored edition; only a 304 does."""
    with StandIn({"/x": ok(None)}) as host, pytest.raises(SourceFailed, match="expected an"):
        await feed(f"{host.url}/x", name).fetch(FETCHED)


async def test_source_and_resolver_share_one_answer() -> None:
    """One request tells which models exist and what is known of them."""
    with StandIn({"/x": ok(prices("m1", "m2"))}) as host:
        shared = feed(f"{host.url}/x")
        source, resolver = FeedSource(shared), FeedResolver(shared)
        await source.revalidate(None)
        specs = await source.discover()
        await resolver.revalidate(None)
        said = await resolver.resolve_many([*specs, ModelSpec(provider="acme", name="other")])
    assert [spec.id for spec in specs] == ["acme/m1", "acme/m2"]
    assert [facts and facts["input_cost_per_1m"] for facts in said] == [1.0, 1.0, None]
    assert (len(host.requests), source.version, resolver.version) == (
        1, resolver.version, source.version,
    )  # fmt: skip
    assert resolver.observed_at == str(TODAY)


async def test_a_resolver_with_another_edition_asks_for_itself() -> None:
    """That the source's data is current says nothing about older opinions."""
    with StandIn({"/x": tagged(prices("m1"))}) as host:
        shared = feed(f"{host.url}/x")
        current = await feed(f"{host.url}/x").fetch(None)
        assert await shared.fetch(current) == current
        assert await shared.cached_or_fetch(current) == current
        assert len(host.requests) == 2
        assert await shared.cached_or_fetch(f"2026-01-01 sha:ab p{__version__}") == current
    assert len(host.requests) == 3


async def test_a_new_model_is_looked_up_in_data_that_has_not_changed() -> None:
    """After a 304 the whole is fetched where somebody asks about its rows."""
    with StandIn({"/x": tagged(prices("m1"))}) as host:
        current = await feed(f"{host.url}/x").fetch(None)
        resolver = FeedResolver(feed(f"{host.url}/x"))
        await resolver.revalidate(current)
        known = await resolver.get_capabilities(SPEC)
    assert (known.input_cost_per_1m, len(host.requests)) == (1.0, 3)


def test_source_and_resolver_keep_the_protocols() -> None:
    """Both are what a registry takes, under the name of the snapshot, and open sockets."""
    source, resolver = FeedSource("litellm"), FeedResolver("litellm")
    assert isinstance(source, ModelSource)
    assert isinstance(resolver, CapabilityResolver)
    assert (source.name, source.kind, source.network) == ("litellm", "reference", True)
    assert (resolver.name, resolver.network, resolver.observed_at) == ("litellm", True, None)


@pytest.mark.parametrize(
    ("environ", "on"),
    [({}, True), ({"MODELDEX_FEEDS": "1"}, True), ({"MODELDEX_FEEDS": " "}, True),
     ({"MODELDEX_FEEDS": "0"}, False), ({"MODELDEX_FEEDS": "Off"}, False)],
)  # fmt: skip
def test_feeds_can_be_switched_off(environ: dict[str, str], on: bool) -> None:
    """A site without internet asks none; elsewhere each snapshot has its feed beside it."""
    parts = default_parts(environ)
    feeds = [part_name(part) for part in parts.sources if isinstance(part, FeedSource)]
    assert feeds_are_on(environ) is on
    assert feeds == (list(FEEDS) if on else [])
    assert [part_name(p) for p in parts.resolvers if isinstance(p, FeedResolver)] == feeds


# In a catalog.


def ask(path: Path, sql: str) -> list[tuple[Any, ...]]:
    """All rows of a SELECT."""
    with bare(path) as connection:
        return list(connection.execute(sql).fetchall())


async def run(path: Path, url: str) -> RefreshReport:
    """A refresh of one feed, as a process of its own would do it."""
    shared = feed(url)
    return await refresh(path, [FeedSource(shared)], [FeedResolver(shared)])


def statuses(report: RefreshReport) -> list[tuple[str, int]]:
    """Status and number of changes of each step."""
    return [(step.status, step.changed) for step in report.steps]


PRICES = (
    "SELECT m.name, c.input_cost_per_1m FROM capabilities c JOIN models m ON m.id = c.model_id "
    "WHERE c.resolver = 'litellm' ORDER BY m.name"
)


async def test_a_refresh_writes_what_changed_and_nothing_else(catalog_path: Path) -> None:
    """New rows, a changed price, then nothing: history grows with the change alone."""
    answers = in_turn(
        tagged(prices("m1", "m2")),
        tagged(prices("m1", "m2")),
        tagged({**prices("m1"), **prices("m2", "m3", price=2e-06)}, '"2"'),
        tagged({**prices("m1"), **prices("m2", "m3", price=2e-06)}, '"3"'),
    )
    with StandIn({"/x": answers}) as host:
        reports = [statuses(await run(catalog_path, f"{host.url}/x")) for _ in range(4)]
    assert reports == [
        [("ok", 2), ("ok", 2)], [("unchanged", 0), ("unchanged", 0)],
        [("ok", 1), ("ok", 2)], [("ok", 0), ("ok", 0)],
    ]  # fmt: skip
    assert ask(catalog_path, PRICES) == [("m1", 1.0), ("m2", 2.0), ("m3", 2.0)]
    assert ask(catalog_path, "SELECT count(*) FROM capability_history") == [(1,)]


async def test_the_newest_validator_is_kept(catalog_path: Path) -> None:
    """The same rows under another ETag are asked for with that one next time."""
    answers = in_turn(
        tagged(prices("m1")), tagged(prices("m1"), '"2"'), tagged(prices("m1"), '"2"')
    )
    with StandIn({"/x": answers}) as host:
        for _ in range(3):
            await run(catalog_path, f"{host.url}/x")
    sent = [seen.headers.get("if-none-match") for seen in host.requests]
    assert sent == [None, '"1"', '"2"', '"2"'][: len(sent)]
    assert sent[-1] == '"2"'


async def test_a_failing_feed_leaves_its_rows(catalog_path: Path) -> None:
    """After a failure everything is as it was, the reason is on record, and it recovers."""
    answers = in_turn(tagged(prices("m1")), html(), tagged(prices("m1", price=3e-06), '"2"'))
    with StandIn({"/x": answers}) as host:
        await run(catalog_path, f"{host.url}/x")
        failed = await run(catalog_path, f"{host.url}/x")
        kept = ask(catalog_path, PRICES)
        assert [step.status for step in failed.steps] == ["failed", "failed"]
        assert kept == [("m1", 1.0)]
        assert statuses(await run(catalog_path, f"{host.url}/x")) == [("ok", 0), ("ok", 1)]
    reasons = ask(catalog_path, "SELECT DISTINCT error FROM run_steps WHERE status = 'failed'")
    assert [reason[0].partition(": HTML")[1] for reason in reasons] == [": HTML"]


async def test_a_feed_that_lost_most_of_its_rows_is_not_taken(catalog_path: Path) -> None:
    """Half a data set is refused, by source and resolver alike; the old rows stay."""
    many = [f"m{n}" for n in range(40)]
    with StandIn({"/x": in_turn(ok(prices(*many)), ok(prices("m1", "m2")))}) as host:
        await run(catalog_path, f"{host.url}/x")
        report = await run(catalog_path, f"{host.url}/x")
    assert [step.status for step in report.steps] == ["failed", "failed"]
    assert ask(catalog_path, "SELECT count(*) FROM sightings WHERE missing_since IS NULL") == [
        (40,)
    ]
    assert len(ask(catalog_path, PRICES)) == 40


class Twins:
    """A registry with one shipped snapshot and its feed, and what the feed answers."""

    def __init__(self, path: Path, url: str) -> None:
        self.path = path
        self.url = url

    def registry(self) -> ModelRegistry:
        """The registry as a new process makes it."""
        shared = feed(self.url, "genai_prices")
        return ModelRegistry(
            [SnapshotSource("genai_prices"), FeedSource(shared)],
            [SnapshotResolver("genai_prices"), FeedResolver(shared)],
            db=self.path,
        )

    async def refresh(self) -> RefreshReport:
        """One refresh."""
        async with self.registry() as registry:
            return await registry.refresh()

    async def load(self) -> RefreshReport:
        """What is loaded without network."""
        async with self.registry() as registry:
            return await registry.load_shipped()

    def token(self) -> str:
        """The edition that is stored."""
        [(token,)] = ask(
            self.path,
            "SELECT token FROM run_steps WHERE kind = 'source' AND status <> 'failed' "
            "ORDER BY id DESC LIMIT 1",
        )
        return str(token)


@pytest.fixture
def upstream() -> Mapping[str, Any]:
    """The shipped prices as genai-prices publishes them; that of one model has changed."""
    hosts: dict[str, list[dict[str, object]]] = {}
    for row in snapshots.load("genai_prices").rows:
        model = {
            "id": row["name"],
            "match": {"equals": row["name"]},
            "prices": {"input_mtok": 7 if row["name"] == "gpt-4o" else row.get(PRICE, 1)},
        }
        hosts.setdefault(row["provider"], []).append(model)
    return {"list": [{"id": host, "models": models} for host, models in hosts.items()]}


@pytest.fixture
def twins(catalog_path: Path, upstream: Mapping[str, Any]) -> Iterator[tuple[Twins, StandIn]]:
    """A catalog for the shipped data, and a mirror that has another price."""
    with StandIn({"/x": tagged(upstream["list"])}) as host:
        yield Twins(catalog_path, f"{host.url}/x"), host


async def test_fetched_data_replaces_shipped_data_and_stays(
    twins: tuple[Twins, StandIn],
) -> None:
    """First what is shipped, then what is newer; loading again does not bring the old back."""
    catalog, host = twins
    await catalog.load()
    assert catalog.token() == snapshots.version("genai_prices")
    report = await catalog.refresh()
    assert report.failed == ()
    assert catalog.token().startswith(f"{TODAY} sha:")
    known = f"SELECT {PRICE} FROM catalog WHERE provider = 'openai' AND name = 'gpt-4o'"
    assert ask(catalog.path, known) == [(7.0,)]
    rows = ask(catalog.path, "SELECT count(*) FROM capabilities")
    await catalog.load()
    assert ask(catalog.path, "SELECT count(*) FROM capabilities") == rows
    assert catalog.token().startswith(f"{TODAY} sha:")
    async with catalog.registry() as registry:
        assert not await registry._participants.is_outdated(registry._cache.reader)
    assert len(host.requests) == 1


async def test_without_network_the_shipped_data_is_there(twins: tuple[Twins, StandIn]) -> None:
    """The first refresh of a new catalog loads what is shipped although the feed fails."""
    catalog, host = twins
    host.routes["/x"] = error(404)
    report = await catalog.refresh()
    assert [step.status for step in report.steps] == ["ok", "failed", "ok", "failed"]
    assert catalog.token() == snapshots.version("genai_prices")


async def test_half_a_feed_does_not_replace_shipped_data(twins: tuple[Twins, StandIn]) -> None:
    """The copy that came with modeldex guards the feed: a stump of it is refused."""
    catalog, host = twins
    host.routes["/x"] = ok([{"id": "openai", "models": [
        {"id": "gpt-4o", "match": {"equals": "gpt-4o"}, "prices": {"input_mtok": 7}},
    ]}])  # fmt: skip
    await catalog.load()
    before = ask(catalog.path, "SELECT count(*) FROM sightings WHERE missing_since IS NULL")
    report = await catalog.refresh()
    assert [(step.status, step.problem) for step in report.steps] == [("failed", "shrunk")] * 2
    after = ask(catalog.path, "SELECT count(*) FROM sightings WHERE missing_since IS NULL")
    assert before == after


def test_an_old_mirror_does_not_count() -> None:
    """A mirror that fell behind is passed over, so that old and new do not take turns."""
    source = FeedSource("models_dev")
    source.version = "2026-01-01 sha:ab p1"
    assert source.supersedes("2026-02-01 sha:cd v1") is False
    assert source.supersedes("2026-01-01 sha:cd v1") is True
    assert source.supersedes(None) is True


async def test_losses_are_named() -> None:
    """What upstream wrote and nobody can read is on record with its number."""
    with StandIn({"/x": ok({**prices("m1"), "m2": 5, "m3": None})}) as host:
        source = FeedSource(feed(f"{host.url}/x"))
        await source.discover()
    told = [(item.field, item.reason) for item in source.dropped]
    assert told == [("entry is not an object", "2 times")]
