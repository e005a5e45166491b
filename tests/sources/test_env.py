"""The source that reads keys from the environment."""

import pytest

from modeldex.sources import ModelSource
from modeldex.sources.env import EnvProviderSource
from modeldex.vocabulary.providers import providers


@pytest.fixture
def clean(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """An environment without any variable that the providers read."""
    for provider in providers().values():
        for name in (*provider.keys, *provider.base_url_vars):
            monkeypatch.delenv(name, raising=False)
    return monkeypatch


async def found(source: EnvProviderSource) -> list[str]:
    """The ids of what the source discovers."""
    return [spec.id for spec in await source.discover()]


def test_it_is_a_reference_source_without_network() -> None:
    """The source follows the protocol and tells a refresh how to treat it."""
    source = EnvProviderSource()
    assert isinstance(source, ModelSource)
    assert (source.name, source.kind, source.network) == ("env", "reference", False)


async def test_no_key_no_model() -> None:
    """An environment without keys discovers nothing."""
    assert await found(EnvProviderSource(environ={})) == []


async def test_each_key_gives_one_default_model() -> None:
    """Every provider with a key lists its default model once, by provider id."""
    environ = {
        "OPENAI_API_KEY": "a",
        "GROQ_API_KEY": "b",
        "GOOGLE_API_KEY": "c",
        "MISTRAL_API_KEY": " ",
    }
    assert await found(EnvProviderSource(environ=environ)) == [
        "gemini/gemini-3.5-flash",
        "groq/openai/gpt-oss-120b",
        "openai/gpt-4o-mini",
    ]


async def test_a_provider_without_default_lists_none() -> None:
    """A key of a provider that has no sensible default model adds nothing."""
    assert await found(EnvProviderSource(environ={"HF_TOKEN": "a", "OPENAI_API_KEY": "b"})) == [
        "openai/gpt-4o-mini"
    ]


@pytest.mark.parametrize("variable", ["OLLAMA_BASE_URL", "OLLAMA_HOST"])
async def test_ollama_is_listed_where_its_address_is_set(variable: str) -> None:
    """Ollama has no key: its address stands for it."""
    assert await found(EnvProviderSource(environ={variable: "localhost"})) == ["ollama/llama3.1"]


@pytest.mark.parametrize(
    ("include", "environ"),
    [(False, {"OLLAMA_HOST": "localhost"}), (True, {"OLLAMA_HOST": ""}), (True, {})],
)
async def test_ollama_can_be_left_out(include: bool, environ: dict[str, str]) -> None:
    """Ollama is not listed when excluded, nor when its address is empty or missing."""
    assert await found(EnvProviderSource(include_ollama=include, environ=environ)) == []


async def test_the_environment_is_read_at_each_discovery(clean: pytest.MonkeyPatch) -> None:
    """A key that is set or unset after construction counts at the next discovery."""
    source = EnvProviderSource()
    before = await found(source)
    clean.setenv("DEEPSEEK_API_KEY", "a")
    during = await found(source)
    clean.delenv("DEEPSEEK_API_KEY")
    assert [before, during, await found(source)] == [[], ["deepseek/deepseek-v4-flash"], []]


async def test_a_given_environment_replaces_the_real_one(clean: pytest.MonkeyPatch) -> None:
    """With `environ` given, keys of this process do not count."""
    clean.setenv("OPENAI_API_KEY", "a")
    assert await found(EnvProviderSource(environ={"XAI_API_KEY": "b"})) == ["xai/grok-4.3"]


async def test_no_key_leaves_the_environment() -> None:
    """No part of a key is in what the source returns."""
    specs = await EnvProviderSource(environ={"OPENAI_API_KEY": "sk-secret"}).discover()
    assert specs
    assert "sk-secret" not in repr(specs)
