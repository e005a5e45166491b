"""`modeldex cost`."""

from typing import TYPE_CHECKING, cast

import click

from modeldex.cli import terminal
from modeldex.cli.catalog import as_of, opened
from modeldex.cli.completion import models
from modeldex.cli.config import profile_option
from modeldex.cli.criteria import NAMED_ALIKE, criteria, query_options
from modeldex.cli.facts_age import aged
from modeldex.cli.lookup import find
from modeldex.cli.no_match import no_match
from modeldex.cli.parse import parsed_by, positive, word
from modeldex.cli.settings import Settings, everywhere
from modeldex.cli.terminal import Column
from modeldex.cli.workload import USD, remarks, workload, workload_options
from modeldex.query.price_doubt import PriceDoubt, price_doubts
from modeldex.vocabulary.entry import CatalogEntry

if TYPE_CHECKING:
    from modeldex.query.catalog import Catalog
    from modeldex.vocabulary.workloads import Workload, WorkloadCost

BEST = 10
"""How many models are priced if neither names nor --count are given."""

COLUMNS = (
    Column("id", "model"),
    Column("usd_per_request", "$ / request", terminal.money, number=True),
    USD,
    Column("quality_tier", "tier"),
    Column("remarks"),
)


@everywhere()
@click.command(context_settings=NAMED_ALIKE)
@click.argument(
    "models",
    nargs=-1,
    callback=parsed_by(word),
    shell_complete=models,
    metavar="[PROVIDER/NAME]...",
)
@workload_options
@click.option(
    "-n",
    "--count",
    callback=parsed_by(positive),
    metavar="N",
    help=f"How many of the best models; {BEST} by default.",
)
@profile_option
@query_options
@as_of
@click.pass_obj
def cost(
    settings: Settings,
    /,
    models: tuple[str, ...],
    count: int | None,
    as_of: str | None,
    **options: object,
) -> None:
    """Print the cost of a workload on each of the named models, cheapest first.

    Without names, the best models that meet the criteria are priced, ranked by tier, then by
    that cost. A model whose cost is unknown comes last. One that would refuse the prompt is left
    out, unless it is named: then it comes at the end, with the limit that is exceeded. Exits with 3
    if no model matches.
    """
    load = workload(options)
    if load is None:
        raise click.UsageError(
            "the size of a request is missing: set --input-tokens, --output-tokens or both"
        )
    query = criteria(options)
    if models and (query or count):
        raise click.UsageError("give either names of models, or criteria and --count, not both")
    with opened(settings, as_of) as catalog:
        if models:
            found = _named(settings, catalog, models, load)
        else:
            found = _best(catalog, query, load, count)
        found = aged(settings, catalog, found)
        doubts = {doubt.id: doubt for doubt in price_doubts(catalog, found)}
    if settings.json:
        stated = list(doubts.values()) or None
        terminal.print_json({"workload": load, "models": found, "price_doubts": stated})
    else:
        lines = (_line(model, doubts.get(model.id)) for model in found)
        terminal.print_table(settings, COLUMNS, lines)


def _named(
    settings: Settings, catalog: "Catalog", names: tuple[str, ...], load: "Workload"
) -> list[CatalogEntry]:
    found = {model.id: model for model in (find(settings, catalog, name) for name in names)}
    priced = map(load.priced, found.values())
    return sorted(
        priced,
        key=lambda model: (bool(model.cost and model.cost.exceeds), load.rank(model.capabilities)),
    )


def _best(
    catalog: "Catalog", query: dict[str, object], load: "Workload", count: int | None
) -> list[CatalogEntry]:
    from modeldex.query.selection import Selection, select_entries

    found = select_entries(catalog, {**query, "limit": count or BEST}, Selection(load))
    if not found:
        raise no_match(catalog, query, load)
    return found


def _line(model: CatalogEntry, doubt: PriceDoubt | None) -> list[object]:
    cost = cast("WorkloadCost", model.cost)
    words = "; ".join([*remarks(cost), *([doubt.text] if doubt else [])]) or None
    return [model.id, cost.usd_per_request, cost.usd, model.value("quality_tier"), words]
