"""Offers of a base model: who has it, at which price, and which are not plausible."""

import sqlite3
from pathlib import Path
from typing import Any

import pytest

from command_line import run_command
from modeldex import InvalidQuery, ModelNotFound, ModelRegistry
from modeldex.query.catalog import Catalog
from modeldex.query.offers import bases, implausible, offers
from modeldex.query.scope import Scope
from modeldex.storage.location import Place
from modeldex.vocabulary.provider_classes import classes
from raw_catalog import Below, bare

TODAY = "2026-11-22"
BASE = "acme/alpha-2"
UNVETTED = {"reseller", "plan", "local", "unclassed"}


@pytest.fixture
def shipped(shipped_catalog: Place) -> Any:
    """The shipped data, without a key."""
    with bare(shipped_catalog) as connection:
        yield Catalog(Path(), connection, Scope(TODAY))


@pytest.fixture
def small(below: Below) -> Any:
    """A catalog in which acme is a lab, one a cloud, two and three hosts; none has offers yet."""
    with below() as connection:
        connection.execute(
            "INSERT INTO provider_classes (provider, class, maker) VALUES ('acme', 'lab', 'acme'), "
            "('one', 'cloud', NULL), ('two', 'host', NULL), ('three', 'host', NULL)"
        )
        connection.execute(
            "INSERT INTO bases (id, maker, open_weights) VALUES ('acme/alpha-2', 'acme', 0)"
        )
        yield connection


def offered(connection: Any, provider: str, **facts: object) -> None:
    """Add an offer of the base with facts that a user states; `cost` is that of each direction."""
    if "cost" in facts:
        facts["input_cost_per_1m"] = facts["output_cost_per_1m"] = facts.pop("cost")
    facts = {"base": BASE, "price_basis": "metered", **facts}
    name = f"m{len(connection.execute('SELECT 1 FROM models').fetchall())}"
    connection.execute("INSERT INTO models (provider, name) VALUES (?, ?)", (provider, name))
    connection.execute(
        f"INSERT INTO capabilities (model_id, resolver, {', '.join(facts)}) "
        f"SELECT id, 'user', {', '.join('?' for _ in facts)} FROM models WHERE name = ?",
        (*facts.values(), name),
    )


def doubted(connection: Any) -> list[tuple[str, str]]:
    """Provider and reason of what is not plausible."""
    found = implausible(Catalog(Path(), connection, Scope(TODAY)))
    return sorted((each.id.partition("/")[0], each.reason) for each in found)


async def test_one_model_has_many_offers(shipped_catalog: Place) -> None:
    """Of Claude Sonnet 4.5 at least 45 are known under any of its spellings, the lab's marked."""
    async with ModelRegistry(db=shipped_catalog, environ={}) as registry:
        found = await registry.offers("claude-sonnet-4.5")
        for spelling in ("anthropic/claude-sonnet-4.5", "claude-sonnet-4-5", "claude-4.5-sonnet"):
            assert await registry.offers(spelling) == found, spelling
    metered = [o.blended_cost for o in found if o.price_basis == "metered" and o.blended_cost]
    assert len(found) >= 45
    assert metered == sorted(metered)
    assert {o.provider for o in found if o.of_lab} == {"anthropic"}
    assert {o.of_lab_price for o in found if o.of_lab} == {1.0}


def test_a_price_is_a_multiple_of_the_lab_s(small: Any) -> None:
    """Whoever asks less than its lab has a figure below 1; without a lab's price there is none."""
    offered(small, "acme", cost=4)
    offered(small, "two", cost=3)
    offered(small, "two", base="acme/beta", cost=3)
    rows = small.execute("SELECT base, of_lab, of_lab_price FROM offers ORDER BY model_id")
    assert rows.fetchall() == [(BASE, 1, 1.0), (BASE, 0, 0.75), ("acme/beta", 0, None)]


def test_an_unknown_base_comes_with_near_ones(shipped: Catalog) -> None:
    """The error names similar ids."""
    with pytest.raises(ModelNotFound) as raised:
        offers(shipped, "claude-sonet-4.5")
    assert "anthropic/claude-sonnet-4.5" in raised.value.near


def test_what_nobody_reviewed_is_listed(small: Any) -> None:
    """A base without a row in table `bases` is unreviewed until somebody adds one, by SQL, too."""
    offered(small, "acme")
    offered(small, "two", base="acme/beta")
    catalog = Catalog(Path(), small, Scope(TODAY))
    assert [(b.id, b.reviewed) for b in bases(catalog)] == [(BASE, True), ("acme/beta", False)]
    assert [b.id for b in bases(catalog, unreviewed=True)] == ["acme/beta"]
    small.execute("INSERT INTO bases (id, maker) VALUES ('acme/beta', 'acme')")
    assert bases(catalog, unreviewed=True) == []


# What is not plausible.


def test_closed_weights_far_below_their_lab_are_suspicious(small: Any) -> None:
    """Half of the lab's price is not, less is; of open weights no price is too low."""
    offered(small, "acme", cost=4)
    offered(small, "two", cost=2)
    offered(small, "three", cost=1.9)
    assert doubted(small) == [("three", "far below the price of its lab")]
    small.execute("UPDATE bases SET open_weights = 1")
    assert doubted(small) == []


def test_a_window_above_all_others_is_suspicious(small: Any) -> None:
    """Two vetted providers must agree on less; the lab itself is believed."""
    offered(small, "two", max_context=1_000_000)
    offered(small, "one", max_context=200_000)
    assert doubted(small) == []
    offered(small, "three", max_context=200_000)
    assert doubted(small) == [("two", "window above that of its base")]
    offered(small, "acme", max_context=1_000_000)
    assert doubted(small) == []


def test_a_price_of_another_order_is_suspicious(small: Any) -> None:
    """A thousand times the median of the base's prices, or a thousandth: a unit was confused."""
    small.execute("UPDATE bases SET open_weights = 1")
    for provider in ("one", "two", "three"):
        offered(small, provider, cost=2)
    offered(small, "four", cost=0.002)
    offered(small, "five", cost=2000)
    offered(small, "six", cost=0.01)
    reason = "price three orders off that of others"
    assert doubted(small) == [("five", reason), ("four", reason)]


def test_a_zero_needs_a_reason(small: Any) -> None:
    """A price of 0 is suspicious unless its basis says why it is 0."""
    offered(small, "two", cost=0)
    offered(small, "three", cost=0, price_basis="free")
    offered(small, "one", cost=0, price_basis="self_hosted")
    assert doubted(small) == [("two", "metered at a price of 0, without a reason")]


def test_doubt_is_an_opinion_that_a_user_may_overrule(shipped_catalog: Place) -> None:
    """Suspicious offers are left out by default, say why, and come back by the user's word."""
    with bare(shipped_catalog) as connection:
        [(provider, name, tier)] = connection.execute(
            "SELECT c.provider, c.name, c.quality_tier FROM catalog c JOIN suspicious_offers s "
            "ON s.model_id = c.model_id WHERE c.provider = 'qihang_ai' ORDER BY c.name LIMIT 1"
        ).fetchall()
    asked = ("list", "--known", "--provider", provider, "--tier", tier)
    explained = run_command(shipped_catalog, "explain", f"{provider}/{name}")
    assert "suspicious\tfar below the price of its lab" in explained.out
    assert "left_out\tfacts that are not plausible" in explained.out
    assert f"{provider}/{name}\t" not in run_command(shipped_catalog, *asked).out
    assert (
        f"{provider}/{name}\t" in run_command(shipped_catalog, *asked, "--include-suspicious").out
    )
    with bare(shipped_catalog) as connection:
        connection.execute(
            "INSERT INTO capabilities (model_id, resolver, suspicious) SELECT id, 'user', 0 "
            "FROM models WHERE provider = :provider AND name = :name",
            {"provider": provider, "name": name},
        )
    assert f"{provider}/{name}\t" in run_command(shipped_catalog, *asked).out


@pytest.mark.parametrize("command", [("best", "-n", "100"), ("list", "--limit", "100")])
def test_nobody_unvetted_is_recommended(shipped_catalog: Place, command: tuple[str, ...]) -> None:
    """Known offers are of labs, clouds, hosts and gateways, and plausible; others must be named."""
    done = run_command(shipped_catalog, *command, "--known", "--tools", "--json")
    found = done.json["models"]
    assert len(found) == 100
    assert {classes()[model["spec"]["provider"]] for model in found} & UNVETTED == set()
    assert [m["id"] for m in found if m["capabilities"].get("suspicious")] == []
    if command[0] == "best":
        named = [m["capabilities"]["base"] for m in found if "base" in m["capabilities"]]
        assert len(named) == len(set(named))
    named = run_command(shipped_catalog, *command, "--known", "--provider", "aihubmix", "--json")
    assert {m["spec"]["provider"] for m in named.json["models"]} == {"aihubmix"}
    resold = run_command(shipped_catalog, *command, "--known", "--class", "reseller", "--json")
    assert {m["provider_class"] for m in resold.json["models"]} == {"reseller"}


async def test_the_cheapest_host_of_a_model_can_be_asked_for(shipped_catalog: Place) -> None:
    """`base` and `sort` give the offers by price; `same_model` those of the best, for fail-over."""
    async with ModelRegistry(db=shipped_catalog, environ={}) as registry:
        found = await registry.find_best(
            base="llama-3.3-70b-instruct", sort="cost", n=20, available=False
        )
        same = await registry.find_best(requires_tools=True, n=5, same_model=True, available=False)
    costs = [model.blended_cost for model in found if model.blended_cost is not None]
    assert {model.capabilities.base for model in found} == {"meta/llama-3.3-70b-instruct"}
    assert (len(found), costs) == (20, sorted(costs))
    assert len({model.capabilities.base for model in same}) == 1
    assert len({model.id for model in same}) == 5


def test_a_class_is_a_row_that_a_user_may_add(small: sqlite3.Connection) -> None:
    """A provider that nobody has classed is left out where it is not named, and in with a row."""
    small.execute("INSERT INTO models (provider, name) VALUES ('nobody', 'm')")
    small.execute("INSERT INTO sources (name, kind) VALUES ('list', 'reference')")
    small.execute("INSERT INTO sightings (model_id, source) SELECT id, 'list' FROM models")
    catalog = Catalog(Path(), small, Scope(TODAY))
    assert catalog.count({"available": False}) == 0
    assert catalog.count({"available": False, "provider": "nobody"}) == 1
    small.execute("INSERT INTO provider_classes (provider, class) VALUES ('nobody', 'host')")
    assert catalog.count({"available": False}) == 1


async def test_a_way_of_sorting_must_exist(shipped_catalog: Place) -> None:
    """An unknown one is refused, with those that there are; newest and speed put unknown last."""
    async with ModelRegistry(db=shipped_catalog, environ={}) as registry:
        with pytest.raises(InvalidQuery, match="quality, cost, value, newest, speed"):
            await registry.find_best(sort="nothing", available=False)
        newest = await registry.find_best(n=50, sort="newest", available=False)
        every = await registry.find_best(n=20_000, sort="newest", available=False)
    dates = [model.capabilities.release_date for model in newest]
    assert dates == sorted(map(str, dates), reverse=True)
    assert every[-1].capabilities.release_date is None


def test_the_hosts_of_a_named_base_are_all_listed(shipped_catalog: Place) -> None:
    """`best -n` of one base gives its offers; the error for an unknown one has near ids."""
    asked = ("best", "--known", "--base")
    done = run_command(shipped_catalog, *asked, "claude-sonnet-4.5", "-n", "3")
    assert len(done.out.split()) == 3
    unknown = run_command(shipped_catalog, *asked, "anthropic/claude-sonet-4.5")
    assert unknown.code == 3
    assert "there is no base model anthropic/claude-sonet-4.5 (did you mean" in unknown.err
    assert "anthropic/claude-sonnet-4.5" in unknown.err
