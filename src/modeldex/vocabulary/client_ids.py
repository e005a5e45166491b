"""Model ids of client libraries: the string that LiteLLM, Pydantic AI and others expect.

The prefix that a client puts before a model's name is data: `clients` in providers.toml, for
each provider that the client supports. Without an entry there is no id; none is guessed.
"""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal, NamedTuple

from modeldex.errors import InvalidQuery, NoIdFor
from modeldex.vocabulary.providers import Provider, canonical, providers
from modeldex.vocabulary.redaction import shown_url


class Client(NamedTuple):
    """A library or a program that calls models.

    `host` is the hint for an OpenAI-compatible provider that the client has no prefix for.
    `all_modes` means that embedding, image and other models use the prefixes of chat models.
    """

    name: str
    host: str
    all_modes: bool = False


ClientName = Literal["litellm", "pydantic_ai", "langchain", "chuk_llm", "llm", "openrouter"]
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
        "register it with chuk_llm.api.register_provider('{provider}', api_base='{base_url}', "
        "api_key_env=..., models=['{name}'], default_model='{name}')",
    ),
    "llm": Client(
        "llm",
        "add model_id, model_name: {name} and api_base: {base_url} to extra-openai-models.yaml",
    ),
    "openrouter": Client("OpenRouter", "choose an offer of the provider openrouter"),
})  # fmt: skip

_OWN_CLIENT = "call it with the provider's own client"


def id_for(provider: str, name: str, client: str, mode: str | None = None) -> str:
    """The model id that `client`, one of CLIENTS, expects for this offer.

    A `mode` of None counts as chat. Raises NoIdFor if the client has no id for the offer, and
    InvalidQuery for an unknown client.
    """
    if client not in CLIENTS:
        raise InvalidQuery("client", client, f"expected {', '.join(CLIENTS)}")
    host = providers().get(canonical(provider)) or Provider(provider, provider)
    prefix = _prefix(_column(host, client, mode), name)
    if prefix is None:
        raise NoIdFor(provider, name, client, *_reason(host, name, client, mode))
    return prefix + name


def _column(host: Provider, client: str, mode: str | None) -> str | Mapping[str, str]:
    """The prefix, or prefixes by regex of the name; an empty mapping if unsupported."""
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
    """Why there is no id, and what to do instead."""
    title, how, _ = CLIENTS[client]
    if client not in host.clients:
        return f"{title} has no prefix for this provider", _elsewhere(how, host, name)
    if not _column(host, client, mode):
        return f"{title} has ids for chat models only, this is {mode}", _OWN_CLIENT
    return f"{title} supports models of this provider, but not this one", _OWN_CLIENT


def _elsewhere(how: str, host: Provider, name: str) -> str:
    """The client's hint with the host's address filled in, if it needs one and it is known."""
    if "{base_url}" not in how:
        return how
    if host.base_url is None or "{" in host.base_url:
        return _OWN_CLIENT
    # A user's own address may hold a secret.
    address = host.base_url if host.file is None else shown_url(host.base_url)
    hint = how.format(name=name, base_url=address, provider=host.id)
    return f"if its API is OpenAI-compatible, {hint}"
