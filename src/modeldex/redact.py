"""The last net under every text that may hold a key: nothing secret leaves, nothing unprintable."""

import os
import re
from collections.abc import Iterable, Mapping
from urllib.parse import quote, urlsplit

from modeldex.fields import printable
from modeldex.providers import providers

LIMIT = 300
_MAX_MESSAGE = 200
_SECRET_NAME = re.compile(r"key|token|secret|password", re.IGNORECASE)
_SHORTEST = 6
_SHORTEST_WORD = 8


def plain(text: str) -> str:
    """The text on one line, without what a terminal would act upon."""
    line = " ".join(text.split())
    return line if printable(line) else "".join(c for c in line if printable(c))


def redact(text: str, environ: Mapping[str, str] | None = None) -> str:
    """One printable line of at most LIMIT characters without any key of this environment."""
    known = os.environ if environ is None else environ
    named = {variable for provider in providers().values() for variable in provider.keys}
    secrets = [
        plain(value)
        for name, value in known.items()
        if len(value.strip()) >= (_SHORTEST if name in named else _SHORTEST_WORD)
        and (name in named or _SECRET_NAME.search(name))
    ]
    line = _without(plain(text), secrets)
    return line if len(line) <= LIMIT else line[: LIMIT - 1] + "…"


def redact_call(text: str, url: str, headers: Mapping[str, str]) -> str:
    """What a server said, short, without anything secret that was sent to it."""
    sent = [word for value in headers.values() for word in value.split()]
    user = urlsplit(url).netloc.rpartition("@")[0].split(":")
    query = re.split("[&=]", urlsplit(url).query)
    secrets = [word for word in (*sent, *user, *query) if len(word) >= _SHORTEST_WORD]
    return redact(_without(plain(text), secrets))[:_MAX_MESSAGE]


def _without(text: str, secrets: Iterable[str]) -> str:
    forms = set(secrets)
    if "%" in text:
        forms |= {quote(secret, safe="") for secret in forms}
    for secret in sorted(forms, key=len, reverse=True):
        text = text.replace(secret, "***")
    return text


def said(answer: object) -> str:
    """The message in the JSON of an error, whichever of the usual shapes it has."""
    if isinstance(answer, str):
        return answer
    if isinstance(answer, list):
        return said(answer[0]) if answer else ""
    if isinstance(answer, dict):
        keys = [key for key in ("error", "errors", "message", "detail") if key in answer]
        return said(answer[keys[0]]) if keys else ""
    return ""
