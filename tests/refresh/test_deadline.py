"""How the time for asking is shared, and how many questions one host gets at once."""

import asyncio
import re
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from custom_parts import BatchDictResolver, DictResolver, ListSource, caps, specs, sql
from fork_process import HANG
from loops import Clock, by_hand, in_no_time, until
from misbehaving_host import Reply, Seen, StandIn, error, hang, ok
from modeldex import ModelSpec, RefreshReport
from modeldex.http.client import fetch_json
from modeldex.http.retry import MAX_CONCURRENT
from modeldex.refresh.isolation import Allowance, Deadline
from modeldex.refresh.run import refresh

SLOW = 1000.0


class HangingSource(ListSource):
    """A source that takes far too long."""

    async def discover(self) -> Any:
        """Wait."""
        await asyncio.sleep(SLOW)


class HangingResolver(BatchDictResolver):
    """A resolver that takes far too long."""

    async def resolve_many(self, specs: Sequence[ModelSpec]) -> list[Any]:
        """Wait."""
        await asyncio.sleep(SLOW)
        return []


class HangsAbout(DictResolver):
    """A resolver that takes far too long over one model."""

    async def get_capabilities(self, spec: ModelSpec) -> Any:
        """Wait over b."""
        if spec.name == "b":
            await asyncio.sleep(SLOW)
        return await super().get_capabilities(spec)


def given(report: RefreshReport) -> dict[str, float]:
    """How many seconds each had that failed for want of time."""
    found = {s.name: re.search(r"no result within ([\d.]+) s", s.error or "") for s in report.steps}
    return {name: float(match[1]) for name, match in found.items() if match}


def test_only_asking_is_counted() -> None:
    """Of 90 seconds sources get 60; what they do not use is left, and what is written is free."""

    async def run(loop: Clock) -> tuple[Deadline, Deadline]:
        allowance = Allowance(90)
        with allowance.spend(2 / 3) as sources:
            loop.now += 50
        loop.now += 1000
        with allowance.spend() as resolvers:
            pass
        return sources, resolvers

    assert by_hand(run) == (Deadline(60, 60), Deadline(40, 1090))


def test_all_of_a_run_ends_within_one_deadline(blank_catalog: Path) -> None:
    """Hanging sources get two thirds, hanging resolvers the rest, and not one deadline each."""
    asyncio.run(refresh(blank_catalog, [ListSource(specs("a"), "two")], []))
    sources = [HangingSource(name="one"), HangingSource(name="two")]
    resolvers = [HangingResolver(name="three"), HangsAbout(name="four")]
    report = in_no_time(refresh(blank_catalog, sources, resolvers, deadline=90))
    assert given(report) == {"one": 60, "two": 60, "three": 30}
    assert [(s.name, s.status, s.problem) for s in report.steps] == [
        ("one", "failed", "timeout"), ("two", "failed", "timeout"),
        ("three", "failed", "timeout"), ("four", "ok", None),
    ]  # fmt: skip


def test_sources_alone_get_all_of_it(blank_catalog: Path) -> None:
    """Without resolvers nothing is held back."""
    report = in_no_time(refresh(blank_catalog, [HangingSource(name="one")], [], deadline=90))
    assert given(report) == {"one": 90}


def test_a_hanging_source_leaves_time_to_the_resolvers(blank_catalog: Path) -> None:
    """What others have seen is resolved in the same run, by one that takes its time too."""

    class Unhurried(BatchDictResolver):
        async def resolve_many(self, specs: Sequence[ModelSpec]) -> list[Any]:
            await asyncio.sleep(20)
            return await super().resolve_many(specs)

    sources = [HangingSource(name="stuck"), ListSource(specs("ab"), "quick")]
    resolver = Unhurried({"a": caps(max_context=1)}, "says")
    report = in_no_time(refresh(blank_catalog, sources, [resolver], deadline=90))
    assert {s.name: s.status for s in report.steps} == {
        "stuck": "failed", "quick": "ok", "says": "ok",
    }  # fmt: skip
    assert sql(blank_catalog, "SELECT name, max_context FROM catalog ORDER BY name") == [
        ("a", 1), ("b", None),
    ]  # fmt: skip


def test_what_was_answered_in_time_is_kept(blank_catalog: Path) -> None:
    """Of questions asked one by one those with an answer count; the others stay as they were."""
    source = ListSource(specs("abc"))
    asyncio.run(refresh(blank_catalog, [source], [DictResolver({"b": caps(max_context=7)})]))
    resolver = HangsAbout({"a": caps(max_context=1), "c": caps(max_context=3)})
    report = in_no_time(refresh(blank_catalog, [source], [resolver], deadline=90))
    said = sql(blank_catalog, "SELECT name, max_context FROM catalog ORDER BY name")
    assert said == [("a", 1), ("b", 7), ("c", 3)]
    assert [(s.status, s.dropped) for s in report.steps] == [("ok", 0), ("ok", 1)]


def test_a_resolver_without_any_answer_is_late(blank_catalog: Path) -> None:
    """Where every question ran out of time the failure is of that kind."""
    report = in_no_time(
        refresh(blank_catalog, [ListSource(specs("b"))], [HangsAbout()], deadline=90)
    )
    [_, step] = report.steps
    assert (step.status, step.problem) == ("failed", "timeout")
    assert "acme/b: no result within" in (step.error or "")


async def test_no_try_is_waited_for_beyond_the_run(blank_catalog: Path) -> None:
    """A pause that the call could wait for but the run cannot is a refusal at once."""

    class Asks(ListSource):
        async def discover(self) -> Any:
            return await fetch_json(self.name, source="asks", deadline=1000)

    with StandIn({"/x": error(503, retry_after="800")}) as host:
        asks = Asks(name=f"{host.url}/x")
        report = await refresh(blank_catalog, [asks], [], deadline=600)
    [step] = report.steps
    assert (step.problem, len(host.requests)) == ("refused", 1)
    assert "asks to wait 800 s" in (step.error or "")


# A host.


class Busy:
    """Answers eight questions together or none, and counts how many were there at once."""

    def __init__(self) -> None:
        self.together = threading.Barrier(MAX_CONCURRENT)
        self.lock = threading.Lock()
        self.here = 0
        self.most = 0

    def __call__(self, _seen: Seen) -> Reply:
        """Wait for the seven others."""
        with self.lock:
            self.here += 1
            self.most = max(self.most, self.here)
        self.together.wait(HANG)
        with self.lock:
            self.here -= 1
        return ok(1)


def test_a_host_gets_eight_questions_at_once() -> None:
    """Whoever asks, with whichever client, the ninth waits; so it is in each event loop anew."""
    busy = Busy()

    async def ask(url: str) -> list[object]:
        return await asyncio.gather(
            *(fetch_json(url, source=f"s{n}") for n in range(3 * MAX_CONCURRENT))
        )

    with StandIn({"/x": busy}) as host:
        answers = [asyncio.run(ask(f"{host.url}/x")) for _ in range(2)]
    assert answers == [[1] * 3 * MAX_CONCURRENT] * 2
    assert busy.most == MAX_CONCURRENT


async def asked(host: StandIn, times: int) -> int:
    """How often a host was asked, once that is so many times."""
    await until(lambda: len(host.requests) >= times)
    return len(host.requests)


async def test_a_crowded_host_hinders_no_other() -> None:
    """While one host keeps everybody waiting another answers; who gives up leaves his place."""
    with StandIn({"/x": hang()}) as stuck, StandIn({"/x": ok("here")}) as free:
        everybody = [
            asyncio.create_task(fetch_json(f"{stuck.url}/x", source="test"))
            for _ in range(MAX_CONCURRENT + 3)
        ]
        before = await asked(stuck, MAX_CONCURRENT)
        answer = await fetch_json(f"{free.url}/x", source="test")
        still = len(stuck.requests)
        for task in everybody[:MAX_CONCURRENT]:
            task.cancel()
        after = await asked(stuck, MAX_CONCURRENT + 3)
        for task in everybody:
            task.cancel()
        await asyncio.gather(*everybody, return_exceptions=True)
    assert (before, answer, still, after) == (
        MAX_CONCURRENT,
        "here",
        MAX_CONCURRENT,
        MAX_CONCURRENT + 3,
    )


@pytest.mark.parametrize("share", [1.0, 2 / 3])
async def test_a_run_without_time_still_ends(share: float) -> None:
    """An allowance that is used up gives nothing, and nothing less."""
    allowance = Allowance(0)
    with allowance.spend(share) as limit:
        pass
    with allowance.spend() as after:
        pass
    assert (limit.seconds, after.seconds) == (0, 0)
