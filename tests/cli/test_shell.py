"""`modeldex shell`: the real program on the catalog, through pipes."""

import os
import subprocess
from pathlib import Path

import pytest

from command_line import (
    COMMAND,
    MODELS,
    CommandResult,
    environment,
    on_terminal,
    small_catalog,
    unstyled,
)
from fork_process import HANG
from modeldex.cli.errors import FAILURE
from raw_catalog import bare, needs_shell

pytestmark = [pytest.mark.sqlite_only("the sqlite3 program"), needs_shell]


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small catalog with an odd path."""
    return small_catalog(tmp_path_factory.mktemp("a b") / "it's #1?.db", MODELS)


def shell(path: Path, typed: str, *words: str, **variables: str) -> CommandResult:
    """The command with something typed into it."""
    done = subprocess.run(
        [*COMMAND, "--db", str(path), "shell", *words], input=typed, env=environment(**variables),
        capture_output=True, text=True, check=False, timeout=HANG,
    )  # fmt: skip
    return CommandResult(done.returncode, done.stdout, done.stderr)


def test_what_is_typed_is_answered_but_writes_nothing(small: Path) -> None:
    """Tab-separated with a header in a pipe; a write is refused, and the exit code says so."""
    asked = shell(small, "SELECT provider, name FROM catalog WHERE quality_tier = 'cheap';")
    refused = shell(small, "DELETE FROM aliases;\nSELECT 1;\n")
    assert asked == (0, "provider\tname\nopenai\tsmall\n", "")
    assert (refused.code != 0, "readonly" in refused.err) == (True, True)


def test_with_write_it_writes(tmp_path: Path) -> None:
    """It waits for locks and minds foreign keys, which the bare program does not."""
    path = small_catalog(tmp_path / "catalog.db", MODELS)
    done = shell(
        path,
        "INSERT INTO models (provider, name) VALUES ('acme', 'new');\n"
        ".headers off\nPRAGMA foreign_keys;\nPRAGMA recursive_triggers;\nPRAGMA busy_timeout;\n",
        "--write",
    )
    with bare(path) as connection:
        (known,) = connection.execute("SELECT count(*) FROM catalog").fetchone()
    assert (done, known) == ((0, "1\n1\n5000\n", ""), len(MODELS) + 1)


def test_arguments_and_the_exit_code_are_passed_through(small: Path) -> None:
    """What stands behind -- is the program's; its exit code is that of the command."""
    listed = shell(small, "", "--", "-csv", "SELECT 1 AS a, 'x,y' AS b")
    wrong = shell(small, "", "--", "SELECT nope")
    ended = shell(small, ".exit 7\n")
    assert listed == (0, 'a,b\n1,"x,y"\n', "")
    assert (wrong.code > 0, "nope" in wrong.err, ended.code) == (True, True, 7)


def test_json_is_the_programs_json(small: Path) -> None:
    """--json goes on to it."""
    done = shell(small, "SELECT name FROM models WHERE provider = 'groq';", "--json")
    assert done.json == [{"name": "shared"}]


def test_a_person_gets_columns(small: Path) -> None:
    """On a terminal the rows are aligned under their headers."""
    done = on_terminal("--db", str(small), "shell", "--", "SELECT 'left' AS a, 'right' AS b")
    assert unstyled(done.out).splitlines() == ["a     b    ", "----  -----", "left  right"]


@pytest.mark.parametrize(
    ("program", "told"),
    [
        (None, "no sqlite3 program on PATH; install it"),
        ("#!/bin/sh\necho 3.31.0 2020-01-22", "is 3.31.0; a catalog needs 3.37.0 or newer"),
    ],
)
def test_a_program_that_cannot_do_it_is_named(
    small: Path, tmp_path: Path, program: str | None, told: str
) -> None:
    """Where there is none, or one too old for the catalog, one line says what to do."""
    if program is not None:
        (tmp_path / "sqlite3").write_text(program)
        (tmp_path / "sqlite3").chmod(0o755)
    done = shell(small, "", PATH=str(tmp_path) + (os.pathsep + "/bin") * (program is not None))
    assert (done.code, told in done.err, done.err.count("\n")) == (FAILURE, True, 1)
