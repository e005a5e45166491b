"""What an import prints of its report, and its exit code."""

import sys
from collections.abc import Callable, Mapping, Sequence

from modeldex.cli import terminal
from modeldex.cli.errors import FAILURE, OK, PARTIAL
from modeldex.cli.settings import Settings

MESSAGES = 20
"""How many rows are printed one by one."""


def report_import(
    settings: Settings,
    document: Mapping[str, object],
    counts: Callable[[], None],
    refused: Sequence[object],
    *,
    outcome: tuple[int, int],
    verb: str,
) -> int:
    """Print what an import did, and each row that it could not store; returns the exit code.

    `counts` prints the numbers, on a terminal and for a dry run. `outcome` is how many rows were
    refused and how many were not, `verb` what happened to the former.
    """
    number, stored = outcome
    if settings.json:
        terminal.print_json(document)
    else:
        if document["dry_run"] or terminal.is_terminal(sys.stdout):
            counts()
        for row in refused[:MESSAGES]:
            terminal.print_error(settings, str(row))
        print_more(settings, number - MESSAGES, f"rows were {verb}")
    if not number:
        return OK
    return PARTIAL if stored else FAILURE


def print_more(settings: Settings, number: int, what: str) -> None:
    """Print how many messages were left out, if any."""
    if number > 0:
        terminal.print_warning(settings, f"{number:,} more {what}; --json lists them")
