"""The default model of every provider whose key is in the environment."""

import os
from collections.abc import Mapping

from modeldex.providers import first_set, keyed, providers
from modeldex.values import ModelSpec


class EnvProviderSource:
    """One default model per provider that has its key set.

    A key proves nothing about a model, so the source is a reference: whether a model can be
    called from here is decided when a query is asked. `include_ollama` adds Ollama's default
    model where OLLAMA_BASE_URL or OLLAMA_HOST names a server. `environ` replaces the
    environment of this process, which is read at each discovery.
    """

    name = "env"
    kind = "reference"
    network = False
    may_shrink = True

    def __init__(
        self, include_ollama: bool = True, environ: Mapping[str, str] | None = None
    ) -> None:
        self._include_ollama = include_ollama
        self._environ = environ

    async def discover(self) -> list[ModelSpec]:
        """The default models, by provider id; empty where no key is set."""
        environ = os.environ if self._environ is None else self._environ
        rows = [providers()[provider_id] for provider_id in keyed(environ)]
        ollama = providers()["ollama"]
        if self._include_ollama and first_set(ollama.base_url_vars, environ):
            rows.append(ollama)
        return [ModelSpec(provider=p.id, name=p.default_model) for p in rows if p.default_model]
