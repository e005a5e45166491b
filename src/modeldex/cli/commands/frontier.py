"""`modeldex frontier`."""

import click

from modeldex.cli import terminal
from modeldex.cli.catalog import as_of, opened
from modeldex.cli.config import profile_option
from modeldex.cli.criteria import NAMED_ALIKE, criteria, query_options
from modeldex.cli.facts_age import aged
from modeldex.cli.no_match import no_match
from modeldex.cli.settings import Settings, everywhere
from modeldex.cli.terminal import Column
from modeldex.cli.workload import USD, cells, workload, workload_options
from modeldex.query.selection import frontier as find_frontier
from modeldex.query.selection import priced
from modeldex.storage.schema.columns import SCORED_TASKS

MODEL = Column("id", "model")
BLENDED = Column("blended_cost", "$ blended / 1M", terminal.money, number=True)
SPEED = Column("speed_hint_tps", "tokens / s", number=True)
TIER = Column("quality_tier", "tier")


@everywhere()
@click.command(
    context_settings=NAMED_ALIKE,
)
@profile_option
@query_options
@workload_options
@as_of
@click.pass_obj
def frontier(settings: Settings, /, as_of: str | None, **options: object) -> None:
    """Print the models that no other model beats on cost, speed and quality score together.

    A model beats another if it is at least as good in all three and better in one. An unknown
    value counts as the worst; among models without a score the tier counts. With --task the score
    is that for the task. The cost is that of the workload, else the blended price. Exits
    with 3 if no model matches.
    """
    load = workload(options)
    query = criteria(options)
    with opened(settings, as_of) as catalog:
        rows = find_frontier(catalog, query, load)
        if not rows:
            raise no_match(catalog, query, load)
        models = aged(settings, catalog, priced(map(catalog.entry, rows), load))
    if settings.json:
        terminal.print_json({"total": len(models), "models": models})
        return
    task = query.get("task")
    score = Column(f"{task}_score" if task in SCORED_TASKS else "quality_score", "score")
    columns = (MODEL, BLENDED if load is None else USD, SPEED, score, TIER)
    terminal.print_table(settings, columns, (cells(model, columns) for model in models))
