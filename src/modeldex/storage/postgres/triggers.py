"""Triggers of a PostgreSQL catalog: checks, history and the maintained `catalog`, as in SQLite.

Row triggers queue the models they touch; a statement trigger folds them, unless folding is
deferred. Another takes the advisory lock, so that statements typed into `psql` are serialised
too.
"""

from modeldex.storage.postgres.translate import to_postgres
from modeldex.storage.postgres.trigger_functions import FOLDING, ROW_TRIGGERS
from modeldex.storage.schema.fold import FOLD_STEPS
from modeldex.storage.schema.measured import FOLD_MEASURED

LOCK = 0x6D646578
"""Advisory lock of writers; the refresh lock is the next number."""

WRITTEN = (
    "models", "aliases", "sources", "sightings", "resolvers", "capabilities", "measurements",
    "quality_suites",
)  # fmt: skip


NUMBERED = ("models", "measurements")
"""Tables in which a row may have an explicit id; generated ids must then be higher.

A sequence of PostgreSQL does not see explicit ids, unlike SQLite's rowid.
"""


def _ids(table: str) -> str:
    return (
        f"PERFORM setval('{table}_id_seq', m.id) FROM (SELECT max(id) AS id FROM {table}) m, "
        f"{table}_id_seq s WHERE m.id > s.last_value;\n  RETURN NULL;"
    )


def _function(name: str, body: str, returns: str = "trigger") -> str:
    return (
        f"CREATE FUNCTION modeldex_{name}() RETURNS {returns} LANGUAGE plpgsql AS $$\n"
        f"BEGIN\n  {body}\nEND $$"
    )


def _trigger(name: str, event: str, each: str = "ROW", function: str | None = None) -> str:
    return (
        f"CREATE TRIGGER {name} {event} FOR EACH {each} "
        f"EXECUTE FUNCTION modeldex_{function or name}()"
    )


_FOLDED = f"""IF {FOLDING} OR EXISTS (SELECT 1 FROM deferral) THEN RETURN NULL; END IF;
  PERFORM set_config('modeldex.folding', '1', TRUE);
  IF EXISTS (SELECT 1 FROM pending_measurements) THEN
    {to_postgres(FOLD_MEASURED)}
  END IF;
  IF EXISTS (SELECT 1 FROM pending) THEN
    {"".join(f"{to_postgres(step)};" for step in FOLD_STEPS)}
    DELETE FROM pending;
  END IF;
  PERFORM set_config('modeldex.folding', '', TRUE);
  RETURN NULL;"""

TRIGGERS: dict[str, str] = {
    "modeldex_queue": _function("queue", f"PERFORM pg_advisory_xact_lock({LOCK});\n  RETURN NULL;"),
    "modeldex_fold": _function("fold", _FOLDED),
    **{f"modeldex_{name}": _function(name, body) for name, (_, body) in ROW_TRIGGERS.items()},
    **{name: _trigger(name, event) for name, (event, _) in ROW_TRIGGERS.items()},
    **{
        f"{table}_queue": _trigger(
            f"{table}_queue", f"BEFORE INSERT OR UPDATE OR DELETE ON {table}", "STATEMENT", "queue"
        )
        for table in WRITTEN
    },
    **{
        f"{table}_fold": _trigger(
            f"{table}_fold", f"AFTER INSERT OR UPDATE OR DELETE ON {table}", "STATEMENT", "fold"
        )
        for table in WRITTEN
        if table != "aliases"
    },
    **{f"modeldex_{table}_ids": _function(f"{table}_ids", _ids(table)) for table in NUMBERED},
    **{
        f"{table}_ids": _trigger(f"{table}_ids", f"AFTER INSERT ON {table}", "STATEMENT")
        for table in NUMBERED
    },
}
"""DDL by name: functions first, then the triggers that call them."""
