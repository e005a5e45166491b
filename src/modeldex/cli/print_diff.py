"""Differences between two catalogs, as tables and JSON."""

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
    Column("id", "model", wraps=True),
    Column("field"),
    Column("old", wraps=True),
    Column("new", wraps=True),
    Column("by", "stated by", wraps=True),
)

Line = tuple[object, ...]
"""One line of COLUMNS."""


def as_json(found: "Difference") -> dict[str, object]:
    """The difference as JSON values; sets become sorted lists."""
    return {
        "added": [{"id": o.id, "sources": o.sources} for o in found.added],
        "gone": [{"id": o.id, "sources": o.sources} for o in found.gone],
        "changed": [
            {
                "id": c.id, "field": c.field, "old": plain_value(c.old), "new": plain_value(c.new),
                "resolver": c.resolver,
            }
            for c in found.changed
        ],
    }  # fmt: skip


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
        old, new = plain_value(change.old), plain_value(change.new)
        yield "changed", change.id, change.field, old, new, change.resolver


def plain_value(value: object) -> object:
    """A field's value for JSON and tables: a set becomes a sorted list."""
    return sorted(value) if isinstance(value, frozenset) else value
