"""The table of operations as HTTP routes."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send

from modeldex.server import query_string
from modeldex.server.auth import Rules
from modeldex.server.errors import Fault
from modeldex.server.operations import OPERATIONS, Operation
from modeldex.server.parameters import Parameters, parsed, parsed_json
from modeldex.server.registry import ServedRegistry
from modeldex.server.response_cache import ResponseCache
from modeldex.server.responses import JSON, Reply


class Service(NamedTuple):
    """Objects shared by all routes: the registry, the access rules, the response cache."""

    registry: ServedRegistry
    rules: Rules
    cache: ResponseCache


class OperationEndpoint:
    """One operation as an ASGI application."""

    def __init__(self, service: Service, operation: Operation) -> None:
        self._service = service
        self._operation = operation

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if self._operation.writes:
            self._service.rules.check_writer(scope["headers"])
        if scope["method"] == "POST":
            given = parsed_json(self._operation.parameters, await body(scope, receive))
            reply = await self._run(given)
        else:
            reply = await self._parameters(scope)
        await reply.send(scope, send)

    async def _parameters(self, scope: Scope) -> Reply:
        operation = self._operation
        raw = query_string.given(operation.parameters, scope["query_string"], scope["path_params"])
        given = parsed(operation.parameters, raw)
        seconds = operation.cache_seconds(given)
        if not seconds:
            return await self._run(given)
        return await self._service.cache.get_or_make(
            scope, operation.path, lambda: self._run(given), seconds
        )

    async def _run(self, given: Parameters) -> Reply:
        answer = await self._operation.run_in_time(self._service.registry, given)
        return Reply(answer.model_dump_json().encode())


async def body(scope: Mapping[str, Any], receive: Receive) -> bytes:
    """Read the JSON body of a request; the middleware has bounded its size and time.

    Raises Fault for another content type, for a compressed body, and for a client that disconnects.
    """
    headers = dict(scope["headers"])
    if headers.get(b"content-encoding", b"identity").strip().lower() != b"identity":
        raise Fault(
            415, "unsupported_encoding", "send the body as it is, without Content-Encoding",
            None, {"accept-encoding": "identity"},
        )  # fmt: skip
    kind = headers.get(b"content-type", b"").partition(b";")[0].strip().lower()
    if kind != JSON.encode():
        raise Fault(415, "unsupported_media_type", f"the content type must be {JSON}")
    pieces = []
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Fault(400, "disconnected", "the client disconnected before the body was complete")
        pieces.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(pieces)


def routes(service: Service) -> Iterator[BaseRoute]:
    """Yield a route per operation."""
    for operation in OPERATIONS.values():
        endpoint = OperationEndpoint(service, operation)
        for path in (*operation.also, operation.path):
            yield Route(path, endpoint, methods=list(operation.methods))
