"""`modeldex bases`."""

import click

from modeldex.cli import terminal
from modeldex.cli.catalog import as_of, opened
from modeldex.cli.settings import Settings, everywhere
from modeldex.cli.terminal import Column
from modeldex.query.offers import bases as find_bases

_WEIGHTS: dict[object, str] = {True: "open", False: "closed", None: "-"}

COLUMNS = (
    Column("id", "base"),
    Column("offers", number=True),
    Column("providers", number=True),
    Column("released"),
    Column("open_weights", "weights", lambda value: _WEIGHTS[value]),
)


@everywhere()
@click.command()
@click.option("--unreviewed", is_flag=True, help="Only those that nobody has reviewed yet.")
@as_of
@click.pass_obj
def bases(settings: Settings, unreviewed: bool, as_of: str | None) -> None:
    """Print the base models whose offers are known, those with most offers first.

    A base is what was trained, whoever offers it. One that is not reviewed was read off the names
    of offers; a row in the table `bases` of the catalog reviews it.
    """
    with opened(settings, as_of) as catalog:
        found = find_bases(catalog, unreviewed=unreviewed)
    if settings.json:
        terminal.print_json({"bases": found, "total": len(found)})
        return
    names = [column.name for column in COLUMNS]
    rows = ([getattr(each, name) for name in names] for each in found)
    terminal.print_table(settings, COLUMNS, rows)
