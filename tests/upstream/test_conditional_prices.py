"""Prices of a region, of hours and of days, as the data sets state them."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modeldex.upstream.formats import genai_prices, litellm, openrouter, peak_hours
from modeldex.upstream.formats.rows import Mapped
from modeldex.vocabulary.price_hours import EVERY_DAY, Hours, others
from modeldex.vocabulary.prices import price_of

MINUTES = st.integers(0, 47).map(lambda half: half * 30)
SPANS = st.builds(Hours, MINUTES, MINUTES, st.just(EVERY_DAY))
DAYS = st.sets(st.integers(1, 7), min_size=1)
MONDAY = datetime(2026, 11, 23, tzinfo=UTC)
WEEK = [MONDAY + timedelta(minutes=30 * step) for step in range(7 * 48)]
DAY = WEEK[:48]


@given(st.builds(Hours, MINUTES, MINUTES, DAYS.map(lambda days: tuple(sorted(days)))))
def test_hours_survive_as_text(hours: Hours) -> None:
    """What is written as hours is read as the same ones, also in a word."""
    assert Hours.of(hours.text) == hours
    price = price_of(f"input@{hours.text}:1")
    assert price is not None
    assert price.hours == hours.text


@given(st.lists(SPANS, min_size=1, max_size=3))
def test_the_other_hours_are_the_rest_of_the_day(spans: list[Hours]) -> None:
    """Each moment lies in one of the spans or in one of the others, never in both."""
    rest = list(others(spans))
    for moment in DAY:
        held = any(span.hold(moment) for span in spans)
        assert [hours.hold(moment) for hours in rest].count(True) == (0 if held else 1)


@settings(max_examples=60)
@given(
    st.lists(SPANS, min_size=1, max_size=3), DAYS,
    st.sampled_from(("UTC", "Asia/Shanghai", "America/Bogota", "Asia/Kathmandu")),
)  # fmt: skip
def test_days_of_a_zone_become_hours_in_utc(spans: list[Hours], days: set[int], zone: str) -> None:
    """The day of the week is that of the zone at each moment, the hours are of UTC."""
    found = list(peak_hours.on_days(spans, days, zone))
    for moment in WEEK:
        local = moment.astimezone(ZoneInfo(zone)).isoweekday()
        held = any(span.hold(moment) for span in spans) and local in days
        assert any(hours.hold(moment) for hours in found) == held, moment


def test_a_zone_whose_hours_move_is_refused() -> None:
    """Summer time cannot be written as hours in UTC, an unknown zone not at all."""
    for zone in ("Europe/Berlin", "Mars/Olympus", "../x"):
        with pytest.raises(ValueError, match=r"zone|distance|key"):
            list(peak_hours.on_days([Hours(0, 60)], [1], zone))


OFF_PEAK = {
    "input_cost_per_token": 5e-07,
    "output_cost_per_token": 1e-06,
    "hours_utc": "16:30-00:30",
}


def of_litellm(**entries: dict[str, Any]) -> Mapped:
    """The rows of a price map of these entries, all with the same main prices."""
    main = {
        "litellm_provider": "bedrock_converse", "mode": "chat",
        "input_cost_per_token": 1e-06, "output_cost_per_token": 4e-06,
    }  # fmt: skip
    return litellm.rows({key: {**main, **entry} for key, entry in entries.items()})


def words(mapped: Mapped, place: int = 0) -> object:
    """The other prices of a row."""
    return mapped.rows[place].get("other_prices")


LITELLM: list[tuple[dict[str, dict[str, Any]], object]] = [
    ({"m": {"off_peak_pricing": OFF_PEAK}}, ["input@1630-0030:0.5", "output@1630-0030:1"]),
    (
        {"m": {"off_peak_pricing": {
            "input_cost_per_token": 5e-07,
            "windows": [{"hours_utc": ["20:00-24:00"], "weekdays": [6, "Sunday", "x", True]}],
        }}},
        ["input@2000-0000w67:0.5"],
    ),
    (
        {"m": {}, "bedrock/eu-west-2/m": {
            "input_cost_per_token": 2e-06, "input_cost_per_token_batches": 1e-06,
        }},
        ["input/batch@eu-west-2:1", "input@eu-west-2:2", "output@eu-west-2:4"],
    ),
    ({"m": {}, "bedrock/eu-west-2/1-month-commitment/m": {}}, None),
    ({"m": {}, "bedrock/*/m": {}, "bedrock/eu-west-2/other": {}}, None),
    ({"m": {"regional_processing_uplift_multiplier_eu": 1.1}}, ["input@eu:1.1", "output@eu:4.4"]),
    ({"m": {"regional_endpoint_uplift_multiplier": 1.5}}, ["input@*:1.5", "output@*:6"]),
    (
        {"m": {"provider_specific_entry": {"us": 1.1, "fast": 2}}},
        ["input@us:1.1", "output@us:4.4"],
    ),
    ({"m": {"provider_specific_entry": {"us": "dear"}}}, None),
]  # fmt: skip


def test_litellm_prices_regions_and_hours() -> None:
    """A key of a region, a factor or hours are prices of the model that they are of."""
    found = [words(of_litellm(**entries)) for entries, _ in LITELLM]
    assert found == [expected for _, expected in LITELLM]


def test_hours_that_cannot_be_read_are_counted() -> None:
    """A price of unknown hours, or one that is higher off the peak, is none."""
    dear = {"input_cost_per_token": 9e-06, "hours_utc": "16:30-00:30"}
    odd: list[tuple[dict[str, Any], str]] = [
        ({**OFF_PEAK, "hours_utc": "at night"}, "of hours that cannot be read"),
        ({**OFF_PEAK, "hours_utc": None}, "of hours that cannot be read"),
        (
            {**OFF_PEAK, "hours_utc": None, "weekday_timezone": "Europe/Berlin",
             "windows": [{"hours_utc": "00:00-01:00", "weekdays": [1]}]},
            "of hours that cannot be read",
        ),
        (dear, "an off-peak price that is no lower"),
    ]  # fmt: skip
    for block, reason in odd:
        mapped = of_litellm(m={"off_peak_pricing": block})
        assert (words(mapped), mapped.values[f"other_prices: {reason}"]) == (None, 1)


def of_genai(*prices: dict[str, Any]) -> dict[str, object]:
    """The row of a model with these prices on 2026-11-22."""
    model = {"id": "m", "match": {"equals": "m"}, "prices": list(prices)}
    mapped = genai_prices.rows([{"id": "acme", "models": [model]}], date(2026, 11, 22))
    return mapped.rows[0]


def cost(input_: float, output: float, **constraint: str) -> dict[str, Any]:
    """One price of a list, with its constraint."""
    return {"prices": {"input_mtok": input_, "output_mtok": output}, "constraint": constraint}


def test_the_dearest_hours_are_the_main_price() -> None:
    """Whichever hours a list names, what ranks is the price of the peak."""
    peak = of_genai(cost(1, 2), cost(2, 4, start_time="01:00:00Z", end_time="04:00:00Z"))
    night = of_genai(cost(2, 4), cost(1, 2, start_time="16:30:00Z", end_time="00:30:00Z"))
    assert [(row["input_cost_per_1m"], row["other_prices"]) for row in (peak, night)] == [
        (2.0, ["input@0400-0100:1", "output@0400-0100:2"]),
        (2.0, ["input@1630-0030:1", "output@1630-0030:2"]),
    ]


def test_a_price_to_come_is_known_before_its_day() -> None:
    """The list in force is the main one; later ones are words from their day on."""
    row = of_genai(
        cost(1, 2), cost(2, 4, start_date="2026-11-01"), cost(4, 8, start_date="2026-12-01"),
        cost(5, 8, start_date="2027-01-01"),
    )  # fmt: skip
    assert (row["input_cost_per_1m"], row["other_prices"]) == (
        2.0,
        ["input@2026-12-01..:4", "input@2027-01-01..:5", "output@2026-12-01..:8",
         "output@2027-01-01..:8"],
    )  # fmt: skip


def test_two_lists_of_the_same_prices_are_joined() -> None:
    """Days of one data set and batches of another stand beside each other; so do its weekdays."""
    stated = {"provider": "acme", "name": "m", "input_cost_per_1m": 2.0}
    cases = [
        (["input@2026-12-01..:4"], 2.0, ["input/batch:1"],
         ["input/batch:1", "input@2026-12-01..:4"]),
        (["input@2026-12-01..:4"], 3.0, ["input/batch:1"], ["input@2026-12-01..:4"]),
        (["input@0400-0100:1"], 2.0, ["input@0000-0000w67:1"], ["input@0000-0000w67:1"]),
        (["input>8:4"], 2.0, ["input@eu:3"], ["input>8:4", "input@eu:3"]),
        (["input>8:4"], 3.0, ["input@eu:3"], ["input>8:4"]),
    ]  # fmt: skip
    for own, price, more, expected in cases:
        mapped = genai_prices.rows([])._replace(rows=[{**stated, "other_prices": own}])
        other = {**stated, "input_cost_per_1m": price, "other_prices": more}
        (row,) = genai_prices.confirmed(mapped, [other]).rows
        assert row["other_prices"] == expected, own


def test_openrouter_prices_hours() -> None:
    """Overrides with hours are the price of these hours, and the dearest is the main one."""
    pricing = {
        "prompt": "0.000001", "completion": "0.000002",
        "overrides": [
            {"utc_start": 100, "utc_end": 400, "prompt": "0.000003"},
            {"utc_start": 400, "utc_end": 9900, "prompt": "0.000009"},
        ],
    }  # fmt: skip
    row = openrouter.map_page({"data": [{"id": "m", "pricing": pricing}]}, "openrouter").mapped
    assert row.rows[0]["input_cost_per_1m"] == 3.0
    assert row.rows[0]["other_prices"] == ["input@0400-0100:1"]
