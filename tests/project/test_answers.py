"""The answers that the shipped data gives to questions of developers, and what an expert accepts.

`pytest --update-golden` writes docs/answers.md anew. Facts of one day: the clock stands still.
"""

import re
import tomllib
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from checkout import DATA, ROOT
from command_line import run_command
from modeldex.vocabulary import clock

TODAY = "2026-11-30"
QUESTIONS: list[dict[str, Any]] = tomllib.loads((DATA / "answers.toml").read_text("utf-8"))[
    "questions"
]
PAGE = ROOT / "docs/answers.md"
HEAD = f"""# What it answers

What `modeldex best` says on {TODAY} with the data that comes with this version, if only these
variables are set and nothing was refreshed. A test asks each of them; what developers accept is in
`tests/data/answers.toml`.

| set | asked | answered |
|---|---|---|
"""
VALUES = {"GOOGLE_APPLICATION_CREDENTIALS": "{folder}/account.json"}


@pytest.fixture(autouse=True)
def _that_day(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    seconds = datetime.fromisoformat(f"{TODAY}T12:00:00Z").timestamp()
    monkeypatch.setattr(clock, "wall", lambda: seconds)
    account = '{"type": "service_account", "project_id": "ours"}'
    (tmp_path / "account.json").write_text(account)
    yield


def answer(catalog: Path, question: dict[str, Any]) -> str:
    """What is printed: the answers in one line, or why there is none."""
    folder = catalog.parent
    keys = {name: VALUES.get(name, "key").format(folder=folder) for name in question["keys"]}
    done = run_command(catalog, *question["ask"].split(), **keys)
    return " ".join((done.out or done.err).split())


@pytest.mark.sqlite_only("the same rows rank alike on a server")
def test_an_expert_accepts_every_answer(
    shipped_catalog: Path, request: pytest.FixtureRequest
) -> None:
    """Each is one of those that are right, and stands in the docs."""
    given = [answer(shipped_catalog, question) for question in QUESTIONS]
    wrong = {
        f"{' '.join(question['keys'])} {question['ask']}": found
        for question, found in zip(QUESTIONS, given, strict=True)
        if not is_right(question, found)
    }
    assert wrong == {}
    page = HEAD + "".join(map(row, QUESTIONS, given))
    if request.config.getoption("update_golden"):
        PAGE.write_text(page)
    assert PAGE.read_text() == page


def is_right(question: dict[str, Any], found: str) -> bool:
    """Whether an answer is one that an expert accepts."""
    if "none" in question:
        return re.search(question["none"], found) is not None
    return re.fullmatch(question["accept"], found) is not None


def row(question: dict[str, Any], found: str) -> str:
    """One line of the table."""
    said = "none, and why" if "none" in question else f"`{found}`"
    keys = " ".join(f"`{name}`" for name in question["keys"]) or "nothing"
    return f"| {keys} | `modeldex {question['ask']}` | {said} |\n"
