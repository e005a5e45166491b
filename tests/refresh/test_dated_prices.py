"""A price that changes on a known day: the main price after a refresh, and what is said before."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from command_line import run_command, small_catalog
from custom_parts import DictResolver, ListSource
from modeldex import ModelCapabilities, ModelRegistry, ModelSpec, Workload
from modeldex.refresh.first_copy import copy_if_new
from modeldex.refresh.run import refresh
from modeldex.resolvers.inferred import InferredResolver
from modeldex.storage.location import Place
from modeldex.vocabulary import clock
from raw_catalog import bare

MAIN = {"input_cost_per_1m": 2.0, "output_cost_per_1m": 10.0, "cache_read_cost_per_1m": 0.5}
WORDS = {"input@2026-12-01..:4", "output@2026-12-01..:20", "input/batch:1"}
PROMOTION = {"input@..2026-11-30:1"}


def at(moment: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let it be this time."""
    seconds = datetime.fromisoformat(moment).timestamp()
    monkeypatch.setattr(clock, "wall", lambda: seconds)


async def prices(place: Place, words: set[str]) -> tuple[object, ...]:
    """Input, output, cache read and blended price after a refresh."""
    facts = ModelCapabilities.model_validate({**MAIN, "other_prices": words})
    says = DictResolver({"m": facts}, precedence=220, version=str(len(words)))
    source = ListSource([ModelSpec(provider="acme", name="m")], "lists", kind="reference")
    await refresh(place, [source], [says, InferredResolver("dated_prices")])
    with bare(place) as connection:
        (row,) = connection.execute(
            "SELECT input_cost_per_1m, output_cost_per_1m, cache_read_cost_per_1m, blended_cost "
            "FROM catalog"
        ).fetchall()
    return tuple(row)


async def test_a_dated_price_is_the_main_one_from_its_day_on(
    new_catalog: Callable[[], Place], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first refresh of that day moves it, though no data has changed; the rest stays."""
    place = new_catalog()
    at("2026-11-30T23:00Z", monkeypatch)
    before = await prices(place, WORDS)
    at("2026-12-01T00:10Z", monkeypatch)
    on_the_day = await prices(place, WORDS)
    at("2026-12-02T00:10Z", monkeypatch)
    later = await prices(place, WORDS - {"input@2026-12-01..:4", "output@2026-12-01..:20"})
    assert (before, on_the_day) == ((2.0, 10.0, 0.5, 4.0), (4.0, 20.0, 0.5, 8.0))
    assert later == before


async def test_a_price_until_a_day_ends_with_it(
    new_catalog: Callable[[], Place], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What holds until a day is the price of that day, and not of the next."""
    place = new_catalog()
    at("2026-11-30T23:00Z", monkeypatch)
    before = await prices(place, PROMOTION)
    at("2026-12-01T00:10Z", monkeypatch)
    assert (before[0], (await prices(place, PROMOTION))[0]) == (1.0, 2.0)


@pytest.mark.sqlite_only("a copy of the ready file")
async def test_the_first_answer_on_that_day_has_the_price_of_that_day(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also of shipped data that nobody has refreshed since; only such prices are looked at."""
    path = tmp_path / "catalog.db"
    assert copy_if_new(path, {})
    with bare(path) as connection:
        (day,) = connection.execute(
            "SELECT min(value) FROM about WHERE key = 'changes_on'"
        ).fetchone()
        if day is None:
            pytest.skip("no shipped price begins on a day ahead")
        found = connection.execute(
            "SELECT m.provider, m.name, c.other_prices FROM capabilities c JOIN models m "
            f"ON m.id = c.model_id WHERE c.other_prices LIKE '%input@{day}..:%'"
        ).fetchone()
    provider, name, words = found
    price = float(words.partition(f"input@{day}..:")[2].partition(",")[0])
    told = []
    for moment in (f"{date.fromisoformat(day) - timedelta(1)}T23:00Z", f"{day}T00:10Z"):
        at(moment, monkeypatch)
        async with ModelRegistry(db=path) as registry:
            told.append(await registry.find_model(provider, name))
    before, after = (each.capabilities.input_cost_per_1m for each in told if each)
    assert before != price
    assert after == price
    with bare(path) as connection:
        [(last, changed)] = connection.execute(
            "SELECT name, changed FROM run_steps ORDER BY id DESC LIMIT 1"
        ).fetchall()
        rest = connection.execute("SELECT value FROM about WHERE key = 'changes_on'").fetchall()
    assert (last, changed > 0) == ("dated_prices", True)
    assert all(other > day for (other,) in rest)


def test_a_change_ahead_is_said_wherever_a_price_is(
    new_catalog: Callable[[], Place], monkeypatch: pytest.MonkeyPatch
) -> None:
    """`best`, `cost`, `show` and every model in JSON say it 30 days ahead, without a refresh."""
    place = small_catalog(new_catalog(), {"acme/m": {**MAIN, "other_prices": ",".join(WORDS)}})
    size = ("--input-tokens", "1m", "--json")
    at("2026-11-24T12:00Z", monkeypatch)
    best = run_command(place, "best", "--known", "--json").json
    (cost,) = run_command(place, "cost", "acme/m", *size).json["models"]
    assert "$10 out per 1M tokens, from 2026-12-01 4/20" in best["why"]
    assert best["model"]["price_change"] == "from 2026-12-01 4/20"
    assert (cost["cost"]["usd"], cost["cost"]["notes"]) == (2.0, ["from 2026-12-01 4/20"])
    (ahead,) = run_command(place, "cost", "acme/m", *size, "--at", "2026-12-01").json["models"]
    at("2026-12-01T12:00Z", monkeypatch)
    (after,) = run_command(place, "cost", "acme/m", *size).json["models"]
    assert after["cost"] == ahead["cost"]
    assert (after["cost"]["usd"], after["cost"]["notes"]) == (4.0, ["price from 2026-12-01"])


async def test_a_registry_names_the_change_too(
    new_catalog: Callable[[], Place], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A model of the library has `price_change`, and a workload takes region and time."""
    at("2026-11-24T12:00Z", monkeypatch)
    words = ",".join({*WORDS, "input@eu:3"})
    place = small_catalog(new_catalog(), {"acme/m": {**MAIN, "other_prices": words}})
    async with ModelRegistry([], [], db=place) as registry:
        model = await registry.find_best(available=False, workload=Workload(1_000_000, 0))
        assert model is not None
        assert model.price_change == "from 2026-12-01 4/20"
        load = Workload(1_000_000, 0, region="eu", at="2026-12-05")
        assert load.cost_of(model).usd == 3.0


async def test_the_view_of_prices_has_their_conditions(new_catalog: Callable[[], Place]) -> None:
    """Region, hours and days are columns, also where a word is not known, which is left out."""
    place = new_catalog()
    await prices(place, {"input/batch>8@eu@1630-0030@2026-12-01..2026-12-31:3", "output@*:2"})
    with bare(place) as connection:
        connection.execute(
            "UPDATE capabilities SET other_prices = other_prices || ',input@moon=full:x,odd'"
        )
        rows = connection.execute(
            "SELECT direction, processing, min_prompt_tokens, usd_per_1m, region, hours, "
            "valid_from, valid_until FROM prices WHERE region IS NOT NULL ORDER BY direction"
        ).fetchall()
    assert [tuple(row) for row in rows] == [
        ("input", "batch", 8, 3.0, "eu", "1630-0030", "2026-12-01", "2026-12-31"),
        ("output", "standard", 0, 2.0, "*", None, None, None),
    ]
