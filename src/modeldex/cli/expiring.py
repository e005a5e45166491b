"""`modeldex expiring`."""

import sys

import click

from modeldex.cli import terminal
from modeldex.cli.amounts import read, word
from modeldex.cli.opening import opened
from modeldex.cli.settings import Settings, everywhere
from modeldex.cli.terminal import Column

COLUMNS = (
    Column("on"),
    Column("event"),
    Column("past"),
    Column("id", "model", wraps=True),
    Column("replacement", "instead", wraps=True),
    Column("replacement_id", "known here as", wraps=True),
    Column("replacement_input_cost_per_1m", "$ in / 1M", terminal.money, number=True),
    Column("replacement_output_cost_per_1m", "$ out / 1M", terminal.money, number=True),
)


@everywhere()
@click.command(short_help="Models that stop answering, and what replaces them.")
@click.option(
    "--within", default="30d", callback=read(word), metavar="SPAN", show_default=True,
    help="How far to look ahead: 24h, 30d, 12w.",
)  # fmt: skip
@click.option("--all", "no_limit", is_flag=True, help="However far ahead.")
@click.option("--known", is_flag=True, help="Everything known, not only what can be called here.")
@click.pass_obj
def expiring(settings: Settings, within: str, no_limit: bool, known: bool) -> None:
    """Print the models that retire or are deprecated soon, or were already, by day.

    With what their maker recommends instead, whether this catalog knows that and at which
    price. Models that are gone are left out. Exits with 0 when there is nothing to say.
    """
    from modeldex.expiring import expiring as find_expiring

    with opened(settings) as catalog:
        rows = [
            {"id": each.id, **each._asdict()}
            for each in find_expiring(catalog, None if no_limit else within, available=not known)
        ]
    if settings.json:
        terminal.print_json(rows)
    elif rows or not terminal.is_terminal(sys.stdout):
        terminal.print_table(settings, COLUMNS, ([row[c.name] for c in COLUMNS] for row in rows))
    else:
        terminal.print_text(settings, "nothing expires")
