"""`explain`: every opinion on a model, its age, who wins, and why a query leaves it out."""

import asyncio
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from command_line import (
    MODELS,
    environment,
    on_terminal,
    piped,
    run_command,
    small_catalog,
    unstyled,
    write,
)
from modeldex import ModelNotFound, ModelQuery, ModelRegistry
from modeldex.query.catalog import Catalog
from modeldex.query.explain_model import Explanation, explain
from modeldex.query.opinions import Measured
from modeldex.query.scope import Scope
from modeldex.storage.location import Place
from modeldex.vocabulary import clock
from modeldex.vocabulary.entry import CatalogEntry
from modeldex.vocabulary.fields import NAMES
from random_history import copied
from raw_catalog import bare, needs_shell, shell
from scopes import presumed

TODAY = "2026-11-22"
MOMENT = "2026-11-22T09:30:00.000Z"
FLAGSHIP = ("openai", "flagship")


@pytest.fixture
def small(catalog_path: Path) -> Path:
    """A small catalog; no key is set."""
    return copied(_small, catalog_path)


def _small(place: Place) -> None:
    small_catalog(place, MODELS)


def explained(path: Path, *model: str, keyed: tuple[str, ...] = (), **how: Any) -> Explanation:
    """The explanation of one model."""
    with bare(path) as connection:
        return explain(Catalog(path, connection, Scope(TODAY, presumed(*keyed))), *model, **how)


@pytest.fixture
def shipped(shipped_catalog: Path) -> Iterator[Catalog]:
    """The shipped data, asked with the keys of two providers."""
    with bare(shipped_catalog) as connection:
        yield Catalog(shipped_catalog, connection, Scope(TODAY, presumed("groq", "openai")))


def some_models(catalog: Catalog, number: int) -> list[CatalogEntry]:
    """Every so many of all models."""
    everything = catalog.entries(
        {"mode": "any", "price_basis": "any", "include_deprecated": True, "available": False}
    )
    return everything[:: max(1, len(everything) // number)]


# Opinions.


def test_every_opinion_is_there_and_the_effective_value_wins(shipped: Catalog) -> None:
    """Over many models: the fields are those of the merge, the opinions those of the table."""
    models = some_models(shipped, 50)
    found = [explain(shipped, *model.spec[:2]) for model in models]
    effective = [model.capabilities for model in models]
    shown = [
        {
            k.field: frozenset(k.value) if isinstance(k.value, tuple) else k.value
            for k in each.fields
        }
        for each in found
    ]
    assert shown == effective
    stated = [
        sum(value is not None for row in _opinions(shipped, model) for value in row)
        for model in models
    ]
    assert [sum(len(known.opinions) for known in each.fields) for each in found] == stated
    assert sum(stated) > 400
    winners = [[[o.wins for o in known.opinions] for known in each.fields] for each in found]
    assert winners == [[[True] + [False] * (len(k) - 1) for k in each] for each in winners]


def _opinions(catalog: Catalog, model: CatalogEntry) -> list[tuple[object, ...]]:
    return catalog.rows(
        f"SELECT {', '.join('c.' + name for name in NAMES)} FROM capabilities c "
        "JOIN models m ON m.id = c.model_id WHERE m.provider = :provider AND m.name = :name",
        {"provider": model.spec.provider, "name": model.spec.name},
    )


def test_an_opinion_has_its_precedence_and_age(small: Path) -> None:
    """The winner first, then by precedence; the age counts from when it was true."""
    with write(small) as connection:
        connection.executemany(
            "INSERT INTO capabilities (model_id, resolver, max_context, observed_at, changed_at) "
            "SELECT id, ?, ?, ?, ? FROM models WHERE name = 'flagship'",
            [("static", 100, MOMENT, "2026-11-21T00:00:00.000Z"), ("litellm", 90, MOMENT, MOMENT)],
        )
    now = datetime.fromisoformat(MOMENT) + timedelta(hours=1)
    known = explained(small, *FLAGSHIP, now=now).field("max_context")
    assert known is not None
    assert (known.field, known.value) == ("max_context", 200_000)
    assert [(o.resolver, o.precedence, o.value, o.wins) for o in known.opinions] == [
        ("user", 1000, 200_000, True), ("static", 300, 100, False), ("litellm", 210, 90, False),
    ]  # fmt: skip
    static = known.opinions[1]
    assert (static.observed_at, static.changed_at, static.age, static.measured) == (
        MOMENT, "2026-11-21T00:00:00.000Z", 3600.0, None,
    )  # fmt: skip


def test_an_opinion_has_its_page(small: Path) -> None:
    """The page that a resolver names is that of each of its opinions, printed once."""
    with bare(small) as connection:
        connection.execute(
            "UPDATE capabilities SET source_url = 'https://example.com/a' WHERE model_id = "
            "(SELECT id FROM models WHERE provider = 'openai' AND name = 'flagship')"
        )
    found = explained(small, *FLAGSHIP)
    opinions = [opinion for known in found.fields for opinion in known.opinions]
    assert {each.source_url for each in opinions} == {"https://example.com/a"}
    assert str(found).count("https://example.com/a") == len(found.pages) > 0
    lines = run_command(small, "explain", "openai/flagship").table
    assert {line["source_url"] for line in lines} == {"https://example.com/a", ""}


def test_a_field_without_an_opinion_is_not_there(small: Path) -> None:
    """Unknown is absence."""
    found = explained(small, "mistral", "shared")
    assert [(known.field, known.value) for known in found.fields] == [("mode", "chat")]
    assert found.field("max_context") is None


# Measurements.


@pytest.mark.sqlite_only("the sqlite3 program")
@needs_shell
async def test_a_bare_insert_is_explained_by_a_running_process(small: Path) -> None:
    """Typed into `sqlite3`, a sample changes the answer, and is named: perf_lab, n=1, the time."""
    async with ModelRegistry(db=small, environ={}) as registry:
        before = await registry.find_best(min_speed_tps=200, available=False)
        await asyncio.to_thread(
            shell,
            small,
            [
                (
                    "INSERT INTO measurements(provider, name, tokens_per_second, host) "
                    "VALUES ('groq', 'shared', 275, 'lab-1');"
                )
            ],
        )
        after = await registry.find_best(min_speed_tps=200, available=False)
        known = (await registry.explain("groq", "shared")).field("speed_hint_tps")
    with bare(small) as connection:
        [(measured_at,)] = connection.execute("SELECT measured_at FROM measurements")
    assert before is None
    assert after is not None
    assert known is not None
    assert (after.spec.id, known.value) == ("groq/shared", 275.0)
    [opinion] = known.opinions
    assert (opinion.resolver, opinion.wins, opinion.observed_at) == ("perf_lab", True, measured_at)
    assert opinion.measured == Measured(1, measured_at, measured_at, ("lab-1",))


SAMPLES = (
    "INSERT INTO measurements (provider, name, measured_at, samples, host, tokens_per_second, "
    "supports_tools) VALUES ('groq', 'shared', ?, ?, ?, ?, ?)"
)


def test_a_measured_opinion_names_requests_times_and_hosts(small: Path) -> None:
    """Of the samples that state the figure and still count."""
    with write(small) as connection:
        connection.executemany(
            SAMPLES,
            [
                ("2026-01-01T00:00:00.000Z", 1, "long-ago", 5.0, None),
                ("2026-11-01T00:00:00.000Z", 4, "b", 50.0, None),
                ("2026-11-02T00:00:00.000Z", 5, "a", 70.0, 1),
                ("2026-11-03T00:00:00.000Z", 6, "c", None, 1),
                ("2026-11-04T00:00:00.000Z", 1, None, 50.0, None),
            ],
        )
    fields = {known.field: known for known in explained(small, "groq", "shared").fields}
    by = {
        name: {o.resolver: o.measured for o in fields[name].opinions}
        for name in ("speed_hint_tps", "supports_tools", "quality_tier")
    }
    assert by == {
        "speed_hint_tps": {
            "perf_lab": Measured(
                10, "2026-11-01T00:00:00.000Z", "2026-11-04T00:00:00.000Z", ("a", "b")
            )
        },
        "supports_tools": {
            "user": None,
            "perf_lab": Measured(
                11, "2026-11-02T00:00:00.000Z", "2026-11-03T00:00:00.000Z", ("a", "c")
            ),
        },
        "quality_tier": {"user": None},
    }


def test_a_word_of_the_lab_that_no_sample_says_is_not_measured(small: Path) -> None:
    """Somebody has written over what the samples came to."""
    with write(small) as connection:
        connection.execute(SAMPLES, (MOMENT, 1, None, 50.0, None))
        connection.execute(
            "UPDATE capabilities SET speed_hint_tps = 60 WHERE resolver = 'perf_lab'"
        )
    known = explained(small, "groq", "shared").field("speed_hint_tps")
    assert known is not None
    assert [(o.resolver, o.value, o.measured) for o in known.opinions] == [("perf_lab", 60.0, None)]


# Who the model is, who sees it, what it costs.


def test_identity_sightings_and_prices(small: Path) -> None:
    """Names, sources with what they miss, and the price list."""
    with write(small) as connection:
        connection.execute(
            "INSERT INTO sources (name, kind) VALUES ('feed', 'reference'), ('local', 'live')"
        )
        connection.execute(
            "INSERT INTO sightings (model_id, source, first_seen, last_seen, missing_since) "
            "SELECT id, 'feed', ?1, ?1, NULL FROM models WHERE name = 'flagship' UNION ALL "
            "SELECT id, 'local', ?1, ?1, ?1 FROM models WHERE name = 'flagship'", (MOMENT,)
        )  # fmt: skip
        connection.execute(
            "INSERT INTO aliases SELECT provider, 'newest', id FROM models WHERE name = 'flagship'"
        )
        connection.execute(
            "UPDATE models SET family = 'flag', display_name = 'Flagship' WHERE name = 'flagship'"
        )
        connection.execute(
            "UPDATE capabilities SET other_prices = 'input/batch:0.5,input>200000:2' "
            "WHERE model_id = (SELECT id FROM models WHERE name = 'flagship')"
        )
        listed = connection.execute(
            "SELECT direction, processing, min_prompt_tokens, usd_per_1m FROM prices "
            "WHERE name = 'flagship'"
        ).fetchall()
    found = explained(small, "OpenAI", "newest")
    assert (found.id, found.provider, found.name) == ("openai/flagship", "openai", "flagship")
    assert (found.family, found.display_name, found.aliases) == ("flag", "Flagship", ("newest",))
    assert [tuple(seen) for seen in found.sightings] == [
        ("feed", "reference", MOMENT, MOMENT, None), ("local", "live", MOMENT, MOMENT, MOMENT),
    ]  # fmt: skip
    prices = [(p.direction, p.processing, p.above, float(p.usd_per_1m)) for p in found.prices]
    assert sorted(prices) == sorted(listed)
    assert len(prices) == 4


# Left out.

OUT_OF_USE = "lifecycle = 'deprecated', deprecated_at = '2026-01-02', retires_at = '2026-03'"


@pytest.mark.parametrize(
    ("model", "change", "reasons"),
    [
        ("openai/flagship", "", []),
        ("groq/shared", "", ["not available: set GROQ_API_KEY"]),
        ("mistral/vectors", "",
         ["mode embedding, not chat", "not available: set MISTRAL_API_KEY"]),
        ("openai/flagship", f"UPDATE models SET retired_at = '{MOMENT}'",
         ["retired since 2026-11-22"]),
        ("openai/flagship", f"UPDATE capabilities SET {OUT_OF_USE}",
         ["lifecycle deprecated, deprecated since 2026-01-02, was to retire on 2026-03"]),
        ("openai/flagship", "UPDATE capabilities SET retires_at = '2027-03'", []),
        ("openai/flagship", "UPDATE capabilities SET price_basis = 'dynamic'",
         ["price basis dynamic, excluded by default"]),
        ("openai/flagship", "UPDATE capabilities SET mode = 'image', price_basis = 'free'",
         ["mode image, not chat", "price basis free, excluded by default"]),
    ],
)  # fmt: skip
def test_what_keeps_a_model_out_is_named(
    small: Path, model: str, change: str, reasons: list[str]
) -> None:
    """Everything of it, not only the first thing."""
    with write(small) as connection:
        connection.execute(change or "SELECT 1")
    found = explained(small, *model.split("/"), keyed=("openai",))
    assert [lack.text for lack in found.left_out] == reasons


def test_what_is_not_left_out_is_found(shipped: Catalog) -> None:
    """The reasons agree with the query without criteria, over many models."""
    found = {model.id for model in shipped.entries({})}
    models = some_models(shipped, 60) + shipped.entries({"limit": 30})
    left_out = {model.id: explain(shipped, *model.spec[:2]).left_out for model in models}
    assert {id_ for id_, lacks in left_out.items() if not lacks} == found & {*left_out}
    assert len(found & {*left_out}) >= 30


async def test_a_registry_says_which_key_would_unlock(
    shipped_catalog: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And having it, the model is found."""
    day = datetime.fromisoformat("2026-11-24T12:00:00Z").timestamp()
    monkeypatch.setattr(clock, "wall", lambda: day)
    async with ModelRegistry(db=shipped_catalog, environ={}) as registry:
        found = await registry.explain("google", "gemini-2.5-flash")
    assert [lack.text for lack in found.left_out] == ["not available: set GEMINI_API_KEY"]
    environ = {"GEMINI_API_KEY": "placeholder-key"}
    async with ModelRegistry(db=shipped_catalog, environ=environ) as registry:
        assert (await registry.explain("google", "gemini-2.5-flash")).left_out == ()
        offered = await registry.query(ModelQuery(provider="google"))
    assert "gemini/gemini-2.5-flash" in [model.spec.id for model in offered]


# Not found.


@pytest.mark.parametrize(
    ("asked", "near"),
    [
        (("openai", "flagshp"), "openai/flagship"), (("OpenAI", "FLAGSHIP"), "openai/flagship"),
        (("groq", "flagship"), "openai/flagship"), (("mistral", "vector"), "mistral/vectors"),
    ],
)  # fmt: skip
async def test_an_unknown_name_has_near_ones(
    small: Path, asked: tuple[str, str], near: str
) -> None:
    """Those of the same provider first, then of all."""
    async with ModelRegistry(db=small, environ={}) as registry:
        with pytest.raises(ModelNotFound) as raised:
            await registry.explain(*asked)
    assert (raised.value.name, raised.value.near[0]) == (asked[1], near)


# From the command line.


def test_explain_in_a_pipe_is_one_table(small: Path) -> None:
    """A line per opinion, then sightings, prices and what leaves the model out."""
    with write(small) as connection:
        connection.execute(SAMPLES, (MOMENT, 3, "lab-1", 50.0, None))
        connection.execute("INSERT INTO sources (name, kind) VALUES ('feed', 'reference')")
        connection.execute(
            "INSERT INTO sightings (model_id, source, last_seen, missing_since) "
            "SELECT id, 'feed', ?1, ?1 FROM models WHERE provider = 'groq'", (MOMENT,)
        )  # fmt: skip
        connection.execute(
            "UPDATE capabilities SET input_cost_per_1m = 0.5 WHERE resolver = 'user'"
        )
    began = datetime.now(UTC)
    lines = run_command(small, "explain", "groq/shared").table
    ended = datetime.now(UTC)
    assert [line["field"] for line in lines] == [
        "max_output_tokens", "supports_tools", "input_cost_per_1m",
        "quality_tier", "speed_hint_tps", "sighting", "price", "left_out", "quality.class",
        "quality.tier",
    ]  # fmt: skip
    measured = lines[4]
    assert {**measured, "age_s": "", "changed_at": ""} == {
        "field": "speed_hint_tps", "value": "50", "wins": "1", "resolver": "perf_lab",
        "precedence": "500", "observed_at": MOMENT, "changed_at": "", "age_s": "", "n": "3",
        "oldest": MOMENT, "newest": MOMENT, "hosts": "lab-1",
        "source_url": "",
    }  # fmt: skip
    least, most = (
        int((at - datetime.fromisoformat(MOMENT)).total_seconds()) for at in (began, ended)
    )
    assert least <= int(measured["age_s"]) <= most + 1
    assert lines[-1]["value"].startswith("balanced, as user says (")
    assert [(line["value"], line["resolver"]) for line in lines[5:-1]] == [
        (f"missing since {MOMENT}", "feed"), ("input:0.5", ""),
        ("not available: set GROQ_API_KEY", ""), ("host", ""),
    ]  # fmt: skip


def test_explain_one_field(small: Path) -> None:
    """Only that, under its name as people type it; all else is in the JSON still."""
    lines = run_command(small, "explain", "openai/small", "supports-tools").table
    assert [(line["field"], line["value"], line["resolver"]) for line in lines] == [
        ("supports_tools", "0", "user")
    ]
    found = run_command(small, "explain", "openai/small", "known_params", "--json").json
    assert [(k["field"], k["value"]) for k in found["fields"]] == [
        ("known_params", ["seed", "top_p"])
    ]
    assert (found["id"], found["left_out"][0]["criterion"]) == ("openai/small", "available")


def test_a_field_on_which_nobody_has_an_opinion(small: Path) -> None:
    """Is no error, and no value."""
    done = run_command(small, "explain", "openai/small", "param_count")
    assert (done.code, done.table, done.err) == (0, [], "")
    seen = on_terminal("--db", str(small), "explain", "openai/small", "param_count")
    assert "no resolver has an opinion on param_count; add a measurement or an override" in seen.out


@pytest.mark.parametrize(
    ("field", "hint"),
    [("pdf", "did you mean supports_pdf?"), ("max_contxt", "did you mean max_context"),
     ("qqqq", "one of max_context, max_input_tokens,")],
)  # fmt: skip
def test_a_field_that_does_not_exist(small: Path, field: str, hint: str) -> None:
    """A usage error that names the right one."""
    done = run_command(small, "explain", "openai/small", field)
    assert (done.code, done.out) == (2, "")
    assert hint in done.err


def test_explain_on_a_terminal(small: Path) -> None:
    """Who it is, what leaves it out and how to lift that, then the opinions."""
    with write(small) as connection:
        connection.execute(SAMPLES, (MOMENT, 3, "lab-1", 50.0, None))
        connection.execute(
            "UPDATE capabilities SET input_cost_per_1m = 0.5 WHERE resolver = 'user'"
        )
    done = on_terminal("--db", str(small), "explain", "groq/shared")
    lines = [" ".join(line.split()) for line in unstyled(done.out).splitlines()]
    assert (done.code, lines[0], lines[1].rpartition(" ")[0], lines[2]) == (
        0, "groq/shared", "facts from",
        "left out not available: set GROQ_API_KEY (included with --known)",
    )  # fmt: skip
    assert any(line.startswith("max_output_tokens 4,096 wins user 1000") for line in lines)
    assert any(line.endswith("n=3 on lab-1, 2026-11-22T09:30") for line in lines)
    assert any(line.startswith("input_cost_per_1m $0.50 wins user 1000") for line in lines)
    assert "input standard $0.50" in lines


def test_a_model_that_a_query_finds_says_so(small: Path) -> None:
    """On a terminal, where a reason would stand."""
    env = environment(OPENAI_API_KEY="placeholder-key")
    done = on_terminal("--db", str(small), "explain", "openai/flagship", env=env)
    assert re.search("found by +a query without criteria", unstyled(done.out))


def test_explain_takes_what_people_type(small: Path) -> None:
    """A bare name, and one that looks like another."""
    assert run_command(small, "explain", "flagship", "--json").json["id"] == "openai/flagship"
    done = run_command(small, "explain", "openai/flagshp")
    assert (done.code, "did you mean openai/flagship" in done.err) == (1, True)


@pytest.mark.sqlite_only("the driver loads asyncio and logging")
@pytest.mark.parametrize(
    "args", [("explain", "openai/small"), ("explain", "openai/small", "--json"),
             ("best", "--known", "--why"), ("best", "--known", "--why", "--json")],
)  # fmt: skip
def test_an_explanation_imports_nothing_heavy(small: Path, args: tuple[str, ...]) -> None:
    """It reads; nothing that writes, refreshes or draws is loaded."""
    heavy = {"pydantic", "sqlalchemy", "alembic", "httpx", "yaml", "asyncio", "rich", "logging"}
    env = environment(PYTHONPROFILEIMPORTTIME="1")
    loaded = {
        line.split("|")[-1].strip()
        for line in piped("--db", str(small), *args, env=env).err.splitlines()
    }
    assert "modeldex.query.requirement_texts" in loaded
    assert loaded & heavy == set()
