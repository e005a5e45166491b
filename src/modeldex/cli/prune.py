"""`modeldex prune`."""

import sys
from datetime import timedelta

import click

from modeldex.cli import terminal
from modeldex.cli.amounts import read, seconds
from modeldex.cli.opening import opened
from modeldex.cli.settings import Settings, everywhere
from modeldex.cli.terminal import Column

COLUMNS = (Column("table"), Column("rows", read=terminal.tokens, number=True))


@everywhere()
@click.command(short_help="Forget old history.")
@click.option(
    "--keep", required=True, callback=read(seconds), metavar="SPAN",
    help="How far back to remember: 365d, 52w.",
)  # fmt: skip
@click.option("--measurements", is_flag=True, help="Also old samples that no longer count.")
@click.option("--dry-run", is_flag=True, help="Only say what would be removed.")
@click.pass_obj
def prune(settings: Settings, keep: float, measurements: bool, dry_run: bool) -> None:
    """Remove what was replaced, and runs that ended, longer ago than SPAN.

    Says how many rows of which table. What stands now, overrides among it, stays, and so does
    everything that --as-of needs for any later moment; for earlier ones it is refused then.
    The file keeps its size and uses the room again.
    """
    from modeldex.moments import read as moment
    from modeldex.opening import open_writer
    from modeldex.prune import outdated
    from modeldex.prune import prune as remove_rows

    horizon = moment("keep", timedelta(seconds=keep))
    with opened(settings) as catalog:
        found = outdated(catalog, horizon, measurements=measurements)
        if not dry_run:
            with open_writer(catalog.path) as writer:
                remove_rows(writer, found, horizon)
    rows = {table: len(ids) for table, ids in found.items()}
    if settings.json:
        terminal.print_json({"horizon": horizon, "dry_run": dry_run, "rows": rows})
        return
    terminal.print_table(settings, COLUMNS, rows.items())
    if terminal.is_terminal(sys.stdout):
        done = "would be removed: they ended" if dry_run else "were removed: they ended"
        terminal.print_text(settings, f"{sum(rows.values()):,} rows {done} before {horizon}")
