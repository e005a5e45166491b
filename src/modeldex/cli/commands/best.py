"""`modeldex best`."""

import sys
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import click

from modeldex.cli import terminal
from modeldex.cli.catalog import as_of, opened
from modeldex.cli.client_id import check, id_for_option, ids_for
from modeldex.cli.config import profile_option
from modeldex.cli.criteria import NAMED_ALIKE, criteria, query_options
from modeldex.cli.facts_age import aged
from modeldex.cli.models import print_models, ranked
from modeldex.cli.no_match import no_match
from modeldex.cli.parse import parsed_by, positive
from modeldex.cli.print_explanation import (
    cost,
    explained_by,
    explanation,
    prices,
    print_explanation,
    why,
)
from modeldex.cli.settings import Settings, everywhere
from modeldex.cli.workload import (
    same_model_option,
    selection,
    selection_options,
    workload,
    workload_options,
)
from modeldex.query.callability import callability
from modeldex.query.catalog import Catalog
from modeldex.query.lasting import best_entries
from modeldex.query.price_doubt import price_doubts
from modeldex.vocabulary.ends import USUAL_DAYS
from modeldex.vocabulary.entry import CatalogEntry

if TYPE_CHECKING:
    from modeldex.query.explain_query import QueryExplanation
    from modeldex.vocabulary.workloads import Workload


@everywhere()
@click.command(context_settings=NAMED_ALIKE)
@profile_option
@query_options
@workload_options
@selection_options
@same_model_option
@click.option(
    "-n", "--count", callback=parsed_by(positive), metavar="N", help="Print N models, best first."
)
@click.option(
    "--why",
    "explain",
    is_flag=True,
    help="Also explain what decided, what the price would buy elsewhere, "
    "and why other models do not match.",
)
@click.option("--quiet", is_flag=True, help="Print the model alone, and warnings.")
@id_for_option
@as_of
@click.pass_obj
def best(
    settings: Settings,
    /,
    *,
    count: int | None,
    explain: bool,
    quiet: bool,
    client: str | None,
    as_of: str | None,
    **options: object,
) -> None:
    """Print the best model that meets every criterion.

    Models are ranked by quality tier, then band of the quality score, then listed before presumed,
    then blended price, then the lab before others, then larger context window, then newer release;
    with --task by its score in place of tier and score. A terminal shows context, prices and why
    the model is first; elsewhere stdout is one line, PROVIDER/NAME. With -n these are N base
    models, each at its best offer; with --same-model they are offers of one, for fail-over;
    --distinct none lists all. With --id-for the line is the model's id in that client; the exit
    code is 1 if it has none. The exit code is 3 if no model matches.

    A model that stops answering within 30 days is printed only if nothing else matches.
    --min-days-left sets another limit, which is kept. What ends so soon is said on stderr.
    """
    check(settings, client, explain)
    load = workload(options)
    how = selection(options, "base" if count and not options["base"] else None)
    asked = criteria(options)
    if load:
        asked["workload"] = load
    with opened(settings, as_of) as catalog:
        # At least two: the reason names what puts the best model before the second.
        models, query = best_entries(
            asked, lambda wanted: ranked(catalog, {**wanted, "limit": count or 2}, load, how)
        )
        models[: count or 1] = aged(settings, catalog, models[: count or 1])
        sort = how.get("sort", "quality")
        explained = explained_by(catalog, query, load, sort) if explain else None
        ids = ids_for(models[: count or 1], client) if client else None
        if models and settings.json:
            reason = None if count else _why(catalog, query, models, load, how)
            _print_json(catalog, query, models, reason, ids=ids, explained=explained)
        elif models and ids:
            click.echo("\n".join(map(terminal.escaped, ids)))
        elif models and count:
            _print_several(settings, models)
        elif models:
            _print(
                settings, catalog, models,
                None if quiet else lambda: _why(catalog, query, models, load, how),
            )  # fmt: skip
        if not settings.json:
            _say_endings(settings, models[: count or 1])
        if explained and not (models and settings.json):
            print_explanation(settings, explained)
        if not models:
            raise no_match(catalog, query, load)


def _why(
    catalog: Catalog,
    query: Mapping[str, object],
    models: list[CatalogEntry],
    load: "Workload | None",
    how: dict[str, Any],
) -> str:
    """Why the first of the models is the best, in a sentence."""
    from modeldex.query.ranking import Placed, standings

    first = models[:2]
    ranks = standings(
        catalog, list(map(Placed.of, first)), query, how.get("sort", "quality"),
        by_workload=load is not None,
    )  # fmt: skip
    return why(first, ranks, catalog.count(query))


def _print_json(
    catalog: Catalog,
    query: Mapping[str, object],
    models: list[CatalogEntry],
    reason: str | None,
    *,
    ids: list[str] | None,
    explained: "QueryExplanation | None",
) -> None:
    """Print the best model and why it is first, or several; ids are those of a client."""
    matches = catalog.count(query)
    found: dict[str, object] = {"models": models, "matches": matches, "id_for": ids}
    if reason is not None:
        found = {"model": models[0], "matches": matches, "why": reason, "id_for": ids and ids[0]}
        found["callability"] = callability(catalog, models[0])
    doubts = price_doubts(catalog, models if reason is None else models[:1])
    found["price_doubts"] = doubts or None
    terminal.print_json({**found, "explanation": explained and explanation(explained)})


def _print(
    settings: Settings,
    catalog: Catalog,
    models: list[CatalogEntry],
    why_first: Callable[[], str] | None,
) -> None:
    """Print the best model: a block on a terminal, else one line, and why it is the best."""
    first = models[0]
    on_terminal = terminal.is_terminal(sys.stdout)
    if why_first is None or not (on_terminal or terminal.is_terminal(sys.stderr)):
        # The reason is not shown here, so the query that counts the matches is saved.
        click.echo(terminal.escaped(first.id))
        return
    reason = why_first()
    said = callability(catalog, first).text
    if on_terminal:
        _print_block(settings, first, reason)
        terminal.print_text(settings, f"  here     {said}")
        for doubt in price_doubts(catalog, [first]):
            terminal.print_text(settings, f"  doubt    {terminal.escaped(doubt.text)}")
    else:
        click.echo(terminal.escaped(first.id))
        doubts = [doubt.text for doubt in price_doubts(catalog, [first])]
        terminal.print_hint(settings, "; ".join([reason, said, *doubts]))


def _print_several(settings: Settings, models: list[CatalogEntry]) -> None:
    """Print all models: a table on a terminal, else one id per line."""
    if terminal.is_terminal(sys.stdout):
        print_models(settings, models)
    else:
        click.echo("\n".join(terminal.escaped(model.id) for model in models))


def _say_endings(settings: Settings, models: list[CatalogEntry]) -> None:
    """Say on stderr when models end: in a pipe only of those that end soon."""
    on_terminal = terminal.is_terminal(sys.stdout)
    for model in models:
        if model.days_left is not None and model.days_left < USUAL_DAYS:
            terminal.print_warning(settings, f"{model.id} {model.remark or model.ending}")
        elif model.ending and not on_terminal:
            terminal.print_hint(settings, f"{model.id} {model.ending}")


def _print_block(settings: Settings, model: CatalogEntry, reason: str) -> None:
    window, output = model.usable_context, model.value("max_output_tokens")
    context = f"{terminal.tokens(window)} tokens" if window else "unknown"
    if output:
        context += f", at most {terminal.tokens(output)} of output"
    tier, basis = (model.value(name) for name in ("quality_tier", "quality_basis"))
    terminal.print_text(settings, terminal.escaped(model.id), bold=True)
    terminal.print_text(settings, f"  context  {context}")
    terminal.print_text(settings, f"  price    {prices(model)}")
    if model.cost:
        terminal.print_text(settings, f"  cost     {'; '.join([cost(model), *model.cost.notes])}")
    terminal.print_text(settings, f"  tier     {tier or 'unknown'}{f', {basis}' if basis else ''}")
    if model.ending:
        terminal.print_text(settings, f"  life     {terminal.escaped(model.ending)}")
    terminal.print_text(settings, f"  why      {reason}")
