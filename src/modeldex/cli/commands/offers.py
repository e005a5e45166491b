"""`modeldex offers`."""

import click

from modeldex.cli import terminal
from modeldex.cli.catalog import as_of, opened
from modeldex.cli.completion import words
from modeldex.cli.parse import parsed_by, word
from modeldex.cli.settings import Settings, everywhere
from modeldex.cli.terminal import Column
from modeldex.query.offers import Offer, base_of
from modeldex.query.offers import offers as find_offers

COLUMNS = (
    Column("id", "offer"),
    Column("provider_class", "class"),
    Column("input_cost_per_1m", "$ in", terminal.money, number=True),
    Column("output_cost_per_1m", "$ out", terminal.money, number=True),
    Column("of_lab_price", "of lab", lambda value: f"{value:.2f} x" if value else "-", number=True),
    Column("usable_context", "context", terminal.tokens, number=True),
    Column("remark"),
)


@everywhere()
@click.command()
@click.argument("base", callback=parsed_by(word), shell_complete=words("base"), metavar="BASE")
@as_of
@click.pass_obj
def offers(settings: Settings, base: str, as_of: str | None) -> None:
    """Print every known offer of a base model, metered ones first, by price.

    BASE is the id of a base model, such as anthropic/claude-sonnet-4.5, its name alone, or another
    spelling of it. The column `of lab` compares with the lowest price at the maker's own service;
    `listed` means that a live source lists the offer now.
    """
    with opened(settings, as_of) as catalog:
        found = find_offers(catalog, base)
        id_ = base_of(catalog, base)
    if settings.json:
        terminal.print_json({"base": id_, "offers": found, "total": len(found)})
        return
    names = [column.name for column in COLUMNS[:-1]]
    rows = ([*(getattr(each, name) for name in names), _remark(each)] for each in found)
    terminal.print_table(settings, COLUMNS, rows)
    terminal.print_hint(settings, f"{len(found)} offers of {id_}")


def _remark(offer: Offer) -> str | None:
    """The most important thing to know beside the price."""
    words = (
        "suspicious" if offer.suspicious else None,
        f"ends {offer.retires_at}" if offer.retires_at else None,
        offer.price_basis if offer.price_basis != "metered" else None,
        "its lab" if offer.of_lab else None,
        "listed" if offer.live else None,
    )
    return next(filter(None, words), None)
