"""Which listing of a provider an environment asks for: at which address, and with which key."""

from collections.abc import Mapping
from urllib.parse import urlsplit

from modeldex.errors import SourceFailed
from modeldex.upstream.accounts import Account, account_of
from modeldex.upstream.addresses import known_segments, root
from modeldex.vocabulary.asked import Asked
from modeldex.vocabulary.providers import Provider, first_set_variable, providers
from modeldex.vocabulary.redaction import hidden_segments, shown_url

_OLLAMA = "ollama"
_SHORTEST_KEY = 8
"""Shorter ones are none, and might be a part of any address."""


def asked(provider: Provider, environ: Mapping[str, str]) -> Asked | None:
    """Which listing of a provider this environment asks for; None where it cannot ask."""
    if provider.id == _OLLAMA:
        return _asked_ollama(environ)
    if provider.listing is None:
        return None
    variable = first_set_variable(provider.keys, environ)
    key = environ[variable].strip() if variable else None
    account = account_of(provider.id, environ) if variable is None else None
    if account is not None:
        variable, key = account.named_by, account.identity
    if variable is None and not provider.local:
        return None
    try:
        address = root(provider, with_region(environ, account))
    except SourceFailed:
        return None
    if not address:
        return None
    if key is not None and len(key) >= _SHORTEST_KEY:
        address = address.replace(key, "***")
    return _without_secrets(Asked(provider.id, address, variable, key, provider.local), provider)


def _without_secrets(asked: Asked, provider: Provider) -> Asked:
    """The same with `***` for what may be secret in its path, which counts as a part of the key."""
    path, known = urlsplit(asked.address).path, known_segments(provider)
    secrets = hidden_segments(path, known)
    if not secrets:
        return asked
    key = "/".join([asked.key or "", *secrets])
    return asked._replace(address=shown_url(asked.address, known), key=key)


def with_region(environ: Mapping[str, str], account: Account | None) -> Mapping[str, str]:
    """The environment with the region that an account has in its file, where it names none."""
    if account is None or account.region is None:
        return environ
    return {**environ, "AWS_REGION": account.region}


def _asked_ollama(environ: Mapping[str, str]) -> Asked:
    from modeldex.upstream.ollama_server import KEY, server

    named = server(environ)
    variable = KEY if named.headers else None
    key = environ[KEY].strip() if variable else None
    scheme, _, place = named.url.partition("://")
    address = f"{scheme}://{place.rpartition('@')[2]}"
    found = Asked(_OLLAMA, address, variable, key, local=True)
    found = _without_secrets(found, providers()[_OLLAMA])
    return found._replace(address=found.address.lower())
