"""The rows of a new catalog: resolvers with their precedence, cut-points, what the file is."""

from typing import TYPE_CHECKING

from sqlalchemy import insert, text

from modeldex.storage.schema.columns import RANK_STEPS
from modeldex.storage.schema.fold import PLACES
from modeldex.storage.schema.metadata import METADATA
from modeldex.storage.schema.version import SCHEMA
from modeldex.vocabulary.criteria import COST_TIER_CUTS
from modeldex.vocabulary.suites import cut_points

if TYPE_CHECKING:
    from sqlalchemy import Connection

# Those of each schema low to high. If resolvers share a precedence, the first by name wins.
DEFAULT_PRECEDENCE: tuple[tuple[str, int], ...] = (
    ("inferred", 100),
    ("models_dev", 200),
    ("litellm", 210),
    ("genai_prices", 220),
    ("static", 300),
    ("tiers", 310),
    ("ollama", 410),
    ("perf_lab", 500),
    ("overrides", 900),
    ("user", 1000),
    ("base", 110),
    ("target", 120),
    ("plausibility", 130),
    ("coverage", 140),
    ("pi_ai", 195),
    ("earlier_notices", 315),
    ("notices", 320),
    ("consensus", 290),
    ("dated_prices", 295),
    ("evidence", 330),
    ("succession", 150),
)

NEEDS = "0.3.0"
"""The first version of modeldex that can read this schema."""

_ALWAYS = "1970-01-01T00:00:00.000Z"
"""Since when the first precedences hold."""

_REVISION = (
    "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL, "
    "CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num))"
)
"""The table of Alembic, as it makes it."""


def insert_first_rows(connection: "Connection", born_at: str, catalog_id: str) -> None:
    """Fill the new tables, before there are triggers, and mark the revision for Alembic."""
    names = [{"name": name, "precedence": place} for name, place in DEFAULT_PRECEDENCE]
    tables = METADATA.tables
    connection.execute(insert(tables["resolvers"]), names)
    connection.execute(insert(tables["resolver_history"]), [{**n, "at": _ALWAYS} for n in names])
    connection.execute(text(PLACES))
    cuts = [dict(zip(("name", "at_least", "below"), row, strict=True)) for row in COST_TIER_CUTS]
    connection.execute(insert(tables["cost_tiers"]), cuts)
    tiers = [{"name": cut.tier, "above": cut.above, "below": cut.below} for cut in cut_points()]
    connection.execute(insert(tables["quality_tiers"]), tiers)
    connection.execute(insert(tables["rank_steps"]), [{"step": n} for n in range(RANK_STEPS)])
    about = {
        "format": "modeldex catalog", "needs_modeldex": NEEDS, "born_at": born_at,
        "catalog_id": catalog_id,
    }  # fmt: skip
    if connection.dialect.name == "postgresql":
        about["schema"] = str(SCHEMA)
    rows = [{"key": key, "value": value} for key, value in about.items()]
    connection.execute(insert(tables["about"]), rows)
    connection.execute(text(_REVISION))
    connection.execute(text("INSERT INTO alembic_version VALUES (:it)"), {"it": f"{SCHEMA:04d}"})
