"""`modeldex copy`."""

import click

from modeldex.cli import terminal
from modeldex.cli.amounts import read, word
from modeldex.cli.settings import Settings, everywhere
from modeldex.cli.terminal import Column
from modeldex.db import catalog_path

COLUMNS = (Column("table"), Column("rows", "", terminal.tokens, number=True))


@everywhere()
@click.command(short_help="Move a catalog: file to file, file to PostgreSQL, and back.")
@click.argument("source", callback=read(word), metavar="SRC")
@click.argument("destination", callback=read(word), metavar="DST")
@click.option("--force", is_flag=True, help="Replace all that DST holds.")
@click.pass_obj
def copy(settings: Settings, source: str, destination: str, force: bool) -> None:
    """Copy every table of SRC, histories and ids too, to DST, and find both equal.

    Each is a path or a postgresql:// URL. DST is made where it is missing, and refused where
    it holds a catalog. All of it happens in one transaction: whatever fails, DST stays as it
    was. SRC may be written meanwhile; what is copied is how it stood at one moment.
    """
    from modeldex.copying import copy as copy_catalog

    place = catalog_path(destination)
    copied = copy_catalog(catalog_path(source), place, force=force)
    if settings.json:
        terminal.print_json({"to": str(place), "rows": copied.rows, "digest": copied.digest})
    else:
        terminal.print_table(settings, COLUMNS, copied.rows.items())
