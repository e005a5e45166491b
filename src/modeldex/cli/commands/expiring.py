"""`modeldex expiring`."""

import sys

import click

from modeldex.cli import terminal
from modeldex.cli.catalog import opened
from modeldex.cli.parse import parsed_by, word
from modeldex.cli.settings import Settings, everywhere
from modeldex.cli.terminal import Column

COLUMNS = (
    Column("on", "date"),
    Column("event"),
    Column("past"),
    Column("id", "model", wraps=True),
    Column("replacement", wraps=True),
    Column("replacement_id", "its model here", wraps=True),
    Column("replacement_input_cost_per_1m", "its $/1M in", terminal.money, number=True),
    Column("replacement_output_cost_per_1m", "its $/1M out", terminal.money, number=True),
)


@everywhere()
@click.command()
@click.option(
    "--within", default="30d", callback=parsed_by(word), metavar="SPAN", show_default=True,
    help="How far to look ahead: 24h, 30d, 12w.",
)  # fmt: skip
@click.option("--all", "no_limit", is_flag=True, help="Without a limit on how far ahead.")
@click.option(
    "--known", is_flag=True, help="All known models, not only those that can be called from here."
)
@click.pass_obj
def expiring(settings: Settings, within: str, no_limit: bool, known: bool) -> None:
    """Print models with a retirement or deprecation date that is near or past, by date.

    Each comes with the replacement that its maker recommends, and with that model's id and
    prices if it is in the catalog. Models that are retired already are left out. The exit code
    is 0 also if there are none.
    """
    from modeldex.history.expiring import expiring as find_expiring

    with opened(settings) as catalog:
        found = find_expiring(catalog, None if no_limit else within, available=not known)
    if settings.json:
        terminal.print_json({"expiring": found, "total": len(found)})
    elif found or not terminal.is_terminal(sys.stdout):
        rows = ([getattr(each, column.name) for column in COLUMNS] for each in found)
        terminal.print_table(settings, COLUMNS, rows)
    else:
        terminal.print_text(settings, "no model expires in this period")
