"""What the documentation says runs."""

import asyncio
import os
import re
import sqlite3
import subprocess
from pathlib import Path

import pytest

from checkout import ROOT
from command_line import pasted, piped
from modeldex.resolvers.listing import OpenAICapabilityResolver
from modeldex.resolvers.ollama import OllamaListResolver
from modeldex.resolvers.perf_lab import PerfLabResolver
from modeldex.resolvers.remote import RemoteResolver

pytestmark = pytest.mark.sqlite_only("snippets name files")

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
KEYS = ("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "GROQ_API_KEY", "GEMINI_API_KEY")


def blocks(language: str) -> list[object]:
    """The fenced blocks of one language, over all pages, named by page and line."""
    found: list[object] = []
    for page in PAGES:
        if (page.name, language) == ("sql.md", "sql"):  # test_sql_recipes.py has those
            continue
        text = page.read_text("utf-8")
        for match in re.finditer(rf"^```{language}\n(.*?)^```$", text, re.DOTALL | re.MULTILINE):
            line = text.count("\n", 0, match.start()) + 1
            found.append(pytest.param(match[1], id=f"{page.name}:{line}"))
    return found


def environment(catalog: Path) -> dict[str, str]:
    """Placeholder keys, a catalog that holds the shipped data."""
    return {**os.environ, "MODELDEX_DB": str(catalog), **dict.fromkeys(KEYS, "placeholder-key")}


@pytest.mark.parametrize("code", blocks("python"))
def test_a_python_snippet_runs(
    code: str, shipped_catalog: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A reader can paste it into a file and run it."""
    monkeypatch.chdir(tmp_path)
    done = pasted(code, env=environment(shipped_catalog))
    assert (done.code, done.err) == (0, "")
    assert done.out.strip() not in ("", "None")


@pytest.mark.parametrize("code", blocks("sql"))
def test_an_sql_snippet_runs_in_the_sqlite3_program(code: str, shipped_catalog: Path) -> None:
    """A reader can paste it into the shell; each SELECT finds something."""
    done = subprocess.run(
        ["sqlite3", "-bail", str(shipped_catalog)],
        input=code, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.count("\n") >= code.count("SELECT provider") + code.count("SELECT field")


@pytest.mark.parametrize("code", blocks("console"))
def test_a_command_line_snippet_runs(
    code: str, shipped_catalog: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each `$ modeldex` line is a command that works on the shipped data."""
    lines = [line[2:].split() for line in code.splitlines() if line.startswith("$ ")]
    asked = [words[words.index("modeldex") + 1 :] for words in lines if "modeldex" in words]
    asked += [
        words[i + 1 :] for words in lines for i, w in enumerate(words) if w.endswith("bin/modeldex")
    ]
    monkeypatch.chdir(tmp_path)
    codes = [
        piped(*words, env=environment(shipped_catalog)).code
        for words in asked
        if words[0] not in ("refresh", "status")
    ]
    assert codes == [0] * len(codes)
    assert lines != []


def test_the_override_example_is_understood(tmp_path: Path) -> None:
    """The YAML of the README is a valid override file with the facts it shows."""
    from modeldex import OverridesResolver, OverridesSource

    text = re.search(r"^```yaml\n(.*?)^```$", PAGES[0].read_text("utf-8"), re.DOTALL | re.MULTILINE)
    assert text is not None
    path = tmp_path / "overrides.yaml"
    path.write_text(text[1])
    (spec,) = asyncio.run(OverridesSource([path]).discover())
    known = asyncio.run(OverridesResolver([path]).get_capabilities(spec))
    assert (spec.id, known.max_context, known.supports_tools, known.input_cost_per_1m) == (
        "custom_proxy/llama-3-custom", 100000, True, 0.0,
    )  # fmt: skip


def test_the_precedence_table_of_the_readme_is_that_of_the_schema(shipped_catalog: Path) -> None:
    """The table names each default resolver with the precedence it has."""
    rows = re.findall(r"^\| ([\d, ]+) \| ([^|]+) \|", PAGES[0].read_text("utf-8"), re.MULTILINE)
    shown = {
        name: int(number)
        for numbers, names in rows
        for number, name in zip(numbers.split(","), re.findall("`([^`]+)`", names), strict=True)
    }
    connection = sqlite3.connect(shipped_catalog)
    stored = dict(connection.execute("SELECT name, precedence FROM resolvers").fetchall())
    connection.close()
    assert shown == {
        **stored,
        "openai_api": OpenAICapabilityResolver.precedence,
        "ollama_list": OllamaListResolver.precedence,
        "perf_json": PerfLabResolver.precedence,
        "remote:<name>": RemoteResolver.precedence,
    }
