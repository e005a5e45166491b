"""Mistral's GET /v1/models: every alias is an entry of its own, `name` is the model's name.

`capabilities` is complete. OCR and audio models state tool support, which is used for chat
models only; an embedding model has no flag at all. `deprecation` is the announced shutdown
date.
"""

import re
from collections.abc import Mapping

from modeldex.upstream.formats.payload import (
    Day,
    Limit,
    Maybe,
    Payload,
    Words,
    list_under,
    page,
    typed_rows,
)
from modeldex.upstream.formats.rows import Page, Rows, ending

_MODES = {
    "completion_chat": "chat",
    "ocr": "ocr",
    "moderation": "moderation",
    "classification": "other",
    "audio_transcription_realtime": "realtime",
    "audio_transcription": "audio",
    "audio_speech": "audio",
    "completion_fim": "completion",
}
_ENDPOINTS = {
    "completion_chat": "/v1/chat/completions",
    "completion_fim": "/v1/fim/completions",
    "ocr": "/v1/ocr",
    "moderation": "/v1/moderations",
    "classification": "/v1/classifications",
    "audio_transcription": "/v1/audio/transcriptions",
    "audio_speech": "/v1/audio/speech",
}
_HEARS = ("audio", "audio_transcription", "audio_transcription_realtime")


class Model(Payload):
    """One entry of `data`: a model or one of its aliases."""

    id: Maybe[str] = None
    name: Maybe[str] = None
    type: Maybe[str] = None
    aliases: Words = ()
    archived: Maybe[bool] = None
    max_context_length: Limit = None
    capabilities: Maybe[dict[str, Maybe[bool]]] = None
    deprecation: Day = None
    deprecation_replacement_model: Maybe[str] = None

    @property
    def names(self) -> set[str]:
        """All names of the model that this entry states."""
        return {name for name in (self.id, *self.aliases) if name}

    @property
    def title(self) -> str | None:
        """The name shared by all entries of one model; a fine-tuned model's `name` is free text."""
        return self.name if self.name in self.names and self.type != "fine-tuned" else self.id


def map_page(payload: object, provider: str) -> Page:
    """Map all models, aliases merged. Raises SourceFailed if the payload has no model list."""
    found = Rows(bare=True)
    models: dict[str | None, list[Model]] = {}
    for model in typed_rows(list_under(payload, "data", provider), Model, found):
        models.setdefault(model.title, []).append(model)
    for title, rows in models.items():
        own = next((row for row in rows if row.id == title), rows[0])
        aliases = sorted(set().union(*(row.names for row in rows)))
        found.add({"provider": provider, "name": title, "aliases": aliases, **_facts(own)})
    return page(found, provider)


def _facts(model: Model) -> dict[str, object]:
    flags = model.capabilities or {}
    mode = _mode(model, flags)
    return {
        "max_context": model.max_context_length,
        "supports_tools": flags.get("function_calling") if mode == "chat" else None,
        "supports_vision": flags.get("vision"),
        "supports_audio": any(flags.get(flag) for flag in _HEARS) or flags.get("audio"),
        "supports_reasoning": flags.get("reasoning"),
        "mode": mode,
        "endpoints": {path for flag, path in _ENDPOINTS.items() if flags.get(flag)},
        "replacement": model.deprecation_replacement_model,
        **ending(model.deprecation),
        **({"lifecycle": "retired"} if model.archived else {}),
    }


def _mode(model: Model, flags: Mapping[str, bool | None]) -> str | None:
    if stated := next((mode for flag, mode in _MODES.items() if flags.get(flag)), None):
        return stated
    words = re.split(r"[\W_]+", (model.id or "").lower())
    return "embedding" if "embed" in words and not any(flags.values()) else None
