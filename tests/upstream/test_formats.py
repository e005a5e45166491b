"""How the answers of hosts and data sets become rows of the catalog, and which are refused."""

import math
import random
from collections import Counter
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import golden
from damaging import JUNK, damaged, faults
from mappings import (
    DATA,
    HOSTED,
    LISTINGS,
    OWN_SHAPE,
    PAYLOADS,
    counted,
    load,
    map_page,
    notes,
    page,
)
from modeldex.errors import SourceFailed
from modeldex.upstream.formats import watsonx
from modeldex.upstream.formats.modalities import param_count
from modeldex.upstream.formats.rows import Mapped, Page

FOLDER = DATA / "golden" / "mappings"
FORMATS = sorted({how.wire for how in LISTINGS.values()})
BARE_ARRAYS = ("together", "github", "deepinfra")
LOCAL = ("vllm", "sglang", "sglang_info", "llamacpp", "lmstudio", "lmstudio_v0", "tgi", "tgi_v1")


def outcome(wire: str, payload: object) -> str:
    """Why an answer is refused, or that it is taken."""
    try:
        map_page(wire, payload, "somebody")
    except SourceFailed as failed:
        return str(failed)
    return "taken"


@pytest.mark.parametrize("payload", PAYLOADS)
def test_an_answer_becomes_these_rows(payload: str, pytestconfig: pytest.Config) -> None:
    """Each field arrives under our name, in our unit and exact; what is lost is counted."""
    golden.check(
        FOLDER / f"{payload}.txt", counted(payload), update=pytestconfig.getoption("update_golden")
    )


def test_there_are_rows_for_every_answer_and_for_no_other() -> None:
    """A file of rows without its answer states what nobody can check, and so does a note."""
    kept = {path.relative_to(FOLDER).with_suffix("").as_posix() for path in FOLDER.rglob("*.txt")}
    assert kept == set(PAYLOADS) >= set(notes())
    assert {name for name in PAYLOADS if name.startswith("listings")} == LISTINGS.keys()


def test_a_local_server_costs_nothing() -> None:
    """Every model of a self-hosted server has the price 0 with the reason beside it."""
    keys = ("input_cost_per_1m", "output_cost_per_1m", "price_basis")
    prices = {
        (name, *(row.get(key) for key in keys))
        for name in LOCAL
        for row in page(f"listings_own/{name}").mapped.rows
    }
    assert prices == {(name, 0.0, 0.0, "self_hosted") for name in LOCAL}


def test_a_host_without_prices_states_none() -> None:
    """No price and no reason for one come from a listing that has no prices."""
    hosts = OWN_SHAPE.keys() - set(LOCAL) - {"litellm_proxy"}
    assert len(hosts) == 12
    assert [
        (name, row["name"], key)
        for name in hosts
        for row in page(f"listings_own/{name}").mapped.rows
        for key in row
        if "cost" in key or "price" in key
    ] == []


def test_a_host_that_is_down_is_no_offer() -> None:
    """Only hosts that are live and named become `model:host`."""
    names = {str(row["name"]) for row in page("listings/huggingface").mapped.rows}
    assert {name for name in names if ":" in name} == {
        "maker/everywhere:alpha",
        "maker/everywhere:beta-ai",
        "maker/partly:alpha",
        "maker/partly:gamma",
        "maker/gift:alpha",
        "maker/unexplained:alpha",
    }


def test_a_day_decides_the_stage_of_life() -> None:
    """On watsonx a stage counts from the day it begins on, and today is the default."""
    payload = load("listings_own/watsonx")
    days = ["2025-01-31", "2025-02-01", "2026-04-30", "2026-05-01", "2026-08-01"]
    pages = [watsonx.map_page(payload, "watsonx", today=day) for day in days]
    pages.append(watsonx.map_page(payload, "watsonx"))
    ears = [next(r for r in p.mapped.rows if r["name"] == "rock/ear") for p in pages]
    stages = [ear.get("lifecycle") for ear in ears]
    assert stages == [None, "active", "active", "deprecated", "retired", "retired"]


def test_boto3_gives_times_as_objects() -> None:
    """Bedrock's dates may be datetimes, as its own client returns them."""
    life = {"status": "LEGACY", "endOfLifeTime": datetime(2027, 7, 21, 5, tzinfo=UTC)}
    payload = {"modelSummaries": [{"modelId": "m", "modelLifecycle": life}], "ResponseMetadata": {}}
    [only] = map_page("bedrock", payload).mapped.rows
    assert only["retires_at"] == "2027-07-21"


def test_a_local_name_may_look_like_an_offer() -> None:
    """Names that mean a free or varying offer elsewhere cost nothing on one's own server."""
    rows = map_page("vllm", {"data": [{"id": "auto"}, {"id": "m:free"}]}).mapped.rows
    assert [row["price_basis"] for row in rows] == ["self_hosted", "self_hosted"]


SIZES = {
    "8b": 8_000_000_000, "46.7b": 46_700_000_000, "805k": 805_000, "26B-A4B": 26_000_000_000,
    "1T": 10**12, " 7B ": 7_000_000_000, "0b": None, "": None, None: None, "large": None,
    "8x7b": None, "7": None, "-7b": None,
}  # fmt: skip


def test_labels_of_size() -> None:
    """A label tells the total number of weights, or nothing."""
    assert {label: param_count(label) for label in SIZES} == SIZES


# Pages.

FOLLOWING: list[tuple[str, object, dict[str, str] | None]] = [
    ("openrouter", {"links": {"next": "https://a/b?limit=5&offset=5"}, "data": []},
     {"limit": "5", "offset": "5"}),
    ("openrouter", {"links": {"next": "/api/v1/models?offset=10"}, "data": []}, {"offset": "10"}),
    ("openrouter", {"links": {"next": None}, "data": []}, None),
    ("openrouter", {"data": []}, None),
    ("fireworks", {"models": [], "nextPageToken": "t"}, {"pageToken": "t"}),
    ("fireworks", {"models": [], "nextPageToken": ""}, None),
    ("fireworks", {"models": []}, None),
    ("openai", {"data": [], "first_id": "model-id-0", "has_more": False}, None),
    ("together", [], None),
    ("anthropic", {"data": [], "has_more": False, "last_id": "x"}, None),
    ("gemini", {"models": [], "nextPageToken": ""}, None),
    ("cohere", {"models": [], "next_page_token": None}, None),
    ("watsonx", {"resources": []}, None),
    ("azure", {"value": [], "nextLink": None}, None),
    ("bedrock", {"inferenceProfileSummaries": [], "nextToken": None}, None),
    *((how.wire, [] if how.wire in BARE_ARRAYS else {"data": []}, None) for how in HOSTED.values()),
]  # fmt: skip


def test_the_next_page_is_asked_for_as_the_answer_says() -> None:
    """A page, which may hold no model, names the query of the next one or is the last."""
    nothing = Mapped([], Counter(), Counter())
    pages = [(wire, payload, map_page(wire, payload)) for wire, payload, _ in FOLLOWING]
    assert pages == [(wire, payload, Page(nothing, after)) for wire, payload, after in FOLLOWING]


HALVES: list[tuple[str, dict[str, object]]] = [
    ("anthropic", {"data": [], "has_more": True, "last_id": None}),
    ("gemini", {"models": [], "nextPageToken": 2}),
    ("cohere", {"models": [], "next_page_token": ["x"]}),
    ("watsonx", {"resources": [], "next": {"href": "https://[half"}}),
    ("azure", {"value": [], "nextLink": "https://management.example/"}),
    ("bedrock", {"inferenceProfileSummaries": [], "nextToken": {"x": 1}}),
    ("openrouter", {"links": {"next": {"href": "?offset=5"}}, "data": []}),
    ("openrouter", {"links": {"next": "http://[broken"}, "data": []}),
    ("fireworks", {"models": [], "nextPageToken": 7}),
]


def test_half_a_listing_is_not_taken_for_all() -> None:
    """An answer that speaks of more models without saying where is refused."""
    told = [(wire, payload, outcome(wire, payload)) for wire, payload in HALVES]
    assert [each for each in told if "more pages" not in each[2]] == []
    assert [each for each in told if "no usable link or token" not in each[2]] == []


# What is no listing.

NO_LISTINGS: list[object] = [
    None,
    "<html><body>Bad gateway</body></html>",
    7,
    {},
    {"error": {"message": "wrong key", "code": "401"}},
    {"data": None},
    {"data": "soon"},
    {"data": {"id": "one"}},
    {"id": "one", "object": "model"},
    {"object": "list", "data": "none"},
    {"data": None, "models": None, "resources": None, "value": None, "modelSummaries": None},
    {"models": {}, "value": "x", "modelSummaries": 3, "resources": {}, "model_id": ""},
]


def test_what_is_no_listing_is_refused() -> None:
    """HTML, errors, single models and foreign envelopes are a failure, not an empty list."""
    told = [(wire, payload, outcome(wire, payload)) for wire in FORMATS for payload in NO_LISTINGS]
    assert [each for each in told if not each[2].startswith("somebody: the response")] == []
    assert [each for each in told if "wrong key" in each[2]] == []


def test_an_array_is_not_an_envelope() -> None:
    """An array where an object is due belongs to another API."""
    arrays: list[object] = [[], [{"id": "one"}]]
    wires = [wire for wire in FORMATS if wire not in BARE_ARRAYS]
    told = [(wire, array, outcome(wire, array)) for wire in wires for array in arrays]
    assert [each for each in told if not each[2].startswith("somebody: the response")] == []


def test_a_list_without_one_readable_row_is_refused() -> None:
    """Rows of another shape must not pass for an empty list, which would retire all models."""
    rows = [{"label": "one"}, 5]
    keys = {how.wire: "data" for how in HOSTED.values()} | {
        "anthropic": "data", "gemini": "models", "mistral": "data", "lmstudio": "models"
    }  # fmt: skip
    payloads = [(wire, rows if wire in BARE_ARRAYS else {key: rows}) for wire, key in keys.items()]
    told = [(wire, payload, outcome(wire, payload)) for wire, payload in payloads]
    assert [each for each in told if "none of the 2 rows is valid" not in each[2]] == []


# Damage.

MORE_JUNK = (*JUNK, 10**400, math.nan, math.inf, "1e-999999", "a" * 100_000, "true", ["a,b", " "])


@settings(max_examples=300, deadline=None)
@given(name=st.sampled_from(sorted(LISTINGS)), chance=st.randoms(use_true_random=False))
def test_damage_is_refused_or_survived(name: str, chance: random.Random) -> None:
    """No damage raises but SourceFailed, or yields what the catalog refuses."""
    wire, provider = LISTINGS[name]
    try:
        rows = map_page(wire, damaged(load(name), chance, MORE_JUNK), provider).mapped.rows
    except SourceFailed:
        rows = []
    assert faults(rows, provider) == []
