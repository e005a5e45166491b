"""Store opinions: one row per model and resolver, written only if it differs."""

import sqlite3
from collections.abc import Collection, Mapping
from typing import Any

from modeldex.errors import SourceFailed
from modeldex.storage.batch import Batch, write
from modeldex.storage.insert import Insert
from modeldex.storage.run_log import Step
from modeldex.storage.sightings import SHRINK_FROM
from modeldex.storage.sqlite.writer import Writer
from modeldex.vocabulary.fields import NAMES
from modeldex.vocabulary.normalize import OfferKey, Stored
from modeldex.vocabulary.timestamps import now

_STATED = (*NAMES, "source_url")
"""Columns of what a resolver states: the fields, and the page that says it."""

_ID = "(SELECT id FROM models WHERE provider = :provider AND name = :name)"
# The opinions were read in an earlier transaction: meanwhile the model may have been deleted or
# the opinion inserted by another program.
_NEW_OPINION = Insert(
    "capabilities",
    {
        "model_id": "m.id", **{name: f"{{{name}}}" for name in ("resolver", *_STATED)},
        "observed_at": "{observed_at}", "changed_at": "{now}",
    },
    "models m",
    "m.provider = {provider} AND m.name = {name} AND NOT EXISTS "
    "(SELECT 1 FROM capabilities c WHERE c.model_id = m.id AND c.resolver = {resolver})",
)  # fmt: skip
_CHANGED_OPINION = (
    f"UPDATE capabilities SET {', '.join(f'{n} = :{n}' for n in _STATED)}, "
    f"observed_at = :observed_at, changed_at = :now WHERE resolver = :resolver AND model_id = {_ID}"
)
_NO_OPINION = f"DELETE FROM capabilities WHERE resolver = :resolver AND model_id = {_ID}"


def stored_opinions(
    connection: sqlite3.Connection, resolver: str
) -> dict[OfferKey, dict[str, Stored]]:
    """What a resolver states in the catalog of each model: values by field, and their page."""
    rows = connection.execute(
        f"SELECT m.provider, m.name, {', '.join('c.' + n for n in _STATED)} FROM capabilities c "
        "JOIN models m ON m.id = c.model_id WHERE c.resolver = :resolver",
        {"resolver": resolver},
    ).fetchall()
    return {
        (row[0], row[1]): {
            name: value for name, value in zip(_STATED, row[2:], strict=True) if value is not None
        }
        for row in rows
    }


def write_resolver(
    writer: Writer,
    run_id: int,
    step: Step,
    answers: Mapping[OfferKey, Mapping[str, Stored]],
    observed_at: str | Mapping[OfferKey, str] | None = None,
    *,
    accept: Collection[str] = (),
) -> Step:
    """Store one resolver's values, by (provider, name); empty values delete the opinion.

    Beside the fields, `source_url` is the page that states them.

    Models missing from `answers` keep their stored opinion. Raises SourceFailed, and writes
    nothing, if more than half of the stored opinions would be deleted and `accept` does not
    contain the resolver. What `step` counts as changed is counted, too.
    """
    moment = now()
    common = {"resolver": step.name, "now": moment}
    at = observed_at if isinstance(observed_at, Mapping) else {}
    usual = moment if observed_at is None or isinstance(observed_at, Mapping) else observed_at
    blank = dict.fromkeys(_STATED)
    with writer.reading() as connection:
        stored = stored_opinions(connection, step.name)
    new: list[Mapping[str, Any]] = []
    altered: list[Mapping[str, Any]] = []
    withdrawn: list[Mapping[str, Any]] = []
    for key in sorted(answers):
        values, before = answers[key], stored.get(key)
        row = {**blank, **values, "provider": key[0], "name": key[1], **common}
        row["observed_at"] = at.get(key, usual)
        if before is None and values:
            new.append(row)
        elif before is not None and not values:
            withdrawn.append(row)
        elif before is not None and before != values:
            altered.append(row)
    # A partial response of an upstream must not delete most of what is stored.
    if step.name not in accept and SHRINK_FROM <= len(stored) < 2 * len(withdrawn):
        raise SourceFailed(
            step.name,
            f"withdraws {len(withdrawn)} of {len(stored)} opinions: rejected; "
            f"to accept it: modeldex refresh --accept {step.name}",
        )
    step = step._replace(changed=step.changed + len(new) + len(altered) + len(withdrawn))
    batches: list[Batch] = [
        (_NEW_OPINION, new),
        (_CHANGED_OPINION, altered),
        (_NO_OPINION, withdrawn),
    ]
    return write(writer, run_id, step, batches)
