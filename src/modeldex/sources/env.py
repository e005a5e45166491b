"""Source: the default model of each provider whose API key is set in the environment."""

import os
from collections.abc import Mapping

from modeldex.vocabulary.providers import first_set_variable, keyed, providers
from modeldex.vocabulary.values import ModelSpec


class EnvProviderSource:
    """Lists one default model per provider that has an API key set.

    A key does not prove that the model exists, so the kind is "reference". `include_ollama`
    adds Ollama's default model if OLLAMA_BASE_URL or OLLAMA_HOST is set. `environ` replaces
    `os.environ`, which is read at each call of `discover`.
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
        """Return the default models, sorted by provider id, Ollama last."""
        environ = os.environ if self._environ is None else self._environ
        rows = [providers()[provider_id] for provider_id in keyed(environ)]
        ollama = providers()["ollama"]
        if self._include_ollama and first_set_variable(ollama.base_url_vars, environ):
            rows.append(ollama)
        return [ModelSpec(provider=p.id, name=p.default_model) for p in rows if p.default_model]
