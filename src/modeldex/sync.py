"""The registry for callers without asyncio: scripts, notebooks, Django.

    from modeldex.sync import ModelRegistry

    with ModelRegistry() as registry:
        model = registry.find_best(requires_tools=True)

Every method is that of `modeldex.ModelRegistry`, run to its end on an event loop in a thread of
its own; so it may also be called where a loop is running already, as notebooks have one.
Usable from any number of threads.
"""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from functools import wraps
from typing import Any, TypeVar
from weakref import finalize

from modeldex import registry as _async

T = TypeVar("T")


class _Loop:
    """An event loop in a daemon thread, started at first use."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """The result of some work, awaited from outside."""
        return asyncio.run_coroutine_threadsafe(work, self._running()).result()

    def _running(self) -> asyncio.AbstractEventLoop:
        with self._lock:
            if self._loop is None or self._thread is None or not self._thread.is_alive():
                self._loop = asyncio.new_event_loop()  # a thread does not live through a fork
                self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
                self._thread.start()
            return self._loop

    def stop(self) -> None:
        """End the thread, if it ever ran; the next work starts another."""
        with self._lock:
            loop, self._loop = self._loop, None
            thread, self._thread = self._thread, None
        if loop is not None and thread is not None and thread.is_alive():
            asyncio.run_coroutine_threadsafe(loop.shutdown_default_executor(), loop).result()
            loop.call_soon_threadsafe(loop.stop)
            thread.join()
            loop.close()


def _waiting(method: Callable[..., Coroutine[Any, Any, T]]) -> Callable[..., T]:
    """A method that waits for the one of the same name."""

    @wraps(method)
    def call(self: "ModelRegistry", *args: Any, **kwargs: Any) -> T:
        return self._loop.run(method(self._registry, *args, **kwargs))

    return call


class ModelRegistry:
    """As modeldex.ModelRegistry, but every method waits for its result."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._registry = _async.ModelRegistry(*args, **kwargs)
        self._loop = _Loop()
        finalize(self, self._loop.stop)

    @property
    def path(self) -> object:
        """Where the catalog is."""
        return self._registry.path

    def close(self) -> None:
        """Close the connections and end the thread. The registry may be used again."""
        self._loop.run(self._registry.aclose())
        self._loop.stop()

    def __enter__(self) -> "ModelRegistry":
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()

    # Every method of the other one, by its name.
    acknowledge = _waiting(_async.ModelRegistry.acknowledge)
    changes = _waiting(_async.ModelRegistry.changes)
    costs = _waiting(_async.ModelRegistry.costs)
    count = _waiting(_async.ModelRegistry.count)
    drift = _waiting(_async.ModelRegistry.drift)
    expiring = _waiting(_async.ModelRegistry.expiring)
    explain = _waiting(_async.ModelRegistry.explain)
    explain_query = _waiting(_async.ModelRegistry.explain_query)
    find_best: Callable[..., Any] = _waiting(_async.ModelRegistry.find_best)
    find_model = _waiting(_async.ModelRegistry.find_model)
    frontier = _waiting(_async.ModelRegistry.frontier)
    get_models = _waiting(_async.ModelRegistry.get_models)
    history = _waiting(_async.ModelRegistry.history)
    import_measurements = _waiting(_async.ModelRegistry.import_measurements)
    load_shipped = _waiting(_async.ModelRegistry.load_shipped)
    query = _waiting(_async.ModelRegistry.query)
    record = _waiting(_async.ModelRegistry.record)
    record_many = _waiting(_async.ModelRegistry.record_many)
    refresh = _waiting(_async.ModelRegistry.refresh)
    suspicions = _waiting(_async.ModelRegistry.suspicions)
