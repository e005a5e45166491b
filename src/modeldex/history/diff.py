"""The differences between two catalog files: added models, gone models, changed values.

A model is present while a source sees it; one without any sighting, such as a model that
was only measured, is present while it is not retired.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from modeldex.storage.sqlite.connection import translated, uri
from modeldex.storage.sqlite.open import open_reader
from modeldex.vocabulary.fields import BY_NAME, NAMES
from modeldex.vocabulary.normalize import OfferKey

_IDENTITY = ("family", "display_name", "live")
_COMPARED = (*_IDENTITY, *NAMES)
_SEEN_BY = "SELECT source FROM {s}.sightings WHERE model_id = m.id AND missing_since IS NULL"
_THERE = (
    f"SELECT m.provider, m.name, (SELECT group_concat(source, char(10)) FROM ({_SEEN_BY} "
    "ORDER BY source)) FROM {s}.models m WHERE m.retired_at IS NULL AND "
    f"(EXISTS ({_SEEN_BY}) OR NOT EXISTS "
    "(SELECT 1 FROM {s}.sightings WHERE model_id = m.id)) ORDER BY m.provider, m.name"
)
_CHANGED = (
    f"SELECT a.provider, a.name, {', '.join(f'b.{c}, a.{c}' for c in _COMPARED)} "
    "FROM main.catalog a JOIN before.catalog b ON b.provider = a.provider AND b.name = a.name "
    f"WHERE {' OR '.join(f'a.{c} IS NOT b.{c}' for c in _COMPARED)} ORDER BY a.provider, a.name"
)
_WINNERS = "SELECT provider, name, resolver FROM {s}.provenance WHERE field = ? AND wins"


class Offer(NamedTuple):
    """A model that is present in only one of the files, and the sources that see it there."""

    provider: str
    name: str
    sources: tuple[str, ...]

    @property
    def id(self) -> str:
        """`provider/name`."""
        return f"{self.provider}/{self.name}"


class Change(NamedTuple):
    """One effective value of a model before and after; None is unknown.

    `field` is a capability, family, display_name or live. `resolver` is that of the new value,
    or of the old one if the new one is unknown; None if no resolver states it.
    """

    provider: str
    name: str
    field: str
    old: object
    new: object
    resolver: str | None

    @property
    def id(self) -> str:
        """`provider/name`."""
        return f"{self.provider}/{self.name}"


class Difference(NamedTuple):
    """All differences, each part sorted by provider and name."""

    added: tuple[Offer, ...] = ()
    gone: tuple[Offer, ...] = ()
    changed: tuple[Change, ...] = ()


def difference(before: Path, after: Path) -> Difference:
    """The differences of the catalog at `after` from that at `before`; both are only read.

    A file of an older schema is migrated first. Raises CatalogError or a subclass.
    """
    open_reader(before).close()  # migrates it: ATTACH below would see the old schema
    with closing(open_reader(after)) as connection, translated(after):
        connection.execute("ATTACH ? AS before", (uri(before, "ro"),))
        old, new = _present(connection, "before"), _present(connection, "main")
        changes = list(_changes(connection, old.keys() & new.keys()))
        return Difference(
            tuple(offer for key, offer in new.items() if key not in old),
            tuple(offer for key, offer in old.items() if key not in new),
            tuple(_attributed(connection, changes)),
        )


def _present(connection: sqlite3.Connection, schema: str) -> dict[OfferKey, Offer]:
    rows = connection.execute(_THERE.format(s=schema))
    return {
        (provider, name): Offer(provider, name, tuple(sources.split("\n")) if sources else ())
        for provider, name, sources in rows
    }


def _changes(connection: sqlite3.Connection, keys: Iterable[OfferKey]) -> Iterator[Change]:
    """Every differing field of the models present in both files, without resolvers."""
    for provider, name, *values in connection.execute(_CHANGED):
        if (provider, name) in keys:
            for field, old, new in zip(_COMPARED, values[::2], values[1::2], strict=True):
                if old != new:
                    yield Change(
                        provider, name, field, restored(field, old), restored(field, new), None
                    )


def restored(field: str, stored: float | str | None) -> object:
    """The Python value of a stored column of the catalog."""
    if field in BY_NAME:
        return BY_NAME[field].restore(stored)
    return bool(stored) if field == "live" else stored


def _attributed(connection: sqlite3.Connection, changes: list[Change]) -> Iterator[Change]:
    """The changes with their resolvers."""
    # One query per changed field: with a fixed field, SQLite runs one branch of the view only.
    winners = {
        (field, schema): _winners(connection, field, schema)
        for field, schema in dict.fromkeys((c.field, _side(c)) for c in changes)
    }
    for change in changes:
        by_model = winners[change.field, _side(change)]
        yield change._replace(resolver=by_model.get((change.provider, change.name)))


def _side(change: Change) -> str:
    """The schema (file) in which the resolver of a change is looked up."""
    return "before" if change.new is None else "main"


def _winners(connection: sqlite3.Connection, field: str, schema: str) -> Mapping[OfferKey, str]:
    if field in _IDENTITY:
        return {}
    rows = connection.execute(_WINNERS.format(s=schema), (field,))
    return {(provider, name): resolver for provider, name, resolver in rows}
