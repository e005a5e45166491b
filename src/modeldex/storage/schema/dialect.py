"""What SQLite and PostgreSQL write differently; all other SQL of views and triggers is one text."""

from collections.abc import Callable
from typing import NamedTuple

from modeldex.storage.schema.measured import rank_scored


class Dialect(NamedTuple):
    """The words of one engine, and how a row trigger notes what has to be folded."""

    same: str
    """The operator that compares two values of which both may be NULL."""

    differs: str
    """Its opposite."""

    value: str
    """A format: a column of any field, as one value of a column that has fields of all types."""

    note_model: Callable[[str], str]
    """SQL that notes a model, given its id."""

    note_measured: Callable[[str], str]
    """SQL that notes the samples of a model; given NEW or OLD, a row of `measurements`."""

    is_unnoted: str
    """SQL: whether the samples of the model of the row NEW are yet to be noted; may be empty."""

    note_part: Callable[[str, str], str]
    """SQL that notes all models of a resolver, source or suite; given that word and a name."""

    at_once: Callable[[str], str]
    """SQL of statements, after all of which what they have noted is folded."""

    is_live: str
    """SQL: whether the sighting NEW can change the row of its model."""


def _queue_model(model: str) -> str:
    return (
        f"INSERT INTO pending (model_id) SELECT {model} "
        f"WHERE NOT EXISTS (SELECT 1 FROM pending WHERE model_id = {model});"
    )


def _queue_measured(row: str) -> str:
    return (
        f"INSERT INTO pending_measurements (provider, name) SELECT {row}.provider, {row}.name\n"
        "    WHERE NOT EXISTS (SELECT 1 FROM pending_measurements\n"
        f"    WHERE provider = {row}.provider AND name = {row}.name);"
    )


_PARTS = {
    # Where perf_lab stands decides about the prices of all others.
    "resolver": "capabilities WHERE resolver IN\n"
    "    (SELECT name FROM resolvers WHERE name = {0} OR {0} = 'perf_lab')",
    "source": "sightings WHERE source = {0}",
    "provider": "(SELECT id AS model_id, provider FROM models) m WHERE provider = {0}",
}


def _queue_part(kind: str, name: str) -> str:
    """SQL that merges all models of a part at once."""
    first = ""
    if kind == "suite":
        lacking, queue = rank_scored(name, "IS NOT")
        first = f"{lacking}\n  "
    else:
        queue = (
            "INSERT INTO pending (model_id) SELECT DISTINCT model_id FROM "
            f"{_PARTS[kind].format(name)} AND model_id NOT IN (SELECT model_id FROM pending);"
        )
    return first + _fold_after(queue)


def _fold_after(statements: str) -> str:
    return (
        "INSERT INTO deferral (active) SELECT 2 WHERE NOT EXISTS (SELECT 1 FROM deferral);\n"
        f"  {statements}\n  DELETE FROM deferral WHERE active = 2;"
    )


SQLITE = Dialect(
    same="IS",
    differs="IS NOT",
    value="{}",
    note_model=_queue_model,
    note_measured=_queue_measured,
    # Asked before the statement begins: in bulk, most samples are of a model noted before.
    is_unnoted=(
        "NOT EXISTS (SELECT 1 FROM pending_measurements\n"
        "    WHERE provider = NEW.provider AND name = NEW.name)"
    ),
    note_part=_queue_part,
    at_once=_fold_after,
    # Of a sighting, `catalog` has only `live` and `own`, which reference sources do not affect.
    is_live="EXISTS (SELECT 1 FROM sources WHERE name = NEW.source AND kind = 'live')",
)
"""What is noted is folded at once, unless the fold is deferred."""
