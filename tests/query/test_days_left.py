"""How long an offer still answers: who is recommended, and what every answer says of an end."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from mcp import Client

from command_line import run_command, small_catalog, write
from modeldex import InvalidQuery, ModelQuery, ModelRegistry
from modeldex.server import mcp
from modeldex.server.app import application
from modeldex.server.auth import rules
from modeldex.server.registry import ServedRegistry
from modeldex.storage.location import Place
from modeldex.vocabulary import clock
from modeldex.vocabulary.ends import days_left, ending
from random_history import age

TODAY = "2026-11-22"
CHEAP = {"output_cost_per_1m": 1.0, "quality_tier": "best", "supports_tools": True}
OFFERS: dict[str, dict[str, object]] = {
    "acme/soon": {
        **CHEAP, "input_cost_per_1m": 1.0, "retires_at": "2026-12-11", "replacement": "later",
        "supports_vision": True,
    },
    "acme/month": {**CHEAP, "input_cost_per_1m": 2.0, "retires_at": "2026-11",
                   "supports_vision": True},
    "acme/later": {**CHEAP, "input_cost_per_1m": 3.0, "retires_at": "2027-03-01"},
    "acme/endless": {**CHEAP, "input_cost_per_1m": 4.0},
    "acme/gone": {**CHEAP, "input_cost_per_1m": 0.1, "retires_at": "2026-11-01"},
}  # fmt: skip
NOTHING_LASTS = "nothing that lasts 30 days meets the criteria"
SOON = "ends on 2026-12-11, in 19 days; replacement later"
MONTH = "ends on 2026-11-30, in 8 days; replacement unknown"


@pytest.fixture(autouse=True)
def _today(monkeypatch: pytest.MonkeyPatch) -> None:
    moment = datetime.fromisoformat(TODAY).replace(tzinfo=UTC).timestamp()
    monkeypatch.setattr(clock, "wall", lambda: moment)


@pytest.fixture
def catalog(catalog_path: Place) -> Place:
    """Two offers that end soon, one that ends later, one without an end, one that has ended."""
    return small_catalog(catalog_path, OFFERS)


@pytest.fixture
async def registry(catalog: Place) -> AsyncIterator[ModelRegistry]:
    """The library on it."""
    async with ModelRegistry(db=catalog, environ={}) as opened:
        yield opened


def best(catalog: Place, *args: str) -> Any:
    """The command `best` over all known models."""
    return run_command(catalog, "best", "--known", *args)


@pytest.mark.parametrize(
    ("ends", "left"),
    [
        ("2026-12-11", 19), ("2026-11-22", 0), ("2026-11-21", -1), ("2026-11", 8),
        ("2028-02", 464), ("nonsense", None), (5, None),
    ],
)  # fmt: skip
def test_days_are_counted_to_the_last_one(ends: object, left: int | None) -> None:
    """YYYY-MM is the last day of that month; what is no date has no days left."""
    assert days_left(ends, TODAY) == left


def test_an_end_is_said_in_words() -> None:
    """With the days until it and the replacement, which may be unknown."""
    assert ending("2026-12-11", 19, "later") == SOON
    assert ending("2026-11", 8, None) == MONTH
    assert ending("2026-11-22", 0, "x") == "ends on 2026-11-22, today; replacement x"
    assert ending("2026-11-23", 1, "x") == "ends on 2026-11-23, tomorrow; replacement x"
    assert ending("2026-11-21", -1, "x") == "was to end on 2026-11-21; replacement x"


async def test_the_best_model_lasts(registry: ModelRegistry) -> None:
    """find_best passes over cheaper offers that end within 30 days; query and list do not."""
    found = await registry.find_best(available=False)
    assert found is not None
    assert (found.id, found.days_left, found.remark) == ("acme/later", 99, None)
    several = await registry.find_best(available=False, n=9)
    assert [model.id for model in several] == ["acme/later", "acme/endless"]
    every = await registry.query(ModelQuery(available=False))
    assert [model.id for model in every] == [
        "acme/soon", "acme/month", "acme/later", "acme/endless",
    ]  # fmt: skip
    assert [model.days_left for model in every] == [19, 8, 99, None]
    assert len(await registry.find_best(available=False, n=9, min_days_left=0)) == 4


async def test_the_ending_one_is_given_where_nothing_else_is(registry: ModelRegistry) -> None:
    """With a remark; it is not the first page that a later one continues."""
    asked: dict[str, Any] = {"available": False, "requires_vision": True}
    found = await registry.find_best(**asked)
    assert found is not None
    assert (found.id, found.remark) == ("acme/soon", f"{SOON}; {NOTHING_LASTS}")
    several = await registry.find_best(**asked, n=2)
    assert [model.remark for model in several] == [
        f"{SOON}; {NOTHING_LASTS}", f"{MONTH}; {NOTHING_LASTS}",
    ]  # fmt: skip
    plain = await registry.query(ModelQuery(**asked))
    assert [model.remark for model in plain] == [None, None]
    assert await registry.find_best(available=False, offset=2) is None


async def test_a_stated_number_of_days_is_kept(registry: ModelRegistry) -> None:
    """Then nothing is given that ends sooner; the explanation names what was required."""
    asked: dict[str, Any] = {"available": False, "requires_vision": True}
    assert await registry.find_best(**asked, min_days_left=30) is None
    found = await registry.find_best(**asked, min_days_left=19)
    assert found is not None
    assert found.id == "acme/soon"
    assert await registry.find_best(**asked, min_days_left=10**12) is None
    why = await registry.explain_query(**asked, min_days_left=20)
    assert "days left >= 20" in {each.wants for each in why.requirements}
    assert {miss.id: miss.lack.text for miss in why.nearest}["acme/soon"] == (
        "ends on 2026-12-11, days left < 20"
    )
    assert not ModelQuery(min_days_left=20).matches(found)
    assert ModelQuery(min_days_left=19).matches(found)


@pytest.mark.parametrize("days", [-1, "soon", 1.5])
async def test_a_number_of_days_is_whole_and_not_negative(
    registry: ModelRegistry, catalog: Place, days: object
) -> None:
    """The library refuses what it cannot be, and so does the command line, with exit code 2."""
    with pytest.raises(InvalidQuery, match="min_days_left"):
        await registry.find_best(min_days_left=days)  # type: ignore[call-overload]
    refused = best(catalog, "--min-days-left", str(days))
    assert (refused.code, "'--min-days-left'" in refused.err) == (2, True)


async def test_a_past_question_counts_from_its_day(catalog_path: Place) -> None:
    """As of 40 days ago an offer that ends in 20 days had 60 left, for library and commands."""
    small_catalog(catalog_path, {"acme/a": {**CHEAP, "retires_at": "2026-12-12"}})
    age(catalog_path, 50)
    with write(catalog_path) as connection:
        connection.execute("UPDATE capabilities SET observed_at = observed_at")
    told = best(catalog_path, "--as-of", "2026-10-13", "--json").json["model"]
    async with ModelRegistry(db=catalog_path, environ={}) as registry:
        then = await registry.find_best(available=False, as_of="2026-10-13")
        selected = await registry.find_best(available=False, as_of="2026-10-13", distinct="base")
        named = await registry.find_model("acme/a", as_of="2026-10-13")
        long = await registry.find_best(available=False, as_of="2026-10-13", min_days_left=61)
        now = await registry.find_best(available=False)
    assert [each and each.days_left for each in (then, selected, named, now)] == [60, 60, 60, 20]
    assert (told["days_left"], "remark" in told, long) == (60, False, None)
    assert [each and bool(each.remark) for each in (then, now)] == [False, True]


async def test_the_next_day_is_another_answer(
    registry: ModelRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A cached answer is of its day: the same question counts anew after midnight."""
    asked: dict[str, Any] = {"available": False, "include_deprecated": True, "min_days_left": 0}
    before = [model.days_left for model in await registry.find_best(n=9, **asked)]
    moment = clock.wall() + 86_400
    monkeypatch.setattr(clock, "wall", lambda: moment)
    after = [model.days_left for model in await registry.find_best(n=9, **asked)]
    assert before == [-21, 19, 8, 99, None]
    assert after == [-22, 18, 7, 98, None]


# From the command line.


def test_best_says_when_its_answer_ends(catalog: Place) -> None:
    """A script hears of an end that is near, on stderr; in JSON every end is in the model."""
    done = best(catalog)
    assert (done.out, done.err) == ("acme/later\n", "")
    wanted = best(catalog, "--min-days-left", "5")
    assert (wanted.out, wanted.err) == ("acme/soon\n", f"Warning: acme/soon {SOON}\n")
    shown = best(catalog, "--json")
    assert (shown.json["model"]["days_left"], shown.err) == (99, "")
    soon = best(catalog, "--vision", "-n", "2", "--distinct", "none")
    assert soon.out == "acme/soon\nacme/month\n"
    assert soon.err == (
        f"Warning: acme/soon {SOON}; {NOTHING_LASTS}\n"
        f"Warning: acme/month {MONTH}; {NOTHING_LASTS}\n"
    )
    model = best(catalog, "--vision", "--json").json["model"]
    assert model["remark"] == f"{SOON}; {NOTHING_LASTS}"
    assert (model["days_left"], model["capabilities"]["replacement"]) == (19, "later")
    assert best(catalog, "--min-days-left", "100").out == "acme/endless\n"


def test_no_answer_names_the_days_that_were_required(catalog: Place) -> None:
    """An explicit --min-days-left is what is suggested to be left out."""
    done = best(catalog, "--vision", "--min-days-left", "20")
    assert done.code == 3
    assert "without --min-days-left 2 do" in done.err
    with write(catalog) as connection:
        connection.execute("INSERT INTO sources (name, kind) VALUES ('own', 'live')")
        connection.execute(
            "INSERT INTO sightings (model_id, source) SELECT id, 'own' FROM models "
            "WHERE name = 'soon'"
        )
    here = run_command(catalog, "best", "--min-days-left", "20")
    assert here.code == 3
    assert here.err == (
        "Error: no model that can be called from here lasts 20 days and matches; "
        "without --min-days-left 1 does\n"
    )


def test_a_list_has_a_column_where_an_end_is_ahead(catalog: Place) -> None:
    """An ordinary list keeps its columns."""
    every = run_command(catalog, "list", "--known").table
    assert [row["retires_at"] for row in every] == ["2026-12-11", "2026-11", "2027-03-01", ""]
    plain = run_command(catalog, "list", "--known", "--min-days-left", "100").table
    assert [row["id"] for row in plain] == ["acme/endless"]
    assert "retires_at" not in plain[0]


def test_show_says_when_a_model_ends(catalog: Place) -> None:
    """In one line, in which an unknown replacement is called so."""
    shown = {row["field"]: row["value"] for row in run_command(catalog, "show", "acme/month").table}
    assert shown["ending"] == MONTH
    told = run_command(catalog, "show", "acme/month", "--json").json["model"]
    assert (told["days_left"], "replacement" in told["capabilities"]) == (8, False)


# From a server.


@pytest.fixture
async def served(catalog: Place) -> AsyncIterator[ServedRegistry]:
    """A server's registry on it."""
    async with ServedRegistry(db=catalog, environ={}) as opened:
        yield opened


async def test_http_and_mcp_recommend_what_lasts(served: ServedRegistry) -> None:
    """As the library; each entry has its days left, and the last resort a remark."""
    transport = httpx.ASGITransport(application(served, rules("127.0.0.1")))
    paths = ("/best", "/best?requires_vision=1", "/best?requires_vision=1&min_days_left=30")
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as asked:
        found = [(await asked.get(path)).json()["models"] for path in paths]
        total = (await asked.get("/query")).json()["total"]
        refused = await asked.get("/best?min_days_left=-1")
    async with Client(mcp.server(served)) as client:
        given = {"requires_vision": True, "full": True}
        tool = (await client.call_tool("find_best", given)).structured_content
    assert [[model["id"] for model in models] for models in found] == [
        ["acme/later"], ["acme/soon"], [],
    ]  # fmt: skip
    assert (found[0][0]["days_left"], "remark" in found[0][0]) == (99, False)
    assert (found[1][0]["days_left"], found[1][0]["remark"]) == (19, f"{SOON}; {NOTHING_LASTS}")
    assert tool is not None
    assert tool["models"] == found[1]
    assert (total, refused.status_code) == (4, 400)


async def test_the_page_recommends_what_lasts(served: ServedRegistry) -> None:
    """It has 30 days as its default, links to the search without, and says when models end."""
    transport = httpx.ASGITransport(application(served, rules("127.0.0.1")))
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as asked:
        first, wider, last, strict, model = [
            (await asked.get(path, headers={"accept": "text/html"})).text
            for path in (
                "/", "/?min_days_left=0", "/?requires_vision=true",
                "/?requires_vision=true&min_days_left=20", "/m/acme/soon",
            )
        ]  # fmt: skip
    assert ("acme/soon" in first, "2 of 5 known models match" in first) == (False, True)
    assert 'href="/?min_days_left=0">2 more without it' in first
    assert SOON in wider
    assert SOON in last
    assert f"These models end soon: {NOTHING_LASTS}." in last
    assert "No model meets all criteria." in strict
    assert "2026-12-11 (19 days left)" in model
