"""Which model of a catalog is meant by the recommendation of a maker."""

from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path

import pytest

from command_line import small_catalog, write
from modeldex.query.replacement import Replacements
from random_history import opened

TODAY = date.today()  # noqa: DTZ011 - a day more or less makes no difference here
SOON, LATER = (f"{TODAY + timedelta(days=days)}" for days in (20, 300))
GONE = f"{TODAY - timedelta(days=20)}"

MODELS: Mapping[str, Mapping[str, object]] = {
    "anthropic/claude-sonnet-4-5-20250929": {"base": "anthropic/claude-sonnet-4.5"},
    "anthropic/claude-opus-4-8": {"base": "anthropic/claude-opus-4.8"},
    "azure_ai/claude-sonnet-4-5": {"base": "anthropic/claude-sonnet-4.5"},
    "bedrock/anthropic.claude-opus-4-1": {"base": "anthropic/claude-opus-4.1"},
    "groq/openai/gpt-oss-120b": {"base": "openai/gpt-oss-120b"},
    "groq/llama-old": {"retires_at": GONE, "replacement": "llama-older or llama-new"},
    "groq/llama-older": {"lifecycle": "retired", "replacement": "llama-old"},
    "groq/llama-soon": {"retires_at": SOON, "replacement": "llama-new"},
    "groq/llama-new": {"retires_at": LATER},
    "groq/circle": {"retires_at": GONE, "replacement": "circle-too"},
    "groq/circle-too": {"retires_at": GONE, "replacement": "circle"},
    "groq/end": {"retires_at": GONE, "replacement": "what nobody has"},
    "together/qwen3-32b-fp8": {"base": "qwen/qwen3-32b", "variant": "fp8"},
}


@pytest.fixture
def replacements(tmp_path: Path) -> Replacements:
    path = small_catalog(tmp_path / "catalog.db", MODELS)
    with write(path) as connection:
        connection.executemany(
            "INSERT INTO provider_classes (provider, class, maker) VALUES (?, 'lab', ?) "
            "ON CONFLICT (provider) DO UPDATE SET class = 'lab', maker = excluded.maker",
            [("anthropic", "anthropic"), ("openai", "openai")],
        )
    return Replacements(opened(path))


@pytest.mark.parametrize(
    ("provider", "text", "found"),
    [
        ("anthropic", "claude-opus-4-8", "anthropic/claude-opus-4-8"),
        ("anthropic", "claude-sonnet-4.5", "anthropic/claude-sonnet-4-5-20250929"),
        ("anthropic", "Claude Sonnet 4.5", "anthropic/claude-sonnet-4-5-20250929"),
        ("azure_ai", "claude-sonnet-4.5", "azure_ai/claude-sonnet-4-5"),
        ("bedrock", "claude-opus-4.8", "anthropic/claude-opus-4-8"),
        ("bedrock", "anthropic/claude-opus-4-8", "anthropic/claude-opus-4-8"),
        ("groq", "openai/gpt-oss-120b", "groq/openai/gpt-oss-120b"),
        ("groq", "no-such-model", None),
        ("groq", "the newest one", None),
        ("together", "qwen3-32b", None),
        ("together", "qwen3-32b-fp8", "together/qwen3-32b-fp8"),
    ],
)
def test_a_recommendation_is_found_in_any_spelling(
    replacements: Replacements, provider: str, text: str, found: str | None
) -> None:
    """At the provider, else at the lab; another variant than the one named is not meant."""
    entry = replacements.of(provider, None, text, beyond=GONE)
    assert (entry and entry.id) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("nobody-has-it or llama-new", "groq/llama-new"),
        ("nobody-has-it, or llama-new", "groq/llama-new"),
        ("llama-new; openai/gpt-oss-120b", "groq/llama-new"),
        ("openai/gpt-oss-120b / llama-new", "groq/openai/gpt-oss-120b"),
        ("llama-old and openai/gpt-oss-120b", "groq/openai/gpt-oss-120b"),
    ],
)
def test_of_several_the_first_that_exists_and_lives_is_meant(
    replacements: Replacements, text: str, found: str
) -> None:
    """Names may be parted by words, commas and strokes."""
    entry = replacements.of("groq", None, text, beyond=GONE)
    assert (entry and entry.id) == found


@pytest.mark.parametrize(
    ("text", "beyond", "found"),
    [
        ("llama-old", GONE, "groq/llama-new"),
        ("llama-older", GONE, "groq/llama-new"),
        ("llama-soon", GONE, "groq/llama-new"),
        ("llama-new", LATER, None),
        ("circle", GONE, None),
        ("end", GONE, None),
    ],
)
def test_what_ends_is_not_recommended(
    replacements: Replacements, text: str, beyond: str, found: str | None
) -> None:
    """Its own replacement is, if that goes on beyond the day; a circle leads nowhere."""
    entry = replacements.of("groq", None, text, beyond=beyond)
    assert (entry and entry.id) == found
