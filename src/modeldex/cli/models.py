"""Tables of models: selection, order and columns."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from modeldex.cli import terminal
from modeldex.cli.settings import Settings
from modeldex.cli.terminal import Column
from modeldex.cli.workload import USD, cells
from modeldex.query.catalog import Catalog
from modeldex.vocabulary.entry import CatalogEntry

if TYPE_CHECKING:
    from modeldex.vocabulary.workloads import Workload

COLUMNS = (
    Column("id", "model"),
    Column("usable_context", "context", terminal.tokens, number=True),
    Column("input_cost_per_1m", "$in/1M", terminal.money, number=True),
    Column("output_cost_per_1m", "$out/1M", terminal.money, number=True),
    Column("quality_tier", "tier"),
    Column("release_date", "released"),
)
ENDS = Column("retires_at", "ends")


def ranked(
    catalog: Catalog, query: Mapping[str, object], load: "Workload | None", how: dict[str, Any]
) -> list[CatalogEntry]:
    """The models that meet the criteria, best first; with a workload each has its `cost`.

    `how` are the options of `selection_options` that are set.
    """
    if load is None and not how:
        return catalog.entries(query)
    from modeldex.query.selection import Selection, select_entries

    return select_entries(catalog, query, Selection(load, **how))


def print_models(settings: Settings, models: list[CatalogEntry]) -> None:
    """Print one line per model, with the cost of the workload and ends that are ahead, if any."""
    columns = (*COLUMNS, USD) if any(model.cost for model in models) else COLUMNS
    if any(model.days_left is not None and model.days_left >= 0 for model in models):
        columns = (*columns, ENDS)
    terminal.print_table(settings, columns, (cells(model, columns) for model in models))
