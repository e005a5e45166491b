"""Store what a listing answered: which offers it has, or why it could not be read."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from modeldex.storage.batch import Batch, catalog_id, folding
from modeldex.storage.insert import Insert
from modeldex.storage.listings import READ, Bound, Listing, recent
from modeldex.storage.parameters import named_parameters
from modeldex.storage.run_log import Step
from modeldex.storage.sqlite.writer import Writer
from modeldex.vocabulary.asked import Asked
from modeldex.vocabulary.normalize import OfferKey
from modeldex.vocabulary.regions import elsewhere
from modeldex.vocabulary.timestamps import now

_ADD = (
    "INSERT INTO listings (provider, address, variable, fingerprint, asked_at) "
    "VALUES (:provider, :address, :variable, :fingerprint, :now)"
)
_FAILED = (
    "UPDATE listings SET asked_at = :now, problem = :problem, error = :error WHERE id = :listing"
)
_READ_WELL = (
    "UPDATE listings SET variable = :variable, complete = :complete, read_at = :now, "
    "since = coalesce(since, :now), asked_at = :now, problem = NULL, error = NULL "
    "WHERE id = :listing"
)
_ID = "(SELECT id FROM models WHERE provider = :provider AND name = :name)"
_LIST = Insert(
    "listed", {"listing_id": "{listing}", "model_id": "m.id", "since": "{now}"}, "models m",
    "m.provider = {provider} AND m.name = {name}",
)  # fmt: skip
_LIST_AGAIN = f"UPDATE listed SET until = NULL WHERE listing_id = :listing AND model_id = {_ID}"
_UNLIST = f"UPDATE listed SET until = :now WHERE listing_id = :listing AND model_id = {_ID}"
_OF_PROVIDER = (
    "SELECT m.provider, m.name, d.listing_id, d.until, l.read_at FROM listings l "
    "JOIN listed d ON d.listing_id = l.id JOIN models m ON m.id = d.model_id "
    "WHERE l.provider = :provider"
)


class Answer(NamedTuple):
    """What a listing for a key at an address has just answered with."""

    asked: Asked
    complete: bool


class Before(NamedTuple):
    """What is known when a listing is read.

    `listed` are the offers that it had, `ended` those that it had earlier, `elsewhere` those that
    others of the provider have. `is_first` is whether it was never read.
    """

    id: int
    is_first: bool
    listed: frozenset[OfferKey]
    ended: frozenset[OfferKey]
    elsewhere: frozenset[OfferKey]


def _stored(writer: Writer) -> list[Listing]:
    with writer.reading() as connection:
        rows = connection.execute(READ).fetchall()
    return [Listing(*row) for row in rows]


def _find_or_add(writer: Writer, asked: Asked) -> Listing:
    found = next((each for each in _stored(writer) if each.is_of(asked)), None)
    if found is not None:
        return found
    given = {
        "provider": asked.provider, "address": asked.address, "variable": asked.variable,
        "fingerprint": asked.fingerprint(catalog_id(writer)), "now": now(),
    }  # fmt: skip
    with writer.transaction() as connection:
        connection.exec_driver_sql(_ADD, given)
    return next(each for each in _stored(writer) if each.is_of(asked))


def before(writer: Writer, asked: Asked) -> Before:
    """What is known of the listings of a provider, of which there is one of this from now on."""
    own = _find_or_add(writer, asked)
    with writer.reading() as connection:
        rows = connection.execute(_OF_PROVIDER, {"provider": asked.provider}).fetchall()
    of_own = [((provider, name), until) for provider, name, of, until, _ in rows if of == own.id]
    since = recent()
    elsewhere = {
        (provider, name)
        for provider, name, of, until, read_at in rows
        if of != own.id and until is None and read_at is not None and read_at >= since
    }
    return Before(
        own.id,
        own.read_at is None,
        frozenset(key for key, until in of_own if until is None),
        frozenset(key for key, until in of_own if until is not None),
        frozenset(elsewhere),
    )


def batches(
    known: Before, answer: Answer, seen: Collection[OfferKey], common: Mapping[str, Any]
) -> list[Batch]:
    """What stores that a listing has these offers and, if it is complete, no others."""
    given = {"listing": known.id, **common}

    def rows(keys: Iterable[OfferKey]) -> Sequence[Mapping[str, Any]]:
        return [{**given, "provider": key[0], "name": key[1]} for key in sorted(keys)]

    had, now_has = known.listed, frozenset(seen)
    new = now_has - had
    read = {**given, "variable": answer.asked.variable, "complete": int(answer.complete)}
    return [
        (_LIST, rows(new - known.ended)),
        (_LIST_AGAIN, rows(new & known.ended)),
        (_UNLIST, rows(had - now_has) if answer.complete else []),
        (_READ_WELL, [read]),
    ]


def record_failure(writer: Writer, asked: Asked, step: Step) -> None:
    """Store why a listing could not be read; what it listed before stays.

    Of an API that never answered only a refused key is worth a row.
    """
    if step.problem == "key":
        found: Listing | None = _find_or_add(writer, asked)
    else:
        found = next((each for each in _stored(writer) if each.is_of(asked)), None)
    if found is None:
        return
    given = {"listing": found.id, "now": now(), "problem": step.problem, "error": step.error}
    with writer.transaction() as connection:
        connection.exec_driver_sql(_FAILED, given)


def mark_keyed(writer: Writer, names: Sequence[str]) -> None:
    """Mark these sources as such that a key decides, where an earlier version did not know it."""
    marks, given = named_parameters("name", names)
    which = f"FROM sources WHERE keyed = 0 AND kind = 'live' AND name IN ({marks})"
    with writer.reading() as connection:
        found = connection.execute(f"SELECT name {which}", given).fetchall()
    for (name,) in found:
        with writer.transaction() as changing, folding(changing):
            changing.exec_driver_sql(
                "UPDATE sources SET keyed = 1 WHERE name = :name", {"name": name}
            )


def store_configured(writer: Writer, bound: Sequence[Bound]) -> None:
    """Store what an environment can call, for who asks by SQL; unless it is the same as before."""
    wanted = sorted(map(_configured, bound))
    columns = "provider, how, listing_id, elsewhere"
    with writer.reading() as connection:
        rows = connection.execute(f"SELECT {columns} FROM configured ORDER BY provider").fetchall()
    if [tuple(row) for row in rows] == wanted:
        return
    names = columns.split(", ")
    marks = ", ".join(f":{name}" for name in names)
    with writer.transaction() as changing:
        changing.exec_driver_sql("DELETE FROM configured")
        for row in wanted:
            changing.exec_driver_sql(
                f"INSERT INTO configured ({columns}, at) VALUES ({marks}, :now)",
                {**dict(zip(names, row, strict=True)), "now": now()},
            )


def _configured(bound: Bound) -> tuple[str, str, int | None, str | None]:
    how = "listed" if bound.only_listed and bound.is_callable else bound.how
    words = elsewhere(bound.region) if bound.region and not bound.only_listed else ()
    listing = bound.listing.id if bound.listing else None
    return bound.provider, how, listing, ",".join(f"{word}." for word in words) or None
