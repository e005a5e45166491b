"""One model is one JSON object, whoever is asked."""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from mcp import Client
from mcp.client.streamable_http import streamable_http_client

from checkout import DATA, ROOT
from command_line import run_command, small_catalog
from modeldex import ModelRegistry, ModelWithCapabilities
from modeldex.cli.program import COMMANDS
from modeldex.query.export import TABLES
from modeldex.storage.location import Place
from rich_models import RICH
from running_server import Serving

_JSON = re.compile(
    r"^== json\n\$ modeldex (\w+)([^\n]*) --json\n((?:[{\[\]][^\n]*\n)*)^\[exit [05]\]$",
    re.MULTILINE,
)
"""A command with --json in a golden file: its name, its options and its document."""


def by_command(catalog: Place, model: str) -> dict[str, Any]:
    """What each command says of a model."""
    told = {
        words: run_command(catalog, *words.split(), "--json").json
        for words in (f"show {model}", "best --known", "list --known", "export")
    }
    return {
        "show": told[f"show {model}"]["model"],
        "best": told["best --known"]["model"],
        "list": told["list --known"]["models"][0],
        "export": next(each for each in told["export"] if each["id"] == model),
    }


def without(model: Mapping[str, Any], key: str) -> dict[str, Any]:
    """A model but for one of its keys."""
    return {name: value for name, value in model.items() if name != key}


async def by_server(catalog: Place, model: str) -> dict[str, Any]:
    """What a server says of a model, over HTTP and to a client of MCP."""
    provider, _, name = model.partition("/")
    with Serving(catalog) as server:
        whole = server.request("/models?capabilities=1").json
        told = {
            "/best": server.request("/best").json["models"][0],
            "/query": server.request("/query").json["models"][0],
            "/models/": server.request(f"/models/{model}").json,
            "/models": next(each for each in whole if each["id"] == model),
        }
        async with Client(streamable_http_client(f"{server.url}/mcp")) as client:
            key = {"provider": provider, "name": name}
            found = await client.call_tool("find_model", {**key, "full": True})
            best = await client.call_tool("find_best", {"full": True})
    mcp = {"find_model": found.structured_content, "find_best": best.structured_content}
    return {**told, "find_model": mcp["find_model"], "find_best": mcp["find_best"]["models"][0]}


async def test_a_model_is_the_same_object_everywhere(new_place: Callable[[], Place]) -> None:
    """Commands, export, HTTP, MCP and the library's dump have equal keys and equal values."""
    catalog = small_catalog(new_place(), RICH)
    best = run_command(catalog, "best", "--known").out.strip()
    told = {**by_command(catalog, best), **await by_server(catalog, best)}
    # Only answers say of which day their facts are.
    told = {who: without(each, "facts_from") for who, each in told.items()}
    async with ModelRegistry(db=catalog, environ={}) as registry:
        model = await registry.find_model(best)
    assert model is not None
    dump = model.model_dump(mode="json")
    assert dump == told["show"]
    assert {who: each == dump for who, each in told.items()} == dict.fromkeys(told, True)
    assert len(dump["capabilities"]) > 3
    assert json.loads(model.model_dump_json()) == dump
    assert ModelWithCapabilities.model_validate(dump) == model
    assert ModelWithCapabilities.model_validate(model.model_dump()) == model


def documents() -> dict[str, list[str]]:
    """The documents among the reviewed answers with --json, by the name of their schema."""
    found: dict[str, list[str]] = {}
    for file in sorted((DATA / "golden" / "commands").rglob("*.txt")):
        for command, options, text in _JSON.findall(file.read_text("utf-8")):
            table = re.search(r"--table (\w+)", options)
            if command in COMMANDS and text.strip() and "characters in all" not in text:
                found.setdefault(command + (f"-{table[1]}" if table else ""), []).append(text)
    return found


DOCUMENTS = documents()


def schema(name: str) -> Any:
    """A published schema."""
    return json.loads((ROOT / "docs" / "schemas" / f"{name}.json").read_text("utf-8"))


def test_every_command_and_table_has_a_schema() -> None:
    """But the commands that print no document of their own."""
    files = {file.stem for file in (ROOT / "docs" / "schemas").iterdir()}
    tables = {f"export-{table}" for table in TABLES if table != "catalog"}
    own = {"shell", "serve", "mcp", "completion"}
    assert files == {*COMMANDS} - own | tables | {"model", "openapi"}
    assert {*COMMANDS} - own - {"providers"} <= {*DOCUMENTS}  # the file holds the begin of that one


@pytest.mark.parametrize("name", sorted(DOCUMENTS))
def test_what_a_command_prints_fits_its_schema(name: str) -> None:
    """Every whole document of a golden file is as docs/schemas says."""
    validator = Draft202012Validator(schema(name))
    found = [json.loads(text) for text in DOCUMENTS[name]]
    errors = [error for each in found for error in validator.iter_errors(each)]
    assert [f"{error.json_path}: {error.message}"[:300] for error in errors] == []
