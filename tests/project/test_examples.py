"""The examples run as a reader would run them."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from checkout import ROOT
from command_line import environment, pasted

FOLDER = ROOT / "examples"
DEMO = FOLDER / "registry_demo.py"
OTHERS = sorted(set(FOLDER.glob("*.py")) - {DEMO})
NO_NETWORK = """
import os, runpy, sys
def hook(event, arguments):
    if event in ("socket.connect", "socket.getaddrinfo"):
        os.write(2, f"{event} {arguments}".encode())
        os._exit(66)
sys.addaudithook(hook)
runpy.run_path(sys.argv[1], run_name="__main__")
"""


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
