"""The model lists of the npm package pi-ai: an object keyed by provider, then wire format.

Made from models.dev and OpenRouter's listing, of models that call tools only. Limits are tokens,
prices USD per 1M tokens; 0 also stands for a subscription or an unknown price. Only text and images
are told apart as input. An output limit equal to the window is a guess. `api` is the wire format
that the package uses for a model, and so an endpoint that takes it; others may, too. Of each level
of effort `thinkingLevelMap` has the host's word, null where it has none; one left out is unknown.
"""

from collections.abc import Iterator
from datetime import date

from modeldex.errors import SourceFailed
from modeldex.upstream.formats.price_basis import CACHE_READ, CACHE_WRITE, INPUT, OUTPUT
from modeldex.upstream.formats.price_tiers import Stated
from modeldex.upstream.formats.rows import Mapped, Rows, items, table, words
from modeldex.vocabulary import efforts
from modeldex.vocabulary.providers import canonical

_COSTS = {INPUT: "input", OUTPUT: "output", CACHE_READ: "cacheRead", CACHE_WRITE: "cacheWrite"}
_DIRECTIONS = {
    "input": "input", "output": "output", "cacheRead": "cache_read", "cacheWrite": "cache_write",
}  # fmt: skip
_ENDPOINTS = {
    "openai-completions": "/v1/chat/completions", "openai-responses": "/v1/responses",
    "anthropic-messages": "/v1/messages",
    "google-generative-ai": "/v1beta/models:generateContent",
}  # fmt: skip
_LEVELS = frozenset({"minimal", "low", "medium", "high"})
"""Levels that a complete map says something of."""

_COPIES = frozenset({"azure"})
"""Lists that the package derives from those of another provider."""

_LOG_INS = frozenset({
    "kimi-coding", "openai-codex", "qwen-token-plan", "qwen-token-plan-cn",
    "qwen-token-plan-individual", "qwen-token-plan-individual-cn", "radius", "zai-coding-cn",
})  # fmt: skip
"""Plans and services that only the package's own log-in reaches, under names of its own."""


_BATCHES = (":batch", "-batch")


def rows(payload: object) -> Mapped:
    """Map the lists to rows. Raises SourceFailed if they are not an object."""
    if not isinstance(payload, dict):
        raise SourceFailed("pi_ai", "expected an object keyed by provider")
    found = Rows()
    for provider, lists in found.objects(payload, "provider"):
        for _, models in found.objects(lists, "list"):
            for _, model in found.objects(models, "model"):
                if reason := _unfit(provider, model):
                    found.skip(reason)
                else:
                    found.add(_take_model(canonical(provider), model))
    return found.mapped()


def day(_payload: object, today: date) -> date:
    """The day of the facts: the lists have none of their own."""
    return today


def _unfit(provider: str, model: dict[str, object]) -> str | None:
    """Why a model is no evidence of an offer; None if it is one."""
    if provider in _COPIES:
        return "a copy of the list of another provider"
    if provider in _LOG_INS:
        return "reached by the package's own log-in only"
    if str(model.get("id")).endswith(_BATCHES):
        return "the price of batches"
    return None if model.get("type") == "chat" else "not a chat model"


def _take_model(provider: str, model: dict[str, object]) -> dict[str, object]:
    window, output = model.get("contextWindow"), model.get("maxTokens")
    cost = table(model.get("cost"))
    return {
        "provider": provider,
        "name": model.get("id"),
        "mode": "chat",
        "max_context": window or None,
        "max_output_tokens": None if output == window else output or None,
        "supports_tools": True,
        "supports_reasoning": model.get("reasoning"),
        "supports_vision": "image" in words(model.get("input")),
        "endpoints": {_ENDPOINTS[api]} if (api := str(model.get("api"))) in _ENDPOINTS else None,
        "effort_levels": _efforts(model),
        **{field: cost.get(key) for field, key in _COSTS.items()},
        "other_prices": list(_steps(cost)),
    }


def _efforts(model: dict[str, object]) -> list[str]:
    """The host's effort levels; empty where the map does not say all."""
    levels, compat = table(model.get("thinkingLevelMap")), table(model.get("compat"))
    if not levels.keys() >= _LEVELS or compat.get("supportsReasoningEffort") is False:
        return []
    return efforts.known({word for word in levels.values() if isinstance(word, str)})


def _steps(cost: dict[str, object]) -> Iterator[Stated]:
    """The prices for longer prompts."""
    for tier in map(table, items(cost.get("tiers"))):
        for key, direction in _DIRECTIONS.items():
            yield Stated(direction, tier.get(key), above=tier.get("inputTokensAbove"))
