"""`modeldex expiring`."""

import sys
from typing import TYPE_CHECKING

import click

from modeldex.cli import terminal
from modeldex.cli.catalog import opened
from modeldex.cli.parse import parsed_by, word
from modeldex.cli.settings import Settings, everywhere
from modeldex.cli.terminal import Column

if TYPE_CHECKING:
    from modeldex.history.expiring import Expiring

COLUMNS = (
    Column("on"), Column("event"), Column("past"), Column("id"), Column("replacement"),
    Column("replacement_id"), Column("replacement_input_cost_per_1m"),
    Column("replacement_output_cost_per_1m"), Column("days_left"),
)  # fmt: skip
"""Columns of the tab-separated output."""

ON_TERMINAL = (
    Column("date"), Column("days", number=True), Column("event"), Column("model"),
    Column("replacement"), Column("$ in, out"),
)  # fmt: skip


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
@click.option("--past", is_flag=True, help="Also dates that have been reached, after the others.")
@click.pass_obj
def expiring(settings: Settings, within: str, no_limit: bool, known: bool, past: bool) -> None:
    """Print models with a retirement or deprecation date that is near, the nearest first.

    Each comes with the replacement that its maker recommends, and with that model's id and prices
    per 1M tokens if it is in the catalog and lives on. Models marked retired are left out. The exit
    code is 0 also if there are none.
    """
    from modeldex.history.expiring import expiring as find_expiring

    with opened(settings) as catalog:
        span = None if no_limit else within
        found = find_expiring(catalog, span, available=not known, past=past)
    if settings.json:
        terminal.print_json({"expiring": found, "total": len(found)})
    elif not terminal.is_terminal(sys.stdout):
        rows = ([getattr(each, column.name) for column in COLUMNS] for each in found)
        terminal.print_table(settings, COLUMNS, rows)
    elif found:
        terminal.print_table(settings, ON_TERMINAL, map(_line, found))
    else:
        terminal.print_text(settings, "no model expires in this period")


def _line(each: "Expiring") -> tuple[object, ...]:
    prices = each.replacement_input_cost_per_1m, each.replacement_output_cost_per_1m
    paid = "" if prices == (None, None) else ", ".join(map(terminal.money, prices))
    return each.on, each.days_left, each.event, each.id, _replacement(each), paid


def _replacement(each: "Expiring") -> str:
    """What is recommended, and the id of the model that this means here, in one text."""
    said, here = each.replacement, each.replacement_id
    if said is None or here is None:
        return said or "unknown"
    return here if here.endswith(f"/{said}") else f"{said}: {here}"
