"""The registry as a dependency of FastAPI."""

import inspect
from pathlib import Path
from typing import Annotated

import pytest

from modeldex import ModelRegistry, get_registry, shared_registry


def test_the_dependency_has_no_parameters() -> None:
    """FastAPI would make each a query parameter of the operation."""
    assert not inspect.signature(shared_registry).parameters


async def test_it_is_the_registry_of_the_loop(
    shipped_catalog: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever asks in one event loop gets the same registry, by either function."""
    monkeypatch.setenv("MODELDEX_DB", str(shipped_catalog))
    registry = await shared_registry()
    assert await shared_registry() is registry
    assert await get_registry() is registry
    await registry.aclose()


async def test_an_operation_shows_only_its_own_parameters(
    shipped_catalog: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An operation that depends on it answers, and its schema has no parameter but its own."""
    fastapi = pytest.importorskip("fastapi")
    httpx = pytest.importorskip("httpx")
    monkeypatch.setenv("MODELDEX_DB", str(shipped_catalog))
    app = fastapi.FastAPI()

    @app.get("/best")
    async def best(
        registry: Annotated[ModelRegistry, fastapi.Depends(shared_registry)], tools: bool = True
    ) -> str:
        return (await registry.require(requires_tools=tools, available=False)).id

    [parameter] = app.openapi()["paths"]["/best"]["get"]["parameters"]
    assert parameter["name"] == "tools"
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        answer = await client.get("/best")
    assert "/" in answer.json()
    await (await shared_registry()).aclose()
