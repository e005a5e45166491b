"""What a run makes of those before it: who wants to rest, who came back, whose data is older."""

import asyncio
import re
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from command_line import MODELS, run_command, small_catalog
from custom_parts import DictResolver, ListSource, caps, specs, sql
from misbehaving_host import Reply, StandIn, error, in_turn, ok
from modeldex import ModelRegistry, RefreshReport, SourceFailed
from modeldex.refresh.run import refresh
from modeldex.resolvers.listing import ListingResolver
from modeldex.sources.listing import ListingSource
from modeldex.upstream.provider_api import ProviderListing
from modeldex.vocabulary.timestamps import MAX_RETRY_AFTER, pending_time, utc

LISTED = ok({"object": "list", "data": [{"id": "m", "object": "model", "context_length": 4096}]})


def keyed(host: StandIn, provider: str = "OPENAI") -> dict[str, str]:
    """Variables that send a provider's listing to a host."""
    return {
        f"MODELDEX_{provider}_BASE_URL": f"{host.url}/v1",
        f"{provider}_API_KEY": "a-key-0123456789",
    }


@pytest.fixture
def small(catalog_path: Path) -> Path:
    """A catalog that seems to be loaded."""
    return small_catalog(catalog_path, MODELS)


def since(stored: object, moment: datetime) -> timedelta:
    """How far a stored time is ahead of a moment."""
    return datetime.fromisoformat(str(stored)) - moment


# A host that asks to be left alone.


@pytest.fixture
def tired() -> Iterator[StandIn]:
    """A host that answers, wants an hour's rest, and answers again."""
    refusal = error(429, {"error": "slow down"}, retry_after="3600")
    with StandIn({"/v1/models": in_turn(LISTED, refusal, LISTED)}) as host:
        yield host


def listing_parts(host: StandIn) -> tuple[list[Any], list[Any]]:
    """A listing as source and resolver."""
    shared = ProviderListing("openai", keyed(host))
    return [ListingSource(shared)], [ListingResolver(shared)]


async def refused_once(path: Path, host: StandIn) -> RefreshReport:
    """The second of two refreshes, which the host refused."""
    await refresh(path, *listing_parts(host))
    return await refresh(path, *listing_parts(host))


async def test_who_asks_to_wait_is_left_alone(tired: StandIn, blank_catalog: Path) -> None:
    """Source and resolver of the next run are failed steps that say until when; nobody asks."""
    began = datetime.now(UTC)
    first = await refused_once(blank_catalog, tired)
    ended = datetime.now(UTC)
    second = await refresh(blank_catalog, *listing_parts(tired))
    [(until,)] = sql(
        blank_catalog, "SELECT DISTINCT retry_at FROM run_steps WHERE status = 'failed'"
    )
    assert [(s.name, s.status, s.problem) for s in (*first.steps, *second.steps)] == [
        ("openai", "failed", "refused"), ("openai_api", "failed", "refused"),
    ] * 2  # fmt: skip
    assert since(until, began) >= timedelta(minutes=60)
    assert since(until, ended) <= timedelta(minutes=60, seconds=1)
    assert {s.retry_at for s in second.steps} == {until}
    told = f"skipped until {until[:19]}Z, as its host sent Retry-After"
    hint = "to run it now: modeldex refresh --source openai"
    assert {s.error for s in second.steps} == {f"{told}; {hint}"}
    assert len(tired.requests) == 2


async def test_who_is_named_is_asked_all_the_same(tired: StandIn, blank_catalog: Path) -> None:
    """The user knows better; a success ends the rest for good."""
    sources, resolvers = listing_parts(tired)
    async with ModelRegistry(sources, resolvers, db=blank_catalog) as registry:
        await registry.refresh()
        await registry.refresh()
        named = await registry.refresh(only=["openai"])
        later = await registry.refresh()
    assert (named.status, later.status) == ("ok", "ok")
    assert {(s.problem, s.retry_at) for s in (*named.steps, *later.steps)} == {(None, None)}
    assert len(tired.requests) == 4


async def test_a_rest_that_is_over_is_forgotten(tired: StandIn, blank_catalog: Path) -> None:
    """After the time that was asked for the host is asked again."""
    await refused_once(blank_catalog, tired)
    sql(blank_catalog, "UPDATE run_steps SET retry_at = '2026-01-01T00:00:00.000Z'")
    report = await refresh(blank_catalog, *listing_parts(tired))
    assert (report.status, len(tired.requests)) == ("ok", 3)


@pytest.mark.parametrize(
    "stored", ["2999-01-01T00:00:00.000Z", utc(time.time() + 30 * 3600)], ids=["2999", "30 hours"]
)
async def test_nobody_rests_for_more_than_a_day(
    stored: str, tired: StandIn, blank_catalog: Path
) -> None:
    """A time further ahead was written by a clock that was wrong."""
    await refused_once(blank_catalog, tired)
    sql(blank_catalog, "UPDATE run_steps SET retry_at = ?", stored)
    report = await refresh(blank_catalog, *listing_parts(tired))
    assert (report.status, len(tired.requests)) == ("ok", 3)


async def test_a_month_is_cut_to_a_day(blank_catalog: Path) -> None:
    """Whatever a host asks for, tomorrow it is asked again."""
    with StandIn({"/v1/models": error(503, retry_after="2592000")}) as host:
        sources, _ = listing_parts(host)
        began = datetime.now(UTC)
        await refresh(blank_catalog, sources, [])
        ended = datetime.now(UTC)
        again = await refresh(blank_catalog, sources, [])
    [(until,)] = sql(blank_catalog, "SELECT DISTINCT retry_at FROM run_steps")
    assert since(until, began) >= timedelta(seconds=MAX_RETRY_AFTER)
    assert since(until, ended) <= timedelta(seconds=MAX_RETRY_AFTER + 1)
    assert (again.status, len(host.requests)) == ("failed", 1)


async def test_what_is_shipped_does_not_rest_with_its_feed(blank_catalog: Path) -> None:
    """A part that needs no network runs, though one of its name is to be left alone."""
    failed = SourceFailed("book", "slow down")
    failed.problem, failed.retry_at = (
        "refused",
        pending_time(datetime.now(UTC) + timedelta(hours=1)),
    )
    feed = ListSource(failed, "book", network=True)
    await refresh(blank_catalog, [feed], [])
    shipped = ListSource(specs("a"), "book", network=False)
    report = await refresh(blank_catalog, [shipped, feed], [])
    assert [(s.status, s.problem) for s in report.steps] == [("ok", None), ("failed", "refused")]
    assert (shipped.calls, feed.calls) == (1, 1)


def test_the_status_says_until_when(small: Path, tired: StandIn) -> None:
    """On the command line: one line per refresh, the time in the status, and how to ask now."""
    env = keyed(tired)

    def state() -> dict[str, Any]:
        found: dict[str, Any] = run_command(small, "status", "--json", **env).json["sources"][
            "openai"
        ]
        return found

    run_command(small, "refresh", "--source", "openai", **env)
    refusal, told = run_command(small, "refresh", "--source", "openai", **env), state()
    resting, still = run_command(small, "refresh", **env), state()
    named, over = run_command(small, "refresh", "--source", "openai", **env), state()
    assert (refusal.code, resting.code, named.code) == (1, 1, 0)
    assert (told["problem"], told.get("advice"), still["problem"]) == ("refused", None, "refused")
    assert told["retry_at"] == still["retry_at"] is not None
    assert resting.err == f"Error: no host answered: openai: {still['error']}\n"
    assert still["error"].endswith("modeldex refresh --source openai")
    assert (over.get("problem"), over.get("retry_at"), over["models"]) == (None, None, 1)
    assert len(tired.requests) == 3


# Words.


def refused(problem: object, retry_at: object) -> SourceFailed:
    """A failure as a plug-in may make it."""
    failure = SourceFailed("bad", "no")
    vars(failure).update(problem=problem, retry_at=retry_at)
    return failure


WORDS: list[tuple[object, str]] = [
    (ValueError("x"), "error"), (TimeoutError(), "timeout"), (OSError("x"), "error"),
    (SourceFailed("bad", "no"), "answer"), (asyncio.CancelledError(), "error"),
    (refused("key", None), "key"), (refused("tired", None), "error"),
    (refused(None, None), "error"), (refused(["key"], None), "error"),
    (refused("refused", "tomorrow"), "refused"), (refused("refused", 7), "refused"),
    (refused("refused", "2999-01-01T00:00:00Z"), "refused"), (None, "answer"),
]  # fmt: skip
"""What a source raises, or gives instead of a list, and the kind of failure that it is."""


async def test_every_failure_is_of_a_kind(blank_catalog: Path) -> None:
    """Whatever a plug-in raises or returns, one of seven words is recorded, and no odd time."""
    bad = [ListSource(failure, str(number)) for number, (failure, _) in enumerate(WORDS)]
    report = await refresh(blank_catalog, bad, [])
    stored = sql(blank_catalog, "SELECT status, problem, retry_at FROM run_steps ORDER BY id")
    assert stored == [("failed", word, None) for _, word in WORDS]
    assert [(s.status, s.problem, s.retry_at) for s in report.steps] == stored


@pytest.mark.parametrize(
    ("failure", "word"), [(refused("key", None), "key"), (ValueError("x"), "error")], ids=repr
)
async def test_many_failures_are_of_the_kind_of_the_first(
    failure: Exception, word: str, blank_catalog: Path
) -> None:
    """Where every question of a resolver failed."""
    resolver = DictResolver(dict.fromkeys("ab", failure))
    report = await refresh(blank_catalog, [ListSource(specs("ab"))], [resolver])
    assert [s.problem for s in report.failed] == [word]


HOUR = timedelta(hours=1)


TIMES: list[tuple[object, bool]] = [
    (None, False), ("", False), ("soon", False), (7, False), ("2026-01-01T00:00:00Z", False),
    ("9999-12-31T23:59:59Z", False), (-HOUR, False), (HOUR, True), (48 * HOUR, False),
]  # fmt: skip


def test_only_a_time_within_a_day_is_ahead() -> None:
    """Anything else is no time to wait for; what is, is written as the catalog writes times."""
    for stated, still in TIMES:
        moment = datetime.now(UTC) + stated if isinstance(stated, timedelta) else stated
        found = pending_time(moment)
        assert bool(found) is still, (stated, still)
        assert re.fullmatch(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.000Z)?", found or ""), (
            stated,
            still,
        )


# Models that were away.


async def listed(path: Path, names: str, *resolvers: DictResolver) -> RefreshReport:
    """One refresh in which the source lists these models."""
    return await refresh(path, [ListSource(specs(names))], resolvers)


def windows(path: Path) -> Mapping[str, object]:
    """What is known of each model."""
    return dict(sql(path, "SELECT name, max_context FROM catalog"))


def edition(number: int, **attributes: Any) -> DictResolver:
    """A resolver with a version, which says its number of every model."""
    answers = {name: caps(max_context=number) for name in "abc"}
    return DictResolver(answers, version=str(number), **attributes)


async def test_a_model_that_came_back_is_asked_about(blank_catalog: Path) -> None:
    """The data changed while it was away: though it is the same since, it is heard of it."""
    newer = edition(2)
    await listed(blank_catalog, "ab", edition(1))
    await listed(blank_catalog, "a", newer)
    await listed(blank_catalog, "ab", newer)
    await listed(blank_catalog, "ab", newer)
    assert newer.requested == ["a", "b"]
    assert windows(blank_catalog) == {"a": 2, "b": 2}


async def test_a_retired_model_that_came_back_is_asked_about(blank_catalog: Path) -> None:
    """The same for one that was away for long."""
    newer = edition(2)
    await listed(blank_catalog, "ab", edition(1))
    await listed(blank_catalog, "a", newer)
    sql(blank_catalog, "UPDATE models SET retired_at = last_seen WHERE name = 'b'")
    await listed(blank_catalog, "ab", newer)
    assert windows(blank_catalog) == {"a": 2, "b": 2}


@pytest.mark.parametrize("absent", ["failed", "not there"])
async def test_who_missed_the_return_is_asked_later(absent: str, blank_catalog: Path) -> None:
    """A resolver that failed in that run, or had no part in it, makes up for it once."""
    newer = edition(2)
    await listed(blank_catalog, "ab", edition(1))
    await listed(blank_catalog, "a", newer)
    broken = DictResolver(dict.fromkeys("ab", OSError("gone")), version="2")
    await listed(blank_catalog, "ab", *([broken] if absent == "failed" else []))
    before = windows(blank_catalog)
    for _ in range(2):
        await listed(blank_catalog, "ab", newer)
    assert before == {"a": 2, "b": 1}
    assert windows(blank_catalog) == {"a": 2, "b": 2}
    assert newer.requested == ["a", "a", "b"]


async def test_a_run_that_never_ended_is_made_up_for(blank_catalog: Path) -> None:
    """Killed after its source was written, it leaves no step; the next run asks about all."""
    newer = edition(2)
    await listed(blank_catalog, "ab", edition(1))
    await listed(blank_catalog, "a", newer)
    await listed(blank_catalog, "ab")
    sql(blank_catalog, "DELETE FROM run_steps WHERE run_id = (SELECT max(id) FROM runs)")
    sql(
        blank_catalog,
        "UPDATE runs SET status = 'running', finished_at = NULL "
        "WHERE id = (SELECT max(id) FROM runs)",
    )
    await listed(blank_catalog, "ab", newer)
    assert windows(blank_catalog) == {"a": 2, "b": 2}


# Data that is older.


class Mirror(ListSource):
    """A source whose data has a day, and gives way to newer data."""

    network = True

    def supersedes(self, token: str | None) -> bool:
        """Whether it is newer."""
        return token is None or token < self.version

    async def revalidate(self, token: str | None) -> None:
        """Nothing to ask."""


def mirror(day: str, names: str, **attributes: Any) -> Mirror:
    """A mirror of that day."""
    return Mirror(specs(names), "book", version=f"{day} sha:{day[-2:]}ab v1", **attributes)


async def test_an_old_mirror_is_on_record(blank_catalog: Path) -> None:
    """The step says that it was asked and what it had; what is stored stays, and its version."""
    await refresh(blank_catalog, [mirror("2026-11-20", "ab")], [])
    old = mirror("2026-05-01", "a")
    report = await refresh(blank_catalog, [old], [])
    again = await refresh(blank_catalog, [old], [])
    newest = await refresh(blank_catalog, [mirror("2026-11-22", "abc")], [])
    told = "its data of 2026-05-01 is older than the stored data of 2026-11-20: ignored"
    assert [(s.status, s.error) for s in (*report.steps, *again.steps)] == [("unchanged", told)] * 2
    assert (report.status, old.calls, newest.status) == ("ok", 0, "ok")
    assert sql(blank_catalog, "SELECT count(*) FROM sightings WHERE missing_since IS NULL") == [
        (3,)
    ]
    stored = sql(blank_catalog, "SELECT substr(token, 1, 10), problem FROM run_steps ORDER BY id")
    assert stored == [
        ("2026-11-20", None), ("2026-11-20", "answer"), ("2026-11-20", "answer"),
        ("2026-11-22", None),
    ]  # fmt: skip


async def test_what_is_shipped_gives_way_without_a_word(blank_catalog: Path) -> None:
    """That the package's data is older than the feed's is no news."""
    await refresh(blank_catalog, [mirror("2026-11-20", "ab")], [])
    report = await refresh(blank_catalog, [mirror("2026-05-01", "a", network=False)], [])
    assert report.steps == ()


def test_the_status_tells_of_an_old_mirror(small: Path) -> None:
    """When it last had something to say, and why nothing was taken since."""
    with StandIn({}) as host:
        url = f"{host.url}/feed"
        env = {"MODELDEX_FEEDS": "1", "MODELDEX_LITELLM_URL": url}
        model = {"litellm_provider": "openai", "mode": "chat", "max_input_tokens": 4096}
        host.routes["/feed"] = (200, {}, _json({"m": model}))
        assert run_command(small, "refresh", "--source", "litellm", **env).code == 0
        _yesterday(small)
        host.routes["/feed"] = (200, {}, _json({"m": model, "n": model}))
        assert run_command(small, "refresh", "--source", "litellm", **env).code == 0
    found = run_command(small, "status", "--json", **env).json["sources"]["litellm"]
    assert found["error"].endswith("is older than the stored data of 2999-01-01: ignored")
    assert found["problem"] == "answer"
    assert found["last_success"] < found["problem_at"]


def test_a_feed_is_not_sent_again_beside_what_is_shipped(small: Path) -> None:
    """Data of the same name in the package does not make a refresh forget what it fetched."""
    model = {"litellm_provider": "openai", "mode": "chat", "max_input_tokens": 4096}
    first: Reply = (200, {"etag": '"1"'}, _json({"m": model}))
    with StandIn({"/feed": in_turn(first, (304, {}, b""))}) as host:
        env = {"MODELDEX_FEEDS": "1", "MODELDEX_LITELLM_URL": f"{host.url}/feed"}
        args = ("refresh", "--source", "litellm", "--json")
        reports = [run_command(small, *args, **env).json["steps"] for _ in range(3)]
        sent = [seen.headers.get("if-none-match") for seen in host.requests]
    fed = [
        [step["status"] for step in steps if (step["kind"], step["name"]) == ("source", "litellm")]
        for steps in reports
    ]
    assert sent == [None, '"1"', '"1"']
    assert fed == [["ok"], ["unchanged"], ["unchanged"]]


def _json(payload: object) -> bytes:
    reply: Reply = ok(payload)
    assert isinstance(reply[2], bytes)
    return reply[2]


def _yesterday(path: Path) -> None:
    """Make what is stored of a day that is still to come."""
    sql(
        path,
        "UPDATE run_steps SET token = '2999-01-01' || substr(token, 11) "
        "WHERE name = 'litellm' AND token LIKE '%p0%'",
    )
