"""`modeldex best`."""

import sys

import click

from modeldex.catalog import Catalog, Record
from modeldex.cli import terminal
from modeldex.cli.criteria import criteria, query_options
from modeldex.cli.nomatch import no_match
from modeldex.cli.opening import opened
from modeldex.cli.settings import Settings, everywhere
from modeldex.cli.why import prices, why


@everywhere()
@click.command(short_help="The best model that meets the criteria.")
@query_options
@click.pass_obj
def best(settings: Settings, /, **given: object) -> None:
    """Print the best model that meets every criterion.

    Best means: quality tier, then blended price, then the larger window, then the newer
    release. On a terminal it comes with its context, prices and the reason why it won;
    elsewhere stdout is one line, PROVIDER/NAME. Exits with 3 when no model matches.
    """
    asked = criteria(given)
    with opened(settings) as catalog:
        models = catalog.records({**asked, "limit": 2})
        if not models:
            raise no_match(catalog, asked)
        _print(settings, catalog, asked, models)


def _print(
    settings: Settings,
    catalog: Catalog,
    asked: dict[str, object],
    models: list[Record],
) -> None:
    """The first of the one or two best."""
    first = models[0]
    people = terminal.is_terminal(sys.stdout)
    if not (people or settings.json or terminal.is_terminal(sys.stderr)):
        click.echo(terminal.show(first["id"]))
        return
    matches = catalog.count(asked)
    reason = why(first, models[1] if len(models) > 1 else None, matches)
    if settings.json:
        terminal.print_json({**first, "matches": matches, "why": reason})
    elif people:
        _print_block(settings, first, reason)
    else:
        click.echo(terminal.show(first["id"]))
        terminal.note(settings, reason)


def _print_block(settings: Settings, model: Record, reason: str) -> None:
    window, output = model["usable_context"], model["max_output_tokens"]
    context = f"{terminal.tokens(window)} tokens" if window else "unknown"
    if output:
        context += f", at most {terminal.tokens(output)} of output"
    basis = f", {model['quality_basis']}" if model["quality_basis"] else ""
    terminal.print_text(settings, terminal.show(model["id"]), bold=True)
    terminal.print_text(settings, f"  context  {context}")
    terminal.print_text(settings, f"  price    {prices(model)}")
    terminal.print_text(settings, f"  tier     {model['quality_tier'] or 'unknown'}{basis}")
    terminal.print_text(settings, f"  why      {reason}")
