"""One spelling for each endpoint of an API: its path from the version on, as /v1/responses.

`responses`, `v1/responses`, `/openai/v1/responses` and `https://api.openai.com/v1/responses` are
the same endpoint. A method of Google's API, `generateContent`, is /v1beta/models:generateContent.
"""

import re

_VERSIONED = re.compile(r"(?:^|/)(v\d+(?:(?:alpha|beta)\d*)?/.+)")
_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]*://[^/]*")
_METHOD = re.compile(r"[a-z]+[A-Z][A-Za-z]*")
_WORDS = {
    "audio_speech": "audio/speech", "audio_transcription": "audio/transcriptions",
    "audio_transcriptions": "audio/transcriptions", "batch": "batches",
    "chat_completion": "chat/completions", "chat_completions": "chat/completions",
    "completion": "completions", "embedding": "embeddings",
    "image_generation": "images/generations", "image_generations": "images/generations",
    "images_generations": "images/generations", "moderation": "moderations",
    "response": "responses",
}  # fmt: skip
"""Words that hosts write in place of a path."""


def spelling(text: str) -> str:
    """The one spelling of an endpoint; empty for what is none, such as the path of a socket."""
    if _METHOD.fullmatch(text):
        return f"/v1beta/models:{text}"
    path = _ADDRESS.sub("", text).partition("?")[0].strip("/")
    path = path if ":" in path else path.lower()
    found = _VERSIONED.search(path)
    if found is None and ":" in path:
        return ""
    version, _, rest = found[1].partition("/") if found else ("v1", "", path)
    rest = _WORDS.get(rest.replace("-", "_"), rest)
    return f"/{version}/{rest}" if rest else ""
