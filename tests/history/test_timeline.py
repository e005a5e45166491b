"""The history of one model: who said what from when to when, and what it was called."""

from pathlib import Path

import pytest

from command_line import on_terminal, run_command, small_catalog, unstyled, write
from modeldex import ModelRegistry
from modeldex.errors import InvalidQuery, ModelNotFound
from modeldex.history.timeline import EVENTS, Spell, history
from random_history import age, copied, moment_of, opened

USER = "UPDATE capabilities SET {} WHERE resolver = 'user'"
STATIC = "INSERT INTO capabilities (model_id, resolver, {}) SELECT id, 'static', {} FROM models"


@pytest.fixture
def one(catalog_path: Path) -> Path:
    """A catalog with one model of which the user says something, for ten days."""
    return copied(_one, catalog_path)


def _one(path: Path) -> None:
    age(small_catalog(path, {"acme/one": {"max_context": 8, "known_params": "seed"}}), 10)


def edit(path: Path, *statements: str) -> list[str]:
    """Run statements, a while between them; gives a moment after each."""
    with write(path) as connection:
        moments = []
        for statement in statements:
            connection.execute(statement)
            moments.append(moment_of(connection))
        return moments


def said(spells: tuple[Spell, ...]) -> list[tuple[object, str | None, bool]]:
    """Value, resolver, and whether it still stands."""
    return [(spell.value, spell.resolver, spell.valid_to is None) for spell in spells]


def test_every_value_of_a_field_has_its_time(one: Path) -> None:
    """Each value holds until the next; who withdrew it and said it again has two spells."""
    edit(
        one,
        USER.format("max_context = 16"),
        USER.format("max_context = NULL"),
        USER.format("max_context = 16"),
    )
    first, second, third = spells = history(opened(one), "acme", "one", "max_context")
    assert said(spells) == [(8, "user", False), (16, "user", False), (16, "user", True)]
    assert first.valid_to == second.valid_from
    assert str(second.valid_to) < third.valid_from


def test_a_value_that_stays_goes_on_while_others_of_the_row_change(one: Path) -> None:
    """A resolver that changes its mind on one field has said the other all along."""
    edit(one, USER.format("max_context = 16"), USER.format("max_context = 32"))
    [spell] = history(opened(one), "acme", "one", "known_params")
    assert (spell.value, spell.valid_to) == (frozenset({"seed"}), None)
    assert spell.valid_from < history(opened(one), "acme", "one", "max_context")[-1].valid_from


def test_all_who_said_something_are_in_it(one: Path) -> None:
    """Winners and losers, those who withdrew everything, and flags as true and false."""
    edit(
        one,
        STATIC.format("max_context, supports_tools", "4, 0"),
        "DELETE FROM capabilities WHERE resolver = 'static'",
    )
    spells = [s for s in history(opened(one), "acme", "one") if s.field not in EVENTS]
    assert [(s.field, s.value, s.resolver, s.valid_to is None) for s in spells] == [
        ("max_context", 8, "user", True),
        ("known_params", frozenset({"seed"}), "user", True),
        ("max_context", 4, "static", False),
        ("supports_tools", False, "static", False),
    ]


def test_a_replaced_opinion_has_its_page(one: Path) -> None:
    """Each value has the page that was named for it last; a later one does not reach back."""
    edit(
        one,
        USER.format("source_url = 'https://example.com/old'"),
        USER.format("max_context = 16, source_url = 'https://example.com/new'"),
    )
    old, new = history(opened(one), "acme", "one", "max_context")
    assert (old.value, old.source_url) == (8, "https://example.com/old")
    assert (new.value, new.source_url) == (16, "https://example.com/new")


def test_names_retirement_and_liveness_are_in_it(one: Path) -> None:
    """What a model was called and whether it could be had, which no resolver says."""
    edit(
        one,
        "UPDATE models SET name = 'uno', family = 'ones'",
        "INSERT INTO sources (name, kind) VALUES ('here', 'live')",
        "INSERT INTO sightings (model_id, source) VALUES (1, 'here')",
        "UPDATE sightings SET missing_since = '2026-01-01T00:00:00Z'",
        "UPDATE models SET retired_at = '2026-01-02T00:00:00Z'",
        "UPDATE models SET retired_at = NULL",
    )
    catalog = opened(one)
    found = {field: said(history(catalog, "acme", "uno", field)) for field in EVENTS}
    assert found == {
        "provider": [("acme", None, True)],
        "name": [("one", None, False), ("uno", None, True)],
        "family": [("ones", None, True)],
        "display_name": [],
        "retired_at": [("2026-01-02T00:00:00Z", None, False)],
        "live": [(False, None, False), (True, None, False), (False, None, True)],
    }


def test_it_is_in_time_order(one: Path) -> None:
    """The first line is the oldest; what began together stands in the order of the fields."""
    edit(one, STATIC.format("max_context", "4"), USER.format("max_context = 9"))
    spells = history(opened(one), "acme", "one")
    times = [spell.valid_from for spell in spells]
    assert times == sorted(times)
    assert [s.field for s in spells[:3]] == ["provider", "name", "live"]
    assert len(spells) == 7


async def test_the_registry_finds_it_by_alias_too(one: Path) -> None:
    """As the provider is called elsewhere, and by another name of the model."""
    edit(one, "INSERT INTO aliases VALUES ('acme', 'first', 1)")
    async with ModelRegistry(db=one, environ={}) as registry:
        [spell] = await registry.history("acme", "first", "max_context")
        with pytest.raises(ModelNotFound) as missing:
            await registry.history("acme", "two")
        with pytest.raises(InvalidQuery, match="did you mean max_context"):
            await registry.history("acme", "one", "max_contxt")
    assert (spell.value, spell.resolver) == (8, "user")
    assert missing.value.near == ("acme/one",)


def test_the_command_prints_it_for_programs(one: Path) -> None:
    """TSV and JSON hold the same; what still stands has no end."""
    edit(one, USER.format("max_context = 16"))
    table = run_command(one, "history", "acme/one", "max_context").table
    found = run_command(one, "history", "acme/one", "max_context", "--json").json
    assert [row["value"] for row in table] == ["8", "16"]
    assert [(row["value"], row["resolver"]) for row in found["history"]] == [
        (8, "user"), (16, "user"),
    ]  # fmt: skip
    assert table[0]["valid_to"] == found["history"][1]["valid_from"] == table[1]["valid_from"]
    assert (table[1]["valid_to"], "valid_to" in found["history"][1]) == ("", False)
    assert run_command(one, "history", "acme/one", "known_params", "--json").json["history"][0][
        "value"
    ] == ["seed"]


@pytest.mark.parametrize(("asked", "code"), [(["acme/two"], 1), (["acme/one", "size"], 2)])
def test_the_command_refuses_what_does_not_exist(one: Path, asked: list[str], code: int) -> None:
    """A model or a field that is not there is one line, with an exit code of its own."""
    done = run_command(one, "history", *asked)
    assert (done.code, done.out, done.err.count("\n")) == (code, "", 1)


def test_a_person_reads_until_now(one: Path) -> None:
    """On a terminal what still stands goes on until now."""
    done = on_terminal("--db", str(one), "history", "acme/one", "max_context")
    line = unstyled(done.out).splitlines()[1]
    assert line.split()[2:] == ["now", "max_context", "8", "user"]
