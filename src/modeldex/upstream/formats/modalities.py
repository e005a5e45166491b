"""Maps upstream lists of words (modalities, features, tags) to catalog fields."""

import re
from collections.abc import Iterable, Mapping

from modeldex.vocabulary.output_modes import mode_without_text

_INPUT = {
    "text": "text", "image": "image", "audio": "audio", "speech": "audio", "video": "video",
    "pdf": "pdf", "file": "pdf",
}  # fmt: skip
_OUTPUT = {
    "text": "text", "transcription": "text", "image": "image", "audio": "audio",
    "speech": "audio", "video": "video", "embedding": "embedding", "embeddings": "embedding",
}  # fmt: skip


def modalities(inputs: Iterable[str], outputs: Iterable[str]) -> dict[str, object]:
    """The modality fields, and what follows: flags from the inputs, the mode without text output.

    The list of inputs counts as complete for images and audio (absent means unsupported). Only some
    hosts have a word for documents or video: present means supported, absent means unknown. Words
    without a mapping are ignored.
    """
    kinds, stated = {_INPUT[word] for word in inputs if word in _INPUT}, set(outputs)
    facts: dict[str, object] = {
        "input_modalities": kinds,
        "output_modalities": {_OUTPUT[word] for word in stated if word in _OUTPUT},
    }
    if mode := mode_without_text(stated):
        facts["mode"] = mode
    if kinds:
        facts["supports_vision"] = "image" in kinds
        facts["supports_audio"] = "audio" in kinds
    if "pdf" in kinds:
        facts["supports_pdf"] = True
    return facts


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
