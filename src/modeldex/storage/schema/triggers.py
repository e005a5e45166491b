"""What the triggers of both engines do after a change: one text for both.

`modeldex.storage.sqlite.triggers` and `modeldex.storage.postgres.triggers` make triggers of it, and
have those that only one engine needs. A trigger never increments: it notes the models that a
change touches, whose rows of `catalog` the fold then computes anew.
"""

from typing import NamedTuple

from modeldex.storage.schema.columns import MODEL_COLUMNS, NOW, columns
from modeldex.storage.schema.dialect import Dialect
from modeldex.storage.schema.evidence import judge
from modeldex.storage.schema.fold import PLACES
from modeldex.vocabulary.fields import NAMES


class Effect(NamedTuple):
    """What a trigger does after a change of a row; `when` is a condition on it, or empty."""

    name: str
    event: str
    body: str
    when: str = ""


def _archive(until: str) -> str:
    """SQL: copies the opinion OLD into `capability_history`; `until` ends its validity."""
    return (
        f"INSERT INTO capability_history (model_id, resolver, {columns()}, source_url, "
        f"observed_at,\n    valid_from, valid_to) VALUES (OLD.model_id, OLD.resolver, "
        f"{columns('OLD.')},\n    OLD.source_url, OLD.observed_at, OLD.changed_at, {until});"
    )


def _precedence(name: str, precedence: str) -> str:
    return (
        f"INSERT INTO resolver_history (name, at, precedence) VALUES ({name}, {NOW}, {precedence});"
    )


_CHANGED_AT = f"CASE WHEN NEW.changed_at = OLD.changed_at THEN {NOW} ELSE NEW.changed_at END"
_SCORED = (
    "SELECT 1 FROM measurements\n"
    "  WHERE provider = OLD.provider AND name = OLD.name AND quality_score IS NOT NULL"
)
_OF_DELETED = "capability_history", "model_history", "catalog_history", "acknowledged"


def effects(dialect: Dialect) -> tuple[Effect, ...]:
    """Return what happens after changes, in the words of one engine."""
    return (
        *_on_models(dialect), *_on_sources(dialect), *_on_measurements(dialect),
        *_on_benchmarks(dialect),
    )  # fmt: skip


def _on_models(dialect: Dialect) -> tuple[Effect, ...]:
    differs, note = dialect.differs, dialect.note_model
    opinion_changed = " OR ".join(f"OLD.{name} {differs} NEW.{name}" for name in NAMES)
    named = MODEL_COLUMNS.split(", ")
    renamed = " OR ".join(f"OLD.{name} {differs} NEW.{name}" for name in named)
    forget = "\n  ".join(f"DELETE FROM {table} WHERE model_id = OLD.id;" for table in _OF_DELETED)
    return (
        Effect("capabilities_inserted", "INSERT ON capabilities", note("NEW.model_id")),
        Effect(
            "capabilities_updated", f"UPDATE OF {columns()} ON capabilities",
            f"{_archive(_CHANGED_AT)}\n  {note('NEW.model_id')}", opinion_changed,
        ),
        Effect(
            "capabilities_deleted", "DELETE ON capabilities",
            f"{_archive(NOW)}\n  {note('OLD.model_id')}",
        ),
        Effect("models_inserted", "INSERT ON models", note("NEW.id")),
        Effect("models_updated", f"UPDATE OF {MODEL_COLUMNS} ON models", note("NEW.id"), renamed),
        *(
            Effect(f"aliases_{done}", f"{event} ON aliases", notes)
            for done, event, notes in (
                ("inserted", "INSERT", note("NEW.model_id")),
                ("updated", "UPDATE", f"{note('OLD.model_id')}\n  {note('NEW.model_id')}"),
                ("deleted", "DELETE", note("OLD.model_id")),
            )
        ),
        # SQLite may reuse the id for the next model.
        Effect("models_deleted", "DELETE ON models", f"{forget}\n  {note('OLD.id')}"),
    )  # fmt: skip


def _on_sources(dialect: Dialect) -> tuple[Effect, ...]:
    note, note_part = dialect.note_model, dialect.note_part
    ranked = f"{PLACES}\n  {_precedence('NEW.name', 'NEW.precedence')}\n  " + note_part(
        "resolver", "NEW.name"
    )
    return (
        Effect(
            "sightings_inserted", "INSERT ON sightings", note("NEW.model_id"), dialect.is_live
        ),
        Effect(
            "sightings_updated", "UPDATE OF missing_since ON sightings", note("NEW.model_id"),
            f"OLD.missing_since {dialect.differs} NEW.missing_since AND {dialect.is_live}",
        ),
        Effect("sightings_deleted", "DELETE ON sightings", note("OLD.model_id")),
        Effect(
            "sources_updated", "UPDATE OF kind, keyed ON sources", note_part("source", "NEW.name"),
            "NEW.kind <> OLD.kind OR NEW.keyed <> OLD.keyed",
        ),
        # Rows that come with the program are followed by a fold of everything.
        *(
            Effect(
                f"provider_classes_{done}",
                f"{event} ON provider_classes", note_part("provider", f"{row}.provider"),
                f"{row}.shipped = 0",
            )
            for event, row, done in (
                ("INSERT", "NEW", "inserted"), ("UPDATE", "NEW", "updated"),
                ("DELETE", "OLD", "deleted"),
            )
        ),
        Effect("resolvers_inserted", "INSERT ON resolvers", ranked),
        Effect(
            "resolvers_updated", "UPDATE OF precedence ON resolvers", ranked,
            "NEW.precedence <> OLD.precedence",
        ),
        Effect("resolvers_deleted", "DELETE ON resolvers", _precedence("OLD.name", "NULL")),
    )  # fmt: skip


_OF_SUITE = "(SELECT base FROM benchmarks WHERE suite = {}.name)"
_OF_SCORE = "base, suite, variant, day, score, low, high"
_ALL_SCORED = "(SELECT base FROM benchmarks)"


def _on_benchmarks(dialect: Dialect) -> tuple[Effect, ...]:
    def judged(bases: str, *, few: bool = False) -> str:
        return dialect.at_once(";\n  ".join(judge(bases, few=few)) + ";")

    # Rows that come with the program are judged by the refresh that follows, those of an import
    # at its end.
    return (
        Effect(
            "benchmarks_inserted", "INSERT ON benchmarks", judged("(NEW.base)", few=True),
            "NEW.shipped = 0",
        ),
        Effect(
            "benchmarks_updated", f"UPDATE OF {_OF_SCORE} ON benchmarks",
            judged("(NEW.base, OLD.base)", few=True),
        ),
        Effect(
            "benchmarks_deleted", "DELETE ON benchmarks", judged("(OLD.base)", few=True),
            "OLD.shipped = 0",
        ),
        Effect(
            "suites_inserted", "INSERT ON suites", judged(_OF_SUITE.format("NEW")),
            "NEW.shipped = 0",
        ),
        Effect("suites_updated", "UPDATE ON suites", judged(_OF_SUITE.format("NEW"))),
        Effect(
            "suites_renamed", "UPDATE OF name ON suites", judged(_OF_SUITE.format("OLD")),
            "NEW.name <> OLD.name",
        ),
        Effect(
            "suites_deleted", "DELETE ON suites", judged(_OF_SUITE.format("OLD")),
            "OLD.shipped = 0",
        ),
        *(
            Effect(f"quality_tiers_{done}", f"{event} ON quality_tiers", judged(_ALL_SCORED))
            for event, done in (
                ("INSERT", "inserted"), ("UPDATE", "updated"), ("DELETE", "deleted"),
            )
        ),
    )  # fmt: skip


def _on_measurements(dialect: Dialect) -> tuple[Effect, ...]:
    note_part = dialect.note_part
    return (
        Effect(
            "measurements_inserted", "INSERT ON measurements", dialect.note_measured("NEW"),
            dialect.is_unnoted,
        ),
        Effect("measurements_deleted", "DELETE ON measurements", dialect.note_measured("OLD")),
        Effect(
            "measurements_last_score_deleted", "DELETE ON measurements",
            "UPDATE capabilities SET quality_tier = NULL, quality_basis = NULL\n"
            "    WHERE resolver = 'perf_lab' AND model_id =\n"
            "    (SELECT id FROM models WHERE provider = OLD.provider AND name = OLD.name);",
            f"OLD.quality_score IS NOT NULL AND NOT EXISTS ({_SCORED})",
        ),
        Effect("quality_suites_added", "INSERT ON quality_suites", note_part("suite", "NEW.name")),
        Effect(
            "quality_suites_updated", "UPDATE ON quality_suites", note_part("suite", "NEW.name")
        ),
        Effect(
            "quality_suites_renamed", "UPDATE OF name ON quality_suites",
            note_part("suite", "OLD.name"), "NEW.name <> OLD.name",
        ),
        Effect(
            "quality_suites_deleted", "DELETE ON quality_suites", note_part("suite", "OLD.name")
        ),
    )  # fmt: skip
