"""What an Ollama server says of each of its models."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from modeldex.claims import claim
from modeldex.errors import SourceFailed
from modeldex.fields import BY_NAME
from modeldex.http import NoAnswer, fetch_json, open_client
from modeldex.listings import ollama
from modeldex.values import ModelCapabilities, ModelSpec

if TYPE_CHECKING:
    import httpx

Answer = Mapping[str, object] | None


class OllamaCapabilityResolver:
    """Asks POST /api/show, `concurrency` models at a time, `timeout` seconds for each.

    The server is found as by OllamaSource. `failures` names the models that the last
    `resolve_many` has no answer for, and why. A server that falls silent is asked no further.
    """

    name = "ollama"
    network = True

    def __init__(
        self,
        base_url: str | None = None,
        environ: Mapping[str, str] | None = None,
        timeout: float = 5.0,
        concurrency: int = 4,
    ) -> None:
        self.base_url = base_url
        self.environ = environ
        self.timeout = timeout
        self.concurrency = concurrency
        self.failures: list[str] = []

    async def get_capabilities(self, spec: ModelSpec) -> ModelCapabilities:
        """The server's word on one model; empty for models of other providers."""
        [answer] = await self.resolve_many([spec])
        clean = claim(spec.id, answer).values
        return ModelCapabilities.model_validate(
            {field: BY_NAME[field].restore(value) for field, value in clean.items()}
        )

    async def resolve_many(self, specs: Sequence[ModelSpec]) -> list[Answer]:
        """One mapping of field values per spec, None where there is no answer.

        Raises SourceFailed when not one model could be asked about with success.
        """
        self.failures = []
        answers: list[Answer] = [None] * len(specs)
        mine = [at for at, spec in enumerate(specs) if spec.provider == ollama.PROVIDER]
        if not mine:
            return answers
        todo = iter([(at, specs[at].name) for at in mine])
        async with open_client(self.name) as client, asyncio.TaskGroup() as workers:
            for _ in range(min(self.concurrency, len(mine))):
                workers.create_task(self._work(client, todo, answers))
        self.failures += [f"{name}: not asked, the server fell silent" for _, name in todo]
        if len(self.failures) == len(mine):
            raise SourceFailed(self.name, self.failures[0])
        return answers

    async def _work(
        self, client: "httpx.AsyncClient", todo: Iterator[tuple[int, str]], answers: list[Answer]
    ) -> None:
        for at, name in todo:
            try:
                answers[at] = await self._show(client, name)
            except SourceFailed as error:
                self.failures.append(f"{name}: {error.reason}")
                if isinstance(error, NoAnswer):
                    return

    async def _show(self, client: "httpx.AsyncClient", name: str) -> dict[str, object]:
        server = ollama.server(self.environ, self.base_url)
        answer = await fetch_json(
            f"{server.url}/api/show",
            source=self.name,
            method="POST",
            body={"model": name},
            headers=server.headers,
            deadline=self.timeout,
            cap=ollama.MAX_BYTES,
            client=client,
        )
        try:
            return ollama.capabilities(name, answer, hosted=server.hosted)
        except ValueError:
            raise SourceFailed(self.name, "the answer is no object") from None
