"""`modeldex prune`."""

import sys
from datetime import timedelta

import click

from modeldex.cli import terminal
from modeldex.cli.catalog import opened
from modeldex.cli.parse import parsed_by, seconds
from modeldex.cli.settings import Settings, everywhere
from modeldex.cli.terminal import Column

COLUMNS = (Column("table"), Column("rows", format=terminal.tokens, number=True))


@everywhere()
@click.command()
@click.option(
    "--keep", required=True, callback=parsed_by(seconds), metavar="SPAN",
    help="How much history to keep: 365d, 52w.",
)  # fmt: skip
@click.option("--measurements", is_flag=True, help="Also old samples without effect on a value.")
@click.option("--dry-run", is_flag=True, help="Print what would be deleted, and write nothing.")
@click.pass_obj
def prune(settings: Settings, keep: float, measurements: bool, dry_run: bool) -> None:
    """Delete values that were replaced, and runs and listings that ended, longer ago than SPAN.

    Prints the number of rows by table. Current values, overrides included, are not deleted,
    nor is anything that --as-of needs for a moment within SPAN; earlier moments are refused
    afterwards. The file keeps its size; the free space is used again.
    """
    from modeldex.history.prune import outdated_rows
    from modeldex.history.prune import prune as remove_rows
    from modeldex.storage.open import open_writer
    from modeldex.vocabulary.timestamps import parse_moment as moment

    horizon = moment("keep", timedelta(seconds=keep))
    with opened(settings) as catalog:
        found = outdated_rows(catalog, horizon, measurements=measurements)
        if not dry_run:
            with open_writer(catalog.path) as writer:
                remove_rows(writer, found, horizon)
    rows = {table: len(ids) for table, ids in found.items()}
    if settings.json:
        terminal.print_json({"horizon": horizon, "dry_run": dry_run, "rows": rows})
        return
    terminal.print_table(settings, COLUMNS, rows.items())
    if terminal.is_terminal(sys.stdout):
        done = "would be deleted: they ended" if dry_run else "were deleted: they ended"
        terminal.print_text(settings, f"{sum(rows.values()):,} rows {done} before {horizon}")
