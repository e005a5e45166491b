"""`modeldex copy`."""

import click

from modeldex.cli import terminal
from modeldex.cli.parse import parsed_by, word
from modeldex.cli.settings import Settings, everywhere
from modeldex.cli.terminal import Column
from modeldex.storage.sqlite.connection import catalog_path

COLUMNS = (Column("table"), Column("rows", "", terminal.tokens, number=True))


@everywhere()
@click.command()
@click.argument("source", callback=parsed_by(word), metavar="SRC")
@click.argument("destination", callback=parsed_by(word), metavar="DST")
@click.option("--force", is_flag=True, help="Replace the catalog in DST.")
@click.pass_obj
def copy(settings: Settings, source: str, destination: str, force: bool) -> None:
    """Copy every table of SRC to DST, with histories and ids, and verify that both are equal.

    Each is a path or a postgresql:// URL. DST is created if it is missing; a catalog in it is
    replaced only with --force. The copy is one transaction: if it fails, DST is unchanged. SRC
    may be written meanwhile; the copy is consistent as of one moment.
    """
    from modeldex.storage.copy import copy as copy_catalog

    place = catalog_path(destination)
    with terminal.status_line(settings, "copying ..."):
        copied = copy_catalog(catalog_path(source), place, force=force)
    if settings.json:
        terminal.print_json({"to": str(place), "rows": copied.rows, "digest": copied.digest})
    else:
        terminal.print_table(settings, COLUMNS, copied.rows.items())
