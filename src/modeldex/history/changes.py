"""What changed in a catalog between two moments: new models, gone models, changed values.

A model is present while a source sees it; one without any sighting, such as a model that
was only measured, is present while it is not retired.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple, cast

from modeldex.errors import InvalidQuery
from modeldex.history import timeline
from modeldex.history.diff import restored
from modeldex.history.timeline import Spell
from modeldex.query.as_of import BORN
from modeldex.query.catalog import Catalog
from modeldex.vocabulary.fields import BY_NAME, NAMES
from modeldex.vocabulary.limits import WINDOW, WITHIN
from modeldex.vocabulary.providers import canonical
from modeldex.vocabulary.timestamps import When, is_relative, parse_moment

KINDS = ("new", "gone", "price", "limits", "flags", "state", "other")
"""Kinds of change; `state` is whether a live source sees the model, and its lifecycle."""

_STATE = ("live", "lifecycle", "deprecated_at", "retires_at", "replacement")
_PRICE = ("other_prices", "price_basis")
_COMPARED = ("provider", "name", "family", "display_name", "live", *NAMES)
_SEEN = "SELECT 1 FROM sightings s WHERE s.model_id = c.model_id"
_MODELS = f"""SELECT c.model_id, c.retired_at IS NULL
    AND (EXISTS ({_SEEN} AND s.missing_since IS NULL) OR NOT EXISTS ({_SEEN})) AS there,
  {", ".join("c." + name for name in _COMPARED)} FROM catalog c"""
_SIGHTINGS = "SELECT model_id, source, first_seen, missing_since FROM sightings ORDER BY source"
_NOW, _ENDLESS = "~", "~~"  # as text, both sort after every ISO 8601 time

_Origin = tuple[tuple[str, ...], str | None]
"""The sources or the resolver of a change, and since when, in UTC."""


class CatalogChange(NamedTuple):
    """A new or gone model, or one value of a model before and after.

    `kind` is one of KINDS. `old` and `new` are values of `field`, None for unknown; `field` is
    None for a model that is new or gone. `ratio` is the new price divided by the old one. `by`
    names the resolver of the new value (of the old one if the new one is unknown), or the
    sources that see or saw the model; `at` is the time of that statement, in UTC.
    """

    kind: str
    provider: str
    name: str
    field: str | None
    old: object
    new: object
    ratio: float | None
    by: tuple[str, ...]
    at: str | None

    @property
    def id(self) -> str:
        """`provider/name`."""
        return f"{self.provider}/{self.name}"


class _Model(NamedTuple):
    """A model at one of the moments: whether it is present, and the columns of _COMPARED."""

    there: bool
    values: tuple[object, ...]


class _Side(NamedTuple):
    """The catalog at one of the two moments: its models by id, and the order of resolvers.

    `moment` is _NOW for the present. `places` lists the resolvers by falling precedence, after
    None, the resolver of values that have none (names and the like).
    """

    catalog: Catalog
    moment: str
    models: Mapping[int, _Model]
    places: Sequence[str | None]

    def there(self, model: int) -> bool:
        """Whether the model is present."""
        return model in self.models and self.models[model].there


class _Sighting(NamedTuple):
    model: int
    source: str
    first_seen: str
    missing_since: str | None


def changes(
    catalog: Catalog,
    since: When,
    until: When | None = None,
    kinds: Collection[str] = (),
    providers: Collection[str] = (),
) -> tuple[CatalogChange, ...]:
    """The differences between the moments `since` and `until` (default: now).

    A span of time as `since` reaches back to the beginning of the history at most. `kinds` and
    `providers` filter the result; it is sorted by kind (as KINDS), model and field. Raises
    InvalidQuery for a moment outside the history and for an unknown kind.
    """
    for kind in kinds:
        if kind not in KINDS:
            raise InvalidQuery("kind", kind, f"expected one of {', '.join(KINDS)}")
    then, later = catalog.as_of(beginning(catalog, since), "since"), catalog.as_of(until, "until")
    if (later.moment or _NOW) < str(then.moment):
        raise InvalidQuery("until", str(until), f"is before `since` ({then.moment})")
    before, after = _side(then), _side(later)
    wanted = set(map(canonical, providers))
    models = [id_ for id_, m in after.models.items() if not wanted or m.values[0] in wanted]
    found = _new_and_gone(catalog, before, after, models)
    if not kinds or not {"new", "gone"}.issuperset(kinds):
        found += _altered(catalog, before, after, models)
    return tuple(sorted((c for c in found if not kinds or c.kind in kinds), key=_place))


def beginning(catalog: Catalog, since: When) -> When:
    """The moment that is meant: `since`, or the birth of the catalog if a span is longer."""
    [(born,)] = catalog.rows(BORN) or [("",)]
    if is_relative(since) and parse_moment("since", since) < str(born):
        return str(born)
    return since


def kind_of(field: str) -> str:
    """The kind of change that this field belongs to, one of KINDS."""
    known = BY_NAME.get(field)
    if field in _STATE:
        return "state"
    if field in _PRICE or (known and known.kind == "price"):
        return "price"
    if known and known.unit == "tokens":
        return "limits"
    return "flags" if known and known.kind == "flag" else "other"


def _place(change: CatalogChange) -> tuple[int, str, str, int]:
    field = _COMPARED.index(change.field) if change.field else -1
    return KINDS.index(change.kind), change.provider, change.name, field


def _side(catalog: Catalog) -> _Side:
    rows = cast("list[tuple[int, object]]", catalog.rows(_MODELS))
    table = "past_resolvers" if catalog.moment else "resolvers"
    places = catalog.rows(f"SELECT name FROM {table} ORDER BY place DESC")
    return _Side(
        catalog,
        catalog.moment or _NOW,
        {row[0]: _Model(bool(row[1]), row[2:]) for row in rows},
        [None, *(str(row[0]) for row in places)],
    )


def _new_and_gone(
    catalog: Catalog, before: _Side, after: _Side, models: Iterable[int]
) -> list[CatalogChange]:
    """The models that are present at only one of the two moments."""
    other = [id_ for id_ in models if before.there(id_) != after.there(id_)]
    seen = _sightings(after.catalog) if other else {}
    spells = timeline.spells(catalog, other, ("name", "retired_at"))
    found = []
    for id_ in other:
        of_one = [spell for spell in spells[id_] if spell.valid_from <= after.moment]
        sightings = seen.get(id_, [])
        if after.there(id_):
            kind, origin = "new", _new_origin(sightings, of_one, after.moment)
        else:
            kind, origin = "gone", _gone_origin(sightings, of_one, before.moment)
        provider, name = map(str, after.models[id_].values[:2])
        found.append(CatalogChange(kind, provider, name, None, None, None, None, *origin))
    return found


def _sightings(catalog: Catalog) -> dict[int, list[_Sighting]]:
    found: dict[int, list[_Sighting]] = {}
    for row in cast("list[tuple[int, str, str, str | None]]", catalog.rows(_SIGHTINGS)):
        found.setdefault(row[0], []).append(_Sighting(*row))
    return found


def _new_origin(seen: list[_Sighting], spells: list[Spell], until: str) -> _Origin:
    """The sources that see a new model, and since when it is named, not retired and seen."""
    present = [sighting for sighting in seen if sighting.missing_since is None]
    named = min(spell.valid_from for spell in spells if spell.field == "name")
    back = [s.valid_to for s in spells if s.field == "retired_at" and s.valid_to]
    since = [named, *(at for at in back if at <= until)]
    if present:
        since.append(min(sighting.first_seen for sighting in present))
    return tuple(sighting.source for sighting in present), max(since)


def _gone_origin(seen: list[_Sighting], spells: list[Spell], since: str) -> _Origin:
    """The sources that saw a gone model, and when the last one missed it or it was retired."""
    missing = [sighting.missing_since for sighting in seen if sighting.missing_since]
    ends = [s.valid_from for s in spells if s.field == "retired_at" and s.valid_from > since]
    if missing and len(missing) == len(seen):
        ends.append(max(missing))
    by = tuple(s.source for s in seen if s.missing_since is None or s.missing_since > since)
    return by, min(ends, default=None)


def _altered(
    catalog: Catalog, before: _Side, after: _Side, models: Iterable[int]
) -> list[CatalogChange]:
    """Every differing value of the models that are present at both moments."""
    differing = list(_differing(before, after, models))
    fields = {each: None for _, field, *_ in differing for each in _stated_as(field)}
    spells = timeline.spells(catalog, list(dict.fromkeys(d[0] for d in differing)), list(fields))
    found = []
    for id_, field, *stored in differing:
        old, new = (restored(field, cast("float | str | None", value)) for value in stored)
        of_field = [spell for spell in spells[id_] if spell.field in _stated_as(field)]
        provider, name = map(str, after.models[id_].values[:2])
        found.append(
            CatalogChange(
                kind_of(field), provider, name, field, old, new, _ratio(field, old, new),
                *(_stating(after, of_field, new) or _withdrawn(before, of_field, old)),
            )
        )  # fmt: skip
    return found


def _stated_as(field: str) -> tuple[str, ...]:
    """The fields of whose values one may be effective: a limit is at most the window."""
    return (field, WINDOW) if field in WITHIN else (field,)


def _differing(
    before: _Side, after: _Side, models: Iterable[int]
) -> Iterator[tuple[int, str, object, object]]:
    for id_ in models:
        if before.there(id_) and after.there(id_):
            pairs = zip(before.models[id_].values, after.models[id_].values, strict=True)
            for field, (old, new) in zip(_COMPARED, pairs, strict=True):
                if old != new:
                    yield id_, field, old, new


def _stating(side: _Side, spells: list[Spell], value: object) -> _Origin | None:
    """The resolver that states the value and since when; None if no resolver states it."""
    spell = _standing(side, spells, value)
    return ((spell.resolver,) if spell.resolver else (), spell.valid_from) if spell else None


def _withdrawn(side: _Side, spells: list[Spell], value: object) -> _Origin:
    """The resolver that stated the value, and until when."""
    spell = _standing(side, spells, value)
    return ((spell.resolver,) if spell.resolver else (), spell.valid_to) if spell else ((), None)


def _standing(side: _Side, spells: list[Spell], value: object) -> Spell | None:
    """The statement of the highest resolver among those that state the value at that moment."""
    standing = [
        spell
        for spell in spells
        if spell.value == value
        and spell.resolver in side.places
        and spell.valid_from <= side.moment < (spell.valid_to or _ENDLESS)
    ]
    return min(standing, key=lambda spell: side.places.index(spell.resolver), default=None)


def _ratio(field: str, old: object, new: object) -> float | None:
    """The new price divided by the old one; None unless both are known and the old is not 0."""
    if field not in BY_NAME or BY_NAME[field].kind != "price" or not old or new is None:
        return None
    return cast("float", new) / cast("float", old)
