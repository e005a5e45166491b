"""Resolver: the facts that an Ollama server states about its models."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from modeldex.errors import SourceFailed
from modeldex.http.client import fetch_json, open_client
from modeldex.http.failures import Unreachable
from modeldex.upstream import ollama_server
from modeldex.upstream.formats import ollama
from modeldex.upstream.ollama_running import windows
from modeldex.vocabulary.fields import BY_NAME
from modeldex.vocabulary.normalize import normalize_answer
from modeldex.vocabulary.values import ModelCapabilities, ModelSpec

if TYPE_CHECKING:
    from modeldex.http.client import Client

_Installed = Mapping[str, Mapping[str, object]]
_FROM_LISTS = ("target", "served_context")
"""What the server's lists say of a model and /api/show does not."""
_Result = Mapping[str, object] | SourceFailed | None


class OllamaCapabilityResolver:
    """Requests POST /api/show per model, `concurrency` at a time, `timeout` seconds each.

    Finds the server as OllamaSource does. `installed` is that of the source, which reads the
    server's lists; without it the windows that the server has allocated are requested here.
    `failures` lists the models that failed in the last `resolve_many`, with the reasons.
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
        installed: _Installed | None = None,
    ) -> None:
        self.base_url = base_url
        self.environ = environ
        self.timeout = timeout
        self.concurrency = concurrency
        self.installed = installed
        self.failures: list[str] = []

    @property
    def optional(self) -> bool:
        """True if no address is configured: at the default one a server may not be running."""
        return self.base_url is None and not ollama_server.configured(self.environ)

    async def get_capabilities(self, spec: ModelSpec) -> ModelCapabilities:
        """Return the server's facts about one model; empty for other providers' models."""
        [result] = await self.resolve_many([spec])
        return _capabilities(spec, result)

    async def resolve_many(self, specs: Sequence[ModelSpec]) -> list[_Result]:
        """Return per spec: field values, None for another provider's model, or its error.

        Raises SourceFailed if every request failed, as its subclass Unreachable if the server was
        unreachable or stopped responding.
        """
        names = {at: s.name for at, s in enumerate(specs) if s.provider == ollama.PROVIDER}
        results: list[_Result] = [None] * len(specs)
        # Workers overwrite this unless the server stops responding before their turn.
        for at in names:
            results[at] = SourceFailed(self.name, "not requested: the server stopped responding")
        if names:
            await self._request(names, results)
        faults = {at: r for at, r in enumerate(results) if isinstance(r, SourceFailed)}
        self.failures = [f"{names[at]}: {fault.reason}" for at, fault in faults.items()]
        if faults and len(faults) == len(names):
            silent = [fault for fault in faults.values() if isinstance(fault, Unreachable)]
            worst = [*silent, *faults.values()][0]
            failed = (Unreachable if silent else SourceFailed)(self.name, self.failures[0])
            failed.problem, failed.retry_at = worst.problem, worst.retry_at
            raise failed
        return results

    async def _request(self, names: Mapping[int, str], results: list[_Result]) -> None:
        todo = iter(names.items())
        if (known := self.installed) is None:
            server = ollama_server.server(self.environ, self.base_url)
            loaded = await windows(server, self.name, self.timeout)
            known = {name: {"served_context": window} for name, window in loaded.items()}
        async with open_client(self.name) as client, asyncio.TaskGroup() as workers:
            for _ in range(min(self.concurrency, len(names))):
                workers.create_task(self._work(client, todo, results, known))

    async def _work(
        self,
        client: "Client",
        todo: Iterator[tuple[int, str]],
        results: list[_Result],
        known: _Installed,
    ) -> None:
        for at, name in todo:
            try:
                results[at] = await self._show(client, name, known.get(name, {}))
            except SourceFailed as error:
                results[at] = error
                # More requests to a silent server would each wait for their full timeout.
                if isinstance(error, Unreachable):
                    return

    async def _show(
        self, client: "Client", name: str, listed: Mapping[str, object]
    ) -> dict[str, object]:
        server = ollama_server.server(self.environ, self.base_url)
        payload = await fetch_json(
            f"{server.url}/api/show",
            source=self.name,
            method="POST",
            body={"model": name},
            headers=server.headers,
            deadline=self.timeout,
            cap=ollama.MAX_BYTES,
            client=client,
        )
        rented = server.hosted or listed.get("price_basis") == "subscription"
        try:
            facts = ollama.capabilities(name, payload, rented=rented)
        except ValueError:
            raise SourceFailed(self.name, "the response is not a JSON object") from None
        return {**facts, **{field: listed[field] for field in _FROM_LISTS if field in listed}}


class OllamaListResolver:
    """What an Ollama server's lists state of its models, also where /api/show has no answer.

    `installed` is that of the OllamaSource, which has read them.
    """

    name = "ollama_list"
    source = "ollama"
    precedence = 405  # below /api/show, which says more
    network = True
    live_only = True
    optional = True

    def __init__(self, installed: _Installed) -> None:
        self.installed = installed

    async def get_capabilities(self, spec: ModelSpec) -> ModelCapabilities:
        """Return the facts in the lists about one model; empty for other providers' models.

        Raises Unreachable for a model that is in no list that could be read: what was stated stays.
        """
        if spec.provider != ollama.PROVIDER:
            return ModelCapabilities()
        if spec.name not in self.installed:
            raise Unreachable(self.name, "no list with this model was read")
        return _capabilities(spec, self.installed[spec.name])


def _capabilities(spec: ModelSpec, stated: object) -> ModelCapabilities:
    clean = normalize_answer(spec.id, stated).values
    return ModelCapabilities.model_validate(
        {field: BY_NAME[field].restore(value) for field, value in clean.items()}
    )
