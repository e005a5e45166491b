"""The history of a model: who said what of it from when to when, and what it was called."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import NamedTuple, cast

from modeldex.catalog import Catalog, Record
from modeldex.difference import restored
from modeldex.errors import InvalidQuery
from modeldex.fields import BY_NAME, NAMES
from modeldex.lookup import find
from modeldex.search import named

EVENTS = ("provider", "name", "family", "display_name", "retired_at", "live")
"""What is kept of a model beside opinions."""

FIELDS = (*EVENTS, *NAMES)

_ID = "SELECT model_id FROM catalog WHERE provider = :provider AND name = :name"
_STATED = (
    "SELECT c.*, r.precedence FROM past_capabilities c "
    "JOIN past_resolvers r ON r.name = c.resolver "
    "JOIN past_models m ON m.model_id = c.model_id WHERE m.provider = :provider "
    "AND m.name = :name ORDER BY r.place DESC"
)
_AT_ONCE = 500
_Times = tuple[int, str | None, str, str | None]


class Spell(NamedTuple):
    """One value, and for how long it stood.

    `field` is a capability, of which `resolver` says the value, or one of EVENTS, of which
    nobody does. Times are UTC; `valid_to` is None while it stands.
    """

    field: str
    value: object
    resolver: str | None
    valid_from: str
    valid_to: str | None


class _Kept(NamedTuple):
    """One row of a history: whose it is, its times, and the values of some fields."""

    model_id: int
    resolver: str | None
    valid_from: str
    valid_to: str | None
    values: Sequence[object]


def history(
    catalog: Catalog, provider: str, name: str, field: str | None = None
) -> tuple[Spell, ...]:
    """Every value that a model had, or that a resolver gave to a field of it, in time order.

    Raises ModelNotFound, and InvalidQuery for a field that does not exist.
    """
    if field is not None and field not in FIELDS:
        raise InvalidQuery("field", field, "no such field" + _near(field))
    record = find(catalog, provider, name)
    [(model,)] = cast("list[tuple[int]]", catalog.rows(_ID, record))
    found = spells(catalog, [model], FIELDS if field is None else (field,))[model]
    return tuple(sorted(found, key=_when))


def _when(spell: Spell) -> tuple[str, int, str]:
    return spell.valid_from, FIELDS.index(spell.field), spell.resolver or ""


def _near(field: str) -> str:
    from difflib import get_close_matches

    near = get_close_matches(field, FIELDS, 3)
    return f"; did you mean {' or '.join(near)}?" if near else ""


def spells(
    catalog: Catalog, models: Sequence[int], fields: Sequence[str]
) -> dict[int, list[Spell]]:
    """Every value that these fields of some models had, or that a resolver gave, by model id."""
    found: dict[int, list[Spell]] = {model: [] for model in models}
    capabilities = [field for field in fields if field in BY_NAME]
    events = [field for field in fields if field in EVENTS]
    for first in range(0, len(models), _AT_ONCE):
        part = models[first : first + _AT_ONCE]
        for read, some in ((_opinions, capabilities), (_events, events)):
            rows = read(catalog, part, some) if some else []
            for (model, _resolver), kept in groupby(rows, key=lambda row: row[:2]):
                of_one = list(kept)
                for place, field in enumerate(some):
                    found[model].extend(_spells(of_one, field, place))
    return found


def _opinions(catalog: Catalog, models: Sequence[int], fields: Sequence[str]) -> list[_Kept]:
    """What resolvers say and said: of each model and resolver the first to the last."""
    marks, bound = named("model", models)
    columns = ", ".join(fields)
    rows = catalog.rows(
        f"SELECT model_id, resolver, valid_from, valid_to, {columns} FROM capability_history "
        f"WHERE model_id IN ({marks}) AND valid_to > valid_from UNION ALL "
        f"SELECT model_id, resolver, changed_at, NULL, {columns} FROM capabilities "
        f"WHERE model_id IN ({marks})",
        bound,
    )
    kept = [_Kept(*cast("_Times", row[:4]), row[4:]) for row in rows]
    return sorted(kept, key=lambda row: (*row[:3], _end(row)))


def _events(catalog: Catalog, models: Sequence[int], fields: Sequence[str]) -> list[_Kept]:
    """What models are and were called, and the like; what did not last is left out."""
    marks, bound = named("model", models)
    rows = catalog.rows(
        "SELECT model_id, NULL, at, lead(at) OVER (PARTITION BY model_id ORDER BY id), "
        f"{', '.join(fields)} FROM model_history WHERE model_id IN ({marks}) ORDER BY model_id, id",
        bound,
    )
    kept = [_Kept(*cast("_Times", row[:4]), row[4:]) for row in rows]
    return [row for row in kept if _end(row) > row.valid_from]


def _end(row: _Kept | Spell) -> str:
    """When it ended, as text that sorts; what still stands ends last."""
    return row.valid_to or "~"


def _spells(rows: Iterable[_Kept], field: str, place: int) -> Iterator[Spell]:
    """What rows in time order say of one field; a value that stays the same goes on."""
    spell: Spell | None = None
    for row in rows:
        value = restored(field, cast("float | str | None", row.values[place]))
        if spell and spell.value == value and _end(spell) >= row.valid_from:
            spell = spell._replace(valid_to=row.valid_to)
            continue
        if spell and spell.value is not None:
            yield spell
        spell = Spell(field, value, row.resolver, row.valid_from, row.valid_to)
    if spell and spell.value is not None:
        yield spell


def stated(catalog: Catalog, provider: str, name: str) -> list[Record]:
    """Who stated what of a model at the catalog's moment: rows as those of `provenance`."""
    rows = catalog.table(_STATED, {"provider": provider, "name": name})
    winners: dict[str, object] = {}
    return [
        {
            "field": field, "value": row[field], "resolver": row["resolver"],
            "precedence": row["precedence"], "observed_at": row["observed_at"],
            "wins": winners.setdefault(field, row["resolver"]) == row["resolver"],
        }
        for row in rows
        for field in NAMES
        if row[field] is not None
    ]  # fmt: skip
