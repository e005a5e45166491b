"""The registry for callers without asyncio: scripts, notebooks, Django.

    from modeldex.sync import ModelRegistry

    with ModelRegistry() as registry:
        model = registry.find_best(requires_tools=True)

Every method runs that of `modeldex.ModelRegistry` on an event loop in a background thread and
waits for its result. So it also works where an event loop is running already, as in a notebook,
and from any number of threads.
"""

import asyncio
import os
import threading
from collections.abc import Callable, Coroutine, Mapping, Sequence
from functools import update_wrapper
from typing import Any, Concatenate, ParamSpec, TypeVar, Unpack, overload
from weakref import finalize

from modeldex import registry as _async
from modeldex.resolvers import CapabilityResolver
from modeldex.sources import ModelSource
from modeldex.storage.location import Place, Postgres
from modeldex.vocabulary.model_query import Criteria
from modeldex.vocabulary.orders import Distinct, Sort
from modeldex.vocabulary.timestamps import When
from modeldex.vocabulary.values import ModelWithCapabilities
from modeldex.vocabulary.workloads import Workload

P = ParamSpec("P")
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


def _blocking(
    method: Callable[Concatenate[_async.ModelRegistry, P], Coroutine[Any, Any, T]],
) -> Callable[Concatenate["ModelRegistry", P], T]:
    """A method that runs the coroutine method and waits for its result."""

    def call(self: "ModelRegistry", /, *args: P.args, **kwargs: P.kwargs) -> T:
        return self._loop.run(method(self._registry, *args, **kwargs))

    update_wrapper(call, method)
    return call


class ModelRegistry:
    """As modeldex.ModelRegistry, but every method blocks until its result is there."""

    def __init__(
        self,
        sources: Sequence[ModelSource] | None = None,
        resolvers: Sequence[CapabilityResolver] | None = None,
        *,
        db: str | os.PathLike[str] | Postgres | None = None,
        environ: Mapping[str, str] | None = None,
    ) -> None:
        self._registry = _async.ModelRegistry(sources, resolvers, db=db, environ=environ)
        self._loop = _Loop()
        finalize(self, self._loop.stop)

    @property
    def path(self) -> Place:
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

    @overload
    def find_best(
        self,
        *,
        n: None = None,
        distinct: Distinct | None = None,
        sort: Sort = "quality",
        same_model: bool = False,
        workload: Workload | None = None,
        as_of: When | None = None,
        **criteria: Unpack[Criteria],
    ) -> ModelWithCapabilities | None: ...
    @overload
    def find_best(
        self, *, n: int, distinct: Distinct | None = None, sort: Sort = "quality",
        same_model: bool = False, workload: Workload | None = None, as_of: When | None = None,
        **criteria: Unpack[Criteria],
    ) -> list[ModelWithCapabilities]: ...  # fmt: skip

    def find_best(self, **criteria: Any) -> Any:
        """As that of modeldex.ModelRegistry."""
        return self._loop.run(self._registry.find_best(**criteria))

    # Listed by name, so that editors and type checkers see them.
    acknowledge = _blocking(_async.ModelRegistry.acknowledge)
    bases = _blocking(_async.ModelRegistry.bases)
    benchmarks = _blocking(_async.ModelRegistry.benchmarks)
    changes = _blocking(_async.ModelRegistry.changes)
    costs = _blocking(_async.ModelRegistry.costs)
    count = _blocking(_async.ModelRegistry.count)
    drift = _blocking(_async.ModelRegistry.drift)
    expiring = _blocking(_async.ModelRegistry.expiring)
    explain = _blocking(_async.ModelRegistry.explain)
    explain_query = _blocking(_async.ModelRegistry.explain_query)
    find_model = _blocking(_async.ModelRegistry.find_model)
    frontier = _blocking(_async.ModelRegistry.frontier)
    get_models = _blocking(_async.ModelRegistry.get_models)
    history = _blocking(_async.ModelRegistry.history)
    import_benchmarks = _blocking(_async.ModelRegistry.import_benchmarks)
    import_measurements = _blocking(_async.ModelRegistry.import_measurements)
    load_shipped = _blocking(_async.ModelRegistry.load_shipped)
    offers = _blocking(_async.ModelRegistry.offers)
    query = _blocking(_async.ModelRegistry.query)
    record = _blocking(_async.ModelRegistry.record)
    record_many = _blocking(_async.ModelRegistry.record_many)
    refresh = _blocking(_async.ModelRegistry.refresh)
    require = _blocking(_async.ModelRegistry.require)
    scored_bases = _blocking(_async.ModelRegistry.scored_bases)
    search = _blocking(_async.ModelRegistry.search)
    suspicions = _blocking(_async.ModelRegistry.suspicions)
    why = _blocking(_async.ModelRegistry.why)
