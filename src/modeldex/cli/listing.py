"""`modeldex list`."""

import sys

import click

from modeldex.cli import terminal
from modeldex.cli.amounts import count, positive, read
from modeldex.cli.criteria import criteria, query_options
from modeldex.cli.nomatch import no_match
from modeldex.cli.opening import opened
from modeldex.cli.settings import Settings, everywhere
from modeldex.cli.terminal import Column

SCREENFUL = 40

COLUMNS = (
    Column("id", "model", wraps=True),
    Column("usable_context", "context", terminal.tokens, number=True),
    Column("input_cost_per_1m", "$ in / 1M", terminal.money, number=True),
    Column("output_cost_per_1m", "$ out / 1M", terminal.money, number=True),
    Column("quality_tier", "tier"),
    Column("release_date", "released"),
)


@everywhere()
@click.command("list", short_help="All models that meet the criteria, best first.")
@query_options
@click.option("--limit", callback=read(positive), metavar="N", help="At most so many.")
@click.option("--offset", callback=read(count), metavar="N", help="Leave out the first N.")
@click.pass_obj
def listing(settings: Settings, /, limit: int | None, offset: int | None, **given: object) -> None:
    """Print the models that meet every criterion, best first.

    On a terminal the first 40 of them unless --limit says otherwise, elsewhere all. Exits
    with 3 when no model matches.
    """
    asked = criteria(given)
    people = terminal.is_terminal(sys.stdout) and not settings.json
    most = limit or (SCREENFUL if people else None)
    with opened(settings) as catalog:
        models = catalog.records({**asked, "limit": most, "offset": offset})
        full = len(models) == most
        total = catalog.count(asked) if full or offset else len(models)
        if total == 0:
            raise no_match(catalog, asked)
    if settings.json:
        terminal.print_json({"total": total, "offset": offset or 0, "models": models})
        return
    terminal.print_table(settings, COLUMNS, ([m[c.name] for c in COLUMNS] for m in models))
    shown = (offset or 0) + len(models)
    if people and limit is None and shown < total:
        terminal.note(settings, f"{shown:,} of {total:,}; --limit {total} shows all")
