"""The opinions on one model, with their age and the samples behind what was measured."""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any, NamedTuple, cast

from modeldex.query.catalog import Catalog
from modeldex.vocabulary.fields import BY_NAME

MEASURED_BY = "perf_lab"

Key = dict[str, str]
"""Provider and name of a model, as parameters of a statement."""

_OPINIONS = (
    "SELECT field, value, resolver, precedence, observed_at, changed_at, wins, source_url, doubt "
    "FROM provenance "
    "WHERE provider = :of_provider AND name = :of_name"
)
_FIGURES = (
    "SELECT field, value, n, oldest, newest FROM measured_figures "
    "WHERE provider = :of_provider AND name = :of_name"
)
_HOSTS = (
    "SELECT DISTINCT host FROM measurements WHERE provider = :of_provider AND name = :of_name "
    "AND host IS NOT NULL AND {} IS NOT NULL AND measured_at BETWEEN :oldest AND :newest "
    "ORDER BY host"
)
_FIGURE_OF = {"speed_hint_tps": "tokens_per_second", "quality_tier": "quality_score"}
"""The column of `measurements` behind a field, where its name differs."""

_TYPES: dict[str, Callable[[Any], Any]] = {
    "flag": lambda stored: bool(int(stored)),
    "count": int,
    "price": float,
    "rate": float,
    "set": lambda stored: tuple(str(stored).split(",")),
}


class Measured(NamedTuple):
    """The samples behind a measured opinion: number of requests, oldest, newest, hosts."""

    n: int
    oldest: str
    newest: str
    hosts: tuple[str, ...]


class Opinion(NamedTuple):
    """One resolver's opinion on one field.

    `observed_at` is when the value was true according to the resolver, `changed_at` when its
    row for the model last changed; `age` is the time since `observed_at`, in seconds. `value`
    has the field's type, a set as a sorted tuple. `measured` is set for measured opinions,
    `source_url` is the page that states it, where its resolver names one, `doubt` why it does not
    count, where it is not believed.
    """

    field: str
    value: object
    resolver: str
    precedence: int
    observed_at: str
    changed_at: str
    age: float
    wins: bool
    measured: Measured | None
    source_url: str | None = None
    doubt: str | None = None


def opinions(catalog: Catalog, key: Key, now: datetime) -> Iterator[Opinion]:
    """Every opinion on a model; ages refer to `now`."""
    measured = _measured(catalog, key)
    for row in cast("list[Any]", catalog.rows(_OPINIONS, key)):
        field, stored, resolver, precedence, observed_at, changed_at, wins, page, doubt = row
        value = _value(field, stored)
        samples = measured.get((field, value)) if resolver == MEASURED_BY else None
        age = (now - datetime.fromisoformat(observed_at)).total_seconds()
        yield Opinion(
            field, value, resolver, precedence, observed_at, changed_at, age, bool(wins), samples,
            page, doubt,
        )  # fmt: skip


def _value(field: str, stored: object) -> object:
    return _TYPES.get(BY_NAME[field].kind, str)(stored)


def _measured(catalog: Catalog, key: Key) -> dict[tuple[str, object], Measured]:
    """The samples by field and measured value.

    The value is part of the key because a `perf_lab` row may be edited by hand: an opinion
    with another value does not come from the samples.
    """
    found = {}
    for field, stored, n, oldest, newest in cast("list[Any]", catalog.rows(_FIGURES, key)):
        if stored is not None:
            sql = _HOSTS.format(_FIGURE_OF.get(field, field))
            hosts = catalog.rows(sql, {**key, "oldest": oldest, "newest": newest})
            found[field, _value(field, stored)] = Measured(
                n, oldest, newest, tuple(str(host) for (host,) in hosts)
            )
    return found
