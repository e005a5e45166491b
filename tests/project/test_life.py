"""What the shipped data says of life and end: nothing that has ended is recommended, what lives is.

Facts of one day: the clock stands still.
"""

import csv
import sqlite3
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from modeldex import ModelQuery, ModelRegistry
from modeldex.vocabulary import clock
from raw_catalog import bare

TODAY = "2026-11-30"
TIERS = ("best", "balanced", "cheap")
KEYS = {
    "OPENAI_API_KEY": ("openai",), "ANTHROPIC_API_KEY": ("anthropic",),
    "GEMINI_API_KEY": ("gemini",), "GROQ_API_KEY": ("groq",), "MISTRAL_API_KEY": ("mistral",),
    "XAI_API_KEY": ("xai",), "DEEPSEEK_API_KEY": ("deepseek",),
    "OPENROUTER_API_KEY": ("openrouter",), "AZURE_OPENAI_API_KEY": ("azure_openai", "azure_ai"),
    "AWS_ACCESS_KEY_ID": ("bedrock",), "GOOGLE_APPLICATION_CREDENTIALS": ("vertex",),
}  # fmt: skip
"""Providers by the variable of their key."""

# Read on the pages of labs and hosts: what has ended, what is old and alive.
ENDED = [
    "openai/gpt-4o-2024-05-13",
    "openai/gpt-4-turbo",
    "openai/o1",
    "openai/o3-mini",
    "openai/gpt-5.1-codex",
    "anthropic/claude-3-haiku-20240307",
    "anthropic/claude-opus-4-1",
    "anthropic/claude-opus-4-1-20250805",
    "anthropic/claude-sonnet-4-20250514",
    "anthropic/claude-sonnet-4-0",
    "gemini/gemini-2.0-flash",
    "gemini/gemini-2.0-flash-lite",
    "gemini/gemini-3-pro-preview",
    "groq/llama-3.1-8b-instant",
    "groq/llama-3.3-70b-versatile",
    "groq/qwen/qwen3-32b",
    "mistral/mistral-large-2411",
    "mistral/devstral-2512",
    "mistral/zai-glm-5-2",
    "mistral/glm-5-2",
    "xai/grok-code-fast-1",
    "deepseek/deepseek-chat",
    "deepseek/deepseek-reasoner",
    "azure_openai/claude-opus-4-1",
    "bedrock/us.anthropic.claude-sonnet-4-20250514-v1:0",
    "vertex/claude-3-5-haiku@20241022",
]
ALIVE = [
    "openai/gpt-4o",
    "openai/gpt-4o-2024-11-20",
    "openai/gpt-4o-mini",
    "openai/gpt-4.1",
    "openai/o3",
    "openai/gpt-5.1",
    "anthropic/claude-haiku-4-5",
    "anthropic/claude-opus-4-5",
    "anthropic/claude-sonnet-4-6",
    "gemini/gemini-2.5-flash-lite",
    "gemini/gemini-2.5-pro",
    "mistral/mistral-medium-3.5",
    "mistral/codestral-2508",
    "xai/grok-4.3",
    "groq/openai/gpt-oss-120b",
    "bedrock/us.anthropic.claude-opus-4-1-20250805-v1:0",
    "bedrock/anthropic.claude-sonnet-4-5-20250929-v1:0",
    "vertex/claude-haiku-4-5@20251001",
    "azure_openai/gpt-4o-2024-05-13",
    "azure_openai/gpt-4o",
    "openrouter/anthropic/claude-opus-4.5",
]


@pytest.fixture(autouse=True)
def _that_day(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    seconds = datetime.fromisoformat(f"{TODAY}T12:00:00Z").timestamp()
    monkeypatch.setattr(clock, "wall", lambda: seconds)
    yield


def rows(path: Path, sql: str) -> list[sqlite3.Row]:
    """The rows of a query on a catalog."""
    with bare(path) as connection:
        return list(connection.execute(sql).fetchall())


@pytest.mark.parametrize(("variable", "providers"), KEYS.items())
async def test_no_answer_has_ended(
    shipped_catalog: Path, variable: str, providers: tuple[str, ...]
) -> None:
    """With one provider at hand, the best of each tier has not ended at its lab or its host."""
    gone = {
        f"{row[0]}/{row[1]}"
        for row in rows(
            shipped_catalog,
            "SELECT provider, name FROM catalog WHERE lifecycle = 'retired' "
            f"OR retires_at <= '{TODAY}' OR presumed_gone <= '{TODAY}'",
        )
    }
    async with ModelRegistry([], [], db=shipped_catalog) as registry:
        answers = [
            await registry.find_best(
                available=False, providers=providers, quality_tier=tier, requires_tools=tools
            )
            for tier in TIERS
            for tools in (True, False)
        ]
    named = {answer.id for answer in answers if answer}
    assert named, variable
    assert named & gone == set()


async def shown(path: Path) -> set[str]:
    """Every offer of the default scope."""
    query = ModelQuery(available=False, provider_class="any", mode="any", price_basis="any")
    async with ModelRegistry([], [], db=path) as registry:
        return {model.id for model in await registry.query(query)}


async def test_what_ended_is_left_out_and_what_lives_is_not(shipped_catalog: Path) -> None:
    """gpt-4o beside gpt-4o-2024-05-13; Opus 4.1 on Bedrock, though its lab has ended it."""
    found = await shown(shipped_catalog)
    known = {
        f"{row[0]}/{row[1]}" for row in rows(shipped_catalog, "SELECT provider, name FROM models")
    }
    assert {*ENDED, *ALIVE} - known == set()
    assert found & {*ENDED} == set()
    assert {*ALIVE} - found == set()


def test_many_offers_have_an_end_with_its_page_and_a_replacement(shipped_catalog: Path) -> None:
    """Where upstream knows it: 446 replacements, and 400 days of an end with the page."""
    [with_page] = rows(
        shipped_catalog,
        "SELECT count(*) FROM provenance WHERE field = 'retires_at' AND wins = 1 "
        "AND source_url LIKE 'https://%'",
    )
    [replaced] = rows(shipped_catalog, "SELECT count(*) FROM catalog WHERE replacement IS NOT NULL")
    assert with_page[0] >= 400
    assert replaced[0] >= 446


def test_the_twenty_largest_providers_are_fresh(shipped_catalog: Path) -> None:
    """Where a younger copy may be shipped, no chat offer that it has rests on an older price."""
    stale = rows(
        shipped_catalog,
        "SELECT p.provider, p.name, p.resolver, p.observed_at FROM provenance p "
        "WHERE p.field = 'input_cost_per_1m' AND p.wins = 1 AND p.observed_at < '2026-10-09' "
        "AND EXISTS (SELECT 1 FROM provenance y WHERE y.model_id = p.model_id "
        "AND y.field = p.field AND y.observed_at >= '2026-10-09' AND y.precedence < 300) "
        "AND p.resolver IN ('models_dev', 'litellm', 'genai_prices', 'pi_ai')",
    )
    assert [tuple(row) for row in stale] == []


def test_the_notices_say_where_they_are_from() -> None:
    """Each row has a reader, and a page unless it only names a successor."""
    path = Path(clock.__file__).with_name("notices.csv")
    lines = path.read_text("utf-8").splitlines()
    heads = [line for line in lines if line.startswith("#")]
    table = list(csv.DictReader(line for line in lines if not line.startswith("#")))
    assert len(table) > 900
    assert {row["stated_by"] for row in table} == {
        head.split()[1].rstrip(":") for head in heads[1:]
    }
    assert all("MIT" in head and "sha256" in head for head in heads[1:-1])
    assert [
        row["name"]
        for row in table
        if not row["source_url"].startswith("https://")
        and (row["retires_at"] or not row["replacement"])
    ] == []
    assert [row for row in table if not row["read_at"] or row["read_at"] > TODAY] == []
