"""`modeldex shell`."""

import os
import subprocess
import sys

import click

from modeldex.cli import terminal
from modeldex.cli.catalog import file_of, opened
from modeldex.cli.errors import Failure
from modeldex.cli.settings import Settings, everywhere
from modeldex.storage.sqlite.connection import MINIMUM_SQLITE
from modeldex.storage.sqlite.integrity import program_version

WAIT = 5000
"""How long a statement waits for a lock, in milliseconds."""


class NoProgram(Failure):
    """There is no `sqlite3` program on PATH, or it is too old to read a catalog."""


@everywhere()
@click.command()
@click.option("--write", is_flag=True, help="Allow writes; by default statements can only read.")
@click.argument("arguments", nargs=-1, metavar="[-- ARGUMENTS]")
@click.pass_obj
def shell(settings: Settings, write: bool, arguments: tuple[str, ...]) -> None:
    """Start the sqlite3 program on the catalog, with a lock timeout and foreign keys enabled.

    Arguments after -- are passed to it, such as a statement or -csv. Its exit code is that of
    this command. Which tables are stable and may be written: docs/sql.md.
    """
    path = file_of(settings)
    _check()
    with opened(settings):
        pass
    # Timeout and pragmas hold for one connection and are off by default.
    words = [
        "sqlite3", *_mode(settings), *(() if write else ("-readonly",)),
        "-cmd", f".timeout {WAIT}",
        "-cmd", "PRAGMA foreign_keys=ON", "-cmd", "PRAGMA recursive_triggers=ON",
        str(path), *arguments,
    ]  # fmt: skip
    if os.name == "posix":  # replaces this process: signals and the exit code are the shell's
        os.execvp(words[0], words)  # noqa: S606 - no shell, and the user's own arguments
    sys.exit(subprocess.run(words, check=False).returncode)  # noqa: S603


def _mode(settings: Settings) -> tuple[str, ...]:
    """Output options: columns on a terminal, else tab-separated, or JSON with --json."""
    if settings.json:
        return ("-json",)
    return ("-header", "-column" if terminal.is_terminal(sys.stdout) else "-tabs")


def _check() -> None:
    version = program_version()
    if version is None:
        raise NoProgram(
            "there is no sqlite3 program on PATH; install it (apt install sqlite3, "
            "brew install sqlite, https://sqlite.org/download.html), or use modeldex sql"
        )
    if version < MINIMUM_SQLITE:
        found, needed = (".".join(map(str, v)) for v in (version, MINIMUM_SQLITE))
        raise NoProgram(f"the sqlite3 program is {found}; a catalog needs {needed} or newer")
