"""CatalogEntry: all that the catalog knows about one offer; each row of a query becomes one.

The records are of the standard library, so that a command can print a model without pydantic.
`modeldex.vocabulary.values.ModelWithCapabilities` is the same for users of the library.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from modeldex.vocabulary.ends import ending
from modeldex.vocabulary.fields import BY_NAME

if TYPE_CHECKING:
    from modeldex.vocabulary.workloads import WorkloadCost

FieldValue = bool | int | float | str | frozenset[str]
"""A known value of a capability, by its kind in `modeldex.vocabulary.fields`."""


def window(*sizes: int | None) -> int | None:
    """Return the window of an offer: the served one, else the documented one, else the cap."""
    return next((size for size in sizes if size is not None), None)


def usable_context(served: int | None, documented: int | None, cap: int | None) -> int | None:
    """Return the largest prompt in tokens: the window, or the prompt cap where that is smaller."""
    limits = (cap, window(served, documented))
    return min((limit for limit in limits if limit is not None), default=None)


class OfferSpec(NamedTuple):
    """The identity of one offer; `modeldex.vocabulary.values.ModelSpec` has the same fields."""

    provider: str
    name: str
    family: str | None = None
    display_name: str | None = None
    aliases: tuple[str, ...] = ()


class CatalogEntry(NamedTuple):
    """One offer: its identity, its known capabilities, and what it was chosen by.

    `capabilities` holds the known values by field: an unknown one is absent. `usable_context` is
    the window in tokens, or the prompt cap where that is smaller, and `blended_cost` the price in
    USD per 1M tokens that rank the offer;
    `cost` is that of the workload of the query, if it had one. `matched_alias` is the alias by
    which the offer was found. `live` is whether a live source lists it now; `retired_at` the time
    of its retirement. `provider_class` is what kind of business the provider is, such as host;
    `remark` what is to be known about how the offer was found; `price_change` the next change of
    input or output price within 30 days, USD per 1M tokens: `from 2026-12-01 4/20`; `days_left` in
    how many days it stops answering, below 0 after its announced end; `facts_from` the day of the
    oldest fact that decides about it, where `modeldex.query.facts_age` was asked for it.
    """

    spec: OfferSpec
    capabilities: Mapping[str, FieldValue]
    usable_context: int | None = None
    blended_cost: float | None = None
    cost: "WorkloadCost | None" = None
    matched_alias: str | None = None
    live: bool | None = None
    retired_at: str | None = None
    provider_class: str | None = None
    remark: str | None = None
    price_change: str | None = None
    days_left: int | None = None
    facts_from: str | None = None

    @property
    def ending(self) -> str | None:
        """Its end and its replacement in a few words; None where no end is known."""
        if self.days_left is None:
            return None
        known = self.capabilities
        return ending(str(known["retires_at"]), self.days_left, known.get("replacement"))

    @property
    def id(self) -> str:
        """The canonical text form, `provider/name`."""
        return f"{self.spec.provider}/{self.spec.name}"

    def value(self, column: str) -> object:
        """The value of a capability, or of another column of table `catalog`; None if unknown."""
        if column in BY_NAME:
            return self.capabilities.get(column)
        return getattr(self.spec if column in OfferSpec._fields else self, column)

    def found_by(self, name: str) -> "CatalogEntry":
        """The same entry, with `matched_alias` if that is the name by which it was found."""
        return self if name == self.spec.name else self._replace(matched_alias=name)
