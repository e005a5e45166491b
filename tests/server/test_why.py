"""What decided, and what a tier rests on, as HTTP, MCP's operation and the pages say it."""

from collections.abc import AsyncIterator
from html import unescape
from pathlib import Path
from typing import Any

import httpx
import pytest

from modeldex import ModelRegistry
from modeldex.server.app import application
from modeldex.server.auth import rules
from modeldex.server.operations import OPERATIONS
from modeldex.server.registry import ServedRegistry

ASKED = {"requires_tools": True, "known": True, "task": "coding"}


@pytest.fixture
async def served(shipped_catalog: Path) -> AsyncIterator[ServedRegistry]:
    """A server's registry over the shipped data."""
    async with ServedRegistry(db=shipped_catalog, environ={}) as registry:
        yield registry


@pytest.fixture
async def web(served: ServedRegistry) -> AsyncIterator[httpx.AsyncClient]:
    """Asks the whole application, without a network."""
    transport = httpx.ASGITransport(application(served, rules("127.0.0.1")))
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        yield client


async def test_the_best_says_why_if_asked(
    served: ServedRegistry, web: httpx.AsyncClient, shipped_catalog: Path
) -> None:
    """HTTP, the operation behind the MCP tool and the library say the same of the same question."""
    async with ModelRegistry(db=shipped_catalog, environ={}) as registry:
        choice = await registry.why(requires_tools=True, available=False, task="coding")
    assert choice is not None
    found: Any = await OPERATIONS["find_best"].call(served, {**ASKED, "why": True})
    answer = (await web.get("/best?requires_tools=1&known=1&task=coding&why=1")).json()
    assert answer["why"] == found.why.model_dump(mode="json")
    assert (answer["why"]["text"], answer["why"]["id"]) == (choice.text, answer["models"][0]["id"])
    assert choice.same_quality is not None
    assert answer["why"]["same_quality"]["id"] == choice.same_quality.id
    assert "why" not in (await web.get("/best?known=1")).json()


async def test_the_page_of_a_query_says_what_decided(web: httpx.AsyncClient) -> None:
    """The sentence stands above the models, and each model has the reason of its own rank."""
    explained = (await web.get("/explain_query?requires_tools=1&known=1")).json()
    page = unescape((await web.get("/?requires_tools=1&known=1&limit=5")).text)
    assert explained["choice"]["text"] in page
    assert explained["ranked"][1]["text"] in page


async def test_the_page_of_a_model_has_its_evidence(web: httpx.AsyncClient) -> None:
    """Base, tier and each score with day and licence, as `explain` has them."""
    quality = (await web.get("/explain/anthropic/claude-opus-5-5")).json()["quality"]
    page = unescape((await web.get("/m/anthropic/claude-opus-5-5")).text)
    assert quality["tier"]["text"] in page
    assert quality["siblings"]["cheapest"] in page
    assert len(quality["evidence"]) > 5
    assert all(f"<bdi>{each['suite']}</bdi>" in page for each in quality["evidence"])
    assert quality["attributions"][0] in page
