"""What a workload costs: the rule against an oracle, the ranking by it, and what is refused."""

import sqlite3
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cases import case
from command_line import run_command, small_catalog
from modeldex import (
    InvalidQuery,
    ModelCapabilities,
    ModelQuery,
    ModelRegistry,
    ModelSpec,
    ModelWithCapabilities,
    Workload,
)
from modeldex.query.compile import compile_query
from modeldex.query.selection import Selection, select_rows
from modeldex.storage.location import Place
from modeldex.vocabulary import clock
from modeldex.vocabulary.fields import TIERS
from modeldex.vocabulary.prices import USUAL, Price, price_list
from modeldex.vocabulary.workloads import NOT_CACHED, NOT_FOR_BATCHES, NOT_OF_REGION
from raw_catalog import Below
from sample_offers import FACTS, KNOWN, holding, ids

IN, OUT = "input_cost_per_1m", "output_cost_per_1m"
READ, WRITE = "cache_read_cost_per_1m", "cache_write_cost_per_1m"
PLAIN = {IN: 3.0, OUT: 15.0}
MILLION = 1_000_000

WORKLOADS = st.builds(
    Workload,
    st.sampled_from((1, 8, 9, 200_000, 200_001, 300_000)),
    st.sampled_from((0, 1, 1000)),
    st.sampled_from((0.0, 0.1, 0.8, 1.0)),
    st.sampled_from((1, 7, 1000)),
    st.booleans(),
    st.none() | st.sampled_from(("eu", "eu-west-2", "us", "global")),
    st.none() | st.sampled_from(
        ("2025-06-02T00:00Z", "2026-11-28T05:59Z", "2026-11-30T23:59Z", "2026-12-01T16:30Z")
    ),
)  # fmt: skip


@pytest.fixture(scope="module")
def empty(below: Below) -> Iterator[Any]:
    """A catalog without models."""
    with below() as connection:
        yield connection


def usd(workload: Workload, facts: Mapping[str, Any]) -> float | None:
    """What the workload costs on a model with these facts."""
    return workload.cost_of(facts).usd


# The oracle.


def in_hours(price: Price, moment: datetime) -> bool:
    """Whether hours that began today or yesterday are not over yet."""
    if price.hours is None:
        return True
    times, _, days = price.hours.partition("w")
    start, end = (int(time[:2]) * 60 + int(time[2:]) for time in times.split("-"))
    length = timedelta(minutes=(end - start) % 1440 or 1440)
    for ago in (0, 1):
        midnight = moment.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=ago)
        begun = midnight + timedelta(minutes=start)
        if begun <= moment < begun + length and str(midnight.isoweekday()) in (days or "1234567"):
            return True
    return False


def price(
    prices: list[Price], direction: str, workload: Workload, *, peak: bool = False
) -> Fraction | None:
    """The price that is left after one condition after the other; of several the dearest."""
    now = clock.now() if workload.at is None else datetime.fromisoformat(workload.at)
    day, region = now.date().isoformat(), workload.region
    taken = ("standard", "batch") if workload.batch else ("standard",)
    fit = [p for p in prices if p.direction == direction and p.processing in taken]
    fit = [p for p in fit if p.above == 0 or workload.input_tokens > p.above]
    fit = [p for p in fit if (p.valid_from or day) <= day <= (p.valid_until or day)]
    everywhere = (None, "*") if region not in (None, "global") else (None,)
    fit = [p for p in fit if p.region == region or p.region in everywhere]

    def applying(fit: list[Price]) -> Fraction | None:
        fit = [p for p in fit if p.region == region] or [p for p in fit if p.region] or fit
        fit = [p for p in fit if (p.valid_from or "") == max(q.valid_from or "" for q in fit)]
        fit = [p for p in fit if p.valid_until] or fit
        fit = [p for p in fit if p.above == max(q.above for q in fit)]
        fit = [p for p in fit if p.processing == "batch"] or fit
        fit = [p for p in fit if p.hours] or fit
        return max((Fraction(p.usd_per_1m) for p in fit), default=None)

    if not peak:
        return applying([p for p in fit if in_hours(p, now)])
    all_day = [p for p in fit if p.hours is None]
    # One hour at a time: the dearest of them, where every hour has a price.
    hours = {p.hours for p in fit if p.hours}
    found = [applying(all_day), *(applying([*all_day, *(p for p in fit if p.hours == each)])
        for each in hours)]  # fmt: skip
    return max(each for each in found if each is not None) if found[0] is not None else None


def oracle(facts: Mapping[str, Any], w: Workload, *, peak: bool = False) -> Fraction | None:
    """Exact USD; None where a price is missing of which there are tokens."""
    given, made, read, write = (
        price(price_list(facts), direction, w, peak=peak)
        for direction in ("input", "output", "cache_read", "cache_write")
    )
    cached = w.input_tokens * Fraction(str(w.cached_fraction))
    if cached and given is not None and write is not None:
        fresh: Fraction | None = max(given, write)
    else:
        fresh = given
    parts = [
        (w.input_tokens - cached, fresh),
        (cached, given if read is None else read),
        (Fraction(w.output_tokens), made),
    ]
    if any(each is None for tokens, each in parts if tokens):
        return None
    return w.requests * sum(tokens * each for tokens, each in parts if each is not None) / MILLION


@settings(max_examples=150)
@given(facts=FACTS, workload=WORKLOADS)
def test_the_cost_is_that_of_the_oracle(facts: dict[str, Any], workload: Workload) -> None:
    """Every combination of sizes, batches, caches and gaps costs what ten lines say."""
    expected = oracle(facts, workload)
    assert usd(workload, facts) == (None if expected is None else float(expected))


@settings(max_examples=100)
@given(facts=FACTS, workload=WORKLOADS)
def test_the_breakdown_adds_up(facts: dict[str, Any], workload: Workload) -> None:
    """The charges are the cost, and their tokens those of one request."""
    cost = workload.cost_of(facts)
    known = [charge.usd for charge in cost.breakdown if charge.usd is not None]
    assert (cost.usd is None) == (len(known) < len(cost.breakdown))
    assert cost.usd is None or cost.usd == pytest.approx(sum(known), rel=1e-12)
    tokens = {charge.kind: charge.tokens for charge in cost.breakdown}
    assert tokens.get("input", 0) + tokens.get("cached", 0) == pytest.approx(workload.input_tokens)
    assert tokens.get("output", 0) == workload.output_tokens


# The rule, fact by fact.

STEPS = {**PLAIN, "other_prices": {"input>200000:6", "output>200000:22.5"}}
BATCHES = {**PLAIN, "other_prices": {"input/batch:1.5", "output/batch:7.5"}}
RULES: list[tuple[Workload, Mapping[str, Any], float | None]] = [
    (Workload(MILLION, 0), PLAIN, 3.0),
    (Workload(0, MILLION), PLAIN, 15.0),
    (Workload(1000, 100, requests=1000), PLAIN, 4.5),
    (Workload(200_000, 0), STEPS, 0.6),
    (Workload(200_001, 0), STEPS, 1.200006),
    (Workload(400_000, 100_000), STEPS, 4.65),
    (Workload(400_000, 0, cached_fraction=0.9), {**STEPS, READ: 0.0}, 0.24),
    (Workload(MILLION, MILLION, batch=True), BATCHES, 9.0),
    (Workload(MILLION, MILLION), BATCHES, 18.0),
    (Workload(MILLION, MILLION, batch=True), PLAIN, 18.0),
    (Workload(MILLION, 0, batch=True), {**STEPS, "other_prices": {"input/batch:1"}}, 1.0),
    (
        Workload(MILLION, 0, batch=True),
        {**STEPS, "other_prices": {"input/batch:1", "input>200000:6"}}, 6.0,
    ),
    (
        Workload(MILLION, 0, batch=True),
        {**STEPS, "other_prices": {"input/batch>200000:3", "input>200000:6"}}, 3.0,
    ),
    (Workload(MILLION, 0, batch=True), {**PLAIN, "other_prices": {"input/flex:1"}}, 3.0),
    (Workload(MILLION, 0, cached_fraction=0.5), {**PLAIN, READ: 1.0}, 2.0),
    (Workload(MILLION, 0, cached_fraction=0.5), PLAIN, 3.0),
    (Workload(MILLION, 0, cached_fraction=0.5), {**PLAIN, READ: 1.0, WRITE: 4.0}, 2.5),
    (Workload(MILLION, 0, cached_fraction=0.5), {**PLAIN, READ: 1.0, WRITE: 0.5}, 2.0),
    (Workload(MILLION, 0), {**PLAIN, WRITE: 4.0}, 3.0),
    (Workload(MILLION, 0, cached_fraction=1.0), {OUT: 15.0, READ: 1.0}, 1.0),
    (Workload(MILLION, 1), {IN: 3.0}, None),
    (Workload(1, MILLION), {OUT: 15.0}, None),
    (Workload(MILLION, 0), {IN: 3.0}, 3.0),
    (Workload(MILLION, 0, cached_fraction=0.5), {READ: 1.0}, None),
    (Workload(1, 1), {}, None),
    (Workload(1, 1), {IN: 0.0, OUT: 0.0, "price_basis": "free"}, 0.0),
    (Workload(3, 0, requests=1), {IN: 0.1}, 3e-7),
]  # fmt: skip


def test_a_rule_of_cost() -> None:
    """Steps hold for the whole request, unknown is never 0, a discount must be known."""
    for workload, facts, expected in RULES:
        assert usd(workload, facts) == expected, (workload, facts, expected)


def test_what_was_assumed_is_said() -> None:
    """Where no price is stated for batches or cached tokens, the charge names what it took."""
    cost = Workload(1000, 10, cached_fraction=0.5, batch=True).cost_of(
        {**PLAIN, "other_prices": {"output/batch:7.5"}}
    )
    assert {charge.kind: charge.assumed for charge in cost.breakdown} == {
        "input": (NOT_FOR_BATCHES,),
        "cached": (NOT_CACHED, NOT_FOR_BATCHES),
        "output": (),
    }


def test_a_charge_names_the_price_that_applied() -> None:
    """Whoever doubts a cost sees tokens, line of the price list and USD of all requests."""
    (charge,) = Workload(300_000, 0, requests=10).cost_of(STEPS).breakdown
    assert charge == ("input", 300_000.0, Price("input", Decimal(6), above=200_000), 18.0, ())


NIGHT = {**PLAIN, "other_prices": {"input@1630-0030:1", "output@1630-0030:5"}}
SCHOOL_NIGHTS = {**PLAIN, "other_prices": {"input@2200-0200w12345:1"}}
REGIONS = {**PLAIN, "other_prices": {"input@eu-west-2:4", "input/batch:1", "input@*:3.5"}}
DOUBLED = {**PLAIN, "other_prices": {"input@2026-12-01..:6", "input/batch:1.5", "output/batch:5"}}
PROMOTED = {**PLAIN, "other_prices": {"input@..2026-11-30:1"}}
WHEN: list[tuple[dict[str, Any], Mapping[str, Any], float]] = [
    ({"at": "2026-11-24T16:29:59Z"}, NIGHT, 3.0),
    ({"at": "2026-11-24T16:30Z"}, NIGHT, 1.0),
    ({"at": "2026-11-25T00:29Z"}, NIGHT, 1.0),
    ({"at": "2026-11-25T00:30Z"}, NIGHT, 3.0),
    ({"at": "2026-11-24T18:30+02:00"}, NIGHT, 1.0),
    ({"at": "2026-11-27T23:00Z"}, SCHOOL_NIGHTS, 1.0),
    ({"at": "2026-11-28T01:59Z"}, SCHOOL_NIGHTS, 1.0),
    ({"at": "2026-11-28T23:00Z"}, SCHOOL_NIGHTS, 3.0),
    ({"at": "2026-11-30T01:00Z"}, SCHOOL_NIGHTS, 3.0),
    ({"region": "eu-west-2"}, REGIONS, 4.0),
    ({"region": "EU-WEST-2", "batch": True}, REGIONS, 4.0),
    ({"region": "us-east-1"}, REGIONS, 3.5),
    ({"region": "global"}, REGIONS, 3.0),
    ({"batch": True}, REGIONS, 1.0),
    ({}, REGIONS, 3.0),
    ({"at": "2026-11-30T23:59:59.999Z"}, DOUBLED, 3.0),
    ({"at": date(2026, 12, 1)}, DOUBLED, 6.0),
    ({"at": "2026-12-01", "batch": True}, DOUBLED, 6.0),
    ({"at": "2026-11-30", "batch": True}, DOUBLED, 1.5),
    ({"at": "2026-11-30T23:59Z"}, PROMOTED, 1.0),
    ({"at": "2026-12-01"}, PROMOTED, 3.0),
]


def test_a_price_may_depend_on_where_and_when() -> None:
    """Hours may cross midnight, a region has its own list, a new list ends the old one."""
    for where, facts, expected in WHEN:
        assert usd(Workload(MILLION, 0, **where), facts) == expected, (where, facts, expected)


SAID: list[tuple[dict[str, Any], Mapping[str, Any], tuple[str, ...]]] = [
    ({"at": "2026-11-24T20:00Z"}, NIGHT, ("off-peak price, 16:30 to 00:30 UTC",)),
    ({"at": "2026-11-24T12:00Z"}, NIGHT, ()),
    (
        {"at": "2026-11-24T23:00Z"}, SCHOOL_NIGHTS,
        ("off-peak price, 22:00 to 02:00 UTC, Mon, Tue, Wed, Thu, Fri",),
    ),
    ({"region": "eu-west-2"}, REGIONS, ("price of eu-west-2", f"eu-west-2: {NOT_OF_REGION}")),
    ({"region": "mars-1"}, PLAIN, (f"mars-1: {NOT_OF_REGION}",)),
    ({"region": "global"}, PLAIN, ()),
    ({"at": "2026-10-31"}, DOUBLED, ()),
    ({"at": "2026-11-01"}, DOUBLED, ("from 2026-12-01 6/15",)),
    ({"at": "2026-12-01"}, DOUBLED, ("price from 2026-12-01",)),
    ({"at": "2026-11-30"}, PROMOTED, ("price until 2026-11-30", "from 2026-12-01 3/15")),
    ({"at": "2026-11-30"}, {**PLAIN, "other_prices": {"input@2026-11-31..:6"}}, ()),
]  # fmt: skip


def test_the_price_that_was_used_is_named() -> None:
    """A price by hour, region or date is said, and a change that is known within 30 days."""
    for where, facts, expected in SAID:
        assert Workload(1000, 10, **where).cost_of(facts).notes == expected, (where, expected)


@settings(max_examples=100)
@given(facts=FACTS, workload=WORKLOADS)
def test_what_ranks_is_never_below_the_cost_of_an_hour(
    facts: dict[str, Any], workload: Workload
) -> None:
    """Without a moment the peak hour ranks, so that no night price makes a model first."""
    facts = facts | {column: facts[column] or 0.5 for column in USUAL.values()}
    unknown, ranked = workload._replace(at=None).rank(facts)
    hours = [
        workload._replace(at=f"{clock.today()}T{hour:02}:00:00.000Z").rank(facts)
        for hour in range(0, 24, 4)
    ]
    assert (unknown, any(missing for missing, _ in hours)) == (False, False)
    assert all(ranked >= cost for _, cost in hours)


def test_a_model_of_a_registry_has_a_cost() -> None:
    """The value that find_best gives can be asked at once; it comes back in the answer."""
    model = ModelWithCapabilities(
        spec=ModelSpec(provider="acme", name="m"), capabilities=ModelCapabilities(**STEPS)
    )
    cost = Workload(300_000, 0).cost_of(model)
    assert (cost.model, cost.usd) == (model, 1.8)


# Values.


NO_WORKLOADS: list[tuple[tuple[Any, ...], str]] = [
    ((-1, 0), "input_tokens"),
    ((1.5, 0), "input_tokens"),
    ((True, 0), "input_tokens"),
    ((1, 10**10), "output_tokens"),
    (("one", 0), "input_tokens"),
    ((0, 0), "output_tokens"),
    ((1, 1, 1.1), "cached_fraction"),
    ((1, 1, -0.1), "cached_fraction"),
    ((1, 1, float("nan")), "cached_fraction"),
    ((1, 1, True), "cached_fraction"),
    ((1, 1, 0.5, 0), "requests"),
    ((1, 1, 0.5, 1, "yes"), "batch"),
    ((1, 1, 0.5, 1, True, ""), "region"),
    ((1, 1, 0.5, 1, True, "*"), "region"),
    ((1, 1, 0.5, 1, True, "eu west"), "region"),
    ((1, 1, 0.5, 1, True, 3), "region"),
    ((1, 1, 0.5, 1, True, "eu", "tomorrow"), "at"),
    ((1, 1, 0.5, 1, True, "eu", datetime(2026, 11, 1)), "at"),  # noqa: DTZ001
]


def test_what_is_no_workload_is_refused() -> None:
    """The error names the argument that makes no sense."""
    for arguments, field in NO_WORKLOADS:
        with case(arguments, field):
            with pytest.raises(InvalidQuery) as caught:
                Workload(*arguments)
            assert caught.value.field == field


def test_a_workload_is_a_frozen_value() -> None:
    """Equal workloads are one key, and nobody alters one."""
    workload = Workload(1, 2, cached_fraction=0.5)
    assert {workload, Workload(1, 2, 0.5, 1, batch=False)} == {workload}
    with pytest.raises(AttributeError):
        workload.requests = 2  # type: ignore[misc]


# Ranking.

OFFERS = st.dictionaries(
    st.sampled_from([f"{provider}/{name}" for provider in ("acme", "zeta") for name in "abcdef"]),
    FACTS,
    max_size=8,
)


def by_cost(offers: Mapping[str, Any], usual: list[str], workload: Workload) -> list[str]:
    """Tier, then exact cost with unknown last; where these are level, the usual order."""

    def key(model: str) -> tuple[int, bool, Fraction]:
        cost = oracle(offers[model], workload, peak=workload.at is None)
        tier = offers[model]["quality_tier"]
        return (TIERS.index(tier) if tier else 3), cost is None, cost or Fraction(0)

    return sorted(usual, key=key)


@settings(max_examples=40, suppress_health_check=list(HealthCheck))
@given(offers=OFFERS, workload=WORKLOADS, offset=st.integers(0, 3), limit=st.none() | st.just(2))
def test_the_ranking_is_that_of_the_oracle(
    empty: sqlite3.Connection,
    offers: dict[str, Any],
    workload: Workload,
    offset: int,
    limit: int | None,
) -> None:
    """A workload takes the place of the blended price, whatever limit and offset."""
    with holding(empty, offers) as catalog:
        usual = ids(catalog.rows(*compile_query(KNOWN, catalog.scope)))
        asked = {**KNOWN, "limit": limit, "offset": offset}
        found = ids(select_rows(catalog, asked, Selection(workload)))
    last = None if limit is None else offset + limit
    assert found == by_cost(offers, usual, workload)[offset:last]


OURS: dict[str, Any] = {"available": False, "provider": "acme"}
TRIO: dict[str, dict[str, object]] = {
    "acme/cheap-answers": {IN: 2.0, OUT: 2.0, "quality_tier": "best"},
    "acme/cheap-prompts": {IN: 0.5, OUT: 30.0, "quality_tier": "best"},
    "acme/unpriced": {IN: 0.1, "quality_tier": "best"},
    "acme/worse": {IN: 0.1, OUT: 0.1, "quality_tier": "cheap"},
}  # fmt: skip


@pytest.fixture(scope="module")
def trio(new_place: Callable[[], Place]) -> Place:
    """Four models of which another is cheapest by blend, by prompt and by tier."""
    return small_catalog(new_place(), TRIO)


async def test_a_workload_changes_who_is_best(trio: Path) -> None:
    """Long prompts with short answers have another best model than the blend, within the tier."""
    async with ModelRegistry(db=trio) as registry:
        usual = await registry.find_best(**OURS)
        reading = await registry.find_best(workload=Workload(100_000, 10), **OURS)
        ranked = await registry.query(ModelQuery(**OURS), workload=Workload(100_000, 10))
    assert usual is not None
    assert reading is not None
    assert (usual.spec.name, reading.spec.name) == ("cheap-answers", "cheap-prompts")
    assert [model.spec.name for model in ranked] == [
        "cheap-prompts", "cheap-answers", "unpriced", "worse",
    ]  # fmt: skip


async def test_a_registry_reports_what_it_ranked_by(trio: Path) -> None:
    """Asked for costs it gives each match with its USD, in rank order; unknown stays unknown."""
    async with ModelRegistry(db=trio) as registry:
        costs = await registry.costs(
            ModelQuery(limit=3, **OURS), Workload(100_000, 10, requests=10)
        )
    assert {cost.model.spec.name: cost.usd for cost in costs} == {
        "cheap-prompts": 0.503, "cheap-answers": 2.0002, "unpriced": None,
    }  # fmt: skip


async def test_anything_but_a_workload_is_refused(trio: Path) -> None:
    """A tuple of numbers is no workload: it was not checked."""
    async with ModelRegistry(db=trio) as registry:
        with pytest.raises(InvalidQuery, match="workload"):
            await registry.find_best(workload=(1, 2), **OURS)


# The command line.

LOAD = ("--input-tokens", "100k", "--output-tokens", "10")


def test_cost_compares_the_named_models_cheapest_first(trio: Path) -> None:
    """Each line has USD for a request and for all, unknown last; a name twice counts once."""
    names = ("acme/unpriced", "cheap-answers", "acme/cheap-prompts", "acme/cheap-prompts")
    done = run_command(trio, "cost", *names, *LOAD, "--requests", "1k")
    assert [(line["id"], line["usd_per_request"], line["usd"]) for line in done.table] == [
        ("acme/cheap-prompts", "0.0503", "50.3"),
        ("acme/cheap-answers", "0.20002", "200.02"),
        ("acme/unpriced", "", ""),
    ]
    assert done.table[2]["remarks"] == "price of output unknown"


def test_cost_takes_the_best_that_match(trio: Path) -> None:
    """Without names the criteria choose: by tier, then by this cost."""
    done = run_command(
        trio, "cost", "--known", *LOAD, "--cached", "80%", "--batch", "-n", "1", "--json"
    )
    assert done.json["workload"] == {
        "input_tokens": 100_000, "output_tokens": 10, "cached_fraction": 0.8,
        "requests": 1, "batch": True,
    }  # fmt: skip
    [model] = done.json["models"]
    assert (model["id"], model["capabilities"]["quality_tier"]) == ("acme/cheap-prompts", "best")
    assert model["cost"] == {
        "usd": 0.0503, "usd_per_request": 0.0503, "breakdown": [
            {"kind": kind, "tokens": tokens, "usd": usd, "assumed": assumed, "price": {
                "direction": direction, "usd_per_1m": per_1m, "processing": "standard", "above": 0,
            }}
            for kind, tokens, per_1m, direction, usd, assumed in [
                ("input", 20_000.0, 0.5, "input", 0.01, [NOT_FOR_BATCHES]),
                ("cached", 80_000.0, 0.5, "input", 0.04, [NOT_CACHED, NOT_FOR_BATCHES]),
                ("output", 10.0, 30.0, "output", 0.0003, [NOT_FOR_BATCHES]),
            ]
        ], "notes": [],
    }  # fmt: skip


def test_best_and_list_rank_by_a_workload(trio: Path) -> None:
    """The winner comes with its cost and why; a listing has a column for it."""
    assert run_command(trio, "best", "--known", *LOAD).out == "acme/cheap-prompts\n"
    best = run_command(trio, "best", "--known", *LOAD, "--json").json
    assert (best["model"]["cost"]["usd"], best["matches"]) == (0.0503, 4)
    assert best["why"].endswith("the lowest cost of that band ($0.0503 for this workload)")
    listed = run_command(trio, "list", "--known", *LOAD).table
    assert [line["usd"] for line in listed] == ["0.0503", "0.20002", "", "0.010001"]
    assert "cost" not in run_command(trio, "best", "--known", "--json").json["model"]
    assert "usd" not in run_command(trio, "list", "--known").table[0]


NONSENSE: list[tuple[tuple[str, ...], str]] = [
    (("cost",), "--input-tokens"),
    (("cost", "acme/worse"), "--input-tokens"),
    (("cost", "acme/worse", *LOAD, "--tools"), "not both"),
    (("cost", "acme/worse", *LOAD, "-n", "2"), "not both"),
    (("best", "--requests", "5"), "--input-tokens"),
    (("best", "--input-tokens", "0"), "--input-tokens"),
    (("best", *LOAD, "--cached", "1.5"), "above 100%"),
    (("best", *LOAD, "--cached", "most"), "a fraction such as 0.8"),
]


def test_a_workload_that_makes_no_sense_is_a_usage_error(trio: Path) -> None:
    """The message names what to give; the exit code is that of every usage error."""
    for args, said in NONSENSE:
        done = run_command(trio, *args)
        assert (done.code, done.out) == (2, ""), (args, said)
        assert said in done.err, (args, said)


def test_cost_of_nothing_is_no_match(trio: Path) -> None:
    """The exit code is that of best, and an unknown name is named."""
    assert run_command(trio, "cost", "--known", *LOAD, "--vision").code == 3
    assert "no model acme/missing" in run_command(trio, "cost", "acme/missing", *LOAD).err
