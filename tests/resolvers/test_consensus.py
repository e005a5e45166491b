"""Two independent data sets that agree on a price outvote the one that would win."""

from collections.abc import Mapping
from typing import Any

import pytest

from modeldex.history.timeline import opinions_of
from modeldex.query.explain_model import explain
from modeldex.query.lookup import find
from modeldex.query.price_doubt import price_doubts
from modeldex.refresh.run import refresh
from modeldex.resolvers.inferred import InferredResolver
from modeldex.storage.location import Place
from random_history import moment_of, opened
from raw_catalog import bare, migrated

Prices = tuple[float, float]

OLD, NEW = "2026-01-01T00:00:00.000Z", "2026-06-01T00:00:00.000Z"
READ = 0.1
"""A price that only the sheet of litellm has."""


async def concluded(
    place: Place, sheets: Mapping[str, Prices], days: Mapping[str, str]
) -> tuple[Any, ...]:
    """The effective prices of a model, after a refresh, with who states the input."""
    migrated(place)
    with bare(place) as connection:
        connection.execute("INSERT INTO models (provider, name) VALUES ('acme', 'alpha')")
        connection.executemany(
            "INSERT INTO capabilities (model_id, resolver, input_cost_per_1m, output_cost_per_1m, "
            "cache_read_cost_per_1m, observed_at) VALUES (1, ?, ?, ?, ?, ?)",
            [
                (name, *prices, READ if name == "litellm" else None, days.get(name, NEW))
                for name, prices in sheets.items()
            ],
        )
    report = await refresh(place, [], [InferredResolver("consensus")])
    assert report.status == "ok", report
    with bare(place) as connection:
        row = connection.execute(
            "SELECT input_cost_per_1m, output_cost_per_1m, cache_read_cost_per_1m FROM catalog"
        ).fetchone()
        [who] = connection.execute(
            "SELECT resolver FROM provenance WHERE field = 'input_cost_per_1m' AND wins = 1"
        ).fetchall()
    return (*row, *who)


OUTVOTED = {"genai_prices": (1.0, 3.0), "litellm": (2.0, 6.0), "models_dev": (2.05, 6.1)}
AGED = {"genai_prices": OLD}


async def test_two_that_agree_outvote_an_older_one(catalog_path: Place) -> None:
    """The whole sheet of the higher of the two stands, on the word of consensus."""
    assert await concluded(catalog_path, OUTVOTED, AGED) == (2.0, 6.0, READ, "consensus")


@pytest.mark.parametrize(
    ("changed", "days"),
    [
        ({"models_dev": (2.2, 6.0)}, AGED),
        ({"models_dev": (2.0, 7.0)}, AGED),
        ({"genai_prices": (1.1, 3.1)}, AGED),
        ({}, {"litellm": OLD, "models_dev": OLD}),
    ],
    ids=["another input", "another output", "less than two times", "the winner is newer"],
)
async def test_there_is_no_consensus_without_both(
    catalog_path: Place, changed: Mapping[str, Prices], days: Mapping[str, str]
) -> None:
    """Two must agree within 5 % on both prices, and contradict an older one by two times."""
    found = await concluded(catalog_path, {**OUTVOTED, **changed}, days)
    assert found[-1] == "genai_prices"


async def test_a_data_set_does_not_confirm_the_one_it_is_made_from(catalog_path: Place) -> None:
    """The prices of pi_ai are those of models.dev, so both together are one voice."""
    sheets = {"genai_prices": (1.0, 3.0), "models_dev": (2.0, 6.0), "pi_ai": (2.0, 6.0)}
    assert (await concluded(catalog_path, sheets, AGED))[-1] == "genai_prices"


async def test_an_explanation_names_those_who_agree(catalog_path: Place) -> None:
    """It says which sheets differ by two times and more, and which two data sets agree."""
    await concluded(catalog_path, OUTVOTED, AGED)
    [doubt] = explain(opened(catalog_path), "acme", "alpha").price_doubts
    assert doubt.agreed == ("litellm", "models_dev")
    assert [sheet.resolver for sheet in doubt.sheets] == [
        "consensus", "genai_prices", "litellm", "models_dev",
    ]  # fmt: skip
    assert doubt.text == (
        "price in doubt: consensus $2 in, $6 out, genai_prices $1 in, $3 out, "
        "litellm $2 in, $6 out, models_dev $2.05 in, $6.10 out; "
        "litellm and models_dev agree against an older one"
    )


@pytest.mark.parametrize(
    ("prices", "is_doubted"), [((2.0, 6.0), True), ((1.9, 5.9), False), ((1.0, 6.0), True)]
)
async def test_prices_two_times_apart_are_in_doubt(
    catalog_path: Place, prices: Prices, is_doubted: bool
) -> None:
    """One of the two prices is enough; less than that is no doubt."""
    await concluded(catalog_path, {"litellm": (1.0, 3.0), "models_dev": prices}, {})
    catalog = opened(catalog_path)
    assert bool(price_doubts(catalog, [find(catalog, "acme", "alpha")])) == is_doubted


async def test_who_states_a_price_of_their_own_has_no_doubt(catalog_path: Place) -> None:
    """What a user or a measurement states is not put into doubt by data sets."""
    await concluded(catalog_path, {"litellm": (1.0, 3.0), "user": (5.0, 9.0)}, {})
    assert explain(opened(catalog_path), "acme", "alpha").price_doubts == ()


async def test_a_price_of_another_sheet_is_said_to_be_of_no_effect(catalog_path: Place) -> None:
    """An explanation lists it without a winner, and has no value for the field."""
    await concluded(catalog_path, {"genai_prices": (1.0, 3.0), "litellm": (1.5, 3.0)}, {})
    found = explain(opened(catalog_path), "acme", "alpha")
    cached = found.field("cache_read_cost_per_1m")
    assert cached is not None
    assert (cached.value, [each.wins for each in cached.opinions]) == (None, [False])
    assert "0.1 is of another price sheet" in str(found)


async def test_the_past_has_the_same_winners(catalog_path: Place) -> None:
    """As of a moment after the last change, the opinions that win are those of now."""
    await concluded(catalog_path, {"genai_prices": (1.0, 3.0), "litellm": (1.5, 3.0)}, {})
    with bare(catalog_path) as connection:
        moment = moment_of(connection)
        rows = connection.execute("SELECT field, resolver FROM provenance WHERE wins = 1")
        now = {tuple(row) for row in rows.fetchall()}
    past = opinions_of(opened(catalog_path).as_of(moment), "acme", "alpha")
    assert {(each.field, each.resolver) for each in past if each.wins} == now
    assert [each.wins for each in past if each.field == "cache_read_cost_per_1m"] == [False]
