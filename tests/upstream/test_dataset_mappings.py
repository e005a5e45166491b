"""How three open data sets become rows of the catalog."""

import json
from collections import Counter
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from checkout import SHARED as SHARED_FOLDER
from mappings import DATA, DATA_SETS, page
from modeldex.errors import SourceFailed
from modeldex.upstream import snapshots
from modeldex.upstream.formats import genai_prices, pi_ai
from modeldex.upstream.formats.price_basis import exact, settle
from modeldex.upstream.formats.rows import Mapped
from modeldex.vocabulary.fields import BY_NAME
from modeldex.vocabulary.normalize import identity, normalize_answer

Row = dict[str, Any]
SHARED = SHARED_FOLDER / "fixtures" / "providers" / "datasets"


def mapped(name: str) -> Mapped:
    """Our own payload of a data set, mapped."""
    return page(f"datasets/{name}").mapped


def payload(name: str, folder: str = "datasets") -> Any:
    """The upstream JSON of a data set, with plain floats."""
    return json.loads((DATA / folder / f"{name}.json").read_text("utf-8"))


def test_the_price_in_force_on_the_day_is_taken() -> None:
    """The latest start date that is not after the day decides."""
    prices = {"2026-01-01": 10.0, "2026-03-13": 2.0, "2026-09-01": 1.0}
    found = {
        day: row["input_cost_per_1m"]
        for day in prices
        for row in genai_prices.rows(payload("genai_prices"), date.fromisoformat(day)).rows
        if row["name"] == "dated"
    }
    assert found == prices


def test_floats_and_decimals_give_the_same_rows() -> None:
    """A feed parsed with plain floats maps to the very same prices."""
    both = [(folder, name) for folder in ("datasets", "prices") for name in DATA_SETS]
    assert [(which, DATA_SETS[which[1]](payload(which[1], which[0]))) for which in both] == [
        (which, page("/".join(which)).mapped) for which in both
    ]


def test_rows_are_clean_sorted_and_unique() -> None:
    """A row passes the edge of the catalog unchanged, and comes in order."""
    for name in DATA_SETS:
        rows = mapped(name).rows
        keys = [(r["provider"], r["name"]) for r in rows]
        assert keys == sorted(set(keys)), name
        assert [r for r in rows if not unchanged(r)] == [], name


def unchanged(r: Row) -> bool:
    """Whether the edge of the catalog keeps every part of a row as it is."""
    who, refused = identity(r)
    assert who is not None
    facts = {field: r[field] for field in BY_NAME if field in r}
    values, lost = normalize_answer("x", facts)
    restored = {field: BY_NAME[field].restore(value) for field, value in values.items()}
    given = {f: frozenset(v) if isinstance(v, list) else v for f, v in facts.items()}
    return (
        (who.provider, who.name, list(who.aliases))
        == (r["provider"], r["name"], r.get("aliases", []))
        and refused == lost == []
        and restored == given
    )


def test_every_entry_is_taken_or_counted() -> None:
    """The rows taken and the rows dropped together are the entries of the payload."""
    hosts = payload("models_dev").values()
    models = sum(len(host["models"]) if isinstance(host, dict) else 1 for host in hosts)
    assert mapped("models_dev").accepted + mapped("models_dev").dropped.total() == models
    entries = len(payload("litellm"))
    assert mapped("litellm").accepted + mapped("litellm").dropped.total() == entries
    assert mapped("litellm").seen == entries


def test_a_payload_of_another_shape_is_refused() -> None:
    """A listing that is no listing fails the source instead of retiring its models."""
    wrong: dict[str, object] = {"models_dev": [], "litellm": "text", "genai_prices": {}}
    for name, answer in wrong.items():
        with pytest.raises(SourceFailed, match=name):
            DATA_SETS[name](answer)


LEVELS: list[tuple[dict[str, object], list[str] | None]] = [
    ({"off": "none", "minimal": None, "low": "low", "medium": None, "high": "high", "max": "max"},
     ["high", "low", "max", "none"]),
    ({"minimal": None, "low": None, "medium": None, "high": "on"}, None),
    ({"xhigh": "xhigh", "max": "max"}, None),
]  # fmt: skip


@pytest.mark.parametrize(("levels", "known"), LEVELS)
def test_pi_ai_states_levels_and_the_endpoint(
    levels: dict[str, object], known: list[str] | None
) -> None:
    """The host's words count, where the map says something of each level; others are unknown."""
    model = {"id": "m", "type": "chat", "api": "openai-responses", "thinkingLevelMap": levels}
    [row] = pi_ai.rows({"openai": {"openai-responses": {"m": model}}}).rows
    assert row.get("effort_levels") == known
    assert row["endpoints"] == ["/v1/responses"]
    model["compat"] = {"supportsReasoningEffort": False}
    [row] = pi_ai.rows({"openai": {"openai-responses": {"m": model}}}).rows
    assert "effort_levels" not in row


def test_the_shipped_rows_name_pages_endpoints_and_targets() -> None:
    """What the data sets state beside limits and prices arrives, for as many rows at least."""
    least = {
        "litellm": {"source_url": 2800, "endpoints": 950, "min_cacheable_tokens": 250,
                    "effort_levels": 300, "target": 90},
        "models_dev": {"effort_levels": 1000, "supports_video": 5000},
        "pi_ai": {"effort_levels": 450, "endpoints": 1100},
        "genai_prices": {"source_url": 3000},
    }  # fmt: skip
    for name, counts in least.items():
        rows = snapshots.load(name).rows
        for field, number in counts.items():
            assert sum(field in row for row in rows) >= number, (name, field)


BASES: list[tuple[str, str, dict[str, object], str | None]] = [
    ("openai", "m", {"input_cost_per_1m": 0, "output_cost_per_1m": 0}, None),
    ("nvidia", "m", {"input_cost_per_1m": 0, "output_cost_per_1m": 0}, "free"),
    ("zai", "glm-4.5-flash", {"input_cost_per_1m": 0}, "free"),
    ("aihubmix", "model-free", {"input_cost_per_1m": 0}, "free"),
    ("openai", "carefree", {"input_cost_per_1m": 0}, None),
    ("github_copilot", "m", {"input_cost_per_1m": 0}, "subscription"),
    ("github_copilot", "m", {"input_cost_per_1m": 3}, "metered"),
    ("xiaomi_token_plan_cn", "m", {"input_cost_per_1m": 0}, "subscription"),
    ("planet", "m", {"input_cost_per_1m": 0}, None),
    ("vllm", "m", {}, "self_hosted"),
    ("litellm_proxy", "m", {"input_cost_per_1m": 0}, None),
    ("openai", "m", {}, None),
    ("nano_gpt", "auto-model", {"input_cost_per_1m": 0}, "dynamic"),
    ("openai", "autoglm", {"input_cost_per_1m": 1}, "metered"),
    ("openai", "m", {"input_cost_per_1m": float("nan")}, None),
]


def test_a_price_has_a_reason() -> None:
    """Zero is kept with a known reason only, and the reason is stored."""
    found = [
        (provider, model, prices, settle(provider, model, prices, Counter()).get("price_basis"))
        for provider, model, prices, _ in BASES
    ]
    assert found == BASES


NUMBERS: list[tuple[object, Decimal | None]] = [
    (0.1, Decimal("0.1")), (Decimal("7e-8"), Decimal("7e-8")), (3, Decimal(3)), (True, None),
    ("0.1", None), (None, None), (float("inf"), None),
]  # fmt: skip


def test_a_number_is_read_as_it_was_written() -> None:
    """Money is exact: no binary noise, and nothing but a finite number is one."""
    assert [(value, exact(value)) for value, _ in NUMBERS] == NUMBERS


REAL: list[tuple[str, str, tuple[str, str], Row]] = [
    (
        "models_dev", "models_dev_api.json", ("anthropic", "claude-sonnet-4-5"),
        {"input_cost_per_1m": 3.0, "max_context": 200000, "supports_vision": True},
    ),
    (
        "models_dev", "models_dev_api.json", ("ollama_cloud", "gpt-oss:120b"),
        {"price_basis": "subscription", "mode": "chat"},
    ),
    (
        "models_dev", "models_dev_api.json", ("gemini", "gemini-embedding-001"),
        {"mode": "embedding", "output_modalities": ["embedding"]},
    ),
    (
        "litellm", "litellm_model_prices_excerpt.json", ("openai", "gpt-5"),
        {"input_cost_per_1m": 1.25, "output_cost_per_1m": 10.0, "retires_at": "2026-12-11"},
    ),
    (
        "litellm", "litellm_model_prices_excerpt.json", ("gemini", "gemini-2.5-pro"),
        {"max_input_tokens": 1048576, "supports_audio": True, "price_basis": "metered"},
    ),
    (
        "litellm", "litellm_model_prices_excerpt.json",
        ("watsonx", "ibm/granite-3-3-8b-instruct"),
        {"supports_vision": False, "input_cost_per_1m": 0.2},
    ),
    (
        "genai_prices", "genai_prices_data_excerpt.json", ("openai", "o3"),
        {"input_cost_per_1m": 2.0, "output_cost_per_1m": 8.0},
    ),
    (
        "genai_prices", "genai_prices_data_excerpt.json", ("anthropic", "claude-opus-4-6"),
        {"input_cost_per_1m": 5.0, "listed": False},
    ),
]  # fmt: skip


@pytest.mark.skipif(not SHARED.is_dir(), reason="the reference payloads are elsewhere")
def test_the_real_formats_map() -> None:
    """Excerpts of the real upstream files give the facts they state."""
    files = {(name, file) for name, file, _, _ in REAL}
    rows = {
        (name, file, (row["provider"], row["name"])): row
        for name, file in files
        for row in DATA_SETS[name](json.loads((SHARED / file).read_text("utf-8"))).rows
    }
    assert [
        (name, file, model, {field: rows[name, file, model].get(field) for field in facts})
        for name, file, model, facts in REAL
    ] == REAL


def test_a_price_book_does_not_say_by_itself_that_a_model_exists() -> None:
    """A name counts as listed only where another data set lists it; its price stays."""
    mapped = Mapped(
        [{"provider": "a", "name": "x"}, {"provider": "a", "name": "y"}], Counter(), Counter()
    )
    rows = genai_prices.confirmed(mapped, [{"provider": "a", "name": "x"}]).rows
    assert rows == [
        {"provider": "a", "name": "x"},
        {"provider": "a", "name": "y", "listed": False},
    ]
