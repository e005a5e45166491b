"""What OpenAI-shaped hosts state of a model, under the names that they write it.

They agree on `id` alone. A key is looked up in the tables below wherever it stands in a row: at the
top, or in one of the objects that hosts sort facts into. Of several windows the largest is the
documented one and the smallest the one that is served; of several caps the smallest counts. A bare
`max_tokens` has meant the window, the output and their sum, and is ignored. A word in a list proves
that something is supported, never that it is not; a boolean says either.
"""

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from functools import cache
from typing import NamedTuple

from modeldex.upstream.formats.modalities import modalities
from modeldex.upstream.formats.payload import whole
from modeldex.upstream.formats.rows import items, words
from modeldex.vocabulary import efforts

_PLACES = frozenset({
    "architecture", "capabilities", "capability", "config", "context", "details", "features",
    "info", "limit", "limits", "meta", "metadata", "modalities", "model_info", "model_spec",
    "properties", "spec", "supports", "token_limits", "top_provider",
})  # fmt: skip
"""Objects of a row that are looked into, within each other, too."""
_LIMIT_PLACES = frozenset({"context", "limit", "limits", "token_limits"})
_DEPTH = 3

_WINDOWS = frozenset({
    "context_length", "context_limit", "context_size", "context_tokens", "context_window",
    "context_window_size", "context_window_tokens", "max_context", "max_context_len",
    "max_context_length", "max_context_size", "max_context_tokens", "max_context_window",
    "max_context_window_tokens", "max_model_len", "max_model_length", "max_position_embeddings",
    "max_seq_len", "max_seq_length", "max_sequence_length", "n_ctx_train", "total_token_limit",
})  # fmt: skip
_SERVED = frozenset({
    "allocated_context_length", "configured_context_length", "current_context_length",
    "effective_context_length", "loaded_context_length", "max_total_tokens", "n_ctx", "num_ctx",
    "runtime_context_length", "served_context", "served_context_length",
})  # fmt: skip
_PROMPTS = frozenset({
    "input_token_limit", "max_input_length", "max_input_tokens", "max_prompt_length",
    "max_prompt_tokens", "prompt_token_limit",
})  # fmt: skip
_OUTPUTS = frozenset({
    "max_completion_length", "max_completion_tokens", "max_generation_tokens",
    "max_output_length", "max_output_tokens", "output_token_limit",
})  # fmt: skip
_IN_LIMITS: Mapping[str, Collection[str]] = {
    "max_context": ("context", "window", "total"), "max_input_tokens": ("input", "prompt"),
    "max_output_tokens": ("output", "completion"),
}  # fmt: skip
"""Words that name a limit inside an object of limits alone."""
_LIMITS: Mapping[str, Collection[str]] = {
    "max_context": _WINDOWS, "served_context": _SERVED, "max_input_tokens": _PROMPTS,
    "max_output_tokens": _OUTPUTS,
}  # fmt: skip

_FLAGS: Mapping[str, Collection[str]] = {
    "supports_tools": (
        "function_call", "function_calling", "functions", "tool_call", "tool_calling",
        "tool_calls", "tool_use", "tools", "trained_for_tool_use",
    ),
    "supports_parallel_tools": ("parallel_function_calling", "parallel_tool_calls"),
    "supports_vision": ("image_in", "image_input", "images", "vision"),
    "supports_audio": ("audio_in", "audio_input"),
    "supports_pdf": ("pdf", "pdf_input"),
    "supports_video": ("video_in", "video_input", "video_understanding"),
    "supports_json_mode": ("json", "json_mode", "json_object", "response_format"),
    "supports_structured_outputs": (
        "json_schema", "response_schema", "structured_output", "structured_outputs",
    ),
    "supports_streaming": ("native_streaming", "streaming"),
    "supports_system_messages": ("system_message", "system_messages", "system_prompt"),
    "supports_reasoning": ("reasoning", "reasoning_effort", "thinking"),
    "supports_prompt_cache": ("prompt_cache", "prompt_caching"),
}  # fmt: skip
_FLAG_WORDS = frozenset(word for names in _FLAGS.values() for word in names)
_LISTS = frozenset({
    "abilities", "capabilities", "features", "labels", "supported_capabilities",
    "supported_features", "supported_parameters", "supports", "tags",
})  # fmt: skip
"""Lists of words that say what a model can do."""
_ENDPOINTS = frozenset({"endpoints", "supported_endpoints"})

_EFFORTS = frozenset({
    "effort_levels", "reasoning_effort_levels", "reasoning_efforts", "supported_efforts",
    "supported_effort_levels", "supported_reasoning_efforts",
})  # fmt: skip

_MODE_KEYS = frozenset({"kind", "mode", "model_type", "pipeline_tag", "task", "type"})
_MODES: Mapping[str, Collection[str]] = {
    "chat": (
        "chat", "chat_completion", "chat_completions", "conversational", "image_text_to_text",
        "llm", "responses", "vlm",
    ),
    "completion": ("completions", "text_completion"),
    "embedding": (
        "embed", "embedding", "embeddings", "feature_extraction", "sentence_similarity",
        "text_embedding", "text_embeddings",
    ),
    "rerank": ("rerank", "reranker", "reranking", "text_ranking"),
    "image": ("image_generation", "images_generations", "text_to_image"),
    "audio": (
        "asr", "audio_speech", "audio_transcription", "audio_transcriptions",
        "automatic_speech_recognition", "speech_to_text", "stt", "text_to_speech", "tts",
    ),
    "video": ("text_to_video", "video_generation"),
    "moderation": ("moderation", "moderations"),
    "ocr": ("ocr",),
    "realtime": ("realtime",),
}  # fmt: skip
_STATED_MODES: Mapping[str, Collection[str]] = {
    **_MODES,
    "completion": (*_MODES["completion"], "completion"), "image": (*_MODES["image"], "image"),
    "audio": (*_MODES["audio"], "audio", "speech", "transcription"),
    "video": (*_MODES["video"], "video"),
}  # fmt: skip
"""Also the words that are no mode in a list, where they name what a chat model takes."""

_UPPER = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_APART = re.compile(r"[\s/.-]+")
_AFFIX = re.compile(r"^(supports?_|has_|is_|can_)|_(supported|support)$")


class Leaf(NamedTuple):
    """One value of a row: its key, and that of the object it stands in, '' at the top."""

    place: str
    key: str
    value: object


def leaves(row: Mapping[str, object], place: str = "", depth: int = _DEPTH) -> Iterator[Leaf]:
    """Return the values of a row, also of the objects that hosts sort facts into."""
    for name, value in row.items():
        key = snake(name)
        if isinstance(value, dict) and key in _PLACES and depth:
            yield from leaves(value, key, depth - 1)
        elif value is not None:
            yield Leaf(place, key, value)


@cache
def snake(name: str) -> str:
    """Return a key or word in snake case."""
    return _APART.sub("_", _UPPER.sub("_", name.strip()).lower()).strip("_")


def facts(row: Mapping[str, object], lost: Counter[str]) -> dict[str, object]:
    """Return the known facts of a row; values of an unexpected type are counted in `lost`."""
    found = list(leaves(row))
    for leaf in found:
        if _is_odd(leaf):
            lost[f"{leaf.key}: unexpected type"] += 1
    inputs, outputs = _modalities(found)
    flags = _flags(found)
    return {
        **_limits(found, lost),
        "mode": _mode(found, flags),
        **flags,
        **modalities(inputs, outputs),
        # What a host says in so many words counts more than the list of its inputs.
        **{flag: value for flag, value in flags.items() if flag == "supports_vision"},
        "endpoints": _endpoints(found),
        "effort_levels": _efforts(found),
        "aliases": _aliases(found),
    }


def _is_odd(leaf: Leaf) -> bool:
    """Whether a list or a boolean is expected in place of the value."""
    if leaf.key.startswith("supports_") and _AFFIX.sub("", leaf.key) in _FLAG_WORDS:
        return not isinstance(leaf.value, bool)
    return leaf.key.endswith("_modalities") and not isinstance(leaf.value, list)


def _limits(found: list[Leaf], lost: Counter[str]) -> dict[str, object]:
    sizes: dict[str, set[int]] = {field: set() for field in _LIMITS}
    for leaf in found:
        field = _limit_of(leaf)
        if field is None:
            continue
        try:
            size = whole(leaf.value)
        except ValueError:
            lost[f"{leaf.key}: unexpected type"] += 1
        else:
            sizes[field] |= {size} if size else set()
    windows = sizes["max_context"]
    served = sizes["served_context"] | (windows if len(windows) > 1 else set())
    return {
        "max_context": max(windows, default=None),
        "served_context": min(served, default=None),
        "max_input_tokens": min(sizes["max_input_tokens"], default=None),
        "max_output_tokens": min(sizes["max_output_tokens"], default=None),
    }


def _limit_of(leaf: Leaf) -> str | None:
    if leaf.place in _LIMIT_PLACES:
        for field, names in _IN_LIMITS.items():
            if leaf.key in names or leaf.key.removeprefix("max_") in names:
                return field
    return next((field for field, names in _LIMITS.items() if leaf.key in names), None)


def _flags(found: list[Leaf]) -> dict[str, object]:
    listed = {word for leaf in found if leaf.key in _LISTS for word in _listed(leaf.value)}
    stated = {_AFFIX.sub("", leaf.key): leaf.value for leaf in found if _is_flag(leaf.value)}
    flags: dict[str, object] = {}
    for flag, names in _FLAGS.items():
        said = [stated[name] for name in names if name in stated]
        if said:
            flags[flag] = any(said)
        elif listed.intersection(names):
            flags[flag] = True
    return flags


def _is_flag(value: object) -> bool:
    return isinstance(value, bool)


def _listed(value: object) -> set[str]:
    """The words of a list, or of a text with commas."""
    given = set(value.split(",")) if isinstance(value, str) else words(value)
    return {_AFFIX.sub("", snake(word)) for word in given}


def _mode(found: list[Leaf], flags: Mapping[str, object]) -> str | None:
    """The mode that is stated, else that of an endpoint or a word in a list, else chat by tools."""
    stated = [snake(str(leaf.value)) for leaf in found if leaf.key in _MODE_KEYS]
    if mode := _mode_of(stated, _STATED_MODES):
        return mode
    paths = (path for leaf in found if leaf.key in _ENDPOINTS for path in words(leaf.value))
    named = {snake(re.sub(r"^/?(v\d+/)?", "", path)) for path in paths}
    listed = {word for leaf in found if leaf.key in _LISTS for word in _listed(leaf.value)}
    if flags.get("supports_tools") or flags.get("supports_reasoning"):
        return "chat"
    return _mode_of(named, _STATED_MODES) or _mode_of(listed, _MODES)


def _endpoints(found: list[Leaf]) -> set[str]:
    """The paths in lists of endpoints; single words are kinds of use."""
    stated = (words(leaf.value) for leaf in found if leaf.key in _ENDPOINTS)
    return {path for paths in stated for path in paths if "/" in path}


def _efforts(found: list[Leaf]) -> list[str]:
    stated = (words(leaf.value) for leaf in found if leaf.key in _EFFORTS)
    return efforts.known(set().union(*stated))


def _mode_of(said: Collection[str], modes: Mapping[str, Collection[str]]) -> str | None:
    return next((mode for mode, names in modes.items() if set(names) & set(said)), None)


def _modalities(found: list[Leaf]) -> tuple[set[str], set[str]]:
    """Words of the inputs and of the outputs."""
    inputs: set[str] = set()
    outputs: set[str] = set()
    for place, key, value in found:
        name = key.removeprefix("supported_")
        if key == "modality" and isinstance(value, str) and "->" in value:
            taken, _, given = value.partition("->")
            inputs |= {snake(word) for word in taken.split("+")}
            outputs |= {snake(word) for word in given.split("+")}
        elif name in ("input_modalities", "output_modalities") or place == "modalities":
            side = inputs if name.startswith("input") else outputs
            side |= {snake(word) for word in words(value)}
    return inputs, outputs


def _aliases(found: list[Leaf]) -> list[object]:
    given = [leaf.value for leaf in found if not leaf.place and leaf.key in ("alias", "aliases")]
    return [name for value in given for name in (items(value) or [value]) if isinstance(name, str)]
