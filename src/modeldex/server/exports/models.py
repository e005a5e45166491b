"""Selection of the models of an export, and their rows."""

from pydantic import Field

from modeldex.query.catalog import Catalog
from modeldex.query.conditions import conditions
from modeldex.query.rows import SqlRow
from modeldex.server import parameter_types as types
from modeldex.server.parameters import Parameters
from modeldex.vocabulary.criteria import EVERYTHING
from modeldex.vocabulary.providers import canonical

BY_NAME = "ORDER BY c.provider, c.name"


class ModelFilters(Parameters):
    """Filters: all models that are not retired, or only those this server can call."""

    available: bool = Field(default=False, description="only models this server can call")
    provider: types.Text | None = Field(default=None, description="provider id or alias")


def export_rows(
    catalog: Catalog, given: ModelFilters, columns: str, joined: str = "", tail: str = BY_NAME
) -> list[SqlRow]:
    """Select columns of `catalog c` and of tables joined to it for all models of an export.

    `joined` is a JOIN clause; `tail` is everything after WHERE.
    """
    criteria: dict[str, object] = {**EVERYTHING, "available": given.available}
    if given.provider is not None:
        criteria["provider"] = canonical(given.provider)
    found = conditions(criteria, catalog.scope)
    where = " AND ".join(["c.retired_at IS NULL", *(each.sql for each in found)])
    bound = {name: value for each in found for name, value in each.parameters.items()}
    return catalog.rows(f"SELECT {columns} FROM catalog c {joined} WHERE {where} {tail}", bound)
