"""Whose models a server answers for: those that it can call, or all known ones."""

import asyncio
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from mcp import Client, StdioServerParameters

from command_line import COMMAND, MODELS, environment, piped, small_catalog
from misbehaving_host import StandIn, ok
from modeldex.storage.location import Place
from running_server import Serving

pytestmark = pytest.mark.sqlite_only("the environment of a process, not what it reads")


@pytest.fixture
def host() -> Any:
    """A provider that lists one of the models of a data set, and one that no data set has."""
    rows = [{"id": name, "object": "model"} for name in ("flagship", "tuned")]
    with StandIn({"/v1/models": ok({"object": "list", "data": rows})}) as answering:
        yield answering


@pytest.fixture
def refreshed(new_catalog: Callable[[], Place], host: StandIn) -> tuple[Place, dict[str, str]]:
    """A catalog of a few models, read with a key, and the variables of that key."""
    place = small_catalog(new_catalog(), MODELS)
    keys = {
        "OPENAI_API_KEY": "a-key-of-mine", "OPENAI_BASE_URL": f"{host.url}/v1",
        "MODELDEX_FEEDS": "0",
    }  # fmt: skip
    done = piped("refresh", env=environment(MODELDEX_DB=str(place), **keys))
    assert (done.code, done.err) == (0, "")
    return place, keys


def ids(answer: Any) -> list[str]:
    """The ids of the models of an answer, sorted."""
    return sorted(model["id"] for model in answer["models"])


def test_a_server_with_a_key_answers_for_what_it_can_call(
    refreshed: tuple[Place, dict[str, str]],
) -> None:
    """On HTTP and the page; known=1 gives all, and the answer says which it is."""
    place, keys = refreshed
    with Serving(place, "--open-reads", env=keys, program=COMMAND) as server:
        own, every = (
            server.request("/query").json,
            server.request("/query?known=1").json,
        )
        best = server.request("/best?requires_tools=1").json
        page = server.request("/", headers={"accept": "text/html"}).body.decode()
    assert (own["scope"], ids(own)) == ("callable", ["openai/flagship", "openai/tuned"])
    assert (every["scope"], len(every["models"]) > len(own["models"])) == ("known", True)
    assert ids(best) == ["openai/flagship"]
    assert set(re.findall(r"/m/(openai|groq|mistral)/([a-z]+)\"", page)) == {
        ("openai", "flagship"), ("openai", "tuned"),
    }  # fmt: skip
    assert 'name="known"' in page


def test_a_server_without_keys_answers_for_all(refreshed: tuple[Place, dict[str, str]]) -> None:
    """As its callers have keys of their own."""
    with Serving(refreshed[0], "--open-reads", program=COMMAND) as server:
        found = server.request("/query").json
        page = server.request("/", headers={"accept": "text/html"}).body.decode()
    assert found["scope"] == "known"
    assert "openai/small" in ids(found)
    assert 'name="available"' in page


def test_a_tool_answers_for_what_its_server_can_call(
    refreshed: tuple[Place, dict[str, str]], tmp_path: Path
) -> None:
    """Over stdio, in the environment of the client that started it."""
    place, keys = refreshed

    async def ask() -> list[Any]:
        program, *words = COMMAND
        env = environment(MODELDEX_DB=str(place), **keys)
        parameters = StdioServerParameters(
            command=program, args=[*words, "mcp"], env=env, cwd=tmp_path
        )
        async with Client(parameters) as client:
            asked: list[dict[str, Any]] = [{}, {"known": True}]
            answers = [await client.call_tool("query", each) for each in asked]
        return [json.loads(answer.content[0].text) for answer in answers]  # type: ignore[union-attr]

    own, every = asyncio.run(ask())
    assert (own["scope"], ids(own)) == ("callable", ["openai/flagship", "openai/tuned"])
    assert every["scope"] == "known"
