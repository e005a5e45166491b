"""Remote registries configured by environment variables: MODELDEX_REGISTRIES and their tokens."""

import re
from collections.abc import Mapping
from typing import NamedTuple

from modeldex.errors import SourceFailed
from modeldex.upstream.remote.registry import TOKEN, RemoteRegistry

REGISTRIES = "MODELDEX_REGISTRIES"
LIVE = "MODELDEX_LIVE_REGISTRIES"


class ConfiguredRegistry(NamedTuple):
    """A registry, and whether the models it lists can be called through it."""

    registry: RemoteRegistry
    live: bool


def registries(environ: Mapping[str, str]) -> list[ConfiguredRegistry]:
    """Return the configured registries, in order. Raises SourceFailed for an invalid value.

    MODELDEX_REGISTRIES: URLs separated by commas, each optionally as `name=URL`.
    MODELDEX_LIVE_REGISTRIES: names of those whose models can be called, separated by commas.
    """
    given = _words(environ.get(REGISTRIES, ""))
    live = set(_words(environ.get(LIVE, "")))
    found = [_registry(word, environ, alone=len(given) == 1) for word in given]
    names = [registry.name.removeprefix("remote:") for registry in found]
    for name in sorted({*(live - set(names)), *(name for name in names if names.count(name) > 1)}):
        reason = "configured twice" if name in names else f"not in {REGISTRIES}"
        raise SourceFailed(LIVE if name in live else REGISTRIES, f"{name}: {reason}")
    return [ConfiguredRegistry(each, name in live) for each, name in zip(found, names, strict=True)]


def _words(text: str) -> list[str]:
    return [word.strip() for word in text.split(",") if word.strip()]


def _registry(word: str, environ: Mapping[str, str], *, alone: bool) -> RemoteRegistry:
    before, named, after = word.partition("=")
    name, url = (before.strip(), after) if named and "://" not in before else (None, word)
    try:
        registry = RemoteRegistry(url, name=name, environ={})
    except ValueError as error:
        raise SourceFailed(REGISTRIES, str(error)) from None
    own = re.sub(r"[^A-Z0-9]", "_", registry.name.removeprefix("remote:").upper())
    variables = (f"{TOKEN}_{own}", *([TOKEN] if alone else []))
    token = next((environ[each] for each in variables if environ.get(each, "").strip()), None)
    return RemoteRegistry(url, name=name, token=token, environ={})
