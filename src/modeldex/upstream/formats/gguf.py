"""Maps the header of a GGUF file to catalog fields.

Keys are looked up under the file's own architecture, never by suffix: a header may hold
both `gpt-oss.context_length` and `gpt-oss.rope.scaling.original_context_length`. A chat
template proves what a model supports, not what it lacks, so no flag is ever False.
"""

import re
from collections.abc import Mapping
from typing import Literal, NamedTuple

from modeldex.upstream.formats.ollama import SMALL
from modeldex.vocabulary.quantizations import FILE_TYPES

Values = Mapping[str, object]

_GUESSED = 1024  # llama.cpp's flag bit: the type was guessed, not stated in the file
# values of `pooling_type`: 1 to 3 are mean, cls and last, of embedding models; 4 is rank
_RANK = 4
_POOLED = (1, 2, 3)
_ENCODERS = frozenset(
    ("bert", "modern-bert", "nomic-bert", "nomic-bert-moe", "neo-bert", "jina-bert-v2",
     "jina-bert-v3", "eurobert", "gemma-embedding", "llama-embed", "t5encoder")
)  # fmt: skip
_TEMPLATE = "tokenizer.chat_template"
_GENERAL = frozenset(
    f"general.{name}"
    for name in ("architecture", "type", "name", "basename", "size_label", "file_type")
)
_OTHERS = frozenset(
    ("split.no", "split.count", "tokenizer.ggml.model", "clip.has_vision_encoder",
     "clip.has_audio_encoder", _TEMPLATE)
)  # fmt: skip
_OF_ARCHITECTURE = (
    ".context_length", ".embedding_length", ".embedding_length_out", ".pooling_type",
    ".attention.causal",
)  # fmt: skip
_LABEL = re.compile(r"([0-9]{1,6}(?:\.[0-9]{1,6})?)([KMBT])(?:-A[0-9.]{1,8}[KMBT])?", re.IGNORECASE)
_UNITS = {"K": 10**3, "M": 10**6, "B": 10**9, "T": 10**12}
_TOOLS = re.compile(r"\{[%{][^{}%]*\btools\b")
_THINKS = re.compile(r"<(?:seed:)?think>|\[THINK\]|\{[%{][^{}%]*thinking")


class Facts(NamedTuple):
    """What one header states.

    `kind` is `projector` for a file that adds image or audio input to a model in another
    file, and `other` for vocabularies and further parts of split files. `title` is shared by
    all files of one model: its name in lower-case letters and digits, and its size label.
    """

    kind: Literal["model", "projector", "other"]
    title: tuple[str, str]
    family: str | None
    display_name: str | None
    sees: bool
    hears: bool
    capabilities: dict[str, object]


def wanted(key: str) -> bool:
    """Whether `facts` may need this key; the reader skips the values of others."""
    return (
        key in _GENERAL
        or key in _OTHERS
        or key.endswith(_OF_ARCHITECTURE)
        or key.startswith(f"{_TEMPLATE}.")
    )


def facts(values: Values, tensors: int) -> Facts:
    """Map the header values of a file with this number of tensors.

    Raises ValueError if a model file states no architecture.
    """
    architecture = _text(values, "general.architecture")
    kind = _kind(values, architecture, tensors)
    if kind == "model" and architecture is None:
        raise ValueError("the header has no general.architecture")
    base, name = _text(values, "general.basename"), _text(values, "general.name")
    return Facts(
        kind,
        (
            _letters_and_digits(base or name),
            _letters_and_digits(_text(values, "general.size_label")),
        ),
        architecture,
        name,
        values.get("clip.has_vision_encoder") is True,
        values.get("clip.has_audio_encoder") is True,
        _capabilities(values, architecture) if architecture and kind == "model" else {},
    )


def _kind(
    values: Values, architecture: str | None, tensors: int
) -> Literal["model", "projector", "other"]:
    stated = _text(values, "general.type") or "model"
    if stated == "mmproj" or architecture == "clip":
        return "projector"
    split = _positive_int(values, "split.count") or 1
    vocabulary = tensors == 0 and split == 1
    if stated != "model" or vocabulary or _positive_int(values, "split.no"):
        return "other"
    return "model"


def _capabilities(values: Values, architecture: str) -> dict[str, object]:
    template = _templates(values)
    mode = _mode(values, architecture, template)
    chat = mode == "chat" or None
    params = _params(_text(values, "general.size_label"))
    small = chat and params is not None and params <= SMALL
    known = {
        "mode": mode,
        "max_context": _positive_int(values, f"{architecture}.context_length"),
        "supports_tools": chat and (_TOOLS.search(template) is not None or None),
        "supports_reasoning": chat and (_THINKS.search(template) is not None or None),
        "embedding_dims": _dims(values, architecture) if mode == "embedding" else None,
        "param_count": params,
        "quantization": _quantization(values),
        "input_cost_per_1m": 0.0,
        "output_cost_per_1m": 0.0,
        "price_basis": "self_hosted",
        "quality_tier": "cheap" if small else None,
        "quality_basis": "size" if small else None,
    }
    return {field: value for field, value in known.items() if value is not None}


def _mode(values: Values, architecture: str, template: str) -> str | None:
    """The mode: by pooling type, else chat template, else architecture or non-causal attention.

    The pooling type comes first because embedding models inherit the chat template of their
    base; the template precedes attention because diffusion language models are non-causal.
    """
    pooling = _positive_int(values, f"{architecture}.pooling_type")
    if pooling == _RANK:
        return "rerank"
    if pooling in _POOLED:
        return "embedding"
    if template:
        return "chat"
    non_causal = values.get(f"{architecture}.attention.causal") is False
    no_tokenizer = values.get("tokenizer.ggml.model") == "none"
    return "embedding" if architecture in _ENCODERS or (non_causal and not no_tokenizer) else None


def _templates(values: Values) -> str:
    """All chat templates as one text: tools may appear in a named one only, as `tool_use`."""
    texts = (text for key, text in values.items() if key.startswith(_TEMPLATE))
    return "\n".join(text for text in texts if isinstance(text, str))


def _dims(values: Values, architecture: str) -> int | None:
    out = _positive_int(values, f"{architecture}.embedding_length_out")
    return out or _positive_int(values, f"{architecture}.embedding_length")


def _quantization(values: Values) -> str | None:
    number = values.get("general.file_type")
    return FILE_TYPES.get(number & ~_GUESSED) if type(number) is int else None


def _params(label: str | None) -> int | None:
    """The total parameter count in a size label such as 8B or 30B-A3B; as rounded as it is."""
    size = _LABEL.fullmatch(label or "")
    return round(float(size[1]) * _UNITS[size[2].upper()]) or None if size else None


def _letters_and_digits(text: str | None) -> str:
    return "".join(filter(str.isalnum, (text or "").lower()))


def _text(values: Values, key: str) -> str | None:
    value = values.get(key)
    return (value.strip() or None) if isinstance(value, str) else None


def _positive_int(values: Values, key: str) -> int | None:
    value = values.get(key)
    return value if type(value) is int and value > 0 else None
