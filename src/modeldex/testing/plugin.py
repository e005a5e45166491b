"""A pytest plugin: registries on copies of the shipped catalog, without keys and network.

    async def test_it_picks_a_model(modeldex_registry):
        assert await modeldex_registry.find_best(available=False, requires_tools=True)

`modeldex_registry` is a `modeldex.ModelRegistry`, `modeldex_sync_registry` one of `modeldex.sync`.
Both know no variable of the process; override fixture `modeldex_environ` to set some.
"""

# Loaded whenever pytest starts: the library is imported by the first test that has a fixture.
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from modeldex import ModelRegistry, sync

_OFFLINE = {"MODELDEX_FEEDS": "0"}


@pytest.fixture
def modeldex_environ() -> Mapping[str, str]:
    """The environment of the registries: no key, so that nothing counts as callable from here."""
    return {}


@pytest.fixture(scope="session")
def _modeldex_shipped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shipped catalog, made once; as it counts as refreshed, `get_models` stays offline."""
    from modeldex.sync import ModelRegistry

    path = tmp_path_factory.mktemp("modeldex") / "catalog.db"
    with ModelRegistry(db=path, environ=_OFFLINE) as registry:
        registry.refresh(only=["env"])
    return path


@pytest.fixture
def _modeldex_catalog(_modeldex_shipped: Path, tmp_path: Path) -> Path:
    """A copy that the test may change."""
    return shutil.copyfile(_modeldex_shipped, tmp_path / "modeldex-catalog.db")


@pytest.fixture
def modeldex_sync_registry(
    _modeldex_catalog: Path, modeldex_environ: Mapping[str, str]
) -> Iterator["sync.ModelRegistry"]:
    """A registry without asyncio on a copy of the shipped catalog in `tmp_path`."""
    from modeldex.sync import ModelRegistry

    with ModelRegistry(db=_modeldex_catalog, environ={**_OFFLINE, **modeldex_environ}) as registry:
        yield registry


@pytest.fixture
def modeldex_registry(
    _modeldex_catalog: Path, modeldex_environ: Mapping[str, str]
) -> Iterator["ModelRegistry"]:
    """A registry on a copy of the shipped catalog in `tmp_path`, for tests with asyncio."""
    import asyncio
    from threading import Thread

    from modeldex import ModelRegistry

    registry = ModelRegistry(db=_modeldex_catalog, environ={**_OFFLINE, **modeldex_environ})
    yield registry
    # In a thread of its own, whatever loop this one has.
    closing = Thread(target=lambda: asyncio.run(registry.aclose()))
    closing.start()
    closing.join()
