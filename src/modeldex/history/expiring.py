"""Models that will be retired or are deprecated: the date, and the recommended replacement."""

from collections.abc import Iterable
from datetime import timedelta
from typing import NamedTuple, cast

from modeldex.query.catalog import Catalog
from modeldex.query.compile import compile_columns, compile_find
from modeldex.vocabulary import clock
from modeldex.vocabulary.criteria import EVERYTHING
from modeldex.vocabulary.timestamps import span

_COLUMNS = "c.provider, c.name, c.retires_at, c.deprecated_at, c.replacement, c.retired_at"
_EVENTS = ("retires", "deprecated")
_EVER = "9999-12-31"
_Prices = tuple[float | None, float | None]
_Row = tuple[str, str, str | None, str | None, str | None, str | None]


class Expiring(NamedTuple):
    """A model with the date of its retirement or deprecation.

    `event` is `retires` (it stops answering) or `deprecated` (its maker advises against it);
    `on` is the date, YYYY-MM-DD, or YYYY-MM if only the month is known; `past` is whether it
    has been reached. `replacement` is the maker's recommendation; if the catalog has that
    model, `replacement_id` is its `provider/name`, with its prices in USD per 1M tokens.
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
    """The models whose date has passed or lies within a time span (None: any), by date.

    One row per model: its retirement if that is within the span, else its deprecation. Models
    marked retired are left out. `available=False` includes models that cannot be called from
    here. Raises InvalidQuery for an invalid span.
    """
    until = _EVER if within is None else _day(span("within", within))
    criteria = {**EVERYTHING, "available": available}
    rows = catalog.rows(*compile_columns(_COLUMNS, criteria, catalog.scope))
    found = [
        Expiring(provider, name, event, on, on <= catalog.scope.today, replacement)
        for provider, name, *days, replacement, retired_at in cast("list[_Row]", rows)
        for event, on in _next(days, until)
        if retired_at is None
    ]
    found.sort(key=lambda each: (each.on, each.provider, each.name))
    return tuple(_with_replacement(catalog, each) for each in found)


def _day(ahead: timedelta) -> str:
    """The UTC date this far ahead; 9999-12-31 if it is beyond."""
    try:
        return (clock.now() + ahead).date().isoformat()
    except OverflowError:
        return _EVER


def _next(days: Iterable[str | None], until: str) -> list[tuple[str, str]]:
    """The first event on or before `until`, as a list of one or none: retirement first."""
    near = [(event, on) for event, on in zip(_EVENTS, days, strict=True) if on and on <= until]
    return near[:1]


def _with_replacement(catalog: Catalog, expiring: Expiring) -> Expiring:
    """The row with id and prices of the replacement, if its provider has that model."""
    if expiring.replacement is None:
        return expiring
    for row in catalog.rows(*compile_find(expiring.provider, expiring.replacement)):
        other = catalog.entry(row)
        prices = other.value("input_cost_per_1m"), other.value("output_cost_per_1m")
        return Expiring(*expiring[:6], other.id, *cast("_Prices", prices))
    return expiring
