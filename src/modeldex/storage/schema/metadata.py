"""The tables and indexes of a catalog as SQLAlchemy metadata, whole once this module is imported.

The DDL is a public contract: users read it with `.schema` and write by SQL, so each constraint's
name states the error.
"""

from sqlalchemy import Column, Index
from sqlalchemy import text as sql

from modeldex.storage.schema import (  # noqa: F401 - they declare
    benchmark_tables,
    listing_tables,
    model_tables,
    record_tables,
)
from modeldex.storage.schema.columns import FIGURES, SCORED_TASKS, SHOWN
from modeldex.storage.schema.ddl import WHOLE, check
from modeldex.storage.schema.declare import (
    METADATA,
    field_columns,
    model_column,
    table,
    text_column,
)

__all__ = ["METADATA", "OWN"]

OWN = {"about": " WHERE key NOT IN ('schema', 'derived', 'derived_after_run', 'derived_objects')"}
"""SQL: restricts the rows that are copied to another catalog, which has its own of the others."""

table(
    "pending",
    "internal: models whose catalog row is out of date",
    model_column(key=True, owned=False),
    only="sqlite",
)
table(
    "pending_measurements", "internal: models with samples not yet folded",
    text_column("provider", primary_key=True), text_column("name", primary_key=True),
    rowid=False, only="sqlite",
)  # fmt: skip
table(
    "deferral", "internal: a row here puts folding off",
    Column(
        "active", WHOLE, check("active_is_1_or_2", "active IN (1, 2)"), primary_key=True,
        autoincrement=False, comment="to the end of 1: a transaction, 2: a statement",
    ), only="sqlite",
)  # fmt: skip
table(
    "replaced", "internal: opinions that an INSERT OR REPLACE may overwrite",
    model_column(key=True, owned=False), text_column("resolver", primary_key=True),
    *field_columns(
        *(text_column(name, nullable=False) for name in ("observed_at", "changed_at")),
        late=((7, text_column("source_url")),),
    ),
    rowid=False, only="sqlite",
)  # fmt: skip


def _index(
    name: str, table: str, *keys: str, where: str | None = None, unique: bool = False
) -> None:
    of = METADATA.tables[table].c
    given = [of[key.removesuffix(" DESC")] for key in keys]
    ordered = [c.desc() if k.endswith(" DESC") else c for k, c in zip(keys, given, strict=True)]
    condition = None if where is None else sql(where)
    Index(name, *ordered, unique=unique, sqlite_where=condition, postgresql_where=condition)


_BEHIND = ("rank_price", "rank_class", "rank_context", "rank_release DESC")
_RANK = ("rank_tier", "rank_band", *_BEHIND)
# Covering for `live` and `valid_from`: availability and a past moment need no look-up in the table.
_index("catalog_by_rank", "catalog", *_RANK, "provider", "name", "live", "valid_from")
# Partial index for the default criteria; its WHERE must equal the text of `conditions`, else
# SQLite does not use it. Without it a query steps over the free and dynamic offers that lead
# each tier.
_index("catalog_shown", "catalog", *_RANK, "provider", "name", "live", "valid_from", where=SHOWN)
_index(
    "catalog_history_shown", "catalog_history",
    *_RANK, "provider", "name", "live", "valid_from", "valid_to", where=SHOWN,
)  # fmt: skip
_index("catalog_history_by_end", "catalog_history", "valid_to", "valid_from")
_index("catalog_history_by_model", "catalog_history", "model_id")
_index("catalog_history_by_name", "catalog_history", "name")
# A question that only some providers can answer merges one walk for each and one over offers that
# need no key.
# Of indexes that it estimates alike SQLite takes the youngest. They are made in order of their
# names, so that those of the models shown come after those of all.
_index("catalog_by_provider", "catalog", "provider", *_RANK, "name")
_index("catalog_shown_by_provider", "catalog", "provider", *_RANK, "name", where=SHOWN)
_index("catalog_that_is_own", "catalog", *_RANK, "provider", "name", where="own = 1")
_index(
    "catalog_that_is_own_shown", "catalog",
    *_RANK, "provider", "name", where=f"own = 1 AND {SHOWN}",
)  # fmt: skip
for _task in SCORED_TASKS:
    _of_task = (f"rank_{_task}", *_BEHIND)
    _index(f"catalog_for_{_task}", "catalog", *_of_task, "provider", "name", where=SHOWN)
    _index(
        f"catalog_for_{_task}_by_provider", "catalog", "provider", *_of_task, "name", where=SHOWN
    )
    _index(
        f"catalog_for_{_task}_that_is_own", "catalog",
        *_of_task, "provider", "name", where=f"own = 1 AND {SHOWN}",
    )  # fmt: skip
_index("catalog_by_base", "catalog", "base", "rank_cost", "rank_tier", where="base IS NOT NULL")
_index("catalog_by_name", "catalog", "provider", "name", unique=True)
_index("catalog_by_bare_name", "catalog", "name")
_index("aliases_by_alias", "aliases", "alias")
_index("aliases_by_model", "aliases", "model_id")
_index("listings_by_provider", "listings", "provider", "address")
_index("listed_by_model", "listed", "model_id")
_index("sightings_by_source", "sightings", "source")
_index("capabilities_by_resolver", "capabilities", "resolver")
_index("history_by_opinion", "capability_history", "model_id", "resolver", "valid_from")
_index("history_by_end", "capability_history", "valid_to")
_index("model_history_by_model", "model_history", "model_id", "id")
# Covering: the medians of the figures are computed from the index alone.
_index(
    "measurements_by_model", "measurements",
    "provider", "name", "measured_at", "id", "samples", *FIGURES[:-1],
)  # fmt: skip
_index(
    "measurements_scored", "measurements", "provider", "name", "measured_at", "id", "samples",
    "quality_suite", "suite_version", "quality_score", where="quality_score IS NOT NULL",
)  # fmt: skip
_index(
    "measurements_of_suite", "measurements", "quality_suite", "provider", "name", "quality_score",
    where="quality_score IS NOT NULL",
)  # fmt: skip
_index("measurements_by_run", "measurements", "run_id", where="run_id IS NOT NULL")
_index("run_steps_by_run", "run_steps", "run_id")
_index("run_steps_by_name", "run_steps", "kind", "name", "token", where="status <> 'failed'")
