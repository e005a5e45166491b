"""Lists of words: what goes in, what comes out, what else a model can do."""

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


def modalities(taken: Iterable[str], given: Iterable[str]) -> dict[str, object]:
    """The modality fields, and the flags that a list of inputs settles.

    Such a list is complete for images and audio. Documents are a word on some hosts only,
    so that they count where named and are unknown elsewhere. Other words are left out.
    """
    kinds = {_INPUT[word] for word in taken if word in _INPUT}
    facts: dict[str, object] = {
        "input_modalities": kinds,
        "output_modalities": {_OUTPUT[word] for word in given if word in _OUTPUT},
    }
    if kinds:
        facts["supports_vision"] = "image" in kinds
        facts["supports_audio"] = "audio" in kinds
    if "pdf" in kinds:
        facts["supports_pdf"] = True
    return facts


def mode_without_text(given: Iterable[str]) -> str | None:
    """What a model is for that gives no text; None for others: chats and guards both write."""
    words = set(given)
    if "text" in words:
        return None
    return next((mode for word, mode in _MODES.items() if word in words), None)


def flags_of(words: Iterable[str], table: Mapping[str, str]) -> dict[str, object]:
    """The flags of the words that are present; an absent word says nothing."""
    return {table[word]: True for word in words if word in table}
