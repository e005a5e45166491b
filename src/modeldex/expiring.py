"""What will stop answering, or is advised against: when, and what to take instead."""

from collections.abc import Iterable
from datetime import timedelta
from typing import NamedTuple, cast

from modeldex import clock, search
from modeldex.catalog import Catalog, as_record
from modeldex.moments import span

_ANY = {"mode": "any", "price_basis": "any", "include_deprecated": True}
_COLUMNS = "c.provider, c.name, c.retires_at, c.deprecated_at, c.replacement, c.retired_at"
_EVENTS = ("retires", "deprecated")
_EVER = "9999-12-31"
_Prices = tuple[float | None, float | None]
_Row = tuple[str, str, str | None, str | None, str | None, str | None]


class Expiring(NamedTuple):
    """A model with the day on which something happens to it.

    `event` is `retires`, from then on it does not answer, or `deprecated`, its maker advises
    against it; `on` is that day, ISO 8601, without a day where only the month is known, and
    `past` whether it has come. `replacement` is what its maker recommends; where this catalog
    knows it, `replacement_id` is its `provider/name`, with its prices in USD per 1M tokens.
    """

    provider: str
    name: str
    event: str
    on: str
    past: bool
    replacement: str | None
    replacement_id: str | None = None
    replacement_input_cost_per_1m: float | None = None
    replacement_output_cost_per_1m: float | None = None

    @property
    def id(self) -> str:
        """`provider/name`."""
        return f"{self.provider}/{self.name}"


def expiring(
    catalog: Catalog, within: timedelta | str | None = "30d", *, available: bool = True
) -> tuple[Expiring, ...]:
    """The models whose day has come or comes within a span of time, by day; None is any span.

    One row per model: its last day where that is near enough, else that of its deprecation.
    Retired ones are left out. `available=False` looks at everything known. Raises InvalidQuery
    for what is no span.
    """
    until = _EVER if within is None else _day(span("within", within))
    criteria = {**_ANY, "available": available}
    rows = catalog.rows(*search.compile_columns(_COLUMNS, criteria, catalog.scope))
    found = [
        Expiring(provider, name, event, on, on <= catalog.scope.today, replacement)
        for provider, name, *days, replacement, retired_at in cast("list[_Row]", rows)
        for event, on in _next(days, until)
        if retired_at is None
    ]
    found.sort(key=lambda each: (each.on, each.provider, each.name))
    return tuple(_known(catalog, each) for each in found)


def _day(ahead: timedelta) -> str:
    """The day so far ahead, in UTC; the last one there is where it is too far."""
    try:
        return (clock.now() + ahead).date().isoformat()
    except OverflowError:
        return _EVER


def _next(days: Iterable[str | None], until: str) -> list[tuple[str, str]]:
    """What comes by then: its last day, else its deprecation, else nothing."""
    near = [(event, on) for event, on in zip(_EVENTS, days, strict=True) if on and on <= until]
    return near[:1]


def _known(catalog: Catalog, expiring: Expiring) -> Expiring:
    """With what the catalog knows of the replacement, from the same provider."""
    if expiring.replacement is None:
        return expiring
    for row in catalog.rows(*search.compile_find(expiring.provider, expiring.replacement)):
        other = as_record(row)
        prices = other["input_cost_per_1m"], other["output_cost_per_1m"]
        return Expiring(*expiring[:6], str(other["id"]), *cast("_Prices", prices))
    return expiring
