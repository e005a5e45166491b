"""SQL text, for triggers and bulk writes, that maintains `catalog` and the history tables."""

from modeldex.storage.schema.columns import MODEL_COLUMNS, NOW, columns

ROW = f"model_id, {MODEL_COLUMNS}, live, {columns()}"
"""The columns of an effective row: those that `catalog`, its past and its views share."""

_LOGGED = f"{MODEL_COLUMNS}, live"


def _of(alias: str) -> str:
    """The columns of ROW, each of one table."""
    return ", ".join(f"{alias}.{name}" for name in ROW.split(", "))


_SAME = " AND ".join(f"b.{name} IS n.{name}" for name in ROW.split(", "))

SET_ASIDE = f"""INSERT INTO catalog_before ({ROW}, valid_from) SELECT {_of("c")}, c.valid_from
    FROM pending p CROSS JOIN catalog c ON c.model_id = p.model_id"""
"""Copies the outdated rows of pending models to `catalog_before`."""

REMOVE = "DELETE FROM catalog WHERE model_id IN (SELECT model_id FROM pending)"
"""Deletes the outdated rows of pending models, also those of models that are gone."""

# What the first run of a catalog writes, in many transactions, counts as known from the start:
# else a first load would keep every step of it.
_FIRST_RUN = (
    "(EXISTS (SELECT 1 FROM runs)\n"
    "      AND NOT EXISTS (SELECT 1 FROM runs WHERE finished_at IS NOT NULL))"
)

# The moment is a subquery, so that PostgreSQL reads its clock once for all rows. It never lies
# before the moment of the row before, even if the clock was set back.
_FOLD = f"""INSERT INTO catalog ({ROW}, valid_from) SELECT {_of("n")},
    CASE WHEN {_FIRST_RUN} OR b.valid_from > (SELECT {NOW}) OR ({_SAME})
      THEN coalesce(b.valid_from, (SELECT {NOW}))
      ELSE (SELECT {NOW}) END
    FROM {{}} n LEFT JOIN catalog_before b ON b.model_id = n.model_id"""
"""Inserts the merged rows of pending models; a row that did not change holds since before."""

ARCHIVE = f"""INSERT INTO catalog_history ({ROW}, valid_from, valid_to)
    SELECT {_of("b")}, b.valid_from, c.valid_from
    FROM catalog_before b CROSS JOIN catalog c ON c.model_id = b.model_id
    WHERE c.valid_from > b.valid_from"""
"""Keeps the rows that were replaced, unless they held for no time."""

FORGET = "DELETE FROM catalog_before"
"""Empties the table of rows that the fold replaced."""

LOG = f"""INSERT INTO model_history (model_id, at, {_LOGGED})
    SELECT c.model_id, {NOW}, {", ".join("c." + name for name in _LOGGED.split(", "))}
    FROM pending p CROSS JOIN catalog c ON c.model_id = p.model_id
    WHERE NOT EXISTS (SELECT 1 FROM model_history h
      WHERE h.id = (SELECT max(id) FROM model_history WHERE model_id = c.model_id)
      AND {" AND ".join(f"h.{name} IS c.{name}" for name in _LOGGED.split(", "))})"""
"""Inserts names and liveness of pending models into `model_history` if they changed."""


def fold_steps(rows: str) -> tuple[str, ...]:
    """Return the fold of all pending models, statement by statement; empty `pending` after it.

    `rows` is FROM-clause text of their merged rows.
    """
    return SET_ASIDE, REMOVE, _FOLD.format(rows), ARCHIVE, FORGET, LOG


FOLD_STEPS = fold_steps("pending_rows")

FOLD_ALL = (
    "INSERT INTO pending (model_id) SELECT id FROM models UNION SELECT model_id FROM catalog",
    *FOLD_STEPS,
    "DELETE FROM pending",
)
"""The fold of every model, while there are no triggers."""

PLACE = """(SELECT count(*) FROM resolvers x WHERE x.precedence < {0}.precedence
      OR (x.precedence = {0}.precedence AND x.name > {0}.name))"""
PLACES = f"UPDATE resolvers SET place = {PLACE.format('resolvers')};"


def precedence_log(name: str, precedence: str) -> str:
    """Return SQL that records a resolver's precedence in `resolver_history`."""
    return (
        f"INSERT INTO resolver_history (name, at, precedence) VALUES ({name}, {NOW}, {precedence});"
    )


def queue_model(model: str) -> str:
    """Return SQL that queues a model for re-merge; merged at once unless deferred."""
    return (
        f"INSERT INTO pending (model_id) SELECT {model} "
        f"WHERE NOT EXISTS (SELECT 1 FROM pending WHERE model_id = {model});"
    )


def queue_models(select: str) -> str:
    """Return SQL that queues the models of some rows; `select` is the text after FROM."""
    return (
        f"INSERT INTO pending (model_id) SELECT DISTINCT model_id FROM {select} "
        "AND model_id NOT IN (SELECT model_id FROM pending);"
    )


def queue_measured(row: str) -> str:
    """Return SQL that queues the measurements of one model; `row` is NEW or OLD."""
    return (
        f"INSERT INTO pending_measurements (provider, name) SELECT {row}.provider, {row}.name\n"
        "    WHERE NOT EXISTS (SELECT 1 FROM pending_measurements\n"
        f"    WHERE provider = {row}.provider AND name = {row}.name);"
    )


def together(queue: str) -> str:
    """Return SQL that merges all models at once that some statements queue, unless deferred."""
    return (
        "INSERT INTO deferral (active) SELECT 2 WHERE NOT EXISTS (SELECT 1 FROM deferral);\n"
        f"  {queue}\n  DELETE FROM deferral WHERE active = 2;"
    )


def archive(row: str, until: str) -> str:
    """Return SQL that copies one opinion into `capability_history`; `until` ends its validity."""
    fields = columns()
    return (
        f"INSERT INTO capability_history (model_id, resolver, {fields}, observed_at, valid_from, "
        f"valid_to) VALUES ({row}.model_id, {row}.resolver, {columns(row + '.')}, "
        f"{row}.observed_at, {row}.changed_at, {until});"
    )
