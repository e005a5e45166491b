"""What a client calls an offer: `id_for`, `--id-for`, and the page about them."""

import re
import sqlite3
import subprocess
import sys
from collections import defaultdict
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

import pytest

from checkout import ROOT
from command_line import MODELS, environment, on_terminal, run_command, small_catalog
from modeldex import InvalidQuery, ModelCapabilities, ModelSpec, ModelWithCapabilities, NoIdFor
from modeldex.vocabulary.client_ids import CLIENTS, id_for
from modeldex.vocabulary.providers import providers

PAGE = ROOT / "docs" / "handoff.md"
OWN = """
[team]
base_url = "https://llm.example.org/v1"
clients = { litellm = "litellm_proxy/", llm = "" }
"""


@pytest.fixture
def small(catalog_path: Path) -> Path:
    """A small catalog of models that are known, none of which can be called."""
    return small_catalog(catalog_path, MODELS)


# Strings.


STRINGS: list[tuple[str, str, str]] = [
    ("openai/gpt-4o", "litellm", "openai/gpt-4o"),
    ("gemini/gemini-2.5-pro", "litellm", "gemini/gemini-2.5-pro"),
    ("google/gemini-2.5-pro", "litellm", "gemini/gemini-2.5-pro"),
    ("together/openai/gpt-oss-120b", "litellm", "together_ai/openai/gpt-oss-120b"),
    ("fireworks/accounts/fireworks/models/glm-4p7", "litellm",
     "fireworks_ai/accounts/fireworks/models/glm-4p7"),
    ("azure_openai/my-gpt", "litellm", "azure/my-gpt"),
    ("bedrock/us.anthropic.claude-opus-4-6-v1", "litellm",
     "bedrock/us.anthropic.claude-opus-4-6-v1"),
    ("openrouter/openrouter/auto", "litellm", "openrouter/openrouter/auto"),
    ("ollama/llama3.2:3b", "litellm", "ollama_chat/llama3.2:3b"),
    ("vllm/Qwen/Qwen3-8B", "litellm", "hosted_vllm/Qwen/Qwen3-8B"),
    ("lmstudio/qwen/qwen3-8b", "litellm", "lm_studio/qwen/qwen3-8b"),
    ("litellm_proxy/team-best", "litellm", "litellm_proxy/team-best"),
    ("openai/gpt-4o", "pydantic_ai", "openai:gpt-4o"),
    ("openai/gpt-4o-audio-preview", "pydantic_ai", "openai-chat:gpt-4o-audio-preview"),
    ("gemini/gemini-2.5-pro", "pydantic_ai", "google:gemini-2.5-pro"),
    ("vertex/gemini-2.5-pro", "pydantic_ai", "google-cloud:gemini-2.5-pro"),
    ("bedrock/amazon.nova-pro-v1:0", "pydantic_ai", "bedrock:amazon.nova-pro-v1:0"),
    ("azure/my-gpt", "pydantic_ai", "azure:my-gpt"),
    ("moonshot/kimi-k2.6", "pydantic_ai", "moonshotai:kimi-k2.6"),
    ("gemini/gemini-2.5-pro", "langchain", "google_genai:gemini-2.5-pro"),
    ("vertex/gemini-2.5-pro", "langchain", "google_vertexai:gemini-2.5-pro"),
    ("vertex/claude-opus-4@20250514", "langchain",
     "google_anthropic_vertex:claude-opus-4@20250514"),
    ("mistral/mistral-large-latest", "langchain", "mistralai:mistral-large-latest"),
    ("bedrock/amazon.nova-pro-v1:0", "langchain", "bedrock_converse:amazon.nova-pro-v1:0"),
    ("groq/openai/gpt-oss-120b", "chuk_llm", "groq/openai/gpt-oss-120b"),
    ("azure/my-gpt", "chuk_llm", "azure_openai/my-gpt"),
    ("openai/gpt-4o", "llm", "gpt-4o"),
    ("anthropic/claude-opus-4-6", "llm", "anthropic/claude-opus-4-6"),
    ("gemini/gemini-3.5-flash", "llm", "gemini/gemini-3.5-flash"),
    ("openrouter/openai/gpt-4o", "llm", "openrouter/openai/gpt-4o"),
    ("openrouter/openai/gpt-4o", "openrouter", "openai/gpt-4o"),
]  # fmt: skip


def test_the_string_of_an_offer() -> None:
    """Each client gets the name as it spells it, by any name of the provider."""
    for offer, client, text in STRINGS:
        provider, _, name = offer.partition("/")
        assert id_for(provider, name, client) == text, (offer, client)


OTHER_KINDS: list[tuple[str, str, str, str]] = [
    ("openai/text-embedding-3-small", "embedding", "litellm", "openai/text-embedding-3-small"),
    ("openai/gpt-3.5-turbo-instruct", "completion", "litellm",
     "text-completion-openai/gpt-3.5-turbo-instruct"),
    ("ollama/nomic-embed-text", "embedding", "litellm", "ollama/nomic-embed-text"),
    ("ollama/llama3.2", "chat", "litellm", "ollama_chat/llama3.2"),
    ("cohere/rerank-v3.5", "rerank", "litellm", "cohere/rerank-v3.5"),
]  # fmt: skip


def test_models_of_another_kind() -> None:
    """LiteLLM has strings for them too, some under another name of the provider."""
    for offer, mode, client, text in OTHER_KINDS:
        provider, _, name = offer.partition("/")
        assert id_for(provider, name, client, mode) == text, (offer, client)


NO_STRING: list[tuple[str, str | None, str, str, str]] = [
    ("siliconflow/x", None, "litellm", "LiteLLM has no prefix for this provider",
     "model='openai/x', api_base='https://api.siliconflow.com/v1'"),
    ("llamacpp/x", None, "litellm", "no prefix", "api_base='http://localhost:8080/v1'"),
    ("llamacpp/x", None, "chuk_llm", "no prefix", "register_provider('llamacpp', api_base="),
    ("xai/grok-4", None, "chuk_llm", "no prefix", "api_base='https://api.x.ai/v1'"),
    ("litellm_proxy/x", None, "pydantic_ai", "no prefix", "OpenAIProvider(base_url="),
    ("siliconflow/x", None, "langchain", "no prefix", "init_chat_model('openai:x', base_url="),
    ("siliconflow/x", None, "llm", "no prefix", "extra-openai-models.yaml"),
    ("sap_ai_core/x", None, "litellm", "no prefix", "the provider's own client"),
    ("nowhere/x", None, "litellm", "no prefix", "the provider's own client"),
    ("clarifai/a/b/models/c", None, "litellm", "no prefix", "api.clarifai.com"),
    ("openai/gpt-4o", None, "openrouter", "no prefix", "an offer of the provider openrouter"),
    ("vertex/claude-opus-4", None, "pydantic_ai", "but not this one", "own client"),
    ("bedrock/claude-opus-4-5", None, "litellm", "but not this one", "own client"),
    ("fireworks/glm-4p7", None, "langchain", "but not this one", "own client"),
    ("perplexity/openai/gpt-5", None, "chuk_llm", "but not this one", "own client"),
    ("azure_openai/claude-opus-4-5", None, "litellm", "but not this one", "own client"),
    ("openai/gpt-4-0613", None, "llm", "but not this one", "own client"),
    ("openai/sora-2", "video", "pydantic_ai", "this is video", "own client"),
    ("ollama/nomic-embed-text", "embedding", "llm", "this is embedding", "own client"),
]  # fmt: skip


def test_where_there_is_no_right_string() -> None:
    """An error says why there is none and what to do instead; nothing is guessed."""
    for offer, mode, client, reason, advice in NO_STRING:
        provider, _, name = offer.partition("/")
        error = refusal(provider, name, client, mode)
        assert error is not None, (offer, client)
        assert (error.provider, error.name, error.client) == (provider, name, client)
        assert (reason in error.reason, advice in error.advice) == (True, True), (offer, client)
        assert str(error).startswith(f"{client} has no id for {offer}: ")


def refusal(provider: str, name: str, client: str, mode: str | None) -> NoIdFor | None:
    """Why there is no string for an offer, where there is none."""
    try:
        id_for(provider, name, client, mode)
    except NoIdFor as error:
        return error
    return None


def test_an_unknown_client() -> None:
    """It is a query that makes no sense, and the message lists the clients there are."""
    with pytest.raises(InvalidQuery, match=", ".join(CLIENTS)):
        id_for("openai", "gpt-4o", "LiteLLM")


def test_a_model_answers_for_itself() -> None:
    """`model.id_for` looks at its provider, its name and its kind."""
    spec = ModelSpec(provider="ollama", name="all-minilm")
    embedding = ModelWithCapabilities(spec=spec, capabilities=ModelCapabilities(mode="embedding"))
    unknown = ModelWithCapabilities(spec=spec, capabilities=ModelCapabilities())
    assert embedding.id_for("litellm") == "ollama/all-minilm"
    assert unknown.id_for("litellm") == "ollama_chat/all-minilm"


# The table.


def offers(catalog: Path) -> Mapping[str, list[str]]:
    """The names of all offers by provider, as the catalog has them."""
    found = defaultdict(list)
    with closing(sqlite3.connect(catalog)) as connection:
        for provider, name in connection.execute("SELECT provider, name FROM catalog"):
            found[provider].append(name)
    return found


@pytest.mark.sqlite_only("a file")
def test_every_pattern_meets_an_offer(shipped_catalog: Path) -> None:
    """No row of the table is dead: each regular expression is the first for some shipped name."""
    known = offers(shipped_catalog)
    tables = {
        (host.id, client): column
        for host in providers().values()
        for client, column in host.clients.items()
        if not isinstance(column, str)
    }
    met = {
        (*key, next((p for p in column if re.fullmatch(p, name)), None))
        for key, column in tables.items()
        for name in known[key[0]]
    }
    dead = [(*key, p) for key, column in tables.items() for p in column if (*key, p) not in met]
    assert (dead, len(tables) > 15) == ([], True)


def test_columns_are_those_of_clients() -> None:
    """Each column is a client's, or that of one of its kinds, and keeps the form of the client."""
    form = re.compile(
        r"(litellm(_completion|_embedding)?|chuk_llm) \S+/"
        r"|(pydantic_ai|langchain) \S+:|llm (\S+/)?|openrouter "
    )
    columns = [
        f"{client} {prefix}"
        for host in providers().values()
        for client, column in host.clients.items()
        for prefix in ([column] if isinstance(column, str) else column.values())
    ]
    assert {column.split()[0] for column in columns} >= CLIENTS.keys()
    assert [column for column in columns if not form.fullmatch(column)] == []


def run_with(folder: Path, text: str) -> subprocess.CompletedProcess[str]:
    """Ask for two ids in a process that has this file of its own providers."""
    (folder / "providers.toml").write_text(text)
    code = (
        "from modeldex.vocabulary.client_ids import id_for\n"
        "print(id_for('team', 'best', 'litellm'), id_for('team', 'best', 'llm'))"
    )
    env = environment(MODELDEX_PROVIDERS=str(folder / "providers.toml"))
    return subprocess.run(
        [sys.executable, "-c", code], env=env, capture_output=True, text=True, check=False
    )


def test_providers_of_ones_own_have_names_too(tmp_path: Path) -> None:
    """A row of the user's file says what clients call its models, or that they take the name."""
    assert run_with(tmp_path, OWN).stdout == "litellm_proxy/best best\n"


@pytest.mark.parametrize(
    ("clients", "complaint"),
    [
        ('{ litelm = "x/" }', "[team] clients: expected chuk_llm, langchain, litellm, "),
        ('"litellm"', "[team] clients: expected a table such as { litellm = 'openai/' }"),
        ("{ litellm = 3 }", "[team] clients: "),
    ],
)
def test_a_table_that_cannot_be(tmp_path: Path, clients: str, complaint: str) -> None:
    """An unknown client or a wrong type stops with the file and the row."""
    done = run_with(tmp_path, f"[team]\nclients = {clients}\n")
    assert "InvalidProviders" in done.stderr
    assert complaint in done.stderr.splitlines()[-1]


# The command line.


@pytest.mark.parametrize("client", ["litellm", "chuk_llm"])
def test_best_prints_just_the_string(small: Path, client: str) -> None:
    """One line on stdout and nothing else, in a pipe and on a terminal."""
    args = ("best", "--tools", "--id-for", client)
    done = run_command(small, *args, OPENAI_API_KEY="placeholder")
    assert (done.code, done.out, done.err) == (0, "openai/flagship\n", "")
    env = environment(MODELDEX_DB=str(small), OPENAI_API_KEY="placeholder")
    assert on_terminal(*args, env=env)[:2] == (0, "openai/flagship\n")


def test_several_are_a_line_each(small: Path) -> None:
    """With -n, for fail-over."""
    done = run_command(small, "best", "--tools", "--known", "-n", "2", "--id-for", "pydantic_ai")
    assert (done.code, done.out) == (0, "openai:flagship\nopenai:older\n")


def test_json_has_it_beside_the_rest(small: Path) -> None:
    """The document is the usual one with `id_for`."""
    one = run_command(small, "best", "--known", "--id-for", "langchain", "--json").json
    several = run_command(
        small, "best", "--known", "-n", "2", "--id-for", "langchain", "--json"
    ).json
    assert (one["model"]["id"], one["id_for"], one["matches"]) == (
        "openai/flagship", "openai:flagship", several["matches"],
    )  # fmt: skip
    assert several["id_for"] == ["openai:flagship", "openai:older"]


def test_only_what_is_printed_needs_a_string(small: Path) -> None:
    """The runner-up may have none; one of several that are asked for may not."""
    done = run_command(small, "best", "--provider", "groq", "--known", "--id-for", "litellm")
    assert (done.code, done.out) == (0, "groq/shared\n")
    failed = run_command(small, "best", "--known", "-n", "9", "--id-for", "llm", "--json")
    assert (failed.code, failed.out, failed.error["code"]) == (1, "", "no_id_for")
    assert (failed.error["provider"], failed.error["name"]) == ("openai", "flagship")


def test_a_client_without_a_name_for_the_winner(small: Path) -> None:
    """Exit code 1, nothing on stdout, one line that says what to do."""
    done = run_command(small, "best", "--known", "--id-for", "openrouter")
    assert (done.code, done.out) == (1, "")
    assert done.err == (
        "Error: openrouter has no id for openai/flagship: OpenRouter has no prefix for this "
        "provider; choose an offer of the provider openrouter\n"
    )


def test_mistakes_on_the_command_line(small: Path) -> None:
    """An unknown client lists those there are; an explanation has no place on that stdout."""
    unknown = run_command(small, "best", "--id-for", "curl")
    assert (unknown.code, unknown.out) == (2, "")
    assert [client for client in CLIENTS if client not in unknown.err] == []
    both = run_command(small, "best", "--known", "--why", "--id-for", "litellm")
    assert (both.code, "leave out --why" in both.err) == (2, True)
    nothing = run_command(small, "best", "--known", "--min-context", "9m", "--id-for", "litellm")
    assert (nothing.code, nothing.out) == (3, "")


# The page.


def rows() -> list[str]:
    """The table of the page as the data has it."""
    named = [client for client in CLIENTS if client != "openrouter"]
    hosts = [(host, host.clients.keys() & {*named}) for host in providers().values()]
    lines = [f"| provider | {' | '.join(named)} |", f"|{'---|' * (len(named) + 1)}"]
    for host in (host for host, clients in hosts if clients - {"litellm"}):
        cells = [_cell(host.clients.get(client)) for client in named]
        lines.append(f"| `{host.id}` | {' | '.join(cells)} |")
    alone = [f"`{host.id}`" for host, clients in hosts if clients == {"litellm"}]
    return [*lines, f"LiteLLM alone: {', '.join(alone)}."]


def _cell(column: str | Mapping[str, str] | None) -> str:
    if not isinstance(column, Mapping):
        return "" if column is None else f"`{column}`"
    prefixes = dict.fromkeys(prefix or "the name itself" for prefix in column.values())
    star = "" if ".+" in column else " *"
    return ", ".join(f"`{prefix}`" if prefix[-1] in "/:" else prefix for prefix in prefixes) + star


def test_the_page_shows_the_table() -> None:
    """docs/handoff.md says of each provider what clients put before its names."""
    page = PAGE.read_text("utf-8").splitlines()
    assert [row for row in rows() if row not in page] == []
