"""Source: the models installed on an Ollama server."""

from collections.abc import Mapping

from modeldex.errors import SourceFailed
from modeldex.http.client import fetch_json
from modeldex.upstream.formats import ollama, ollama_list
from modeldex.upstream.ollama_running import windows
from modeldex.vocabulary.normalize import Dropped
from modeldex.vocabulary.values import ModelSpec


class OllamaSource:
    """Requests GET /api/tags from one server; `timeout`, in seconds, covers the whole response.

    The address is `base_url`, else OLLAMA_BASE_URL, else OLLAMA_HOST, else localhost:11434.
    `dropped` lists the models and values of the last response that could not be used; `installed`
    has what it states of each model, by name, with the windows that GET /api/ps has.
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

    @property
    def optional(self) -> bool:
        """True if no address is configured: at the default one a server may not be running."""
        return self.base_url is None and not ollama.configured(self.environ)

    async def discover(self) -> list[ModelSpec]:
        """Return every installed model under its served name. Raises SourceFailed."""
        server = ollama.server(self.environ, self.base_url)
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
        return specs
