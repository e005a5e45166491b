"""What a client calls an offer: the one string that LiteLLM, Pydantic AI and others take.

What a client puts before a name stands in providers.toml, for each provider that it knows. A
string is only given where it is right: no client is asked, and none is guessed for.
"""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from modeldex.errors import InvalidQuery, NoIdFor
from modeldex.providers import Provider, canonical, providers


class Client(NamedTuple):
    """A library or a program that calls models.

    `host` says how it is told of a host that it has no name for but that speaks OpenAI's API.
    `all_modes` tells that embeddings, images and the rest are named as chat models are.
    """

    name: str
    host: str
    all_modes: bool = False


CLIENTS: Mapping[str, Client] = MappingProxyType({
    "litellm": Client(
        "LiteLLM", "call it with model='openai/{name}', api_base='{base_url}'", all_modes=True
    ),
    "pydantic_ai": Client(
        "Pydantic AI",
        "use OpenAIChatModel('{name}', provider=OpenAIProvider(base_url='{base_url}'))",
    ),
    "langchain": Client("LangChain", "use init_chat_model('openai:{name}', base_url='{base_url}')"),
    "chuk_llm": Client(
        "chuk-llm",
        "teach it with chuk_llm.api.register_provider('{provider}', api_base='{base_url}', "
        "api_key_env=..., models=['{name}'], default_model='{name}')",
    ),
    "llm": Client(
        "llm",
        "put a model_id, model_name: {name}, api_base: {base_url} into extra-openai-models.yaml",
    ),
    "openrouter": Client("OpenRouter", "look for an offer of the provider openrouter"),
})  # fmt: skip

_OWN_CLIENT = "call it with the provider's own client"


def id_for(provider: str, name: str, client: str, mode: str | None = None) -> str:
    """The string that `client`, one of CLIENTS, takes for this offer.

    An unknown `mode` is taken for chat. Raises NoIdFor where there is no right string, and
    InvalidQuery for a client that is not known.
    """
    if client not in CLIENTS:
        raise InvalidQuery("client", client, f"expected {', '.join(CLIENTS)}")
    host = providers().get(canonical(provider)) or Provider(provider, provider)
    prefix = _prefix(_column(host, client, mode), name)
    if prefix is None:
        raise NoIdFor(provider, name, client, *_reason(host, name, client, mode))
    return prefix + name


def _column(host: Provider, client: str, mode: str | None) -> str | Mapping[str, str]:
    """What this client puts before names of this kind; empty where it takes none."""
    if mode in (None, "chat"):
        return host.clients.get(client, {})
    usual = host.clients.get(client, {}) if CLIENTS[client].all_modes else {}
    return host.clients.get(f"{client}_{mode}", usual)


def _prefix(column: str | Mapping[str, str], name: str) -> str | None:
    if isinstance(column, str):
        return column
    found = (prefix for pattern, prefix in column.items() if re.fullmatch(pattern, name))
    return next(found, None)


def _reason(host: Provider, name: str, client: str, mode: str | None) -> tuple[str, str]:
    """Why there is none, and what to do."""
    called, how, _ = CLIENTS[client]
    if client not in host.clients:
        return f"{called} has no name for this provider", _elsewhere(how, host, name)
    if not _column(host, client, mode):
        return f"{called} takes chat models only by such a string, this is {mode}", _OWN_CLIENT
    return f"{called} takes other models of this provider, not one of this name", _OWN_CLIENT


def _elsewhere(how: str, host: Provider, name: str) -> str:
    """How the client is told of the host, where its address is known and needed."""
    if "{base_url}" not in how:
        return how
    if host.base_url is None or "{" in host.base_url:
        return _OWN_CLIENT
    told = how.format(name=name, base_url=host.base_url, provider=host.id)
    return f"if it speaks OpenAI's API, {told}"
