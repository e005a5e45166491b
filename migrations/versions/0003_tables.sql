ALTER TABLE about RENAME TO old_about
;;
ALTER TABLE models RENAME TO old_models
;;
ALTER TABLE aliases RENAME TO old_aliases
;;
ALTER TABLE sources RENAME TO old_sources
;;
ALTER TABLE sightings RENAME TO old_sightings
;;
ALTER TABLE resolvers RENAME TO old_resolvers
;;
ALTER TABLE cost_tiers RENAME TO old_cost_tiers
;;
ALTER TABLE runs RENAME TO old_runs
;;
ALTER TABLE pending RENAME TO old_pending
;;
ALTER TABLE pending_measurements RENAME TO old_pending_measurements
;;
ALTER TABLE deferral RENAME TO old_deferral
;;
ALTER TABLE capabilities RENAME TO old_capabilities
;;
ALTER TABLE capability_history RENAME TO old_capability_history
;;
ALTER TABLE measurements RENAME TO old_measurements
;;
ALTER TABLE run_steps RENAME TO old_run_steps
;;
ALTER TABLE replaced RENAME TO old_replaced
;;
ALTER TABLE acknowledged RENAME TO old_acknowledged
;;
ALTER TABLE quality_suites RENAME TO old_quality_suites
;;
ALTER TABLE model_history RENAME TO old_model_history
;;
ALTER TABLE resolver_history RENAME TO old_resolver_history
;;
ALTER TABLE catalog RENAME TO old_catalog
;;
CREATE TABLE about ( /* what this file is and which modeldex it needs */
  "key" TEXT NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY ("key")
)
 WITHOUT ROWID,
 STRICT
;;
CREATE TABLE models ( /* one row per offer: a provider and the name its API expects */
  id INTEGER NOT NULL CONSTRAINT models_id_is_above_0 CHECK (id > 0),
  provider TEXT NOT NULL CONSTRAINT provider_is_a_lower_case_id CHECK (length(provider) BETWEEN 1 AND 64 AND provider GLOB '[a-z0-9]*' AND provider NOT GLOB '*[^a-z0-9._-]*'),
  name TEXT NOT NULL CONSTRAINT name_is_1_to_200_printable_characters CHECK (length(name) BETWEEN 1 AND 200 AND name = trim(name) AND instr(name, char(0)) = 0 AND name NOT GLOB '*[' || char(1) || '-' || char(31) || char(127) || ']*'),
  /* line of models, such as gpt-mini */
  family TEXT CONSTRAINT family_is_1_to_200_printable_characters CHECK (length(family) BETWEEN 1 AND 200 AND family = trim(family) AND instr(family, char(0)) = 0 AND family NOT GLOB '*[' || char(1) || '-' || char(31) || char(127) || ']*'),
  display_name TEXT CONSTRAINT display_name_is_1_to_200_printable_characters CHECK (length(display_name) BETWEEN 1 AND 200 AND display_name = trim(display_name) AND instr(display_name, char(0)) = 0 AND display_name NOT GLOB '*[' || char(1) || '-' || char(31) || char(127) || ']*'),
  first_seen TEXT DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')) NOT NULL CONSTRAINT first_seen_is_an_iso_8601_utc_time CHECK (first_seen IS NULL OR (first_seen GLOB '[0-9][0-9][0-9][0-9]-[0-1][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-5][0-9]*Z' AND datetime(first_seen) IS NOT NULL)),
  last_seen TEXT DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')) NOT NULL CONSTRAINT last_seen_is_an_iso_8601_utc_time CHECK (last_seen IS NULL OR (last_seen GLOB '[0-9][0-9][0-9][0-9]-[0-1][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-5][0-9]*Z' AND datetime(last_seen) IS NOT NULL)),
  /* set: hidden from queries, still found by name */
  retired_at TEXT CONSTRAINT retired_at_is_an_iso_8601_utc_time CHECK (retired_at IS NULL OR (retired_at GLOB '[0-9][0-9][0-9][0-9]-[0-1][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-5][0-9]*Z' AND datetime(retired_at) IS NOT NULL)),
  PRIMARY KEY (id),
  CONSTRAINT provider_and_name_are_unique UNIQUE (provider, name)
)
 STRICT
;;
CREATE TABLE aliases ( /* other names the same provider accepts */
  provider TEXT NOT NULL CONSTRAINT provider_is_a_lower_case_id CHECK (length(provider) BETWEEN 1 AND 64 AND provider GLOB '[a-z0-9]*' AND provider NOT GLOB '*[^a-z0-9._-]*'),
  alias TEXT NOT NULL CONSTRAINT alias_is_1_to_200_printable_characters CHECK (length(alias) BETWEEN 1 AND 200 AND alias = trim(alias) AND instr(alias, char(0)) = 0 AND alias NOT GLOB '*[' || char(1) || '-' || char(31) || char(127) || ']*'),
  model_id INTEGER NOT NULL,
  PRIMARY KEY (provider, alias),
  FOREIGN KEY(model_id) REFERENCES models (id) ON DELETE CASCADE
)
 WITHOUT ROWID,
 STRICT
;;
CREATE TABLE provider_aliases ( /* other names of providers; rows written under one get the id; add yours */
  alias TEXT NOT NULL CONSTRAINT alias_is_a_lower_case_id CHECK (length(alias) BETWEEN 1 AND 64 AND alias GLOB '[a-z0-9]*' AND alias NOT GLOB '*[^a-z0-9._-]*'),
  provider TEXT NOT NULL CONSTRAINT provider_is_a_lower_case_id CHECK (length(provider) BETWEEN 1 AND 64 AND provider GLOB '[a-z0-9]*' AND provider NOT GLOB '*[^a-z0-9._-]*'),
  /* 1: came with modeldex, which replaces it */
  shipped INTEGER DEFAULT 0 NOT NULL CONSTRAINT shipped_is_0_or_1 CHECK (shipped IN (0, 1)),
  PRIMARY KEY (alias)
)
 WITHOUT ROWID,
 STRICT
;;
CREATE TABLE sources ( /* who says that models exist */
  name TEXT NOT NULL CONSTRAINT name_is_1_to_64_printable_characters CHECK (length(name) BETWEEN 1 AND 64 AND name = trim(name) AND instr(name, char(0)) = 0 AND name NOT GLOB '*[' || char(1) || '-' || char(31) || char(127) || ']*'),
  /* live: callable here; reference: a dataset knows it */
  kind TEXT DEFAULT 'live' NOT NULL CONSTRAINT kind_is_live_or_reference CHECK (kind IN ('live', 'reference')),
  PRIMARY KEY (name)
)
 WITHOUT ROWID,
 STRICT
;;
CREATE TABLE sightings ( /* which source saw which model, and since when not */
  model_id INTEGER NOT NULL,
  source TEXT NOT NULL,
  first_seen TEXT DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')) NOT NULL CONSTRAINT first_seen_is_an_iso_8601_utc_time CHECK (first_seen IS NULL OR (first_seen GLOB '[0-9][0-9][0-9][0-9]-[0-1][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-5][0-9]*Z' AND datetime(first_seen) IS NOT NULL)),
  last_seen TEXT DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')) NOT NULL CONSTRAINT last_seen_is_an_iso_8601_utc_time CHECK (last_seen IS NULL OR (last_seen GLOB '[0-9][0-9][0-9][0-9]-[0-1][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-5][0-9]*Z' AND datetime(last_seen) IS NOT NULL)),
  missing_since TEXT CONSTRAINT missing_since_is_an_iso_8601_utc_time CHECK (missing_since IS NULL OR (missing_since GLOB '[0-9][0-9][0-9][0-9]-[0-1][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-5][0-9]*Z' AND datetime(missing_since) IS NOT NULL)),
  /* complete answers in a row without it */
  missed INTEGER DEFAULT 0 NOT NULL,
  PRIMARY KEY (model_id, source),
  FOREIGN KEY(model_id) REFERENCES models (id) ON DELETE CASCADE,
  FOREIGN KEY(source) REFERENCES sources (name)
)
 WITHOUT ROWID,
 STRICT
;;
CREATE TABLE resolvers ( /* who states capabilities; the highest precedence wins */
  name TEXT NOT NULL CONSTRAINT name_is_1_to_64_printable_characters CHECK (length(name) BETWEEN 1 AND 64 AND name = trim(name) AND instr(name, char(0)) = 0 AND name NOT GLOB '*[' || char(1) || '-' || char(31) || char(127) || ']*'),
  /* 350 is between the curated table and provider APIs */
  precedence INTEGER DEFAULT 350 NOT NULL,
  /* derived: precedence with ties resolved by name */
  place INTEGER DEFAULT 0 NOT NULL,
  PRIMARY KEY (name)
)
 WITHOUT ROWID,
 STRICT
;;
CREATE TABLE capabilities ( /* one opinion: what one resolver says of one model */
  model_id INTEGER NOT NULL,
  resolver TEXT NOT NULL,
  /* tokens: largest window, prompt plus output, that the offer documents */
  max_context INTEGER CONSTRAINT max_context_is_between_1_and_1000000000 CHECK (max_context BETWEEN 1 AND 1000000000),
  /* tokens: cap on the prompt alone, where it is smaller than the window */
  max_input_tokens INTEGER CONSTRAINT max_input_tokens_is_between_1_and_1000000000 CHECK (max_input_tokens BETWEEN 1 AND 1000000000),
  /* tokens: cap on generated tokens */
  max_output_tokens INTEGER CONSTRAINT max_output_tokens_is_between_1_and_1000000000 CHECK (max_output_tokens BETWEEN 1 AND 1000000000),
  /* tokens: window that a running local server really allocates */
  served_context INTEGER CONSTRAINT served_context_is_between_1_and_1000000000 CHECK (served_context BETWEEN 1 AND 1000000000),
  /* 0 or 1: accepts tool definitions */
  supports_tools INTEGER CONSTRAINT supports_tools_is_0_or_1 CHECK (supports_tools IN (0, 1)),
  /* 0 or 1: may call several tools in one turn */
  supports_parallel_tools INTEGER CONSTRAINT supports_parallel_tools_is_0_or_1 CHECK (supports_parallel_tools IN (0, 1)),
  /* 0 or 1: accepts images as input */
  supports_vision INTEGER CONSTRAINT supports_vision_is_0_or_1 CHECK (supports_vision IN (0, 1)),
  /* 0 or 1: accepts audio as input */
  supports_audio INTEGER CONSTRAINT supports_audio_is_0_or_1 CHECK (supports_audio IN (0, 1)),
  /* 0 or 1: accepts PDF documents as input */
  supports_pdf INTEGER CONSTRAINT supports_pdf_is_0_or_1 CHECK (supports_pdf IN (0, 1)),
  /* 0 or 1: can be held to any valid JSON */
  supports_json_mode INTEGER CONSTRAINT supports_json_mode_is_0_or_1 CHECK (supports_json_mode IN (0, 1)),
  /* 0 or 1: can be held to a given JSON Schema */
  supports_structured_outputs INTEGER CONSTRAINT supports_structured_outputs_is_0_or_1 CHECK (supports_structured_outputs IN (0, 1)),
  /* 0 or 1: sends its answer in pieces */
  supports_streaming INTEGER CONSTRAINT supports_streaming_is_0_or_1 CHECK (supports_streaming IN (0, 1)),
  /* 0 or 1: takes a system message */
  supports_system_messages INTEGER CONSTRAINT supports_system_messages_is_0_or_1 CHECK (supports_system_messages IN (0, 1)),
  /* 0 or 1: can think before it answers */
  supports_reasoning INTEGER CONSTRAINT supports_reasoning_is_0_or_1 CHECK (supports_reasoning IN (0, 1)),
  /* 0 or 1: charges less for a repeated prompt prefix */
  supports_prompt_cache INTEGER CONSTRAINT supports_prompt_cache_is_0_or_1 CHECK (supports_prompt_cache IN (0, 1)),
  /* words separated by commas: request parameters that are accepted */
  known_params TEXT CONSTRAINT known_params_is_words_separated_by_commas CHECK (known_params NOT GLOB '*[^!-~]*' AND ',' || known_params || ',' NOT GLOB '*,,*'),
  /* words separated by commas: request parameters that are refused */
  unsupported_params TEXT CONSTRAINT unsupported_params_is_words_separated_by_commas CHECK (unsupported_params NOT GLOB '*[^!-~]*' AND ',' || unsupported_params || ',' NOT GLOB '*,,*'),
  /* words separated by commas: kinds of input: text, image, audio, video, pdf */
  input_modalities TEXT CONSTRAINT input_modalities_is_words_separated_by_commas CHECK (input_modalities NOT GLOB '*[^!-~]*' AND ',' || input_modalities || ',' NOT GLOB '*,,*'),
  /* words separated by commas: kinds of output: text, image, audio, video, embedding */
  output_modalities TEXT CONSTRAINT output_modalities_is_words_separated_by_commas CHECK (output_modalities NOT GLOB '*[^!-~]*' AND ',' || output_modalities || ',' NOT GLOB '*,,*'),
  /* word: what the model is for */
  mode TEXT CONSTRAINT mode_is_chat_or_completion_or_embedding_or_rerank_or_image_or_audio_or_video_or_moderation_or_ocr_or_realtime_or_other CHECK (mode IN ('chat', 'completion', 'embedding', 'rerank', 'image', 'audio', 'video', 'moderation', 'ocr', 'realtime', 'other')),
  /* USD per 1M tokens: prompt tokens: standard tier, text, smallest prompt size */
  input_cost_per_1m REAL CONSTRAINT input_cost_per_1m_is_between_0_and_1000000_usd CHECK (input_cost_per_1m BETWEEN 0 AND 1000000),
  /* USD per 1M tokens: generated tokens: standard tier, text, smallest prompt size */
  output_cost_per_1m REAL CONSTRAINT output_cost_per_1m_is_between_0_and_1000000_usd CHECK (output_cost_per_1m BETWEEN 0 AND 1000000),
  /* USD per 1M tokens: prompt tokens served from the cache */
  cache_read_cost_per_1m REAL CONSTRAINT cache_read_cost_per_1m_is_between_0_and_1000000_usd CHECK (cache_read_cost_per_1m BETWEEN 0 AND 1000000),
  /* USD per 1M tokens: prompt tokens written to the cache, shortest lifetime */
  cache_write_cost_per_1m REAL CONSTRAINT cache_write_cost_per_1m_is_between_0_and_1000000_usd CHECK (cache_write_cost_per_1m BETWEEN 0 AND 1000000),
  /* USD per 1M tokens: what batches, long prompts and the like cost; words such as input>200000:2.5, output/batch:5, cache_write_1h:6 */
  other_prices TEXT CONSTRAINT other_prices_is_words_separated_by_commas CHECK (other_prices NOT GLOB '*[^!-~]*' AND ',' || other_prices || ',' NOT GLOB '*,,*'),
  /* word: why the price is what it is; a zero needs a reason */
  price_basis TEXT CONSTRAINT price_basis_is_metered_or_free_or_subscription_or_self_hosted_or_dynamic CHECK (price_basis IN ('metered', 'free', 'subscription', 'self_hosted', 'dynamic')),
  /* word: quality class, not a price */
  quality_tier TEXT CONSTRAINT quality_tier_is_best_or_balanced_or_cheap CHECK (quality_tier IN ('best', 'balanced', 'cheap')),
  /* word: evidence behind quality_tier */
  quality_basis TEXT CONSTRAINT quality_basis_is_user_or_measured_or_benchmark_or_curated_or_price_or_size CHECK (quality_basis IN ('user', 'measured', 'benchmark', 'curated', 'price', 'size')),
  /* tokens per second: median decode rate */
  speed_hint_tps REAL CONSTRAINT speed_hint_tps_is_between_0_and_1000000 CHECK (speed_hint_tps BETWEEN 0 AND 1000000),
  /* milliseconds: median time to the first token */
  ttft_ms REAL CONSTRAINT ttft_ms_is_between_0_and_10000000 CHECK (ttft_ms BETWEEN 0 AND 10000000),
  /* YYYY-MM-DD or YYYY-MM: day the model was released */
  release_date TEXT CONSTRAINT release_date_is_a_date CHECK (release_date IS NULL OR (date(substr(release_date || '-01', 1, 10)) IS NOT NULL AND (release_date GLOB '[0-9][0-9][0-9][0-9]-[0-1][0-9]' OR release_date GLOB '[0-9][0-9][0-9][0-9]-[0-1][0-9]-[0-3][0-9]'))),
  /* YYYY-MM-DD or YYYY-MM: end of the training data */
  knowledge_cutoff TEXT CONSTRAINT knowledge_cutoff_is_a_date CHECK (knowledge_cutoff IS NULL OR (date(substr(knowledge_cutoff || '-01', 1, 10)) IS NOT NULL AND (knowledge_cutoff GLOB '[0-9][0-9][0-9][0-9]-[0-1][0-9]' OR knowledge_cutoff GLOB '[0-9][0-9][0-9][0-9]-[0-1][0-9]-[0-3][0-9]'))),
  /* word: what its maker says of its state */
  lifecycle TEXT CONSTRAINT lifecycle_is_active_or_preview_or_deprecated_or_retired CHECK (lifecycle IN ('active', 'preview', 'deprecated', 'retired')),
  /* YYYY-MM-DD or YYYY-MM: day from which its maker advises against it */
  deprecated_at TEXT CONSTRAINT deprecated_at_is_a_date CHECK (deprecated_at IS NULL OR (date(substr(deprecated_at || '-01', 1, 10)) IS NOT NULL AND (deprecated_at GLOB '[0-9][0-9][0-9][0-9]-[0-1][0-9]' OR deprecated_at GLOB '[0-9][0-9][0-9][0-9]-[0-1][0-9]-[0-3][0-9]'))),
  /* YYYY-MM-DD or YYYY-MM: day on which it stops answering */
  retires_at TEXT CONSTRAINT retires_at_is_a_date CHECK (retires_at IS NULL OR (date(substr(retires_at || '-01', 1, 10)) IS NOT NULL AND (retires_at GLOB '[0-9][0-9][0-9][0-9]-[0-1][0-9]' OR retires_at GLOB '[0-9][0-9][0-9][0-9]-[0-1][0-9]-[0-3][0-9]'))),
  /* model name: what its maker recommends instead */
  replacement TEXT CONSTRAINT replacement_is_1_to_200_printable_characters CHECK (length(replacement) BETWEEN 1 AND 200 AND replacement = trim(replacement) AND instr(replacement, char(0)) = 0 AND replacement NOT GLOB '*[' || char(1) || '-' || char(31) || char(127) || ']*'),
  /* 0 or 1: its weights can be downloaded */
  open_weights INTEGER CONSTRAINT open_weights_is_0_or_1 CHECK (open_weights IN (0, 1)),
  /* parameters: total number of weights */
  param_count INTEGER CONSTRAINT param_count_is_between_1_and_1000000000000000 CHECK (param_count BETWEEN 1 AND 1000000000000000),
  /* label: number format of the served weights */
  quantization TEXT CONSTRAINT quantization_is_1_to_200_printable_characters CHECK (length(quantization) BETWEEN 1 AND 200 AND quantization = trim(quantization) AND instr(quantization, char(0)) = 0 AND quantization NOT GLOB '*[' || char(1) || '-' || char(31) || char(127) || ']*'),
  /* dimensions: length of an embedding vector */
  embedding_dims INTEGER CONSTRAINT embedding_dims_is_between_1_and_1000000 CHECK (embedding_dims BETWEEN 1 AND 1000000),
  /* when it was true */
  observed_at TEXT DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')) NOT NULL CONSTRAINT observed_at_is_an_iso_8601_utc_time CHECK (observed_at IS NULL OR (observed_at GLOB '[0-9][0-9][0-9][0-9]-[0-1][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-5][0-9]*Z' AND datetime(observed_at) IS NOT NULL)),
  /* when this row last changed */
  changed_at TEXT DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')) NOT NULL CONSTRAINT changed_at_is_an_iso_8601_utc_time CHECK (changed_at IS NULL OR (changed_at GLOB '[0-9][0-9][0-9][0-9]-[0-1][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-5][0-9]*Z' AND datetime(changed_at) IS NOT NULL)),
  PRIMARY KEY (model_id, resolver),
  FOREIGN KEY(model_id) REFERENCES models (id),
  FOREIGN KEY(resolver) REFERENCES resolvers (name)
)
 WITHOUT ROWID,
 STRICT
;;
CREATE TABLE capability_history ( /* opinions that were replaced; written by triggers */
  id INTEGER NOT NULL, model_id INTEGER NOT NULL, resolver TEXT NOT NULL, max_context INTEGER,
  max_input_tokens INTEGER, max_output_tokens INTEGER, served_context INTEGER, supports_tools
  INTEGER, supports_parallel_tools INTEGER, supports_vision INTEGER, supports_audio INTEGER,
  supports_pdf INTEGER, supports_json_mode INTEGER, supports_structured_outputs INTEGER,
  supports_streaming INTEGER, supports_system_messages INTEGER, supports_reasoning INTEGER,
  supports_prompt_cache INTEGER, known_params TEXT, unsupported_params TEXT, input_modalities
  TEXT, output_modalities TEXT, mode TEXT, input_cost_per_1m REAL, output_cost_per_1m REAL,
  cache_read_cost_per_1m REAL, cache_write_cost_per_1m REAL, other_prices TEXT, price_basis TEXT,
  quality_tier TEXT, quality_basis TEXT, speed_hint_tps REAL, ttft_ms REAL, release_date TEXT,
  knowledge_cutoff TEXT, lifecycle TEXT, deprecated_at TEXT, retires_at TEXT, replacement TEXT,
  open_weights INTEGER, param_count INTEGER, quantization TEXT, embedding_dims INTEGER,
  observed_at TEXT NOT NULL, valid_from TEXT NOT NULL, valid_to TEXT NOT NULL,
  PRIMARY KEY (id)
)
 STRICT
;;
CREATE TABLE catalog ( /* what people SELECT from: effective values; derived, do not write */
  model_id INTEGER NOT NULL, provider TEXT NOT NULL, name TEXT NOT NULL, family TEXT, display_name
  TEXT, retired_at TEXT,
  /* 1: a live source sees it now */
  live INTEGER NOT NULL,
  /* tokens: largest window, prompt plus output, that the offer documents */
  max_context INTEGER,
  /* tokens: cap on the prompt alone, where it is smaller than the window */
  max_input_tokens INTEGER,
  /* tokens: cap on generated tokens */
  max_output_tokens INTEGER,
  /* tokens: window that a running local server really allocates */
  served_context INTEGER,
  /* 0 or 1: accepts tool definitions */
  supports_tools INTEGER,
  /* 0 or 1: may call several tools in one turn */
  supports_parallel_tools INTEGER,
  /* 0 or 1: accepts images as input */
  supports_vision INTEGER,
  /* 0 or 1: accepts audio as input */
  supports_audio INTEGER,
  /* 0 or 1: accepts PDF documents as input */
  supports_pdf INTEGER,
  /* 0 or 1: can be held to any valid JSON */
  supports_json_mode INTEGER,
  /* 0 or 1: can be held to a given JSON Schema */
  supports_structured_outputs INTEGER,
  /* 0 or 1: sends its answer in pieces */
  supports_streaming INTEGER,
  /* 0 or 1: takes a system message */
  supports_system_messages INTEGER,
  /* 0 or 1: can think before it answers */
  supports_reasoning INTEGER,
  /* 0 or 1: charges less for a repeated prompt prefix */
  supports_prompt_cache INTEGER,
  /* words separated by commas: request parameters that are accepted */
  known_params TEXT,
  /* words separated by commas: request parameters that are refused */
  unsupported_params TEXT,
  /* words separated by commas: kinds of input: text, image, audio, video, pdf */
  input_modalities TEXT,
  /* words separated by commas: kinds of output: text, image, audio, video, embedding */
  output_modalities TEXT,
  /* word: what the model is for */
  mode TEXT,
  /* USD per 1M tokens: prompt tokens: standard tier, text, smallest prompt size */
  input_cost_per_1m REAL,
  /* USD per 1M tokens: generated tokens: standard tier, text, smallest prompt size */
  output_cost_per_1m REAL,
  /* USD per 1M tokens: prompt tokens served from the cache */
  cache_read_cost_per_1m REAL,
  /* USD per 1M tokens: prompt tokens written to the cache, shortest lifetime */
  cache_write_cost_per_1m REAL,
  /* USD per 1M tokens: what batches, long prompts and the like cost; words such as input>200000:2.5, output/batch:5, cache_write_1h:6 */
  other_prices TEXT,
  /* word: why the price is what it is; a zero needs a reason */
  price_basis TEXT,
  /* word: quality class, not a price */
  quality_tier TEXT,
  /* word: evidence behind quality_tier */
  quality_basis TEXT,
  /* tokens per second: median decode rate */
  speed_hint_tps REAL,
  /* milliseconds: median time to the first token */
  ttft_ms REAL,
  /* YYYY-MM-DD or YYYY-MM: day the model was released */
  release_date TEXT,
  /* YYYY-MM-DD or YYYY-MM: end of the training data */
  knowledge_cutoff TEXT,
  /* word: what its maker says of its state */
  lifecycle TEXT,
  /* YYYY-MM-DD or YYYY-MM: day from which its maker advises against it */
  deprecated_at TEXT,
  /* YYYY-MM-DD or YYYY-MM: day on which it stops answering */
  retires_at TEXT,
  /* model name: what its maker recommends instead */
  replacement TEXT,
  /* 0 or 1: its weights can be downloaded */
  open_weights INTEGER,
  /* parameters: total number of weights */
  param_count INTEGER,
  /* label: number format of the served weights */
  quantization TEXT,
  /* dimensions: length of an embedding vector */
  embedding_dims INTEGER,
  usable_context INTEGER GENERATED ALWAYS AS (coalesce(served_context, max_context, max_input_tokens)) STORED,
  /* USD per 1M */
  blended_cost REAL GENERATED ALWAYS AS ((3 * input_cost_per_1m + output_cost_per_1m) / 4) STORED,
  rank_tier INTEGER NOT NULL GENERATED ALWAYS AS (CASE quality_tier WHEN 'best' THEN 0 WHEN 'balanced' THEN 1 WHEN 'cheap' THEN 2 ELSE 3 END) STORED,
  rank_cost REAL NOT NULL GENERATED ALWAYS AS (coalesce((3 * input_cost_per_1m + output_cost_per_1m) / 4, 9e99)) STORED,
  rank_context INTEGER NOT NULL GENERATED ALWAYS AS (-coalesce(served_context, max_context, max_input_tokens, 0)) STORED,
  rank_release TEXT NOT NULL GENERATED ALWAYS AS (coalesce(release_date, '')) STORED,
  /* since when this row holds */
  valid_from TEXT NOT NULL,
  PRIMARY KEY (model_id)
)
 STRICT
;;
CREATE TABLE catalog_history ( /* rows of catalog that were replaced; written by triggers */
  id INTEGER NOT NULL, model_id INTEGER NOT NULL, provider TEXT NOT NULL, name TEXT NOT NULL,
  family TEXT, display_name TEXT, retired_at TEXT,
  /* 1: a live source sees it now */
  live INTEGER NOT NULL, max_context INTEGER, max_input_tokens INTEGER, max_output_tokens INTEGER,
  served_context INTEGER, supports_tools INTEGER, supports_parallel_tools INTEGER, supports_vision
  INTEGER, supports_audio INTEGER, supports_pdf INTEGER, supports_json_mode INTEGER,
  supports_structured_outputs INTEGER, supports_streaming INTEGER, supports_system_messages
  INTEGER, supports_reasoning INTEGER, supports_prompt_cache INTEGER, known_params TEXT,
  unsupported_params TEXT, input_modalities TEXT, output_modalities TEXT, mode TEXT,
  input_cost_per_1m REAL, output_cost_per_1m REAL, cache_read_cost_per_1m REAL,
  cache_write_cost_per_1m REAL, other_prices TEXT, price_basis TEXT, quality_tier TEXT,
  quality_basis TEXT, speed_hint_tps REAL, ttft_ms REAL, release_date TEXT, knowledge_cutoff TEXT,
  lifecycle TEXT, deprecated_at TEXT, retires_at TEXT, replacement TEXT, open_weights INTEGER,
  param_count INTEGER, quantization TEXT, embedding_dims INTEGER, valid_from TEXT NOT NULL,
  valid_to TEXT NOT NULL,
  usable_context INTEGER GENERATED ALWAYS AS (coalesce(served_context, max_context, max_input_tokens)) STORED,
  /* USD per 1M */
  blended_cost REAL GENERATED ALWAYS AS ((3 * input_cost_per_1m + output_cost_per_1m) / 4) STORED,
  rank_tier INTEGER NOT NULL GENERATED ALWAYS AS (CASE quality_tier WHEN 'best' THEN 0 WHEN 'balanced' THEN 1 WHEN 'cheap' THEN 2 ELSE 3 END) STORED,
  rank_cost REAL NOT NULL GENERATED ALWAYS AS (coalesce((3 * input_cost_per_1m + output_cost_per_1m) / 4, 9e99)) STORED,
  rank_context INTEGER NOT NULL GENERATED ALWAYS AS (-coalesce(served_context, max_context, max_input_tokens, 0)) STORED,
  rank_release TEXT NOT NULL GENERATED ALWAYS AS (coalesce(release_date, '')) STORED,
  PRIMARY KEY (id)
)
 STRICT
;;
CREATE TABLE catalog_before ( /* internal: rows of catalog that a fold replaces */
  model_id INTEGER NOT NULL, provider TEXT NOT NULL, name TEXT NOT NULL, family TEXT, display_name
  TEXT, retired_at TEXT,
  /* 1: a live source sees it now */
  live INTEGER NOT NULL, max_context INTEGER, max_input_tokens INTEGER, max_output_tokens INTEGER,
  served_context INTEGER, supports_tools INTEGER, supports_parallel_tools INTEGER, supports_vision
  INTEGER, supports_audio INTEGER, supports_pdf INTEGER, supports_json_mode INTEGER,
  supports_structured_outputs INTEGER, supports_streaming INTEGER, supports_system_messages
  INTEGER, supports_reasoning INTEGER, supports_prompt_cache INTEGER, known_params TEXT,
  unsupported_params TEXT, input_modalities TEXT, output_modalities TEXT, mode TEXT,
  input_cost_per_1m REAL, output_cost_per_1m REAL, cache_read_cost_per_1m REAL,
  cache_write_cost_per_1m REAL, other_prices TEXT, price_basis TEXT, quality_tier TEXT,
  quality_basis TEXT, speed_hint_tps REAL, ttft_ms REAL, release_date TEXT, knowledge_cutoff TEXT,
  lifecycle TEXT, deprecated_at TEXT, retires_at TEXT, replacement TEXT, open_weights INTEGER,
  param_count INTEGER, quantization TEXT, embedding_dims INTEGER, valid_from TEXT NOT NULL,
  PRIMARY KEY (model_id)
)
 STRICT
;;
CREATE TABLE cost_tiers ( /* cut-points on blended_cost; 0 is the tier free; yours to edit */
  name TEXT NOT NULL,
  /* USD per 1M tokens */
  at_least REAL NOT NULL,
  /* NULL: no upper end */
  below REAL,
  PRIMARY KEY (name)
)
 WITHOUT ROWID,
 STRICT
;;
CREATE TABLE measurements ( /* append-only samples of a perf lab; folded into perf_lab */
  id INTEGER NOT NULL CONSTRAINT measurements_id_is_above_0 CHECK (id > 0),
  provider TEXT NOT NULL CONSTRAINT provider_is_a_lower_case_id CHECK (length(provider) BETWEEN 1 AND 64 AND provider GLOB '[a-z0-9]*' AND provider NOT GLOB '*[^a-z0-9._-]*'),
  name TEXT NOT NULL CONSTRAINT name_is_1_to_200_printable_characters CHECK (length(name) BETWEEN 1 AND 200 AND name = trim(name) AND instr(name, char(0)) = 0 AND name NOT GLOB '*[' || char(1) || '-' || char(31) || char(127) || ']*'),
  measured_at TEXT DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')) NOT NULL CONSTRAINT measured_at_is_an_iso_8601_utc_time CHECK (measured_at IS NULL OR (measured_at GLOB '[0-9][0-9][0-9][0-9]-[0-1][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-5][0-9]*Z' AND datetime(measured_at) IS NOT NULL)),
  /* decode rate after the first token */
  tokens_per_second REAL CONSTRAINT tokens_per_second_is_above_0 CHECK (tokens_per_second > 0 AND tokens_per_second <= 1000000),
  /* time to the first token */
  ttft_ms REAL CONSTRAINT ttft_ms_is_above_0 CHECK (ttft_ms > 0 AND ttft_ms <= 10000000),
  /* USD really paid per 1M prompt tokens */
  input_cost_per_1m REAL CONSTRAINT input_cost_per_1m_is_between_0_and_1000000_usd CHECK (input_cost_per_1m BETWEEN 0 AND 1000000),
  /* USD really paid per 1M generated tokens */
  output_cost_per_1m REAL CONSTRAINT output_cost_per_1m_is_between_0_and_1000000_usd CHECK (output_cost_per_1m BETWEEN 0 AND 1000000),
  /* as tested */
  supports_tools INTEGER CONSTRAINT supports_tools_is_0_or_1 CHECK (supports_tools IN (0, 1)),
  /* as tested */
  supports_vision INTEGER CONSTRAINT supports_vision_is_0_or_1 CHECK (supports_vision IN (0, 1)),
  /* as tested */
  supports_json_mode INTEGER CONSTRAINT supports_json_mode_is_0_or_1 CHECK (supports_json_mode IN (0, 1)),
  /* as tested */
  supports_structured_outputs INTEGER CONSTRAINT supports_structured_outputs_is_0_or_1 CHECK (supports_structured_outputs IN (0, 1)),
  /* on the scale of its suite */
  quality_score REAL CONSTRAINT quality_score_is_a_finite_number CHECK (abs(quality_score) <= 1000000000),
  /* which tests; quality_suites says what a score means */
  quality_suite TEXT CONSTRAINT quality_suite_is_1_to_200_printable_characters CHECK (length(quality_suite) BETWEEN 1 AND 200 AND quality_suite = trim(quality_suite) AND instr(quality_suite, char(0)) = 0 AND quality_suite NOT GLOB '*[' || char(1) || '-' || char(31) || char(127) || ']*'),
  suite_version TEXT CONSTRAINT suite_version_is_1_to_200_printable_characters CHECK (length(suite_version) BETWEEN 1 AND 200 AND suite_version = trim(suite_version) AND instr(suite_version, char(0)) = 0 AND suite_version NOT GLOB '*[' || char(1) || '-' || char(31) || char(127) || ']*'),
  /* why a test could not tell, which is not a false */
  error TEXT CONSTRAINT error_is_1_to_1000_characters CHECK (length(error) BETWEEN 1 AND 1000),
  /* how many requests the row stands for */
  samples INTEGER DEFAULT 1 NOT NULL CONSTRAINT samples_is_between_1_and_1000000000 CHECK (samples BETWEEN 1 AND 1000000000),
  /* where it was measured */
  host TEXT,
  /* which job measured it */
  run_id TEXT,
  PRIMARY KEY (id),
  CONSTRAINT a_measurement_has_a_figure CHECK (coalesce(tokens_per_second, ttft_ms, input_cost_per_1m, output_cost_per_1m, supports_tools, supports_vision, supports_json_mode, supports_structured_outputs, quality_score) IS NOT NULL OR error IS NOT NULL),
  CONSTRAINT a_quality_score_names_its_quality_suite CHECK (quality_score IS NULL OR quality_suite IS NOT NULL)
)
 STRICT
;;
CREATE TABLE quality_suites ( /* what a score means; a suite that is not here says no tier; yours to edit */
  name TEXT NOT NULL CONSTRAINT name_is_1_to_200_printable_characters CHECK (length(name) BETWEEN 1 AND 200 AND name = trim(name) AND instr(name, char(0)) = 0 AND name NOT GLOB '*[' || char(1) || '-' || char(31) || char(127) || ']*'),
  /* NULL: any */
  version TEXT CONSTRAINT version_is_1_to_200_printable_characters CHECK (length(version) BETWEEN 1 AND 200 AND version = trim(version) AND instr(version, char(0)) = 0 AND version NOT GLOB '*[' || char(1) || '-' || char(31) || char(127) || ']*'),
  balanced_at_least REAL NOT NULL,
  best_at_least REAL NOT NULL,
  /* fewer say nothing */
  min_samples INTEGER DEFAULT 30 NOT NULL,
  PRIMARY KEY (name),
  CONSTRAINT best_is_above_balanced CHECK (best_at_least > balanced_at_least)
)
 WITHOUT ROWID,
 STRICT
;;
CREATE TABLE acknowledged ( /* disagreements that somebody has looked at; silent until one changes */
  model_id INTEGER NOT NULL,
  field TEXT NOT NULL,
  /* what was said then, as drift shows it */
  said TEXT NOT NULL,
  acknowledged_at TEXT DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')) NOT NULL CONSTRAINT acknowledged_at_is_an_iso_8601_utc_time CHECK (acknowledged_at IS NULL OR (acknowledged_at GLOB '[0-9][0-9][0-9][0-9]-[0-1][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-5][0-9]*Z' AND datetime(acknowledged_at) IS NOT NULL)),
  PRIMARY KEY (model_id, field),
  FOREIGN KEY(model_id) REFERENCES models (id) ON DELETE CASCADE
)
 WITHOUT ROWID,
 STRICT
;;
CREATE TABLE model_history ( /* names and liveness of a model, from `at` on; written by triggers */
  id INTEGER NOT NULL, model_id INTEGER NOT NULL, at TEXT NOT NULL, provider TEXT NOT NULL, name
  TEXT NOT NULL, family TEXT, display_name TEXT, retired_at TEXT, live INTEGER NOT NULL,
  PRIMARY KEY (id)
)
 STRICT
;;
CREATE TABLE resolver_history ( /* precedences, from `at` on; written by triggers */
  id INTEGER NOT NULL,
  name TEXT NOT NULL,
  at TEXT NOT NULL,
  /* NULL: deleted */
  precedence INTEGER,
  PRIMARY KEY (id)
)
 STRICT
;;
CREATE TABLE runs ( /* every refresh */
  id INTEGER NOT NULL,
  kind TEXT NOT NULL CONSTRAINT kind_is_shipped_or_refresh CHECK (kind IN ('shipped', 'refresh')),
  started_at TEXT NOT NULL CONSTRAINT started_at_is_an_iso_8601_utc_time CHECK (started_at IS NULL OR (started_at GLOB '[0-9][0-9][0-9][0-9]-[0-1][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-5][0-9]*Z' AND datetime(started_at) IS NOT NULL)),
  finished_at TEXT CONSTRAINT finished_at_is_an_iso_8601_utc_time CHECK (finished_at IS NULL OR (finished_at GLOB '[0-9][0-9][0-9][0-9]-[0-1][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-5][0-9]*Z' AND datetime(finished_at) IS NOT NULL)),
  status TEXT NOT NULL CONSTRAINT status_is_running_ok_partial_or_failed CHECK (status IN ('running', 'ok', 'partial', 'failed')),
  /* modeldex that ran */
  version TEXT NOT NULL,
  PRIMARY KEY (id)
)
 STRICT
;;
CREATE TABLE run_steps ( /* every source and resolver of a refresh */
  id INTEGER NOT NULL,
  run_id INTEGER NOT NULL,
  kind TEXT NOT NULL CONSTRAINT kind_is_source_or_resolver CHECK (kind IN ('source', 'resolver')),
  name TEXT NOT NULL,
  status TEXT NOT NULL CONSTRAINT status_is_ok_unchanged_or_failed CHECK (status IN ('ok', 'unchanged', 'failed')),
  started_at TEXT NOT NULL CONSTRAINT started_at_is_an_iso_8601_utc_time CHECK (started_at IS NULL OR (started_at GLOB '[0-9][0-9][0-9][0-9]-[0-1][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-5][0-9]*Z' AND datetime(started_at) IS NOT NULL)),
  /* time it took to answer */
  fetch_ms REAL NOT NULL,
  /* longest time it held the write lock */
  write_ms REAL NOT NULL,
  /* transactions it was written in */
  chunks INTEGER NOT NULL,
  /* answers it gave */
  seen INTEGER NOT NULL,
  /* rows added, altered or removed */
  changed INTEGER NOT NULL,
  /* values that could not be facts */
  dropped INTEGER NOT NULL,
  /* version of the data; the same token skips the work */
  token TEXT,
  /* kind of failure */
  problem TEXT CONSTRAINT problem_is_key_or_unreachable_or_timeout_or_refused_or_answer_or_shrunk_or_error CHECK (problem IN ('key', 'unreachable', 'timeout', 'refused', 'answer', 'shrunk', 'error')),
  /* why it failed, without secrets */
  error TEXT,
  /* asked not to be asked before */
  retry_at TEXT CONSTRAINT retry_at_is_an_iso_8601_utc_time CHECK (retry_at IS NULL OR (retry_at GLOB '[0-9][0-9][0-9][0-9]-[0-1][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-5][0-9]*Z' AND datetime(retry_at) IS NOT NULL)),
  /* JSON: examples of what was dropped */
  detail TEXT,
  PRIMARY KEY (id),
  FOREIGN KEY(run_id) REFERENCES runs (id) ON DELETE CASCADE
)
 STRICT
;;
CREATE TABLE pending ( /* internal: models whose catalog row is out of date */
  model_id INTEGER NOT NULL,
  PRIMARY KEY (model_id)
)
 STRICT
;;
CREATE TABLE pending_measurements ( /* internal: models with samples not yet folded */
  provider TEXT NOT NULL,
  name TEXT NOT NULL,
  PRIMARY KEY (provider, name)
)
 WITHOUT ROWID,
 STRICT
;;
CREATE TABLE deferral ( /* internal: a row here puts folding off */
  /* to the end of 1: a transaction, 2: a statement */
  active INTEGER NOT NULL CONSTRAINT active_is_1_or_2 CHECK (active IN (1, 2)),
  PRIMARY KEY (active)
)
 STRICT
;;
CREATE TABLE replaced ( /* internal: opinions that an INSERT OR REPLACE may overwrite */
  model_id INTEGER NOT NULL, resolver TEXT NOT NULL, max_context INTEGER, max_input_tokens
  INTEGER, max_output_tokens INTEGER, served_context INTEGER, supports_tools INTEGER,
  supports_parallel_tools INTEGER, supports_vision INTEGER, supports_audio INTEGER, supports_pdf
  INTEGER, supports_json_mode INTEGER, supports_structured_outputs INTEGER, supports_streaming
  INTEGER, supports_system_messages INTEGER, supports_reasoning INTEGER, supports_prompt_cache
  INTEGER, known_params TEXT, unsupported_params TEXT, input_modalities TEXT, output_modalities
  TEXT, mode TEXT, input_cost_per_1m REAL, output_cost_per_1m REAL, cache_read_cost_per_1m REAL,
  cache_write_cost_per_1m REAL, other_prices TEXT, price_basis TEXT, quality_tier TEXT,
  quality_basis TEXT, speed_hint_tps REAL, ttft_ms REAL, release_date TEXT, knowledge_cutoff TEXT,
  lifecycle TEXT, deprecated_at TEXT, retires_at TEXT, replacement TEXT, open_weights INTEGER,
  param_count INTEGER, quantization TEXT, embedding_dims INTEGER, observed_at TEXT NOT NULL,
  changed_at TEXT NOT NULL,
  PRIMARY KEY (model_id, resolver)
)
 WITHOUT ROWID,
 STRICT
;;
INSERT INTO about (key, value) SELECT key, value FROM old_about
;;
INSERT INTO models (id, provider, name, family, display_name, first_seen, last_seen, retired_at) SELECT id, provider, name, family, display_name, first_seen, last_seen, retired_at FROM old_models
;;
INSERT INTO aliases (provider, alias, model_id) SELECT provider, alias, model_id FROM old_aliases
;;
INSERT INTO sources (name, kind) SELECT name, kind FROM old_sources
;;
INSERT INTO sightings (model_id, source, first_seen, last_seen, missing_since, missed) SELECT model_id, source, first_seen, last_seen, missing_since, missed FROM old_sightings
;;
INSERT INTO resolvers (name, precedence, place) SELECT name, precedence, place FROM old_resolvers
;;
INSERT INTO capabilities (model_id, resolver, max_context, max_input_tokens, max_output_tokens, served_context, supports_tools, supports_parallel_tools, supports_vision, supports_audio, supports_pdf, supports_json_mode, supports_structured_outputs, supports_streaming, supports_system_messages, supports_reasoning, supports_prompt_cache, known_params, unsupported_params, input_modalities, output_modalities, mode, input_cost_per_1m, output_cost_per_1m, cache_read_cost_per_1m, cache_write_cost_per_1m, other_prices, price_basis, quality_tier, quality_basis, speed_hint_tps, ttft_ms, release_date, knowledge_cutoff, lifecycle, deprecated_at, retires_at, replacement, open_weights, param_count, quantization, embedding_dims, observed_at, changed_at) SELECT model_id, resolver, max_context, max_input_tokens, max_output_tokens, served_context, supports_tools, supports_parallel_tools, supports_vision, supports_audio, supports_pdf, supports_json_mode, supports_structured_outputs, supports_streaming, supports_system_messages, supports_reasoning, supports_prompt_cache, known_params, unsupported_params, input_modalities, output_modalities, mode, input_cost_per_1m, output_cost_per_1m, cache_read_cost_per_1m, cache_write_cost_per_1m, other_prices, price_basis, quality_tier, quality_basis, speed_hint_tps, ttft_ms, release_date, knowledge_cutoff, lifecycle, deprecated_at, retires_at, replacement, open_weights, param_count, quantization, embedding_dims, observed_at, changed_at FROM old_capabilities
;;
INSERT INTO capability_history (id, model_id, resolver, max_context, max_input_tokens, max_output_tokens, served_context, supports_tools, supports_parallel_tools, supports_vision, supports_audio, supports_pdf, supports_json_mode, supports_structured_outputs, supports_streaming, supports_system_messages, supports_reasoning, supports_prompt_cache, known_params, unsupported_params, input_modalities, output_modalities, mode, input_cost_per_1m, output_cost_per_1m, cache_read_cost_per_1m, cache_write_cost_per_1m, other_prices, price_basis, quality_tier, quality_basis, speed_hint_tps, ttft_ms, release_date, knowledge_cutoff, lifecycle, deprecated_at, retires_at, replacement, open_weights, param_count, quantization, embedding_dims, observed_at, valid_from, valid_to) SELECT id, model_id, resolver, max_context, max_input_tokens, max_output_tokens, served_context, supports_tools, supports_parallel_tools, supports_vision, supports_audio, supports_pdf, supports_json_mode, supports_structured_outputs, supports_streaming, supports_system_messages, supports_reasoning, supports_prompt_cache, known_params, unsupported_params, input_modalities, output_modalities, mode, input_cost_per_1m, output_cost_per_1m, cache_read_cost_per_1m, cache_write_cost_per_1m, other_prices, price_basis, quality_tier, quality_basis, speed_hint_tps, ttft_ms, release_date, knowledge_cutoff, lifecycle, deprecated_at, retires_at, replacement, open_weights, param_count, quantization, embedding_dims, observed_at, valid_from, valid_to FROM old_capability_history
;;
INSERT INTO catalog (model_id, provider, name, family, display_name, retired_at, live, max_context, max_input_tokens, max_output_tokens, served_context, supports_tools, supports_parallel_tools, supports_vision, supports_audio, supports_pdf, supports_json_mode, supports_structured_outputs, supports_streaming, supports_system_messages, supports_reasoning, supports_prompt_cache, known_params, unsupported_params, input_modalities, output_modalities, mode, input_cost_per_1m, output_cost_per_1m, cache_read_cost_per_1m, cache_write_cost_per_1m, other_prices, price_basis, quality_tier, quality_basis, speed_hint_tps, ttft_ms, release_date, knowledge_cutoff, lifecycle, deprecated_at, retires_at, replacement, open_weights, param_count, quantization, embedding_dims, valid_from) SELECT model_id, provider, name, family, display_name, retired_at, live, max_context, max_input_tokens, max_output_tokens, served_context, supports_tools, supports_parallel_tools, supports_vision, supports_audio, supports_pdf, supports_json_mode, supports_structured_outputs, supports_streaming, supports_system_messages, supports_reasoning, supports_prompt_cache, known_params, unsupported_params, input_modalities, output_modalities, mode, input_cost_per_1m, output_cost_per_1m, cache_read_cost_per_1m, cache_write_cost_per_1m, other_prices, price_basis, quality_tier, quality_basis, speed_hint_tps, ttft_ms, release_date, knowledge_cutoff, lifecycle, deprecated_at, retires_at, replacement, open_weights, param_count, quantization, embedding_dims, '' FROM old_catalog
;;
INSERT INTO cost_tiers (name, at_least, below) SELECT name, at_least, below FROM old_cost_tiers
;;
INSERT INTO measurements (id, provider, name, measured_at, tokens_per_second, ttft_ms, input_cost_per_1m, output_cost_per_1m, supports_tools, supports_vision, supports_json_mode, supports_structured_outputs, quality_score, quality_suite, suite_version, error, samples, host, run_id) SELECT id, provider, name, measured_at, tokens_per_second, ttft_ms, input_cost_per_1m, output_cost_per_1m, supports_tools, supports_vision, supports_json_mode, supports_structured_outputs, quality_score, quality_suite, suite_version, error, samples, host, run_id FROM old_measurements
;;
INSERT INTO quality_suites (name, version, balanced_at_least, best_at_least, min_samples) SELECT name, version, balanced_at_least, best_at_least, min_samples FROM old_quality_suites
;;
INSERT INTO acknowledged (model_id, field, said, acknowledged_at) SELECT model_id, field, said, acknowledged_at FROM old_acknowledged
;;
INSERT INTO model_history (id, model_id, at, provider, name, family, display_name, retired_at, live) SELECT id, model_id, at, provider, name, family, display_name, retired_at, live FROM old_model_history
;;
INSERT INTO resolver_history (id, name, at, precedence) SELECT id, name, at, precedence FROM old_resolver_history
;;
INSERT INTO runs (id, kind, started_at, finished_at, status, version) SELECT id, kind, started_at, finished_at, status, version FROM old_runs
;;
INSERT INTO run_steps (id, run_id, kind, name, status, started_at, fetch_ms, write_ms, chunks, seen, changed, dropped, token, problem, error, retry_at, detail) SELECT id, run_id, kind, name, status, started_at, fetch_ms, write_ms, chunks, seen, changed, dropped, token, problem, error, retry_at, detail FROM old_run_steps
;;
INSERT INTO pending (model_id) SELECT model_id FROM old_pending
;;
INSERT INTO pending_measurements (provider, name) SELECT provider, name FROM old_pending_measurements
;;
INSERT INTO deferral (active) SELECT active FROM old_deferral
;;
INSERT INTO replaced (model_id, resolver, max_context, max_input_tokens, max_output_tokens, served_context, supports_tools, supports_parallel_tools, supports_vision, supports_audio, supports_pdf, supports_json_mode, supports_structured_outputs, supports_streaming, supports_system_messages, supports_reasoning, supports_prompt_cache, known_params, unsupported_params, input_modalities, output_modalities, mode, input_cost_per_1m, output_cost_per_1m, cache_read_cost_per_1m, cache_write_cost_per_1m, other_prices, price_basis, quality_tier, quality_basis, speed_hint_tps, ttft_ms, release_date, knowledge_cutoff, lifecycle, deprecated_at, retires_at, replacement, open_weights, param_count, quantization, embedding_dims, observed_at, changed_at) SELECT model_id, resolver, max_context, max_input_tokens, max_output_tokens, served_context, supports_tools, supports_parallel_tools, supports_vision, supports_audio, supports_pdf, supports_json_mode, supports_structured_outputs, supports_streaming, supports_system_messages, supports_reasoning, supports_prompt_cache, known_params, unsupported_params, input_modalities, output_modalities, mode, input_cost_per_1m, output_cost_per_1m, cache_read_cost_per_1m, cache_write_cost_per_1m, other_prices, price_basis, quality_tier, quality_basis, speed_hint_tps, ttft_ms, release_date, knowledge_cutoff, lifecycle, deprecated_at, retires_at, replacement, open_weights, param_count, quantization, embedding_dims, observed_at, changed_at FROM old_replaced
;;
DROP TABLE old_catalog
;;
DROP TABLE old_resolver_history
;;
DROP TABLE old_model_history
;;
DROP TABLE old_quality_suites
;;
DROP TABLE old_acknowledged
;;
DROP TABLE old_replaced
;;
DROP TABLE old_run_steps
;;
DROP TABLE old_measurements
;;
DROP TABLE old_capability_history
;;
DROP TABLE old_capabilities
;;
DROP TABLE old_deferral
;;
DROP TABLE old_pending_measurements
;;
DROP TABLE old_pending
;;
DROP TABLE old_runs
;;
DROP TABLE old_cost_tiers
;;
DROP TABLE old_resolvers
;;
DROP TABLE old_sightings
;;
DROP TABLE old_sources
;;
DROP TABLE old_aliases
;;
DROP TABLE old_models
;;
DROP TABLE old_about
;;
UPDATE about SET value = '0.3.0' WHERE key = 'needs_modeldex'
;;
PRAGMA user_version = 3
