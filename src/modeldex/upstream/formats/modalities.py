"""Maps upstream lists of words (modalities, features, tags) to catalog fields."""

import re
from collections.abc import Iterable, Mapping

_INPUT = {
    "text": "text", "image": "image", "audio": "audio", "speech": "audio", "video": "video",
    "pdf": "pdf", "file": "pdf",
}  # fmt: skip
_OUTPUT = {
    "text": "text", "transcription": "text", "image": "image", "audio": "audio",
    "speech": "audio", "video": "video", "embedding": "embedding", "embeddings": "embedding",
}  # fmt: skip
_MODES = {
    "video": "video", "image": "image", "audio": "audio", "speech": "audio",
    "transcription": "audio", "embedding": "embedding", "embeddings": "embedding",
    "rerank": "rerank",
}  # fmt: skip


def modalities(inputs: Iterable[str], outputs: Iterable[str]) -> dict[str, object]:
    """The modality fields, and the flags that follow from a list of input modalities.

    The list counts as complete for images and audio (absent means unsupported). Only some
    hosts have a word for documents: present means supported, absent means unknown. Words
    without a mapping are ignored.
    """
    kinds = {_INPUT[word] for word in inputs if word in _INPUT}
    facts: dict[str, object] = {
        "input_modalities": kinds,
        "output_modalities": {_OUTPUT[word] for word in outputs if word in _OUTPUT},
    }
    if kinds:
        facts["supports_vision"] = "image" in kinds
        facts["supports_audio"] = "audio" in kinds
    if "pdf" in kinds:
        facts["supports_pdf"] = True
    return facts


def mode_without_text(outputs: Iterable[str]) -> str | None:
    """The mode of a model without text output; None if it has some: chat is not certain then."""
    words = set(outputs)
    if "text" in words:
        return None
    return next((mode for word, mode in _MODES.items() if word in words), None)


def flags_of(words: Iterable[str], table: Mapping[str, str]) -> dict[str, object]:
    """True for the flags of all words present; the flag of an absent word stays unknown."""
    return {table[word]: True for word in words if word in table}


_LABEL = re.compile(
    r"([0-9]{1,9}(?:\.[0-9]{1,6})?)([kmbt])(?:-a[0-9.]{1,12}[kmbt])?", re.IGNORECASE
)
_UNITS = {"k": 10**3, "m": 10**6, "b": 10**9, "t": 10**12}


def param_count(label: str | None) -> int | None:
    """The total number of parameters in a size label; None if it has none."""
    size = _LABEL.fullmatch((label or "").strip())
    return round(float(size[1]) * _UNITS[size[2].lower()]) or None if size else None
