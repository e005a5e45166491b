"""The history of a model: past and present opinions with their times, and its past names."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import NamedTuple, cast

from modeldex.errors import InvalidQuery
from modeldex.history.diff import restored
from modeldex.query.catalog import Catalog
from modeldex.query.lookup import find
from modeldex.storage.parameters import named_parameters
from modeldex.storage.schema.plausibility import Aliases
from modeldex.storage.schema.price_sheets import ALWAYS, counts, sheet_of
from modeldex.vocabulary.fields import BY_NAME, NAMES
from modeldex.vocabulary.likeness import did_you_mean

EVENTS = ("provider", "name", "family", "display_name", "retired_at", "live")
"""Fields of a model that have a history but no resolver."""

FIELDS = (*EVENTS, *NAMES)

_ID = "SELECT model_id FROM catalog WHERE provider = :provider AND name = :name"
_PAST = Aliases(opinions="past_capabilities", resolvers="past_resolvers")
_STATED = (
    "SELECT c.*, r.precedence, "
    + ", ".join(
        f"{counts(name, _PAST)} AS counts_{name}" for name in NAMES if counts(name) != ALWAYS
    )
    + " "
    "FROM past_capabilities c JOIN past_resolvers r ON r.name = c.resolver "
    f"{sheet_of('past_capabilities', 'past_resolvers')} "
    "JOIN catalog m ON m.model_id = c.model_id WHERE m.provider = :provider "
    "AND m.name = :name ORDER BY r.place DESC"
)
_BATCH = 500  # model ids per statement
_Times = tuple[int, str | None, str, str | None, str | None]


class Spell(NamedTuple):
    """One value with the period in which it was valid.

    `field` is a capability stated by `resolver`, or one of EVENTS, for which `resolver` is
    None. Times are UTC; `valid_to` is None while the value is current. `source_url` is the page
    that the resolver named last for it, if any.
    """

    field: str
    value: object
    resolver: str | None
    valid_from: str
    valid_to: str | None
    source_url: str | None = None


class Stated(NamedTuple):
    """One resolver's opinion on one field, its page, and whether it is the effective one."""

    field: str
    value: object
    resolver: str
    precedence: int
    observed_at: str
    wins: bool
    source_url: str | None = None


class _HistoryRow(NamedTuple):
    """One row of a history table: model, resolver, period, page, and the values of some fields."""

    model_id: int
    resolver: str | None
    valid_from: str
    valid_to: str | None
    source_url: str | None
    values: Sequence[object]


def history(
    catalog: Catalog, provider: str, name: str, field: str | None = None
) -> tuple[Spell, ...]:
    """Every value of a model's names and of each resolver's opinions, in order of time.

    `field` limits it to one of FIELDS. Raises ModelNotFound, and InvalidQuery for an unknown
    field.
    """
    if field is not None and field not in FIELDS:
        meant = did_you_mean(field, FIELDS)
        raise InvalidQuery("field", field, f"no such field; {meant}" if meant else "no such field")
    spec = find(catalog, provider, name).spec
    key = {"provider": spec.provider, "name": spec.name}
    [(model,)] = cast("list[tuple[int]]", catalog.rows(_ID, key))
    found = spells(catalog, [model], FIELDS if field is None else (field,))[model]
    return tuple(sorted(found, key=_when))


def _when(spell: Spell) -> tuple[str, int, str]:
    return spell.valid_from, FIELDS.index(spell.field), spell.resolver or ""


def spells(
    catalog: Catalog, models: Sequence[int], fields: Sequence[str]
) -> dict[int, list[Spell]]:
    """The periods of these fields by model id, of all resolvers."""
    found: dict[int, list[Spell]] = {model: [] for model in models}
    capabilities = [field for field in fields if field in BY_NAME]
    events = [field for field in fields if field in EVENTS]
    for first in range(0, len(models), _BATCH):
        part = models[first : first + _BATCH]
        for load, some in ((_opinions, capabilities), (_events, events)):
            rows = load(catalog, part, some) if some else []
            for (model, _resolver), history_rows in groupby(rows, key=lambda row: row[:2]):
                of_one = list(history_rows)
                for place, field in enumerate(some):
                    found[model].extend(_spells(of_one, field, place))
    return found


def _opinions(catalog: Catalog, models: Sequence[int], fields: Sequence[str]) -> list[_HistoryRow]:
    """Current and past opinions, sorted by model, resolver and time."""
    marks, bound = named_parameters("model", models)
    columns = ", ".join(fields)
    rows = catalog.rows(
        f"SELECT model_id, resolver, valid_from, valid_to, source_url, {columns} "
        "FROM capability_history "
        f"WHERE model_id IN ({marks}) AND valid_to > valid_from UNION ALL "
        f"SELECT model_id, resolver, changed_at, NULL, source_url, {columns} FROM capabilities "
        f"WHERE model_id IN ({marks})",
        bound,
    )
    history_rows = [_HistoryRow(*cast("_Times", row[:5]), row[5:]) for row in rows]
    return sorted(history_rows, key=lambda row: (*row[:3], _end(row)))


def _events(catalog: Catalog, models: Sequence[int], fields: Sequence[str]) -> list[_HistoryRow]:
    """Current and past names and states of models; rows replaced at the same time are left out."""
    marks, bound = named_parameters("model", models)
    rows = catalog.rows(
        "SELECT model_id, NULL, at, lead(at) OVER (PARTITION BY model_id ORDER BY id), NULL, "
        f"{', '.join(fields)} FROM model_history WHERE model_id IN ({marks}) ORDER BY model_id, id",
        bound,
    )
    history_rows = [_HistoryRow(*cast("_Times", row[:5]), row[5:]) for row in rows]
    return [row for row in history_rows if _end(row) > row.valid_from]


def _end(row: _HistoryRow | Spell) -> str:
    """The end of the period as sortable text; "~", for a current row, sorts last."""
    return row.valid_to or "~"


def _spells(rows: Iterable[_HistoryRow], field: str, place: int) -> Iterator[Spell]:
    """The periods of one field in rows sorted by time; adjoining equal values are joined."""
    spell: Spell | None = None
    for row in rows:
        value = restored(field, cast("float | str | None", row.values[place]))
        if spell and spell.value == value and _end(spell) >= row.valid_from:
            page = row.source_url or spell.source_url
            spell = spell._replace(valid_to=row.valid_to, source_url=page)
            continue
        if spell and spell.value is not None:
            yield spell
        spell = Spell(field, value, *row[1:5])
    if spell and spell.value is not None:
        yield spell


def opinions_of(catalog: Catalog, provider: str, name: str) -> list[Stated]:
    """All opinions on a model at the catalog's moment."""
    rows = catalog.table(_STATED, {"provider": provider, "name": name})
    winners: dict[str, object] = {}
    return [
        Stated(
            field, restored(field, row[field]), row["resolver"], row["precedence"],
            row["observed_at"],
            wins=bool(row.get(f"counts_{field}", True))
            and winners.setdefault(field, row["resolver"]) == row["resolver"],
            source_url=row["source_url"],
        )
        for row in rows
        for field in NAMES
        if row[field] is not None
    ]  # fmt: skip
