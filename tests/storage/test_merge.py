"""The merge law: the view and its copy against a Python oracle, and what follows from it."""

import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from field_strategies import (
    MODELS,
    PRICES,
    RESOLVERS,
    Opinion,
    Opinions,
    opinion,
    opinions,
    precedences,
)
from modeldex import ModelCapabilities
from modeldex.storage.open import open_writer
from modeldex.storage.opinions import write_resolver
from modeldex.storage.run_log import Step, start_run
from modeldex.vocabulary.fields import NAMES
from modeldex.vocabulary.normalize import Stored, normalize_answer
from raw_catalog import Below, bare, is_file, migrated, stated, undone

LAW = settings(
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
EFFECTIVE = f"SELECT m.provider || '/' || m.name, {', '.join('e.' + n for n in NAMES)} "
VIEW = EFFECTIVE + "FROM models m JOIN effective_capabilities e ON e.model_id = m.id"
COPY = EFFECTIVE + "FROM models m JOIN catalog e ON e.model_id = m.id"
PENDING = EFFECTIVE + "FROM models m JOIN pending_rows e ON e.model_id = m.id"

Effective = dict[str, Opinion]


FREED = "resolvers_delete_refused ON resolvers"


@pytest.fixture
def catalog(below: Below) -> Iterator[Any]:
    """An empty catalog with the models and resolvers of the strategies."""
    with below() as connection:
        stays = "resolvers_perf_lab_stays" if is_file(connection) else FREED
        connection.executescript(
            f"DROP TRIGGER {stays}; DELETE FROM resolvers; DELETE FROM resolver_history;"
        )
        connection.executemany(
            "INSERT INTO models (provider, name) VALUES (?, ?)", [m.split("/") for m in MODELS]
        )
        connection.executemany("INSERT INTO resolvers (name) VALUES (?)", [(r,) for r in RESOLVERS])
        yield connection


def arrive(
    connection: sqlite3.Connection, given: Opinions, order: Iterable[tuple[str, str]] | None = None
) -> None:
    """Write opinions, replacing earlier ones of the same resolver on the same model."""
    for model, resolver in order or given:
        values = given[model, resolver]
        connection.execute(
            f"INSERT OR REPLACE INTO capabilities ({', '.join(['model_id', 'resolver', *values])}) "
            f"VALUES (1 + ?, ?{', ?' * len(values)})",
            (MODELS.index(model), resolver, *values.values()),
        )


def rank(connection: sqlite3.Connection, places: Mapping[str, int]) -> None:
    """Set precedences."""
    connection.executemany(
        "UPDATE resolvers SET precedence = ? WHERE name = ?",
        [(place, name) for name, place in places.items()],
    )


def effective(connection: sqlite3.Connection, sql: str = COPY) -> Effective:
    """What is known of each model of which something is known."""
    rows = connection.execute(sql).fetchall()
    known = {
        row[0]: {n: v for n, v in zip(NAMES, row[1:], strict=True) if v is not None} for row in rows
    }
    return {model: values for model, values in known.items() if values}


def oracle(given: Opinions, places: Mapping[str, int]) -> Effective:
    """The law in Python: the weakest resolver speaks first, later ones overwrite."""
    merged: Effective = {}
    by_name = sorted(given.items(), key=lambda item: item[0][1], reverse=True)
    ranked = sorted(by_name, key=lambda item: places[item[0][1]])
    below = [(key, said) for key, said in ranked if places[key[1]] < places["perf_lab"]]
    for key, values in ranked:
        sheet = sheet_of([said for (model, _), said in below if model == key[0]])
        counts = sheet is None or (key, values) not in below or same(values, sheet)
        merged.setdefault(key[0], {}).update(
            {f: value for f, value in values.items() if counts or f not in PRICES}
        )
    return {model: within(values) for model, values in merged.items() if values}


def sheet_of(ranked: Iterable[Opinion]) -> Opinion | None:
    """Of opinions below the measured ones, the highest that has an input, best an output too."""
    priced = [said for said in ranked if PRICES[0] in said]
    both = [said for said in priced if PRICES[1] in said]
    return (both or priced or [None])[-1]


def same(opinion: Opinion, sheet: Opinion) -> bool:
    """Whether an opinion states the input of a sheet, and no other output."""
    stated = [field for field in PRICES[:2] if field in opinion]
    return PRICES[0] in stated and all(
        abs(float(opinion[f]) - float(sheet[f])) <= 0.005 * float(sheet[f]) for f in stated
    )


def within(values: Opinion) -> Opinion:
    """The values with limits that are at most the window."""
    limits = ("max_input_tokens", "max_output_tokens")
    if not (window := values.get("max_context")):
        return values
    return {f: min(value, window) if f in limits else value for f, value in values.items()}


def apart(won: Mapping[Any, str]) -> dict[Any, str]:
    """Winners of all fields but those of the price sheet, of which one decides about another."""
    return {key: who for key, who in won.items() if key[1] not in PRICES}


def winners(connection: sqlite3.Connection) -> dict[tuple[str, str], str]:
    """Who won each known field of each model."""
    wins = "SELECT provider, name, field, resolver FROM provenance WHERE wins = 1"
    rows = connection.execute(wins)
    return {(f"{provider}/{name}", field): who for provider, name, field, who in rows}


@LAW
@given(given=opinions(), places=precedences())
def test_view_and_copy_equal_the_oracle(
    catalog: sqlite3.Connection, given: Opinions, places: Mapping[str, int]
) -> None:
    """Per field, the known value of the highest precedence stands in the view and in the copy."""
    with undone(catalog):
        rank(catalog, places)
        arrive(catalog, given)
        wanted = oracle(given, places)
        assert (effective(catalog, VIEW), effective(catalog)) == (wanted, wanted)


@LAW
@given(given=opinions(), before=precedences(), after=precedences())
def test_a_new_order_of_resolvers_is_a_new_merge(
    catalog: sqlite3.Connection,
    given: Opinions,
    before: Mapping[str, int],
    after: Mapping[str, int],
) -> None:
    """Changing precedences after the fact gives what they would have given from the start."""
    with undone(catalog):
        rank(catalog, before)
        arrive(catalog, given)
        rank(catalog, after)
        assert effective(catalog) == oracle(given, after)


@LAW
@given(data=st.data(), given=opinions(), places=precedences())
def test_arrival_order_is_irrelevant(
    catalog: sqlite3.Connection, data: st.DataObject, given: Opinions, places: Mapping[str, int]
) -> None:
    """Any permutation of the same opinions gives the same catalog and the same winners."""
    shuffled = data.draw(st.permutations(list(given)))
    with undone(catalog):
        rank(catalog, places)
        arrive(catalog, given)
        first = effective(catalog), winners(catalog)
    with undone(catalog):
        arrive(catalog, given, shuffled)
        rank(catalog, places)
        assert (effective(catalog), winners(catalog)) == first


@LAW
@given(given=opinions(), places=precedences(), silent=st.sampled_from(RESOLVERS))
def test_silence_is_neutral(
    catalog: sqlite3.Connection, given: Opinions, places: Mapping[str, int], silent: str
) -> None:
    """A resolver that answers with nothing, on every model, changes nothing."""
    given = {key: values for key, values in given.items() if key[1] != silent}
    with undone(catalog):
        rank(catalog, places)
        arrive(catalog, given)
        before = effective(catalog)
        arrive(catalog, {(model, silent): {} for model in MODELS})
        assert effective(catalog) == before


@LAW
@given(given=opinions(), places=precedences(), gone=st.sampled_from(RESOLVERS))
def test_a_leaving_resolver_changes_only_what_it_won(
    catalog: sqlite3.Connection, given: Opinions, places: Mapping[str, int], gone: str
) -> None:
    """Deleting one resolver's opinions leaves every field that another had won as it was."""
    with undone(catalog):
        rank(catalog, places)
        arrive(catalog, given)
        before = apart(winners(catalog))
        catalog.execute("DELETE FROM capabilities WHERE resolver = ?", (gone,))
        after = winners(catalog)
    kept = {key: who for key, who in before.items() if who != gone}
    assert {key: after.get(key) for key in kept} == kept


@LAW
@given(given=opinions(), places=precedences())
def test_the_same_opinions_twice_are_the_same_once(
    catalog: sqlite3.Connection, given: Opinions, places: Mapping[str, int]
) -> None:
    """Writing what is there already leaves every effective value and every winner as it is."""
    with undone(catalog):
        rank(catalog, places)
        arrive(catalog, given)
        once = effective(catalog), winners(catalog)
        arrive(catalog, given)
        assert (effective(catalog), winners(catalog)) == once


@LAW
@given(
    given=opinions(),
    places=precedences(),
    resolver=st.sampled_from(RESOLVERS),
    renewed=opinions(),
)
def test_replacing_opinions_changes_no_winner_above(
    catalog: sqlite3.Connection,
    given: Opinions,
    places: Mapping[str, int],
    resolver: str,
    renewed: Opinions,
) -> None:
    """A resolver's new answers leave fields that a higher one had won as they were."""

    def above(won: Mapping[Any, str]) -> dict[Any, str]:
        mine = places[resolver]
        return {
            key: who
            for key, who in won.items()
            if places[who] > mine or (places[who] == mine and who < resolver)
        }

    with undone(catalog):
        rank(catalog, places)
        arrive(catalog, given)
        before = above(apart(winners(catalog)))
        catalog.execute("DELETE FROM capabilities WHERE resolver = ?", (resolver,))
        arrive(catalog, {key: values for key, values in renewed.items() if key[1] == resolver})
        assert above(apart(winners(catalog))) == before


@LAW
@given(given=opinions(), places=precedences())
def test_provenance_is_true(
    catalog: sqlite3.Connection, given: Opinions, places: Mapping[str, int]
) -> None:
    """Every known field has exactly one winner, whose opinion is effective, within the window."""
    with undone(catalog):
        rank(catalog, places)
        arrive(catalog, given)
        rows = catalog.execute(
            "SELECT provider || '/' || name, field, value, resolver FROM provenance WHERE wins = 1"
        ).fetchall()
        known = effective(catalog)
    known_by = {(model, field): stated(catalog, field, v) for model, field, v, _ in rows}
    assert len(known_by) == len(rows)
    assert {
        (m, field): within({**known[m], field: value})[field]
        for (m, field), value in known_by.items()
    } == {(m, field): value for m, row in known.items() for field, value in row.items()}
    assert all(
        given[model, who][field] == stated(catalog, field, value)
        for model, field, value, who in rows
    )


@LAW
@given(given=opinions(), places=precedences())
def test_provenance_is_complete(
    catalog: sqlite3.Connection, given: Opinions, places: Mapping[str, int]
) -> None:
    """Every known value of every opinion is listed, with its resolver's precedence."""
    with undone(catalog):
        rank(catalog, places)
        arrive(catalog, given)
        rows = catalog.execute(
            "SELECT provider || '/' || name, field, value, resolver, precedence FROM provenance"
        ).fetchall()
    listed = [(m, f, stated(catalog, f, value), *rest) for m, f, value, *rest in rows]
    assert sorted(listed, key=repr) == sorted(
        (
            (model, field, value, resolver, places[resolver])
            for (model, resolver), values in given.items()
            for field, value in values.items()
        ),
        key=repr,
    )


@LAW
@given(given=opinions(), places=precedences())
def test_drift_lists_the_fields_on_which_resolvers_disagree(
    catalog: sqlite3.Connection, given: Opinions, places: Mapping[str, int]
) -> None:
    """A field is in drift when two values differ and one is effective, which drift names."""
    said: dict[tuple[str, str], set[Stored]] = {}
    for (model, _), values in given.items():
        for field, value in values.items():
            said.setdefault((model, field), set()).add(value)
    with undone(catalog):
        rank(catalog, places)
        arrive(catalog, given)
        rows = catalog.execute(
            "SELECT provider || '/' || name, field, distinct_values, effective FROM drift"
        ).fetchall()
    wanted = oracle(given, places)
    assert {(m, f): (count, stated(catalog, f, value)) for m, f, count, value in rows} == {
        (model, field): (len(values), wanted[model][field])
        for (model, field), values in said.items()
        if len(values) > 1 and field in wanted[model]
    }


@LAW
@given(
    given=opinions(),
    places=precedences(),
    raised=st.sampled_from(RESOLVERS),
    by=st.integers(1, 500),
)
def test_more_precedence_never_loses_a_field(
    catalog: sqlite3.Connection, given: Opinions, places: Mapping[str, int], raised: str, by: int
) -> None:
    """Raising a resolver's precedence keeps every field that it had won."""
    with undone(catalog):
        rank(catalog, places)
        arrive(catalog, given)
        before = {key for key, who in winners(catalog).items() if who == raised}
        rank(catalog, {raised: places[raised] + by})
        after = {key for key, who in winners(catalog).items() if who == raised}
    assert before <= after


@LAW
@given(given=opinions(), noted=st.sets(st.sampled_from(range(1, 4))))
def test_pending_rows_are_the_catalog_rows_of_pending_models(
    catalog: sqlite3.Connection, given: Opinions, noted: set[int]
) -> None:
    """The generated text for pending models says the same as the definition, for those only."""
    with undone(catalog):
        catalog.execute(
            "INSERT INTO deferral VALUES (1)"
            if is_file(catalog)
            else "SET CONSTRAINTS ALL DEFERRED"
        )
        arrive(catalog, given)
        catalog.execute("DELETE FROM pending")
        catalog.executemany("INSERT INTO pending VALUES (?)", [(model,) for model in noted])
        pending = catalog.execute("SELECT * FROM pending_rows ORDER BY model_id").fetchall()
        rows = catalog.execute("SELECT * FROM catalog_rows ORDER BY model_id").fetchall()
    assert pending == [row for row in rows if row[0] in noted]


@LAW
@given(one=opinion(), two=opinion())
def test_fields_are_merged_one_by_one(
    catalog: sqlite3.Connection, one: Opinion, two: Opinion
) -> None:
    """The stronger opinion overlays the weaker one, field by field, over the whole vocabulary."""
    with undone(catalog):
        arrive(catalog, {("acme/beta", "zz"): one, ("acme/beta", "aa"): two})
        assert effective(catalog).get("acme/beta", {}) == within(one | two)


# Single facts.


@pytest.mark.parametrize("arrival", [("aa", "bb"), ("bb", "aa")])
def test_ties_go_to_the_first_by_name(
    catalog: sqlite3.Connection, arrival: tuple[str, str]
) -> None:
    """Of two resolvers of one precedence the first by name wins, whoever came first."""
    for resolver in arrival:
        arrive(catalog, {("acme/alpha", resolver): {"quantization": resolver}})
    assert effective(catalog) == {"acme/alpha": {"quantization": "aa"}}


def test_ties_do_not_depend_on_when_a_resolver_was_added(catalog: sqlite3.Connection) -> None:
    """A resolver that is added last and comes first by name wins the tie at once."""
    arrive(catalog, {("acme/alpha", "aa"): {"max_context": 1}})
    catalog.execute("INSERT INTO resolvers (name) VALUES ('a')")
    catalog.execute("INSERT INTO capabilities (model_id, resolver, max_context) VALUES (1, 'a', 2)")
    assert effective(catalog) == {"acme/alpha": {"max_context": 2}}


@pytest.mark.parametrize(
    ("field", "weak", "strong"),
    [("supports_tools", 1, 0), ("input_cost_per_1m", 3.0, 0.0), ("speed_hint_tps", 9.0, 0.0)],
)
def test_false_and_zero_are_opinions(
    catalog: sqlite3.Connection, field: str, weak: Stored, strong: Stored
) -> None:
    """No, for nothing and standstill overrule yes, a price and a speed."""
    rank(catalog, {"user": 1000})
    arrive(catalog, {("acme/alpha", "user"): {field: strong}, ("acme/alpha", "aa"): {field: weak}})
    assert effective(catalog) == {"acme/alpha": {field: strong}}


def test_a_set_is_one_value(catalog: sqlite3.Connection) -> None:
    """The winner's set stands whole: nothing of the other's is added."""
    rank(catalog, {"user": 1000})
    arrive(
        catalog,
        {
            ("acme/alpha", "aa"): {"known_params": "seed,stop,top_p"},
            ("acme/alpha", "user"): {"known_params": "stop"},
        },
    )
    assert effective(catalog) == {"acme/alpha": {"known_params": "stop"}}


def test_a_model_without_opinions_is_in_the_catalog(catalog: sqlite3.Connection) -> None:
    """A model is listed, with everything unknown, before anybody says anything of it."""
    rows = catalog.execute("SELECT name, max_context, blended_cost, rank_tier FROM catalog")
    assert sorted(rows) == [
        ("alpha", None, None, 3), ("alpha", None, None, 3), ("beta", None, None, 3),
    ]  # fmt: skip


# The same laws through the library's own writes.


@pytest.fixture
def written(catalog_path: Path) -> Path:
    """A catalog in which `static` knows one model."""
    path = migrated(catalog_path)
    with bare(path) as connection:
        connection.execute("INSERT INTO models (provider, name) VALUES ('acme', 'alpha')")
        connection.execute(
            "INSERT INTO capabilities (model_id, resolver, quality_tier, known_params, max_context)"
            " VALUES (1, 'static', 'best', 'seed,stop', 8192)"
        )
    return path


def answer(path: Path, resolver: str, said: object) -> Effective:
    """What the catalog knows after a resolver's answer went through the edge and the store."""
    values, _dropped = normalize_answer("acme/alpha", said)
    with open_writer(path) as writer:
        run = start_run(writer, "refresh", "test")
        step = Step("resolver", resolver, "ok", "2026-11-22T00:00:00.000Z")
        write_resolver(writer, run, step, {("acme", "alpha"): values})
    with bare(path) as connection:
        return effective(connection)


@pytest.mark.parametrize(
    "said",
    [
        ModelCapabilities(),
        {},
        {"quality_tier": "unknown", "known_params": [], "max_context": None},
        {"quality_tier": "", "known_params": ""},
    ],
    ids=["empty value", "empty mapping", "unknown tier and empty set", "empty texts"],
)
def test_an_answer_without_opinions_overrules_nothing(written: Path, said: object) -> None:
    """UNKNOWN, an empty set and an empty answer of the highest resolver leave all as it was."""
    assert answer(written, "user", said) == {
        "acme/alpha": {"quality_tier": "best", "known_params": "seed,stop", "max_context": 8192}
    }


def test_an_empty_answer_withdraws_ones_own_opinion(written: Path) -> None:
    """A resolver that has nothing to say any more no longer counts."""
    assert answer(written, "static", ModelCapabilities()) == {}
