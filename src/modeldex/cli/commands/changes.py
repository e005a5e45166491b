"""`modeldex changes`."""

import sys
from collections import Counter
from itertools import islice
from typing import TYPE_CHECKING

import click

from modeldex.cli import terminal
from modeldex.cli.catalog import opened
from modeldex.cli.completion import words
from modeldex.cli.parse import listed_by, parsed_by, word
from modeldex.cli.print_diff import COLUMNS as DIFFERING
from modeldex.cli.print_diff import SCREENFUL
from modeldex.cli.settings import Settings, everywhere
from modeldex.cli.terminal import Column

if TYPE_CHECKING:
    from modeldex.history.changes import CatalogChange

COLUMNS = (
    *DIFFERING[:-1],
    Column("ratio", format=lambda value: f"x {value:.3g}" if value else "", number=True),
    DIFFERING[-1],
    Column("at", "since", terminal.day),
)


@everywhere()
@click.command()
@click.option(
    "--since", required=True, callback=parsed_by(word), metavar="WHEN",
    help="7d, 24h, 2026-11-22 or 2026-11-22T09:30Z; times are UTC.",
)  # fmt: skip
@click.option(
    "--until",
    callback=parsed_by(word),
    metavar="WHEN",
    help="End of the period, in the same form; now by default.",
)
@click.option(
    "--kind", callback=listed_by(word), metavar="KIND", multiple=True,
    help="Only these kinds: new, gone, price, limits, flags, state, other.",
)  # fmt: skip
@click.option(
    "--provider", shell_complete=words("provider", many=True),
    callback=listed_by(word), metavar="NAME", multiple=True,
    help="Only models of this provider, by id or alias; several with commas.",
)  # fmt: skip
@click.pass_obj
def changes(
    settings: Settings,
    since: str,
    until: str | None,
    kind: tuple[str, ...],
    provider: tuple[str, ...],
) -> None:
    """Print the differences between the catalog at a moment and now.

    These are models added and gone, prices (with the ratio of new to old), limits, flags, the
    state of a model (live, deprecated, retired) and other fields, each with the resolver or
    sources that state the new value and since when. The two ends of the period are compared: a
    value that changed and changed back is only in `modeldex history`.
    """
    from modeldex.history.changes import beginning
    from modeldex.history.changes import changes as find_changes

    with opened(settings) as catalog:
        rows = find_changes(catalog, since, until, kind, provider)
        begun = beginning(catalog, since)
    if begun != since:
        terminal.print_warning(settings, f"history begins at {begun}: these are the changes since")
    if settings.json:
        terminal.print_json({"changes": rows, "total": len(rows)})
    elif terminal.is_terminal(sys.stdout):
        _print(settings, rows)
    else:
        terminal.print_table(settings, COLUMNS, map(_line, rows))


def _line(row: "CatalogChange") -> tuple[object, ...]:
    return row.kind, row.id, row.field, row.old, row.new, row.ratio, row.by, row.at


def _print(settings: Settings, rows: "tuple[CatalogChange, ...]") -> None:
    """Print the first SCREENFUL changes and the number of each kind."""
    if rows:
        terminal.print_table(settings, COLUMNS, map(_line, islice(rows, SCREENFUL)))
    if len(rows) > SCREENFUL:
        terminal.print_hint(
            settings,
            f"first {SCREENFUL} of {len(rows):,} lines; pipe the output or use --json to get all",
        )
    counts = Counter(row.kind for row in rows)
    summary = ", ".join(f"{number:,} {kind}" for kind, number in counts.items())
    terminal.print_text(settings, summary or "nothing changed")
