"""The triggers of a SQLite catalog: checks, history, and the fold into `catalog`.

They also work for writes in a bare `sqlite3` shell, where foreign keys and recursive triggers are
off and INSERT OR REPLACE fires no delete trigger. So each trigger recomputes the whole catalog row
of the model it touches, and an opinion about to be replaced is first copied to `replaced`.

A statement's own ON CONFLICT clause overrides those inside the triggers it fires, so no trigger
here relies on one.
"""

from modeldex.storage.schema.columns import NOW, columns
from modeldex.storage.schema.dialect import SQLITE
from modeldex.storage.schema.fold import FOLD_STEPS
from modeldex.storage.schema.measured import FOLD_MEASURED
from modeldex.storage.schema.provider_aliases import IS_CANONICAL
from modeldex.storage.schema.refusals import DERIVED, REFUSALS, Refusal
from modeldex.storage.schema.triggers import effects
from modeldex.storage.sqlite.provider_aliases import REWRITES

_FIELDS = columns()
_OPINION = "model_id = {0}.model_id AND resolver = {0}.resolver"
_NEW, _OLD = _OPINION.format("NEW"), _OPINION.format("OLD")
_FOLD = "".join(f"{statement};\n  " for statement in FOLD_STEPS)
_UNDEFERRED = "NOT EXISTS (SELECT 1 FROM deferral)"


def _refusing(refusal: Refusal) -> tuple[str, str]:
    table, name, event, when, why = refusal
    return f"{table}_{name}", (
        f"CREATE TRIGGER {table}_{name} BEFORE {event} ON {table} WHEN {when}\n"
        f"BEGIN SELECT RAISE(ABORT, '{why}'); END"
    )


def _trigger(name: str, event: str, body: str, when: str = "") -> tuple[str, str]:
    guard = f" WHEN {when}" if when else ""
    return name, f"CREATE TRIGGER {name} {event}{guard}\nBEGIN\n  {body}\nEND"


_GUARDS = (
    Refusal(
        "catalog", f"{event.lower()}_refused", event,
        f"NOT EXISTS (SELECT 1 FROM pending WHERE model_id = {row}.model_id)", DERIVED,
    )
    for event, row in (("INSERT", "NEW"), ("UPDATE", "OLD"), ("DELETE", "OLD"))
)  # fmt: skip

_FORGET = f"DELETE FROM replaced WHERE {_OLD};"

_LOST = """INSERT INTO pending (model_id) SELECT model_id FROM catalog
    WHERE model_id <> NEW.model_id AND instr(' ' || aliases || ' ', ' ' || NEW.alias || ' ') > 0
    AND model_id NOT IN (SELECT model_id FROM pending);"""
"""Merges the models that may have lost an alias to another."""

_ALSO = {
    "capabilities_inserted": f"""INSERT INTO capability_history (model_id, resolver, {_FIELDS},
    source_url, observed_at, valid_from, valid_to) SELECT model_id, resolver, {_FIELDS},
    source_url, observed_at, changed_at, {NOW} FROM replaced WHERE {_NEW};
  DELETE FROM replaced WHERE {_NEW};""",
    "capabilities_updated": f"""{_FORGET}
  UPDATE capabilities SET changed_at = {NOW}, observed_at =
    CASE WHEN NEW.observed_at = OLD.observed_at THEN {NOW} ELSE NEW.observed_at END
    WHERE {_NEW} AND NEW.changed_at = OLD.changed_at;""",
    "capabilities_deleted": _FORGET,
    "models_deleted": """DELETE FROM sightings WHERE model_id = OLD.id;
  DELETE FROM aliases WHERE model_id = OLD.id;
  -- Where the fold is deferred, the row must not become the past of another model.
  DELETE FROM catalog WHERE model_id = OLD.id;""",
}
"""What follows the effects that PostgreSQL has, too: it has foreign keys and BEFORE triggers that
change a row."""

TRIGGERS: dict[str, str] = dict(
    (
        _trigger(
            "pending_fold",
            "AFTER INSERT ON pending",
            f"{_FOLD}DELETE FROM pending WHERE model_id = NEW.model_id;",
            _UNDEFERRED,
        ),
        _trigger(
            "deferral_ended",
            "AFTER DELETE ON deferral",
            f"{_FOLD}DELETE FROM pending;",
            "OLD.active = 2",
        ),
        _trigger(
            "pending_measurements_fold",
            "AFTER INSERT ON pending_measurements",
            FOLD_MEASURED,
            _UNDEFERRED,
        ),
        *REWRITES.items(),
        *map(_refusing, (*_GUARDS, *REFUSALS)),
        # INSERT OR REPLACE deletes the old row without firing a delete trigger: copy it before.
        _trigger(
            "capabilities_set_aside",
            "BEFORE INSERT ON capabilities",
            f"DELETE FROM replaced WHERE {_NEW};\n"
            f"  INSERT INTO replaced (model_id, resolver, {_FIELDS}, observed_at, changed_at)\n"
            f"    SELECT model_id, resolver, {_FIELDS}, observed_at, changed_at\n"
            f"    FROM capabilities WHERE {_NEW};",
            f"EXISTS (SELECT 1 FROM capabilities WHERE {_NEW})",
        ),
        # OR REPLACE takes an alias from another model without firing a delete trigger.
        # The library never replaces one, and looks for none where it defers the fold.
        *(
            _trigger(
                f"aliases_lost_by_{event.lower()}", f"AFTER {event} ON aliases", _LOST, _UNDEFERRED
            )
            for event in ("INSERT", "UPDATE")
        ),
        # INSERT of an existing model fills in its family and display name, and keeps its id.
        _trigger(
            "models_known",
            "BEFORE INSERT ON models",
            "UPDATE models SET family = coalesce(NEW.family, family),\n"
            "    display_name = coalesce(NEW.display_name, display_name)\n"
            "    WHERE provider = NEW.provider AND name = NEW.name;\n"
            "  SELECT RAISE(IGNORE);",
            "EXISTS (SELECT 1 FROM models WHERE provider = NEW.provider AND name = NEW.name)\n"
            f"  AND {IS_CANONICAL}",
        ),
        # Without foreign keys, sightings may have been there first.
        _trigger(
            "sources_inserted", "AFTER INSERT ON sources", SQLITE.note_part("source", "NEW.name")
        ),
        *(
            _trigger(
                each.name,
                f"AFTER {each.event}",
                "\n  ".join(filter(None, (each.body, _ALSO.get(each.name)))),
                each.when,
            )
            for each in effects(SQLITE)
        ),
    )
)
"""DDL by name."""
