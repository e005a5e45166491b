"""The models installed on an Ollama server."""

from collections.abc import Mapping

from modeldex.claims import Dropped
from modeldex.errors import SourceFailed
from modeldex.http import fetch_json
from modeldex.listings import ollama
from modeldex.values import ModelSpec


class OllamaSource:
    """Asks GET /api/tags of one server; `timeout` (seconds) covers the whole answer.

    The server is `base_url`, else OLLAMA_BASE_URL, else OLLAMA_HOST, else localhost:11434.
    `dropped` names what could not be read in the last answer.
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

    @property
    def optional(self) -> bool:
        """Nobody said where the server is, so it may well not be running."""
        return self.base_url is None and not ollama.configured(self.environ)

    async def discover(self) -> list[ModelSpec]:
        """Every installed model, named as served; SourceFailed when the server cannot tell."""
        server = ollama.server(self.environ, self.base_url)
        answer = await fetch_json(
            f"{server.url}/api/tags",
            source=self.name,
            headers=server.headers,
            deadline=self.timeout,
            cap=ollama.MAX_BYTES,
        )
        try:
            specs, self.dropped = ollama.specs(answer)
        except ValueError as error:
            raise SourceFailed(self.name, str(error)) from None
        return specs
