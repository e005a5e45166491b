"""An executor whose threads do not hold the end of the process, unlike those of the library."""

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from queue import SimpleQueue
from typing import Any

from modeldex.refresh.isolation import contained

_MOST_THREADS = 16

_Call = tuple["Future[Any]", Callable[[], Any]]


class DaemonThreads(ThreadPoolExecutor):
    """Runs calls in at most 16 daemon threads; asyncio takes no other class of executors."""

    def __init__(self) -> None:
        super().__init__()
        self._calls: SimpleQueue[_Call | None] = SimpleQueue()
        self._started = 0

    def submit(self, function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Run the call in one of the threads."""
        future: Future[Any] = Future()
        self._calls.put((future, partial(function, *args, **kwargs)))
        if self._started < _MOST_THREADS:
            self._started += 1
            threading.Thread(target=self._work, daemon=True).start()
        return future

    def shutdown(self, *_args: Any, **_options: Any) -> None:
        """End the threads that are at rest, and the others after their call; waits for none."""
        for _ in range(self._started):
            self._calls.put(None)

    def _work(self) -> None:
        while (call := self._calls.get()) is not None:
            future, function = call
            if future.set_running_or_notify_cancel():
                _settle(future, function)


def _settle(future: Future[Any], function: Callable[[], Any]) -> None:
    with contained() as block:
        future.set_result(function())
    if block.raised is not None:
        future.set_exception(block.raised)
