"""Commands say where resolvers contradict each other's prices."""

from collections.abc import Callable

import pytest

from command_line import run_command, small_catalog
from modeldex.storage.location import Place
from raw_catalog import bare

LOAD = "--input-tokens", "1k"
TEXT = "price in doubt: user2 $1 in, $4 out, litellm $3 in, $4 out"


@pytest.fixture(scope="module")
def doubted(new_place: Callable[[], Place]) -> Place:
    """A catalog with two offers: of one, two resolvers state inputs three times apart."""
    priced = {"quality_tier": "best", "supports_tools": True}
    place: Place = small_catalog(new_place(), {"openai/one": priced, "openai/two": priced})
    with bare(place) as connection:
        connection.execute("INSERT INTO resolvers (name, precedence) VALUES ('user2', 400)")
        connection.execute(
            "INSERT INTO capabilities (model_id, resolver, input_cost_per_1m, output_cost_per_1m) "
            "SELECT m.id, r.name, CASE WHEN r.name = 'litellm' AND m.name = 'one' THEN 3 ELSE 1 END"
            ", 4 FROM models m CROSS JOIN resolvers r WHERE r.name IN ('user2', 'litellm')"
        )
    return place


def test_the_best_model_has_the_doubt(doubted: Place) -> None:
    """`best` gives it as a field: what each resolver states."""
    found = run_command(doubted, "best", "--known", "--json").json
    assert found["model"]["id"] == "openai/one"
    assert found["price_doubts"] == [
        {
            "id": "openai/one", "text": TEXT, "agreed": [],
            "sheets": [
                {"resolver": "user2", "input_cost_per_1m": 1.0, "output_cost_per_1m": 4.0},
                {"resolver": "litellm", "input_cost_per_1m": 3.0, "output_cost_per_1m": 4.0},
            ],
        }
    ]  # fmt: skip


def test_a_cost_has_it_among_its_remarks(doubted: Place) -> None:
    """`cost` says it of the model that is in doubt, and of no other; as a field, too."""
    named = "openai/one", "openai/two"
    table = run_command(doubted, "cost", *named, *LOAD).table
    assert {line["id"]: line["remarks"] for line in table} == {named[0]: TEXT, named[1]: ""}
    found = run_command(doubted, "cost", *named, *LOAD, "--json").json
    assert [doubt["id"] for doubt in found["price_doubts"]] == ["openai/one"]
    assert "price_doubts" not in run_command(doubted, "cost", named[1], *LOAD, "--json").json


def test_an_explanation_has_it_as_a_line(doubted: Place) -> None:
    """`explain` says it after the prices, and as a field."""
    table = run_command(doubted, "explain", "openai/one").table
    assert [line["value"] for line in table if line["field"] == "price_doubt"] == [TEXT]
    found = run_command(doubted, "explain", "openai/one", "--json").json
    assert [doubt["text"] for doubt in found["price_doubts"]] == [TEXT]
