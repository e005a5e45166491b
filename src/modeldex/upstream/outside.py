"""Which sources an environment configures that answer from outside: feeds, provider APIs, others.

Imports nothing heavy, so that `modeldex status` can ask. A test compares it with the sources
themselves.
"""

import re
from collections.abc import Iterator, Mapping

from modeldex.errors import SourceFailed
from modeldex.upstream import snapshots
from modeldex.vocabulary.providers import Provider, first_set_variable, providers

_OFF = frozenset({"0", "no", "off", "false"})


def outside(environ: Mapping[str, str]) -> tuple[str, ...]:
    """The names of the sources that should answer from outside in this environment, in order.

    A source at a default address that nobody configured is none of them. A variable of registries
    stands for them while it is invalid.
    """
    return tuple(_outside(environ))


def _outside(environ: Mapping[str, str]) -> Iterator[str]:
    if feeds_are_on(environ):
        yield from snapshots.WITH_FEED
    for provider in providers().values():
        if is_set_up(provider, environ):
            yield provider.id
    ollama = providers()["ollama"]
    if first_set_variable(ollama.base_url_vars, environ):
        yield ollama.id
    if environ.get("MODELDEX_REGISTRIES", "").strip():
        yield from _registries(environ)


def calls_providers(environ: Mapping[str, str]) -> bool:
    """Whether somebody set a key or the address of a server, so that models can be called."""
    ollama = first_set_variable(providers()["ollama"].base_url_vars, environ)
    return bool(ollama) or any(is_set_up(each, environ) for each in providers().values())


def _registries(environ: Mapping[str, str]) -> list[str]:
    from modeldex.upstream.remote.config import registries

    try:
        return [found.registry.name for found in registries(environ)]
    except SourceFailed as failure:
        return [failure.source]


def feeds_are_on(environ: Mapping[str, str]) -> bool:
    """Whether the environment allows feeds to be fetched."""
    return environ.get("MODELDEX_FEEDS", "").strip().lower() not in _OFF


def is_set_up(provider: Provider, environ: Mapping[str, str]) -> bool:
    """Whether somebody set what a listing needs: a key, or a local server's address."""
    if provider.listing is None:
        return False
    has_url = url_variable(provider, environ) is not None
    if provider.local:
        return has_url or (provider.file is not None and provider.base_url is not None)
    keyed = first_set_variable(provider.keys, environ) is not None
    return keyed and (has_url or provider.base_url is not None)


def url_variable(provider: Provider, environ: Mapping[str, str]) -> str | None:
    """The set variable that holds the base URL: MODELDEX_<PROVIDER>_BASE_URL first."""
    return first_set_variable((own_variable(provider.id), *provider.base_url_vars), environ)


def own_variable(provider: str) -> str:
    """The variable of modeldex that holds the base URL of a provider."""
    return f"MODELDEX_{re.sub('[-.]', '_', provider.upper())}_BASE_URL"
