"""What the triggers of both engines refuse, with the reason: one text for both.

`modeldex.storage.sqlite.triggers` and `modeldex.storage.postgres.triggers` make triggers of it.
"""

from typing import NamedTuple

from modeldex.storage.schema.columns import NOW
from modeldex.storage.schema.fold import PLACE
from modeldex.storage.schema.provider_aliases import IS_CANONICAL

DERIVED = "catalog is derived: write to models or capabilities instead"
"""Why a write to `catalog` is refused."""


class Refusal(NamedTuple):
    """A change of a row that is refused: before which `event`, under which condition, and why."""

    table: str
    name: str
    event: str
    when: str
    why: str


_UNKNOWN_MODEL = "NOT EXISTS (SELECT 1 FROM models WHERE id = NEW.model_id)"
_ADD_MODEL = "unknown model: add it to models first"

REFUSALS = (
    Refusal("capabilities", "unknown_model", "INSERT", _UNKNOWN_MODEL, _ADD_MODEL),
    Refusal(
        "capabilities", "unknown_resolver", "INSERT",
        "NOT EXISTS (SELECT 1 FROM resolvers WHERE name = NEW.resolver)",
        "unknown resolver: add it to resolvers first, or use user",
    ),
    Refusal(
        "capabilities", "key_is_fixed", "UPDATE OF model_id, resolver",
        "NEW.model_id <> OLD.model_id OR NEW.resolver <> OLD.resolver",
        "an opinion keeps its model and resolver: delete it and insert another",
    ),
    Refusal(
        "models", "id_is_taken", "INSERT",
        "EXISTS (SELECT 1 FROM models WHERE id = NEW.id "
        f"AND (provider <> NEW.provider OR name <> NEW.name)) AND {IS_CANONICAL}",
        "another model has this id: leave the id out",
    ),
    Refusal(
        "models", "id_is_fixed", "UPDATE OF id", "NEW.id <> OLD.id",
        "the id of a model never changes",
    ),
    Refusal(
        "models", "name_is_taken", "UPDATE OF provider, name",
        "EXISTS (SELECT 1 FROM models WHERE provider = NEW.provider AND name = NEW.name "
        "AND id <> OLD.id)",
        "another model has this provider and name",
    ),
    Refusal(
        "models", "has_opinions", "DELETE",
        "EXISTS (SELECT 1 FROM capabilities WHERE model_id = OLD.id)",
        "the model has opinions: delete those first, or set retired_at to hide it",
    ),
    Refusal("aliases", "unknown_model", "INSERT", _UNKNOWN_MODEL, _ADD_MODEL),
    Refusal("aliases", "model_must_exist", "UPDATE OF model_id", _UNKNOWN_MODEL, _ADD_MODEL),
    Refusal("sightings", "unknown_model", "INSERT", _UNKNOWN_MODEL, _ADD_MODEL),
    Refusal(
        "sightings", "unknown_source", "INSERT",
        "NOT EXISTS (SELECT 1 FROM sources WHERE name = NEW.source)",
        "unknown source: add it to sources first",
    ),
    Refusal(
        "sightings", "key_is_fixed", "UPDATE OF model_id, source",
        "NEW.model_id <> OLD.model_id OR NEW.source <> OLD.source",
        "a sighting keeps its model and source: delete it and insert another",
    ),
    Refusal(
        "sources", "name_is_fixed", "UPDATE OF name", "NEW.name <> OLD.name",
        "the name of a source never changes",
    ),
    Refusal(
        "sources", "has_sightings", "DELETE",
        "EXISTS (SELECT 1 FROM sightings WHERE source = OLD.name)",
        "the source has sightings: delete those first",
    ),
    Refusal(
        "resolvers", "name_is_fixed", "UPDATE OF name", "NEW.name <> OLD.name",
        "the name of a resolver never changes",
    ),
    Refusal(
        "resolvers", "has_opinions", "DELETE",
        "EXISTS (SELECT 1 FROM capabilities WHERE resolver = OLD.name)",
        "the resolver has opinions: delete those first",
    ),
    Refusal(
        "resolvers", "perf_lab_stays", "DELETE", "OLD.name = 'perf_lab'",
        "measurements need the resolver perf_lab",
    ),
    Refusal(
        "resolvers", "place_is_derived", "UPDATE OF place",
        f"NEW.place <> OLD.place AND NEW.place <> {PLACE.format('NEW')}",
        "place is derived: set precedence instead",
    ),
    Refusal(
        "measurements", "id_is_taken", "INSERT",
        "EXISTS (SELECT 1 FROM measurements WHERE id = NEW.id)",
        "measurements are append-only: leave the id out",
    ),
    Refusal(
        "measurements", "are_append_only", "UPDATE", "1 = 1",
        "measurements are append-only: insert another sample",
    ),
    Refusal(
        "measurements", "are_not_of_the_future", "INSERT",
        # Compared as text first, which costs a fifth and settles it for all but a few.
        f"NEW.measured_at > {NOW} AND julianday(NEW.measured_at) > julianday({NOW}) + 5.0 / 1440",
        "measured_at lies in the future",
    ),
)  # fmt: skip
