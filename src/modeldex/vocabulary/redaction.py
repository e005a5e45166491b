"""Remove keys and control characters from any text that is logged, stored or shown."""

import os
import re
from collections.abc import Iterable, Mapping
from urllib.parse import quote, urlsplit

from modeldex.vocabulary.providers import providers
from modeldex.vocabulary.text import printable

LIMIT = 300
"""Longest redacted text, in characters."""

_MAX_MESSAGE = 200
_SECRET_NAME = re.compile(r"key|token|secret|password", re.IGNORECASE)
# Shorter values are no keys; replacing them would only garble messages. Values of known key
# variables are more likely keys than others.
_MIN_SECRET = 6
_MIN_SECRET_WORD = 8


def plain(text: str) -> str:
    """Return the text on one line, without control characters."""
    line = " ".join(text.split())
    return line if printable(line) else "".join(c for c in line if printable(c))


def redact(text: str, environ: Mapping[str, str] | None = None) -> str:
    """Return at most LIMIT printable characters, with `***` for each key of the environment."""
    known = os.environ if environ is None else environ
    named = {variable for provider in providers().values() for variable in provider.keys}
    secrets = [
        plain(value)
        for name, value in known.items()
        if len(value.strip()) >= (_MIN_SECRET if name in named else _MIN_SECRET_WORD)
        and (name in named or _SECRET_NAME.search(name))
    ]
    line = _without(plain(text), secrets)
    return line if len(line) <= LIMIT else line[: LIMIT - 1] + "…"


def redact_call(text: str, url: str, headers: Mapping[str, str]) -> str:
    """Return a server's message, shortened, with `***` for each secret that was sent to it."""
    sent = [word for value in headers.values() for word in value.split()]
    user = urlsplit(url).netloc.rpartition("@")[0].split(":")
    query = re.split("[&=]", urlsplit(url).query)
    secrets = [word for word in (*sent, *user, *query) if len(word) >= _MIN_SECRET_WORD]
    return redact(_without(plain(text), secrets))[:_MAX_MESSAGE]


def _without(text: str, secrets: Iterable[str]) -> str:
    # A server may echo a secret as sent or URL-encoded; the longest first, as one may contain
    # another.
    forms = set(secrets)
    if "%" in text:
        forms |= {quote(secret, safe="") for secret in forms}
    for secret in sorted(forms, key=len, reverse=True):
        text = text.replace(secret, "***")
    return text


def error_message(payload: object) -> str:
    """Return the message in a JSON error payload of any usual shape; empty if there is none."""
    if isinstance(payload, str):
        return payload
    if isinstance(payload, list):
        return error_message(payload[0]) if payload else ""
    if isinstance(payload, dict):
        keys = [key for key in ("error", "errors", "message", "detail") if key in payload]
        return error_message(payload[keys[0]]) if keys else ""
    return ""
