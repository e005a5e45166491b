"""The catalog as of a past moment: runs the same SELECTs on the history tables.

Opinions, precedences, names, retirement and liveness are those of the moment. Aliases, cost
tiers and the keys of this process are today's. A source counts as having seen a model without
interruption since it first did, except for an absence that still lasts.
"""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import TypeVar

from modeldex import clock
from modeldex.constraints import columns
from modeldex.errors import InvalidQuery
from modeldex.schema import RANKING
from modeldex.views import MODEL_COLUMNS, merge

V = TypeVar("V")
When = datetime | date | timedelta | str
"""A moment as callers pass it: an aware datetime, a date, a text, or a timedelta ago."""

BORN = "SELECT value FROM about WHERE key = 'born_at'"
"""SQL: when the history begins: the creation of the catalog, or the cutoff of a prune."""

NAMED = (
    "SELECT model_id FROM model_history WHERE name = :name "
    "UNION ALL SELECT model_id FROM aliases WHERE alias = :name"
)
"""SQL: ids of the models that ever had the name or alias `:name`; the argument `only` of `at`."""

_SPAN = re.compile(r"(\d{1,9})([smhdw])", re.ASCII)
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def span(field: str, given: timedelta | str) -> timedelta:
    """Parse a time span: a timedelta, or a text such as 90m, 24h, 7d or 2w.

    `field` is the parameter's name in errors. Raises InvalidQuery if the span is invalid,
    negative or too long.
    """
    length = given if isinstance(given, timedelta) else _span(str(given))
    if length is None or length < timedelta():
        raise InvalidQuery(field, str(given), "expected a span of time such as 90m, 24h, 7d or 2w")
    return length


def _span(given: str) -> timedelta | None:
    found = _SPAN.fullmatch(given.strip().lower())
    try:
        return timedelta(**{_UNITS[found[2]]: int(found[1])}) if found else None
    except OverflowError:
        return None


def read(field: str, given: When, born: str = "") -> str:
    """Parse a moment to the catalog's text form: ISO 8601, UTC, milliseconds, `Z`.

    A date means its start in UTC. A text is ISO 8601, in UTC if it has no zone. A timedelta,
    or a text such as 24h, 7d or 2w, means that long ago. Raises InvalidQuery for an invalid
    moment, a naive datetime, the future, and a moment before `born`.
    """
    now = clock.now()
    try:
        moment = _moment(given, now).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise InvalidQuery(field, str(given), str(error)) from None
    if moment > now:
        raise InvalidQuery(field, str(given), "lies in the future")
    if (written := text(moment)) < born:
        reason = f"history begins at {born}, when the catalog was created or pruned"
        raise InvalidQuery(field, str(given), reason)
    return written


def text(moment: datetime) -> str:
    """An aware datetime in the catalog's text form."""
    written = moment.astimezone(UTC).isoformat(timespec="milliseconds")
    return written.removesuffix("+00:00") + "Z"


def _moment(given: When, now: datetime) -> datetime:
    """The moment as an aware datetime. Raises ValueError with the reason, or OverflowError."""
    if isinstance(given, datetime):
        if given.tzinfo is None:
            raise ValueError("a datetime without a zone; use datetime.now(UTC)")
        return given
    if isinstance(given, date):
        return datetime(given.year, given.month, given.day, tzinfo=UTC)
    ago = given if isinstance(given, timedelta) else _span(str(given))
    if ago is not None:
        return now - ago
    try:
        moment = datetime.fromisoformat(str(given).strip())
    except ValueError:
        raise ValueError("expected a time such as 2026-11-22T09:30Z, 2026-11-22 or 7d") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def at(
    sql: str, parameters: Mapping[str, V], moment: str, only: str = ""
) -> tuple[str, dict[str, V | str]]:
    """Rewrite a SELECT, and its parameters, to run on the catalog as of a past moment.

    CTEs shadow `catalog` and `sightings` with their past state and add `past_models`,
    `past_capabilities` and `past_resolvers`; `:today` becomes the day of the moment. The SELECT
    must not begin with WITH. `only`, a SELECT of model ids, restricts the past to these
    models, which is much faster.
    """
    bound: dict[str, V | str] = {**parameters, "moment": moment}
    if "today" in bound:
        bound["today"] = moment[:10]
    return _past(only) + sql, bound


@cache
def _past(only: str) -> str:
    """SQL: the WITH clause that defines the past tables; it ends before the SELECT."""
    tables = {
        "past_models": _models(_among(only)),
        "past_precedences": _PRECEDENCES,
        "past_resolvers": _RESOLVERS,
        "past_capabilities": _opinions(_among(only)),
        "past_effective": merge("past_capabilities c", "past_"),
        "catalog": _CATALOG,
        "sightings": _SIGHTINGS,
    }
    return "WITH " + ",\n".join(f"{name} AS ({sql})" for name, sql in tables.items()) + "\n"


def _among(only: str) -> str:
    return f" AND model_id IN ({only})" if only else ""


def _models(among: str) -> str:
    """SQL: the names and states of each model; ids of `model_history` are in order of time."""
    return f"""SELECT model_id, {MODEL_COLUMNS}, live FROM model_history
  WHERE id IN (SELECT max(id) FROM model_history WHERE at <= :moment{among} GROUP BY model_id)"""


def _opinions(among: str) -> str:
    """SQL: all opinions at the moment.

    A current opinion takes part from its `changed_at` on; it then replaces rows of the history
    of the same model and resolver, because a writer may set `changed_at` back.
    """
    fields = columns()
    return f"""SELECT model_id, resolver, {fields}, observed_at, changed_at
  FROM capabilities WHERE changed_at <= :moment{among}
UNION ALL SELECT model_id, resolver, {fields}, observed_at, valid_from
  FROM capability_history h WHERE valid_to > :moment AND valid_from <= :moment{among}
  AND NOT EXISTS (SELECT 1 FROM capabilities x WHERE x.model_id = h.model_id
    AND x.resolver = h.resolver AND x.changed_at <= :moment)"""


_PRECEDENCES = """SELECT name, precedence FROM resolver_history
  WHERE precedence IS NOT NULL AND id IN
    (SELECT max(id) FROM resolver_history WHERE at <= :moment GROUP BY name)"""

_RESOLVERS = """SELECT name, precedence, (SELECT count(*) FROM past_precedences x
    WHERE x.precedence < p.precedence OR (x.precedence = p.precedence AND x.name > p.name)) AS place
  FROM past_precedences p"""

_CATALOG = f"""SELECT e.*, {", ".join(f"{sql} AS {name}" for name, sql in RANKING.items())}
  FROM (SELECT m.*, {columns("e.")}
    FROM past_models m LEFT JOIN past_effective e ON e.model_id = m.model_id) e"""

_SIGHTINGS = """SELECT model_id, source, first_seen,
    CASE WHEN last_seen > :moment THEN :moment ELSE last_seen END AS last_seen,
    CASE WHEN missing_since <= :moment THEN missing_since END AS missing_since, missed
  FROM main.sightings WHERE first_seen <= :moment"""
