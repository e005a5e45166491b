"""LiteLLM's price map: an object keyed by LiteLLM's own model names.

Prices are USD per token; a number may be written as text. `max_input_tokens` is LiteLLM's context
window; a bare `max_tokens` has meant input, output or their sum, and is ignored. `deprecation_date`
is the shutdown date, stated by the page `deprecation_source`, and `successor_model` what is
recommended instead. Some keys price a region, a size class or a contract term instead of naming a
model. A key with `alias_of` is LiteLLM's own name for today's model of a line: where a host has an
offer of that name, this is its target.
"""

import re
from collections.abc import Mapping
from typing import Any

from modeldex.errors import SourceFailed
from modeldex.upstream.formats.litellm_prices import (
    DIRECTIONS,
    NOT_GENERATING,
    main_prices,
    other_prices,
    prices,
)
from modeldex.upstream.formats.payload import number
from modeldex.upstream.formats.price_tiers import Stated
from modeldex.upstream.formats.regional_prices import REGIONAL, of_region, off_peak, uplifted
from modeldex.upstream.formats.rows import Mapped, Rows, words
from modeldex.vocabulary import efforts
from modeldex.vocabulary.providers import canonical

_NO_MODELS = frozenset({"sample_spec", "fallback_generalizations", "openai/container"})
_NO_MODEL_MODES = frozenset({"search", "vector_store", "guardrail"})
_MODES = {
    "chat": "chat", "responses": "chat", "completion": "completion", "embedding": "embedding",
    "rerank": "rerank", "moderation": "moderation", "ocr": "ocr", "realtime": "realtime",
    "image_generation": "image", "image_edit": "image", "video_generation": "video",
    "audio_transcription": "audio", "audio_speech": "audio",
}  # fmt: skip
_KINDS = frozenset({"text", "image", "audio", "video", "pdf", "embedding"})
_FLAGS = {
    "supports_function_calling": "supports_tools",
    "supports_parallel_function_calling": "supports_parallel_tools",
    "supports_vision": "supports_vision",
    "supports_audio_input": "supports_audio",
    "supports_pdf_input": "supports_pdf",
    "supports_video_input": "supports_video",
    "supports_response_schema": "supports_structured_outputs",
    "supports_native_streaming": "supports_streaming",
    "supports_system_messages": "supports_system_messages",
    "supports_reasoning": "supports_reasoning",
    "supports_prompt_caching": "supports_prompt_cache",
}
_STATED_EFFORTS = ("none", "minimal", "low", "xhigh", "max")
_CEILING = "bedrock_output_config_effort_ceiling"
# Prefixes of names that no provider's API accepts: a region, a size, a quality, a route.
_PRICE_OF = re.compile(
    r"(\*|[a-z]{2}(-gov)?-[a-z]+-\d+|us|eu|apac|us-gov|global|global-standard"
    r"|(\d+|max)-x-(\d+|max)|low|medium|high|standard|hd"
    r"|invoke|claude_platform|speech|preset|ranking)/"
)
_PRICE_CLASS = re.compile(r"(fireworks|together)-ai-.*(\d[bm]|default)")


def rows(payload: object) -> Mapped:
    """Map the published JSON to rows. Raises SourceFailed if it is not an object."""
    if not isinstance(payload, dict):
        raise SourceFailed("litellm", "expected an object keyed by model")
    found = Rows()
    entries = dict(found.objects(payload, "entry"))
    regional = _regional_prices(entries)
    # `provider/name` sorts before the bare name, because Rows keeps the first row of a model.
    for key in sorted(entries, key=lambda key: (not _prefixed(key, entries[key]), key)):
        if "alias_of" in entries[key]:
            _take_alias(key, entries, found)
        elif reason := _unfit(key, entries[key]):
            found.skip(reason)
        else:
            row = _take_entry(key, entries[key], found)
            others = [*row["other_prices"], *regional.get((row["provider"], row["name"]), ())]
            found.add({**row, "other_prices": others})
    return found.mapped()


def _regional_prices(
    entries: Mapping[str, dict[str, object]],
) -> dict[tuple[str, str], list[Stated]]:
    """The prices of single regions by provider and name of the model."""
    found_prices: dict[tuple[str, str], list[Stated]] = {}
    for key, entry in entries.items():
        found = REGIONAL.fullmatch(_name(key, entry))
        if found and not names_a_price(found[2]) and "commitment/" not in found[2]:
            stated = of_region([*main_prices(entry), *other_prices(entry, _mode(entry))], found[1])
            found_prices.setdefault((canonical(_host(entry)), found[2]), []).extend(stated)
    return found_prices


def _host(entry: dict[str, object]) -> str:
    host = entry.get("litellm_provider")
    return host if isinstance(host, str) else ""


def _prefixed(key: str, entry: dict[str, object]) -> bool:
    """Whether the key begins with the provider that LiteLLM routes it to."""
    prefix, slash, _ = key.partition("/")
    return bool(slash) and canonical(prefix) == canonical(_host(entry))


def _name(key: str, entry: dict[str, object]) -> str:
    return key.partition("/")[2] if _prefixed(key, entry) else key


def _unfit(key: str, entry: dict[str, object]) -> str | None:
    """Why an entry is not an offer of a model under this name; None if it is one."""
    if key in _NO_MODELS:
        return "not a model: a sample, rules or a container"
    if not _host(entry):
        return "no provider"
    if str(entry.get("mode")) in _NO_MODEL_MODES:
        return f"not a model: {entry['mode']}"
    if names_a_price(_name(key, entry)):
        return "the price of a region, size, term or route"
    return "the price of a size class" if _PRICE_CLASS.fullmatch(key) else None


def names_a_price(name: str) -> bool:
    """Whether a name begins with what a price is of: a region, size, quality or route."""
    return _PRICE_OF.match(name) is not None


def _take_alias(key: str, entries: dict[str, dict[str, object]], found: Rows) -> None:
    """Add what a moving alias stands for; no statement that a host accepts the name."""
    target = str(entries[key]["alias_of"])
    entry = entries.get(target, {})
    if _unfit(target, entry):
        found.skip("an alias of no model")
        return
    provider = canonical(_host(entry))
    named = {"provider": provider, "name": _name(key, entry), "listed": False}
    found.add({**named, "target": f"{provider}/{_name(target, entry)}"})


def _take_entry(key: str, entry: dict[str, object], found: Rows) -> dict[str, Any]:
    name = _name(key, entry)
    who = {"provider": canonical(_host(entry)), "name": name, "source_url": entry.get("source")}
    taken = {**who, **facts(entry, found)}
    if taken["retires_at"] and _is_earliest(taken["provider"], name, entry):
        taken["retires_at"] = None
        found.values["retires_at: the earliest day possible, not an announced one"] += 1
    return taken


def _is_earliest(provider: object, name: str, entry: dict[str, object]) -> bool:
    """Whether a shutdown date is one before which Anthropic promises that a model stays.

    Where a cloud has announced the end of one of its models, LiteLLM names the page. In Azure the
    days of Anthropic's own page hold.
    """
    if "claude" not in name:
        return False
    of_cloud = provider in ("bedrock", "vertex") and not entry.get("deprecation_source")
    return of_cloud or provider in ("azure_ai", "azure_openai")


def facts(entry: dict[str, object], found: Rows) -> dict[str, object]:
    """Map an entry's facts to catalog fields; values left out are counted in `found.values`."""
    mode = _mode(entry)
    window = number(entry.get("max_input_tokens"))
    return {
        "max_input_tokens": None if window == 0 else window,
        "max_output_tokens": _output_limit(entry, mode, found),
        **_flags(entry),
        **_modalities(entry),
        **prices(entry),
        "other_prices": [
            *other_prices(entry, mode),
            *off_peak(entry, DIRECTIONS, found.values),
            *uplifted(entry, [*main_prices(entry), *other_prices(entry, mode)]),
        ],
        "mode": mode,
        "retires_at": entry.get("deprecation_date"),
        "replacement": _successor(entry),
        "embedding_dims": number(entry.get("output_vector_size")),
        "min_cacheable_tokens": number(entry.get("prompt_cache_min_tokens")) or None,
        "endpoints": _endpoints(entry),
        "effort_levels": _efforts(entry),
    }


def _endpoints(entry: dict[str, object]) -> set[str]:
    """The endpoints that take a model; of the mode `responses` at least that one."""
    listed = words(entry.get("supported_endpoints"))
    return listed or ({"/v1/responses"} if entry.get("mode") == "responses" else set())


def _efforts(entry: dict[str, object]) -> list[str]:
    """The effort levels: those listed, else by flags. Without either they are unknown.

    LiteLLM's gates take medium and high of whatever has a flag, and low unless it is refused: of
    those that refuse both lower levels, some refuse low without a word. No other level follows.
    """
    listed = entry.get("reasoning_effort_levels")
    if isinstance(listed, list):
        return efforts.known(words(listed))
    flags = {level: entry.get(f"supports_{level}_reasoning_effort") for level in _STATED_EFFORTS}
    if entry.get("supports_reasoning") is False or not (
        any(isinstance(flag, bool) for flag in flags.values()) or _CEILING in entry
    ):
        return []
    if flags["low"] is None and flags["none"] is flags["minimal"] is False:
        return []
    usual = {"medium", "high"} | ({"low"} if flags["low"] is not False else set())
    return efforts.known(usual | {level for level, flag in flags.items() if flag is True})


def _successor(entry: dict[str, object]) -> str | None:
    """What is recommended instead, under the name that its provider has for it."""
    successor = entry.get("successor_model")
    if not isinstance(successor, str):
        return None
    prefix, slash, rest = successor.partition("/")
    name = rest if slash and canonical(prefix) == canonical(_host(entry)) else successor
    return name.rpartition("/")[2] if names_a_price(name) else name


def _mode(entry: dict[str, object]) -> str | None:
    mode = entry.get("mode")
    return _MODES.get(mode, "other") if isinstance(mode, str) else None


def _output_limit(entry: dict[str, object], mode: str | None, found: Rows) -> object:
    limit = number(entry.get("max_output_tokens"))
    if limit and mode in NOT_GENERATING:
        found.values[f"max_output_tokens: {mode} generates none"] += 1
    return None if limit == 0 or mode in NOT_GENERATING else limit


def _flags(entry: dict[str, object]) -> dict[str, object]:
    flags = {ours: entry.get(theirs) for theirs, ours in _FLAGS.items()}
    if flags["supports_tools"] is None and entry.get("supports_tool_choice") is True:
        flags["supports_tools"] = True
    return flags


def _modalities(entry: dict[str, object]) -> dict[str, object]:
    return {
        "input_modalities": sorted(words(entry.get("supported_modalities")) & _KINDS),
        "output_modalities": sorted(words(entry.get("supported_output_modalities")) & _KINDS),
    }
