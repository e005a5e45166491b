"""Store sightings: the models a source lists, their aliases, and since when they are missing.

A model that is missing from a source's complete list is no longer live there. It is retired, which
hides it, if two consecutive lists over at least a day lack it and no other source lists it; only
the source that first listed a model may retire it. A list that shrank by more than half is
rejected.
"""

import sqlite3
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from modeldex.errors import SourceFailed
from modeldex.storage import record_listing
from modeldex.storage.batch import Batch, Rows, write
from modeldex.storage.insert import Insert
from modeldex.storage.parameters import named_parameters
from modeldex.storage.record_listing import Answer
from modeldex.storage.run_log import Step
from modeldex.storage.schema.columns import LINE
from modeldex.storage.sqlite.writer import Writer
from modeldex.vocabulary import clock
from modeldex.vocabulary.normalize import Identity, OfferKey
from modeldex.vocabulary.timestamps import now

GONE_AFTER = 2
"""Consecutive complete lists that must lack a model before it is retired."""

GONE_AFTER_SECONDS = 24 * 3600
"""Seconds for which a model must be missing before it is retired."""

SHRINK_FROM = 10
"""Lists and sets of opinions with fewer entries may shrink by any amount."""

_NEW_MODEL = Insert(
    "models",
    {
        **{name: f"{{{name}}}" for name in ("provider", "name", "family", "display_name")},
        "first_seen": "{now}", "last_seen": "{now}",
    },
)  # fmt: skip
_FILL_MODEL = (
    "UPDATE models SET family = coalesce(family, :family), "
    "display_name = coalesce(display_name, :display_name) "
    "WHERE provider = :provider AND name = :name"
)
_ID = "(SELECT id FROM models WHERE provider = :provider AND name = :name)"
_NEW_SIGHTING = Insert(
    "sightings",
    {"model_id": "m.id", "source": "{source}", "first_seen": "{now}", "last_seen": "{now}"},
    "models m",
    "m.provider = {provider} AND m.name = {name} "
    "AND NOT EXISTS (SELECT 1 FROM sightings s WHERE s.model_id = m.id AND s.source = {source})",
)
_SEEN_AGAIN = (
    "UPDATE sightings SET last_seen = :now, missing_since = NULL, missed = 0 "
    f"WHERE source = :source AND model_id = {_ID}"
)
_BACK = (
    "UPDATE models SET retired_at = NULL WHERE provider = :provider AND name = :name "
    "AND retired_at IS NOT NULL"
)
_MODEL_SEEN = "UPDATE models SET last_seen = :now WHERE provider = :provider AND name = :name"
ABSENT = "missing_since = coalesce(missing_since, :now), missed = missed + 1"
"""SQL: what is set in a sighting whose model the source does not list."""

_MISSING = f"UPDATE sightings SET {ABSENT} WHERE source = :source AND model_id = {_ID}"
# Not if another source lists the model now, or listed it earlier than this one.
RETIRE = (
    "UPDATE models SET retired_at = :now WHERE retired_at IS NULL AND id IN "
    "(SELECT s.model_id FROM sightings s WHERE s.source = :source AND s.missed >= :gone_after "
    "AND s.missing_since <= :gone_since AND NOT EXISTS (SELECT 1 FROM sightings o "
    "WHERE o.model_id = s.model_id AND o.source <> s.source "
    "AND (o.missing_since IS NULL OR o.first_seen < s.first_seen)))"
)
_NEW_ALIAS = (
    "INSERT INTO aliases (provider, alias, model_id) "
    "SELECT :provider, :alias, id FROM models WHERE provider = :provider AND name = :name "
    "AND NOT EXISTS (SELECT 1 FROM aliases WHERE provider = :provider AND alias = :alias)"
)
_FACTS = "m.provider, m.name, m.family, m.display_name, s.source, s.missing_since, s.missed"
_NOTE = (
    "INSERT INTO about (key, value) VALUES ('source:' || :source, :note) "
    "ON CONFLICT (key) DO UPDATE SET value = excluded.value WHERE about.value <> excluded.value"
)
# CROSS JOIN fixes SQLite's join order.
_OF_PROVIDERS = (
    f"SELECT {_FACTS} FROM models m "
    "LEFT JOIN sightings s ON s.model_id = m.id AND s.source = :source WHERE m.provider IN ({})"
)
_OF_SOURCE = (
    f"SELECT {_FACTS} FROM sightings s CROSS JOIN models m "
    "WHERE m.id = s.model_id AND s.source = :source"
)
_ALIASES = "SELECT provider, alias FROM aliases WHERE provider IN ({})"


class _Known(NamedTuple):
    family: str | None
    display_name: str | None
    sighted: bool
    missing: bool
    missed: int


def _known_models(
    connection: sqlite3.Connection, source: str, providers: Sequence[str]
) -> dict[OfferKey, _Known]:
    """Return the stored models of these providers and all that the source has ever listed."""
    marks, names = named_parameters("provider", providers)
    given = {"source": source, **names}
    rows = connection.execute(_OF_PROVIDERS.format(marks), given).fetchall()
    rows += connection.execute(_OF_SOURCE, {"source": source}).fetchall()
    return {
        (provider, name): _Known(family, display, by is not None, since is not None, missed or 0)
        for provider, name, family, display, by, since, missed in rows
    }


def _identity_batches(
    seen: Mapping[OfferKey, Identity], known: Mapping[OfferKey, _Known], common: Mapping[str, Any]
) -> Iterator[Batch]:
    def rows(wanted: Callable[[Identity, _Known | None], bool]) -> Rows:
        return [
            {**identity._asdict(), **common}
            for key, identity in seen.items()
            if wanted(identity, known.get(key))
        ]

    yield _NEW_MODEL, rows(lambda _i, k: k is None)
    yield (
        _FILL_MODEL,
        rows(
            lambda i, k: (
                k is not None
                and bool((i.family and not k.family) or (i.display_name and not k.display_name))
            )
        ),
    )
    yield _NEW_SIGHTING, rows(lambda _i, k: k is None or not k.sighted)
    yield _BACK, rows(lambda _i, k: k is not None and k.missing)
    yield _MODEL_SEEN, rows(lambda _i, k: k is not None)
    yield _SEEN_AGAIN, rows(lambda _i, k: k is not None and k.sighted)


def _check_shrinkage(name: str, seen: Mapping[OfferKey, Identity], present: int) -> None:
    if present >= SHRINK_FROM and 2 * len(seen) < present:
        raise SourceFailed(
            name,
            f"lists {len(seen)} models, previously {present}: rejected; "
            f"to accept it: modeldex refresh --accept {name}",
        )


def _lost(
    seen: Collection[OfferKey], known: Mapping[OfferKey, _Known], common: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """Return the models to count as missing once more, up to GONE_AFTER times."""
    return [
        {"provider": key[0], "name": key[1], **common}
        for key, model in known.items()
        if model.sighted and key not in seen and (not model.missing or model.missed < GONE_AFTER)
    ]


def day_ago() -> str:
    """The newest time at which a model that is retired now may have been missed first."""
    # Compared as text with stored times: .999 includes every millisecond of that second.
    return time.strftime("%Y-%m-%dT%H:%M:%S.999Z", time.gmtime(clock.wall() - GONE_AFTER_SECONDS))


class Kind(NamedTuple):
    """What is stored of a source: its kind, whether a key decides about it, where it comes from."""

    kind: str
    keyed: int = 0
    origin: str | None = None


def kind_batch(writer: Writer, name: str, kind: Kind) -> list[Batch]:
    """What stores the kind of a source, if it is not stored yet."""
    with writer.reading() as connection:
        stored = connection.execute(
            "SELECT kind, keyed, origin FROM sources WHERE name = :name", {"name": name}
        ).fetchone()
    if stored == kind:
        return []
    sql = (
        "INSERT INTO sources (name, kind, keyed, origin) VALUES (:source, :kind, :keyed, :origin)"
        if stored is None
        else "UPDATE sources SET kind = :kind, keyed = :keyed, origin = :origin "
        "WHERE name = :source"
    )
    return [(sql, [{**kind._asdict(), "source": name}])]


def write_source(
    writer: Writer,
    run_id: int,
    step: Step,
    kind: Kind,
    seen: Mapping[OfferKey, Identity],
    *,
    note: str | None = None,
    answer: Answer | None = None,
    accept: Collection[str] = (),
) -> Step:
    """Update models, sightings and aliases to one list of a source, by default a complete one.

    `note` is stored in the table `about` with the key `source:<name>`; `answer` says which listing
    it is, where the source has one for each key and address. Raises SourceFailed, and writes
    nothing, if the list has less than half as many models as the previous one and `accept` does
    not contain the source.
    """
    common = {"source": step.name, "now": now()}
    providers = sorted({provider for provider, _ in seen})
    with writer.reading() as connection:
        known = _known_models(connection, step.name, providers)
        marks, names = named_parameters("provider", providers)
        aliases = set(connection.execute(_ALIASES.format(marks), names).fetchall())
    earlier = record_listing.before(writer, answer.asked) if answer else None
    if step.name not in accept:
        present = sum(model.sighted and not model.missing for model in known.values())
        _check_shrinkage(step.name, seen, len(earlier.listed) if earlier else present)
    # What another key sees is not lost, and what is not in a part may be in the rest.
    still = seen.keys() | (earlier.elsewhere if earlier else ())
    lost = _lost(still, known, common) if answer is None or answer.complete else []
    batches = kind_batch(writer, step.name, kind)
    batches += [] if note is None else [(_NOTE, [{"note": note, **common}])]
    batches += _identity_batches(dict(sorted(seen.items())), known, common)
    batches += [(_MISSING, lost), (_NEW_ALIAS, _new_aliases(seen, aliases))]
    if earlier and answer:
        batches += record_listing.batches(earlier, answer, seen, common)
    if any(model.missing for model in known.values()) or lost:
        batches.append((RETIRE, [{**common, "gone_after": GONE_AFTER, "gone_since": day_ago()}]))
    # New or listed again, and newly missing.
    changed = sum(key not in known or not known[key].sighted for key in seen)
    changed += sum(known[key].missing for key in seen if key in known)
    changed += sum(not known[row["provider"], row["name"]].missing for row in lost)
    return write(writer, run_id, step._replace(changed=changed), batches)


def _new_aliases(seen: Mapping[OfferKey, Identity], known: set[Any]) -> Rows:
    return [
        {"provider": identity.provider, "name": identity.name, "alias": alias}
        for _, identity in sorted(seen.items())
        for alias in identity.aliases
        if (identity.provider, alias) not in known and (identity.provider, alias) not in seen
    ]


def last_sightings_change(writer: Writer, run_id: int) -> str | None:
    """Return the start of the newest earlier run that changed sightings or never finished."""
    with writer.reading() as connection:
        rows = connection.execute(
            "SELECT started_at FROM runs r WHERE id < :run AND (status = 'running' OR EXISTS "
            "(SELECT 1 FROM run_steps s WHERE s.run_id = r.id AND s.kind = 'source' "
            "AND s.changed > 0)) ORDER BY id DESC LIMIT 1",
            {"run": run_id},
        ).fetchall()
    return rows[0][0] if rows else None


class SightedModel(NamedTuple):
    """A model that sources list now, with the first time that one of them did."""

    identity: Identity
    first_seen: str
    sources: frozenset[str]

    @property
    def key(self) -> OfferKey:
        """Provider and name."""
        return self.identity.provider, self.identity.name


def sighted_models(writer: Writer, sources: Sequence[str]) -> list[SightedModel]:
    """Return the models that at least one of these sources lists now."""
    marks, names = named_parameters("source", sources)
    with writer.reading() as connection:
        rows = connection.execute(
            "SELECT m.provider, m.name, m.family, m.display_name, min(s.first_seen), "
            f"group_concat(s.source, {LINE}) FROM models m JOIN sightings s ON s.model_id = m.id "
            "WHERE m.retired_at IS NULL AND s.missing_since IS NULL "
            f"AND s.source IN ({marks}) GROUP BY m.id ORDER BY m.provider, m.name",
            names,
        ).fetchall()
    return [
        SightedModel(Identity(*identity), first, frozenset(seen_by.split("\n")))
        for *identity, first, seen_by in rows
    ]
