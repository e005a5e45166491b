"""Rows of a query as catalog entries."""

from collections.abc import Mapping
from typing import Any

from modeldex.query.compile import COLUMNS
from modeldex.vocabulary.ends import days_left
from modeldex.vocabulary.entry import CatalogEntry, OfferSpec
from modeldex.vocabulary.fields import FIELDS

SqlRow = tuple[object, ...]
TableRow = Mapping[str, Any]
"""A row of a table or view that is not a catalog entry, by column name; None is NULL."""


_FIRST = COLUMNS.index(FIELDS[0].name)
_FIELDS = tuple((_FIRST + i, f.name, f.kind) for i, f in enumerate(FIELDS))
_OTHER_PRICES = COLUMNS.index("other_prices")
_FLAGS = {0: False, 1: True}


def entry_of(row: tuple[Any, ...], today: str) -> CatalogEntry:
    """One row of compile.COLUMNS as a catalog entry, whose days left count from `today`."""
    # Not by functions of the kinds: this runs for each row of each query. A damaged flag stays what
    # it is, so that it is found as one.
    known = {
        name: _FLAGS.get(value, value)
        if kind == "flag"
        else frozenset(value.split(","))
        if kind == "set"
        else value
        for place, name, kind in _FIELDS
        if (value := row[place]) is not None
    }
    provider, name, family, display_name, retired_at, live, window, price = row[:_FIRST]
    provider_class, names = row[-2:]
    aliases = tuple(sorted(names.split("\n"))) if names else ()
    spec = OfferSpec(provider, name, family, display_name, aliases)
    left = days_left(ends, today) if (ends := known.get("retires_at")) else None
    entry = CatalogEntry(
        spec, known, window, price, None, None, live == 1, retired_at, provider_class,
        days_left=left,
    )  # fmt: skip
    return entry if ".." not in (row[_OTHER_PRICES] or "") else _with_change(entry)


def _with_change(entry: CatalogEntry) -> CatalogEntry:
    """The entry of an offer with dated prices, with the next change of its price."""
    from modeldex.vocabulary.price_rule import price_change

    return entry._replace(price_change=price_change(entry.capabilities))
