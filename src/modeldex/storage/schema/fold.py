"""SQL text, for triggers and bulk writes, that maintains `catalog` and the history tables."""

from modeldex.storage.schema.constraints import NOW, columns
from modeldex.storage.schema.views import MODEL_COLUMNS

CATALOG = f"model_id, {MODEL_COLUMNS}, live, {columns()}"
"""The columns of `catalog` that the fold writes."""

_LOGGED = f"{MODEL_COLUMNS}, live"

FOLD = f"INSERT INTO catalog ({CATALOG}) SELECT {CATALOG} FROM pending_rows"
"""Inserts the merged rows of pending models into `catalog`; delete their old rows first."""

LOG = f"""INSERT INTO model_history (model_id, at, {_LOGGED})
    SELECT c.model_id, {NOW}, {", ".join("c." + name for name in _LOGGED.split(", "))}
    FROM pending p CROSS JOIN catalog c ON c.model_id = p.model_id
    WHERE NOT EXISTS (SELECT 1 FROM model_history h
      WHERE h.id = (SELECT max(id) FROM model_history WHERE model_id = c.model_id)
      AND {" AND ".join(f"h.{name} IS c.{name}" for name in _LOGGED.split(", "))})"""
"""Inserts names and liveness of pending models into `model_history` if they changed."""

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


def queue_scored(suites: str) -> str:
    """Return SQL that queues the measurements of all models with scores of these suites."""
    return (
        "INSERT INTO pending_measurements (provider, name)\n"
        "    SELECT DISTINCT provider, name FROM measurements s\n"
        f"    WHERE s.quality_score IS NOT NULL AND s.quality_suite IN ({suites}) AND NOT EXISTS\n"
        "    (SELECT 1 FROM pending_measurements p WHERE p.provider = s.provider\n"
        "    AND p.name = s.name);"
    )


def archive(row: str, until: str) -> str:
    """Return SQL that copies one opinion into `capability_history`; `until` ends its validity."""
    fields = columns()
    return (
        f"INSERT INTO capability_history (model_id, resolver, {fields}, observed_at, valid_from, "
        f"valid_to) VALUES ({row}.model_id, {row}.resolver, {columns(row + '.')}, "
        f"{row}.observed_at, {row}.changed_at, {until});"
    )
