"""SQL text, for triggers and bulk writes, that maintains `catalog` and the history tables."""

from modeldex.storage.schema.columns import MODEL_COLUMNS, NOW, columns
from modeldex.storage.schema.dialect import SQLITE, Dialect

FACTS = f"model_id, {MODEL_COLUMNS}, live, own, {columns()}"
"""Columns of an effective row that say something of the offer: a change begins another row."""

ROW = f"{FACTS}, rank_class, aliases"
"""The columns of an effective row: those that `catalog`, its past and its views share."""

_LOGGED = f"{MODEL_COLUMNS}, live"


def _of(alias: str) -> str:
    """The columns of ROW, each of one table."""
    return ", ".join(f"{alias}.{name}" for name in ROW.split(", "))


def _equal(columns: str, one: str, same: str, other: str) -> str:
    """SQL: whether two rows have the same values, where NULL is the same as NULL."""
    return " AND ".join(f"{one}.{name} {same} {other}.{name}" for name in columns.split(", "))


SET_ASIDE = f"""INSERT INTO catalog_before ({ROW}, valid_from) SELECT {_of("c")}, c.valid_from
    FROM pending p CROSS JOIN catalog c WHERE c.model_id = p.model_id"""
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
def _fold(rows: str, same: str) -> str:
    """SQL: inserts the merged rows of pending models; one that did not change holds on."""
    return f"""INSERT INTO catalog ({ROW}, valid_from) SELECT {_of("n")},
    CASE WHEN {_FIRST_RUN} OR b.valid_from > (SELECT {NOW})
        OR ({_equal(FACTS, "b", same, "n")})
      THEN coalesce(b.valid_from, (SELECT {NOW}))
      ELSE (SELECT {NOW}) END
    FROM {rows} n LEFT JOIN catalog_before b ON b.model_id = n.model_id"""


ARCHIVE = f"""INSERT INTO catalog_history ({ROW}, valid_from, valid_to)
    SELECT {_of("b")}, b.valid_from, c.valid_from
    FROM catalog_before b CROSS JOIN catalog c
    WHERE c.model_id = b.model_id AND c.valid_from > b.valid_from"""
"""Keeps the rows that were replaced, unless they held for no time."""

FORGET = "DELETE FROM catalog_before"
"""Empties the table of rows that the fold replaced."""


def _log(at: str, same: str) -> str:
    """SQL: inserts names and liveness of pending models into `model_history` if they changed."""
    return f"""INSERT INTO model_history (model_id, at, {_LOGGED})
    SELECT c.model_id, {at}, {", ".join("c." + name for name in _LOGGED.split(", "))}
    FROM pending p CROSS JOIN catalog c
    WHERE c.model_id = p.model_id AND NOT EXISTS (SELECT 1 FROM model_history h
      WHERE h.id = (SELECT max(id) FROM model_history WHERE model_id = c.model_id)
      AND {_equal(_LOGGED, "h", same, "c")})"""


def fold_steps(rows: str, dialect: Dialect, known_at: str = NOW) -> tuple[str, ...]:
    """Return the fold of all pending models, statement by statement; empty `pending` after it.

    `rows` is FROM-clause text of their merged rows, `known_at` the time of a change of name or
    liveness.
    """
    fold, log = _fold(rows, dialect.same), _log(known_at, dialect.same)
    return SET_ASIDE, REMOVE, fold, ARCHIVE, FORGET, log


FOLD_STEPS = fold_steps("pending_rows", SQLITE)


def fold_all(dialect: Dialect) -> tuple[str, ...]:
    """Return the fold of every model, for a catalog without triggers."""
    return (
        "INSERT INTO pending (model_id) SELECT id FROM models UNION SELECT model_id FROM catalog",
        *fold_steps("pending_rows", dialect),
        "DELETE FROM pending",
    )


PLACE = """(SELECT count(*) FROM resolvers x WHERE x.precedence < {0}.precedence
      OR (x.precedence = {0}.precedence AND x.name > {0}.name))"""
PLACES = f"UPDATE resolvers SET place = {PLACE.format('resolvers')};"
