"""What a model is for, where its stated outputs say it."""

from collections.abc import Collection

_MODES = {
    "video": "video", "image": "image", "audio": "audio", "speech": "audio",
    "transcription": "audio", "embedding": "embedding", "embeddings": "embedding",
    "rerank": "rerank", "score": "rerank", "scores": "rerank",
}  # fmt: skip


def mode_without_text(outputs: Collection[str]) -> str | None:
    """The mode of a model without text output; None if it has some: chat is not certain then."""
    if "text" in outputs:
        return None
    return next((mode for word, mode in _MODES.items() if word in outputs), None)
