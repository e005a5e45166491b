"""Answers that are still true: encoded once, sent again until somebody writes to the catalog."""

import asyncio
import math
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, NamedTuple

from modeldex import clock
from modeldex.errors import CatalogError
from modeldex.server.replies import Reply
from modeldex.server.served import ServedRegistry

_MOST = 4096
_MOST_BYTES = 128 * 1024 * 1024
_LARGEST_KEY = 2048

Key = tuple[str, bytes]
"""Path and query string, as they came."""


class Answer(NamedTuple):
    """A reply, of which revision of the catalog, and the route that gave it.

    `until` is when it is no longer true even so, by the monotonic clock.
    """

    reply: Reply
    revision: str
    route: str
    until: float


class Kept:
    """The answers that were given last, each until the catalog has another revision.

    Those who ask the same at once wait for one of them to be answered.
    """

    def __init__(self, registry: ServedRegistry) -> None:
        self._registry = registry
        self._answers: OrderedDict[Key, Answer] = OrderedDict()
        self._bytes = 0
        self._coming: dict[tuple[Key, str], asyncio.Task[Reply]] = {}

    async def answer(self, scope: Mapping[str, Any]) -> Answer | None:
        """What was answered to the same request, where it is still true."""
        key = (scope["path"], scope["query_string"])
        answer = self._answers.get(key)
        if answer is None or answer.until < clock.steady():
            return None
        if answer.revision != await self._revision():
            return None
        self._answers.move_to_end(key)
        return answer

    async def _revision(self) -> str | None:
        try:
            return await self._registry.revision()
        except CatalogError:  # whoever answers anew will say so
            return None

    async def reply(
        self,
        scope: Mapping[str, Any],
        route: str,
        make: Callable[[], Awaitable[Reply]],
        seconds: float = math.inf,
    ) -> Reply:
        """The reply to a request that is steady, made once for all who wait for it.

        It is kept for so many seconds at most.
        """
        key = (scope["path"], scope["query_string"])
        revision = await self._revision()
        if revision is None or len(key[0]) + len(key[1]) > _LARGEST_KEY:
            return await make()
        coming = self._coming.get((key, revision))
        if coming is None:
            until = clock.steady() + seconds
            coming = asyncio.ensure_future(make())
            self._coming[key, revision] = coming
            coming.add_done_callback(lambda done: self._arrived(key, revision, route, until, done))
        return await asyncio.shield(coming)

    def _arrived(
        self, key: Key, revision: str, route: str, until: float, done: "asyncio.Task[Reply]"
    ) -> None:
        del self._coming[key, revision]
        if done.cancelled() or done.exception() is not None:
            return
        self._forget(key)
        reply = done.result()
        # Compressed, it may double.
        if 2 * reply.size <= _MOST_BYTES // 2:
            self._answers[key] = Answer(reply, revision, route, until)
            self._bytes += 2 * len(reply.body)
        while len(self._answers) > _MOST or self._bytes > _MOST_BYTES:
            self._forget(next(iter(self._answers)))

    def _forget(self, key: Key) -> None:
        if (old := self._answers.pop(key, None)) is not None:
            self._bytes -= 2 * len(old.reply.body)
