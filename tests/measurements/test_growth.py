"""How many models measurements may add: in a day, over restarts, or none; and the way back."""

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from command_line import run_command, small_catalog
from fork_process import HANG
from modeldex import InvalidMeasurements, ModelRegistry
from modeldex.measurements.record import numbered_rows, record
from modeldex.server.app import application
from modeldex.server.auth import rules
from modeldex.server.registry import ServedRegistry
from modeldex.storage.location import Place
from raw_catalog import bare

TOKEN = "a-token-of-these-tests"  # noqa: S105
HELD = {
    "measurements": "SELECT count(*) FROM measurements",
    "opinions": "SELECT count(*) FROM capabilities",
    "history": "SELECT count(*) FROM capability_history",
    "catalog": "SELECT count(*) FROM catalog",
}


@pytest.fixture
def place(blank_catalog: Place) -> Iterator[Place]:
    """A catalog in which one source lists acme/known, which is also called acme/alias."""
    small_catalog(blank_catalog, {})
    with bare(blank_catalog) as connection:
        for statement in (
            "INSERT INTO models (provider, name) VALUES ('acme', 'known')",
            "INSERT INTO sources (name) VALUES ('acme')",
            "INSERT INTO sightings (model_id, source) SELECT id, 'acme' FROM models",
            "INSERT INTO aliases SELECT 'acme', 'alias', id FROM models",
        ):
            connection.execute(statement)
    yield blank_catalog


def samples(*names: str, tps: float = 1) -> list[dict[str, object]]:
    """One sample of each of these models of acme."""
    return [{"provider": "acme", "name": name, "tokens_per_second": tps} for name in names]


def names(place: Place) -> list[str]:
    """The models of the catalog."""
    with bare(place) as connection:
        return [name for (name,) in connection.execute("SELECT name FROM models ORDER BY name")]


def count(place: Place, what: str) -> int:
    """The number of rows of one of HELD."""
    with bare(place) as connection:
        return int(connection.execute(HELD[what]).fetchone()[0])


async def posted(place: Place, rows: list[dict[str, object]], limit: int) -> httpx.Response:
    """The answer of a server, just started, to measurements of a client."""
    registry = ServedRegistry(db=place, new_models=limit)
    app = application(registry, rules("127.0.0.1", token=TOKEN))
    async with registry:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            return await client.post(
                "/measurements", json={"measurements": rows}, timeout=HANG,
                headers={"authorization": f"Bearer {TOKEN}"},
            )  # fmt: skip


async def test_a_limit_of_the_day_is_counted_in_the_catalog(place: Place) -> None:
    """Other servers, restarts and repeated requests share it; known models are not limited."""
    assert (await posted(place, samples("a", "b"), 3)).status_code == 200
    refused = await posted(place, samples("known", "c", "d"), 3)
    assert refused.status_code == 409
    assert "samples may add 3 in a day, and have added 2 today" in refused.text
    assert count(place, "measurements") == 2
    assert (await posted(place, samples("known", "a", "c", tps=2), 3)).status_code == 200
    assert (await posted(place, samples("d"), 3)).status_code == 409
    assert names(place) == ["a", "b", "c", "known"]


async def test_what_was_added_before_today_does_not_count(place: Place) -> None:
    """The limit is that of a day, by the time at which the catalog first saw a model."""
    record(place, numbered_rows(samples("a", "b")))
    with bare(place) as connection:
        connection.execute("UPDATE models SET first_seen = '2026-01-01T00:00:00.000Z'")
    assert (await posted(place, samples("c"), 1)).status_code == 200


async def test_models_that_a_source_lists_do_not_count(place: Place) -> None:
    """A refresh brings thousands of models on the same day."""
    record(place, numbered_rows(samples("known")))
    assert (await posted(place, samples("a"), 1)).status_code == 200


async def test_known_models_only(place: Place) -> None:
    """With a limit of 0 an alias is known, and a new model refuses the request by its row."""
    refused = await posted(place, samples("known", "a"), 0)
    assert refused.status_code == 409
    [row] = refused.json()["error"]["detail"]["refused"]
    assert (row["row"], row["field"]) == (2, "name")
    assert count(place, "measurements") == 0
    assert (await posted(place, samples("known", "alias"), 0)).status_code == 200
    assert names(place) == ["known"]


async def test_an_import_of_known_models_only_stores_the_rest(place: Place) -> None:
    """Only the rows of unknown models are refused, among many as among few."""
    rows = samples(*["known"] * 30, "a", *["known"] * 30, "b")
    async with ModelRegistry(db=place) as registry:
        report = await registry.record_many(rows, new_models=0)
        assert [each.row for each in report.refused] == [31, 62]
        assert (report.added, report.created) == (60, ())
        with pytest.raises(InvalidMeasurements, match="2 models are new"):
            await registry.record_many(samples("a", "b"), new_models=1)
    assert names(place) == ["known"]


def test_the_command_line_has_the_same_limit(place: Place, tmp_path: Any) -> None:
    """`measure import --new-models 0` refuses a file of unknown models alone."""
    file = tmp_path / "samples.jsonl"
    file.write_text("\n".join(map(json.dumps, samples("known", "a"))))
    found = run_command(place, "measure", "import", str(file), "--new-models", "0", "--json")
    assert (found.code, found.json["added"], found.json["refused_rows"]) == (5, 1, 1)


def test_models_that_nobody_lists_are_forgotten_with_all_that_hangs_on_them(place: Place) -> None:
    """They are counted first and deleted on demand; listed ones and those of a user stay."""
    record(place, numbered_rows(samples("a", "b", "mine", "known", *["a"] * 3)))
    with bare(place) as connection:
        connection.execute(
            "INSERT INTO capabilities (model_id, resolver, max_context) "
            "SELECT id, 'user', 1000 FROM models WHERE name = 'mine'"
        )
    counted = run_command(place, "forget", "--unlisted", "--json").json
    assert counted == {
        "unlisted": True, "dry_run": True, "models": ["acme/a", "acme/b"], "measurements": 5,
        "opinions": 2,
    }  # fmt: skip
    assert len(names(place)) == 4
    text = run_command(place, "forget", "--unlisted").out
    assert "2 models that nobody lists, 5 samples and 2 opinions would be forgotten" in text
    assert "are forgotten" in run_command(place, "forget", "--unlisted", "--yes").out
    assert names(place) == ["known", "mine"]
    assert [count(place, what) for what in HELD] == [2, 3, 0, 2]
    assert run_command(place, "forget", "--unlisted", "--json").json["models"] == []


def test_only_what_came_since_is_forgotten_where_that_is_said(place: Place) -> None:
    """A lab keeps the models that it has measured for long."""
    record(place, numbered_rows(samples("old", "new")))
    with bare(place) as connection:
        connection.execute(
            "UPDATE models SET first_seen = '2026-01-01T00:00:00.000Z' WHERE name = 'old'"
        )
    words = ("forget", "--unlisted", "--since", "7d", "--yes")
    assert "acme/new" in run_command(place, *words).out
    assert names(place) == ["known", "old"]


@pytest.mark.parametrize(
    "words", [(), ("acme", "--unlisted"), ("acme", "--yes"), ("acme", "--since", "1d")]
)
def test_a_source_and_what_nobody_lists_are_two_things(place: Place, words: list[str]) -> None:
    """Either is asked for, and the options of one are refused with the other."""
    found = run_command(place, "forget", *words)
    assert found.code == 2
    assert "--unlisted" in found.err
