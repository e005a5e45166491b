"""Providers as data: ids, aliases, and which keys are set."""

import json
import re
import subprocess
import sys
import tomllib
from collections import Counter
from pathlib import Path

import pytest

from modeldex import vocabulary
from modeldex.upstream.snapshots import NAMES, load
from modeldex.vocabulary.providers import canonical, configured_key_variable, keyed, providers

SEED = (
    "openai", "anthropic", "gemini", "groq", "mistral", "deepseek", "watsonx", "azure_openai",
    "ollama", "openrouter", "together", "perplexity", "moonshot",
)  # fmt: skip
LOCAL = {
    "ollama", "vllm", "llamacpp", "lmstudio", "tgi", "sglang", "litellm_proxy", "lemonade",
    "atomic_chat",
}  # fmt: skip


def shipped() -> set[tuple[str, str]]:
    """Every (provider, name) of the shipped data sets."""
    return {(str(r["provider"]), str(r["name"])) for n in NAMES for r in load(n).rows}


def test_no_spelling_means_two_providers() -> None:
    """No alias is claimed twice and none is the id of a row."""
    spellings = [*providers(), *(a for p in providers().values() for a in p.aliases)]
    assert [s for s, times in Counter(spellings).items() if times > 1] == []


def test_ids_are_lower_case_with_underscores() -> None:
    """Every id is made of lower-case letters, digits and underscores, and keys its row."""
    strange = [i for i, p in providers().items() if p.id != i or not re.fullmatch(r"[a-z0-9_]+", i)]
    assert strange == []


def test_aliases_can_be_found() -> None:
    """Every alias is written the way that canonical() looks it up."""
    lost = [a for p in providers().values() for a in p.aliases if canonical(a) != p.id]
    assert lost == []


def test_seed_providers_have_a_row_and_a_default() -> None:
    """The ancestor's providers exist under its ids, each with a default model."""
    for provider in SEED:
        assert providers()[provider].default_model, provider


SPELLINGS: list[tuple[str, str]] = [
    ("google", "gemini"),
    ("azure", "azure_openai"),
    ("azure-cognitive-services", "azure_openai"),
    ("amazon-bedrock", "bedrock"),
    ("bedrock_converse", "bedrock"),
    ("togetherai", "together"),
    ("together_ai", "together"),
    ("fireworks-ai", "fireworks"),
    ("fireworks_ai", "fireworks"),
    ("moonshotai", "moonshot"),
    ("moonshotai-cn", "moonshot_cn"),
    ("google-vertex-anthropic", "vertex"),
    ("vertex_ai-llama_models", "vertex"),
    ("github-models", "github"),
    ("x-ai", "xai"),
    ("hf", "huggingface"),
    ("vercel_ai_gateway", "vercel"),
    ("nvidia_nim", "nvidia"),
    ("cohere_chat", "cohere"),
    ("dashscope", "alibaba"),
    ("zai-coding-plan", "zai_coding_plan"),
    ("wafer.ai", "wafer_ai"),
    (" OpenAI ", "openai"),
    ("My_Proxy", "my_proxy"),
]


def test_canonical_knows_other_spellings() -> None:
    """Aliases, case and blanks lead to our id; an unknown name is only lower-cased."""
    for spelling, provider in SPELLINGS:
        assert canonical(spelling) == provider, spelling


def test_what_is_read_is_what_is_written() -> None:
    """providers.json holds the tables of providers.toml, in their order."""
    folder = Path(vocabulary.__path__[0])
    written = tomllib.loads((folder / "providers.toml").read_text("utf-8"))
    read = json.loads((folder / "providers.json").read_text("utf-8"))
    assert list(read.items()) == list(written.items()), "run scripts/build_providers.py"


def test_shipped_rows_use_our_ids() -> None:
    """No shipped row names its provider by an alias."""
    for snapshot in NAMES:
        used = {str(row["provider"]) for row in load(snapshot).rows}
        assert {provider for provider in used if canonical(provider) != provider} == set(), snapshot


def test_every_provider_of_models_dev_has_a_row() -> None:
    """Each host of the models.dev data set is known by its id."""
    assert {str(row["provider"]) for row in load("models_dev").rows} - providers().keys() == set()


def test_default_models_exist() -> None:
    """The default model of each provider occurs in the shipped data sets."""
    defaults = {(p.id, p.default_model) for p in providers().values() if p.default_model}
    assert len(defaults) > 20
    assert defaults - shipped() == set()


def test_keys_are_keys() -> None:
    """Only variables that hold a key are listed, and none that is set for other reasons."""
    names = {key for p in providers().values() for key in p.keys}
    assert {n for n in names if not re.search("KEY|TOKEN|_PAT", n)} == set()
    assert names & {"GITHUB_TOKEN", "GITLAB_TOKEN", "AWS_ACCESS_KEY_ID"} == set()


def test_some_providers_are_never_proved_by_a_key() -> None:
    """A retired service, a subscription, and hosts with other credentials have no key."""
    for provider in ("github", "github_copilot", "vertex", "ollama"):
        assert providers()[provider].keys == (), provider


def test_keyed_lists_hosted_providers_with_a_key() -> None:
    """Set keys are found, sorted by id; empty and blank ones count as unset."""
    environ = {
        "OPENAI_API_KEY": "a",
        "ANTHROPIC_API_KEY": "b",
        "GROQ_API_KEY": "",
        "XAI_API_KEY": " ",
    }
    assert keyed(environ) == ("anthropic", "openai")


def test_keyed_leaves_local_servers_out() -> None:
    """A key for a server on this machine does not make it reachable."""
    assert {p.id for p in providers().values() if p.local} == LOCAL
    assert keyed({key: "x" for i in LOCAL for key in providers()[i].keys}) == ()


SET_KEYS: list[tuple[str, dict[str, str], str | None]] = [
    ("gemini", {"GOOGLE_API_KEY": "a", "GEMINI_API_KEY": "b"}, "GEMINI_API_KEY"),
    ("gemini", {"GOOGLE_API_KEY": "a", "GEMINI_API_KEY": ""}, "GOOGLE_API_KEY"),
    ("google", {"GOOGLE_GENERATIVE_AI_API_KEY": "a"}, "GOOGLE_GENERATIVE_AI_API_KEY"),
    ("watsonx", {"IBM_CLOUD_API_KEY": "a"}, "IBM_CLOUD_API_KEY"),
    ("azure", {"AZURE_API_KEY": "a"}, "AZURE_API_KEY"),
    ("openai", {}, None),
    ("no_such_host", {"OPENAI_API_KEY": "a"}, None),
]


def test_key_variable_names_the_first_that_is_set() -> None:
    """The preferred variable that is not blank is named, its value is not."""
    for provider, environ, variable in SET_KEYS:
        assert configured_key_variable(provider, environ) == variable, (provider, environ)


def test_providers_cannot_be_changed() -> None:
    """The shared table refuses writes."""
    with pytest.raises(TypeError):
        providers()["openai"] = providers()["groq"]  # type: ignore[index]


def test_import_is_light() -> None:
    """Asking for keyed providers loads neither pydantic nor an HTTP client nor a database."""
    code = (
        "import sys; from modeldex.vocabulary.providers import keyed; keyed({}); "
        "print({'pydantic', 'httpx', 'sqlalchemy', 'yaml'} & sys.modules.keys() or 'light')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "light"
