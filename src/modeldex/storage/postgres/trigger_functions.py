"""Row triggers of a PostgreSQL catalog: they check rows, write history, and note what to fold.

Each entry of ROW_TRIGGERS is a trigger event and the PL/pgSQL body of its function.
"""

from modeldex.storage.postgres.notes import note_measured, note_model, note_part
from modeldex.storage.schema.columns import MODEL_COLUMNS, columns
from modeldex.storage.schema.fold import PLACE, PLACES
from modeldex.storage.schema.provider_aliases import CANONICAL
from modeldex.vocabulary.fields import NAMES

_COLUMNS = columns()
_CHANGED = " OR ".join(f"OLD.{name} IS DISTINCT FROM NEW.{name}" for name in NAMES)
_RENAMED = " OR ".join(
    f"OLD.{name} IS DISTINCT FROM NEW.{name}" for name in MODEL_COLUMNS.split(", ")
)
_UNKNOWN_MODEL = (
    "NOT EXISTS (SELECT 1 FROM models WHERE id = NEW.model_id)",
    "unknown model: add it to models first",
)
_DERIVED = "catalog is derived: write to models or capabilities instead"


def _refuse(*rules: tuple[str, str]) -> str:
    return "\n  ".join(
        f"IF {when} THEN RAISE EXCEPTION '{why}' USING ERRCODE = 'integrity_constraint_violation'; "
        "END IF;"
        for when, why in rules
    )


_ID_OF_PROVIDER = f"NEW.provider := {CANONICAL};"
_IF_RENAMED = f"IF NEW.provider <> OLD.provider THEN\n    {_ID_OF_PROVIDER}\n  END IF;"
_KNOWN = "EXISTS (SELECT 1 FROM models WHERE provider = NEW.provider AND name = NEW.name)"


def _follow(table: str) -> str:
    """PL/pgSQL: ids that are generated later are higher than the one of this row."""
    return (
        f"IF EXISTS (SELECT 1 FROM {table}_id_seq WHERE NEW.id > last_value "
        "OR (NEW.id = last_value AND NOT is_called)) THEN\n"
        f"    PERFORM modeldex_follow('{table}_id_seq', NEW.id);\n  END IF;"
    )


def _archive(until: str) -> str:
    return (
        f"INSERT INTO capability_history (model_id, resolver, {_COLUMNS}, observed_at, valid_from, "
        f"valid_to) VALUES (OLD.model_id, OLD.resolver, {columns('OLD.')}, OLD.observed_at, "
        f"OLD.changed_at, {until});"
    )


ROW_TRIGGERS: dict[str, tuple[str, str]] = {
    "capabilities_before_insert": (
        "BEFORE INSERT ON capabilities",
        _refuse(
            _UNKNOWN_MODEL,
            (
                "NOT EXISTS (SELECT 1 FROM resolvers WHERE name = NEW.resolver)",
                "unknown resolver: add it to resolvers first, or use user",
            ),
        )
        + "\n  RETURN NEW;",
    ),
    "capabilities_before_update": (
        "BEFORE UPDATE ON capabilities",
        _refuse(
            (
                "NEW.model_id <> OLD.model_id OR NEW.resolver <> OLD.resolver",
                "an opinion keeps its model and resolver: delete it and insert another",
            )
        )
        + f"""
  IF ({_CHANGED}) AND NEW.changed_at IS NOT DISTINCT FROM OLD.changed_at THEN
    NEW.changed_at := modeldex_now();
    IF NEW.observed_at IS NOT DISTINCT FROM OLD.observed_at THEN
      NEW.observed_at := NEW.changed_at;
    END IF;
  END IF;
  RETURN NEW;""",
    ),
    "capabilities_after": (
        "AFTER INSERT OR UPDATE OR DELETE ON capabilities",
        f"""IF TG_OP = 'DELETE' THEN
    {_archive("modeldex_now()")}
    {note_model("OLD.model_id")}
  ELSIF TG_OP = 'INSERT' THEN
    {note_model("NEW.model_id")}
  ELSIF {_CHANGED} THEN
    {_archive("NEW.changed_at")}
    {note_model("NEW.model_id")}
  END IF;
  RETURN NULL;""",
    ),
    "models_before_insert": (
        "BEFORE INSERT ON models",
        # The claim waits for a transaction that is adding the same model.
        f"""{_ID_OF_PROVIDER}
  IF NOT {_KNOWN} THEN
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
  {
            _refuse(
                (
                    "EXISTS (SELECT 1 FROM models WHERE id = NEW.id)",
                    "another model has this id: leave the id out",
                )
            )
        }
  {_follow("models")}
  RETURN NEW;""",
    ),
    "models_before_update": (
        "BEFORE UPDATE ON models",
        f"{_IF_RENAMED}\n  "
        + _refuse(
            ("NEW.id <> OLD.id", "the id of a model never changes"),
            (
                (
                    "EXISTS (SELECT 1 FROM models WHERE provider = NEW.provider "
                    "AND name = NEW.name AND id <> OLD.id)"
                ),
                "another model has this provider and name",
            ),
        )
        + "\n  RETURN NEW;",
    ),
    "models_before_delete": (
        "BEFORE DELETE ON models",
        _refuse(
            (
                "EXISTS (SELECT 1 FROM capabilities WHERE model_id = OLD.id)",
                "the model has opinions: delete those first, or set retired_at to hide it",
            )
        )
        + "\n  RETURN OLD;",
    ),
    "models_after": (
        "AFTER INSERT OR UPDATE OR DELETE ON models",
        f"""IF TG_OP = 'DELETE' THEN
    DELETE FROM capability_history WHERE model_id = OLD.id;
    DELETE FROM model_history WHERE model_id = OLD.id;
    DELETE FROM catalog_history WHERE model_id = OLD.id;
    {note_model("OLD.id")}
  ELSIF TG_OP = 'INSERT' THEN
    {note_model("NEW.id")}
  ELSIF {_RENAMED} THEN
    {note_model("NEW.id")}
  END IF;
  RETURN NULL;""",
    ),
    "aliases_before": (
        "BEFORE INSERT OR UPDATE ON aliases",
        f"IF TG_OP = 'INSERT' THEN\n    {_ID_OF_PROVIDER}\n  ELS{_IF_RENAMED}\n  "
        + _refuse(_UNKNOWN_MODEL)
        + "\n  RETURN NEW;",
    ),
    "sightings_before_insert": (
        "BEFORE INSERT ON sightings",
        _refuse(
            _UNKNOWN_MODEL,
            (
                "NOT EXISTS (SELECT 1 FROM sources WHERE name = NEW.source)",
                "unknown source: add it to sources first",
            ),
        )
        + "\n  RETURN NEW;",
    ),
    "sightings_before_update": (
        "BEFORE UPDATE ON sightings",
        _refuse(
            (
                "NEW.model_id <> OLD.model_id OR NEW.source <> OLD.source",
                "a sighting keeps its model and source: delete it and insert another",
            )
        )
        + "\n  RETURN NEW;",
    ),
    "sightings_after": (
        "AFTER INSERT OR UPDATE OR DELETE ON sightings",
        f"""IF TG_OP = 'DELETE' THEN
    {note_model("OLD.model_id")}
  ELSIF TG_OP = 'INSERT' THEN
    {note_model("NEW.model_id")}
  ELSIF OLD.missing_since IS DISTINCT FROM NEW.missing_since THEN
    {note_model("NEW.model_id")}
  END IF;
  RETURN NULL;""",
    ),
    "sources_before_update": (
        "BEFORE UPDATE ON sources",
        _refuse(("NEW.name <> OLD.name", "the name of a source never changes")) + "\n  RETURN NEW;",
    ),
    "sources_before_delete": (
        "BEFORE DELETE ON sources",
        _refuse(
            (
                "EXISTS (SELECT 1 FROM sightings WHERE source = OLD.name)",
                "the source has sightings: delete those first",
            )
        )
        + "\n  RETURN OLD;",
    ),
    "sources_after": (
        "AFTER UPDATE OF kind ON sources",
        f"""IF NEW.kind <> OLD.kind THEN
    {note_part("source", "NEW.name")}
  END IF;
  RETURN NULL;""",
    ),
    "resolvers_before_update": (
        "BEFORE UPDATE ON resolvers",
        _refuse(
            ("NEW.name <> OLD.name", "the name of a resolver never changes"),
            (
                "NEW.place <> OLD.place AND NEW.place <> " + PLACE.format("NEW"),
                "place is derived: set precedence instead",
            ),
        )
        + "\n  RETURN NEW;",
    ),
    "resolvers_before_delete": (
        "BEFORE DELETE ON resolvers",
        _refuse(
            (
                "EXISTS (SELECT 1 FROM capabilities WHERE resolver = OLD.name)",
                "the resolver has opinions: delete those first",
            ),
            ("OLD.name = 'perf_lab'", "measurements need the resolver perf_lab"),
        )
        + "\n  RETURN OLD;",
    ),
    "resolvers_after": (
        "AFTER INSERT OR DELETE OR UPDATE OF precedence ON resolvers",
        f"""IF TG_OP = 'DELETE' THEN
    INSERT INTO resolver_history (name, at, precedence) VALUES (OLD.name, modeldex_now(), NULL);
  ELSIF TG_OP = 'INSERT' OR NEW.precedence <> OLD.precedence THEN
    {PLACES}
    INSERT INTO resolver_history (name, at, precedence)
      VALUES (NEW.name, modeldex_now(), NEW.precedence);
    {note_part("resolver", "NEW.name")}
  END IF;
  RETURN NULL;""",
    ),
    "measurements_before_insert": (
        "BEFORE INSERT ON measurements",
        _refuse(
            (
                "EXISTS (SELECT 1 FROM measurements WHERE id = NEW.id)",
                "measurements are append-only: leave the id out",
            ),
            (
                "julianday(NEW.measured_at) > julianday(modeldex_now()) + 5.0 / 1440",
                "measured_at lies in the future",
            ),
        )
        + f"\n  {_ID_OF_PROVIDER}\n  {_follow('measurements')}\n  RETURN NEW;",
    ),
    "measurements_before_update": (
        "BEFORE UPDATE ON measurements",
        _refuse(("TRUE", "measurements are append-only: insert another sample"))
        + "\n  RETURN NULL;",
    ),
    "measurements_after": (
        "AFTER INSERT OR DELETE ON measurements",
        f"""IF TG_OP = 'INSERT' THEN
    INSERT INTO models (provider, name) SELECT NEW.provider, NEW.name WHERE NOT {_KNOWN};
    {note_measured("NEW")}
    RETURN NULL;
  END IF;
  {note_measured("OLD")}
  IF OLD.quality_score IS NOT NULL AND NOT EXISTS (SELECT 1 FROM measurements
      WHERE provider = OLD.provider AND name = OLD.name AND quality_score IS NOT NULL) THEN
    UPDATE capabilities SET quality_tier = NULL, quality_basis = NULL
      WHERE resolver = 'perf_lab' AND model_id =
      (SELECT id FROM models WHERE provider = OLD.provider AND name = OLD.name);
  END IF;
  RETURN NULL;""",
    ),
    "quality_suites_after": (
        "AFTER INSERT OR UPDATE OR DELETE ON quality_suites",
        f"""IF TG_OP <> 'INSERT' THEN
    {note_part("suite", "OLD.name")}
  END IF;
  IF TG_OP <> 'DELETE' THEN
    {note_part("suite", "NEW.name")}
  END IF;
  RETURN NULL;""",
    ),
    "catalog_guard": (
        "BEFORE INSERT OR UPDATE OR DELETE ON catalog",
        _refuse(("pg_trigger_depth() = 1", _DERIVED))
        + "\n  IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;\n  RETURN NEW;",
    ),
}
