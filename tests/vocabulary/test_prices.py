"""Prices beside the usual ones: words, the price list, and how upstream states them."""

import asyncio
import sqlite3
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from modeldex import OverridesResolver, OverridesSource
from modeldex.upstream import snapshots
from modeldex.upstream.formats import genai_prices, litellm, models_dev, openrouter, vercel
from modeldex.upstream.formats.rows import Mapped
from modeldex.vocabulary.fields import BY_NAME
from modeldex.vocabulary.prices import Price, price_list, price_of
from raw_catalog import Below, bare
from sample_offers import COSTS, FACTS, OTHERS, PRICES, holding

METERED = {"litellm_provider": "acme", "mode": "chat", "input_cost_per_token": 3e-06}


@pytest.fixture(scope="module")
def empty(below: Below) -> Iterator[Any]:
    """A catalog without models."""
    with below() as connection:
        yield connection


# Words.


WORDS = {
    "input>200000:2.5": Price("input", Decimal("2.5"), above=200_000),
    "output/batch:5": Price("output", Decimal(5), "batch"),
    "cache_write_1h:6": Price("cache_write_1h", Decimal(6)),
    "output/flex>8:0.01": Price("output", Decimal("0.01"), "flex", 8),
    "cache_read:0": Price("cache_read", Decimal(0)),
    "input@eu-central-1:2.2": Price("input", Decimal("2.2"), region="eu-central-1"),
    "input@1630-0030:0.135": Price("input", Decimal("0.135"), hours="1630-0030"),
    "input@0000-0000w67:0.1": Price("input", Decimal("0.1"), hours="0000-0000w67"),
    "input@2026-12-01..:2.5": Price("input", Decimal("2.5"), valid_from="2026-12-01"),
    "input@..2026-11-30:1.25": Price("input", Decimal("1.25"), valid_until="2026-11-30"),
    "output/batch>200000@*@0400-0600@2026-12-01..2026-12-31:3": Price(
        "output", Decimal(3), "batch", 200_000, "*", "0400-0600", "2026-12-01", "2026-12-31"
    ),
}


def test_a_word_is_a_price() -> None:
    """Direction, processing, size and exact amount are read from a word and written into one."""
    assert {word: price_of(word) for word in WORDS} == WORDS
    assert [price.word for price in WORDS.values()] == [*WORDS]


@given(PRICES)
def test_every_price_survives_as_a_word(price: Price) -> None:
    """What is written as a word is read as the same price, and is a word of the field."""
    assert price_of(price.word) == price
    assert BY_NAME["other_prices"].clean([price.word]) == price.word


def test_any_other_word_states_no_price() -> None:
    """A shell user may have written anything: it is passed over, not an error."""
    odd = [
        "", "input", "input:", "input>0:1", "output/fast:1", "input:1e3", "input@:1",
        "input@..:1", "input@2026-12-01:1", "input@2500-0100:1", "input@EU:1", "input@eu@us:1",
        "input@0000-0100@eu:1", "input@2026-13-01..:1", f"input@{'a' * 41}:1",
        "input@eu@moon=full:1",
    ]  # fmt: skip
    output = Price("output", Decimal("1.5"))
    assert {word: price_of(word) for word in odd} == dict.fromkeys(odd)
    assert [
        (word, price_list({"other_prices": word, "output_cost_per_1m": 1.5})) for word in odd
    ] == [(word, [output]) for word in odd]


def test_the_usual_prices_are_exact_and_lead_the_list() -> None:
    """0.1 is a tenth, whatever a binary fraction makes of it; unknown is absent."""
    facts = {
        "input_cost_per_1m": 0.1, "output_cost_per_1m": None, "cache_read_cost_per_1m": 0,
        "other_prices": frozenset({"output/batch:5", "input/batch:0.05"}),
    }  # fmt: skip
    assert [price.word for price in price_list(facts)] == [
        "input:0.1", "cache_read:0", "input/batch:0.05", "output/batch:5",
    ]  # fmt: skip


@settings(max_examples=40, suppress_health_check=list(HealthCheck))
@given(facts=FACTS)
def test_the_list_is_that_of_the_view(empty: sqlite3.Connection, facts: dict[str, Any]) -> None:
    """People who read the view `prices` see what the library counts with."""
    with holding(empty, {"acme/one": facts}) as catalog:
        seen = catalog.rows(
            "SELECT direction, usd_per_1m, processing, min_prompt_tokens, region, hours, "
            "valid_from, valid_until FROM prices"
        )
    known = [(p.direction, float(p.usd_per_1m), *p[2:]) for p in price_list(facts)]
    assert sorted(seen, key=repr) == sorted(known, key=repr)


# Upstream.


def of_litellm(entry: dict[str, object]) -> Mapped:
    return litellm.rows({"m": {**METERED, **entry}})


def of_models_dev(cost: dict[str, object]) -> Mapped:
    model = {"tool_call": True, "cost": {"input": 3, "output": 15, **cost}}
    return models_dev.rows({"acme": {"models": {"m": model}}})


def of_genai_prices(prices: dict[str, object]) -> Mapped:
    model = {"id": "m", "match": {"equals": "m"}, "prices": {"output_mtok": 15, **prices}}
    return genai_prices.rows([{"id": "acme", "models": [model]}], date(2026, 11, 22))


def of_openrouter(pricing: dict[str, object]) -> Mapped:
    given = {"prompt": "0.000003", "completion": "0.000015", **pricing}
    return openrouter.map_page({"data": [{"id": "m", "pricing": given}]}, "openrouter").mapped


def of_vercel(pricing: dict[str, object]) -> Mapped:
    given = {"input": "0.000003", "output": "0.000015", **pricing}
    return vercel.map_page({"data": [{"id": "m", "pricing": given}]}, "vercel").mapped


LOST: list[tuple[Callable[[dict[str, object]], Mapped], dict[str, object], str]] = [
    (of_litellm, {"input_cost_per_token_batches": -1}, "below 0"),
    (of_litellm, {"input_cost_per_token_batches": 0.0}, "zero beside a price"),
    (of_litellm, {"input_cost_per_token_batches": "cheap"}, "expected a number"),
    (of_litellm, {"input_cost_per_token_batches": True}, "expected a number"),
    (of_litellm, {"input_cost_per_token_batches": 1.5}, "above 1000000"),
    (of_litellm, {"input_cost_per_token_above_999999999k_tokens": 1e-06}, "not a prompt size"),
    (
        of_litellm,
        {"input_cost_per_token_batches": 1e-06, "input_cost_per_token": 0},
        "of an offer that is not metered",
    ),
    (of_models_dev, {"context_over_200k": {"input": -1}}, "below 0"),
    (
        of_models_dev, {"tiers": [{"input": 5, "tier": {"size": "big", "type": "context"}}]},
        "not a prompt size",
    ),
    (
        of_genai_prices, {"input_mtok": {"base": 3, "tiers": [{"start": 0.5, "price": 6}]}},
        "not a prompt size",
    ),
    (of_openrouter, {"prompt": "-1", "input_cache_write_1h": "0.000006"},
     "of an offer that is not metered"),
]  # fmt: skip


def test_what_cannot_be_a_price_is_dropped_and_counted() -> None:
    """A wrong amount costs itself only, and is counted under its reason."""
    for read, stated, reason in LOST:
        mapped = read(stated)
        assert [row.get("other_prices") for row in mapped.rows] == [None], stated
        assert mapped.values[f"other_prices: {reason}"] == 1, stated


def test_a_price_book_does_not_hide_a_longer_list() -> None:
    """Sizes alone give way to a data set that also knows what batches cost."""
    stated = of_genai_prices({"input_mtok": 3, "cache_write_1h_mtok": 6})
    others: list[dict[str, object]] = [
        {"other_prices": ["input/batch:1.5"]}, {"other_prices": ["input>200000:6"]}, {}
    ]  # fmt: skip
    rows = [
        genai_prices.confirmed(stated, [{"provider": "acme", "name": "m", **other}]).rows
        for other in others
    ]
    assert [["other_prices" in row for row in each] for each in rows] == [[False], [True], [True]]


def test_the_shipped_prices_are_all_of_the_vocabulary() -> None:
    """Every shipped word is a price, and no slice of a model has two."""
    words = [
        row["other_prices"]
        for name in snapshots.NAMES
        for row in snapshots.load(name).rows
        if "other_prices" in row
    ]
    slices = [[word.partition(":")[0] for word in each] for each in words]
    assert len(words) > 1000
    assert [word for each in words for word in each if price_of(word) is None] == []
    assert [each for each in slices if len(each) != len(set(each))] == []


def test_a_well_known_price_list_is_shipped(shipped_catalog: Path) -> None:
    """The view gives the price of a long prompt in a batch, as its maker publishes it."""
    with bare(shipped_catalog) as connection:
        found = connection.execute(
            "SELECT min_prompt_tokens >= 200000, usd_per_1m FROM prices WHERE provider = 'gemini' "
            "AND name = 'gemini-2.5-pro' AND direction = 'input' AND processing = 'batch' "
            "ORDER BY min_prompt_tokens"
        ).fetchall()
    assert found == [(0, 0.625), (1, 1.25)]


def test_overrides_may_state_other_prices(tmp_path: Path) -> None:
    """A list of words in the override file is what the resolver answers."""
    path = tmp_path / "overrides.yaml"
    path.write_text(
        "models:\n  - provider: acme\n    name: m\n    capabilities:\n"
        "      input_cost_per_1m: 2\n      other_prices: [input/batch:1, 'input>200000:4']\n"
    )
    (spec,) = asyncio.run(OverridesSource([path]).discover())
    known = asyncio.run(OverridesResolver([path]).get_capabilities(spec))
    assert known.other_prices == {"input/batch:1", "input>200000:4"}


@settings(max_examples=30)
@given(words=OTHERS, cost=COSTS)
def test_a_list_of_prices_comes_back_from_every_form(words: frozenset[str], cost: float) -> None:
    """A set, a sorted list and the stored text of the words give the same price list."""
    forms: list[object] = [words, sorted(words), ",".join(sorted(words)) or None]
    lists = [price_list({"other_prices": form, "input_cost_per_1m": cost}) for form in forms]
    assert lists[0] == lists[1] == lists[2]
