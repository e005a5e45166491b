"""Names of offers and the base models they spell."""

import csv
from collections import defaultdict
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checkout import SHARED
from modeldex.upstream.snapshots import NAMES, load
from modeldex.vocabulary.base_names import Identity, identify, line_and_version
from modeldex.vocabulary.bases import bases

LINKS = SHARED / "fixtures/evidence/base_model.csv"

SPELLINGS = {
    "anthropic/claude-sonnet-4.5": """
        anthropic:claude-sonnet-4-5 helicone:claude-4.5-sonnet bedrock:anthropic.claude-sonnet-4-5
        bedrock:anthropic.claude-sonnet-4-5-20250929-v1:0 vertex:claude-sonnet-4-5@20250929
        bedrock:us.anthropic.claude-sonnet-4-5-20250929-v1:0 poe:anthropic/claude-sonnet-4.5
        bedrock:us-gov.anthropic.claude-sonnet-4-5-20250929-v1:0 x:claude-sonnet4-5
        openrouter:anthropic/claude-sonnet-4.5:beta databricks:databricks-claude-sonnet-4-5
        sap_ai_core:anthropic--claude-4.5-sonnet openrouter:anthropic/claude-4.5-sonnet-20250929
        302ai:claude-sonnet-4-5-20250929-thinking azure:Claude_Sonnet_4_5 x:CLAUDE-SONNET-45""",
    "anthropic/claude-3.5-sonnet": """
        anthropic:claude-3-5-sonnet-20240620 bedrock:anthropic.claude-3-5-sonnet-20241022-v2:0
        openrouter:anthropic/claude-3.5-sonnet x:claude-sonnet-3.5""",
    "openai/gpt-4o": "venice:openai-gpt-4o-2024-11-20 openrouter:openai/gpt-4o",
    "openai/gpt-4o-mini": "openai:gpt-4o-mini-2024-07-18 openrouter:openai/gpt-4o-mini:batch",
    "openai/gpt-5": "snowflake:openai-gpt-5 databricks:databricks-gpt-5 openai:gpt-5-2025-08-07",
    "openai/gpt-5.2-codex": "venice:openai-gpt-52-codex gitlab:duo-chat-gpt-5-2-codex",
    "openai/o3-mini": "openrouter:openai/o3-mini-high openai:o3-mini-2025-01-31",
    "openai/gpt-oss-120b": """
        bedrock:openai.gpt-oss-120b-1:0 ollama_cloud:gpt-oss:120b-cloud
        vertex:openai/gpt-oss-120b-maas
        cloudflare_workers_ai:@cf/openai/gpt-oss-120b huggingface:openai/gpt-oss-120b:fireworks-ai
        fireworks:accounts/fireworks/models/gpt-oss-120b""",
    "google/gemini-2.5-flash": """
        gemini:models/gemini-2.5-flash vertex:publishers/google/models/gemini-2.5-flash
        databricks:databricks-gemini-2-5-flash openrouter:google/gemini-2.5-flash""",
    "google/gemini-1.5-flash-8b": "openrouter:google/gemini-flash-1.5-8b x:gemini-1.5-flash-8b",
    "google/gemini-2.0-flash": "vertex:gemini-2.0-flash-001 gemini:gemini-2.0-flash",
    "google/gemma-3-27b-it": "ollama:gemma3:27b huggingface:google/gemma-3-27b-it:nebius",
    "meta/llama-3.1-8b-instruct": """
        cloudflare_workers_ai:@cf/meta/llama-3.1-8b-instruct-fp8 groq:llama-3.1-8b-instant
        ollama:llama3.1:8b-instruct-q4_K_M bedrock:meta.llama3-1-8b-instruct-v1:0 ollama:llama3.1:8b
        together:meta-llama/Meta-Llama-3.1-8B-Instruct-Turbo fireworks:llama-v3p1-8b-instruct""",
    "meta/llama-4-maverick": """
        vertex:meta/llama-4-maverick-17b-128e-instruct-maas openrouter:meta-llama/llama-4-maverick
        bedrock:us.meta.llama4-maverick-17b-instruct-v1:0""",
    "alibaba/qwen3-max": "alibaba:qwen3-max openrouter:qwen/qwen3-max vercel:alibaba/qwen3-max",
    "alibaba/qwen3.5-397b-a17b": """
        llmgateway:qwen35-397b-a17b synthetic:hf:Qwen/Qwen3.5-397B-A17B
        chutes:Qwen/Qwen3.5-397B-A17B-TEE
        venice:qwen3-5-397b-a17b""",
    "alibaba/qwen2.5-72b-instruct": "x:qwen-2.5-72b-instruct fireworks:qwen2p5-72b-instruct",
    "deepseek/deepseek-v3-0324": """
        openrouter:deepseek/deepseek-chat-v3-0324
        huggingface:deepseek-ai/DeepSeek-V3-0324:novita""",
    "deepseek/deepseek-v3.1": "fireworks:deepseek-v3p1 bedrock:deepseek.v3-v1:0",
    "deepseek/deepseek-r1": "bedrock:us.deepseek.r1-v1:0 x:deepseek-r1:671b",
    "moonshotai/kimi-k2-0905": "moonshot:kimi-k2-0905-preview groq:moonshotai/kimi-k2-0905",
    "moonshotai/kimi-k2.5": "venice:kimi-k2-5 fireworks:kimi-k2p5 hf:nvidia/Kimi-K2.5-NVFP4",
    "zhipuai/glm-5.2": "umans_ai:umans-glm-5.2 venice:zai-org-glm-5-2 tinfoil:glm-5-2",
    "zhipuai/glm-5.1": "aihubmix:coding-glm-5.1 fireworks:glm-5p1-fast nvidia:z-ai/glm-5.1",
    "minimax/minimax-m2.5": "venice:minimax-m25 bedrock:minimax.minimax-m2.5 x:MiniMax-M2.5-fast",
    "mistral/mistral-large-2512": """
        mistral:mistral-large-2512 ollama_cloud:mistral-large-3:675b
        bedrock:mistral.mistral-large-3-675b-instruct openrouter:mistralai/mistral-large-2512""",
    "mistral/mistral-small-2506": """
        scaleway:mistral-small-3.2-24b-instruct-2506 x:mistral-small-3.2
        mistral:mistral-small-2506""",
    "nvidia/llama-3.1-nemotron-ultra-253b": """
        nebius:nvidia/Llama-3_1-Nemotron-Ultra-253B-v1 llmgateway:llama-3.1-nemotron-ultra-253b""",
    "nvidia/nemotron-3-super-120b-a12b": """
        bedrock:nvidia.nemotron-super-3-120b cloudflare_workers_ai:@cf/nvidia/nemotron-3-120b-a12b
        wandb:nvidia/NVIDIA-Nemotron-3-Super-120B-A12B-FP8 opencode:nemotron-3-super-free""",
    "xai/grok-4.20": "llmgateway:grok-4-20-reasoning xai:grok-4.20-0309-non-reasoning",
    "amazon/nova-lite": "bedrock:us.amazon.nova-lite-v1:0 nova:nova-lite-v1",
    "cohere/command-r-08-2024": "azure:cohere-command-r-08-2024 cohere:command-r-08-2024",
}

PARTS = {
    ("bedrock", "anthropic.claude-sonnet-4-5-20250929-v1:0"): ("2025-09-29", None),
    ("302ai", "claude-opus-4-1-20250805-thinking"): ("2025-08-05", "thinking"),
    ("openai", "gpt-4o-2024-08-06"): ("2024-08-06", None),
    ("alibaba_cn", "deepseek-v3-2-251201"): ("2025-12-01", None),
    ("deepseek", "deepseek-v3-0324"): ("0324", None),
    ("vertex", "gemini-2.0-flash-001"): ("001", None),
    ("llama", "llama-4-maverick-17b-128e-instruct-fp8"): (None, "fp8"),
    ("ollama", "llama3.1:8b-instruct-q4_K_M"): (None, "q4_k_m"),
    ("xai", "grok-4-fast-non-reasoning"): (None, "non-reasoning"),
    ("openrouter", "openai/o3-mini-high"): (None, "high"),
    ("minimax", "MiniMax-M2.7-highspeed"): (None, "highspeed"),
    ("fireworks", "qwen2p5-coder-32b-instruct-128k"): (None, "128k"),
    ("302ai", "gpt-5-thinking"): (None, "thinking"),
    ("zenmux", "z-ai/glm-5.2-free"): (None, "free"),
    ("nano_gpt", "claude-3-7-sonnet-thinking:8192"): (None, "thinking-8192"),
    ("anthropic", "claude-opus-4-6"): (None, None),
}

APART = [
    ("deepseek-r1", "deepseek-r1-0528", "deepseek-r1-distill-qwen-32b", "deepseek-r1-zero"),
    ("deepseek-v3", "deepseek-v3-0324", "deepseek-v3-base", "deepseek-v3.1-terminus"),
    ("deepseek-v4-flash", "deepseek-v4-flash-0731", "deepseek-v4-flash-vision-exp"),
    ("kimi-k2-0711", "kimi-k2-0905", "kimi-k2-thinking", "kimi-k2.5"),
    ("qwen3-235b-a22b", "qwen3-235b-a22b-instruct-2507", "qwen3-235b-a22b-thinking-2507"),
    ("qwen3-max", "qwen3-max-preview", "qwen3-max-thinking", "qwen3-max-2026-01-23"),
    ("qwen2.5-72b", "qwen2.5-72b-instruct", "qwen2.5-vl-72b-instruct"),
    ("mistral-large-2407", "mistral-large-2411", "mistral-large-2512", "mistral-large-4"),
    ("command-r-03-2024", "command-r-08-2024", "command-r-plus-08-2024"),
    ("gemini-2.5-pro", "gemini-2.5-pro-preview-05-06", "gemini-2.5-pro-exp-03-25"),
    ("gemini-3.1-pro-preview", "gemini-3.1-pro-preview-customtools"),
    ("gpt-5", "gpt-5-mini", "gpt-5-codex", "gpt-5-chat", "gpt-5-pro", "gpt-5-image"),
    ("gpt-4o", "gpt-4o-audio-preview", "gpt-4o-search-preview", "gpt-4o-realtime-preview"),
    ("gpt-4", "gpt-4-32k", "gpt-4-turbo", "gpt-4-1106-preview", "gpt-4.1"),
    ("glm-4.5", "glm-4.5-air", "glm-4.5v", "glm-4.5-flash"),
    ("llama-3.1-70b-instruct", "llama-3.1-nemotron-70b-instruct", "llama-3.3-70b-instruct"),
    ("llama-3.1-8b-instruct", "llama-guard-3-8b", "hermes-3-llama-3.1-70b"),
    ("grok-4", "grok-4-fast", "grok-4.1-fast", "grok-4.20-multi-agent"),
    ("nemotron-nano-12b-v2", "nemotron-nano-12b-v2-vl", "nemotron-nano-9b-v2"),
]

UNKNOWN = [
    "mistral-large-latest", "claude-3-5-sonnet-latest", "gpt-5-chat-latest", "gpt-latest",
    "openrouter/auto", "auto", "deepseek-chat", "deepseek-reasoner", "mistral-large", "codestral",
    "command-r", "kimi-k2", "qwen-plus-latest", "gemini-pro-latest", "zai-glm-latest",
    "llama-3.3-70b-instruct-abliterated", "huihui-ai/Qwen2.5-32B-Instruct-abliterated",
    "dolphin-2.9.2-qwen2-72b", "venice-uncensored", "Sao10K/L3.3-70B-Euryale-v2.3",
    "Llama-3.3-70B-Magnum-v4-SE", "eva-unit-01/eva-qwen-2.5-72b", "aisg/qwen-sea-lion-v4-32b-it",
    "tngtech/deepseek-r1t2-chimera", "nex-agi/deepseek-v3.1-nex-n1", "deepseek-llama3.3-70b",
    "somebody/llama-3.1-8b-instruct", "ft:gpt-4o-2024-08-06", "deepseek-r1:8b", "nova-2-general",
    "nova-3", "umans-coder", "hermes-high", "stealth/claude-opus-4.7",
    "best", "", "/", "-", ":", "gpt", "claude", "20250929",
]  # fmt: skip

UPSTREAM_ERRORS = {
    ("anyapi", "deepseek/deepseek-r1"): "deepseek-reasoner moves; R1 is the model of January 2025",
    ("cloudflare-workers-ai", "@cf/deepseek-ai/deepseek-r1-distill-qwen-32b"):
        "a distilled Qwen is filed under its teacher",
    ("friendli", "Qwen/Qwen3-235B-A22B-Instruct-2507"): "filed under the hybrid weights of April",
    ("scaleway", "qwen3-235b-a22b-instruct-2507"): "filed under the hybrid weights of April",
    ("neon", "claude-sonnet-4"): "Sonnet 4 is filed under Sonnet 4.5",
    ("routing-run", "route/mimo-v2.5"): "MiMo V2.5 is filed under V2.5 Pro",
}  # fmt: skip
"""Links of models.dev that name another model than the offer does, and why."""


def base_of(provider: str, name: str) -> str | None:
    """The id of the base that a name spells."""
    identity = identify(provider, name)
    return identity and identity.base


@cache
def shipped() -> dict[tuple[str, str], bool]:
    """Every (provider, name) of the shipped data sets, and if one of them calls it a chat model."""
    found: dict[tuple[str, str], bool] = {}
    for row in (row for name in NAMES for row in load(name).rows):
        offer = str(row["provider"]), str(row["name"])
        found[offer] = found.get(offer, False) or row.get("mode") == "chat"
    return found


@pytest.mark.parametrize("base", SPELLINGS)
def test_hosts_spell_a_base_their_own_way(base: str) -> None:
    """Order, separators, prefixes, regions, hosts and precisions do not change the base."""
    offers = [offer.partition(":")[::2] for offer in SPELLINGS[base].split()]
    assert [offer for offer in offers if base_of(*offer) != base] == []


@pytest.mark.parametrize(("offer", "parts"), list(PARTS.items()))
def test_the_rest_of_a_name_is_snapshot_and_variant(
    offer: tuple[str, str], parts: tuple[str | None, str | None]
) -> None:
    """A date is a snapshot; precision, thinking, effort, speed and price make a variant."""
    identity = identify(*offer)
    assert identity is not None
    assert (identity.snapshot, identity.variant) == parts


@pytest.mark.parametrize("names", APART, ids=lambda names: names[0])
def test_weights_that_differ_are_bases_of_their_own(names: tuple[str, ...]) -> None:
    """Distilled, tuned, dated and sibling weights never share a base."""
    found = [base_of("openrouter", name) for name in names]
    assert None not in found
    assert len(set(found)) == len(names)


def test_a_name_that_is_not_certain_has_no_base() -> None:
    """Moving names, routers, other people's tunes and unknown makers are not joined."""
    assert [name for name in UNKNOWN if identify("somewhere", name) is not None] == []


def test_the_same_name_may_mean_another_model_at_a_host() -> None:
    """Amazon's nemotron-nano-12b-v2 is the vision model, Ollama's llama3.1:8b the tuned one."""
    assert base_of("bedrock", "nvidia.nemotron-nano-12b-v2") == "nvidia/nemotron-nano-12b-v2-vl"
    assert base_of("nebius", "nvidia/Nemotron-Nano-12B-v2") == "nvidia/nemotron-nano-12b-v2"
    assert base_of("ollama", "llama3.1:8b") == "meta/llama-3.1-8b-instruct"
    assert base_of("huggingface", "meta-llama/Llama-3.1-8B") is None
    assert base_of("databricks", "databricks-gemini-3-1-pro") is None


def test_a_base_spells_itself() -> None:
    """The id of every base that shipped names spell is read as that base again."""
    found = {base for offer in shipped() if (base := base_of(*offer))}
    assert len(found) > 900
    assert [base for base in found if base_of(*base.split("/", 1)) != base] == []


def test_case_does_not_matter() -> None:
    """Provider and name in capitals spell the same."""
    offers = sorted(shipped())[::5]
    assert len(offers) > 1000
    assert [o for o in offers if identify(o[0].upper(), o[1].upper()) != identify(*o)] == []


@given(st.text(max_size=60) | st.from_regex(r"[a-z]{1,6}([-_.:/@ ~^][a-z0-9.]{1,6}){0,6}"))
def test_any_text_is_read(name: str) -> None:
    """Whatever a host calls a model, it is read, and a base that is found spells itself."""
    identity = identify("x", name)
    assert identity is None or base_of(*identity.base.split("/", 1)) == identity.base


def test_most_shipped_chat_offers_have_a_base() -> None:
    """Of the shipped chat offers at least 85 % spell a base; 45 and more are Sonnet 4.5."""
    chat = [offer for offer, is_chat in shipped().items() if is_chat]
    found = [base for offer in chat if (base := base_of(*offer))]
    assert len(found) / len(chat) >= 0.85
    assert sum(base_of(*o) == "anthropic/claude-sonnet-4.5" for o in shipped()) >= 45


def links() -> list[tuple[str, str, str]]:
    """Provider and name of the reference offers, and what models.dev links them to."""
    if not LINKS.exists():
        pytest.skip("the reference links are elsewhere")
    with LINKS.open(encoding="utf-8", newline="") as file:
        return [
            (r["provider"], r["name"], canonical(r["base_model"])) for r in csv.DictReader(file)
        ]


def canonical(link: str) -> str:
    """Our spelling of a base of models.dev; its own in lower case if the name is not certain."""
    return base_of(*link.split("/", 1)) or link.lower()


def test_no_offer_joins_another_base_than_upstream_says() -> None:
    """Besides the listed errors every base that is found is that of models.dev; 93 % are found."""
    rows = links()
    found = [(p, n, link, base) for p, n, link in rows if (base := base_of(p, n))]
    differ = {(p, n) for p, n, link, base in found if base != link}
    assert differ == UPSTREAM_ERRORS.keys()
    recall = (len(found) - len(differ)) / len(rows)
    assert recall >= 0.93, f"{recall:.1%} of {len(rows)}"


def test_one_base_is_never_two_of_upstream() -> None:
    """Offers of one of our bases have one base at models.dev, besides the listed errors."""
    upstream: dict[str, set[str]] = defaultdict(set)
    for provider, name, link in links():
        if (base := base_of(provider, name)) and (provider, name) not in UPSTREAM_ERRORS:
            upstream[base].add(link)
    assert {base: names for base, names in upstream.items() if len(names) > 1} == {}


@pytest.mark.parametrize(
    ("base", "line", "version"),
    [
        ("anthropic/claude-sonnet-4.5", "claude-sonnet", "4.5"),
        ("anthropic/claude-3.5-haiku", "claude-haiku", "3.5"),
        ("openai/gpt-5.4-mini", "gpt-mini", "5.4"),
        ("openai/o3-pro", "o-pro", "3"),
        ("google/gemini-2.5-flash-lite", "gemini-flash-lite", "2.5"),
        ("alibaba/qwen3.5-397b-a17b", "qwen", "3.5"),
        ("deepseek/deepseek-r1-0528", "deepseek-r", "1"),
        ("deepseek/deepseek-v4-flash-0731", "deepseek-flash", "4"),
        ("zhipuai/glm-4.5v", "glm-v", "4.5"),
        ("nvidia/nemotron-3-super-120b-a12b", "nemotron-super", "3"),
        ("meta/muse-spark-1.2-contributor", "muse-spark-contributor", "1.2"),
        ("perplexity/sonar-pro", "sonar-pro", None),
    ],
)
def test_a_base_has_a_line_and_a_version(base: str, line: str, version: str | None) -> None:
    """The line is the id without version, size and training."""
    assert line_and_version(base) == (line, version)


def test_an_id_that_is_no_base_has_no_line() -> None:
    """A maker and a name of another's line are refused."""
    with pytest.raises(ValueError, match="openai/claude-opus-5"):
        line_and_version("openai/claude-opus-5")


def test_an_identity_without_date_and_variant_has_none() -> None:
    """What a name does not say is None."""
    assert identify("openai", "gpt-5") == Identity("openai/gpt-5", None, None)


def test_reviewed_bases_are_those_that_names_spell() -> None:
    """Every reviewed id is canonical."""
    assert [base for base in bases() if base_of(*base.split("/", 1)) != base] == []
