"""`modeldex list`."""

import sys
from typing import Any

import click

from modeldex.cli import terminal
from modeldex.cli.catalog import as_of, opened
from modeldex.cli.config import profile_option
from modeldex.cli.criteria import NAMED_ALIKE, criteria, query_options
from modeldex.cli.facts_age import aged
from modeldex.cli.models import print_models, ranked
from modeldex.cli.no_match import no_match
from modeldex.cli.page import page_options, say_more
from modeldex.cli.parse import parsed_by, word
from modeldex.cli.settings import Settings, everywhere
from modeldex.cli.workload import selection, selection_options, workload, workload_options
from modeldex.query.catalog import Catalog

SCREENFUL = 40
"""How many models are printed on a terminal without --limit."""


@everywhere()
@click.command(
    "list",
    context_settings=NAMED_ALIKE,
)
@click.argument("text", nargs=-1, callback=parsed_by(word), metavar="[TEXT]...")
@profile_option
@query_options
@workload_options
@selection_options
@page_options
@as_of
@click.pass_obj
def listing(
    settings: Settings,
    /,
    text: tuple[str, ...],
    limit: int | None,
    offset: int | None,
    as_of: str | None,
    **options: object,
) -> None:
    """Print the models that meet every criterion, and are named TEXT if given, best first.

    All words of TEXT occur in their names; one with * or ? is a pattern for a whole name.
    On a terminal only the first 40 are printed without --limit, elsewhere all. Exits with 3 if
    no model matches.
    """
    if text:
        options["search"] = " ".join((*text, str(options["search"] or ""))).strip()
    load = workload(options)
    how = selection(options)
    query = criteria(options)
    if load:
        query["workload"] = load
    on_terminal = terminal.is_terminal(sys.stdout) and not settings.json
    at_most = limit or (SCREENFUL if on_terminal else None)
    with opened(settings, as_of) as catalog:
        models = ranked(catalog, {**query, "limit": at_most, "offset": offset}, load, how)
        # Only a full page needs a second query for the total.
        full = len(models) == at_most
        total = _count(catalog, query, how) if full or offset else len(models)
        if total == 0:
            raise no_match(catalog, query, load)
        models = aged(settings, catalog, models)
    if settings.json:
        terminal.print_json({"total": total, "offset": offset or 0, "models": models})
        return
    print_models(settings, models)
    if on_terminal and limit is None:
        say_more(settings, (offset or 0) + len(models), total)


def _count(catalog: Catalog, query: dict[str, object], how: dict[str, Any]) -> int:
    return len(ranked(catalog, query, None, how)) if "distinct" in how else catalog.count(query)
