"""The indexes of a catalog."""

from modeldex.storage.schema.tables import FIGURES

_RANK = "rank_tier, rank_cost, rank_context, rank_release DESC"
_SHOWN = (
    "WHERE (mode IS NULL OR mode = 'chat') AND retired_at IS NULL "
    "AND (lifecycle IS NULL OR lifecycle IN ('active', 'preview')) "
    "AND (price_basis IS NULL OR price_basis IN ('metered', 'self_hosted'))"
)

INDEXES: dict[str, str] = {
    # Covering for `live` and `valid_from`: availability and a past moment need no look-up in the
    # table.
    "catalog_by_rank": "CREATE INDEX catalog_by_rank ON catalog "
    f"({_RANK}, provider, name, live, valid_from)",
    # Partial index for the default criteria; its WHERE must equal the text of `criteria`, else
    # SQLite does not use it. Without it a query steps over the free and dynamic offers that lead
    # each tier.
    "catalog_shown": "CREATE INDEX catalog_shown ON catalog "
    f"({_RANK}, provider, name, live, valid_from) " + _SHOWN,
    "catalog_by_provider": f"CREATE INDEX catalog_by_provider ON catalog (provider, {_RANK}, name)",
    "catalog_by_name": "CREATE UNIQUE INDEX catalog_by_name ON catalog (provider, name)",
    "catalog_by_bare_name": "CREATE INDEX catalog_by_bare_name ON catalog (name)",
    "catalog_history_shown": "CREATE INDEX catalog_history_shown ON catalog_history "
    f"({_RANK}, provider, name, live, valid_from, valid_to) " + _SHOWN,
    "catalog_history_by_end": "CREATE INDEX catalog_history_by_end "
    "ON catalog_history (valid_to, valid_from)",
    "catalog_history_by_model": "CREATE INDEX catalog_history_by_model "
    "ON catalog_history (model_id)",
    "catalog_history_by_name": "CREATE INDEX catalog_history_by_name ON catalog_history (name)",
    "aliases_by_alias": "CREATE INDEX aliases_by_alias ON aliases (alias)",
    "aliases_by_model": "CREATE INDEX aliases_by_model ON aliases (model_id)",
    "sightings_by_source": "CREATE INDEX sightings_by_source ON sightings (source)",
    "capabilities_by_resolver": "CREATE INDEX capabilities_by_resolver ON capabilities (resolver)",
    "history_by_opinion": "CREATE INDEX history_by_opinion "
    "ON capability_history (model_id, resolver, valid_from)",
    "history_by_end": "CREATE INDEX history_by_end ON capability_history (valid_to)",
    "model_history_by_model": "CREATE INDEX model_history_by_model ON model_history (model_id)",
    # Covering: the medians of the figures are computed from the index alone.
    "measurements_by_model": "CREATE INDEX measurements_by_model ON measurements (provider, name, "
    f"measured_at, id, samples, {', '.join(FIGURES[:-1])})",
    "measurements_scored": "CREATE INDEX measurements_scored ON measurements (provider, name) "
    "WHERE quality_score IS NOT NULL",
    "measurements_by_run": "CREATE INDEX measurements_by_run ON measurements (run_id) "
    "WHERE run_id IS NOT NULL",
    "run_steps_by_run": "CREATE INDEX run_steps_by_run ON run_steps (run_id)",
    "run_steps_by_name": "CREATE INDEX run_steps_by_name "
    "ON run_steps (kind, name, token) WHERE status <> 'failed'",
}
