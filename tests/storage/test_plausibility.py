"""What a registry states and nobody would believe: kept, shown with its reason, and not taken."""

from collections.abc import Callable
from typing import Any

import pytest

from command_line import run_command, small_catalog
from modeldex.storage.location import Place
from modeldex.storage.schema.plausibility import CHEAPEST, WIDEST
from raw_catalog import bare

FIELDS = "quality_score", "input_cost_per_1m", "output_cost_per_1m", "max_context"
EVIL: dict[str, object] = {
    "quality_score": 100.0, "input_cost_per_1m": 0, "output_cost_per_1m": 0,
    "max_context": 1_000_000_000,
}  # fmt: skip
SOUND: dict[str, object] = {
    "quality_score": 40.0, "input_cost_per_1m": 1, "output_cost_per_1m": 2, "max_context": 8192,
}  # fmt: skip

State = Callable[..., None]


@pytest.fixture
def state(blank_catalog: Place) -> State:
    """Gives an opinion on acme/one to a resolver."""
    small_catalog(blank_catalog, {})
    with bare(blank_catalog) as connection:
        connection.execute("INSERT INTO models (provider, name) VALUES ('acme', 'one')")
        connection.execute(
            "INSERT INTO resolvers (name, precedence) VALUES ('remote:team', 420), ('low', 200)"
        )

    def stated(resolver: str, values: dict[str, object]) -> None:
        columns = ", ".join(values)
        given = ", ".join("NULL" if v is None else repr(v) for v in values.values())
        with bare(blank_catalog) as connection:
            connection.execute(
                f"INSERT INTO capabilities (model_id, resolver, {columns}) "
                f"SELECT id, '{resolver}', {given} FROM models"
            )

    return stated


def rows(place: Place, sql: str) -> list[Any]:
    """The rows of a statement of another program."""
    with bare(place) as connection:
        return [tuple(row) for row in connection.execute(sql).fetchall()]


def effective(place: Place) -> dict[str, object]:
    """The values of FIELDS, the same in the copy and in both forms of the merge."""
    listed = ", ".join(FIELDS)
    found = {
        tuple(rows(place, f"SELECT {listed} FROM {view}")[0])
        for view in ("catalog", "effective_capabilities", "merged_capabilities")
    }
    assert len(found) == 1
    return dict(zip(FIELDS, found.pop(), strict=True))


def test_of_a_model_that_nobody_else_knows_nothing_implausible_counts(
    blank_catalog: Place, state: State
) -> None:
    """The opinion is kept, with the reason beside each value, and every value stays unknown."""
    state("remote:team", EVIL)
    assert effective(blank_catalog) == dict.fromkeys(FIELDS)
    doubts = rows(blank_catalog, "SELECT field, wins, doubt FROM provenance")
    assert {field for field, _, _ in doubts} == {*FIELDS}
    assert all(wins == 0 and doubt for _, wins, doubt in doubts)


def test_the_best_of_the_others_counts_in_its_place(blank_catalog: Place, state: State) -> None:
    """A data set of lower precedence wins, with its whole sheet, whoever comes first."""
    state("remote:team", EVIL)
    state("low", SOUND)
    assert effective(blank_catalog) == SOUND


def test_a_sound_registry_wins_as_before(blank_catalog: Place, state: State) -> None:
    """What is plausible counts by its precedence; a score needs a known base model."""
    with bare(blank_catalog) as connection:
        connection.execute("INSERT INTO bases (id, maker) VALUES ('acme/one', 'acme')")
    state("low", {**SOUND, "base": "acme/one"})
    said = {**SOUND, "quality_score": 90.0, "input_cost_per_1m": 3, "max_context": WIDEST}
    state("remote:team", said)
    assert effective(blank_catalog) == said


@pytest.mark.parametrize("basis", ["free", "self_hosted", "subscription"])
def test_a_price_of_nothing_with_a_reason_counts(
    blank_catalog: Place, state: State, basis: str
) -> None:
    """A team's own hardware costs nothing per token."""
    state("low", SOUND)
    free = {"input_cost_per_1m": 0, "output_cost_per_1m": 0}
    state("remote:team", {**free, "price_basis": basis})
    assert effective(blank_catalog) == {**SOUND, **free}


@pytest.mark.parametrize(("price", "counts"), [(CHEAPEST / 2, False), (CHEAPEST, True)])
def test_a_price_of_nearly_nothing_is_one_of_nothing(
    blank_catalog: Place, state: State, price: float, *, counts: bool
) -> None:
    """Below every known price the smallest number is no way around the rule."""
    state("remote:team", {"input_cost_per_1m": price, "output_cost_per_1m": 1})
    assert effective(blank_catalog)["input_cost_per_1m"] == (price if counts else None)


def test_others_are_believed_and_a_registry_where_somebody_says_so(
    blank_catalog: Place, state: State
) -> None:
    """The same words of a resolver of one's own count; so does a registry above `perf_lab`."""
    state("remote:team", EVIL)
    with bare(blank_catalog) as connection:
        connection.execute("UPDATE resolvers SET precedence = 500 WHERE name = 'remote:team'")
    assert effective(blank_catalog) == EVIL
    with bare(blank_catalog) as connection:
        connection.execute("UPDATE resolvers SET precedence = 420 WHERE name = 'remote:team'")
    assert effective(blank_catalog) == dict.fromkeys(FIELDS)
    state("low", EVIL)
    assert effective(blank_catalog) == EVIL


def test_explain_says_what_is_not_counted_and_why(blank_catalog: Place, state: State) -> None:
    """Each value with its resolver, in the table and in JSON."""
    state("low", SOUND)
    state("remote:team", EVIL)
    found = run_command(blank_catalog, "explain", "acme/one")
    told = [line["value"] for line in found.table if line["field"] == "not_counted"]
    assert len(told) == len(FIELDS)
    assert (
        "max_context 1000000000 of remote:team does not count: wider than the window of any known "
        "model"
    ) in told
    fields = run_command(blank_catalog, "explain", "acme/one", "--json").json["fields"]
    doubted = [o["doubt"] for f in fields for o in f["opinions"] if o.get("doubt")]
    assert len(doubted) == len(FIELDS)
