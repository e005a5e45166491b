"""`require`: the best model, or an exception that says which requirement is to blame."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from command_line import MODELS, small_catalog
from modeldex import ModelRegistry, NoMatch, Workload
from modeldex import sync as without_asyncio

KEYS = {"OPENAI_API_KEY": "sk-1"}


@pytest.fixture
def catalog(catalog_path: Path) -> Path:
    """The small catalog of the command line's tests."""
    return small_catalog(catalog_path, MODELS)


async def failure(catalog: Path, environ: Mapping[str, str], **criteria: Any) -> NoMatch:
    """What is raised where no model meets the criteria."""
    async with ModelRegistry(db=catalog, environ=environ) as registry:
        with pytest.raises(NoMatch) as raised:
            await registry.require(**criteria)
    return raised.value


async def test_it_returns_what_find_best_returns(catalog: Path) -> None:
    """The model, its remark and its order are those of find_best, with and without asyncio."""
    async with ModelRegistry(db=catalog, environ=KEYS) as registry:
        best = await registry.find_best(requires_tools=True)
        load = Workload(1_000, 100)
        cheapest = await registry.find_best(sort="cost", workload=load)
        assert await registry.require(requires_tools=True) == best
        assert await registry.require(sort="cost", workload=load) == cheapest
    with without_asyncio.ModelRegistry(db=catalog, environ=KEYS) as blocking:
        assert blocking.require(requires_tools=True) == best
        with pytest.raises(NoMatch):
            blocking.require(min_context=1_000_000)


async def test_it_names_the_requirement_to_relax_and_the_nearest_model(catalog: Path) -> None:
    """The message has both, the exception too, and the explanation is that of explain_query."""
    found = await failure(catalog, KEYS, requires_tools=True, min_context=1_000_000)
    assert (found.criterion, found.nearest) == ("min_context", "openai/flagship")
    assert str(found) == (
        "no model matches; without min_context 3 do; "
        "the nearest is openai/flagship: context 200,000 < 1,000,000"
    )
    async with ModelRegistry(db=catalog, environ=KEYS) as registry:
        asked = {"requires_tools": True, "min_context": 1_000_000}
        assert found.explanation == await registry.explain_query(**asked)


async def test_a_default_is_lifted_by_its_value(catalog: Path) -> None:
    """Without a key it is `available` that excludes, and the nearest says which key to set."""
    found = await failure(catalog, {}, provider="openai", requires_tools=True)
    assert found.criterion == "available"
    assert "with available=False 2 do" in str(found)
    assert str(found).endswith("not available: set OPENAI_API_KEY")


async def test_where_several_are_to_blame_it_names_the_strictest(catalog: Path) -> None:
    """No single requirement is named then; the message counts what each excludes."""
    found = await failure(catalog, {}, provider="opnai", min_context=9_000_000)
    assert (found.criterion, found.nearest) == (None, None)
    known = found.explanation.known
    assert f"provider opnai excludes {known} of {known}, context >= 9,000,000" in str(found)
