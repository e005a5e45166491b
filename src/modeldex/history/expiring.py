"""Models that will be retired or are deprecated: the date, and the recommended replacement."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any, NamedTuple, cast

from modeldex.query.catalog import Catalog
from modeldex.query.compile import compile_columns
from modeldex.query.replacement import Replacements
from modeldex.vocabulary import clock
from modeldex.vocabulary.criteria import EVERYTHING
from modeldex.vocabulary.ends import last_day
from modeldex.vocabulary.timestamps import span

_COLUMNS = "c.provider, c.name, c.base, c.replacement, c.retires_at, c.deprecated_at, c.retired_at"
_EVENTS = ("retires", "deprecated")
_EVER = "9999-12-31"
_Prices = tuple[float | None, float | None]
_Row = tuple[str, str, str | None, str | None, str | None, str | None]


class Expiring(NamedTuple):
    """A model with the date of its retirement or deprecation.

    `event` is `retires` (it stops answering) or `deprecated` (its maker advises against it);
    `on` is the date, YYYY-MM-DD, or YYYY-MM, which means the last day of that month; `past` is
    whether it has been reached, and `days_left` the number of days until then, negative after it.
    `replacement` is the maker's recommendation, None if unknown. If a model of that name is in
    the catalog and lives on, `replacement_id` is its `provider/name`, with its prices in USD per
    1M tokens; of a recommended model that ends, too, it is that model's own replacement.
    """

    provider: str
    name: str
    event: str
    on: str
    past: bool
    days_left: int
    replacement: str | None
    replacement_id: str | None = None
    replacement_input_cost_per_1m: float | None = None
    replacement_output_cost_per_1m: float | None = None

    @property
    def id(self) -> str:
        """`provider/name`."""
        return f"{self.provider}/{self.name}"


def expiring(
    catalog: Catalog,
    within: timedelta | str | None = "30d",
    *,
    available: bool = True,
    past: bool = False,
) -> tuple[Expiring, ...]:
    """The models whose date lies ahead, within a time span (None: any), the nearest first.

    One row per model: its retirement if that is within the span, else its deprecation. Models
    marked retired are left out. `past` adds those whose date has been reached, the newest first.
    `available=False` includes models that cannot be called from here. Raises InvalidQuery for an
    invalid span.
    """
    until = _EVER if within is None else _day(span("within", within))
    criteria = {**EVERYTHING, "available": available}
    sql, bound = compile_columns(_COLUMNS, criteria, catalog.scope)
    rows = [row[:-1] for row in cast("list[Any]", catalog.rows(sql, bound)) if row[-1] is None]
    replacements = Replacements(catalog)
    found = [
        _expiring(replacements, row, event, on)
        for row in rows
        for event, on in _event(row, catalog.scope.today, until, past=past)
    ]
    return tuple(sorted(found, key=_order))


def _day(ahead: timedelta) -> str:
    """The UTC date this far ahead; 9999-12-31 if it is beyond."""
    try:
        return (clock.now() + ahead).date().isoformat()
    except OverflowError:
        return _EVER


def _event(row: _Row, today: str, until: str, *, past: bool) -> Iterator[tuple[str, str]]:
    """The event of a model, one or none: the first ahead, else, if asked for, the last reached."""
    dates = [(event, on) for event, on in zip(_EVENTS, row[4:], strict=True) if on]
    ahead = [each for each in dates if today < last_day(each[1]).isoformat() <= until]
    reached = [each for each in dates if past and last_day(each[1]).isoformat() <= today]
    yield from (ahead or reached)[:1]


def _expiring(replacements: Replacements, row: _Row, event: str, on: str) -> Expiring:
    provider, name, base, said = row[:4]
    ends = last_day(on)
    left = (ends - date.fromisoformat(replacements.today)).days
    known = provider, name, event, on, left <= 0, left, said
    other = replacements.of(provider, base, said, beyond=ends.isoformat()) if said else None
    if other is None:
        return Expiring(*known)
    prices = other.value("input_cost_per_1m"), other.value("output_cost_per_1m")
    return Expiring(*known, other.id, *cast("_Prices", prices))


def _order(each: Expiring) -> tuple[bool, int, str, str]:
    return each.past, abs(each.days_left), each.provider, each.name
