"""`modeldex history`."""

import click

from modeldex.cli import terminal
from modeldex.cli.catalog import opened
from modeldex.cli.completion import fields, models
from modeldex.cli.lookup import find
from modeldex.cli.parse import parsed_by, word
from modeldex.cli.settings import Settings, everywhere
from modeldex.cli.terminal import Column

COLUMNS = (
    Column("valid_from", "from", terminal.minute),
    Column("valid_to", "to", lambda value: terminal.minute(value) if value else "now"),
    Column("field"),
    Column("value", breaks=True),
    Column("resolver"),
    Column("source_url", "page", may_go_below=True),
)


@everywhere()
@click.command()
@click.argument("model", callback=parsed_by(word), shell_complete=models, metavar="PROVIDER/NAME")
@click.argument("field", callback=parsed_by(word), shell_complete=fields, required=False)
@click.pass_obj
def history(settings: Settings, model: str, field: str | None) -> None:
    """Print each opinion on a model with the period in which it was valid, in time order.

    FIELD is a capability, or one of provider, name, family, display_name, retired_at and live,
    which have no resolver. A current value has no end. The page is the one that the resolver names
    for its opinion. Times are UTC.
    """
    from modeldex.history.timeline import history as find_history

    with opened(settings) as catalog:
        entry = find(settings, catalog, model)
        found = find_history(catalog, entry.spec.provider, entry.spec.name, field)
    if settings.json:
        terminal.print_json({"id": entry.id, "history": found})
        return
    rows = ([getattr(spell, column.name) for column in COLUMNS] for spell in found)
    terminal.print_table(settings, COLUMNS, rows)
