"""The registry for callers without asyncio: scripts, notebooks, Django.

    from modeldex.sync import ModelRegistry

    with ModelRegistry() as registry:
        model = registry.find_best(requires_tools=True)

Every method runs that of `modeldex.ModelRegistry` on an event loop in a background thread and
waits for its result. So it also works where an event loop is running already, as in a notebook,
and from any number of threads.
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
        """Run a coroutine on the loop and wait for its result."""
        return asyncio.run_coroutine_threadsafe(work, self._running()).result()

    def _running(self) -> asyncio.AbstractEventLoop:
        with self._lock:
            if self._loop is None or self._thread is None or not self._thread.is_alive():
                # After a fork the child has the object but not the thread: start another.
                self._loop = asyncio.new_event_loop()
                self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
                self._thread.start()
            return self._loop

    def stop(self) -> None:
        """Stop the thread, if it runs; the next call of `run` starts another."""
        with self._lock:
            loop, self._loop = self._loop, None
            thread, self._thread = self._thread, None
        if loop is not None and thread is not None and thread.is_alive():
            asyncio.run_coroutine_threadsafe(loop.shutdown_default_executor(), loop).result()
            loop.call_soon_threadsafe(loop.stop)
            thread.join()
            loop.close()


def _blocking(method: Callable[..., Coroutine[Any, Any, T]]) -> Callable[..., T]:
    """A method that runs the coroutine method and waits for its result."""

    @wraps(method)
    def call(self: "ModelRegistry", *args: Any, **kwargs: Any) -> T:
        return self._loop.run(method(self._registry, *args, **kwargs))

    return call


class ModelRegistry:
    """As modeldex.ModelRegistry, but every method blocks until its result is there."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._registry = _async.ModelRegistry(*args, **kwargs)
        self._loop = _Loop()
        finalize(self, self._loop.stop)

    @property
    def path(self) -> object:
        """The path or PostgreSQL address of the catalog."""
        return self._registry.path

    def close(self) -> None:
        """Close the connections and stop the thread. A later use starts both again."""
        self._loop.run(self._registry.aclose())
        self._loop.stop()

    def __enter__(self) -> "ModelRegistry":
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()

    # Listed by name, so that editors and type checkers see them.
    acknowledge = _blocking(_async.ModelRegistry.acknowledge)
    changes = _blocking(_async.ModelRegistry.changes)
    costs = _blocking(_async.ModelRegistry.costs)
    count = _blocking(_async.ModelRegistry.count)
    drift = _blocking(_async.ModelRegistry.drift)
    expiring = _blocking(_async.ModelRegistry.expiring)
    explain = _blocking(_async.ModelRegistry.explain)
    explain_query = _blocking(_async.ModelRegistry.explain_query)
    find_best: Callable[..., Any] = _blocking(_async.ModelRegistry.find_best)
    find_model = _blocking(_async.ModelRegistry.find_model)
    frontier = _blocking(_async.ModelRegistry.frontier)
    get_models = _blocking(_async.ModelRegistry.get_models)
    history = _blocking(_async.ModelRegistry.history)
    import_measurements = _blocking(_async.ModelRegistry.import_measurements)
    load_shipped = _blocking(_async.ModelRegistry.load_shipped)
    query = _blocking(_async.ModelRegistry.query)
    record = _blocking(_async.ModelRegistry.record)
    record_many = _blocking(_async.ModelRegistry.record_many)
    refresh = _blocking(_async.ModelRegistry.refresh)
    suspicions = _blocking(_async.ModelRegistry.suspicions)
