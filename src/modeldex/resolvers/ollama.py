"""What an Ollama server says of each of its models."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from modeldex.claims import claim
from modeldex.errors import SourceFailed
from modeldex.fields import BY_NAME
from modeldex.http import fetch_json, open_client
from modeldex.listings import ollama
from modeldex.refusals import NoAnswer
from modeldex.values import ModelCapabilities, ModelSpec

if TYPE_CHECKING:
    from modeldex.http import Client

Answer = Mapping[str, object] | SourceFailed | None


class OllamaCapabilityResolver:
    """Asks POST /api/show, `concurrency` models at a time, `timeout` seconds for each.

    The server is found as by OllamaSource. `failures` names the models that the last
    `resolve_many` could not ask about, and why. A server that falls silent is asked no further.
    """

    name = "ollama"
    network = True
    live_only = True

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

    @property
    def optional(self) -> bool:
        """Nobody said where the server is, so it may well not be running."""
        return self.base_url is None and not ollama.configured(self.environ)

    async def get_capabilities(self, spec: ModelSpec) -> ModelCapabilities:
        """The server's word on one model; empty for models of other providers."""
        [answer] = await self.resolve_many([spec])
        clean = claim(spec.id, answer).values
        return ModelCapabilities.model_validate(
            {field: BY_NAME[field].restore(value) for field, value in clean.items()}
        )

    async def resolve_many(self, specs: Sequence[ModelSpec]) -> list[Answer]:
        """Per spec: field values, None for another provider's model, or why there is no answer.

        Raises SourceFailed when not one model could be asked about with success; its kind
        NoAnswer when the server was not reached or fell silent.
        """
        mine = {at: s.name for at, s in enumerate(specs) if s.provider == ollama.PROVIDER}
        answers: list[Answer] = [None] * len(specs)
        for at in mine:
            answers[at] = SourceFailed(self.name, "not asked: the server had fallen silent")
        if mine:
            await self._ask(mine, answers)
        faults = {at: a for at, a in enumerate(answers) if isinstance(a, SourceFailed)}
        self.failures = [f"{mine[at]}: {fault.reason}" for at, fault in faults.items()]
        if faults and len(faults) == len(mine):
            silent = [fault for fault in faults.values() if isinstance(fault, NoAnswer)]
            worst = [*silent, *faults.values()][0]
            failed = (NoAnswer if silent else SourceFailed)(self.name, self.failures[0])
            failed.problem, failed.retry_at = worst.problem, worst.retry_at
            raise failed
        return answers

    async def _ask(self, mine: Mapping[int, str], answers: list[Answer]) -> None:
        todo = iter(mine.items())
        async with open_client(self.name) as client, asyncio.TaskGroup() as workers:
            for _ in range(min(self.concurrency, len(mine))):
                workers.create_task(self._work(client, todo, answers))

    async def _work(
        self, client: "Client", todo: Iterator[tuple[int, str]], answers: list[Answer]
    ) -> None:
        for at, name in todo:
            try:
                answers[at] = await self._show(client, name)
            except SourceFailed as error:
                answers[at] = error
                if isinstance(error, NoAnswer):
                    return

    async def _show(self, client: "Client", name: str) -> dict[str, object]:
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
