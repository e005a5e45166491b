"""Triggers of a PostgreSQL catalog: checks, history and the maintained `catalog`, as in SQLite.

Row triggers note what they touch, and `modeldex.storage.postgres.fold` folds it at COMMIT. Only
statements whose rows depend on rows that others may be changing wait for those at their beginning.
"""

from modeldex.storage.postgres.fold import FOLDING, IDS_LOCK, MEASURED_LOCK, PLACES_LOCK, lock
from modeldex.storage.postgres.trigger_functions import ROW_TRIGGERS

_FOLLOW = f"""CREATE FUNCTION modeldex_follow(sequence REGCLASS, id BIGINT) RETURNS VOID
LANGUAGE plpgsql AS $$
DECLARE
  last BIGINT;
BEGIN
  LOOP
    last := nextval(sequence);
    EXIT WHEN last >= id;
    IF id - last > 1000 THEN
      {lock(IDS_LOCK)}
      last := nextval(sequence);
      IF id - last > 1000 THEN
        PERFORM setval(sequence, id);
        EXIT;
      END IF;
    END IF;
  END LOOP;
END $$"""
"""A sequence does not see explicit ids. setval() could move it back if others draw ids meanwhile;
over a distance of 1,000 they cannot."""

_ALONE = {
    # Each place depends on all resolvers.
    "resolvers_alone": ("INSERT OR UPDATE OR DELETE ON resolvers", PLACES_LOCK),
    # Whether a score was the last one depends on all samples of the model.
    "measurements_alone": ("DELETE ON measurements", MEASURED_LOCK),
}


def _function(name: str, body: str) -> str:
    # The plans are kept for the session, also those made while a table was empty.
    return (
        f"CREATE FUNCTION modeldex_{name}() RETURNS trigger LANGUAGE plpgsql\n"
        f"SET enable_seqscan = off SET jit = off AS $$\n"
        f"BEGIN\n  {body}\nEND $$"
    )


def _trigger(name: str, event: str, each: str = "ROW") -> str:
    return f"CREATE TRIGGER {name} {event} FOR EACH {each} EXECUTE FUNCTION modeldex_{name}()"


TRIGGERS: dict[str, str] = {
    "modeldex_follow": _FOLLOW,
    **{f"modeldex_{name}": _function(name, body) for name, (_, body) in ROW_TRIGGERS.items()},
    **{
        f"modeldex_{name}": _function(name, f"{lock(number)}\n  RETURN NULL;")
        for name, (_, number) in _ALONE.items()
    },
    **{name: _trigger(name, event) for name, (event, _) in ROW_TRIGGERS.items()},
    **{name: _trigger(name, f"BEFORE {event}", "STATEMENT") for name, (event, _) in _ALONE.items()},
    **FOLDING,
}
"""DDL by name: functions first, then the triggers that call them."""
