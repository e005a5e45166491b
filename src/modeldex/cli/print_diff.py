"""Differences between two catalogs, as tables."""

import sys
from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING

from modeldex.cli import terminal
from modeldex.cli.settings import Settings
from modeldex.cli.terminal import Column

if TYPE_CHECKING:
    from modeldex.history.diff import Difference

SCREENFUL = 40
"""How many lines are printed on a terminal."""

COLUMNS = (
    Column("change"),
    Column("id", "model"),
    Column("field"),
    Column("old", breaks=True),
    Column("new", breaks=True),
    Column("by", "stated by"),
)

Line = tuple[object, ...]
"""One line of COLUMNS."""


def print_difference(settings: Settings, found: "Difference", ending: str = "") -> None:
    """Print one line per model added or gone and per changed field, on a terminal the first ones.

    `ending` is appended to the summary line of the terminal.
    """
    if not terminal.is_terminal(sys.stdout):
        terminal.print_table(settings, COLUMNS, _lines(found))
        return
    total = sum(map(len, found))
    if total:
        terminal.print_table(settings, COLUMNS, islice(_lines(found), SCREENFUL))
    if total > SCREENFUL:
        terminal.print_hint(
            settings,
            f"first {SCREENFUL} of {total:,} lines; pipe the output or use --json to get all",
        )
    added, gone, changed = (f"{len(part):,}" for part in found)
    summary = f"{added} models added, {gone} gone, {changed} fields changed"
    terminal.print_text(settings, summary + ending)


def _lines(found: "Difference") -> Iterator[Line]:
    for word, offers in (("added", found.added), ("gone", found.gone)):
        for offer in offers:
            yield word, offer.id, None, None, None, offer.sources
    for change in found.changed:
        yield "changed", change.id, change.field, change.old, change.new, change.resolver
