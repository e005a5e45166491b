"""What every command, HTTP operation and MCP tool answers, beside what it was reviewed to answer.

An answer that is meant to change changes its golden file: pytest --update-golden
"""

import hashlib
import json
import re
import shlex
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import pytest

import golden_catalogs
import golden_commands
import golden_server
import modeldex
from command_line import environment, on_terminal
from fixed_time import MOMENT, START
from golden import FOLDER, check
from modeldex.cli.program import COMMANDS
from modeldex.server.mcp_tools import TOOLS
from modeldex.server.operations import OPERATIONS
from running_server import Serving

MADE = {"small": golden_catalogs.small, "shipped": golden_catalogs.shipped}
LINES = {"small": golden_commands.SMALL, "shipped": golden_commands.SHIPPED}
REQUESTS = {"small": golden_server.SMALL, "shipped": golden_server.SHIPPED}
SCREENS = {"terminal": 80, "terminal of 120 columns": 120}
WAYS = ("piped", "json", *SCREENS)
"""How a command is run: with its output in a pipe, with --json, on a screen."""

PROGRAM = [sys.executable, "-m", "fixed_time"]

_LONGEST = 12_000
_TIME = re.compile(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:00)")
_DURATION = re.compile(r'("[a-z_]*(?:_ms|seconds)": ?)[\d.]+')
_SIZE = re.compile(r"(\bbytes\t|\"bytes\": |schema \d+, )[\d.]+")
_MINUTE = re.compile(r"\b\d+ \* \* \* \*")
_VARIABLES = {"TERM": "dumb", "LINES": "50", "PYTHONIOENCODING": "utf-8"}


@pytest.fixture(params=MADE)
def catalog(request: pytest.FixtureRequest) -> str:
    """The name of a catalog."""
    return str(request.param)


@pytest.fixture
def folder(catalog: str) -> Iterator[Path]:
    """A folder with that catalog, `original.db`; its path is as long on every run."""
    with tempfile.TemporaryDirectory(prefix="golden-") as made:
        place = Path(made)
        MADE[catalog](place / "original.db")
        yield place


@pytest.fixture
def update(request: pytest.FixtureRequest) -> bool:
    """Whether golden files are to be written anew."""
    return bool(request.config.getoption("update_golden"))


def same(text: str, folder: Path) -> str:
    """A text without what differs from one run to the next; of a long one the beginning."""
    text = text.replace(str(folder), "/folder").replace(modeldex.__version__, "<version>")
    text = text.replace(f"{Path(sys.executable).parent}/", "/bin/")
    text = _SIZE.sub(r"\g<1>10", text)
    text = _MINUTE.sub("7 * * * *", text)
    text = text.replace(f"is {sqlite3.sqlite_version}", "is <version>")
    text = _DURATION.sub(r"\g<1>0", _TIME.sub(_settled, text))
    if len(text) <= _LONGEST:
        return text
    digest = hashlib.sha256(text.encode()).hexdigest()
    return f"{text[:_LONGEST]}\n... {len(text)} characters in all, SHA-256 {digest}\n"


def _settled(moment: re.Match[str]) -> str:
    """The real present, which the database knows, is the moment of the fixed clock."""
    return MOMENT[: len(moment[0]) - 1] + "Z" if moment[0] > MOMENT else moment[0]


def checked(kind: str, texts: Mapping[str, str], *, update: bool) -> None:
    """Compare each text with the golden file of its name; fail at the end with all that differ."""
    failures = []
    for name, text in texts.items():
        try:
            check(FOLDER / kind / f"{name}.txt", text, update=update)
        except AssertionError as failure:
            failures.append(str(failure))
    assert not failures, "\n\n".join(failures)


def answers(folder: Path, way: str, lines: Iterable[str]) -> list[str]:
    """What each command line prints, all run in one process."""
    more = ["--json"] if way == "json" else []
    script = folder / f"{way}.script"
    script.write_text(json.dumps([[*shlex.split(line), *more] for line in lines]))
    command = [*PROGRAM, "--script", str(script)]
    env = environment(**_VARIABLES, HOME=str(folder), XDG_CONFIG_HOME=str(folder / "config"))
    if columns := SCREENS.get(way):
        env["COLUMNS"] = str(columns)
        printed = on_terminal(env=env, command=command, columns=columns, cwd=folder).out
    else:
        errors = folder / "errors.txt"
        with errors.open("w") as stderr:
            printed = subprocess.run(
                command, env=env, cwd=folder, stdout=subprocess.PIPE,
                stderr=stderr, stdin=subprocess.DEVNULL, text=True, check=False,
            ).stdout  # fmt: skip
    return [same(record, folder) for record in printed.split(START)[1:]]


def commands(catalog: str, folder: Path) -> dict[str, str]:
    """By command, what it prints in each of the WAYS."""
    shutil.copy(folder / "original.db", folder / "other.db")
    if catalog == "small":
        golden_catalogs.differ(folder / "other.db")
    pairs = [(name, line) for name, lines in LINES[catalog].items() for line in lines]
    texts = dict.fromkeys(LINES[catalog], "")
    for way in WAYS:
        asked = pairs if SCREENS.get(way, 80) == 80 else _tables(pairs)
        records = answers(folder, way, [line for _, line in asked])
        ended_early = len(records) < len(asked)
        assert not ended_early, f"{records[-1:]}\n{(folder / 'errors.txt').read_text()}"
        for (name, _), record in zip(asked, records, strict=True):
            texts[name] += f"== {way}\n$ {record}\n"
    return texts


def _tables(pairs: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """The first line of each command that prints a table and changes nothing."""
    first = dict(reversed(list(pairs)))
    return [(name, line) for name, line in first.items() if name in golden_commands.TABLES]


def requests(catalog: str, server: Serving, folder: Path) -> dict[str, str]:
    """By operation, document or kind of page, what the server answers."""
    return {
        name: same("\n".join(golden_server.record(server, each) for each in targets), folder)
        for name, targets in REQUESTS[catalog].items()
    }


@pytest.mark.timeout(900)
async def test_every_answer_is_as_it_was_reviewed(
    catalog: str, folder: Path, *, update: bool
) -> None:
    """Commands in a pipe, as JSON and on 80 columns; HTTP, pages and MCP: all as in the files."""
    checked(f"commands/{catalog}", commands(catalog, folder), update=update)
    with Serving(folder / "original.db", program=PROGRAM, limit=900) as server:
        checked(f"http/{catalog}", requests(catalog, server, folder), update=update)
        if catalog == "small":
            tools = await golden_server.record_tools(server.url)
            checked("mcp", {k: same(text, folder) for k, text in tools.items()}, update=update)


def test_nothing_is_without_a_golden_file() -> None:
    """Every command and every operation has a row in the tables of what is recorded."""
    assert set(COMMANDS) - {"shell"} <= set(golden_commands.SMALL)  # shell hands over to sqlite3
    assert set(OPERATIONS) - {"record"} <= set(golden_server.SMALL)
    assert set(TOOLS) - {"record"} <= set(golden_server.TOOLS)
