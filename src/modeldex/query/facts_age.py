"""How old the facts are that decide an answer, and whether the clock can be right at all.

`facts_from` of an offer is the older of two days: the newest on which a source that lists the offer
stated so, and the newest on which somebody stated the price that counts. A data set counts with the
day of its edition, a host with the day of its last answer, any other opinion with its
`observed_at`. Windows, modalities and dates of release belong to a release and do not age.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Any, NamedTuple, cast

from modeldex.query.catalog import Catalog
from modeldex.vocabulary import clock
from modeldex.vocabulary.entry import CatalogEntry

OLD = 45
"""Days after which facts may well have changed."""

_ALWAYS = "9999"
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_BATCH = 200
"""Offers per statement; each is two bound parameters."""

_PRICES = ("input_cost_per_1m", "output_cost_per_1m")
_STEPS = (
    "SELECT name, token, started_at FROM run_steps WHERE id IN (SELECT max(id) FROM run_steps "
    "WHERE kind = 'source' AND status <> 'failed' AND error IS NULL AND started_at <= :upto "
    "GROUP BY name)"
)
# CROSS JOIN fixes SQLite's join order.
_LISTED = (
    "SELECT c.provider, c.name, s.source, s.last_seen FROM catalog c "
    "CROSS JOIN sightings s WHERE s.model_id = c.model_id AND s.missing_since IS NULL "
    "AND (c.provider, c.name) IN (VALUES {})"
)
_PRICED = (
    f"SELECT c.provider, c.name, o.resolver, o.observed_at, {', '.join('o.' + p for p in _PRICES)} "
    "FROM catalog c CROSS JOIN {}capabilities o WHERE o.model_id = c.model_id "
    f"AND ({' OR '.join(f'o.{p} IS NOT NULL' for p in _PRICES)}) "
    "AND (c.provider, c.name) IN (VALUES {})"
)
_NEWEST = (
    "SELECT substr(max(started_at), 1, 10), max(CASE WHEN token LIKE '____-__-__%' "
    "THEN substr(token, 1, 10) END) FROM run_steps"
)
_SLACK = timedelta(days=1)
_YEARS = timedelta(days=2 * 365)

_Key = tuple[str, str]


class _Priced(NamedTuple):
    """One opinion on prices, in the order of _PRICES, and its day."""

    resolver: str
    day: str
    prices: Sequence[float | None]


def dated(catalog: Catalog, entries: Sequence[CatalogEntry]) -> list[CatalogEntry]:
    """Return the entries with `facts_from`, an ISO date; None where no day is known."""
    days = _days(catalog)
    found: list[CatalogEntry] = []
    for start in range(0, len(entries), _BATCH):
        found += _dated(catalog, entries[start : start + _BATCH], days)
    return found


def _dated(
    catalog: Catalog, entries: Sequence[CatalogEntry], days: Mapping[str, str]
) -> Iterator[CatalogEntry]:
    which, bound = _named(entries)
    past = "" if catalog.moment is None else "past_"
    listed: dict[_Key, dict[str, str]] = defaultdict(dict)
    for row in cast("list[Any]", catalog.rows(_LISTED.format(which), bound)):
        provider, name, source, seen = row
        listed[provider, name][source] = days.get(source, seen[:10])
    priced: dict[_Key, list[_Priced]] = defaultdict(list)
    for row in cast("list[Any]", catalog.rows(_PRICED.format(past, which), bound)):
        provider, name, resolver, observed_at, *prices = row
        priced[provider, name].append(_Priced(resolver, observed_at[:10], prices))
    for entry in entries:
        key = entry.spec.provider, entry.spec.name
        day = min(_deciding(entry, listed[key], priced[key]), default=None)
        yield entry._replace(facts_from=day)


def _days(catalog: Catalog) -> dict[str, str]:
    """The day of the data of each source: of its edition, else of its last answer."""
    rows = catalog.rows(_STEPS, {"upto": catalog.moment or _ALWAYS})
    return {str(name): _day(token) or str(started)[:10] for name, token, started in rows}


def _day(token: object) -> str | None:
    found = _DAY.match(str(token))
    return found[0] if found else None


def _named(entries: Sequence[CatalogEntry]) -> tuple[str, dict[str, str]]:
    """Rows of parameters for VALUES, and what they bind."""
    bound: dict[str, str] = {}
    for n, entry in enumerate(entries):
        bound |= {f"provider_{n}": entry.spec.provider, f"name_{n}": entry.spec.name}
    return ", ".join(f"(:provider_{n}, :name_{n})" for n in range(len(entries))), bound


def _deciding(
    entry: CatalogEntry, listed: Mapping[str, str], priced: Iterable[_Priced]
) -> Iterator[str]:
    """The days on which the offer and each of its prices were last stated."""
    if listed:
        yield max(listed.values())
    # What the list of a data set or host still has, it states again with each answer.
    again = {**listed, **{f"{source}_api": day for source, day in listed.items()}}
    stated = [(max(o.day, again.get(o.resolver, "")), o.prices) for o in priced]
    for place, field in enumerate(_PRICES):
        price = entry.value(field)
        same = [day for day, prices in stated if price is not None and prices[place] == price]
        if same:
            yield max(same)


def oldest(entries: Iterable[CatalogEntry]) -> str | None:
    """The oldest `facts_from` of these; None if no day is known."""
    return min((each.facts_from for each in entries if each.facts_from), default=None)


def age_remark(facts_from: str | None) -> str | None:
    """What a person should know of facts of this day: None unless they are old."""
    days = 0 if facts_from is None else (clock.today() - date.fromisoformat(facts_from)).days
    if days <= OLD:
        return None
    return f"the oldest facts here are of {facts_from}, {days} days ago; newer: modeldex refresh"


def clock_remark(catalog: Catalog) -> str | None:
    """What is wrong with the clock of this machine by the data of the catalog; None if nothing."""
    [(ran, edition)] = cast("list[tuple[str | None, str | None]]", catalog.rows(_NEWEST))
    today, newest = clock.today(), max(ran or "", edition or "")
    said = f"the clock of this machine says {today}"
    if newest and date.fromisoformat(newest) > today + _SLACK:
        return f"{said}, but the catalog has data of {newest}: set the clock"
    if edition and date.fromisoformat(edition) < today - _YEARS:
        return (
            f"{said}, years after the newest data, of {edition}: set the clock, or if it is right "
            "update modeldex"
        )
    return None
