"""How three open data sets become rows of the catalog."""

import json
from collections import Counter
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from modeldex.claims import claim, identity
from modeldex.errors import SourceFailed
from modeldex.fields import BY_NAME
from modeldex.listings import genai_prices, litellm, models_dev
from modeldex.listings.price_basis import exact, settle
from modeldex.listings.rows import Mapped

Row = dict[str, Any]
OWN = Path(__file__).parent / "data" / "datasets"
SHARED = Path(__file__).parents[2] / "shared" / "fixtures" / "providers" / "datasets"
DAY = date(2026, 6, 1)
MAPPINGS: dict[str, Callable[[object], Mapped]] = {
    "models_dev": models_dev.rows,
    "litellm": litellm.rows,
    "genai_prices": lambda payload: genai_prices.rows(payload, DAY),
}


def payload(name: str, folder: Path = OWN, file: str | None = None, **options: Any) -> Any:
    """The upstream JSON of a data set."""
    return json.loads((folder / (file or f"{name}.json")).read_text("utf-8"), **options)


@cache
def mapped(name: str) -> Mapped:
    """Our own payload of a data set, mapped."""
    return MAPPINGS[name](payload(name, parse_float=Decimal))


def row(name: str, model: str) -> Row:
    """The one row of `provider/name` in a mapped data set."""
    rows = {f"{r['provider']}/{r['name']}": r for r in mapped(name).rows}
    return rows[model]


MODELS_DEV_FACTS = [
    ("openai/tri-modal", "max_context", 128000),
    ("openai/tri-modal", "max_input_tokens", 100000),
    ("openai/tri-modal", "max_output_tokens", 16384),
    ("openai/tri-modal", "supports_tools", True),
    ("openai/tri-modal", "supports_reasoning", False),
    ("openai/tri-modal", "supports_structured_outputs", True),
    ("openai/tri-modal", "supports_json_mode", True),
    ("openai/tri-modal", "input_modalities", ["image", "pdf", "text"]),
    ("openai/tri-modal", "output_modalities", ["text"]),
    ("openai/tri-modal", "supports_vision", True),
    ("openai/tri-modal", "supports_pdf", True),
    ("openai/tri-modal", "supports_audio", False),
    ("openai/tri-modal", "known_params", ["temperature"]),
    ("openai/tri-modal", "input_cost_per_1m", 0.15),
    ("openai/tri-modal", "output_cost_per_1m", 0.6),
    ("openai/tri-modal", "cache_read_cost_per_1m", 0.075),
    ("openai/tri-modal", "price_basis", "metered"),
    ("openai/tri-modal", "family", "tri"),
    ("openai/tri-modal", "release_date", "2025-01-31"),
    ("openai/tri-modal", "knowledge_cutoff", "2024-10"),
    ("openai/tri-modal", "open_weights", False),
    ("openai/tri-modal", "mode", "chat"),
    ("openai/no-limits", "display_name", "The Unlimited One"),
    ("openai/no-limits", "unsupported_params", ["temperature"]),
    ("openai/no-limits", "lifecycle", "preview"),
    ("openai/no-limits", "supports_audio", True),
    ("openai/old-one", "lifecycle", "deprecated"),
    ("openai/old-one", "max_output_tokens", 8192),
    ("openai/text-embedding-9", "mode", "embedding"),
    ("openai/text-embedding-9", "output_modalities", ["embedding"]),
    ("openai/text-embedding-9", "output_cost_per_1m", 0.0),
    ("openai/whisper-9", "mode", "audio"),
    ("openai/plain-captioner", "mode", "audio"),
    ("openai/traffic-detector", "mode", "other"),
    ("openai/gpt-image-9", "mode", "image"),
    ("openai/imagine-video", "mode", "video"),
    ("openai/tune-maker", "mode", "audio"),
    ("openai/bge-reranker-9", "mode", "rerank"),
    ("openai/prompt-guard-9", "mode", "moderation"),
    ("openai/gpt-oss-safeguard-9b", "mode", "chat"),
    ("openai/gpt-3.5-turbo-instruct", "mode", "completion"),
    ("openai/half-priced", "input_cost_per_1m", 2.0),
    ("openai/odd-values", "open_weights", True),
    ("azure_openai/shared", "input_cost_per_1m", 1.0),
    ("github/maker/model", "lifecycle", "retired"),
    ("github/maker/model", "price_basis", "free"),
    ("zai_coding_plan/glm-9", "price_basis", "subscription"),
    ("zai_coding_plan/glm-9", "input_cost_per_1m", 0.0),
    ("ollama_cloud/gpt-oss:120b", "price_basis", "subscription"),
    ("lmstudio/maker/local", "price_basis", "self_hosted"),
    ("vercel/maker/unexplained", "supports_tools", True),
    ("openrouter/maker/model:free", "price_basis", "free"),
    ("openrouter/openrouter/free", "price_basis", "free"),
    ("openrouter/openrouter/auto", "price_basis", "dynamic"),
    ("openrouter/~maker/model-latest", "price_basis", "dynamic"),
    ("openrouter/maker/odd-minus", "price_basis", "dynamic"),
]
LITELLM_FACTS = [
    ("openai/swift-1", "max_input_tokens", 272000),
    ("openai/swift-1", "max_input_tokens", 272000),
    ("openai/swift-1", "max_output_tokens", 128000),
    ("openai/swift-1", "input_cost_per_1m", 1.25),
    ("openai/swift-1", "output_cost_per_1m", 10.0),
    ("openai/swift-1", "cache_read_cost_per_1m", 0.125),
    ("openai/swift-1", "price_basis", "metered"),
    (
        "openai/swift-1",
        "other_prices",
        ["cache_write_1h:6", "input/batch:0.625", "input>200000:2.5"],
    ),
    ("openai/swift-1", "supports_tools", True),
    ("openai/swift-1", "supports_parallel_tools", False),
    ("openai/swift-1", "supports_structured_outputs", True),
    ("openai/swift-1", "supports_json_mode", True),
    ("openai/swift-1", "supports_streaming", True),
    ("openai/swift-1", "supports_prompt_cache", True),
    ("openai/swift-1", "supports_pdf", True),
    ("openai/swift-1", "supports_audio", False),
    ("openai/swift-1", "supports_system_messages", True),
    ("openai/swift-1", "supports_reasoning", True),
    ("openai/swift-1", "input_modalities", ["image", "text"]),
    ("openai/swift-1", "output_modalities", ["text"]),
    ("openai/swift-1", "retires_at", "2026-12-11"),
    ("openai/swift-1", "mode", "chat"),
    ("openai/chooser", "supports_tools", True),
    ("openai/chooser", "mode", "chat"),
    ("openai/nay-sayer", "supports_tools", False),
    ("openai/vector-3", "embedding_dims", 1536),
    ("openai/vector-3", "mode", "embedding"),
    ("openai/vector-3", "max_input_tokens", 8191),
    ("openai/vector-3", "output_cost_per_1m", 0.0),
    ("openai/painter-1", "mode", "image"),
    ("openai/clip-1", "mode", "video"),
    ("openai/voice-1", "mode", "audio"),
    ("openai/davinci-9", "mode", "completion"),
    ("openai/judge-1", "mode", "other"),
    ("openai/whole-window", "max_output_tokens", 8192),
    ("openai/odd-values", "output_cost_per_1m", 2.0),
    ("gemini/twin", "max_input_tokens", 1000),
    ("vertex/maker/rented", "mode", "chat"),
    ("azure_openai/deployed", "input_cost_per_1m", 1.0),
    ("bedrock/us.maker.model-v1:0", "mode", "chat"),
    ("replicate/maker/model", "mode", "chat"),
    ("fireworks/accounts/fireworks/models/fire-1", "mode", "chat"),
    ("alibaba/tiered", "input_cost_per_1m", 0.4),
    ("alibaba/tiered", "output_cost_per_1m", 1.2),
    ("alibaba/tiered", "other_prices", ["input>256000:1.2", "output>256000:3.6"]),
    ("ollama/llama9", "price_basis", "self_hosted"),
    ("ollama/llama9", "input_cost_per_1m", 0.0),
    ("ollama/big:120b-cloud", "price_basis", "subscription"),
    ("chatgpt/swift-1", "price_basis", "subscription"),
    ("azure_ai/model-router", "price_basis", "dynamic"),
]
GENAI_FACTS = [
    ("openai/calm-5", "max_context", 400000),
    ("openai/calm-5", "input_cost_per_1m", 1.25),
    ("openai/calm-5", "cache_read_cost_per_1m", 0.125),
    ("openai/calm-5", "output_cost_per_1m", 10.0),
    ("openai/calm-5", "price_basis", "metered"),
    ("openai/calm-5.1", "input_cost_per_1m", 2.5),
    ("openai/calm-5.1", "output_cost_per_1m", 15.0),
    ("openai/calm-5.1", "cache_write_cost_per_1m", 3.125),
    (
        "openai/calm-5.1",
        "other_prices",
        ["cache_write_1h:5", "input>272000:5", "output>272000:22.5"],
    ),
    ("openai/calm-5.1", "lifecycle", "deprecated"),
    ("openai/calm-5.1", "aliases", ["calm-5-1"]),
    ("openai/calm-5-codex", "input_cost_per_1m", 4.0),
    ("openai/dated", "input_cost_per_1m", 2.0),
    ("openai/unborn", "max_context", 1000),
    ("openai/off-peak", "input_cost_per_1m", 0.15),
    ("openai/half-day", "max_context", 64000),
    ("openai/odd-rule", "input_cost_per_1m", 3.0),
    ("openai/pattern-9", "listed", False),
    ("openai/pattern-9", "input_cost_per_1m", 1.0),
    ("openai/window-only", "max_context", 32000),
    ("openai/odd-price", "output_cost_per_1m", 1.0),
    ("fireworks/accounts/fireworks/models/fire-1", "aliases", ["fire-1"]),
    ("fireworks/accounts/fireworks/models/fire-1", "max_context", 5000),
    ("bedrock/us.maker-1", "listed", False),
    ("bedrock/eu.maker-1", "input_cost_per_1m", 5.0),
    ("huggingface/Maker/Model-9B:groq", "input_cost_per_1m", 0.15),
    ("huggingface/maker/model-9b-fast:groq", "listed", False),
    ("openrouter/maker/gift:free", "price_basis", "free"),
    ("openrouter/maker/gift:free", "output_cost_per_1m", 0.0),
    ("openrouter/~maker/latest", "price_basis", "dynamic"),
]
FACTS = [
    *(("models_dev", *fact) for fact in MODELS_DEV_FACTS),
    *(("litellm", *fact) for fact in LITELLM_FACTS),
    *(("genai_prices", *fact) for fact in GENAI_FACTS),
]


@pytest.mark.parametrize(("name", "model", "field", "value"), FACTS)
def test_a_fact_of_a_data_set_reaches_its_field(
    name: str, model: str, field: str, value: object
) -> None:
    """What upstream states arrives under our name, in our unit and exact."""
    assert row(name, model)[field] == value


UNKNOWN = [
    ("models_dev", "openai/tri-modal", "display_name"),  # restates the name
    ("models_dev", "openai/tri-modal", "lifecycle"),
    ("models_dev", "openai/tri-modal", "cache_write_cost_per_1m"),  # a zero beside prices
    ("models_dev", "openai/no-limits", "max_context"),
    ("models_dev", "openai/no-limits", "max_output_tokens"),
    ("models_dev", "openai/no-limits", "supports_structured_outputs"),
    ("models_dev", "openai/no-limits", "supports_json_mode"),
    ("models_dev", "openai/no-limits", "input_cost_per_1m"),
    ("models_dev", "openai/no-limits", "price_basis"),
    ("models_dev", "openai/old-one", "cache_read_cost_per_1m"),  # above the input price
    ("models_dev", "openai/text-embedding-9", "max_output_tokens"),
    ("models_dev", "openai/silent-one", "supports_vision"),
    ("models_dev", "openai/silent-one", "mode"),
    ("models_dev", "openai/half-priced", "output_cost_per_1m"),
    ("models_dev", "openai/odd-values", "supports_tools"),
    ("models_dev", "openai/odd-values", "max_context"),
    ("models_dev", "openai/odd-values", "input_cost_per_1m"),
    ("models_dev", "openai/odd-values", "price_basis"),
    ("models_dev", "openai/odd-values", "release_date"),
    ("models_dev", "openai/odd-values", "family"),
    ("models_dev", "vercel/maker/unexplained", "input_cost_per_1m"),
    ("models_dev", "vercel/maker/unexplained", "price_basis"),
    ("models_dev", "openrouter/openrouter/auto", "input_cost_per_1m"),
    ("models_dev", "openrouter/~maker/model-latest", "input_cost_per_1m"),
    ("models_dev", "openrouter/maker/odd-minus", "output_cost_per_1m"),
    ("litellm", "openai/swift-1", "supports_vision"),  # null is unknown
    ("litellm", "openai/swift-1", "cache_write_cost_per_1m"),
    ("litellm", "openai/bare-max", "max_input_tokens"),
    ("litellm", "openai/bare-max", "max_output_tokens"),
    ("litellm", "openai/vector-3", "max_output_tokens"),
    ("litellm", "openai/zero-limits", "max_input_tokens"),
    ("litellm", "openai/zero-limits", "max_output_tokens"),
    ("litellm", "openai/cache-above", "cache_read_cost_per_1m"),
    ("litellm", "openai/odd-values", "max_input_tokens"),
    ("litellm", "openai/odd-values", "supports_vision"),
    ("litellm", "openai/odd-values", "input_cost_per_1m"),
    ("litellm", "openai/odd-values", "retires_at"),
    ("litellm", "mistral/labs-zero", "input_cost_per_1m"),
    ("litellm", "mistral/labs-zero", "price_basis"),
    ("litellm", "azure_ai/model-router", "input_cost_per_1m"),
    ("litellm", "chatgpt/swift-1", "input_cost_per_1m"),
    ("genai_prices", "openai/calm-5", "aliases"),  # calm-5-codex is another model
    ("genai_prices", "openai/calm-5", "lifecycle"),
    ("genai_prices", "openai/calm-5-codex", "max_context"),
    ("genai_prices", "openai/unborn", "input_cost_per_1m"),
    ("genai_prices", "openai/half-day", "input_cost_per_1m"),
    ("genai_prices", "openai/pattern-9", "max_context"),
    ("genai_prices", "openai/window-only", "price_basis"),
    ("genai_prices", "openai/odd-price", "max_context"),
    ("genai_prices", "openai/odd-price", "input_cost_per_1m"),
    ("genai_prices", "huggingface/Maker/Model-9B:groq", "listed"),
    ("genai_prices", "openrouter/~maker/latest", "input_cost_per_1m"),
]


@pytest.mark.parametrize(("name", "model", "field"), UNKNOWN)
def test_what_upstream_does_not_know_is_absent(name: str, model: str, field: str) -> None:
    """A zero, a null, a sentinel or a malformed value leaves no opinion behind."""
    assert field not in row(name, model)


LOSSES = [
    ("models_dev", "dropped", "model is not an object", 1),
    ("models_dev", "dropped", "provider is not an object", 1),
    ("models_dev", "dropped", "states nothing", 1),
    ("models_dev", "dropped", "a second row for the same provider and name", 1),
    ("models_dev", "dropped", "provider: expected a provider id such as openai or my_proxy", 1),
    ("models_dev", "values", "price: zero without a reason", 1),
    ("models_dev", "values", "price: a negative number means that it varies", 2),
    ("models_dev", "values", "price: that of a router or moving alias varies", 1),
    ("models_dev", "values", "max_output_tokens: not below the window (kept)", 1),
    ("models_dev", "values", "max_output_tokens: an embedding generates none", 1),
    ("models_dev", "values", "max_output_tokens: below 1", 1),
    ("models_dev", "values", "max_context: expected a number, got str", 1),
    ("models_dev", "values", "cache_read_cost_per_1m: above the input price", 1),
    ("models_dev", "values", "cache_write_cost_per_1m: zero beside a price", 1),
    ("models_dev", "values", "output_cost_per_1m: zero beside a price", 1),
    ("models_dev", "values", "supports_tools: expected true or false", 1),
    ("models_dev", "values", "family: expected text, got list", 1),
    ("litellm", "dropped", "not a model: a sample, rules or a container", 3),
    ("litellm", "dropped", "not a model: search", 1),
    ("litellm", "dropped", "not a model: guardrail", 1),
    ("litellm", "dropped", "the price of a region, size, term or route", 4),
    ("litellm", "dropped", "the price of a size class", 1),
    ("litellm", "dropped", "a second row for the same provider and name", 1),
    ("litellm", "dropped", "no provider", 1),
    ("litellm", "dropped", "entry is not an object", 1),
    ("litellm", "values", "max_output_tokens: embedding generates none", 1),
    ("litellm", "values", "max_output_tokens: not below the window (kept)", 1),
    ("litellm", "values", "max_input_tokens: expected a number, got str", 1),
    ("litellm", "values", "cache_read_cost_per_1m: above the input price", 1),
    ("litellm", "values", "price: zero without a reason", 1),
    ("genai_prices", "dropped", "provider is not an object", 1),
    ("genai_prices", "dropped", "no id", 2),
    ("genai_prices", "dropped", "a label with patterns only, no exact name", 1),
    ("genai_prices", "dropped", "states nothing", 2),
    ("genai_prices", "dropped", "a second row for the same provider and name", 1),
    ("genai_prices", "values", "price: none in force yet", 1),
    ("genai_prices", "values", "price: another one holds for half the day", 1),
    ("genai_prices", "values", "price: that outside the peak hours (kept)", 1),
    ("genai_prices", "values", "input_cost_per_1m: expected a number, got str", 1),
]


@pytest.mark.parametrize(("name", "part", "reason", "count"), LOSSES)
def test_every_loss_is_counted_under_its_reason(
    name: str, part: str, reason: str, count: int
) -> None:
    """A row or value that cannot stand is counted, never silently dropped."""
    assert getattr(mapped(name), part)[reason] == count


def test_another_price_of_the_same_match_is_no_alias() -> None:
    """genai-prices lets calm-5-codex share calm-5's price; its own row wins all the same."""
    assert row("genai_prices", "openai/calm-5-codex") == {
        "provider": "openai",
        "name": "calm-5-codex",
        "input_cost_per_1m": 4.0,
        "output_cost_per_1m": 8.0,
        "price_basis": "metered",
    }


@pytest.mark.parametrize(
    ("day", "price"), [("2026-01-01", 10.0), ("2026-03-13", 2.0), ("2026-09-01", 1.0)]
)
def test_the_price_in_force_on_the_day_is_taken(day: str, price: float) -> None:
    """The latest start date that is not after the day decides."""
    rows = genai_prices.rows(payload("genai_prices"), date.fromisoformat(day)).rows
    assert [r["input_cost_per_1m"] for r in rows if r["name"] == "dated"] == [price]


@pytest.mark.parametrize("name", MAPPINGS)
def test_floats_and_decimals_give_the_same_rows(name: str) -> None:
    """A feed parsed with plain floats maps to the very same prices."""
    assert MAPPINGS[name](payload(name)) == mapped(name)


@pytest.mark.parametrize("name", MAPPINGS)
def test_rows_are_clean_sorted_and_unique(name: str) -> None:
    """A row passes the edge of the catalog unchanged, and comes in order."""
    rows = mapped(name).rows
    keys = [(r["provider"], r["name"]) for r in rows]
    assert keys == sorted(set(keys))
    assert [unchanged(r) for r in rows] == [True] * len(rows)


def unchanged(r: Row) -> bool:
    """Whether the edge of the catalog keeps every part of a row as it is."""
    who, refused = identity(r)
    assert who is not None
    facts = {field: r[field] for field in BY_NAME if field in r}
    values, lost = claim("x", facts)
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
    assert mapped("models_dev").taken + mapped("models_dev").dropped.total() == models
    entries = len(payload("litellm"))
    assert mapped("litellm").taken + mapped("litellm").dropped.total() == entries
    assert mapped("litellm").read == entries


@pytest.mark.parametrize(
    ("name", "wrong"), [("models_dev", []), ("litellm", "text"), ("genai_prices", {})]
)
def test_a_payload_of_another_shape_is_refused(name: str, wrong: object) -> None:
    """A listing that is no listing fails the source instead of retiring its models."""
    with pytest.raises(SourceFailed, match=name):
        MAPPINGS[name](wrong)


@pytest.mark.parametrize(
    ("provider", "model", "prices", "basis"),
    [
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
    ],
)
def test_a_price_has_a_reason(
    provider: str, model: str, prices: dict[str, object], basis: str | None
) -> None:
    """Zero is kept with a known reason only, and the reason is stored."""
    assert settle(provider, model, prices, Counter()).get("price_basis") == basis


@pytest.mark.parametrize(
    ("value", "number"),
    [
        (0.1, Decimal("0.1")),
        (Decimal("7e-8"), Decimal("7e-8")),
        (3, Decimal(3)),
        (True, None),
        ("0.1", None),
        (None, None),
        (float("inf"), None),
    ],
)
def test_a_number_is_read_as_it_was_written(value: object, number: Decimal | None) -> None:
    """Money is exact: no binary noise, and nothing but a finite number is one."""
    assert exact(value) == number


def shared(name: str, file: str) -> Mapped:
    """An excerpt of the real upstream file, mapped; skips where there is none."""
    if not (SHARED / file).exists():
        pytest.skip("no shared fixtures here")
    return MAPPINGS[name](payload(name, SHARED, file))


@pytest.mark.parametrize(
    ("name", "file", "model", "facts"),
    [
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
    ],
)  # fmt: skip
def test_the_real_formats_map(name: str, file: str, model: tuple[str, str], facts: Row) -> None:
    """Excerpts of the real upstream files give the facts they state."""
    found = [r for r in shared(name, file).rows if (r["provider"], r["name"]) == model]
    assert [{field: r.get(field) for field in facts} for r in found] == [facts]


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
