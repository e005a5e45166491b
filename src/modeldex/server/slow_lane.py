"""The slow lane: readers of their own for reads that take long, shared fairly among callers."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Generic, Protocol, TypeVar

from modeldex.server.callers import CALLER, RETRY
from modeldex.server.errors import Fault
from modeldex.server.limits import Limits


class Closing(Protocol):
    """What a lane must be able to do with a reader."""

    async def close(self) -> None:
        """Close its connections."""


R = TypeVar("R", bound=Closing)


class SlowLane(Generic[R]):
    """A few readers, and how many reads each has, and each caller."""

    def __init__(self, make: Callable[[], R], limits: Limits) -> None:
        self._readers = [make() for _ in range(limits.slow_readers)]
        self._limits = limits
        self._by_reader: Counter[int] = Counter()
        self._by_caller: Counter[object] = Counter()

    @contextmanager
    def entered(self) -> Iterator[R]:
        """Yield the reader with the fewest reads. Raises Fault: 429 or 503 if there are too many.

        A reader runs one read after another.
        """
        caller = CALLER.get()
        if self._by_caller[caller] >= self._limits.slow_reads_per_caller:
            reason = "too many long questions from this address; wait for their answers"
            raise Fault(429, "too_many_questions", reason, None, RETRY)
        if self._by_caller.total() >= self._limits.slow_reads:
            raise Fault(503, "overloaded", "too many long questions; try again", None, RETRY)
        chosen = min(range(len(self._readers)), key=self._by_reader.__getitem__)
        self._by_reader[chosen] += 1
        self._by_caller[caller] += 1
        try:
            yield self._readers[chosen]
        finally:
            self._by_reader[chosen] -= 1
            self._by_caller[caller] -= 1
            if not self._by_caller[caller]:
                del self._by_caller[caller]

    async def close(self) -> None:
        """Close all connections; the next read opens others."""
        for reader in self._readers:
            await reader.close()
