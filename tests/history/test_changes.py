"""What changed in a catalog from one moment to another."""

import time
from datetime import timedelta
from pathlib import Path

import pytest

from command_line import MODELS, on_terminal, run_command, small_catalog, unstyled, write
from modeldex import ModelRegistry
from modeldex.errors import InvalidQuery
from modeldex.history.changes import KINDS, CatalogChange, changes, kind_of
from modeldex.vocabulary.fields import NAMES
from modeldex.vocabulary.timestamps import utc
from random_history import age, copied, fresh, lived, moment_of, opened


@pytest.fixture
def week_old(catalog_path: Path) -> Path:
    """A catalog with sightings that is as it is for a week."""
    return copied(_week_old, catalog_path)


def _week_old(path: Path) -> None:
    small_catalog(path, MODELS)
    edit(
        path,
        "INSERT INTO sources (name, kind) VALUES ('openai', 'live'), ('models_dev', 'reference')",
        "INSERT INTO sightings (model_id, source) SELECT id, 'models_dev' FROM models "
        "WHERE provider <> 'mistral'",
        f"INSERT INTO sightings (model_id, source) SELECT {of('openai/small')}, 'openai'",
    )
    age(path, 7)


def of(model: str) -> str:
    """SQL: the id of a model."""
    return f"(SELECT id FROM models WHERE provider || '/' || name = '{model}')"


def edit(path: Path, *statements: str) -> list[str]:
    """Run statements; gives a moment after each."""
    with write(path) as connection:
        moments = []
        for statement in statements:
            connection.execute(statement)
            moments.append(moment_of(connection))
        return moments


def opinion(model: str, change: str) -> str:
    """SQL: the user changes his mind."""
    return f"UPDATE capabilities SET {change} WHERE resolver = 'user' AND model_id = {of(model)}"


def lines(found: tuple[CatalogChange, ...]) -> list[tuple[object, ...]]:
    """All of the changes but their times."""
    return [(c.kind, c.id, c.field, c.old, c.new, c.ratio, c.by) for c in found]


def test_nothing_changed(week_old: Path) -> None:
    """Where nobody wrote since, there is nothing to say."""
    assert changes(opened(week_old), "1d") == ()


def test_each_kind_of_change_is_told_apart(week_old: Path) -> None:
    """Prices with their ratio, limits, flags, state and the rest, in that order, by model."""
    edit(
        week_old,
        opinion("openai/small", "supports_tools = 1, max_context = 64000"),
        opinion("openai/flagship", "input_cost_per_1m = 0.5, output_cost_per_1m = NULL"),
        opinion("groq/shared", "input_cost_per_1m = 3, lifecycle = 'preview'"),
        opinion("openai/older", "quality_tier = 'cheap', other_prices = 'input/batch:0.5'"),
    )
    assert lines(changes(opened(week_old), "1d")) == [
        ("price", "groq/shared", "input_cost_per_1m", None, 3.0, None, ("user",)),
        ("price", "openai/flagship", "input_cost_per_1m", 1.0, 0.5, 0.5, ("user",)),
        ("price", "openai/flagship", "output_cost_per_1m", 4.0, None, None, ("user",)),
        (
            "price", "openai/older", "other_prices", None, frozenset({"input/batch:0.5"}), None,
            ("user",),
        ),
        ("limits", "openai/small", "max_context", 32_000, 64_000, None, ("user",)),
        ("flags", "openai/small", "supports_tools", False, True, None, ("user",)),
        ("state", "groq/shared", "lifecycle", None, "preview", None, ("user",)),
        ("other", "openai/older", "quality_tier", "best", "cheap", None, ("user",)),
    ]  # fmt: skip


def test_every_field_is_of_one_kind() -> None:
    """New and gone are kinds of models; all fields share the others."""
    found = {kind_of(field) for field in NAMES}
    assert found == set(KINDS) - {"new", "gone"}
    assert kind_of("live") == "state"


def test_models_come_and_go(week_old: Path) -> None:
    """New ones name who sees them; those are gone that are retired or that nobody sees now.

    Their fields are not listed one by one. One that another source still sees is not gone.
    """
    missed, added, *_, retired = edit(
        week_old,
        f"UPDATE sightings SET missing_since = strftime('%Y-%m-%dT%H:%M:%fZ', 'now') "
        f"WHERE source = 'models_dev' AND model_id IN ({of('groq/shared')}, {of('openai/small')})",
        "INSERT INTO models (provider, name) VALUES ('acme', 'new')",
        f"INSERT INTO sightings (model_id, source) SELECT {of('acme/new')}, 'models_dev'",
        "INSERT INTO capabilities (model_id, resolver, max_context) "
        f"SELECT {of('acme/new')}, 'user', 5",
        opinion("mistral/shared", "max_context = 5"),
        f"UPDATE models SET retired_at = '2026-01-01T00:00:00Z' WHERE id = {of('mistral/shared')}",
    )
    found = changes(opened(week_old), "1d")
    assert lines(found) == [
        ("new", "acme/new", None, None, None, None, ("models_dev",)),
        ("gone", "groq/shared", None, None, None, None, ("models_dev",)),
        ("gone", "mistral/shared", None, None, None, None, ()),
    ]
    new, lost, gone = (str(change.at) for change in found)
    assert lost < missed < new < retired
    assert added < gone < retired


def test_a_model_that_is_back_is_new(week_old: Path) -> None:
    """Since it is not retired any more."""
    away, back = edit(
        week_old,
        "UPDATE models SET retired_at = '2026-01-01T00:00:00Z' WHERE name = 'flagship'",
        "UPDATE models SET retired_at = NULL WHERE name = 'flagship'",
    )
    [change] = changes(opened(week_old), away)
    assert (change.kind, change.id) == ("new", "openai/flagship")
    assert away < str(change.at) < back
    assert [c.kind for c in changes(opened(week_old), "1d", away)] == ["gone"]
    assert changes(opened(week_old), "1d") == ()


def test_a_name_changes_and_the_model_stays(week_old: Path) -> None:
    """A rename is a change of one model, not one that went and one that came."""
    edit(week_old, "UPDATE models SET name = 'renamed' WHERE name = 'older'")
    assert lines(changes(opened(week_old), "1d")) == [
        ("other", "openai/renamed", "name", "older", "renamed", None, ())
    ]


def test_a_live_source_that_misses_a_model_changes_its_state(week_old: Path) -> None:
    """While a data set still knows it, it is only not live any more."""
    edit(week_old, "UPDATE sightings SET missing_since = '2026-01-01T00:00:00Z' "
                   "WHERE source = 'openai'")  # fmt: skip
    assert lines(changes(opened(week_old), "1d")) == [
        ("state", "openai/small", "live", True, False, None, ())
    ]


def test_who_says_so_and_since_when(week_old: Path) -> None:
    """The resolver whose value counts, since it says that value, whatever else it changed."""
    priced, renewed = edit(
        week_old,
        opinion("openai/small", "input_cost_per_1m = 0.2"),
        opinion("openai/small", "max_output_tokens = 5"),
    )
    edit(
        week_old,
        "INSERT INTO capabilities (model_id, resolver, input_cost_per_1m, ttft_ms) "
        f"SELECT {of('openai/small')}, 'static', 0.2, 9",
    )
    at = {c.field: (c.by, str(c.at)) for c in changes(opened(week_old), "1d")}
    assert {field: by for field, (by, _) in at.items()} == {
        "input_cost_per_1m": ("user",), "max_output_tokens": ("user",), "ttft_ms": ("static",),
    }  # fmt: skip
    assert at["input_cost_per_1m"][1] < priced < at["max_output_tokens"][1] < renewed
    assert renewed < at["ttft_ms"][1]


def test_a_value_that_was_withdrawn_names_who_had_stated_it(week_old: Path) -> None:
    """And when that ended."""
    before, after = edit(
        week_old, "SELECT 1", opinion("openai/small", "max_context = NULL, supports_vision = NULL")
    )
    found = changes(opened(week_old), "1d")
    assert [(c.field, c.new, c.by) for c in found] == [
        ("max_context", None, ("user",)), ("supports_vision", None, ("user",)),
    ]  # fmt: skip
    assert all(before < str(change.at) < after for change in found)
    assert len(found) == 2


def test_a_precedence_changes_values_too(week_old: Path) -> None:
    """The resolver that wins now is named, with the time since which it says so."""
    edit(
        week_old,
        "INSERT INTO capabilities (model_id, resolver, max_context, changed_at) "
        f"SELECT {of('openai/small')}, 'static', 7, "
        f"'{utc(time.time() - 5 * 86_400)}'",
        "UPDATE resolvers SET precedence = 2000 WHERE name = 'static'",
    )
    [change] = changes(opened(week_old), "1d")
    assert (change.field, change.old, change.new, change.by) == (
        "max_context", 32_000, 7, ("static",),
    )  # fmt: skip
    assert str(change.at) < str(opened(week_old).as_of("4d").moment)


def test_until_bounds_it(week_old: Path) -> None:
    """What happened later does not count, and both ends may be the same moment."""
    first, second = edit(
        week_old,
        opinion("openai/small", "max_context = 1"),
        opinion("openai/small", "max_context = 2"),
    )
    catalog = opened(week_old)
    found = {
        until: [(c.old, c.new) for c in changes(catalog, "1d", until)]
        for until in (None, first, second)
    }
    assert found == {None: [(32_000, 2)], first: [(32_000, 1)], second: [(32_000, 2)]}
    assert changes(catalog, first, first) == ()
    with pytest.raises(InvalidQuery, match="is before"):
        changes(catalog, second, first)


def test_a_change_and_its_undoing_is_none(week_old: Path) -> None:
    """What differs at neither end is for the history."""
    edit(
        week_old,
        opinion("openai/small", "max_context = 1"),
        opinion("openai/small", "max_context = 32000"),
    )
    assert changes(opened(week_old), "1d") == ()


def test_kinds_and_providers_narrow_it(week_old: Path) -> None:
    """Several of each; a provider by its alias; a kind that does not exist is refused."""
    edit(
        week_old,
        opinion("openai/small", "max_context = 1, supports_tools = 1"),
        opinion("groq/shared", "max_context = 9000"),
        "INSERT INTO models (provider, name) VALUES ('gemini', 'new')",
    )
    catalog = opened(week_old)
    found = {
        (kinds, providers): [c.id for c in changes(catalog, "1d", None, kinds, providers)]
        for kinds, providers in (
            ((), ()), (("new",), ()), (("limits", "flags"), ("openai",)), ((), ("google", "groq")),
        )
    }  # fmt: skip
    assert found == {
        ((), ()): ["gemini/new", "groq/shared", "openai/small", "openai/small"],
        (("new",), ()): ["gemini/new"],
        (("limits", "flags"), ("openai",)): ["openai/small", "openai/small"],
        ((), ("google", "groq")): ["gemini/new", "groq/shared"],
    }
    with pytest.raises(InvalidQuery, match="expected one of new, gone"):
        changes(catalog, "1d", None, ["prices"])


def test_the_changes_of_a_random_life_lead_from_one_state_to_the_other(catalog_path: Path) -> None:
    """Applied to what was there at a moment, they give what is there at a later one, and each
    value that differs has somebody who says so.
    """
    moments = list(lived(fresh(catalog_path), 8, 24))
    catalog = opened(catalog_path)
    wrong, unsaid, counted = [], [], 0
    for since, until in zip(moments, moments[7:], strict=False):
        found = changes(catalog, since, until)
        before, after = (_there(catalog_path, at) for at in (since, until))
        expected = {
            (model, field)
            for model in before.keys() & after.keys()
            for field in before[model]
            if before[model][field] != after[model][field]
        }
        expected |= {(model, None) for model in before.keys() ^ after.keys()}
        ids = {v["id"]: k for k, v in (before | after).items()}
        if {(ids[c.id], c.field) for c in found if c.field not in ("provider", "name")} != {
            each for each in expected if each[1] != "id"
        }:
            wrong.append(since)
        unsaid += [c for c in found if c.field in NAMES and (len(c.by) != 1 or c.at is None)]
        counted += len(found)
    assert (wrong, unsaid) == ([], [])
    assert counted > 100


def _there(path: Path, moment: str) -> dict[object, dict[str, object]]:
    """The models that were there, by row id, with the fields that are compared."""
    fields = ", ".join(("family", "display_name", "live", *NAMES))
    seen = "SELECT 1 FROM sightings s WHERE s.model_id = c.model_id"
    rows = opened(path).as_of(moment).table(
        f"SELECT model_id, provider || '/' || name AS id, {fields} FROM catalog c "
        f"WHERE retired_at IS NULL AND (EXISTS ({seen} AND missing_since IS NULL) "
        f"OR NOT EXISTS ({seen}))"
    )  # fmt: skip
    return {row.pop("model_id"): row for row in rows}


# What asks.


async def test_the_registry_tells_what_changed(week_old: Path) -> None:
    """Moments as everywhere: a timedelta, a text, a time; a longer span ends at the birth."""
    edit(week_old, opinion("openai/small", "max_context = 1"))
    async with ModelRegistry(db=week_old, environ={}) as registry:
        [change] = await registry.changes(timedelta(days=1), kinds=["limits"])
        assert await registry.changes(since="6d", until="1d") == ()
        assert change.id in {each.id for each in await registry.changes("30d")}
        with pytest.raises(InvalidQuery, match="since='2001-01-01': history begins"):
            await registry.changes("2001-01-01")
    assert (change.provider, change.name, change.old, change.new) == ("openai", "small", 32_000, 1)


def test_a_span_before_the_birth_is_that_since_the_birth(week_old: Path) -> None:
    """`--since 30d` works in the first week, and says on stderr what it means there."""
    edit(week_old, opinion("openai/small", "max_context = 1"))
    early, whole = (run_command(week_old, "changes", "--since", span) for span in ("30d", "6d"))
    assert {row["id"] for row in whole.table} <= {row["id"] for row in early.table}
    assert early.err.startswith("Warning: history begins at ")
    assert whole.err == ""


def test_the_command_prints_it(week_old: Path) -> None:
    """TSV and JSON hold the same, ratio and time included."""
    edit(
        week_old,
        opinion("openai/small", "input_cost_per_1m = 0.2"),
        "UPDATE capabilities SET known_params = 'b,a' WHERE model_id = " + of("openai/small"),
    )
    table = run_command(week_old, "changes", "--since", "1d").table
    rows = run_command(week_old, "changes", "--since", "1d", "--json").json["changes"]
    assert [
        (r["change"], r["id"], r["field"], r["old"], r["new"], r["ratio"], r["by"]) for r in table
    ] == [
        ("price", "openai/small", "input_cost_per_1m", "0.1", "0.2", "2", "user"),
        ("other", "openai/small", "known_params", "seed,top_p", "a,b", "", "user"),
    ]
    assert [(r["kind"], r["old"], r.get("ratio"), r["by"], r["at"]) for r in rows] == [
        ("price", 0.1, 2.0, ["user"], table[0]["at"]),
        ("other", ["seed", "top_p"], None, ["user"], table[1]["at"]),
    ]
    only = run_command(
        week_old, "changes", "--since", "1d", "--kind", "price, new", "--provider", "openai"
    )
    assert [row["field"] for row in only.table] == ["input_cost_per_1m"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--since", "2001-01-01"], "history begins at"),
        (["--since", "1d", "--kind", "colour"], "expected one of"),
        (["--since", "1d", "--until", "2d"], "is before"),
        ([], "Missing option '--since'"),
    ],
)
def test_the_command_refuses_what_makes_no_sense(
    week_old: Path, options: list[str], message: str
) -> None:
    """A moment before the birth, an unknown kind, an end before its beginning, no beginning."""
    done = run_command(week_old, "changes", *options)
    assert (done.code, done.out) == (2, "")
    assert message in done.err


def test_a_person_sees_the_first_lines_and_the_counts(week_old: Path) -> None:
    """On a terminal a screenful, and how many of each kind there are; or that nothing changed."""
    assert unstyled(on_terminal("--db", str(week_old), "changes", "--since", "1d").out) == (
        "nothing changed\n"
    )
    edit(
        week_old,
        "INSERT INTO models (provider, name) WITH RECURSIVE n (i) AS (SELECT 100 UNION ALL "
        "SELECT i + 1 FROM n WHERE i < 149) SELECT 'acme', 'm' || i FROM n",
        opinion("openai/small", "input_cost_per_1m = 0.2"),
    )
    shown = unstyled(on_terminal("--db", str(week_old), "changes", "--since", "1d").out)
    assert shown.count("acme/m") == 40
    assert shown.endswith("50 new, 1 price\n")
    assert "first 40 of 51 lines; pipe the output or use --json to get all" in shown


def test_a_limit_that_the_window_lowers_is_on_the_word_of_the_window(week_old: Path) -> None:
    """Nobody states such a limit; the change names who states the window."""
    edit(week_old, opinion("groq/shared", "max_context = 1000"))
    found = {c.field: (c.old, c.new, c.by) for c in changes(opened(week_old), "1d")}
    assert found == {
        "max_context": (None, 1000, ("user",)), "max_output_tokens": (4096, 1000, ("user",)),
    }  # fmt: skip
