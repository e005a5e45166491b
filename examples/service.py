"""A FastAPI service that chooses models: uvicorn --app-dir examples service:app.

`shared_registry` is the dependency: it has no parameters that an operation would show.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any

from fastapi import Depends, FastAPI, HTTPException

from modeldex import ModelRegistry, ModelWithCapabilities, NoMatch, shared_registry

Registry = Annotated[ModelRegistry, Depends(shared_registry)]


@asynccontextmanager
async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
    """Close the registry when the service stops."""
    yield
    await (await shared_registry()).aclose()


app = FastAPI(lifespan=lifespan)


@app.get("/choose")
async def choose(
    registry: Registry, min_context: str = "8k", *, tools: bool = False
) -> ModelWithCapabilities:
    """The best model, or 404 with the requirement to relax."""
    try:
        return await registry.require(
            requires_tools=tools, min_context=min_context, available=False
        )
    except NoMatch as error:
        raise HTTPException(404, str(error)) from None


@app.post("/cost/{model_id:path}")
async def cost(registry: Registry, model_id: str, usage: dict[str, Any]) -> dict[str, Any]:
    """What a response cost, by the usage that its API reported."""
    model = await registry.find_model(model_id)
    if model is None:
        raise HTTPException(404, f"no model {model_id}")
    found = model.cost_of(usage)
    return {"model": model.id, "usd": found.usd, "unknown": found.unknown}
