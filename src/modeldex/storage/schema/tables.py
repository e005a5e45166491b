"""The DDL of all tables and indexes of a SQLite catalog.

The text is a public contract: users read it with `.schema` and write by SQL, so each constraint's
name states the error and comments are inside the DDL. Column lists derive from
`modeldex.vocabulary.fields`. Migrations hold frozen copies; a test compares both.
"""

from modeldex.storage.schema.constraints import (
    NOW,
    field_columns,
    quoted,
    row_id,
    text,
    utc_time,
    word,
)

SCHEMA = 3
"""The schema version, stored in `PRAGMA user_version`; one per migration."""

APPLICATION_ID = 0x6D646578
"""SQLite application id of a modeldex catalog, shown by `file`; ASCII for `mdex`."""

# Low to high. If resolvers share a precedence, the first by name wins.
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
)


VERIFIED = (
    "supports_tools", "supports_vision", "supports_json_mode", "supports_structured_outputs",
)  # fmt: skip
"""Capability columns of a measurement."""

FIGURES = (
    "tokens_per_second", "ttft_ms", "input_cost_per_1m", "output_cost_per_1m", *VERIFIED,
    "quality_score",
)  # fmt: skip
"""Columns of a measurement that hold a result; each row needs one of them, or `error`."""

RANKING = {
    "usable_context": "coalesce(served_context, max_context, max_input_tokens)",
    "blended_cost": "(3 * input_cost_per_1m + output_cost_per_1m) / 4",
    "rank_tier": "CASE quality_tier\n"
    "    WHEN 'best' THEN 0 WHEN 'balanced' THEN 1 WHEN 'cheap' THEN 2 ELSE 3 END",
    "rank_cost": "coalesce((3 * input_cost_per_1m + output_cost_per_1m) / 4, 9e99)",
    "rank_context": "-coalesce(served_context, max_context, max_input_tokens, 0)",
    "rank_release": "coalesce(release_date, '')",
}
"""SQL expressions of the generated columns of `catalog` that queries rank by."""

_RANKED = f"""  usable_context INTEGER AS ({RANKING["usable_context"]}) STORED,
  blended_cost REAL AS ({RANKING["blended_cost"]}) STORED, -- USD per 1M
  rank_tier INTEGER NOT NULL AS ({RANKING["rank_tier"]}) STORED,
  rank_cost REAL NOT NULL AS ({RANKING["rank_cost"]}) STORED,
  rank_context INTEGER NOT NULL AS ({RANKING["rank_context"]}) STORED,
  rank_release TEXT NOT NULL AS ({RANKING["rank_release"]}) STORED"""

PROBLEMS = ("key", "unreachable", "timeout", "refused", "answer", "shrunk", "error")
"""Kinds of failure of a source or resolver."""


def _verified() -> str:
    return "\n".join(
        f"  {name} INTEGER CONSTRAINT {name}_is_0_or_1 CHECK ({name} IN (0, 1)), -- as tested"
        for name in VERIFIED
    )


TABLES: dict[str, str] = {
    "about": """CREATE TABLE about ( -- what this file is and which modeldex it needs
  key TEXT NOT NULL PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID""",
    "models": f"""CREATE TABLE models ( -- one row per offer: a provider and the name its API expects
  {row_id("models")},
  provider TEXT NOT NULL {word("provider")},
  name TEXT NOT NULL {text("name")},
  family TEXT {text("family")}, -- line of models, such as gpt-mini
  display_name TEXT {text("display_name")},
  first_seen TEXT NOT NULL DEFAULT ({NOW}) {utc_time("first_seen")},
  last_seen TEXT NOT NULL DEFAULT ({NOW}) {utc_time("last_seen")},
  retired_at TEXT {utc_time("retired_at")}, -- set: hidden from queries, still found by name
  CONSTRAINT provider_and_name_are_unique UNIQUE (provider, name)
) STRICT""",
    "aliases": f"""CREATE TABLE aliases ( -- other names the same provider accepts
  provider TEXT NOT NULL {word("provider")},
  alias TEXT NOT NULL {text("alias")},
  model_id INTEGER NOT NULL REFERENCES models (id) ON DELETE CASCADE,
  PRIMARY KEY (provider, alias)
) STRICT, WITHOUT ROWID""",
    "sources": f"""CREATE TABLE sources ( -- who says that models exist
  name TEXT NOT NULL PRIMARY KEY {text("name", 64)},
  kind TEXT NOT NULL DEFAULT 'live' -- live: callable here; reference: a dataset knows it
    CONSTRAINT kind_is_live_or_reference CHECK (kind IN ('live', 'reference'))
) STRICT, WITHOUT ROWID""",
    "sightings": f"""CREATE TABLE sightings ( -- which source saw which model, and since when not
  model_id INTEGER NOT NULL REFERENCES models (id) ON DELETE CASCADE,
  source TEXT NOT NULL REFERENCES sources (name),
  first_seen TEXT NOT NULL DEFAULT ({NOW}) {utc_time("first_seen")},
  last_seen TEXT NOT NULL DEFAULT ({NOW}) {utc_time("last_seen")},
  missing_since TEXT {utc_time("missing_since")},
  missed INTEGER NOT NULL DEFAULT 0, -- complete answers in a row without it
  PRIMARY KEY (model_id, source)
) STRICT, WITHOUT ROWID""",
    "resolvers": f"""CREATE TABLE resolvers ( -- who states capabilities; the highest precedence wins
  name TEXT NOT NULL PRIMARY KEY {text("name", 64)},
  precedence INTEGER NOT NULL DEFAULT 350, -- between the curated table and provider APIs
  place INTEGER NOT NULL DEFAULT 0 -- derived: precedence with ties resolved by name
) STRICT, WITHOUT ROWID""",
    "capabilities": f"""CREATE TABLE capabilities ( -- one opinion: what one resolver says of one model
  model_id INTEGER NOT NULL REFERENCES models (id),
  resolver TEXT NOT NULL REFERENCES resolvers (name),
{field_columns(checked=True)}
  observed_at TEXT NOT NULL DEFAULT ({NOW}), -- when it was true
  changed_at TEXT NOT NULL DEFAULT ({NOW}), -- when this row last changed
  PRIMARY KEY (model_id, resolver),
  {utc_time("observed_at")},
  {utc_time("changed_at")}
) STRICT, WITHOUT ROWID""",
    "capability_history": f"""CREATE TABLE capability_history ( -- opinions that were replaced; written by triggers
  id INTEGER NOT NULL PRIMARY KEY,
  model_id INTEGER NOT NULL,
  resolver TEXT NOT NULL,
{field_columns(checked=False)}
  observed_at TEXT NOT NULL,
  valid_from TEXT NOT NULL,
  valid_to TEXT NOT NULL
) STRICT""",
    "catalog": f"""CREATE TABLE catalog ( -- what people SELECT from: effective values; derived, do not write
  model_id INTEGER NOT NULL PRIMARY KEY,
  provider TEXT NOT NULL,
  name TEXT NOT NULL,
  family TEXT,
  display_name TEXT,
  retired_at TEXT,
  live INTEGER NOT NULL, -- 1: a live source sees it now
{field_columns(checked=False)}
  valid_from TEXT NOT NULL, -- since when this row holds
{_RANKED}
) STRICT""",
    "catalog_history": f"""CREATE TABLE catalog_history ( -- rows of catalog that were replaced; written by triggers
  id INTEGER NOT NULL PRIMARY KEY,
  model_id INTEGER NOT NULL,
  provider TEXT NOT NULL,
  name TEXT NOT NULL,
  family TEXT,
  display_name TEXT,
  retired_at TEXT,
  live INTEGER NOT NULL,
{field_columns(checked=False)}
  valid_from TEXT NOT NULL,
  valid_to TEXT NOT NULL,
{_RANKED}
) STRICT""",
    "cost_tiers": """CREATE TABLE cost_tiers ( -- cut-points on blended_cost; 0 is the tier free; yours to edit
  name TEXT NOT NULL PRIMARY KEY,
  at_least REAL NOT NULL, -- USD per 1M tokens
  below REAL -- NULL: no upper end
) STRICT, WITHOUT ROWID""",
    "measurements": f"""CREATE TABLE measurements ( -- append-only samples of a perf lab; folded into perf_lab
  {row_id("measurements")},
  provider TEXT NOT NULL {word("provider")},
  name TEXT NOT NULL {text("name")},
  measured_at TEXT NOT NULL DEFAULT ({NOW}) {utc_time("measured_at")},
  tokens_per_second REAL -- decode rate after the first token
    CONSTRAINT tokens_per_second_is_above_0 CHECK (tokens_per_second > 0 AND tokens_per_second <= 1000000),
  ttft_ms REAL -- time to the first token
    CONSTRAINT ttft_ms_is_above_0 CHECK (ttft_ms > 0 AND ttft_ms <= 10000000),
  input_cost_per_1m REAL -- USD really paid per 1M prompt tokens
    CONSTRAINT input_cost_per_1m_is_between_0_and_1000000_usd CHECK (input_cost_per_1m BETWEEN 0 AND 1000000),
  output_cost_per_1m REAL -- USD really paid per 1M generated tokens
    CONSTRAINT output_cost_per_1m_is_between_0_and_1000000_usd CHECK (output_cost_per_1m BETWEEN 0 AND 1000000),
{_verified()}
  quality_score REAL -- on the scale of its suite
    CONSTRAINT quality_score_is_a_finite_number CHECK (abs(quality_score) <= 1000000000),
  quality_suite TEXT {text("quality_suite")}, -- which tests; quality_suites says what a score means
  suite_version TEXT {text("suite_version")},
  error TEXT -- why a test could not tell, which is not a false
    CONSTRAINT error_is_1_to_1000_characters CHECK (length(error) BETWEEN 1 AND 1000),
  samples INTEGER NOT NULL DEFAULT 1 -- how many requests the row stands for
    CONSTRAINT samples_is_between_1_and_1000000000 CHECK (samples BETWEEN 1 AND 1000000000),
  host TEXT, -- where it was measured
  run_id TEXT, -- which job measured it
  CONSTRAINT a_measurement_has_a_figure CHECK
    (coalesce({", ".join(FIGURES)}) IS NOT NULL OR error IS NOT NULL),
  CONSTRAINT a_quality_score_names_its_quality_suite CHECK
    (quality_score IS NULL OR quality_suite IS NOT NULL)
) STRICT""",
    "quality_suites": f"""CREATE TABLE quality_suites ( -- what a score means; a suite that is not here says no tier; yours to edit
  name TEXT NOT NULL PRIMARY KEY {text("name")},
  version TEXT {text("version")}, -- NULL: any
  balanced_at_least REAL NOT NULL,
  best_at_least REAL NOT NULL,
  min_samples INTEGER NOT NULL DEFAULT 30, -- fewer say nothing
  CONSTRAINT best_is_above_balanced CHECK (best_at_least > balanced_at_least)
) STRICT, WITHOUT ROWID""",
    "acknowledged": f"""CREATE TABLE acknowledged ( -- disagreements that somebody has looked at; silent until one changes
  model_id INTEGER NOT NULL REFERENCES models (id) ON DELETE CASCADE,
  field TEXT NOT NULL,
  said TEXT NOT NULL, -- what was said then, as drift shows it
  acknowledged_at TEXT NOT NULL DEFAULT ({NOW}) {utc_time("acknowledged_at")},
  PRIMARY KEY (model_id, field)
) STRICT, WITHOUT ROWID""",
    "model_history": """CREATE TABLE model_history ( -- names and liveness of a model, from `at` on; written by triggers
  id INTEGER NOT NULL PRIMARY KEY,
  model_id INTEGER NOT NULL,
  at TEXT NOT NULL,
  provider TEXT NOT NULL,
  name TEXT NOT NULL,
  family TEXT,
  display_name TEXT,
  retired_at TEXT,
  live INTEGER NOT NULL
) STRICT""",
    "resolver_history": """CREATE TABLE resolver_history ( -- precedences, from `at` on; written by triggers
  id INTEGER NOT NULL PRIMARY KEY,
  name TEXT NOT NULL,
  at TEXT NOT NULL,
  precedence INTEGER -- NULL: deleted
) STRICT""",
    "runs": f"""CREATE TABLE runs ( -- every refresh
  id INTEGER NOT NULL PRIMARY KEY,
  kind TEXT NOT NULL CONSTRAINT kind_is_shipped_or_refresh CHECK (kind IN ('shipped', 'refresh')),
  started_at TEXT NOT NULL {utc_time("started_at")},
  finished_at TEXT {utc_time("finished_at")},
  status TEXT NOT NULL CONSTRAINT status_is_running_ok_partial_or_failed
    CHECK (status IN ('running', 'ok', 'partial', 'failed')),
  version TEXT NOT NULL -- modeldex that ran
) STRICT""",
    "run_steps": f"""CREATE TABLE run_steps ( -- every source and resolver of a refresh
  id INTEGER NOT NULL PRIMARY KEY,
  run_id INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
  kind TEXT NOT NULL CONSTRAINT kind_is_source_or_resolver CHECK (kind IN ('source', 'resolver')),
  name TEXT NOT NULL,
  status TEXT NOT NULL CONSTRAINT status_is_ok_unchanged_or_failed
    CHECK (status IN ('ok', 'unchanged', 'failed')),
  started_at TEXT NOT NULL {utc_time("started_at")},
  fetch_ms REAL NOT NULL, -- time it took to answer
  write_ms REAL NOT NULL, -- longest time it held the write lock
  chunks INTEGER NOT NULL, -- transactions it was written in
  seen INTEGER NOT NULL, -- answers it gave
  changed INTEGER NOT NULL, -- rows added, altered or removed
  dropped INTEGER NOT NULL, -- values that could not be facts
  token TEXT, -- version of the data; the same token skips the work
  problem TEXT -- kind of failure
    CONSTRAINT problem_is_{"_or_".join(PROBLEMS)} CHECK (problem IN ({quoted(PROBLEMS)})),
  error TEXT, -- why it failed, without secrets
  retry_at TEXT {utc_time("retry_at")}, -- asked not to be asked before
  detail TEXT -- JSON: examples of what was dropped
) STRICT""",
    "pending": """CREATE TABLE pending ( -- internal: models whose catalog row is out of date
  model_id INTEGER NOT NULL PRIMARY KEY
) STRICT""",
    "pending_measurements": """CREATE TABLE pending_measurements ( -- internal: models with samples not yet folded
  provider TEXT NOT NULL,
  name TEXT NOT NULL,
  PRIMARY KEY (provider, name)
) STRICT, WITHOUT ROWID""",
    "deferral": """CREATE TABLE deferral ( -- internal: a row here puts folding off to the end of a transaction
  active INTEGER NOT NULL PRIMARY KEY CONSTRAINT active_is_1 CHECK (active = 1)
) STRICT""",
    "catalog_before": f"""CREATE TABLE catalog_before ( -- internal: rows of catalog that a fold replaces
  model_id INTEGER NOT NULL PRIMARY KEY,
  provider TEXT NOT NULL,
  name TEXT NOT NULL,
  family TEXT,
  display_name TEXT,
  retired_at TEXT,
  live INTEGER NOT NULL,
{field_columns(checked=False)}
  valid_from TEXT NOT NULL
) STRICT""",
    "replaced": f"""CREATE TABLE replaced ( -- internal: opinions that an INSERT OR REPLACE may overwrite
  model_id INTEGER NOT NULL,
  resolver TEXT NOT NULL,
{field_columns(checked=False)}
  observed_at TEXT NOT NULL,
  changed_at TEXT NOT NULL,
  PRIMARY KEY (model_id, resolver)
) STRICT, WITHOUT ROWID""",
}


OWN = {"about": " WHERE key <> 'schema'"}
"""SQL: restricts the rows that are copied; in PostgreSQL `about` also holds the schema number."""
