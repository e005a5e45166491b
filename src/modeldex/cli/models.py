"""Tables of models: selection, order and columns."""

from typing import TYPE_CHECKING

from modeldex.cli import terminal
from modeldex.cli.settings import Settings
from modeldex.cli.terminal import Column
from modeldex.cli.workload import USD, cell, priced
from modeldex.query.catalog import Catalog
from modeldex.query.records import Record

if TYPE_CHECKING:
    from modeldex.vocabulary.workloads import Workload

COLUMNS = (
    Column("id", "model", wraps=True),
    Column("usable_context", "context", terminal.tokens, number=True),
    Column("input_cost_per_1m", "$ in / 1M", terminal.money, number=True),
    Column("output_cost_per_1m", "$ out / 1M", terminal.money, number=True),
    Column("quality_tier", "tier"),
    Column("release_date", "released"),
)


def ranked(
    catalog: Catalog, query: dict[str, object], load: "Workload | None", distinct: str | None
) -> list[Record]:
    """The models that meet the criteria, best first; with a workload each has its `cost`."""
    if load is None and distinct is None:
        return catalog.records(query)
    from modeldex.query.selection import select_records

    return [priced(model, load) for model in select_records(catalog, query, load, distinct)]


def print_models(settings: Settings, models: list[Record]) -> None:
    """Print one line per model, with the cost of the workload if there is one."""
    columns = (*COLUMNS, USD) if any("cost" in model for model in models) else COLUMNS
    terminal.print_table(settings, columns, ([cell(m, c) for c in columns] for m in models))
