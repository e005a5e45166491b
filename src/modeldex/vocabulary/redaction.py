"""Remove keys and control characters from any text that is logged, stored or shown."""

import os
import re
from base64 import b64decode, b64encode
from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import lru_cache
from urllib.parse import parse_qsl, unquote, urlsplit

from modeldex.vocabulary.providers import providers
from modeldex.vocabulary.text import printable

LIMIT = 300
"""Longest redacted text, in characters."""

_MAX_MESSAGE = 200
_SECRET_NAME = re.compile(r"key|token|secret|password", re.IGNORECASE)
_CREDENTIAL = re.compile(r"key|token|secret|password|auth|cookie|signature", re.IGNORECASE)
_ADDRESS_NAME = re.compile(r"(url|host|endpoint|api_base|proxy)$", re.IGNORECASE)
_URL = re.compile(r"[a-z][a-z0-9+.-]*://[^\s,\"']+", re.IGNORECASE)
# Shorter values are no keys; replacing them would only garble messages. Values of known key
# variables are more likely keys than others, and a password may be short.
_MIN_PASSWORD = 4
_MIN_SECRET = 6
_MIN_SECRET_WORD = 8
_PUBLIC_HEADERS = (
    "accept", "accept-encoding", "connection", "content-length", "content-type", "host",
    "if-modified-since", "if-none-match", "transfer-encoding", "user-agent",
)  # fmt: skip
_BASE64 = "[A-Za-z0-9+/_=-]*"
# A segment of this length is no word of an API; a shorter one is none if it has digits or capitals.
_LONG_SEGMENT = 16
_ODD = re.compile(r"[A-Z0-9]")
_VERSION = re.compile(r"v\d+[a-z]*\d*")


def plain(text: str) -> str:
    """Return the text on one line, without control characters."""
    line = " ".join(text.split())
    return line if printable(line) else "".join(c for c in line if printable(c))


def redact(text: str, environ: Mapping[str, str] | None = None) -> str:
    """Return at most LIMIT printable characters, with `***` for each secret of the environment.

    Secrets are the keys, and what `url_secrets` finds in addresses.
    """
    known = os.environ if environ is None else environ
    line = _without(plain(text), set(_of_environment(known)))
    return line if len(line) <= LIMIT else line[: LIMIT - 1] + "…"


def _of_environment(environ: Mapping[str, str]) -> Iterator[str]:
    named = {variable for provider in providers().values() for variable in provider.keys}
    for name, value in environ.items():
        shortest = _MIN_SECRET if name in named else _MIN_SECRET_WORD
        if (name in named or _SECRET_NAME.search(name)) and len(value.strip()) >= shortest:
            yield plain(value)
        bare = [f"http://{value}"] if _ADDRESS_NAME.search(name) and value[:1] != "/" else []
        for url in _URL.findall(value) or bare:
            yield from url_secrets(url)


def redact_call(
    text: str, url: str, headers: Mapping[str, str], form: Mapping[str, str] | None = None
) -> str:
    """Return a server's message, shortened, with `***` for each secret that was sent to it.

    `url` and `headers` are those of the request as it left, with what the client derived from the
    URL, such as `Authorization: Basic`; `form` is its body, if it was form-encoded.
    """
    sent = {*_of_request(url, headers), *_of_pairs((form or {}).items())}
    return redact(_without(plain(text), sent))[:_MAX_MESSAGE]


def repeats_secret(text: str, url: str, headers: Mapping[str, str]) -> bool:
    """Whether a text of a server holds a secret that was sent to it, as `redact_call` finds it."""
    return _without(plain(text), _of_request(url, headers)) != plain(text)


def _of_request(url: str, headers: Mapping[str, str]) -> set[str]:
    return {*_of_headers(headers), *url_secrets(url)}


def _of_headers(headers: Mapping[str, str]) -> Iterator[str]:
    for name, value in headers.items():
        if name.lower() in _PUBLIC_HEADERS:
            continue
        scheme, _, credentials = value.strip().partition(" ")
        words = [value, *re.split(r"[\s;,=]+", credentials or scheme)]
        if scheme.lower() == "basic":
            user, _, password = _decoded(credentials).partition(":")
            words += [f"{user}:{password}", user, password]
        shortest = _MIN_PASSWORD if _CREDENTIAL.search(name) else _MIN_SECRET_WORD
        yield from (word for word in words if len(word) >= shortest)


def _decoded(credentials: str) -> str:
    try:
        return b64decode(credentials).decode("utf-8", "replace")
    except ValueError:
        return ""


def _of_pairs(pairs: Iterable[tuple[str, str]]) -> Iterator[str]:
    for name, value in pairs:
        if len(value) >= (_MIN_PASSWORD if _CREDENTIAL.search(name) else _MIN_SECRET_WORD):
            yield value


def url_secrets(url: str) -> Iterator[str]:
    """The user, the password, the query's values and the path's `hidden_segments` of a URL."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return
    user, _, password = parts.netloc.rpartition("@")[0].partition(":")
    if len(password) >= _MIN_PASSWORD:
        yield from (password, f"{user}:{password}", unquote(f"{user}:{password}"))
    if len(user) >= _MIN_SECRET:
        yield user
    yield from _of_pairs(parse_qsl(parts.query))
    if parts.scheme in ("http", "https"):
        yield from hidden_segments(parts.path)


def hidden_segments(path: str, known: Collection[str] = ()) -> list[str]:
    """The segments of a path that may be a secret: long ones, and those with digits or capitals.

    `known` ones and versions are none.
    """
    return [each for each in path.split("/") if each not in known and _may_be_secret(each)]


def _may_be_secret(segment: str) -> bool:
    if len(segment) < _MIN_SECRET_WORD or _VERSION.fullmatch(segment):
        return False
    return len(segment) >= _LONG_SEGMENT or bool(_ODD.search(segment))


def shown_path(path: str, known: Collection[str] = ()) -> str:
    """The path with `***` for each of its `hidden_segments`."""
    hidden = set(hidden_segments(path, known))
    return "/".join("***" if each in hidden else each for each in path.split("/"))


def shown_url(url: str, known: Collection[str] = ()) -> str:
    """A URL for display: without user and query, the path as `shown_path` returns it."""
    parts = urlsplit(url)
    place = parts.netloc.rpartition("@")[2]
    return parts._replace(netloc=place, path=shown_path(parts.path, known), query="").geturl()


def _without(text: str, secrets: Collection[str]) -> str:
    """The text with `***` for each secret: as it is, percent-encoded, or inside of base64."""
    forms = {*secrets, *map(unquote, secrets)}
    ordered = sorted(filter(None, forms), key=len, reverse=True)
    decoded = text
    while (following := unquote(decoded.replace("\\/", "/"))) != decoded:
        decoded = following
    decoded = plain(decoded)
    hidden = _hide(decoded, ordered)
    # Decoded only where that shows a secret: a host may encode any part of it, and twice.
    return hidden if hidden != decoded else _hide(text, ordered)


def _hide(text: str, secrets: Iterable[str]) -> str:
    # The longest first, as one may contain another.
    for secret in secrets:
        if secret.lower() in text.lower():
            text = re.sub(re.escape(secret), "***", text, flags=re.IGNORECASE)
        if len(secret) >= _MIN_SECRET:
            for part in _in_base64(secret):
                if part in text:
                    text = re.sub(_BASE64 + re.escape(part) + _BASE64, "***", text)
    return text


@lru_cache(1024)
def _in_base64(secret: str) -> tuple[str, ...]:
    """What base64 of any text around a secret holds of it, at each of the three alignments."""
    content = secret.encode("utf-8", "surrogateescape")
    parts = [
        b64encode(bytes(before) + content).decode()[
            -(-before * 8 // 6) : (before + len(content)) * 8 // 6
        ]
        for before in range(3)
    ]
    return (*parts, *(part.translate({ord("+"): "-", ord("/"): "_"}) for part in parts))


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
