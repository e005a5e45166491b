"""The response cache: encoded responses, valid until the catalog changes or the day ends."""

import asyncio
import math
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, NamedTuple

from modeldex.errors import CatalogError
from modeldex.server.registry import ServedRegistry
from modeldex.server.responses import Reply
from modeldex.vocabulary import clock

_MAX_ENTRIES = 4096
_MAX_BYTES = 128 * 1024 * 1024
_MAX_KEY_LENGTH = 2048
"""Limits of memory: entries, bytes of all bodies, and bytes of one path and query string."""

CacheKey = tuple[str, bytes]
"""Path and query string, as received."""


class CachedResponse(NamedTuple):
    """A cached response, the catalog's revision it belongs to, and its route.

    `until` is when it expires whatever the revision, by the monotonic clock.
    """

    reply: Reply
    revision: str
    route: str
    until: float


class ResponseCache:
    """The most recently used responses, each valid for one revision of the catalog.

    Concurrent identical requests share one computation.
    """

    def __init__(self, registry: ServedRegistry) -> None:
        self._registry = registry
        self._entries: OrderedDict[CacheKey, CachedResponse] = OrderedDict()
        self._bytes = 0
        self._pending: dict[tuple[CacheKey, str], asyncio.Task[Reply]] = {}

    async def get(self, scope: Mapping[str, Any]) -> CachedResponse | None:
        """Return the cached response to this request if it is still valid."""
        key = (scope["path"], scope["query_string"])
        answer = self._entries.get(key)
        if answer is None or answer.until < clock.steady():
            return None
        if answer.revision != await self._revision():
            return None
        self._entries.move_to_end(key)
        return answer

    async def _revision(self) -> str | None:
        try:
            return await self._registry.revision()
        except CatalogError:  # the handler will meet it again and report it
            return None

    async def get_or_make(
        self,
        scope: Mapping[str, Any],
        route: str,
        make: Callable[[], Awaitable[Reply]],
        seconds: float = math.inf,
    ) -> Reply:
        """Return the response to a cacheable request, computed once for concurrent requests.

        It is cached for `seconds` at most.
        """
        key = (scope["path"], scope["query_string"])
        revision = await self._revision()
        if revision is None or len(key[0]) + len(key[1]) > _MAX_KEY_LENGTH:
            return await make()
        pending = self._pending.get((key, revision))
        if pending is None:
            until = clock.steady() + seconds
            pending = asyncio.ensure_future(make())
            self._pending[key, revision] = pending
            pending.add_done_callback(lambda done: self._store(key, revision, route, until, done))
        # A client that disconnects must not cancel the computation others wait for.
        return await asyncio.shield(pending)

    def _store(
        self, key: CacheKey, revision: str, route: str, until: float, done: "asyncio.Task[Reply]"
    ) -> None:
        del self._pending[key, revision]
        if done.cancelled() or done.exception() is not None:
            return
        self._forget(key)
        reply = done.result()
        # Twice the body: a compressed copy may be added later. One entry takes half at most.
        if 2 * reply.size <= _MAX_BYTES // 2:
            self._entries[key] = CachedResponse(reply, revision, route, until)
            self._bytes += 2 * len(reply.body)
        while len(self._entries) > _MAX_ENTRIES or self._bytes > _MAX_BYTES:
            self._forget(next(iter(self._entries)))

    def _forget(self, key: CacheKey) -> None:
        if (old := self._entries.pop(key, None)) is not None:
            self._bytes -= 2 * len(old.reply.body)
