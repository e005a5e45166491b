"""Source: the models installed on an Ollama server."""

import os
from collections.abc import Mapping
from urllib.parse import urlsplit

from modeldex.errors import SourceFailed
from modeldex.http.client import fetch_json
from modeldex.upstream import ollama_server
from modeldex.upstream.editions import line
from modeldex.upstream.formats import ollama, ollama_list
from modeldex.upstream.ollama_running import windows
from modeldex.upstream.own_listing import asked
from modeldex.vocabulary.asked import Asked
from modeldex.vocabulary.normalize import Dropped
from modeldex.vocabulary.providers import providers
from modeldex.vocabulary.redaction import shown_path
from modeldex.vocabulary.values import ModelSpec


class OllamaSource:
    """Requests GET /api/tags from one server; `timeout`, in seconds, covers the whole response.

    The address is `base_url`, else OLLAMA_BASE_URL, else OLLAMA_HOST, else localhost:11434.
    `dropped` lists the models and values of the last response that could not be used; `installed`
    has what it states of each model, by name, with the windows that GET /api/ps has; `note` says as
    JSON which path answered.
    """

    name = "ollama"
    kind = "live"
    network = True

    def __init__(
        self,
        base_url: str | None = None,
        environ: Mapping[str, str] | None = None,
        timeout: float = 5.0,
    ) -> None:
        self.base_url = base_url
        self.environ = environ
        self.timeout = timeout
        self.dropped: list[Dropped] = []
        self.installed: dict[str, dict[str, object]] = {}
        self.note: str | None = None

    @property
    def asked(self) -> Asked | None:
        """At which address it asks; None for one that only this object was given."""
        if self.base_url is not None:
            return None
        environ = os.environ if self.environ is None else self.environ
        return asked(providers()[self.name], environ)

    @property
    def optional(self) -> bool:
        """True if no address is configured: at the default one a server may not be running."""
        return self.base_url is None and not ollama_server.configured(self.environ)

    async def discover(self) -> list[ModelSpec]:
        """Return every installed model under its served name. Raises SourceFailed."""
        server = ollama_server.server(self.environ, self.base_url)
        payload = await fetch_json(
            f"{server.url}/api/tags",
            source=self.name,
            headers=server.headers,
            deadline=self.timeout,
            cap=ollama.MAX_BYTES,
        )
        try:
            specs, self.dropped = ollama_list.specs(payload)
        except ValueError as error:
            raise SourceFailed(self.name, str(error)) from None
        loaded = await windows(server, self.name, self.timeout)
        self.installed.clear()
        self.installed.update(ollama_list.installed(payload, loaded, hosted=server.hosted))
        self.note = line({"answered": f"{shown_path(urlsplit(server.url).path)}/api/tags"})
        return specs
