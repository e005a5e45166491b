"""The examples run as a reader would run them."""

import re
import runpy
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from checkout import ROOT
from command_line import environment, pasted
from modeldex import shared_registry

FOLDER = ROOT / "examples"
DEMO = FOLDER / "registry_demo.py"
SERVICE, TESTS = FOLDER / "service.py", FOLDER / "test_choice.py"
OTHERS = sorted(set(FOLDER.glob("*.py")) - {DEMO, SERVICE, TESTS})
NO_NETWORK = """
import os, runpy, sys
def hook(event, arguments):
    if event in ("socket.connect", "socket.getaddrinfo"):
        os.write(2, f"{event} {arguments}".encode())
        os._exit(66)
sys.addaudithook(hook)
runpy.run_path(sys.argv[1], run_name="__main__")
"""
NO_NETWORK_IN_TESTS = NO_NETWORK.replace(
    'runpy.run_path(sys.argv[1], run_name="__main__")',
    "import pytest; sys.exit(pytest.main(sys.argv[1:]))",
)


@pytest.fixture
def output(
    shipped_catalog: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[Path], str]:
    """Gives what an example prints, offline, without keys; warnings are errors, no file stays."""

    def output(example: Path) -> str:
        folder = tmp_path / "empty"
        folder.mkdir()
        monkeypatch.chdir(folder)
        env = environment(MODELDEX_DB=str(shipped_catalog))
        done = pasted(NO_NETWORK, str(example), env=env)
        assert (done.code, done.err, list(folder.iterdir())) == (0, "", [])
        return done.out

    return output


@pytest.mark.parametrize("example", OTHERS, ids=lambda example: example.name)
def test_an_example_runs_offline(example: Path, output: Callable[[Path], str]) -> None:
    """It ends well without a network or a key, prints something, and leaves nothing behind."""
    assert output(example)


def test_the_demo_shows_what_it_promises(output: Callable[[Path], str]) -> None:
    """Discovery, the best, a query, a model by an alias, parts of its own, and nothing is left."""
    printed = output(DEMO)
    lines = dict(line.split(": ", 1) for line in printed.splitlines())
    assert re.match(r"[1-9]\d{3,} chat models", lines["known"])
    assert lines["best with vision and a large window at Anthropic"].startswith("anthropic/")
    assert lines["best for little money at OpenAI"].startswith("openai/")
    assert len(lines["three with tools and JSON mode"].split(", ")) == 3
    assert lines["by name"].startswith("gemini/gemini-2.5-pro, ")
    assert "our proxy has: openai/gpt-4o-mini, 128000 tokens, $0.15 / $0.6" in printed
    assert lines["our best with tools"].startswith("team_proxy/llama-tuned, 100000 tokens, $0.0")


async def test_the_service_answers(shipped_catalog: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It chooses a model, says why there is none, and what a response cost."""
    pytest.importorskip("fastapi")
    httpx = pytest.importorskip("httpx")
    monkeypatch.setenv("MODELDEX_DB", str(shipped_catalog))
    app = runpy.run_path(str(SERVICE))["app"]
    transport, usage = httpx.ASGITransport(app), {"prompt_tokens": 1_000, "completion_tokens": 100}
    async with httpx.AsyncClient(transport=transport, base_url="http://service") as client:
        chosen = await client.get("/choose", params={"tools": True, "min_context": "128k"})
        none = await client.get("/choose", params={"min_context": "900M"})
        cost = await client.post("/cost/openai/gpt-4o-mini", json=usage)
    assert chosen.json()["capabilities"]["supports_tools"] is True
    assert (none.status_code, "without min_context" in none.text) == (404, True)
    assert cost.json() == {"model": "openai/gpt-4o-mini", "usd": 0.00021, "unknown": []}
    await (await shared_registry()).aclose()


def test_the_tests_pass(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """They find the fixtures of the plugin, and pass without a network."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    plugins = ("-p", "modeldex.testing.plugin", "-p", "no:cacheprovider")
    shutil.copy(TESTS, tmp_path)  # away from the settings of the tests here
    done = pasted(NO_NETWORK_IN_TESTS, *plugins, str(tmp_path / TESTS.name))
    assert (done.code, "2 passed" in done.out) == (0, True), done.out + done.err
