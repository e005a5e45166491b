"""`best`, `list`, `show`: what they find, what they say, and what they say for nothing."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from command_line import (
    MODELS,
    environment,
    ids,
    on_terminal,
    run_command,
    small_catalog,
    unstyled,
    write,
)
from modeldex import ModelQuery, ModelRegistry
from modeldex.cli import parse, terminal
from modeldex.cli.criteria import QUERY, criteria
from modeldex.cli.print_explanation import why
from modeldex.query.ranking import Standing
from modeldex.vocabulary.criteria import CRITERIA
from modeldex.vocabulary.entry import CatalogEntry, OfferSpec


@pytest.fixture
def small(catalog_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small catalog, and the key of openai."""
    monkeypatch.setenv("OPENAI_API_KEY", "placeholder-key")
    return small_catalog(catalog_path, MODELS)


# Criteria.


def test_every_criterion_has_one_option() -> None:
    """No two criteria share an option, but for the plural of one."""
    assert len({row.option for row in QUERY}) == len(QUERY) == len(CRITERIA) - 3
    assert set(CRITERIA) == set(ModelQuery.model_fields)


ASKED: list[tuple[tuple[str, ...], dict[str, Any]]] = [
    (("--tools",), {"requires_tools": True}),
    (("--vision",), {"requires_vision": True}),
    (("--audio",), {"requires_audio": True}),
    (("--json-mode",), {"requires_json_mode": True}),
    (("--structured-outputs",), {"requires_structured_outputs": True}),
    (("--streaming",), {"requires_streaming": True}),
    (("--system-messages",), {"requires_system_messages": True}),
    (("--reasoning",), {"requires_reasoning": True}),
    (("--param", "seed", "--param", "top_p"), {"requires_params": {"seed", "top_p"}}),
    (("--min-context", "1m"), {"min_context": 1_000_000}),
    (("--min-context", "0"), {"min_context": 0}),
    (("--max-context", "32k"), {"max_context": 32_000}),
    (("--min-output", "64_000"), {"min_output_tokens": 64_000}),
    (("--max-input-cost", "0.5"), {"max_cost_per_1m_input": 0.5}),
    (("--max-output-cost", "2"), {"max_cost_per_1m_output": 2.0}),
    (("--max-input-cost", "0", "--price-basis", "any"),
     {"max_cost_per_1m_input": 0.0, "price_basis": "any"}),
    (("--tier", "balanced"), {"quality_tier": "balanced"}),
    (("--tier", "any"), {}),
    (("--tier", "BEST"), {"quality_tier": "best"}),
    (("--min-tier", "balanced"), {"min_quality_tier": "balanced"}),
    (("--cost-tier", "premium"), {"cost_tier": "premium"}),
    (("--cost-tier", "free"), {"cost_tier": "free"}),
    (("--provider", "Google"), {"provider": "gemini"}),
    (("--provider", "groq", "--provider", "google"), {"providers": {"groq", "gemini"}}),
    (("--provider", "gemini", "--provider", "google"), {"provider": "gemini"}),
    (("--family", "gpt-mini"), {"family": "gpt-mini"}),
    (("--mode", "embedding"), {"mode": "embedding"}),
    (("--price-basis", "subscription"), {"price_basis": "subscription"}),
    (("--include-deprecated",), {"include_deprecated": True}),
    (("--tools", "--vision", "--min-context", "128k", "--tier", "best"),
     {"requires_tools": True, "requires_vision": True, "min_context": 128_000,
      "quality_tier": "best"}),
]  # fmt: skip


async def test_an_option_asks_what_its_criterion_asks(shipped_catalog: Path) -> None:
    """The command line lists what the library finds, in the same order."""
    async with ModelRegistry(db=shipped_catalog, environ={}) as registry:
        for args, asked in ASKED:
            query = ModelQuery(**asked, available=False, limit=300)
            found = await registry.query(query)
            options = ("--known", "--limit", "300", *args)
            listed = await asyncio.to_thread(run_command, shipped_catalog, "list", *options)
            shown = ids(listed.table) if found else []
            assert shown == [terminal.escaped(model.spec.id) for model in found], args


def test_a_slow_model_is_below_a_wished_speed(small: Path) -> None:
    """--min-speed is met by a measured rate only."""
    with write(small) as connection:
        connection.executemany(
            "INSERT INTO measurements (provider, name, tokens_per_second) VALUES ('openai', ?, ?)",
            [("small", 300.0), ("older", 20.0)],
        )
    assert ids(run_command(small, "list", "--min-speed", "99.5").table) == ["openai/small"]


def test_nothing_asked_is_no_criterion() -> None:
    """Options that were not given leave no trace; zero was given."""
    given = {row.name: False if row.kind == "flag" else None for row in QUERY}
    assert criteria({**given, "provider": (), "requires_params": ()}) == {}
    assert criteria({**given, "provider": (), "min_context": 0}) == {"min_context": 0}


@pytest.mark.parametrize(
    ("text", "length"), [("90s", 90), ("30m", 1800), ("24h", 86_400), ("1.5d", 129_600)]
)
def test_a_span_has_a_unit(text: str, length: float) -> None:
    """Seconds, minutes, hours and days."""
    assert parse.seconds(text) == length


SPANS: list[tuple[float, str]] = [
    (0, "0 s"),
    (119, "119 s"),
    (120, "2 min"),
    (7199, "120 min"),
    (7200, "2 h"),
    (200_000, "2 days"),
]


def test_a_span_is_said_in_one_unit() -> None:
    """Small ones exactly, large ones roughly."""
    for length, text in SPANS:
        assert parse.span(length) == text, (length, text)


# best


def test_best_as_json_is_the_model_and_why(small: Path) -> None:
    """What is known is there, flags as true or false; what is unknown is absent."""
    found = run_command(small, "best", "--json").json
    model = found["model"]
    assert (list(found), found["matches"]) == (["model", "matches", "why", "callability"], 3)
    assert (model["id"], model["capabilities"]["supports_tools"]) == ("openai/flagship", True)
    assert "supports_vision" not in model["capabilities"]
    assert (model["blended_cost"], model["usable_context"]) == (1.75, 200_000)


def test_sets_are_lists_in_json_and_words_in_tsv(small: Path) -> None:
    """A set is sorted, so that the same catalog gives the same text."""
    model = run_command(small, "best", "--vision", "--json").json["model"]
    assert model["capabilities"]["known_params"] == ["seed", "top_p"]
    shown = {
        line["field"]: line["value"] for line in run_command(small, "show", "openai/small").table
    }
    assert (shown["known_params"], shown["supports_tools"]) == ("seed,top_p", "0")


PRICES = {"input_cost_per_1m": 1.25, "output_cost_per_1m": 10.0}
FACTS = {**PRICES, "quality_tier": "best", "release_date": "2026-01-02"}
WINNER = CatalogEntry(OfferSpec("a", "x"), FACTS, 400_000, 3.4375)
SECOND = WINNER._replace(spec=OfferSpec("b", "y"))
ORDER = (
    "quality_tier", "quality_score", "blended_cost", "provider_class", "usable_context",
    "release_date",
)  # fmt: skip


def standing(**other: Any) -> Standing:
    """The standing of the winner, but for this."""
    facts = {
        "quality_tier": "best", "quality_score": 83.0, "blended_cost": 3.4375,
        "provider_class": "lab", "usable_context": 400_000, "release_date": "2026-01-02", **other,
    }  # fmt: skip
    unknown = dict.fromkeys(Standing._fields)
    places = tuple(0 if facts[name] == "lab" else facts[name] for name in ORDER)
    return Standing(**{**unknown, **facts, "order": ORDER, "places": places})  # type: ignore[arg-type]


REASONS: list[tuple[dict[str, Any], str]] = [
    ({"quality_tier": "cheap"}, "the only one of that tier"),
    ({"quality_score": 71.0}, "in a band of its own, before b/y (71.0)"),
    ({"quality_score": None}, "in a band of its own, before b/y (unknown)"),
    ({"blended_cost": 4.0}, "the lowest blended price of that band ($3.44)"),
    ({"blended_cost": None}, "the only one of that band whose price is known"),
    ({"provider_class": "host"}, "same price as b/y, but its maker's own offer"),
    ({"usable_context": 5}, "same price as b/y, but a larger window (400,000)"),
    ({"release_date": "2025"}, "otherwise equal to b/y, but newer (2026-01-02)"),
    ({}, "equal to b/y, but first by name"),
]


def test_the_reason_is_the_first_difference_in_rank() -> None:
    """Tier, then score, then price, then class, then window, then release, then name."""
    for other, reason in REASONS:
        line = why([WINNER, SECOND], [standing(), standing(**other)], 1205)
        assert line == (
            "first of 1,205 that match: tier best, score 83.0; $1.25 in, $10 out per 1M tokens; "
            f"{reason}"
        ), (other, reason)


def test_a_single_match_needs_no_rank() -> None:
    """Without a runner-up, and without prices, the line says so."""
    alone = WINNER._replace(capabilities={})
    unknown = standing(quality_tier=None, quality_score=None)
    assert why([alone], [unknown], 1) == (
        "the only model that matches: tier unknown; price unknown"
    )


MONEY: list[tuple[object, str]] = [
    (0, "$0"), (0.0, "$0"), (10.0, "$10"), (1.25, "$1.25"), (1234.5, "$1,234.50"),
    (0.5, "$0.50"), (0.15, "$0.15"), (0.075, "$0.075"), (0.00281, "$0.00281"), (None, "-"),
]  # fmt: skip


def test_money_reads_well() -> None:
    """Cents above a dollar, three digits below, nothing for an unknown price."""
    for value, shown in MONEY:
        assert terminal.money(value) == shown, (value, shown)


# Nothing matches.


def test_nothing_available_names_the_key_that_unlocks_the_best(shipped_catalog: Path) -> None:
    """Exit code 3: how many known models would do, the first of them, and what to set for it."""
    done = run_command(
        shipped_catalog, "best", "--tools", "--provider", "openai", "--provider", "groq"
    )
    assert (done.code, done.out, done.err.count("\n")) == (3, "", 1)
    as_json = run_command(shipped_catalog, "list", "--tools", "--provider", "openai", "--json")
    best = run_command(
        shipped_catalog, "best", "--tools", "--provider", "openai", "--known"
    ).out.strip()
    found = as_json.error
    assert (as_json.code, as_json.out) == (3, "")
    assert (found["code"], found["unlock"], found["best"]) == ("no_match", "OPENAI_API_KEY", best)
    assert found["known"] > 20
    assert "set OPENAI_API_KEY" in found["message"]


def test_the_key_that_was_named_does_unlock(shipped_catalog: Path) -> None:
    """Following the hint gives the promised model."""
    hint = run_command(shipped_catalog, "best", "--tools", "--json").error
    done = run_command(shipped_catalog, "best", "--tools", **{hint["unlock"]: "placeholder-key"})
    assert done.out.strip() == hint["best"]


def test_a_local_provider_is_unlocked_by_starting_it(catalog_path: Path) -> None:
    """No key helps for a model that a server of one's own would have to serve."""
    small_catalog(catalog_path, {"ollama/llama9": {"supports_tools": True}})
    found = run_command(catalog_path, "best", "--json").error
    assert (found["known"], found["unlock"]) == (1, None)
    assert "start Ollama" in found["message"]


PRICE = {"openai/a": 9, "azure_openai/a": 8, "groq/b": 7, "openrouter/a": 6, "ollama/b": 5}
UNVETTED = {"aihubmix/a": 2, "zai_coding_plan/b": 1, "pinstripes/b": 0.5, "nobody/a": 0.25}


@pytest.mark.parametrize("place", range(len(PRICE)))
def test_a_hint_prefers_the_key_of_the_lab(catalog_path: Path, place: int) -> None:
    """Of all that match a lab comes first, then clouds, hosts and gateways, last what runs here."""
    offers = dict(list(PRICE.items())[place:]) | UNVETTED
    prices = ("input_cost_per_1m", "output_cost_per_1m")
    small_catalog(catalog_path, {key: dict.fromkeys(prices, offers[key]) for key in offers})
    found = run_command(catalog_path, "best", "--json").error
    keys = ["OPENAI_API_KEY", "AZURE_OPENAI_API_KEY", "GROQ_API_KEY", "OPENROUTER_API_KEY", None]
    assert (found["best"], found["unlock"]) == (list(PRICE)[place], keys[place])
    assert found["known"] == len(offers)
    words = ["from a lab", "from a cloud", "from a host", "from a gateway", "on a server of your"]
    assert f"the best {words[place]}" in found["message"]
    assert [key for key in ("AIHUBMIX", "ZHIPU", "PINSTRIPES") if key in found["message"]] == []


def test_no_hint_says_to_buy_from_a_reseller(catalog_path: Path) -> None:
    """If only resellers, plans and unknown services have a match, no key is named."""
    small_catalog(catalog_path, {key: {"input_cost_per_1m": UNVETTED[key]} for key in UNVETTED})
    found = run_command(catalog_path, "best", "--json").error
    assert (found["known"], found["best"], found["unlock"]) == (4, None, None)
    assert "4 known models do, but at no lab, cloud, host or gateway" in found["message"]
    assert not [key for key in UNVETTED if key in found["message"]]
    assert "_KEY" not in found["message"]


def test_a_reseller_that_is_named_has_its_key_named(catalog_path: Path) -> None:
    """Whoever asks for a provider learns what to set for it; a lab beside it still comes first."""
    offers = PRICE | UNVETTED
    small_catalog(catalog_path, {key: {"input_cost_per_1m": offers[key]} for key in offers})
    asked = ("best", "--json", "--provider", "aihubmix")
    found = run_command(catalog_path, *asked).error
    assert (found["best"], found["unlock"]) == ("aihubmix/a", "AIHUBMIX_API_KEY")
    found = run_command(catalog_path, *asked, "--provider", "openai").error
    assert (found["best"], found["unlock"]) == ("openai/a", "OPENAI_API_KEY")


REMOVED: list[tuple[tuple[str, ...], str, int]] = [
    (("--tools", "--min-context", "9m"), "without --min-context", 3),
    (("--tools", "--max-input-cost", "0.01"), "without --max-input-cost", 3),
    (("--family", "nix"), "without --family", 5),
    (("--provider", "mistral", "--tools"), "without --provider", 3),
    (("--provider", "opnai", "--provider", "x"), "without --provider", 5),
]


def test_nothing_known_names_the_criterion_that_removed_most(small: Path) -> None:
    """One criterion to leave out, and how many models that would give."""
    for args, instead, would_match in REMOVED:
        found = run_command(small, "best", *args, "--json").error
        assert (found["known"], found["instead"], found["would_match"]) == (
            0,
            instead,
            would_match,
        ), (args, instead, would_match)


def test_a_default_that_hides_everything_is_named(catalog_path: Path) -> None:
    """Where only a default exclusion is in the way, the option that lifts it is named."""
    small_catalog(catalog_path, {"a/old": {"lifecycle": "deprecated"}})
    found = run_command(catalog_path, "best", "--known", "--json").error
    assert (found["instead"], found["would_match"]) == ("with --include-deprecated", 1)


def test_a_misspelt_provider_is_told(small: Path) -> None:
    """The provider that nobody has is named, with what it looks like."""
    done = run_command(small, "list", "--provider", "opnai")
    assert done.code == 3
    assert "there is no provider opnai (did you mean openai?)" in done.err


# list


def test_a_list_in_a_pipe_is_plain_and_stable(small: Path) -> None:
    """A header, then raw numbers; unknown is empty."""
    assert run_command(small, "list", "--known").out == (
        "id\tusable_context\tinput_cost_per_1m\toutput_cost_per_1m\tquality_tier\trelease_date\n"
        "openai/flagship\t200000\t1\t4\tbest\t2026-05-01\n"
        "openai/older\t200000\t1\t4\tbest\t2025-05-01\n"
        "groq/shared\t\t\t\tbalanced\t\n"
        "openai/small\t32000\t0.1\t0.4\tcheap\t\n"
        "mistral/shared\t\t\t\t\t\n"
    )


def test_a_list_is_paged(small: Path) -> None:
    """Limit and offset cut the same order; the total counts all."""
    page = run_command(small, "list", "--known", "--limit", "2", "--offset", "1", "--json").json
    assert [model["id"] for model in page["models"]] == ["openai/older", "groq/shared"]
    assert (page["total"], page["offset"]) == (5, 1)


def test_a_page_behind_the_end_is_empty(small: Path) -> None:
    """There are matches, only none so far behind: exit code 0 and no line."""
    done = run_command(small, "list", "--offset", "99")
    assert (done.code, done.table, done.err) == (0, [], "")


def test_a_terminal_gets_the_first_screenful(shipped_catalog: Path) -> None:
    """The best stand on top and stay in sight; a note says how many there are."""
    done = on_terminal("--db", str(shipped_catalog), "list", "--known", env=environment())
    lines = unstyled(done.out).splitlines()
    lines = [line for line in lines if "facts here are of" not in line]  # once a day
    assert (len(lines), lines[0].split()[0]) == (42, "model")
    assert lines[-1].startswith("40 of ")
    longer = on_terminal("--db", str(shipped_catalog), "list", "--known", "--limit", "60")
    lines = [line for line in unstyled(longer.out).splitlines() if "facts here are of" not in line]
    assert len(lines) == 61


# show


def test_show_names_resolver_and_date_of_every_field(shipped_catalog: Path) -> None:
    """Each effective value of the record stands there once, with its origin."""
    found = run_command(shipped_catalog, "show", "openai/gpt-4o-mini", "--json").json
    known = found["model"]["capabilities"]
    assert {row["field"]: row["value"] for row in found["fields"]} == known
    assert [row for row in found["fields"] if not (row["resolver"] and row["observed_at"])] == []
    assert {seen["source"] for seen in found["sightings"]} >= {"models_dev", "litellm"}


def test_show_all_has_the_opinions_that_lost(shipped_catalog: Path) -> None:
    """Of each field exactly one opinion wins, and it stands first."""
    found = run_command(shipped_catalog, "show", "openai/gpt-4o-mini", "--all", "--json").json[
        "fields"
    ]
    won = run_command(shipped_catalog, "show", "openai/gpt-4o-mini", "--json").json["fields"]
    first: dict[str, Any] = {}
    for row in found:
        first.setdefault(row["field"], row)
    assert list(first.values()) == won == [row for row in found if row["wins"]]
    assert len(found) > len(won)


def test_show_in_a_pipe_is_one_table(small: Path) -> None:
    """Who it is, its fields, and who saw it, under four names."""
    with write(small) as connection:
        connection.execute("INSERT INTO sources (name) VALUES ('mine')")
        connection.execute(
            "INSERT INTO sightings (model_id, source, missing_since) "
            "SELECT id, 'mine', '2026-02-03T00:00:00Z' FROM models WHERE name = 'older'"
        )
    lines = run_command(small, "show", "openai/older").table
    assert list(lines[0]) == ["field", "value", "resolver", "observed_at"]
    assert [(line["field"], line["value"], line["resolver"]) for line in lines] == [
        ("provider", "openai", ""), ("name", "older", ""), ("live", "0", ""),
        ("provider_class", "lab", ""),
        ("max_context", "200000", "user"), ("supports_tools", "1", "user"),
        ("input_cost_per_1m", "1", "user"), ("output_cost_per_1m", "4", "user"),
        ("quality_tier", "best", "user"), ("release_date", "2025-05-01", "user"),
        ("sighting", "missing since 2026-02-03T00:00:00Z", "mine"),
    ]  # fmt: skip
    assert "wins" in run_command(small, "show", "openai/older", "--all").table[0]


TYPED: list[tuple[str, str]] = [
    ("openai/flagship", "openai/flagship"), ("openai:flagship", "openai/flagship"),
    ("OpenAI/flagship", "openai/flagship"), ("flagship", "openai/flagship"),
    ("openai/newest", "openai/flagship"), ("newest", "openai/flagship"),
    ("groq/shared", "groq/shared"), ("ollama/llama3.2:3b", "ollama/llama3.2:3b"),
    ("ollama:llama3.2:3b", "ollama/llama3.2:3b"), ("llama3.2:3b", "ollama/llama3.2:3b"),
    ("openrouter/meta/llama:free", "openrouter/meta/llama:free"),
    ("meta/llama:free", "openrouter/meta/llama:free"),
    ("openrouter:meta/llama:free", "openrouter/meta/llama:free"),
    ("google/pro", "gemini/pro"),
]  # fmt: skip


def test_a_model_is_found_by_what_people_type(small: Path) -> None:
    """Both separators, aliases of providers and models, and unique bare names."""
    with write(small) as connection:
        connection.executemany(
            "INSERT INTO models (provider, name) VALUES (?, ?)",
            [("ollama", "llama3.2:3b"), ("openrouter", "meta/llama:free"), ("gemini", "pro")],
        )
        connection.execute(
            "INSERT INTO aliases (provider, alias, model_id) "
            "SELECT provider, 'newest', id FROM models WHERE name = 'flagship'"
        )
    for text, found in TYPED:
        assert run_command(small, "show", text, "--json").json["model"]["id"] == found, (
            text,
            found,
        )


def test_a_bare_name_of_several_lists_them(small: Path) -> None:
    """Nobody is chosen in silence."""
    done = run_command(small, "show", "shared", "--json")
    assert (done.code, done.out, done.error["code"]) == (1, "", "ambiguous_name")
    assert done.error["candidates"] == ["groq/shared", "mistral/shared"]


NEAR: list[tuple[str, str]] = [
    ("openai/flagshp", "openai/flagship"), ("OPENAI/FLAGSHIP", "openai/flagship"),
    ("flagshp", "openai/flagship"), ("groq/flagship", "openai/flagship"),
    ("openai:smal", "openai/small"), ("vector", "mistral/vectors"),
]  # fmt: skip


def test_an_unknown_name_has_near_ones(small: Path) -> None:
    """Names of the same provider first, then all."""
    for text, near in NEAR:
        done = run_command(small, "show", text)
        assert (done.code, done.out, done.err.count("\n")) == (1, "", 1), (text, near)
        assert f"did you mean {near}" in done.err, (text, near)
        assert run_command(small, "show", text, "--json").error["near"][0] == near, (text, near)


def test_a_name_like_no_other_has_no_near_ones(small: Path) -> None:
    """No guess is better than a wild one."""
    done = run_command(small, "show", "zzzzzzzz/qqqqqqqq")
    assert (done.code, "did you mean" in done.err) == (1, False)
