"""The registry that all code of one event loop shares."""

import asyncio
from weakref import WeakKeyDictionary

from modeldex.registry.registry import ModelRegistry
from modeldex.storage.sqlite.connection import catalog_path

_registries: WeakKeyDictionary[asyncio.AbstractEventLoop, ModelRegistry] = WeakKeyDictionary()


async def shared_registry() -> ModelRegistry:
    """The registry of the running event loop, on the default catalog; created at first use.

    It has no parameter, so that `Depends(shared_registry)` adds none to an operation of FastAPI.
    """
    loop = asyncio.get_running_loop()
    registry = _registries.get(loop)
    if registry is None or registry.path != catalog_path():
        registry = _registries[loop] = ModelRegistry()
    return registry


async def get_registry(*, force_refresh: bool = False) -> ModelRegistry:
    """The registry of `shared_registry`; with `force_refresh` it is refreshed first."""
    registry = await shared_registry()
    if force_refresh:
        await registry.refresh()
    return registry
