"""The triggers of a PostgreSQL catalog: checks, history and the maintained `catalog`, as in SQLite.

Row triggers note what they touch, and `modeldex.storage.postgres.fold` folds it at COMMIT. Only
statements whose rows depend on rows that others may be changing wait for those at their beginning.
"""

from itertools import groupby

from modeldex.storage.postgres.dialect import POSTGRES
from modeldex.storage.postgres.fold import FOLDING, IDS_LOCK, MEASURED_LOCK, PLACES_LOCK, lock
from modeldex.storage.schema.columns import NOW
from modeldex.storage.schema.provider_aliases import CANONICAL
from modeldex.storage.schema.refusals import DERIVED, REFUSALS, Refusal
from modeldex.storage.schema.triggers import Effect, effects
from modeldex.vocabulary.fields import NAMES

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

_KNOWN = "EXISTS (SELECT 1 FROM models WHERE provider = NEW.provider AND name = NEW.name)"
_CHANGED = " OR ".join(f"OLD.{name} IS DISTINCT FROM NEW.{name}" for name in NAMES)


def _follow(table: str) -> str:
    """PL/pgSQL: ids that are generated later are higher than the one of this row."""
    return (
        f"IF EXISTS (SELECT 1 FROM {table}_id_seq WHERE NEW.id > last_value "
        "OR (NEW.id = last_value AND NOT is_called)) THEN\n"
        f"    PERFORM modeldex_follow('{table}_id_seq', NEW.id);\n  END IF;"
    )


def _refuse(when: str, why: str) -> str:
    return (
        f"IF {when} THEN RAISE EXCEPTION '{why}' USING ERRCODE = 'integrity_constraint_violation'; "
        "END IF;"
    )


_ID_OF_PROVIDER = f"NEW.provider := {CANONICAL};"

_BEFORE: dict[str, tuple[str, str]] = {
    # The server fires triggers in the order of their names: these come before all that look at
    # the provider.
    **{
        f"{table}_alias_resolved": (f"INSERT ON {table}", _ID_OF_PROVIDER)
        for table in ("models", "aliases", "measurements")
    },
    **{
        f"{table}_alias_renamed": (
            f"UPDATE OF provider ON {table}",
            f"IF NEW.provider <> OLD.provider THEN\n    {_ID_OF_PROVIDER}\n  END IF;",
        )
        for table in ("models", "aliases")
    },
    "capabilities_dated": (
        "UPDATE ON capabilities",
        f"""IF ({_CHANGED}) AND NEW.changed_at = OLD.changed_at THEN
    NEW.changed_at := {NOW};
    IF NEW.observed_at = OLD.observed_at THEN
      NEW.observed_at := NEW.changed_at;
    END IF;
  END IF;""",
    ),
    # The claim waits for a transaction that is adding the same model.
    "models_known": (
        "INSERT ON models",
        f"""IF NOT {_KNOWN} THEN
    INSERT INTO claimed (model) VALUES (md5(concat_ws('/', NEW.provider, NEW.name)))
      ON CONFLICT DO NOTHING;
  END IF;
  IF {_KNOWN} THEN
    UPDATE models SET family = coalesce(NEW.family, family),
      display_name = coalesce(NEW.display_name, display_name)
      WHERE provider = NEW.provider AND name = NEW.name AND (family, display_name) IS DISTINCT FROM
      (coalesce(NEW.family, family), coalesce(NEW.display_name, display_name));
    RETURN NULL;
  END IF;
  {_follow("models")}""",
    ),
    "measurements_followed": ("INSERT ON measurements", _follow("measurements")),
    "catalog_guarded": (
        "INSERT OR UPDATE OR DELETE ON catalog",
        _refuse("pg_trigger_depth() = 1", DERIVED)
        + "\n  IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;",
    ),
}
"""Events and PL/pgSQL of triggers that may change the row NEW, which they return."""

_ALSO = {
    "measurements_inserted": "INSERT INTO models (provider, name) "
    f"SELECT NEW.provider, NEW.name WHERE NOT {_KNOWN};"
}
"""What follows the effects that SQLite has, too, where the fold of measurements adds the model."""


def _verb(refusal: Refusal) -> tuple[str, str]:
    return refusal.table, refusal.event.partition(" ")[0]


def _refusing() -> dict[str, tuple[str, str]]:
    """Events and PL/pgSQL of the refusals: one trigger for each table and kind of change."""
    found: dict[str, tuple[str, str]] = {}
    for (table, verb), of_one in groupby(sorted(REFUSALS, key=_verb), key=_verb):
        rules = "\n  ".join(_refuse(each.when, each.why) for each in of_one)
        kept = "OLD" if verb == "DELETE" else "NEW"
        found[f"{table}_{verb.lower()}_refused"] = (
            f"BEFORE {verb} ON {table}", f"{rules}\n  RETURN {kept};",
        )  # fmt: skip
    return found


def _after(effect: Effect) -> tuple[str, str]:
    body = "\n    ".join(filter(None, (effect.body, _ALSO.get(effect.name))))
    if effect.when:
        body = f"IF {effect.when} THEN\n    {body}\n  END IF;"
    return f"AFTER {effect.event}", f"{body}\n  RETURN NULL;"


_BY_ROW: dict[str, tuple[str, str]] = {
    **_refusing(),
    **{name: (f"BEFORE {on}", f"{body}\n  RETURN NEW;") for name, (on, body) in _BEFORE.items()},
    **{each.name: _after(each) for each in effects(POSTGRES)},
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
    **{f"modeldex_{name}": _function(name, body) for name, (_, body) in _BY_ROW.items()},
    **{
        f"modeldex_{name}": _function(name, f"{lock(number)}\n  RETURN NULL;")
        for name, (_, number) in _ALONE.items()
    },
    **{name: _trigger(name, event) for name, (event, _) in _BY_ROW.items()},
    **{name: _trigger(name, f"BEFORE {event}", "STATEMENT") for name, (event, _) in _ALONE.items()},
    **FOLDING,
}
"""DDL by name: functions first, then the triggers that call them."""
