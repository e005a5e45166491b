"""What the names in benchmark tables are read as."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modeldex.vocabulary.bases import bases
from modeldex.vocabulary.benchmark_names import measured

READ = [
    ("google/gemini-4-argon", "Gemini 4 Argon (High)", "google/gemini-4-argon", "high"),
    ("anthropic/claude-opus-5.5", "Claude Opus 5.5 (Max)", "anthropic/claude-opus-5.5", "max"),
    ("anthropic/claude-fable-5.1", "claude-fable-5.1-max", "anthropic/claude-fable-5.1", "max"),
    ("openai/gpt-5.6-sol", "gpt-5.6-sol-xhigh", "openai/gpt-5.6-sol", "xhigh"),
    (
        "anthropic/claude-opus-4.5", "Claude Opus 4.5 (High, 32K, 20251101)",
        "anthropic/claude-opus-4.5", "high",
    ),
    (
        "anthropic/claude-sonnet-4", "Claude Sonnet 4 (Thinking 32K, 20250514)",
        "anthropic/claude-sonnet-4", "thinking",
    ),
    ("openai/gpt-5.5", "GPT-5.5 (xHigh, Codex Harness)", "openai/gpt-5.5", "xhigh"),
    ("moonshot/kimi-k3", "Kimi K3 (Max)", "moonshotai/kimi-k3", "max"),
    ("zhipu/glm-5v-turbo", "glm-5v-turbo", "zhipuai/glm-5v-turbo", None),
    ("alibaba/qwen3.7-plus", "Qwen3.7-Plus", "alibaba/qwen3.7-plus", None),
    ("mistral/mistral-large", "Mistral Large (2411)", "mistral/mistral-large-2411", None),
    ("xai/grok-4-fast", "Grok 4 Fast (Non-Reasoning)", "xai/grok-4-fast", "non-reasoning"),
    ("xiaomi/mimo-v2-flash", "MiMo-V2-Flash (Non-Thinking)", "xiaomi/mimo-v2-flash", "nothinking"),
    (
        "meta/llama-3.1-405b-instruct", "Llama 3.1 405B Instruct (FP8)",
        "meta/llama-3.1-405b-instruct", "fp8",
    ),
    ("google/gemma-4-31b", "Gemma 4 31B", "google/gemma-4-31b-it", None),
    ("alibaba/qwen3-max", "Qwen3-Max (2025-09-23)", "alibaba/qwen3-max", None),
    ("anthropic/claude-opus-4-8", "", "anthropic/claude-opus-4.8", None),
    ("openai/gpt-4o-2024-08-06", "", "openai/gpt-4o", None),
    ("minimax/MiniMax-M2.1", "", "minimax/minimax-m2.1", None),
]  # fmt: skip


@pytest.mark.parametrize(("model", "label", "base", "variant"), READ)
def test_a_name_is_read(model: str, label: str, base: str, variant: str | None) -> None:
    """Id and label give the base and what was run of it."""
    found = measured(model, label)
    assert found is not None
    assert (found.base, found.variant) == (base, variant)


@pytest.mark.parametrize(
    ("model", "label", "base"),
    [
        ("deepseek/deepseek-r1", "DeepSeek-R1 (0528)", "deepseek/deepseek-r1-0528"),
        (
            "deepseek/deepseek-r1", "DeepSeek-R1-Distill-Qwen-32B",
            "deepseek/deepseek-r1-distill-qwen-32b",
        ),
        (
            "alibaba/qwen3-235b-a22b", "Qwen3-235B-A22B-Thinking (2507)",
            "alibaba/qwen3-235b-a22b-thinking-2507",
        ),
        (
            "meta/llama-3.1-70b-instruct", "Llama 3.1 Nemotron 70B Instruct",
            "nvidia/llama-3.1-nemotron-70b-instruct",
        ),
        (
            "deepseek/deepseek-v4.1-flash", "DeepSeek-V4.1-Flash-20261017 (Max)",
            "deepseek/deepseek-v4.1-flash-1017",
        ),
    ],
)  # fmt: skip
def test_other_weights_under_the_id_of_a_model_are_not_that_model(
    model: str, label: str, base: str
) -> None:
    """The label counts where it names weights of their own."""
    found = measured(model, label)
    assert found is not None
    assert found.base == base


@pytest.mark.parametrize(
    ("model", "label"),
    [
        ("deepseek/deepseek-r1", "DeepSeek R1 Abliterated"),
        ("deepseek/deepseek-r1", "DeepSeek-R1-Distill-Qwen-99B"),
        ("meta/llama-3.3-70b-instruct", "Llama 3.3 70B Instruct Uncensored"),
        ("meta/llama-3-8b-instruct", "Hermes 2 Pro Llama 3 8B Tuned"),
        ("alibaba/qwen-max", "Qwen-Max (0919)"),
        ("alibaba/qwen-max", ""),
        ("deepseek/deepseek-chat", ""),
        ("mistral/mistral-medium-latest", ""),
        ("openai/chatgpt-4o", "ChatGPT-4o Latest (20250326)"),
    ],
)
def test_what_may_be_another_model_has_no_reviewed_base(model: str, label: str) -> None:
    """Changed weights, moving aliases and other releases are not taken for the model of the id."""
    found = measured(model, label)
    assert found is None or found.base not in bases()


@given(
    st.sampled_from(sorted(bases())), st.sampled_from(["", " (High)", " (Max)", "-xhigh", " (Low)"])
)
def test_a_base_with_an_effort_is_that_base_or_not_read(base: str, effort: str) -> None:
    """What was run of a base never makes another base of it."""
    found = measured(base, base.partition("/")[2] + effort)
    read = None if found is None or found.base not in bases() else found
    assert read is None or read.base == base
    assert read is None or effort.strip(" ()-").lower() in (read.variant or "")


def test_nearly_every_reviewed_base_is_read_by_its_own_id() -> None:
    """An id of the reviewed table is read as itself, but for moving and ambiguous ones."""
    other = [base for base in bases() if (found := measured(base)) is None or found.base != base]
    assert len(other) < len(bases()) / 100
