"""No socket on import and query; the first discovery stays on this machine."""

from pathlib import Path
from typing import Any

import pytest

from child_processes import ChildResult, run
from misbehaving_host import StandIn, ok

WATCH = """
import os, sys
touched = []
def hook(event, arguments):
    if event in ("socket.getaddrinfo", "socket.gethostbyname"):
        touched.append(str(arguments[0]))
    elif event in ("socket.connect", "socket.sendto", "socket.bind"):
        touched.append(str(arguments[1]))
    else:
        return
    if ARGS[1] == "refuse":
        os.write(2, f"{event} {touched[-1]}".encode())
        os._exit(66)
sys.addaudithook(hook)
os.environ["MODELDEX_DB"] = ARGS[0]
"""


def watched(path: Path, script: str, manner: str = "refuse", *, forked: bool = True) -> ChildResult:
    """Run a script that may touch no address, or, by another manner, says which it touched."""
    return run(WATCH + script, path, manner, forked=forked)


@pytest.mark.parametrize(
    "script",
    [
        "import modeldex; say([getattr(modeldex, name).__name__ for name in modeldex.__all__][0])",
        "import modeldex.cli; import modeldex.http.client; import modeldex.sources.ollama; say(0)",
    ],
)
def test_importing_opens_no_socket(script: str, catalog_path: Path) -> None:
    """Importing the package, every public name of it and the command line touches no address."""
    ended = watched(catalog_path, script, forked=False)
    assert (ended.code, ended.errors, len(ended.said)) == (0, "", 1)


QUESTIONS = """
import asyncio
from modeldex import ModelQuery, ModelRegistry, get_registry
async def main():
    registry = await get_registry()
    say(await registry.find_best(requires_tools=True, available=False) is not None)
    say(len(await registry.query(ModelQuery(available=False))) > 1000)
    say(await registry.find_model("google", "gemini-2.5-pro") is not None)
    say(await registry.count(ModelQuery(mode="any", available=False)) > 1000)
    say(await registry.find_best() is None)
    await registry.aclose()
asyncio.run(main())
"""


def test_questions_open_no_socket(shipped_catalog: Path) -> None:
    """find_best, query, find_model and count on a loaded catalog touch no address."""
    ended = watched(shipped_catalog, QUESTIONS)
    assert (ended.code, ended.errors, ended.said) == (0, "", [True] * 5)


def test_loading_the_shipped_data_opens_no_socket(shipped_catalog: Path) -> None:
    """load_shipped asks only what needs no network."""
    script = """
import asyncio
from modeldex import ModelRegistry
async def main():
    async with ModelRegistry() as registry:
        say((await registry.load_shipped()).status)
asyncio.run(main())
"""
    ended = watched(shipped_catalog, script)
    assert (ended.code, ended.errors, ended.said) == (0, "", ["ok"])


@pytest.mark.parametrize(
    "arguments",
    [["best", "--tools", "--known"], ["list", "--known"], ["show", "openai/gpt-4o"], ["status"]],
    ids=lambda arguments: arguments[0],
)
def test_the_command_line_reads_without_a_socket(
    arguments: list[str], shipped_catalog: Path
) -> None:
    """The reading commands touch no address."""
    script = f"""
sys.stdout = open(os.devnull, "w")
from modeldex.cli import main
sys.argv = ["modeldex", *{arguments!r}]
try:
    code = main()
except SystemExit as ended:
    code = ended.code
sys.stdout = sys.__stdout__
say(code or 0)
"""
    ended = watched(shipped_catalog, script)
    assert (ended.code, ended.errors, ended.said) == (0, "", [0])


DISCOVER = """
import asyncio
from modeldex import get_registry
async def main():
    registry = await get_registry()
    models = await registry.get_models()
    await registry.aclose()
    say(sorted({model.spec.id for model in models}))
asyncio.run(main())
say(sorted(set(touched)))
"""


def test_the_first_discovery_stays_on_this_machine(
    shipped_catalog: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """get_models on a catalog that was never refreshed asks the local Ollama and nobody else."""
    show: dict[str, Any] = {
        "model_info": {"general.architecture": "llama", "llama.context_length": 8192},
        "capabilities": ["completion", "tools"],
    }
    with StandIn({
        "/api/tags": ok({"models": [{"name": "mine:8b", "model": "mine:8b"}]}),
        "/api/show": ok(show),
    }) as server:  # fmt: skip
        monkeypatch.setenv("OLLAMA_HOST", server.url)
        ended = watched(shipped_catalog, DISCOVER, "tell")
    again = watched(shipped_catalog, DISCOVER, "tell")  # with nobody at that address any more
    assert ended.errors == ""
    models, touched = ended.said
    assert models == ["ollama/mine:8b"]
    assert touched
    assert [address for address in touched if "127.0.0.1" not in address] == []
    assert again.said == [["ollama/mine:8b"], []]


def test_a_discovery_without_a_server_stays_on_this_machine(shipped_catalog: Path) -> None:
    """Where nobody said where Ollama is, only this machine is asked, and its absence is no harm."""
    ended = watched(shipped_catalog, DISCOVER, "tell")
    _, touched = ended.said
    here = ("localhost", "'127.0.0.1'", "'::1'")
    assert ended.errors == ""
    assert touched
    assert [address for address in touched if not any(name in address for name in here)] == []
