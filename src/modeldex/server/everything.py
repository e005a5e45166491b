"""Selection of the models of an export, and their rows."""

from pydantic import Field

from modeldex import search
from modeldex.catalog import Catalog, Row
from modeldex.providers import canonical
from modeldex.server import wire
from modeldex.server.parameters import Parameters

_ANY = {"mode": "any", "price_basis": "any", "include_deprecated": True}

BY_NAME = "ORDER BY c.provider, c.name"


class Everything(Parameters):
    """Filters: all models that are not retired, or only those this server can call."""

    available: bool = Field(default=False, description="only models this server can call")
    provider: wire.Text | None = Field(default=None, description="provider id or alias")


def rows(
    catalog: Catalog, given: Everything, columns: str, joined: str = "", tail: str = BY_NAME
) -> list[Row]:
    """Select columns of `catalog c` and of tables joined to it for all models of an export.

    `joined` is a JOIN clause; `tail` is everything after WHERE.
    """
    criteria: dict[str, object] = {**_ANY, "available": given.available}
    if given.provider is not None:
        criteria["provider"] = canonical(given.provider)
    found = search.conditions(criteria, catalog.scope)
    where = " AND ".join(["c.retired_at IS NULL", *(each.sql for each in found)])
    bound = {name: value for each in found for name, value in each.parameters.items()}
    return catalog.rows(f"SELECT {columns} FROM catalog c {joined} WHERE {where} {tail}", bound)
