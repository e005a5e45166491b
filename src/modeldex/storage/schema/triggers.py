"""The DDL of the triggers of a SQLite catalog: checks, history, and the fold into `catalog`.

They also work for writes in a bare `sqlite3` shell, where foreign keys and recursive triggers are
off and INSERT OR REPLACE fires no delete trigger. So each trigger recomputes the whole catalog row
of the model it touches, and an opinion about to be replaced is first copied to `replaced`.

A statement's own ON CONFLICT clause overrides those inside the triggers it fires, so no trigger
here relies on one.
"""

from modeldex.storage.schema.columns import MODEL_COLUMNS, NOW, columns
from modeldex.storage.schema.fold import (
    FOLD_STEPS,
    PLACE,
    PLACES,
    archive,
    precedence_log,
    queue_measured,
    queue_model,
    queue_models,
    together,
)
from modeldex.storage.schema.measured import FOLD_MEASURED, rank_scored
from modeldex.storage.schema.provider_aliases import IS_CANONICAL, REWRITES
from modeldex.vocabulary.fields import NAMES

_FIELDS = columns()
_FOLD = "".join(f"{statement};\n  " for statement in FOLD_STEPS)
_GUARD = "catalog is derived: write to models or capabilities instead"
_KEY = "model_id = {0}.model_id AND resolver = {0}.resolver"


def _abort(table: str, name: str, event: str, when: str, message: str) -> tuple[str, str]:
    trigger = f"{table}_{name}"
    return trigger, (
        f"CREATE TRIGGER {trigger} BEFORE {event} ON {table} WHEN {when}\n"
        f"BEGIN SELECT RAISE(ABORT, '{message}'); END"
    )


def _then(name: str, event: str, body: str, when: str = "") -> tuple[str, str]:
    guard = f" WHEN {when}" if when else ""
    return name, f"CREATE TRIGGER {name} {event}{guard}\nBEGIN\n  {body}\nEND"


_UNKNOWN_MODEL = "NOT EXISTS (SELECT 1 FROM models WHERE id = NEW.model_id)"
# Of a sighting, `catalog` has only `live`, which reference sources do not affect.
_LIVE = "EXISTS (SELECT 1 FROM sources WHERE name = NEW.source AND kind = 'live')"
_FORGET = f"DELETE FROM replaced WHERE {_KEY.format('OLD')};"
_CHANGED_AT = f"CASE WHEN NEW.changed_at IS OLD.changed_at THEN {NOW} ELSE NEW.changed_at END"
_OPINION_CHANGED = " OR ".join(f"OLD.{name} IS NOT NEW.{name}" for name in NAMES)
TRIGGERS: dict[str, str] = dict(
    (
        # The fold of pending models into `catalog`, and write protection of `catalog`.
        _then(
            "pending_fold",
            "AFTER INSERT ON pending",
            f"{_FOLD}DELETE FROM pending WHERE model_id = NEW.model_id;",
            "NOT EXISTS (SELECT 1 FROM deferral)",
        ),
        _then(
            "deferral_ended", "AFTER DELETE ON deferral", f"{_FOLD}DELETE FROM pending;",
            "OLD.active = 2",
        ),
        *(
            _abort(
                "catalog", f"{event.lower()}_refused", event,
                f"NOT EXISTS (SELECT 1 FROM pending WHERE model_id = {row}.model_id)", _GUARD,
            )
            for event, row in (("INSERT", "NEW"), ("UPDATE", "OLD"), ("DELETE", "OLD"))
        ),
        # Opinions.
        _abort(
            "capabilities", "unknown_model", "INSERT", _UNKNOWN_MODEL,
            "unknown model: add it to models first",
        ),
        _abort(
            "capabilities", "unknown_resolver", "INSERT",
            "NOT EXISTS (SELECT 1 FROM resolvers WHERE name = NEW.resolver)",
            "unknown resolver: add it to resolvers first, or use user",
        ),
        _abort(
            "capabilities", "key_is_fixed", "UPDATE OF model_id, resolver",
            "NEW.model_id IS NOT OLD.model_id OR NEW.resolver IS NOT OLD.resolver",
            "an opinion keeps its model and resolver: delete it and insert another",
        ),
        # INSERT OR REPLACE deletes the old row without firing a delete trigger: copy it before.
        _then(
            "capabilities_set_aside",
            "BEFORE INSERT ON capabilities",
            f"DELETE FROM replaced WHERE {_KEY.format('NEW')};\n"
            f"  INSERT INTO replaced (model_id, resolver, {_FIELDS}, observed_at, changed_at)\n"
            f"    SELECT model_id, resolver, {_FIELDS}, observed_at, changed_at\n"
            f"    FROM capabilities WHERE {_KEY.format('NEW')};",
            f"EXISTS (SELECT 1 FROM capabilities WHERE {_KEY.format('NEW')})",
        ),
        _then(
            "capabilities_inserted",
            "AFTER INSERT ON capabilities",
            f"INSERT INTO capability_history (model_id, resolver, {_FIELDS}, observed_at,\n"
            f"    valid_from, valid_to) SELECT model_id, resolver, {_FIELDS}, observed_at,\n"
            f"    changed_at, {NOW} FROM replaced WHERE {_KEY.format('NEW')};\n"
            f"  DELETE FROM replaced WHERE {_KEY.format('NEW')};\n  {queue_model('NEW.model_id')}",
        ),
        _then(
            "capabilities_updated",
            f"AFTER UPDATE OF {_FIELDS} ON capabilities",
            f"{_FORGET}\n  {archive('OLD', _CHANGED_AT)}\n"
            f"  UPDATE capabilities SET changed_at = {NOW},\n"
            f"    observed_at = CASE WHEN NEW.observed_at IS OLD.observed_at THEN {NOW}\n"
            f"      ELSE NEW.observed_at END\n"
            f"    WHERE {_KEY.format('NEW')} AND NEW.changed_at IS OLD.changed_at;\n"
            f"  {queue_model('NEW.model_id')}",
            _OPINION_CHANGED,
        ),
        _then(
            "capabilities_deleted",
            "AFTER DELETE ON capabilities",
            f"{_FORGET}\n  {archive('OLD', NOW)}\n  {queue_model('OLD.model_id')}",
        ),
        *REWRITES.items(),
        # Models. INSERT of an existing model fills in its family and display name, keeps its id.
        _abort(
            "models", "id_is_taken", "INSERT",
            "EXISTS (SELECT 1 FROM models WHERE id = NEW.id "
            f"AND (provider <> NEW.provider OR name <> NEW.name)) AND {IS_CANONICAL}",
            "another model has this id: leave the id out",
        ),
        _then(
            "models_known",
            "BEFORE INSERT ON models",
            "UPDATE models SET family = coalesce(NEW.family, family),\n"
            "    display_name = coalesce(NEW.display_name, display_name)\n"
            "    WHERE provider = NEW.provider AND name = NEW.name;\n"
            "  SELECT RAISE(IGNORE);",
            "EXISTS (SELECT 1 FROM models WHERE provider = NEW.provider AND name = NEW.name)\n"
            f"  AND {IS_CANONICAL}",
        ),
        _then("models_inserted", "AFTER INSERT ON models", queue_model("NEW.id")),
        _abort(
            "models", "id_is_fixed", "UPDATE OF id", "NEW.id IS NOT OLD.id",
            "the id of a model never changes",
        ),
        _abort(
            "models", "name_is_taken", "UPDATE OF provider, name",
            "EXISTS (SELECT 1 FROM models WHERE provider = NEW.provider AND name = NEW.name "
            "AND id <> OLD.id)",
            "another model has this provider and name",
        ),
        _then(
            "models_updated",
            f"AFTER UPDATE OF {MODEL_COLUMNS} ON models",
            queue_model("NEW.id"),
            " OR ".join(f"OLD.{c} IS NOT NEW.{c}" for c in MODEL_COLUMNS.split(", ")),
        ),
        _abort(
            "models", "has_opinions", "DELETE",
            "EXISTS (SELECT 1 FROM capabilities WHERE model_id = OLD.id)",
            "the model has opinions: delete those first, or set retired_at to hide it",
        ),
        _then(
            "models_deleted",
            "AFTER DELETE ON models",
            "DELETE FROM sightings WHERE model_id = OLD.id;\n"
            "  DELETE FROM aliases WHERE model_id = OLD.id;\n"
            # SQLite may reuse the id for the next model.
            "  DELETE FROM capability_history WHERE model_id = OLD.id;\n"
            "  DELETE FROM model_history WHERE model_id = OLD.id;\n"
            "  DELETE FROM catalog_history WHERE model_id = OLD.id;\n"
            f"  DELETE FROM acknowledged WHERE model_id = OLD.id;\n  {queue_model('OLD.id')}\n"
            # Where the fold is deferred, the row must not become the past of another model.
            "  DELETE FROM catalog WHERE model_id = OLD.id;",
        ),
        # Aliases.
        _abort(
            "aliases", "unknown_model", "INSERT", _UNKNOWN_MODEL,
            "unknown model: add it to models first",
        ),
        _abort(
            "aliases", "model_must_exist", "UPDATE OF model_id", _UNKNOWN_MODEL,
            "unknown model: add it to models first",
        ),
        # Sources and sightings.
        _abort(
            "sightings", "unknown_model", "INSERT", _UNKNOWN_MODEL,
            "unknown model: add it to models first",
        ),
        _abort(
            "sightings", "unknown_source", "INSERT",
            "NOT EXISTS (SELECT 1 FROM sources WHERE name = NEW.source)",
            "unknown source: add it to sources first",
        ),
        _abort(
            "sightings", "key_is_fixed", "UPDATE OF model_id, source",
            "NEW.model_id IS NOT OLD.model_id OR NEW.source IS NOT OLD.source",
            "a sighting keeps its model and source: delete it and insert another",
        ),
        _then(
            "sightings_inserted", "AFTER INSERT ON sightings", queue_model("NEW.model_id"), _LIVE
        ),
        _then(
            "sightings_updated",
            "AFTER UPDATE OF missing_since ON sightings",
            queue_model("NEW.model_id"),
            f"OLD.missing_since IS NOT NEW.missing_since AND {_LIVE}",
        ),
        _then("sightings_deleted", "AFTER DELETE ON sightings", queue_model("OLD.model_id")),
        _abort(
            "sources", "name_is_fixed", "UPDATE OF name", "NEW.name IS NOT OLD.name",
            "the name of a source never changes",
        ),
        _abort(
            "sources", "has_sightings", "DELETE",
            "EXISTS (SELECT 1 FROM sightings WHERE source = OLD.name)",
            "the source has sightings: delete those first",
        ),
        _then(
            "sources_inserted",
            "AFTER INSERT ON sources",
            together(queue_models("sightings WHERE source = NEW.name")),
        ),
        _then(
            "sources_updated",
            "AFTER UPDATE OF kind ON sources",
            together(queue_models("sightings WHERE source = NEW.name")),
            "NEW.kind IS NOT OLD.kind",
        ),
        # Resolvers.
        _abort(
            "resolvers", "name_is_fixed", "UPDATE OF name", "NEW.name IS NOT OLD.name",
            "the name of a resolver never changes",
        ),
        _abort(
            "resolvers", "has_opinions", "DELETE",
            "EXISTS (SELECT 1 FROM capabilities WHERE resolver = OLD.name)",
            "the resolver has opinions: delete those first",
        ),
        _abort(
            "resolvers", "perf_lab_stays", "DELETE", "OLD.name = 'perf_lab'",
            "measurements need the resolver perf_lab",
        ),
        _then(
            "resolvers_deleted", "AFTER DELETE ON resolvers", precedence_log("OLD.name", "NULL")
        ),
        _then(
            "resolvers_inserted",
            "AFTER INSERT ON resolvers",
            f"{PLACES}\n  {precedence_log('NEW.name', 'NEW.precedence')}\n  "
            + together(queue_models("capabilities WHERE resolver = NEW.name")),
        ),
        _then(
            "resolvers_updated",
            "AFTER UPDATE OF precedence ON resolvers",
            f"{PLACES}\n  {precedence_log('NEW.name', 'NEW.precedence')}\n  "
            + together(queue_models("capabilities WHERE resolver = NEW.name")),
            "NEW.precedence IS NOT OLD.precedence",
        ),
        _abort(
            "resolvers", "place_is_derived", "UPDATE OF place",
            f"NEW.place IS NOT {PLACE.format('NEW')}",
            "place is derived: set precedence instead",
        ),
        # Measurements.
        _abort(
            "measurements", "id_is_taken", "INSERT",
            "EXISTS (SELECT 1 FROM measurements WHERE id = NEW.id)",
            "measurements are append-only: leave the id out",
        ),
        _abort(
            "measurements", "are_append_only", "UPDATE", "1",
            "measurements are append-only: insert another sample",
        ),
        _abort(
            "measurements", "are_not_of_the_future", "INSERT",
            "julianday(NEW.measured_at) > julianday('now', '+5 minutes')",
            "measured_at lies in the future",
        ),
        _then("measurements_inserted", "AFTER INSERT ON measurements", queue_measured("NEW")),
        _then(
            "pending_measurements_fold",
            "AFTER INSERT ON pending_measurements",
            FOLD_MEASURED,
            "NOT EXISTS (SELECT 1 FROM deferral)",
        ),
        _then("measurements_deleted", "AFTER DELETE ON measurements", queue_measured("OLD")),
        _then(
            "measurements_last_score_deleted",
            "AFTER DELETE ON measurements",
            "UPDATE capabilities SET quality_tier = NULL, quality_basis = NULL\n"
            "    WHERE resolver = 'perf_lab' AND model_id =\n"
            "    (SELECT id FROM models WHERE provider = OLD.provider AND name = OLD.name);",
            "OLD.quality_score IS NOT NULL AND NOT EXISTS (SELECT 1 FROM measurements\n"
            "  WHERE provider = OLD.provider AND name = OLD.name AND quality_score IS NOT NULL)",
        ),
        # Quality suites.
        *(
            _then(
                f"quality_suites_{event.lower()}",
                f"AFTER {event} ON quality_suites",
                f"{rank_scored(names)[0]}\n  {together(rank_scored(names)[1])}",
            )
            for event, names in (
                ("INSERT", "NEW.name"), ("UPDATE", "OLD.name, NEW.name"), ("DELETE", "OLD.name"),
            )
        ),
    )
)  # fmt: skip
