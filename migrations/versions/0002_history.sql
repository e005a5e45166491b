CREATE TABLE capabilities ( -- one opinion: what one resolver says of one model
  model_id INTEGER NOT NULL REFERENCES models (id),
  resolver TEXT NOT NULL REFERENCES resolvers (name),
  max_context INTEGER CONSTRAINT max_context_is_between_1_and_1000000000 CHECK (max_context BETWEEN 1 AND 1000000000), -- tokens: largest window, prompt plus output, that the offer documents
  max_input_tokens INTEGER CONSTRAINT max_input_tokens_is_between_1_and_1000000000 CHECK (max_input_tokens BETWEEN 1 AND 1000000000), -- tokens: cap on the prompt alone, where it is smaller than the window
  max_output_tokens INTEGER CONSTRAINT max_output_tokens_is_between_1_and_1000000000 CHECK (max_output_tokens BETWEEN 1 AND 1000000000), -- tokens: cap on generated tokens
  served_context INTEGER CONSTRAINT served_context_is_between_1_and_1000000000 CHECK (served_context BETWEEN 1 AND 1000000000), -- tokens: window that a running local server really allocates
  supports_tools INTEGER CONSTRAINT supports_tools_is_0_or_1 CHECK (supports_tools IN (0, 1)), -- 0 or 1: accepts tool definitions
  supports_parallel_tools INTEGER CONSTRAINT supports_parallel_tools_is_0_or_1 CHECK (supports_parallel_tools IN (0, 1)), -- 0 or 1: may call several tools in one turn
  supports_vision INTEGER CONSTRAINT supports_vision_is_0_or_1 CHECK (supports_vision IN (0, 1)), -- 0 or 1: accepts images as input
  supports_audio INTEGER CONSTRAINT supports_audio_is_0_or_1 CHECK (supports_audio IN (0, 1)), -- 0 or 1: accepts audio as input
  supports_pdf INTEGER CONSTRAINT supports_pdf_is_0_or_1 CHECK (supports_pdf IN (0, 1)), -- 0 or 1: accepts PDF documents as input
  supports_json_mode INTEGER CONSTRAINT supports_json_mode_is_0_or_1 CHECK (supports_json_mode IN (0, 1)), -- 0 or 1: can be held to any valid JSON
  supports_structured_outputs INTEGER CONSTRAINT supports_structured_outputs_is_0_or_1 CHECK (supports_structured_outputs IN (0, 1)), -- 0 or 1: can be held to a given JSON Schema
  supports_streaming INTEGER CONSTRAINT supports_streaming_is_0_or_1 CHECK (supports_streaming IN (0, 1)), -- 0 or 1: sends its answer in pieces
  supports_system_messages INTEGER CONSTRAINT supports_system_messages_is_0_or_1 CHECK (supports_system_messages IN (0, 1)), -- 0 or 1: takes a system message
  supports_reasoning INTEGER CONSTRAINT supports_reasoning_is_0_or_1 CHECK (supports_reasoning IN (0, 1)), -- 0 or 1: can think before it answers
  supports_prompt_cache INTEGER CONSTRAINT supports_prompt_cache_is_0_or_1 CHECK (supports_prompt_cache IN (0, 1)), -- 0 or 1: charges less for a repeated prompt prefix
  known_params TEXT CONSTRAINT known_params_is_words_separated_by_commas CHECK (known_params NOT GLOB '*[^!-~]*' AND ',' || known_params || ',' NOT GLOB '*,,*'), -- words separated by commas: request parameters that are accepted
  unsupported_params TEXT CONSTRAINT unsupported_params_is_words_separated_by_commas CHECK (unsupported_params NOT GLOB '*[^!-~]*' AND ',' || unsupported_params || ',' NOT GLOB '*,,*'), -- words separated by commas: request parameters that are refused
  input_modalities TEXT CONSTRAINT input_modalities_is_words_separated_by_commas CHECK (input_modalities NOT GLOB '*[^!-~]*' AND ',' || input_modalities || ',' NOT GLOB '*,,*'), -- words separated by commas: kinds of input: text, image, audio, video, pdf
  output_modalities TEXT CONSTRAINT output_modalities_is_words_separated_by_commas CHECK (output_modalities NOT GLOB '*[^!-~]*' AND ',' || output_modalities || ',' NOT GLOB '*,,*'), -- words separated by commas: kinds of output: text, image, audio, video, embedding
  mode TEXT CONSTRAINT mode_is_chat_or_completion_or_embedding_or_rerank_or_image_or_audio_or_video_or_moderation_or_ocr_or_realtime_or_other CHECK (mode IN ('chat', 'completion', 'embedding', 'rerank', 'image', 'audio', 'video', 'moderation', 'ocr', 'realtime', 'other')), -- word: what the model is for
  input_cost_per_1m REAL CONSTRAINT input_cost_per_1m_is_between_0_and_1000000_usd CHECK (input_cost_per_1m BETWEEN 0 AND 1000000), -- USD per 1M tokens: prompt tokens: standard tier, text, smallest prompt size
  output_cost_per_1m REAL CONSTRAINT output_cost_per_1m_is_between_0_and_1000000_usd CHECK (output_cost_per_1m BETWEEN 0 AND 1000000), -- USD per 1M tokens: generated tokens: standard tier, text, smallest prompt size
  cache_read_cost_per_1m REAL CONSTRAINT cache_read_cost_per_1m_is_between_0_and_1000000_usd CHECK (cache_read_cost_per_1m BETWEEN 0 AND 1000000), -- USD per 1M tokens: prompt tokens served from the cache
  cache_write_cost_per_1m REAL CONSTRAINT cache_write_cost_per_1m_is_between_0_and_1000000_usd CHECK (cache_write_cost_per_1m BETWEEN 0 AND 1000000), -- USD per 1M tokens: prompt tokens written to the cache, shortest lifetime
  other_prices TEXT CONSTRAINT other_prices_is_words_separated_by_commas CHECK (other_prices NOT GLOB '*[^!-~]*' AND ',' || other_prices || ',' NOT GLOB '*,,*'), -- USD per 1M tokens: what batches, long prompts and the like cost; words such as input>200000:2.5, output/batch:5, cache_write_1h:6
  price_basis TEXT CONSTRAINT price_basis_is_metered_or_free_or_subscription_or_self_hosted_or_dynamic CHECK (price_basis IN ('metered', 'free', 'subscription', 'self_hosted', 'dynamic')), -- word: why the price is what it is; a zero needs a reason
  quality_tier TEXT CONSTRAINT quality_tier_is_best_or_balanced_or_cheap CHECK (quality_tier IN ('best', 'balanced', 'cheap')), -- word: quality class, not a price
  quality_basis TEXT CONSTRAINT quality_basis_is_user_or_measured_or_benchmark_or_curated_or_price_or_size CHECK (quality_basis IN ('user', 'measured', 'benchmark', 'curated', 'price', 'size')), -- word: evidence behind quality_tier
  speed_hint_tps REAL CONSTRAINT speed_hint_tps_is_between_0_and_1000000 CHECK (speed_hint_tps BETWEEN 0 AND 1000000), -- tokens per second: median decode rate
  ttft_ms REAL CONSTRAINT ttft_ms_is_between_0_and_10000000 CHECK (ttft_ms BETWEEN 0 AND 10000000), -- milliseconds: median time to the first token
  release_date TEXT CONSTRAINT release_date_is_a_date CHECK (release_date IS NULL OR (date(substr(release_date || '-01', 1, 10)) IS NOT NULL AND (release_date GLOB '[0-9][0-9][0-9][0-9]-[0-1][0-9]' OR release_date GLOB '[0-9][0-9][0-9][0-9]-[0-1][0-9]-[0-3][0-9]'))), -- YYYY-MM-DD or YYYY-MM: day the model was released
  knowledge_cutoff TEXT CONSTRAINT knowledge_cutoff_is_a_date CHECK (knowledge_cutoff IS NULL OR (date(substr(knowledge_cutoff || '-01', 1, 10)) IS NOT NULL AND (knowledge_cutoff GLOB '[0-9][0-9][0-9][0-9]-[0-1][0-9]' OR knowledge_cutoff GLOB '[0-9][0-9][0-9][0-9]-[0-1][0-9]-[0-3][0-9]'))), -- YYYY-MM-DD or YYYY-MM: end of the training data
  lifecycle TEXT CONSTRAINT lifecycle_is_active_or_preview_or_deprecated_or_retired CHECK (lifecycle IN ('active', 'preview', 'deprecated', 'retired')), -- word: what its maker says of its state
  deprecated_at TEXT CONSTRAINT deprecated_at_is_a_date CHECK (deprecated_at IS NULL OR (date(substr(deprecated_at || '-01', 1, 10)) IS NOT NULL AND (deprecated_at GLOB '[0-9][0-9][0-9][0-9]-[0-1][0-9]' OR deprecated_at GLOB '[0-9][0-9][0-9][0-9]-[0-1][0-9]-[0-3][0-9]'))), -- YYYY-MM-DD or YYYY-MM: day from which its maker advises against it
  retires_at TEXT CONSTRAINT retires_at_is_a_date CHECK (retires_at IS NULL OR (date(substr(retires_at || '-01', 1, 10)) IS NOT NULL AND (retires_at GLOB '[0-9][0-9][0-9][0-9]-[0-1][0-9]' OR retires_at GLOB '[0-9][0-9][0-9][0-9]-[0-1][0-9]-[0-3][0-9]'))), -- YYYY-MM-DD or YYYY-MM: day on which it stops answering
  replacement TEXT CONSTRAINT replacement_is_1_to_200_printable_characters CHECK (length(replacement) BETWEEN 1 AND 200 AND replacement = trim(replacement) AND instr(replacement, char(0)) = 0 AND replacement NOT GLOB '*[' || char(1) || '-' || char(31) || char(127) || ']*'), -- model name: what its maker recommends instead
  open_weights INTEGER CONSTRAINT open_weights_is_0_or_1 CHECK (open_weights IN (0, 1)), -- 0 or 1: its weights can be downloaded
  param_count INTEGER CONSTRAINT param_count_is_between_1_and_1000000000000000 CHECK (param_count BETWEEN 1 AND 1000000000000000), -- parameters: total number of weights
  quantization TEXT CONSTRAINT quantization_is_1_to_200_printable_characters CHECK (length(quantization) BETWEEN 1 AND 200 AND quantization = trim(quantization) AND instr(quantization, char(0)) = 0 AND quantization NOT GLOB '*[' || char(1) || '-' || char(31) || char(127) || ']*'), -- label: number format of the served weights
  embedding_dims INTEGER CONSTRAINT embedding_dims_is_between_1_and_1000000 CHECK (embedding_dims BETWEEN 1 AND 1000000), -- dimensions: length of an embedding vector
  observed_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')), -- when it was true
  changed_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')), -- when this row last changed
  PRIMARY KEY (model_id, resolver),
  CONSTRAINT observed_at_is_an_iso_8601_utc_time CHECK (observed_at IS NULL OR (observed_at GLOB '[0-9][0-9][0-9][0-9]-[0-1][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-5][0-9]*Z' AND datetime(observed_at) IS NOT NULL)),
  CONSTRAINT changed_at_is_an_iso_8601_utc_time CHECK (changed_at IS NULL OR (changed_at GLOB '[0-9][0-9][0-9][0-9]-[0-1][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-5][0-9]*Z' AND datetime(changed_at) IS NOT NULL))
) STRICT, WITHOUT ROWID
;;
CREATE TABLE capability_history ( -- opinions that were replaced; written by triggers
  id INTEGER NOT NULL PRIMARY KEY,
  model_id INTEGER NOT NULL,
  resolver TEXT NOT NULL,
  max_context INTEGER, -- tokens: largest window, prompt plus output, that the offer documents
  max_input_tokens INTEGER, -- tokens: cap on the prompt alone, where it is smaller than the window
  max_output_tokens INTEGER, -- tokens: cap on generated tokens
  served_context INTEGER, -- tokens: window that a running local server really allocates
  supports_tools INTEGER, -- 0 or 1: accepts tool definitions
  supports_parallel_tools INTEGER, -- 0 or 1: may call several tools in one turn
  supports_vision INTEGER, -- 0 or 1: accepts images as input
  supports_audio INTEGER, -- 0 or 1: accepts audio as input
  supports_pdf INTEGER, -- 0 or 1: accepts PDF documents as input
  supports_json_mode INTEGER, -- 0 or 1: can be held to any valid JSON
  supports_structured_outputs INTEGER, -- 0 or 1: can be held to a given JSON Schema
  supports_streaming INTEGER, -- 0 or 1: sends its answer in pieces
  supports_system_messages INTEGER, -- 0 or 1: takes a system message
  supports_reasoning INTEGER, -- 0 or 1: can think before it answers
  supports_prompt_cache INTEGER, -- 0 or 1: charges less for a repeated prompt prefix
  known_params TEXT, -- words separated by commas: request parameters that are accepted
  unsupported_params TEXT, -- words separated by commas: request parameters that are refused
  input_modalities TEXT, -- words separated by commas: kinds of input: text, image, audio, video, pdf
  output_modalities TEXT, -- words separated by commas: kinds of output: text, image, audio, video, embedding
  mode TEXT, -- word: what the model is for
  input_cost_per_1m REAL, -- USD per 1M tokens: prompt tokens: standard tier, text, smallest prompt size
  output_cost_per_1m REAL, -- USD per 1M tokens: generated tokens: standard tier, text, smallest prompt size
  cache_read_cost_per_1m REAL, -- USD per 1M tokens: prompt tokens served from the cache
  cache_write_cost_per_1m REAL, -- USD per 1M tokens: prompt tokens written to the cache, shortest lifetime
  other_prices TEXT, -- USD per 1M tokens: what batches, long prompts and the like cost; words such as input>200000:2.5, output/batch:5, cache_write_1h:6
  price_basis TEXT, -- word: why the price is what it is; a zero needs a reason
  quality_tier TEXT, -- word: quality class, not a price
  quality_basis TEXT, -- word: evidence behind quality_tier
  speed_hint_tps REAL, -- tokens per second: median decode rate
  ttft_ms REAL, -- milliseconds: median time to the first token
  release_date TEXT, -- YYYY-MM-DD or YYYY-MM: day the model was released
  knowledge_cutoff TEXT, -- YYYY-MM-DD or YYYY-MM: end of the training data
  lifecycle TEXT, -- word: what its maker says of its state
  deprecated_at TEXT, -- YYYY-MM-DD or YYYY-MM: day from which its maker advises against it
  retires_at TEXT, -- YYYY-MM-DD or YYYY-MM: day on which it stops answering
  replacement TEXT, -- model name: what its maker recommends instead
  open_weights INTEGER, -- 0 or 1: its weights can be downloaded
  param_count INTEGER, -- parameters: total number of weights
  quantization TEXT, -- label: number format of the served weights
  embedding_dims INTEGER, -- dimensions: length of an embedding vector
  observed_at TEXT NOT NULL,
  valid_from TEXT NOT NULL,
  valid_to TEXT NOT NULL
) STRICT
;;
CREATE TABLE catalog ( -- what people SELECT from: effective values; derived, do not write
  model_id INTEGER NOT NULL PRIMARY KEY,
  provider TEXT NOT NULL,
  name TEXT NOT NULL,
  family TEXT,
  display_name TEXT,
  retired_at TEXT,
  live INTEGER NOT NULL, -- 1: a live source sees it now
  max_context INTEGER, -- tokens: largest window, prompt plus output, that the offer documents
  max_input_tokens INTEGER, -- tokens: cap on the prompt alone, where it is smaller than the window
  max_output_tokens INTEGER, -- tokens: cap on generated tokens
  served_context INTEGER, -- tokens: window that a running local server really allocates
  supports_tools INTEGER, -- 0 or 1: accepts tool definitions
  supports_parallel_tools INTEGER, -- 0 or 1: may call several tools in one turn
  supports_vision INTEGER, -- 0 or 1: accepts images as input
  supports_audio INTEGER, -- 0 or 1: accepts audio as input
  supports_pdf INTEGER, -- 0 or 1: accepts PDF documents as input
  supports_json_mode INTEGER, -- 0 or 1: can be held to any valid JSON
  supports_structured_outputs INTEGER, -- 0 or 1: can be held to a given JSON Schema
  supports_streaming INTEGER, -- 0 or 1: sends its answer in pieces
  supports_system_messages INTEGER, -- 0 or 1: takes a system message
  supports_reasoning INTEGER, -- 0 or 1: can think before it answers
  supports_prompt_cache INTEGER, -- 0 or 1: charges less for a repeated prompt prefix
  known_params TEXT, -- words separated by commas: request parameters that are accepted
  unsupported_params TEXT, -- words separated by commas: request parameters that are refused
  input_modalities TEXT, -- words separated by commas: kinds of input: text, image, audio, video, pdf
  output_modalities TEXT, -- words separated by commas: kinds of output: text, image, audio, video, embedding
  mode TEXT, -- word: what the model is for
  input_cost_per_1m REAL, -- USD per 1M tokens: prompt tokens: standard tier, text, smallest prompt size
  output_cost_per_1m REAL, -- USD per 1M tokens: generated tokens: standard tier, text, smallest prompt size
  cache_read_cost_per_1m REAL, -- USD per 1M tokens: prompt tokens served from the cache
  cache_write_cost_per_1m REAL, -- USD per 1M tokens: prompt tokens written to the cache, shortest lifetime
  other_prices TEXT, -- USD per 1M tokens: what batches, long prompts and the like cost; words such as input>200000:2.5, output/batch:5, cache_write_1h:6
  price_basis TEXT, -- word: why the price is what it is; a zero needs a reason
  quality_tier TEXT, -- word: quality class, not a price
  quality_basis TEXT, -- word: evidence behind quality_tier
  speed_hint_tps REAL, -- tokens per second: median decode rate
  ttft_ms REAL, -- milliseconds: median time to the first token
  release_date TEXT, -- YYYY-MM-DD or YYYY-MM: day the model was released
  knowledge_cutoff TEXT, -- YYYY-MM-DD or YYYY-MM: end of the training data
  lifecycle TEXT, -- word: what its maker says of its state
  deprecated_at TEXT, -- YYYY-MM-DD or YYYY-MM: day from which its maker advises against it
  retires_at TEXT, -- YYYY-MM-DD or YYYY-MM: day on which it stops answering
  replacement TEXT, -- model name: what its maker recommends instead
  open_weights INTEGER, -- 0 or 1: its weights can be downloaded
  param_count INTEGER, -- parameters: total number of weights
  quantization TEXT, -- label: number format of the served weights
  embedding_dims INTEGER, -- dimensions: length of an embedding vector
  usable_context INTEGER AS (coalesce(served_context, max_context, max_input_tokens)) STORED,
  blended_cost REAL AS ((3 * input_cost_per_1m + output_cost_per_1m) / 4) STORED, -- USD per 1M
  rank_tier INTEGER NOT NULL AS (CASE quality_tier
    WHEN 'best' THEN 0 WHEN 'balanced' THEN 1 WHEN 'cheap' THEN 2 ELSE 3 END) STORED,
  rank_cost REAL NOT NULL AS (coalesce((3 * input_cost_per_1m + output_cost_per_1m) / 4, 9e99)) STORED,
  rank_context INTEGER NOT NULL AS (-coalesce(served_context, max_context, max_input_tokens, 0)) STORED,
  rank_release TEXT NOT NULL AS (coalesce(release_date, '')) STORED
) STRICT
;;
CREATE TABLE measurements ( -- append-only samples of a perf lab; folded into perf_lab
  id INTEGER NOT NULL PRIMARY KEY CONSTRAINT measurements_id_is_above_0 CHECK (id > 0),
  provider TEXT NOT NULL CONSTRAINT provider_is_a_lower_case_id CHECK (length(provider) BETWEEN 1 AND 64 AND provider GLOB '[a-z0-9]*' AND provider NOT GLOB '*[^a-z0-9._-]*'),
  name TEXT NOT NULL CONSTRAINT name_is_1_to_200_printable_characters CHECK (length(name) BETWEEN 1 AND 200 AND name = trim(name) AND instr(name, char(0)) = 0 AND name NOT GLOB '*[' || char(1) || '-' || char(31) || char(127) || ']*'),
  measured_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')) CONSTRAINT measured_at_is_an_iso_8601_utc_time CHECK (measured_at IS NULL OR (measured_at GLOB '[0-9][0-9][0-9][0-9]-[0-1][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-5][0-9]*Z' AND datetime(measured_at) IS NOT NULL)),
  tokens_per_second REAL -- decode rate after the first token
    CONSTRAINT tokens_per_second_is_above_0 CHECK (tokens_per_second > 0 AND tokens_per_second <= 1000000),
  ttft_ms REAL -- time to the first token
    CONSTRAINT ttft_ms_is_above_0 CHECK (ttft_ms > 0 AND ttft_ms <= 10000000),
  input_cost_per_1m REAL -- USD really paid per 1M prompt tokens
    CONSTRAINT input_cost_per_1m_is_between_0_and_1000000_usd CHECK (input_cost_per_1m BETWEEN 0 AND 1000000),
  output_cost_per_1m REAL -- USD really paid per 1M generated tokens
    CONSTRAINT output_cost_per_1m_is_between_0_and_1000000_usd CHECK (output_cost_per_1m BETWEEN 0 AND 1000000),
  supports_tools INTEGER CONSTRAINT supports_tools_is_0_or_1 CHECK (supports_tools IN (0, 1)), -- as tested
  supports_vision INTEGER CONSTRAINT supports_vision_is_0_or_1 CHECK (supports_vision IN (0, 1)), -- as tested
  supports_json_mode INTEGER CONSTRAINT supports_json_mode_is_0_or_1 CHECK (supports_json_mode IN (0, 1)), -- as tested
  supports_structured_outputs INTEGER CONSTRAINT supports_structured_outputs_is_0_or_1 CHECK (supports_structured_outputs IN (0, 1)), -- as tested
  quality_score REAL -- on the scale of its suite
    CONSTRAINT quality_score_is_a_finite_number CHECK (abs(quality_score) <= 1000000000),
  quality_suite TEXT CONSTRAINT quality_suite_is_1_to_200_printable_characters CHECK (length(quality_suite) BETWEEN 1 AND 200 AND quality_suite = trim(quality_suite) AND instr(quality_suite, char(0)) = 0 AND quality_suite NOT GLOB '*[' || char(1) || '-' || char(31) || char(127) || ']*'), -- which tests; quality_suites says what a score means
  suite_version TEXT CONSTRAINT suite_version_is_1_to_200_printable_characters CHECK (length(suite_version) BETWEEN 1 AND 200 AND suite_version = trim(suite_version) AND instr(suite_version, char(0)) = 0 AND suite_version NOT GLOB '*[' || char(1) || '-' || char(31) || char(127) || ']*'),
  error TEXT -- why a test could not tell, which is not a false
    CONSTRAINT error_is_1_to_1000_characters CHECK (length(error) BETWEEN 1 AND 1000),
  samples INTEGER NOT NULL DEFAULT 1 -- how many requests the row stands for
    CONSTRAINT samples_is_between_1_and_1000000000 CHECK (samples BETWEEN 1 AND 1000000000),
  host TEXT, -- where it was measured
  run_id TEXT, -- which job measured it
  CONSTRAINT a_measurement_has_a_figure CHECK
    (coalesce(tokens_per_second, ttft_ms, input_cost_per_1m, output_cost_per_1m, supports_tools, supports_vision, supports_json_mode, supports_structured_outputs, quality_score) IS NOT NULL OR error IS NOT NULL),
  CONSTRAINT a_quality_score_names_its_quality_suite CHECK
    (quality_score IS NULL OR quality_suite IS NOT NULL)
) STRICT
;;
CREATE TABLE run_steps ( -- every source and resolver of a refresh
  id INTEGER NOT NULL PRIMARY KEY,
  run_id INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
  kind TEXT NOT NULL CONSTRAINT kind_is_source_or_resolver CHECK (kind IN ('source', 'resolver')),
  name TEXT NOT NULL,
  status TEXT NOT NULL CONSTRAINT status_is_ok_unchanged_or_failed
    CHECK (status IN ('ok', 'unchanged', 'failed')),
  started_at TEXT NOT NULL CONSTRAINT started_at_is_an_iso_8601_utc_time CHECK (started_at IS NULL OR (started_at GLOB '[0-9][0-9][0-9][0-9]-[0-1][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-5][0-9]*Z' AND datetime(started_at) IS NOT NULL)),
  fetch_ms REAL NOT NULL, -- time it took to answer
  write_ms REAL NOT NULL, -- longest time it held the write lock
  chunks INTEGER NOT NULL, -- transactions it was written in
  seen INTEGER NOT NULL, -- answers it gave
  changed INTEGER NOT NULL, -- rows added, altered or removed
  dropped INTEGER NOT NULL, -- values that could not be facts
  token TEXT, -- version of the data; the same token skips the work
  problem TEXT -- kind of failure
    CONSTRAINT problem_is_key_or_unreachable_or_timeout_or_refused_or_answer_or_shrunk_or_error CHECK (problem IN ('key', 'unreachable', 'timeout', 'refused', 'answer', 'shrunk', 'error')),
  error TEXT, -- why it failed, without secrets
  retry_at TEXT CONSTRAINT retry_at_is_an_iso_8601_utc_time CHECK (retry_at IS NULL OR (retry_at GLOB '[0-9][0-9][0-9][0-9]-[0-1][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-5][0-9]*Z' AND datetime(retry_at) IS NOT NULL)), -- asked not to be asked before
  detail TEXT -- JSON: examples of what was dropped
) STRICT
;;
CREATE TABLE replaced ( -- internal: opinions that an INSERT OR REPLACE may overwrite
  model_id INTEGER NOT NULL,
  resolver TEXT NOT NULL,
  max_context INTEGER, -- tokens: largest window, prompt plus output, that the offer documents
  max_input_tokens INTEGER, -- tokens: cap on the prompt alone, where it is smaller than the window
  max_output_tokens INTEGER, -- tokens: cap on generated tokens
  served_context INTEGER, -- tokens: window that a running local server really allocates
  supports_tools INTEGER, -- 0 or 1: accepts tool definitions
  supports_parallel_tools INTEGER, -- 0 or 1: may call several tools in one turn
  supports_vision INTEGER, -- 0 or 1: accepts images as input
  supports_audio INTEGER, -- 0 or 1: accepts audio as input
  supports_pdf INTEGER, -- 0 or 1: accepts PDF documents as input
  supports_json_mode INTEGER, -- 0 or 1: can be held to any valid JSON
  supports_structured_outputs INTEGER, -- 0 or 1: can be held to a given JSON Schema
  supports_streaming INTEGER, -- 0 or 1: sends its answer in pieces
  supports_system_messages INTEGER, -- 0 or 1: takes a system message
  supports_reasoning INTEGER, -- 0 or 1: can think before it answers
  supports_prompt_cache INTEGER, -- 0 or 1: charges less for a repeated prompt prefix
  known_params TEXT, -- words separated by commas: request parameters that are accepted
  unsupported_params TEXT, -- words separated by commas: request parameters that are refused
  input_modalities TEXT, -- words separated by commas: kinds of input: text, image, audio, video, pdf
  output_modalities TEXT, -- words separated by commas: kinds of output: text, image, audio, video, embedding
  mode TEXT, -- word: what the model is for
  input_cost_per_1m REAL, -- USD per 1M tokens: prompt tokens: standard tier, text, smallest prompt size
  output_cost_per_1m REAL, -- USD per 1M tokens: generated tokens: standard tier, text, smallest prompt size
  cache_read_cost_per_1m REAL, -- USD per 1M tokens: prompt tokens served from the cache
  cache_write_cost_per_1m REAL, -- USD per 1M tokens: prompt tokens written to the cache, shortest lifetime
  other_prices TEXT, -- USD per 1M tokens: what batches, long prompts and the like cost; words such as input>200000:2.5, output/batch:5, cache_write_1h:6
  price_basis TEXT, -- word: why the price is what it is; a zero needs a reason
  quality_tier TEXT, -- word: quality class, not a price
  quality_basis TEXT, -- word: evidence behind quality_tier
  speed_hint_tps REAL, -- tokens per second: median decode rate
  ttft_ms REAL, -- milliseconds: median time to the first token
  release_date TEXT, -- YYYY-MM-DD or YYYY-MM: day the model was released
  knowledge_cutoff TEXT, -- YYYY-MM-DD or YYYY-MM: end of the training data
  lifecycle TEXT, -- word: what its maker says of its state
  deprecated_at TEXT, -- YYYY-MM-DD or YYYY-MM: day from which its maker advises against it
  retires_at TEXT, -- YYYY-MM-DD or YYYY-MM: day on which it stops answering
  replacement TEXT, -- model name: what its maker recommends instead
  open_weights INTEGER, -- 0 or 1: its weights can be downloaded
  param_count INTEGER, -- parameters: total number of weights
  quantization TEXT, -- label: number format of the served weights
  embedding_dims INTEGER, -- dimensions: length of an embedding vector
  observed_at TEXT NOT NULL,
  changed_at TEXT NOT NULL,
  PRIMARY KEY (model_id, resolver)
) STRICT, WITHOUT ROWID
;;
CREATE TABLE quality_suites ( -- what a score means; a suite that is not here says no tier; yours to edit
  name TEXT NOT NULL PRIMARY KEY CONSTRAINT name_is_1_to_200_printable_characters CHECK (length(name) BETWEEN 1 AND 200 AND name = trim(name) AND instr(name, char(0)) = 0 AND name NOT GLOB '*[' || char(1) || '-' || char(31) || char(127) || ']*'),
  version TEXT CONSTRAINT version_is_1_to_200_printable_characters CHECK (length(version) BETWEEN 1 AND 200 AND version = trim(version) AND instr(version, char(0)) = 0 AND version NOT GLOB '*[' || char(1) || '-' || char(31) || char(127) || ']*'), -- NULL: any
  balanced_at_least REAL NOT NULL,
  best_at_least REAL NOT NULL,
  min_samples INTEGER NOT NULL DEFAULT 30, -- fewer say nothing
  CONSTRAINT best_is_above_balanced CHECK (best_at_least > balanced_at_least)
) STRICT, WITHOUT ROWID
;;
CREATE TABLE acknowledged ( -- disagreements that somebody has looked at; silent until one changes
  model_id INTEGER NOT NULL REFERENCES models (id) ON DELETE CASCADE,
  field TEXT NOT NULL,
  said TEXT NOT NULL, -- what was said then, as drift shows it
  acknowledged_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')) CONSTRAINT acknowledged_at_is_an_iso_8601_utc_time CHECK (acknowledged_at IS NULL OR (acknowledged_at GLOB '[0-9][0-9][0-9][0-9]-[0-1][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-5][0-9]*Z' AND datetime(acknowledged_at) IS NOT NULL)),
  PRIMARY KEY (model_id, field)
) STRICT, WITHOUT ROWID
;;
CREATE TABLE model_history ( -- names and liveness of a model, from `at` on; written by triggers
  id INTEGER NOT NULL PRIMARY KEY,
  model_id INTEGER NOT NULL,
  at TEXT NOT NULL,
  provider TEXT NOT NULL,
  name TEXT NOT NULL,
  family TEXT,
  display_name TEXT,
  retired_at TEXT,
  live INTEGER NOT NULL
) STRICT
;;
CREATE TABLE resolver_history ( -- precedences, from `at` on; written by triggers
  id INTEGER NOT NULL PRIMARY KEY,
  name TEXT NOT NULL,
  at TEXT NOT NULL,
  precedence INTEGER -- NULL: deleted
) STRICT
;;
CREATE INDEX catalog_by_rank ON catalog (rank_tier, rank_cost, rank_context, rank_release DESC, provider, name, live)
;;
CREATE INDEX catalog_shown ON catalog (rank_tier, rank_cost, rank_context, rank_release DESC, provider, name, live) WHERE (mode IS NULL OR mode = 'chat') AND retired_at IS NULL AND (lifecycle IS NULL OR lifecycle IN ('active', 'preview')) AND (price_basis IS NULL OR price_basis IN ('metered', 'self_hosted'))
;;
CREATE INDEX catalog_by_provider ON catalog (provider, rank_tier, rank_cost, rank_context, rank_release DESC, name)
;;
CREATE UNIQUE INDEX catalog_by_name ON catalog (provider, name)
;;
CREATE INDEX catalog_by_bare_name ON catalog (name)
;;
CREATE INDEX aliases_by_alias ON aliases (alias)
;;
CREATE INDEX aliases_by_model ON aliases (model_id)
;;
CREATE INDEX sightings_by_source ON sightings (source)
;;
CREATE INDEX capabilities_by_resolver ON capabilities (resolver)
;;
CREATE INDEX history_by_opinion ON capability_history (model_id, resolver, valid_from)
;;
CREATE INDEX history_by_end ON capability_history (valid_to)
;;
CREATE INDEX model_history_by_model ON model_history (model_id)
;;
CREATE INDEX measurements_by_model ON measurements (provider, name, measured_at, id, samples, tokens_per_second, ttft_ms, input_cost_per_1m, output_cost_per_1m, supports_tools, supports_vision, supports_json_mode, supports_structured_outputs)
;;
CREATE INDEX measurements_scored ON measurements (provider, name) WHERE quality_score IS NOT NULL
;;
CREATE INDEX measurements_by_run ON measurements (run_id) WHERE run_id IS NOT NULL
;;
CREATE INDEX run_steps_by_run ON run_steps (run_id)
;;
CREATE INDEX run_steps_by_name ON run_steps (kind, name, token) WHERE status <> 'failed'
;;
CREATE VIEW effective_capabilities AS -- the merge: per field, the known value of the highest precedence
SELECT w.model_id AS model_id,
  max(CASE WHEN r.place = w.max_context THEN c.max_context END) AS max_context,
  max(CASE WHEN r.place = w.max_input_tokens THEN c.max_input_tokens END) AS max_input_tokens,
  max(CASE WHEN r.place = w.max_output_tokens THEN c.max_output_tokens END) AS max_output_tokens,
  max(CASE WHEN r.place = w.served_context THEN c.served_context END) AS served_context,
  max(CASE WHEN r.place = w.supports_tools THEN c.supports_tools END) AS supports_tools,
  max(CASE WHEN r.place = w.supports_parallel_tools THEN c.supports_parallel_tools END) AS supports_parallel_tools,
  max(CASE WHEN r.place = w.supports_vision THEN c.supports_vision END) AS supports_vision,
  max(CASE WHEN r.place = w.supports_audio THEN c.supports_audio END) AS supports_audio,
  max(CASE WHEN r.place = w.supports_pdf THEN c.supports_pdf END) AS supports_pdf,
  max(CASE WHEN r.place = w.supports_json_mode THEN c.supports_json_mode END) AS supports_json_mode,
  max(CASE WHEN r.place = w.supports_structured_outputs THEN c.supports_structured_outputs END) AS supports_structured_outputs,
  max(CASE WHEN r.place = w.supports_streaming THEN c.supports_streaming END) AS supports_streaming,
  max(CASE WHEN r.place = w.supports_system_messages THEN c.supports_system_messages END) AS supports_system_messages,
  max(CASE WHEN r.place = w.supports_reasoning THEN c.supports_reasoning END) AS supports_reasoning,
  max(CASE WHEN r.place = w.supports_prompt_cache THEN c.supports_prompt_cache END) AS supports_prompt_cache,
  max(CASE WHEN r.place = w.known_params THEN c.known_params END) AS known_params,
  max(CASE WHEN r.place = w.unsupported_params THEN c.unsupported_params END) AS unsupported_params,
  max(CASE WHEN r.place = w.input_modalities THEN c.input_modalities END) AS input_modalities,
  max(CASE WHEN r.place = w.output_modalities THEN c.output_modalities END) AS output_modalities,
  max(CASE WHEN r.place = w.mode THEN c.mode END) AS mode,
  max(CASE WHEN r.place = w.input_cost_per_1m THEN c.input_cost_per_1m END) AS input_cost_per_1m,
  max(CASE WHEN r.place = w.output_cost_per_1m THEN c.output_cost_per_1m END) AS output_cost_per_1m,
  max(CASE WHEN r.place = w.cache_read_cost_per_1m THEN c.cache_read_cost_per_1m END) AS cache_read_cost_per_1m,
  max(CASE WHEN r.place = w.cache_write_cost_per_1m THEN c.cache_write_cost_per_1m END) AS cache_write_cost_per_1m,
  max(CASE WHEN r.place = w.other_prices THEN c.other_prices END) AS other_prices,
  max(CASE WHEN r.place = w.price_basis THEN c.price_basis END) AS price_basis,
  max(CASE WHEN r.place = w.quality_tier THEN c.quality_tier END) AS quality_tier,
  max(CASE WHEN r.place = w.quality_basis THEN c.quality_basis END) AS quality_basis,
  max(CASE WHEN r.place = w.speed_hint_tps THEN c.speed_hint_tps END) AS speed_hint_tps,
  max(CASE WHEN r.place = w.ttft_ms THEN c.ttft_ms END) AS ttft_ms,
  max(CASE WHEN r.place = w.release_date THEN c.release_date END) AS release_date,
  max(CASE WHEN r.place = w.knowledge_cutoff THEN c.knowledge_cutoff END) AS knowledge_cutoff,
  max(CASE WHEN r.place = w.lifecycle THEN c.lifecycle END) AS lifecycle,
  max(CASE WHEN r.place = w.deprecated_at THEN c.deprecated_at END) AS deprecated_at,
  max(CASE WHEN r.place = w.retires_at THEN c.retires_at END) AS retires_at,
  max(CASE WHEN r.place = w.replacement THEN c.replacement END) AS replacement,
  max(CASE WHEN r.place = w.open_weights THEN c.open_weights END) AS open_weights,
  max(CASE WHEN r.place = w.param_count THEN c.param_count END) AS param_count,
  max(CASE WHEN r.place = w.quantization THEN c.quantization END) AS quantization,
  max(CASE WHEN r.place = w.embedding_dims THEN c.embedding_dims END) AS embedding_dims
FROM (SELECT c.model_id, max(CASE WHEN c.max_context IS NOT NULL THEN r.place END) AS max_context, max(CASE WHEN c.max_input_tokens IS NOT NULL THEN r.place END) AS max_input_tokens, max(CASE WHEN c.max_output_tokens IS NOT NULL THEN r.place END) AS max_output_tokens, max(CASE WHEN c.served_context IS NOT NULL THEN r.place END) AS served_context, max(CASE WHEN c.supports_tools IS NOT NULL THEN r.place END) AS supports_tools, max(CASE WHEN c.supports_parallel_tools IS NOT NULL THEN r.place END) AS supports_parallel_tools, max(CASE WHEN c.supports_vision IS NOT NULL THEN r.place END) AS supports_vision, max(CASE WHEN c.supports_audio IS NOT NULL THEN r.place END) AS supports_audio, max(CASE WHEN c.supports_pdf IS NOT NULL THEN r.place END) AS supports_pdf, max(CASE WHEN c.supports_json_mode IS NOT NULL THEN r.place END) AS supports_json_mode, max(CASE WHEN c.supports_structured_outputs IS NOT NULL THEN r.place END) AS supports_structured_outputs, max(CASE WHEN c.supports_streaming IS NOT NULL THEN r.place END) AS supports_streaming, max(CASE WHEN c.supports_system_messages IS NOT NULL THEN r.place END) AS supports_system_messages, max(CASE WHEN c.supports_reasoning IS NOT NULL THEN r.place END) AS supports_reasoning, max(CASE WHEN c.supports_prompt_cache IS NOT NULL THEN r.place END) AS supports_prompt_cache, max(CASE WHEN c.known_params IS NOT NULL THEN r.place END) AS known_params, max(CASE WHEN c.unsupported_params IS NOT NULL THEN r.place END) AS unsupported_params, max(CASE WHEN c.input_modalities IS NOT NULL THEN r.place END) AS input_modalities, max(CASE WHEN c.output_modalities IS NOT NULL THEN r.place END) AS output_modalities, max(CASE WHEN c.mode IS NOT NULL THEN r.place END) AS mode, max(CASE WHEN c.input_cost_per_1m IS NOT NULL THEN r.place END) AS input_cost_per_1m, max(CASE WHEN c.output_cost_per_1m IS NOT NULL THEN r.place END) AS output_cost_per_1m, max(CASE WHEN c.cache_read_cost_per_1m IS NOT NULL THEN r.place END) AS cache_read_cost_per_1m, max(CASE WHEN c.cache_write_cost_per_1m IS NOT NULL THEN r.place END) AS cache_write_cost_per_1m, max(CASE WHEN c.other_prices IS NOT NULL THEN r.place END) AS other_prices, max(CASE WHEN c.price_basis IS NOT NULL THEN r.place END) AS price_basis, max(CASE WHEN c.quality_tier IS NOT NULL THEN r.place END) AS quality_tier, max(CASE WHEN c.quality_basis IS NOT NULL THEN r.place END) AS quality_basis, max(CASE WHEN c.speed_hint_tps IS NOT NULL THEN r.place END) AS speed_hint_tps, max(CASE WHEN c.ttft_ms IS NOT NULL THEN r.place END) AS ttft_ms, max(CASE WHEN c.release_date IS NOT NULL THEN r.place END) AS release_date, max(CASE WHEN c.knowledge_cutoff IS NOT NULL THEN r.place END) AS knowledge_cutoff, max(CASE WHEN c.lifecycle IS NOT NULL THEN r.place END) AS lifecycle, max(CASE WHEN c.deprecated_at IS NOT NULL THEN r.place END) AS deprecated_at, max(CASE WHEN c.retires_at IS NOT NULL THEN r.place END) AS retires_at, max(CASE WHEN c.replacement IS NOT NULL THEN r.place END) AS replacement, max(CASE WHEN c.open_weights IS NOT NULL THEN r.place END) AS open_weights, max(CASE WHEN c.param_count IS NOT NULL THEN r.place END) AS param_count, max(CASE WHEN c.quantization IS NOT NULL THEN r.place END) AS quantization, max(CASE WHEN c.embedding_dims IS NOT NULL THEN r.place END) AS embedding_dims
    FROM capabilities c CROSS JOIN resolvers r ON r.name = c.resolver GROUP BY c.model_id) w
  CROSS JOIN capabilities c ON c.model_id = w.model_id
  CROSS JOIN resolvers r ON r.name = c.resolver
GROUP BY w.model_id
;;
CREATE VIEW catalog_rows AS -- what the table catalog must equal
SELECT m.id AS model_id, m.provider, m.name, m.family, m.display_name, m.retired_at,
  EXISTS (SELECT 1 FROM sightings s CROSS JOIN sources o ON o.name = s.source
    WHERE s.model_id = m.id AND s.missing_since IS NULL AND o.kind = 'live') AS live,
  e.max_context, e.max_input_tokens, e.max_output_tokens, e.served_context, e.supports_tools, e.supports_parallel_tools, e.supports_vision, e.supports_audio, e.supports_pdf, e.supports_json_mode, e.supports_structured_outputs, e.supports_streaming, e.supports_system_messages, e.supports_reasoning, e.supports_prompt_cache, e.known_params, e.unsupported_params, e.input_modalities, e.output_modalities, e.mode, e.input_cost_per_1m, e.output_cost_per_1m, e.cache_read_cost_per_1m, e.cache_write_cost_per_1m, e.other_prices, e.price_basis, e.quality_tier, e.quality_basis, e.speed_hint_tps, e.ttft_ms, e.release_date, e.knowledge_cutoff, e.lifecycle, e.deprecated_at, e.retires_at, e.replacement, e.open_weights, e.param_count, e.quantization, e.embedding_dims
FROM models m LEFT JOIN effective_capabilities e ON e.model_id = m.id
;;
CREATE VIEW pending_capabilities AS -- internal: the merge, of pending models only
SELECT w.model_id AS model_id,
  max(CASE WHEN r.place = w.max_context THEN c.max_context END) AS max_context,
  max(CASE WHEN r.place = w.max_input_tokens THEN c.max_input_tokens END) AS max_input_tokens,
  max(CASE WHEN r.place = w.max_output_tokens THEN c.max_output_tokens END) AS max_output_tokens,
  max(CASE WHEN r.place = w.served_context THEN c.served_context END) AS served_context,
  max(CASE WHEN r.place = w.supports_tools THEN c.supports_tools END) AS supports_tools,
  max(CASE WHEN r.place = w.supports_parallel_tools THEN c.supports_parallel_tools END) AS supports_parallel_tools,
  max(CASE WHEN r.place = w.supports_vision THEN c.supports_vision END) AS supports_vision,
  max(CASE WHEN r.place = w.supports_audio THEN c.supports_audio END) AS supports_audio,
  max(CASE WHEN r.place = w.supports_pdf THEN c.supports_pdf END) AS supports_pdf,
  max(CASE WHEN r.place = w.supports_json_mode THEN c.supports_json_mode END) AS supports_json_mode,
  max(CASE WHEN r.place = w.supports_structured_outputs THEN c.supports_structured_outputs END) AS supports_structured_outputs,
  max(CASE WHEN r.place = w.supports_streaming THEN c.supports_streaming END) AS supports_streaming,
  max(CASE WHEN r.place = w.supports_system_messages THEN c.supports_system_messages END) AS supports_system_messages,
  max(CASE WHEN r.place = w.supports_reasoning THEN c.supports_reasoning END) AS supports_reasoning,
  max(CASE WHEN r.place = w.supports_prompt_cache THEN c.supports_prompt_cache END) AS supports_prompt_cache,
  max(CASE WHEN r.place = w.known_params THEN c.known_params END) AS known_params,
  max(CASE WHEN r.place = w.unsupported_params THEN c.unsupported_params END) AS unsupported_params,
  max(CASE WHEN r.place = w.input_modalities THEN c.input_modalities END) AS input_modalities,
  max(CASE WHEN r.place = w.output_modalities THEN c.output_modalities END) AS output_modalities,
  max(CASE WHEN r.place = w.mode THEN c.mode END) AS mode,
  max(CASE WHEN r.place = w.input_cost_per_1m THEN c.input_cost_per_1m END) AS input_cost_per_1m,
  max(CASE WHEN r.place = w.output_cost_per_1m THEN c.output_cost_per_1m END) AS output_cost_per_1m,
  max(CASE WHEN r.place = w.cache_read_cost_per_1m THEN c.cache_read_cost_per_1m END) AS cache_read_cost_per_1m,
  max(CASE WHEN r.place = w.cache_write_cost_per_1m THEN c.cache_write_cost_per_1m END) AS cache_write_cost_per_1m,
  max(CASE WHEN r.place = w.other_prices THEN c.other_prices END) AS other_prices,
  max(CASE WHEN r.place = w.price_basis THEN c.price_basis END) AS price_basis,
  max(CASE WHEN r.place = w.quality_tier THEN c.quality_tier END) AS quality_tier,
  max(CASE WHEN r.place = w.quality_basis THEN c.quality_basis END) AS quality_basis,
  max(CASE WHEN r.place = w.speed_hint_tps THEN c.speed_hint_tps END) AS speed_hint_tps,
  max(CASE WHEN r.place = w.ttft_ms THEN c.ttft_ms END) AS ttft_ms,
  max(CASE WHEN r.place = w.release_date THEN c.release_date END) AS release_date,
  max(CASE WHEN r.place = w.knowledge_cutoff THEN c.knowledge_cutoff END) AS knowledge_cutoff,
  max(CASE WHEN r.place = w.lifecycle THEN c.lifecycle END) AS lifecycle,
  max(CASE WHEN r.place = w.deprecated_at THEN c.deprecated_at END) AS deprecated_at,
  max(CASE WHEN r.place = w.retires_at THEN c.retires_at END) AS retires_at,
  max(CASE WHEN r.place = w.replacement THEN c.replacement END) AS replacement,
  max(CASE WHEN r.place = w.open_weights THEN c.open_weights END) AS open_weights,
  max(CASE WHEN r.place = w.param_count THEN c.param_count END) AS param_count,
  max(CASE WHEN r.place = w.quantization THEN c.quantization END) AS quantization,
  max(CASE WHEN r.place = w.embedding_dims THEN c.embedding_dims END) AS embedding_dims
FROM (SELECT c.model_id, max(CASE WHEN c.max_context IS NOT NULL THEN r.place END) AS max_context, max(CASE WHEN c.max_input_tokens IS NOT NULL THEN r.place END) AS max_input_tokens, max(CASE WHEN c.max_output_tokens IS NOT NULL THEN r.place END) AS max_output_tokens, max(CASE WHEN c.served_context IS NOT NULL THEN r.place END) AS served_context, max(CASE WHEN c.supports_tools IS NOT NULL THEN r.place END) AS supports_tools, max(CASE WHEN c.supports_parallel_tools IS NOT NULL THEN r.place END) AS supports_parallel_tools, max(CASE WHEN c.supports_vision IS NOT NULL THEN r.place END) AS supports_vision, max(CASE WHEN c.supports_audio IS NOT NULL THEN r.place END) AS supports_audio, max(CASE WHEN c.supports_pdf IS NOT NULL THEN r.place END) AS supports_pdf, max(CASE WHEN c.supports_json_mode IS NOT NULL THEN r.place END) AS supports_json_mode, max(CASE WHEN c.supports_structured_outputs IS NOT NULL THEN r.place END) AS supports_structured_outputs, max(CASE WHEN c.supports_streaming IS NOT NULL THEN r.place END) AS supports_streaming, max(CASE WHEN c.supports_system_messages IS NOT NULL THEN r.place END) AS supports_system_messages, max(CASE WHEN c.supports_reasoning IS NOT NULL THEN r.place END) AS supports_reasoning, max(CASE WHEN c.supports_prompt_cache IS NOT NULL THEN r.place END) AS supports_prompt_cache, max(CASE WHEN c.known_params IS NOT NULL THEN r.place END) AS known_params, max(CASE WHEN c.unsupported_params IS NOT NULL THEN r.place END) AS unsupported_params, max(CASE WHEN c.input_modalities IS NOT NULL THEN r.place END) AS input_modalities, max(CASE WHEN c.output_modalities IS NOT NULL THEN r.place END) AS output_modalities, max(CASE WHEN c.mode IS NOT NULL THEN r.place END) AS mode, max(CASE WHEN c.input_cost_per_1m IS NOT NULL THEN r.place END) AS input_cost_per_1m, max(CASE WHEN c.output_cost_per_1m IS NOT NULL THEN r.place END) AS output_cost_per_1m, max(CASE WHEN c.cache_read_cost_per_1m IS NOT NULL THEN r.place END) AS cache_read_cost_per_1m, max(CASE WHEN c.cache_write_cost_per_1m IS NOT NULL THEN r.place END) AS cache_write_cost_per_1m, max(CASE WHEN c.other_prices IS NOT NULL THEN r.place END) AS other_prices, max(CASE WHEN c.price_basis IS NOT NULL THEN r.place END) AS price_basis, max(CASE WHEN c.quality_tier IS NOT NULL THEN r.place END) AS quality_tier, max(CASE WHEN c.quality_basis IS NOT NULL THEN r.place END) AS quality_basis, max(CASE WHEN c.speed_hint_tps IS NOT NULL THEN r.place END) AS speed_hint_tps, max(CASE WHEN c.ttft_ms IS NOT NULL THEN r.place END) AS ttft_ms, max(CASE WHEN c.release_date IS NOT NULL THEN r.place END) AS release_date, max(CASE WHEN c.knowledge_cutoff IS NOT NULL THEN r.place END) AS knowledge_cutoff, max(CASE WHEN c.lifecycle IS NOT NULL THEN r.place END) AS lifecycle, max(CASE WHEN c.deprecated_at IS NOT NULL THEN r.place END) AS deprecated_at, max(CASE WHEN c.retires_at IS NOT NULL THEN r.place END) AS retires_at, max(CASE WHEN c.replacement IS NOT NULL THEN r.place END) AS replacement, max(CASE WHEN c.open_weights IS NOT NULL THEN r.place END) AS open_weights, max(CASE WHEN c.param_count IS NOT NULL THEN r.place END) AS param_count, max(CASE WHEN c.quantization IS NOT NULL THEN r.place END) AS quantization, max(CASE WHEN c.embedding_dims IS NOT NULL THEN r.place END) AS embedding_dims
    FROM pending p CROSS JOIN capabilities c ON c.model_id = p.model_id CROSS JOIN resolvers r ON r.name = c.resolver GROUP BY c.model_id) w
  CROSS JOIN capabilities c ON c.model_id = w.model_id
  CROSS JOIN resolvers r ON r.name = c.resolver
GROUP BY w.model_id
;;
CREATE VIEW pending_rows AS -- internal: catalog_rows, of pending models only
SELECT m.id AS model_id, m.provider, m.name, m.family, m.display_name, m.retired_at,
  EXISTS (SELECT 1 FROM sightings s CROSS JOIN sources o ON o.name = s.source
    WHERE s.model_id = m.id AND s.missing_since IS NULL AND o.kind = 'live') AS live,
  e.max_context, e.max_input_tokens, e.max_output_tokens, e.served_context, e.supports_tools, e.supports_parallel_tools, e.supports_vision, e.supports_audio, e.supports_pdf, e.supports_json_mode, e.supports_structured_outputs, e.supports_streaming, e.supports_system_messages, e.supports_reasoning, e.supports_prompt_cache, e.known_params, e.unsupported_params, e.input_modalities, e.output_modalities, e.mode, e.input_cost_per_1m, e.output_cost_per_1m, e.cache_read_cost_per_1m, e.cache_write_cost_per_1m, e.other_prices, e.price_basis, e.quality_tier, e.quality_basis, e.speed_hint_tps, e.ttft_ms, e.release_date, e.knowledge_cutoff, e.lifecycle, e.deprecated_at, e.retires_at, e.replacement, e.open_weights, e.param_count, e.quantization, e.embedding_dims
FROM pending p JOIN models m ON m.id = p.model_id LEFT JOIN pending_capabilities e ON e.model_id = m.id
;;
CREATE VIEW provenance AS -- every opinion, field by field, and whether it wins
SELECT m.id AS model_id, m.provider, m.name, 'max_context' AS field, c.max_context AS value,
    c.resolver, r.precedence, c.observed_at, c.changed_at, NOT EXISTS (
      SELECT 1 FROM capabilities x CROSS JOIN resolvers y ON y.name = x.resolver
      WHERE x.model_id = c.model_id AND x.max_context IS NOT NULL AND y.place > r.place) AS wins
  FROM models m JOIN capabilities c ON c.model_id = m.id JOIN resolvers r ON r.name = c.resolver
  WHERE c.max_context IS NOT NULL
UNION ALL
SELECT m.id AS model_id, m.provider, m.name, 'max_input_tokens' AS field, c.max_input_tokens AS value,
    c.resolver, r.precedence, c.observed_at, c.changed_at, NOT EXISTS (
      SELECT 1 FROM capabilities x CROSS JOIN resolvers y ON y.name = x.resolver
      WHERE x.model_id = c.model_id AND x.max_input_tokens IS NOT NULL AND y.place > r.place) AS wins
  FROM models m JOIN capabilities c ON c.model_id = m.id JOIN resolvers r ON r.name = c.resolver
  WHERE c.max_input_tokens IS NOT NULL
UNION ALL
SELECT m.id AS model_id, m.provider, m.name, 'max_output_tokens' AS field, c.max_output_tokens AS value,
    c.resolver, r.precedence, c.observed_at, c.changed_at, NOT EXISTS (
      SELECT 1 FROM capabilities x CROSS JOIN resolvers y ON y.name = x.resolver
      WHERE x.model_id = c.model_id AND x.max_output_tokens IS NOT NULL AND y.place > r.place) AS wins
  FROM models m JOIN capabilities c ON c.model_id = m.id JOIN resolvers r ON r.name = c.resolver
  WHERE c.max_output_tokens IS NOT NULL
UNION ALL
SELECT m.id AS model_id, m.provider, m.name, 'served_context' AS field, c.served_context AS value,
    c.resolver, r.precedence, c.observed_at, c.changed_at, NOT EXISTS (
      SELECT 1 FROM capabilities x CROSS JOIN resolvers y ON y.name = x.resolver
      WHERE x.model_id = c.model_id AND x.served_context IS NOT NULL AND y.place > r.place) AS wins
  FROM models m JOIN capabilities c ON c.model_id = m.id JOIN resolvers r ON r.name = c.resolver
  WHERE c.served_context IS NOT NULL
UNION ALL
SELECT m.id AS model_id, m.provider, m.name, 'supports_tools' AS field, c.supports_tools AS value,
    c.resolver, r.precedence, c.observed_at, c.changed_at, NOT EXISTS (
      SELECT 1 FROM capabilities x CROSS JOIN resolvers y ON y.name = x.resolver
      WHERE x.model_id = c.model_id AND x.supports_tools IS NOT NULL AND y.place > r.place) AS wins
  FROM models m JOIN capabilities c ON c.model_id = m.id JOIN resolvers r ON r.name = c.resolver
  WHERE c.supports_tools IS NOT NULL
UNION ALL
SELECT m.id AS model_id, m.provider, m.name, 'supports_parallel_tools' AS field, c.supports_parallel_tools AS value,
    c.resolver, r.precedence, c.observed_at, c.changed_at, NOT EXISTS (
      SELECT 1 FROM capabilities x CROSS JOIN resolvers y ON y.name = x.resolver
      WHERE x.model_id = c.model_id AND x.supports_parallel_tools IS NOT NULL AND y.place > r.place) AS wins
  FROM models m JOIN capabilities c ON c.model_id = m.id JOIN resolvers r ON r.name = c.resolver
  WHERE c.supports_parallel_tools IS NOT NULL
UNION ALL
SELECT m.id AS model_id, m.provider, m.name, 'supports_vision' AS field, c.supports_vision AS value,
    c.resolver, r.precedence, c.observed_at, c.changed_at, NOT EXISTS (
      SELECT 1 FROM capabilities x CROSS JOIN resolvers y ON y.name = x.resolver
      WHERE x.model_id = c.model_id AND x.supports_vision IS NOT NULL AND y.place > r.place) AS wins
  FROM models m JOIN capabilities c ON c.model_id = m.id JOIN resolvers r ON r.name = c.resolver
  WHERE c.supports_vision IS NOT NULL
UNION ALL
SELECT m.id AS model_id, m.provider, m.name, 'supports_audio' AS field, c.supports_audio AS value,
    c.resolver, r.precedence, c.observed_at, c.changed_at, NOT EXISTS (
      SELECT 1 FROM capabilities x CROSS JOIN resolvers y ON y.name = x.resolver
      WHERE x.model_id = c.model_id AND x.supports_audio IS NOT NULL AND y.place > r.place) AS wins
  FROM models m JOIN capabilities c ON c.model_id = m.id JOIN resolvers r ON r.name = c.resolver
  WHERE c.supports_audio IS NOT NULL
UNION ALL
SELECT m.id AS model_id, m.provider, m.name, 'supports_pdf' AS field, c.supports_pdf AS value,
    c.resolver, r.precedence, c.observed_at, c.changed_at, NOT EXISTS (
      SELECT 1 FROM capabilities x CROSS JOIN resolvers y ON y.name = x.resolver
      WHERE x.model_id = c.model_id AND x.supports_pdf IS NOT NULL AND y.place > r.place) AS wins
  FROM models m JOIN capabilities c ON c.model_id = m.id JOIN resolvers r ON r.name = c.resolver
  WHERE c.supports_pdf IS NOT NULL
UNION ALL
SELECT m.id AS model_id, m.provider, m.name, 'supports_json_mode' AS field, c.supports_json_mode AS value,
    c.resolver, r.precedence, c.observed_at, c.changed_at, NOT EXISTS (
      SELECT 1 FROM capabilities x CROSS JOIN resolvers y ON y.name = x.resolver
      WHERE x.model_id = c.model_id AND x.supports_json_mode IS NOT NULL AND y.place > r.place) AS wins
  FROM models m JOIN capabilities c ON c.model_id = m.id JOIN resolvers r ON r.name = c.resolver
  WHERE c.supports_json_mode IS NOT NULL
UNION ALL
SELECT m.id AS model_id, m.provider, m.name, 'supports_structured_outputs' AS field, c.supports_structured_outputs AS value,
    c.resolver, r.precedence, c.observed_at, c.changed_at, NOT EXISTS (
      SELECT 1 FROM capabilities x CROSS JOIN resolvers y ON y.name = x.resolver
      WHERE x.model_id = c.model_id AND x.supports_structured_outputs IS NOT NULL AND y.place > r.place) AS wins
  FROM models m JOIN capabilities c ON c.model_id = m.id JOIN resolvers r ON r.name = c.resolver
  WHERE c.supports_structured_outputs IS NOT NULL
UNION ALL
SELECT m.id AS model_id, m.provider, m.name, 'supports_streaming' AS field, c.supports_streaming AS value,
    c.resolver, r.precedence, c.observed_at, c.changed_at, NOT EXISTS (
      SELECT 1 FROM capabilities x CROSS JOIN resolvers y ON y.name = x.resolver
      WHERE x.model_id = c.model_id AND x.supports_streaming IS NOT NULL AND y.place > r.place) AS wins
  FROM models m JOIN capabilities c ON c.model_id = m.id JOIN resolvers r ON r.name = c.resolver
  WHERE c.supports_streaming IS NOT NULL
UNION ALL
SELECT m.id AS model_id, m.provider, m.name, 'supports_system_messages' AS field, c.supports_system_messages AS value,
    c.resolver, r.precedence, c.observed_at, c.changed_at, NOT EXISTS (
      SELECT 1 FROM capabilities x CROSS JOIN resolvers y ON y.name = x.resolver
      WHERE x.model_id = c.model_id AND x.supports_system_messages IS NOT NULL AND y.place > r.place) AS wins
  FROM models m JOIN capabilities c ON c.model_id = m.id JOIN resolvers r ON r.name = c.resolver
  WHERE c.supports_system_messages IS NOT NULL
UNION ALL
SELECT m.id AS model_id, m.provider, m.name, 'supports_reasoning' AS field, c.supports_reasoning AS value,
    c.resolver, r.precedence, c.observed_at, c.changed_at, NOT EXISTS (
      SELECT 1 FROM capabilities x CROSS JOIN resolvers y ON y.name = x.resolver
      WHERE x.model_id = c.model_id AND x.supports_reasoning IS NOT NULL AND y.place > r.place) AS wins
  FROM models m JOIN capabilities c ON c.model_id = m.id JOIN resolvers r ON r.name = c.resolver
  WHERE c.supports_reasoning IS NOT NULL
UNION ALL
SELECT m.id AS model_id, m.provider, m.name, 'supports_prompt_cache' AS field, c.supports_prompt_cache AS value,
    c.resolver, r.precedence, c.observed_at, c.changed_at, NOT EXISTS (
      SELECT 1 FROM capabilities x CROSS JOIN resolvers y ON y.name = x.resolver
      WHERE x.model_id = c.model_id AND x.supports_prompt_cache IS NOT NULL AND y.place > r.place) AS wins
  FROM models m JOIN capabilities c ON c.model_id = m.id JOIN resolvers r ON r.name = c.resolver
  WHERE c.supports_prompt_cache IS NOT NULL
UNION ALL
SELECT m.id AS model_id, m.provider, m.name, 'known_params' AS field, c.known_params AS value,
    c.resolver, r.precedence, c.observed_at, c.changed_at, NOT EXISTS (
      SELECT 1 FROM capabilities x CROSS JOIN resolvers y ON y.name = x.resolver
      WHERE x.model_id = c.model_id AND x.known_params IS NOT NULL AND y.place > r.place) AS wins
  FROM models m JOIN capabilities c ON c.model_id = m.id JOIN resolvers r ON r.name = c.resolver
  WHERE c.known_params IS NOT NULL
UNION ALL
SELECT m.id AS model_id, m.provider, m.name, 'unsupported_params' AS field, c.unsupported_params AS value,
    c.resolver, r.precedence, c.observed_at, c.changed_at, NOT EXISTS (
      SELECT 1 FROM capabilities x CROSS JOIN resolvers y ON y.name = x.resolver
      WHERE x.model_id = c.model_id AND x.unsupported_params IS NOT NULL AND y.place > r.place) AS wins
  FROM models m JOIN capabilities c ON c.model_id = m.id JOIN resolvers r ON r.name = c.resolver
  WHERE c.unsupported_params IS NOT NULL
UNION ALL
SELECT m.id AS model_id, m.provider, m.name, 'input_modalities' AS field, c.input_modalities AS value,
    c.resolver, r.precedence, c.observed_at, c.changed_at, NOT EXISTS (
      SELECT 1 FROM capabilities x CROSS JOIN resolvers y ON y.name = x.resolver
      WHERE x.model_id = c.model_id AND x.input_modalities IS NOT NULL AND y.place > r.place) AS wins
  FROM models m JOIN capabilities c ON c.model_id = m.id JOIN resolvers r ON r.name = c.resolver
  WHERE c.input_modalities IS NOT NULL
UNION ALL
SELECT m.id AS model_id, m.provider, m.name, 'output_modalities' AS field, c.output_modalities AS value,
    c.resolver, r.precedence, c.observed_at, c.changed_at, NOT EXISTS (
      SELECT 1 FROM capabilities x CROSS JOIN resolvers y ON y.name = x.resolver
      WHERE x.model_id = c.model_id AND x.output_modalities IS NOT NULL AND y.place > r.place) AS wins
  FROM models m JOIN capabilities c ON c.model_id = m.id JOIN resolvers r ON r.name = c.resolver
  WHERE c.output_modalities IS NOT NULL
UNION ALL
SELECT m.id AS model_id, m.provider, m.name, 'mode' AS field, c.mode AS value,
    c.resolver, r.precedence, c.observed_at, c.changed_at, NOT EXISTS (
      SELECT 1 FROM capabilities x CROSS JOIN resolvers y ON y.name = x.resolver
      WHERE x.model_id = c.model_id AND x.mode IS NOT NULL AND y.place > r.place) AS wins
  FROM models m JOIN capabilities c ON c.model_id = m.id JOIN resolvers r ON r.name = c.resolver
  WHERE c.mode IS NOT NULL
UNION ALL
SELECT m.id AS model_id, m.provider, m.name, 'input_cost_per_1m' AS field, c.input_cost_per_1m AS value,
    c.resolver, r.precedence, c.observed_at, c.changed_at, NOT EXISTS (
      SELECT 1 FROM capabilities x CROSS JOIN resolvers y ON y.name = x.resolver
      WHERE x.model_id = c.model_id AND x.input_cost_per_1m IS NOT NULL AND y.place > r.place) AS wins
  FROM models m JOIN capabilities c ON c.model_id = m.id JOIN resolvers r ON r.name = c.resolver
  WHERE c.input_cost_per_1m IS NOT NULL
UNION ALL
SELECT m.id AS model_id, m.provider, m.name, 'output_cost_per_1m' AS field, c.output_cost_per_1m AS value,
    c.resolver, r.precedence, c.observed_at, c.changed_at, NOT EXISTS (
      SELECT 1 FROM capabilities x CROSS JOIN resolvers y ON y.name = x.resolver
      WHERE x.model_id = c.model_id AND x.output_cost_per_1m IS NOT NULL AND y.place > r.place) AS wins
  FROM models m JOIN capabilities c ON c.model_id = m.id JOIN resolvers r ON r.name = c.resolver
  WHERE c.output_cost_per_1m IS NOT NULL
UNION ALL
SELECT m.id AS model_id, m.provider, m.name, 'cache_read_cost_per_1m' AS field, c.cache_read_cost_per_1m AS value,
    c.resolver, r.precedence, c.observed_at, c.changed_at, NOT EXISTS (
      SELECT 1 FROM capabilities x CROSS JOIN resolvers y ON y.name = x.resolver
      WHERE x.model_id = c.model_id AND x.cache_read_cost_per_1m IS NOT NULL AND y.place > r.place) AS wins
  FROM models m JOIN capabilities c ON c.model_id = m.id JOIN resolvers r ON r.name = c.resolver
  WHERE c.cache_read_cost_per_1m IS NOT NULL
UNION ALL
SELECT m.id AS model_id, m.provider, m.name, 'cache_write_cost_per_1m' AS field, c.cache_write_cost_per_1m AS value,
    c.resolver, r.precedence, c.observed_at, c.changed_at, NOT EXISTS (
      SELECT 1 FROM capabilities x CROSS JOIN resolvers y ON y.name = x.resolver
      WHERE x.model_id = c.model_id AND x.cache_write_cost_per_1m IS NOT NULL AND y.place > r.place) AS wins
  FROM models m JOIN capabilities c ON c.model_id = m.id JOIN resolvers r ON r.name = c.resolver
  WHERE c.cache_write_cost_per_1m IS NOT NULL
UNION ALL
SELECT m.id AS model_id, m.provider, m.name, 'other_prices' AS field, c.other_prices AS value,
    c.resolver, r.precedence, c.observed_at, c.changed_at, NOT EXISTS (
      SELECT 1 FROM capabilities x CROSS JOIN resolvers y ON y.name = x.resolver
      WHERE x.model_id = c.model_id AND x.other_prices IS NOT NULL AND y.place > r.place) AS wins
  FROM models m JOIN capabilities c ON c.model_id = m.id JOIN resolvers r ON r.name = c.resolver
  WHERE c.other_prices IS NOT NULL
UNION ALL
SELECT m.id AS model_id, m.provider, m.name, 'price_basis' AS field, c.price_basis AS value,
    c.resolver, r.precedence, c.observed_at, c.changed_at, NOT EXISTS (
      SELECT 1 FROM capabilities x CROSS JOIN resolvers y ON y.name = x.resolver
      WHERE x.model_id = c.model_id AND x.price_basis IS NOT NULL AND y.place > r.place) AS wins
  FROM models m JOIN capabilities c ON c.model_id = m.id JOIN resolvers r ON r.name = c.resolver
  WHERE c.price_basis IS NOT NULL
UNION ALL
SELECT m.id AS model_id, m.provider, m.name, 'quality_tier' AS field, c.quality_tier AS value,
    c.resolver, r.precedence, c.observed_at, c.changed_at, NOT EXISTS (
      SELECT 1 FROM capabilities x CROSS JOIN resolvers y ON y.name = x.resolver
      WHERE x.model_id = c.model_id AND x.quality_tier IS NOT NULL AND y.place > r.place) AS wins
  FROM models m JOIN capabilities c ON c.model_id = m.id JOIN resolvers r ON r.name = c.resolver
  WHERE c.quality_tier IS NOT NULL
UNION ALL
SELECT m.id AS model_id, m.provider, m.name, 'quality_basis' AS field, c.quality_basis AS value,
    c.resolver, r.precedence, c.observed_at, c.changed_at, NOT EXISTS (
      SELECT 1 FROM capabilities x CROSS JOIN resolvers y ON y.name = x.resolver
      WHERE x.model_id = c.model_id AND x.quality_basis IS NOT NULL AND y.place > r.place) AS wins
  FROM models m JOIN capabilities c ON c.model_id = m.id JOIN resolvers r ON r.name = c.resolver
  WHERE c.quality_basis IS NOT NULL
UNION ALL
SELECT m.id AS model_id, m.provider, m.name, 'speed_hint_tps' AS field, c.speed_hint_tps AS value,
    c.resolver, r.precedence, c.observed_at, c.changed_at, NOT EXISTS (
      SELECT 1 FROM capabilities x CROSS JOIN resolvers y ON y.name = x.resolver
      WHERE x.model_id = c.model_id AND x.speed_hint_tps IS NOT NULL AND y.place > r.place) AS wins
  FROM models m JOIN capabilities c ON c.model_id = m.id JOIN resolvers r ON r.name = c.resolver
  WHERE c.speed_hint_tps IS NOT NULL
UNION ALL
SELECT m.id AS model_id, m.provider, m.name, 'ttft_ms' AS field, c.ttft_ms AS value,
    c.resolver, r.precedence, c.observed_at, c.changed_at, NOT EXISTS (
      SELECT 1 FROM capabilities x CROSS JOIN resolvers y ON y.name = x.resolver
      WHERE x.model_id = c.model_id AND x.ttft_ms IS NOT NULL AND y.place > r.place) AS wins
  FROM models m JOIN capabilities c ON c.model_id = m.id JOIN resolvers r ON r.name = c.resolver
  WHERE c.ttft_ms IS NOT NULL
UNION ALL
SELECT m.id AS model_id, m.provider, m.name, 'release_date' AS field, c.release_date AS value,
    c.resolver, r.precedence, c.observed_at, c.changed_at, NOT EXISTS (
      SELECT 1 FROM capabilities x CROSS JOIN resolvers y ON y.name = x.resolver
      WHERE x.model_id = c.model_id AND x.release_date IS NOT NULL AND y.place > r.place) AS wins
  FROM models m JOIN capabilities c ON c.model_id = m.id JOIN resolvers r ON r.name = c.resolver
  WHERE c.release_date IS NOT NULL
UNION ALL
SELECT m.id AS model_id, m.provider, m.name, 'knowledge_cutoff' AS field, c.knowledge_cutoff AS value,
    c.resolver, r.precedence, c.observed_at, c.changed_at, NOT EXISTS (
      SELECT 1 FROM capabilities x CROSS JOIN resolvers y ON y.name = x.resolver
      WHERE x.model_id = c.model_id AND x.knowledge_cutoff IS NOT NULL AND y.place > r.place) AS wins
  FROM models m JOIN capabilities c ON c.model_id = m.id JOIN resolvers r ON r.name = c.resolver
  WHERE c.knowledge_cutoff IS NOT NULL
UNION ALL
SELECT m.id AS model_id, m.provider, m.name, 'lifecycle' AS field, c.lifecycle AS value,
    c.resolver, r.precedence, c.observed_at, c.changed_at, NOT EXISTS (
      SELECT 1 FROM capabilities x CROSS JOIN resolvers y ON y.name = x.resolver
      WHERE x.model_id = c.model_id AND x.lifecycle IS NOT NULL AND y.place > r.place) AS wins
  FROM models m JOIN capabilities c ON c.model_id = m.id JOIN resolvers r ON r.name = c.resolver
  WHERE c.lifecycle IS NOT NULL
UNION ALL
SELECT m.id AS model_id, m.provider, m.name, 'deprecated_at' AS field, c.deprecated_at AS value,
    c.resolver, r.precedence, c.observed_at, c.changed_at, NOT EXISTS (
      SELECT 1 FROM capabilities x CROSS JOIN resolvers y ON y.name = x.resolver
      WHERE x.model_id = c.model_id AND x.deprecated_at IS NOT NULL AND y.place > r.place) AS wins
  FROM models m JOIN capabilities c ON c.model_id = m.id JOIN resolvers r ON r.name = c.resolver
  WHERE c.deprecated_at IS NOT NULL
UNION ALL
SELECT m.id AS model_id, m.provider, m.name, 'retires_at' AS field, c.retires_at AS value,
    c.resolver, r.precedence, c.observed_at, c.changed_at, NOT EXISTS (
      SELECT 1 FROM capabilities x CROSS JOIN resolvers y ON y.name = x.resolver
      WHERE x.model_id = c.model_id AND x.retires_at IS NOT NULL AND y.place > r.place) AS wins
  FROM models m JOIN capabilities c ON c.model_id = m.id JOIN resolvers r ON r.name = c.resolver
  WHERE c.retires_at IS NOT NULL
UNION ALL
SELECT m.id AS model_id, m.provider, m.name, 'replacement' AS field, c.replacement AS value,
    c.resolver, r.precedence, c.observed_at, c.changed_at, NOT EXISTS (
      SELECT 1 FROM capabilities x CROSS JOIN resolvers y ON y.name = x.resolver
      WHERE x.model_id = c.model_id AND x.replacement IS NOT NULL AND y.place > r.place) AS wins
  FROM models m JOIN capabilities c ON c.model_id = m.id JOIN resolvers r ON r.name = c.resolver
  WHERE c.replacement IS NOT NULL
UNION ALL
SELECT m.id AS model_id, m.provider, m.name, 'open_weights' AS field, c.open_weights AS value,
    c.resolver, r.precedence, c.observed_at, c.changed_at, NOT EXISTS (
      SELECT 1 FROM capabilities x CROSS JOIN resolvers y ON y.name = x.resolver
      WHERE x.model_id = c.model_id AND x.open_weights IS NOT NULL AND y.place > r.place) AS wins
  FROM models m JOIN capabilities c ON c.model_id = m.id JOIN resolvers r ON r.name = c.resolver
  WHERE c.open_weights IS NOT NULL
UNION ALL
SELECT m.id AS model_id, m.provider, m.name, 'param_count' AS field, c.param_count AS value,
    c.resolver, r.precedence, c.observed_at, c.changed_at, NOT EXISTS (
      SELECT 1 FROM capabilities x CROSS JOIN resolvers y ON y.name = x.resolver
      WHERE x.model_id = c.model_id AND x.param_count IS NOT NULL AND y.place > r.place) AS wins
  FROM models m JOIN capabilities c ON c.model_id = m.id JOIN resolvers r ON r.name = c.resolver
  WHERE c.param_count IS NOT NULL
UNION ALL
SELECT m.id AS model_id, m.provider, m.name, 'quantization' AS field, c.quantization AS value,
    c.resolver, r.precedence, c.observed_at, c.changed_at, NOT EXISTS (
      SELECT 1 FROM capabilities x CROSS JOIN resolvers y ON y.name = x.resolver
      WHERE x.model_id = c.model_id AND x.quantization IS NOT NULL AND y.place > r.place) AS wins
  FROM models m JOIN capabilities c ON c.model_id = m.id JOIN resolvers r ON r.name = c.resolver
  WHERE c.quantization IS NOT NULL
UNION ALL
SELECT m.id AS model_id, m.provider, m.name, 'embedding_dims' AS field, c.embedding_dims AS value,
    c.resolver, r.precedence, c.observed_at, c.changed_at, NOT EXISTS (
      SELECT 1 FROM capabilities x CROSS JOIN resolvers y ON y.name = x.resolver
      WHERE x.model_id = c.model_id AND x.embedding_dims IS NOT NULL AND y.place > r.place) AS wins
  FROM models m JOIN capabilities c ON c.model_id = m.id JOIN resolvers r ON r.name = c.resolver
  WHERE c.embedding_dims IS NOT NULL
;;
CREATE VIEW drift AS -- fields on which resolvers disagree
SELECT d.*, CASE WHEN typeof(lowest) <> 'text' AND lowest > 0 THEN 1.0 * highest / lowest END
    AS ratio, -- of numbers: the highest by the lowest
  EXISTS (SELECT 1 FROM acknowledged a WHERE a.model_id = d.model_id AND a.field = d.field
    AND a.said = d.said) AS acknowledged -- somebody has looked at exactly this
FROM (SELECT model_id, provider, name, field, count(*) AS opinions,
    count(DISTINCT value) AS distinct_values, min(value) AS lowest, max(value) AS highest,
    max(CASE WHEN wins THEN value END) AS effective,
    max(CASE WHEN wins THEN resolver END) AS winner,
    max(changed_at) AS since, -- when the last of these opinions came up
    group_concat(resolver || '=' || value, char(10)) AS said
  FROM (SELECT * FROM provenance ORDER BY model_id, field, resolver) p
  GROUP BY model_id, field HAVING count(DISTINCT value) > 1) d
;;
CREATE VIEW prices AS -- the effective price list: what, how processed, from which size of prompt on
SELECT model_id, provider, name, 'input' AS direction, 'standard' AS processing, 0 AS min_prompt_tokens, input_cost_per_1m AS usd_per_1m FROM catalog WHERE input_cost_per_1m IS NOT NULL
UNION ALL
SELECT model_id, provider, name, 'output' AS direction, 'standard' AS processing, 0 AS min_prompt_tokens, output_cost_per_1m AS usd_per_1m FROM catalog WHERE output_cost_per_1m IS NOT NULL
UNION ALL
SELECT model_id, provider, name, 'cache_read' AS direction, 'standard' AS processing, 0 AS min_prompt_tokens, cache_read_cost_per_1m AS usd_per_1m FROM catalog WHERE cache_read_cost_per_1m IS NOT NULL
UNION ALL
SELECT model_id, provider, name, 'cache_write' AS direction, 'standard' AS processing, 0 AS min_prompt_tokens, cache_write_cost_per_1m AS usd_per_1m FROM catalog WHERE cache_write_cost_per_1m IS NOT NULL
UNION ALL
SELECT model_id, provider, name,
  substr(what, 1, instr(what || '/', '/') - 1) AS direction,
  CASE WHEN instr(what, '/') > 0 THEN substr(what, instr(what, '/') + 1) ELSE 'standard' END
    AS processing,
  CASE WHEN instr(slice, '>') > 0 THEN CAST(substr(slice, instr(slice, '>') + 1) AS INTEGER) ELSE 0
    END AS min_prompt_tokens,
  CAST(price AS REAL) AS usd_per_1m
FROM (SELECT model_id, provider, name, slice, price,
    substr(slice, 1, instr(slice || '>', '>') - 1) AS what
  FROM (SELECT model_id, provider, name, substr(word, 1, instr(word, ':') - 1) AS slice,
      substr(word, instr(word, ':') + 1) AS price
    FROM (WITH RECURSIVE words (model_id, provider, name, word, rest) AS (
        SELECT model_id, provider, name, nullif(name, name), other_prices || ',' FROM catalog
          WHERE other_prices IS NOT NULL
        UNION ALL
        SELECT model_id, provider, name, substr(rest, 1, instr(rest, ',') - 1),
          substr(rest, instr(rest, ',') + 1) FROM words WHERE rest <> '')
      SELECT model_id, provider, name, word FROM words WHERE word IS NOT NULL) w) w) w
;;
CREATE VIEW measured AS -- what the samples of each model come to
SELECT m.id AS model_id,
  (SELECT avg(v) FROM (
    SELECT v, w, sum(w) OVER (ORDER BY v ROWS UNBOUNDED PRECEDING) AS upto, sum(w) OVER () AS total
    FROM (SELECT v, n, at, n * CASE WHEN max(j) OVER () - j <= 7 THEN 4
        WHEN max(j) OVER () - j <= 30 THEN 2 WHEN max(j) OVER () - j <= 90 THEN 1 ELSE 0 END AS w
      FROM (SELECT tokens_per_second AS v, samples AS n, measured_at AS at, julianday(measured_at) AS j
        FROM (SELECT s.measured_at, s.id, s.samples, s.tokens_per_second FROM measurements s
        WHERE s.provider = m.provider AND s.name = m.name
        ORDER BY s.measured_at DESC, s.id DESC LIMIT 1000) s
        WHERE tokens_per_second IS NOT NULL ORDER BY measured_at DESC, id DESC LIMIT 100) s) s WHERE w > 0) s
  WHERE 2 * upto >= total AND 2 * (upto - w) <= total) AS speed_hint_tps,
  (SELECT avg(v) FROM (
    SELECT v, w, sum(w) OVER (ORDER BY v ROWS UNBOUNDED PRECEDING) AS upto, sum(w) OVER () AS total
    FROM (SELECT v, n, at, n * CASE WHEN max(j) OVER () - j <= 7 THEN 4
        WHEN max(j) OVER () - j <= 30 THEN 2 WHEN max(j) OVER () - j <= 90 THEN 1 ELSE 0 END AS w
      FROM (SELECT ttft_ms AS v, samples AS n, measured_at AS at, julianday(measured_at) AS j
        FROM (SELECT s.measured_at, s.id, s.samples, s.ttft_ms FROM measurements s
        WHERE s.provider = m.provider AND s.name = m.name
        ORDER BY s.measured_at DESC, s.id DESC LIMIT 1000) s
        WHERE ttft_ms IS NOT NULL ORDER BY measured_at DESC, id DESC LIMIT 100) s) s WHERE w > 0) s
  WHERE 2 * upto >= total AND 2 * (upto - w) <= total) AS ttft_ms,
  (SELECT avg(v) FROM (
    SELECT v, w, sum(w) OVER (ORDER BY v ROWS UNBOUNDED PRECEDING) AS upto, sum(w) OVER () AS total
    FROM (SELECT v, n, at, n * CASE WHEN max(j) OVER () - j <= 7 THEN 4
        WHEN max(j) OVER () - j <= 30 THEN 2 WHEN max(j) OVER () - j <= 90 THEN 1 ELSE 0 END AS w
      FROM (SELECT input_cost_per_1m AS v, samples AS n, measured_at AS at, julianday(measured_at) AS j
        FROM (SELECT s.measured_at, s.id, s.samples, s.input_cost_per_1m FROM measurements s
        WHERE s.provider = m.provider AND s.name = m.name
        ORDER BY s.measured_at DESC, s.id DESC LIMIT 1000) s
        WHERE input_cost_per_1m IS NOT NULL ORDER BY measured_at DESC, id DESC LIMIT 100) s) s WHERE w > 0) s
  WHERE 2 * upto >= total AND 2 * (upto - w) <= total) AS input_cost_per_1m,
  (SELECT avg(v) FROM (
    SELECT v, w, sum(w) OVER (ORDER BY v ROWS UNBOUNDED PRECEDING) AS upto, sum(w) OVER () AS total
    FROM (SELECT v, n, at, n * CASE WHEN max(j) OVER () - j <= 7 THEN 4
        WHEN max(j) OVER () - j <= 30 THEN 2 WHEN max(j) OVER () - j <= 90 THEN 1 ELSE 0 END AS w
      FROM (SELECT output_cost_per_1m AS v, samples AS n, measured_at AS at, julianday(measured_at) AS j
        FROM (SELECT s.measured_at, s.id, s.samples, s.output_cost_per_1m FROM measurements s
        WHERE s.provider = m.provider AND s.name = m.name
        ORDER BY s.measured_at DESC, s.id DESC LIMIT 1000) s
        WHERE output_cost_per_1m IS NOT NULL ORDER BY measured_at DESC, id DESC LIMIT 100) s) s WHERE w > 0) s
  WHERE 2 * upto >= total AND 2 * (upto - w) <= total) AS output_cost_per_1m,
  (SELECT CASE avg(v) WHEN 0 THEN 0 WHEN 1 THEN 1 END FROM (
    SELECT v, w, sum(w) OVER (ORDER BY v ROWS UNBOUNDED PRECEDING) AS upto, sum(w) OVER () AS total
    FROM (SELECT v, n, at, n * CASE WHEN max(j) OVER () - j <= 7 THEN 4
        WHEN max(j) OVER () - j <= 30 THEN 2 WHEN max(j) OVER () - j <= 90 THEN 1 ELSE 0 END AS w
      FROM (SELECT supports_tools AS v, samples AS n, measured_at AS at, julianday(measured_at) AS j
        FROM (SELECT s.measured_at, s.id, s.samples, s.supports_tools FROM measurements s
        WHERE s.provider = m.provider AND s.name = m.name
        ORDER BY s.measured_at DESC, s.id DESC LIMIT 1000) s
        WHERE supports_tools IS NOT NULL ORDER BY measured_at DESC, id DESC LIMIT 100) s) s WHERE w > 0) s
  WHERE 2 * upto >= total AND 2 * (upto - w) <= total) AS supports_tools,
  (SELECT CASE avg(v) WHEN 0 THEN 0 WHEN 1 THEN 1 END FROM (
    SELECT v, w, sum(w) OVER (ORDER BY v ROWS UNBOUNDED PRECEDING) AS upto, sum(w) OVER () AS total
    FROM (SELECT v, n, at, n * CASE WHEN max(j) OVER () - j <= 7 THEN 4
        WHEN max(j) OVER () - j <= 30 THEN 2 WHEN max(j) OVER () - j <= 90 THEN 1 ELSE 0 END AS w
      FROM (SELECT supports_vision AS v, samples AS n, measured_at AS at, julianday(measured_at) AS j
        FROM (SELECT s.measured_at, s.id, s.samples, s.supports_vision FROM measurements s
        WHERE s.provider = m.provider AND s.name = m.name
        ORDER BY s.measured_at DESC, s.id DESC LIMIT 1000) s
        WHERE supports_vision IS NOT NULL ORDER BY measured_at DESC, id DESC LIMIT 100) s) s WHERE w > 0) s
  WHERE 2 * upto >= total AND 2 * (upto - w) <= total) AS supports_vision,
  (SELECT CASE avg(v) WHEN 0 THEN 0 WHEN 1 THEN 1 END FROM (
    SELECT v, w, sum(w) OVER (ORDER BY v ROWS UNBOUNDED PRECEDING) AS upto, sum(w) OVER () AS total
    FROM (SELECT v, n, at, n * CASE WHEN max(j) OVER () - j <= 7 THEN 4
        WHEN max(j) OVER () - j <= 30 THEN 2 WHEN max(j) OVER () - j <= 90 THEN 1 ELSE 0 END AS w
      FROM (SELECT supports_json_mode AS v, samples AS n, measured_at AS at, julianday(measured_at) AS j
        FROM (SELECT s.measured_at, s.id, s.samples, s.supports_json_mode FROM measurements s
        WHERE s.provider = m.provider AND s.name = m.name
        ORDER BY s.measured_at DESC, s.id DESC LIMIT 1000) s
        WHERE supports_json_mode IS NOT NULL ORDER BY measured_at DESC, id DESC LIMIT 100) s) s WHERE w > 0) s
  WHERE 2 * upto >= total AND 2 * (upto - w) <= total) AS supports_json_mode,
  (SELECT CASE avg(v) WHEN 0 THEN 0 WHEN 1 THEN 1 END FROM (
    SELECT v, w, sum(w) OVER (ORDER BY v ROWS UNBOUNDED PRECEDING) AS upto, sum(w) OVER () AS total
    FROM (SELECT v, n, at, n * CASE WHEN max(j) OVER () - j <= 7 THEN 4
        WHEN max(j) OVER () - j <= 30 THEN 2 WHEN max(j) OVER () - j <= 90 THEN 1 ELSE 0 END AS w
      FROM (SELECT supports_structured_outputs AS v, samples AS n, measured_at AS at, julianday(measured_at) AS j
        FROM (SELECT s.measured_at, s.id, s.samples, s.supports_structured_outputs FROM measurements s
        WHERE s.provider = m.provider AND s.name = m.name
        ORDER BY s.measured_at DESC, s.id DESC LIMIT 1000) s
        WHERE supports_structured_outputs IS NOT NULL ORDER BY measured_at DESC, id DESC LIMIT 100) s) s WHERE w > 0) s
  WHERE 2 * upto >= total AND 2 * (upto - w) <= total) AS supports_structured_outputs,
  CASE WHEN (SELECT sum(n) FROM (SELECT v, n, at, n * CASE WHEN max(j) OVER () - j <= 7 THEN 4
        WHEN max(j) OVER () - j <= 30 THEN 2 WHEN max(j) OVER () - j <= 90 THEN 1 ELSE 0 END AS w
      FROM (SELECT rank AS v, samples AS n, measured_at AS at, julianday(measured_at) AS j
        FROM (SELECT s.measured_at, s.id, s.samples, CASE WHEN s.quality_score >= q.best_at_least THEN 0 WHEN s.quality_score >= q.balanced_at_least THEN 1 ELSE 2 END AS rank FROM measurements s JOIN quality_suites q ON q.name = s.quality_suite AND (q.version IS NULL OR q.version = s.suite_version) WHERE s.provider = m.provider AND s.name = m.name AND s.quality_score IS NOT NULL) s
        WHERE rank IS NOT NULL ORDER BY measured_at DESC, id DESC LIMIT 100) s) s WHERE w > 0) >= (SELECT max(q.min_samples) FROM measurements s JOIN quality_suites q ON q.name = s.quality_suite WHERE s.provider = m.provider AND s.name = m.name AND s.quality_score IS NOT NULL)
  THEN (SELECT CASE WHEN avg(v) <= 0 THEN 'best' WHEN avg(v) <= 1 THEN 'balanced' WHEN avg(v) <= 2 THEN 'cheap' END FROM (
    SELECT v, w, sum(w) OVER (ORDER BY v ROWS UNBOUNDED PRECEDING) AS upto, sum(w) OVER () AS total
    FROM (SELECT v, n, at, n * CASE WHEN max(j) OVER () - j <= 7 THEN 4
        WHEN max(j) OVER () - j <= 30 THEN 2 WHEN max(j) OVER () - j <= 90 THEN 1 ELSE 0 END AS w
      FROM (SELECT rank AS v, samples AS n, measured_at AS at, julianday(measured_at) AS j
        FROM (SELECT s.measured_at, s.id, s.samples, CASE WHEN s.quality_score >= q.best_at_least THEN 0 WHEN s.quality_score >= q.balanced_at_least THEN 1 ELSE 2 END AS rank FROM measurements s JOIN quality_suites q ON q.name = s.quality_suite AND (q.version IS NULL OR q.version = s.suite_version) WHERE s.provider = m.provider AND s.name = m.name AND s.quality_score IS NOT NULL) s
        WHERE rank IS NOT NULL ORDER BY measured_at DESC, id DESC LIMIT 100) s) s WHERE w > 0) s
  WHERE 2 * upto >= total AND 2 * (upto - w) <= total) END AS quality_tier,
  (SELECT max(s.measured_at) FROM measurements s WHERE s.provider = m.provider AND s.name = m.name) AS measured_at
FROM models m
;;
CREATE VIEW measured_figures AS -- the same field by field: from how many requests, measured when
SELECT model_id, provider, name, field, value,
  CAST(substr(counted, 1, instr(counted, ' ') - 1) AS INTEGER) AS n,
  substr(times, 1, instr(times, ' ') - 1) AS oldest,
  substr(times, instr(times, ' ') + 1) AS newest
FROM (SELECT c.*, substr(counted, instr(counted, ' ') + 1) AS times FROM (
SELECT m.id AS model_id, m.provider, m.name, 'speed_hint_tps' AS field,
  v.speed_hint_tps AS value,
  (SELECT sum(n) || ' ' || min(at) || ' ' || max(at) FROM (SELECT v, n, at, n * CASE WHEN max(j) OVER () - j <= 7 THEN 4
        WHEN max(j) OVER () - j <= 30 THEN 2 WHEN max(j) OVER () - j <= 90 THEN 1 ELSE 0 END AS w
      FROM (SELECT tokens_per_second AS v, samples AS n, measured_at AS at, julianday(measured_at) AS j
        FROM (SELECT s.measured_at, s.id, s.samples, s.tokens_per_second FROM measurements s
        WHERE s.provider = m.provider AND s.name = m.name
        ORDER BY s.measured_at DESC, s.id DESC LIMIT 1000) s
        WHERE tokens_per_second IS NOT NULL ORDER BY measured_at DESC, id DESC LIMIT 100) s) s WHERE w > 0) AS counted
FROM models m JOIN measured v ON v.model_id = m.id
UNION ALL
SELECT m.id AS model_id, m.provider, m.name, 'ttft_ms' AS field,
  v.ttft_ms AS value,
  (SELECT sum(n) || ' ' || min(at) || ' ' || max(at) FROM (SELECT v, n, at, n * CASE WHEN max(j) OVER () - j <= 7 THEN 4
        WHEN max(j) OVER () - j <= 30 THEN 2 WHEN max(j) OVER () - j <= 90 THEN 1 ELSE 0 END AS w
      FROM (SELECT ttft_ms AS v, samples AS n, measured_at AS at, julianday(measured_at) AS j
        FROM (SELECT s.measured_at, s.id, s.samples, s.ttft_ms FROM measurements s
        WHERE s.provider = m.provider AND s.name = m.name
        ORDER BY s.measured_at DESC, s.id DESC LIMIT 1000) s
        WHERE ttft_ms IS NOT NULL ORDER BY measured_at DESC, id DESC LIMIT 100) s) s WHERE w > 0) AS counted
FROM models m JOIN measured v ON v.model_id = m.id
UNION ALL
SELECT m.id AS model_id, m.provider, m.name, 'input_cost_per_1m' AS field,
  v.input_cost_per_1m AS value,
  (SELECT sum(n) || ' ' || min(at) || ' ' || max(at) FROM (SELECT v, n, at, n * CASE WHEN max(j) OVER () - j <= 7 THEN 4
        WHEN max(j) OVER () - j <= 30 THEN 2 WHEN max(j) OVER () - j <= 90 THEN 1 ELSE 0 END AS w
      FROM (SELECT input_cost_per_1m AS v, samples AS n, measured_at AS at, julianday(measured_at) AS j
        FROM (SELECT s.measured_at, s.id, s.samples, s.input_cost_per_1m FROM measurements s
        WHERE s.provider = m.provider AND s.name = m.name
        ORDER BY s.measured_at DESC, s.id DESC LIMIT 1000) s
        WHERE input_cost_per_1m IS NOT NULL ORDER BY measured_at DESC, id DESC LIMIT 100) s) s WHERE w > 0) AS counted
FROM models m JOIN measured v ON v.model_id = m.id
UNION ALL
SELECT m.id AS model_id, m.provider, m.name, 'output_cost_per_1m' AS field,
  v.output_cost_per_1m AS value,
  (SELECT sum(n) || ' ' || min(at) || ' ' || max(at) FROM (SELECT v, n, at, n * CASE WHEN max(j) OVER () - j <= 7 THEN 4
        WHEN max(j) OVER () - j <= 30 THEN 2 WHEN max(j) OVER () - j <= 90 THEN 1 ELSE 0 END AS w
      FROM (SELECT output_cost_per_1m AS v, samples AS n, measured_at AS at, julianday(measured_at) AS j
        FROM (SELECT s.measured_at, s.id, s.samples, s.output_cost_per_1m FROM measurements s
        WHERE s.provider = m.provider AND s.name = m.name
        ORDER BY s.measured_at DESC, s.id DESC LIMIT 1000) s
        WHERE output_cost_per_1m IS NOT NULL ORDER BY measured_at DESC, id DESC LIMIT 100) s) s WHERE w > 0) AS counted
FROM models m JOIN measured v ON v.model_id = m.id
UNION ALL
SELECT m.id AS model_id, m.provider, m.name, 'supports_tools' AS field,
  v.supports_tools AS value,
  (SELECT sum(n) || ' ' || min(at) || ' ' || max(at) FROM (SELECT v, n, at, n * CASE WHEN max(j) OVER () - j <= 7 THEN 4
        WHEN max(j) OVER () - j <= 30 THEN 2 WHEN max(j) OVER () - j <= 90 THEN 1 ELSE 0 END AS w
      FROM (SELECT supports_tools AS v, samples AS n, measured_at AS at, julianday(measured_at) AS j
        FROM (SELECT s.measured_at, s.id, s.samples, s.supports_tools FROM measurements s
        WHERE s.provider = m.provider AND s.name = m.name
        ORDER BY s.measured_at DESC, s.id DESC LIMIT 1000) s
        WHERE supports_tools IS NOT NULL ORDER BY measured_at DESC, id DESC LIMIT 100) s) s WHERE w > 0) AS counted
FROM models m JOIN measured v ON v.model_id = m.id
UNION ALL
SELECT m.id AS model_id, m.provider, m.name, 'supports_vision' AS field,
  v.supports_vision AS value,
  (SELECT sum(n) || ' ' || min(at) || ' ' || max(at) FROM (SELECT v, n, at, n * CASE WHEN max(j) OVER () - j <= 7 THEN 4
        WHEN max(j) OVER () - j <= 30 THEN 2 WHEN max(j) OVER () - j <= 90 THEN 1 ELSE 0 END AS w
      FROM (SELECT supports_vision AS v, samples AS n, measured_at AS at, julianday(measured_at) AS j
        FROM (SELECT s.measured_at, s.id, s.samples, s.supports_vision FROM measurements s
        WHERE s.provider = m.provider AND s.name = m.name
        ORDER BY s.measured_at DESC, s.id DESC LIMIT 1000) s
        WHERE supports_vision IS NOT NULL ORDER BY measured_at DESC, id DESC LIMIT 100) s) s WHERE w > 0) AS counted
FROM models m JOIN measured v ON v.model_id = m.id
UNION ALL
SELECT m.id AS model_id, m.provider, m.name, 'supports_json_mode' AS field,
  v.supports_json_mode AS value,
  (SELECT sum(n) || ' ' || min(at) || ' ' || max(at) FROM (SELECT v, n, at, n * CASE WHEN max(j) OVER () - j <= 7 THEN 4
        WHEN max(j) OVER () - j <= 30 THEN 2 WHEN max(j) OVER () - j <= 90 THEN 1 ELSE 0 END AS w
      FROM (SELECT supports_json_mode AS v, samples AS n, measured_at AS at, julianday(measured_at) AS j
        FROM (SELECT s.measured_at, s.id, s.samples, s.supports_json_mode FROM measurements s
        WHERE s.provider = m.provider AND s.name = m.name
        ORDER BY s.measured_at DESC, s.id DESC LIMIT 1000) s
        WHERE supports_json_mode IS NOT NULL ORDER BY measured_at DESC, id DESC LIMIT 100) s) s WHERE w > 0) AS counted
FROM models m JOIN measured v ON v.model_id = m.id
UNION ALL
SELECT m.id AS model_id, m.provider, m.name, 'supports_structured_outputs' AS field,
  v.supports_structured_outputs AS value,
  (SELECT sum(n) || ' ' || min(at) || ' ' || max(at) FROM (SELECT v, n, at, n * CASE WHEN max(j) OVER () - j <= 7 THEN 4
        WHEN max(j) OVER () - j <= 30 THEN 2 WHEN max(j) OVER () - j <= 90 THEN 1 ELSE 0 END AS w
      FROM (SELECT supports_structured_outputs AS v, samples AS n, measured_at AS at, julianday(measured_at) AS j
        FROM (SELECT s.measured_at, s.id, s.samples, s.supports_structured_outputs FROM measurements s
        WHERE s.provider = m.provider AND s.name = m.name
        ORDER BY s.measured_at DESC, s.id DESC LIMIT 1000) s
        WHERE supports_structured_outputs IS NOT NULL ORDER BY measured_at DESC, id DESC LIMIT 100) s) s WHERE w > 0) AS counted
FROM models m JOIN measured v ON v.model_id = m.id
UNION ALL
SELECT m.id AS model_id, m.provider, m.name, 'quality_tier' AS field,
  v.quality_tier AS value,
  (SELECT sum(n) || ' ' || min(at) || ' ' || max(at) FROM (SELECT v, n, at, n * CASE WHEN max(j) OVER () - j <= 7 THEN 4
        WHEN max(j) OVER () - j <= 30 THEN 2 WHEN max(j) OVER () - j <= 90 THEN 1 ELSE 0 END AS w
      FROM (SELECT rank AS v, samples AS n, measured_at AS at, julianday(measured_at) AS j
        FROM (SELECT s.measured_at, s.id, s.samples, CASE WHEN s.quality_score >= q.best_at_least THEN 0 WHEN s.quality_score >= q.balanced_at_least THEN 1 ELSE 2 END AS rank FROM measurements s JOIN quality_suites q ON q.name = s.quality_suite AND (q.version IS NULL OR q.version = s.suite_version) WHERE s.provider = m.provider AND s.name = m.name AND s.quality_score IS NOT NULL) s
        WHERE rank IS NOT NULL ORDER BY measured_at DESC, id DESC LIMIT 100) s) s WHERE w > 0) AS counted
FROM models m JOIN measured v ON v.model_id = m.id) c WHERE counted IS NOT NULL) t
;;
CREATE TRIGGER pending_fold AFTER INSERT ON pending WHEN NOT EXISTS (SELECT 1 FROM deferral)
BEGIN
  DELETE FROM catalog WHERE model_id = NEW.model_id;
  INSERT INTO catalog (model_id, provider, name, family, display_name, retired_at, live, max_context, max_input_tokens, max_output_tokens, served_context, supports_tools, supports_parallel_tools, supports_vision, supports_audio, supports_pdf, supports_json_mode, supports_structured_outputs, supports_streaming, supports_system_messages, supports_reasoning, supports_prompt_cache, known_params, unsupported_params, input_modalities, output_modalities, mode, input_cost_per_1m, output_cost_per_1m, cache_read_cost_per_1m, cache_write_cost_per_1m, other_prices, price_basis, quality_tier, quality_basis, speed_hint_tps, ttft_ms, release_date, knowledge_cutoff, lifecycle, deprecated_at, retires_at, replacement, open_weights, param_count, quantization, embedding_dims) SELECT model_id, provider, name, family, display_name, retired_at, live, max_context, max_input_tokens, max_output_tokens, served_context, supports_tools, supports_parallel_tools, supports_vision, supports_audio, supports_pdf, supports_json_mode, supports_structured_outputs, supports_streaming, supports_system_messages, supports_reasoning, supports_prompt_cache, known_params, unsupported_params, input_modalities, output_modalities, mode, input_cost_per_1m, output_cost_per_1m, cache_read_cost_per_1m, cache_write_cost_per_1m, other_prices, price_basis, quality_tier, quality_basis, speed_hint_tps, ttft_ms, release_date, knowledge_cutoff, lifecycle, deprecated_at, retires_at, replacement, open_weights, param_count, quantization, embedding_dims FROM pending_rows;
  INSERT INTO model_history (model_id, at, provider, name, family, display_name, retired_at, live)
    SELECT c.model_id, strftime('%Y-%m-%dT%H:%M:%fZ', 'now'), c.provider, c.name, c.family, c.display_name, c.retired_at, c.live
    FROM pending p CROSS JOIN catalog c ON c.model_id = p.model_id
    WHERE NOT EXISTS (SELECT 1 FROM model_history h
      WHERE h.id = (SELECT max(id) FROM model_history WHERE model_id = c.model_id)
      AND h.provider IS c.provider AND h.name IS c.name AND h.family IS c.family AND h.display_name IS c.display_name AND h.retired_at IS c.retired_at AND h.live IS c.live);
  DELETE FROM pending WHERE model_id = NEW.model_id;
END
;;
CREATE TRIGGER catalog_insert_refused BEFORE INSERT ON catalog WHEN NOT EXISTS (SELECT 1 FROM pending WHERE model_id = NEW.model_id)
BEGIN SELECT RAISE(ABORT, 'catalog is derived: write to models or capabilities instead'); END
;;
CREATE TRIGGER catalog_update_refused BEFORE UPDATE ON catalog WHEN 1
BEGIN SELECT RAISE(ABORT, 'catalog is derived: write to models or capabilities instead'); END
;;
CREATE TRIGGER catalog_delete_refused BEFORE DELETE ON catalog WHEN NOT EXISTS (SELECT 1 FROM pending WHERE model_id = OLD.model_id)
BEGIN SELECT RAISE(ABORT, 'catalog is derived: write to models or capabilities instead'); END
;;
CREATE TRIGGER capabilities_unknown_model BEFORE INSERT ON capabilities WHEN NOT EXISTS (SELECT 1 FROM models WHERE id = NEW.model_id)
BEGIN SELECT RAISE(ABORT, 'unknown model: add it to models first'); END
;;
CREATE TRIGGER capabilities_unknown_resolver BEFORE INSERT ON capabilities WHEN NOT EXISTS (SELECT 1 FROM resolvers WHERE name = NEW.resolver)
BEGIN SELECT RAISE(ABORT, 'unknown resolver: add it to resolvers first, or use user'); END
;;
CREATE TRIGGER capabilities_key_is_fixed BEFORE UPDATE OF model_id, resolver ON capabilities WHEN NEW.model_id IS NOT OLD.model_id OR NEW.resolver IS NOT OLD.resolver
BEGIN SELECT RAISE(ABORT, 'an opinion keeps its model and resolver: delete it and insert another'); END
;;
CREATE TRIGGER capabilities_set_aside BEFORE INSERT ON capabilities WHEN EXISTS (SELECT 1 FROM capabilities WHERE model_id = NEW.model_id AND resolver = NEW.resolver)
BEGIN
  DELETE FROM replaced WHERE model_id = NEW.model_id AND resolver = NEW.resolver;
  INSERT INTO replaced (model_id, resolver, max_context, max_input_tokens, max_output_tokens, served_context, supports_tools, supports_parallel_tools, supports_vision, supports_audio, supports_pdf, supports_json_mode, supports_structured_outputs, supports_streaming, supports_system_messages, supports_reasoning, supports_prompt_cache, known_params, unsupported_params, input_modalities, output_modalities, mode, input_cost_per_1m, output_cost_per_1m, cache_read_cost_per_1m, cache_write_cost_per_1m, other_prices, price_basis, quality_tier, quality_basis, speed_hint_tps, ttft_ms, release_date, knowledge_cutoff, lifecycle, deprecated_at, retires_at, replacement, open_weights, param_count, quantization, embedding_dims, observed_at, changed_at)
    SELECT model_id, resolver, max_context, max_input_tokens, max_output_tokens, served_context, supports_tools, supports_parallel_tools, supports_vision, supports_audio, supports_pdf, supports_json_mode, supports_structured_outputs, supports_streaming, supports_system_messages, supports_reasoning, supports_prompt_cache, known_params, unsupported_params, input_modalities, output_modalities, mode, input_cost_per_1m, output_cost_per_1m, cache_read_cost_per_1m, cache_write_cost_per_1m, other_prices, price_basis, quality_tier, quality_basis, speed_hint_tps, ttft_ms, release_date, knowledge_cutoff, lifecycle, deprecated_at, retires_at, replacement, open_weights, param_count, quantization, embedding_dims, observed_at, changed_at
    FROM capabilities WHERE model_id = NEW.model_id AND resolver = NEW.resolver;
END
;;
CREATE TRIGGER capabilities_inserted AFTER INSERT ON capabilities
BEGIN
  INSERT INTO capability_history (model_id, resolver, max_context, max_input_tokens, max_output_tokens, served_context, supports_tools, supports_parallel_tools, supports_vision, supports_audio, supports_pdf, supports_json_mode, supports_structured_outputs, supports_streaming, supports_system_messages, supports_reasoning, supports_prompt_cache, known_params, unsupported_params, input_modalities, output_modalities, mode, input_cost_per_1m, output_cost_per_1m, cache_read_cost_per_1m, cache_write_cost_per_1m, other_prices, price_basis, quality_tier, quality_basis, speed_hint_tps, ttft_ms, release_date, knowledge_cutoff, lifecycle, deprecated_at, retires_at, replacement, open_weights, param_count, quantization, embedding_dims, observed_at,
    valid_from, valid_to) SELECT model_id, resolver, max_context, max_input_tokens, max_output_tokens, served_context, supports_tools, supports_parallel_tools, supports_vision, supports_audio, supports_pdf, supports_json_mode, supports_structured_outputs, supports_streaming, supports_system_messages, supports_reasoning, supports_prompt_cache, known_params, unsupported_params, input_modalities, output_modalities, mode, input_cost_per_1m, output_cost_per_1m, cache_read_cost_per_1m, cache_write_cost_per_1m, other_prices, price_basis, quality_tier, quality_basis, speed_hint_tps, ttft_ms, release_date, knowledge_cutoff, lifecycle, deprecated_at, retires_at, replacement, open_weights, param_count, quantization, embedding_dims, observed_at,
    changed_at, strftime('%Y-%m-%dT%H:%M:%fZ', 'now') FROM replaced WHERE model_id = NEW.model_id AND resolver = NEW.resolver;
  DELETE FROM replaced WHERE model_id = NEW.model_id AND resolver = NEW.resolver;
  INSERT INTO pending (model_id) SELECT NEW.model_id WHERE NOT EXISTS (SELECT 1 FROM pending WHERE model_id = NEW.model_id);
END
;;
CREATE TRIGGER capabilities_updated AFTER UPDATE OF max_context, max_input_tokens, max_output_tokens, served_context, supports_tools, supports_parallel_tools, supports_vision, supports_audio, supports_pdf, supports_json_mode, supports_structured_outputs, supports_streaming, supports_system_messages, supports_reasoning, supports_prompt_cache, known_params, unsupported_params, input_modalities, output_modalities, mode, input_cost_per_1m, output_cost_per_1m, cache_read_cost_per_1m, cache_write_cost_per_1m, other_prices, price_basis, quality_tier, quality_basis, speed_hint_tps, ttft_ms, release_date, knowledge_cutoff, lifecycle, deprecated_at, retires_at, replacement, open_weights, param_count, quantization, embedding_dims ON capabilities WHEN OLD.max_context IS NOT NEW.max_context OR OLD.max_input_tokens IS NOT NEW.max_input_tokens OR OLD.max_output_tokens IS NOT NEW.max_output_tokens OR OLD.served_context IS NOT NEW.served_context OR OLD.supports_tools IS NOT NEW.supports_tools OR OLD.supports_parallel_tools IS NOT NEW.supports_parallel_tools OR OLD.supports_vision IS NOT NEW.supports_vision OR OLD.supports_audio IS NOT NEW.supports_audio OR OLD.supports_pdf IS NOT NEW.supports_pdf OR OLD.supports_json_mode IS NOT NEW.supports_json_mode OR OLD.supports_structured_outputs IS NOT NEW.supports_structured_outputs OR OLD.supports_streaming IS NOT NEW.supports_streaming OR OLD.supports_system_messages IS NOT NEW.supports_system_messages OR OLD.supports_reasoning IS NOT NEW.supports_reasoning OR OLD.supports_prompt_cache IS NOT NEW.supports_prompt_cache OR OLD.known_params IS NOT NEW.known_params OR OLD.unsupported_params IS NOT NEW.unsupported_params OR OLD.input_modalities IS NOT NEW.input_modalities OR OLD.output_modalities IS NOT NEW.output_modalities OR OLD.mode IS NOT NEW.mode OR OLD.input_cost_per_1m IS NOT NEW.input_cost_per_1m OR OLD.output_cost_per_1m IS NOT NEW.output_cost_per_1m OR OLD.cache_read_cost_per_1m IS NOT NEW.cache_read_cost_per_1m OR OLD.cache_write_cost_per_1m IS NOT NEW.cache_write_cost_per_1m OR OLD.other_prices IS NOT NEW.other_prices OR OLD.price_basis IS NOT NEW.price_basis OR OLD.quality_tier IS NOT NEW.quality_tier OR OLD.quality_basis IS NOT NEW.quality_basis OR OLD.speed_hint_tps IS NOT NEW.speed_hint_tps OR OLD.ttft_ms IS NOT NEW.ttft_ms OR OLD.release_date IS NOT NEW.release_date OR OLD.knowledge_cutoff IS NOT NEW.knowledge_cutoff OR OLD.lifecycle IS NOT NEW.lifecycle OR OLD.deprecated_at IS NOT NEW.deprecated_at OR OLD.retires_at IS NOT NEW.retires_at OR OLD.replacement IS NOT NEW.replacement OR OLD.open_weights IS NOT NEW.open_weights OR OLD.param_count IS NOT NEW.param_count OR OLD.quantization IS NOT NEW.quantization OR OLD.embedding_dims IS NOT NEW.embedding_dims
BEGIN
  DELETE FROM replaced WHERE model_id = OLD.model_id AND resolver = OLD.resolver;
  INSERT INTO capability_history (model_id, resolver, max_context, max_input_tokens, max_output_tokens, served_context, supports_tools, supports_parallel_tools, supports_vision, supports_audio, supports_pdf, supports_json_mode, supports_structured_outputs, supports_streaming, supports_system_messages, supports_reasoning, supports_prompt_cache, known_params, unsupported_params, input_modalities, output_modalities, mode, input_cost_per_1m, output_cost_per_1m, cache_read_cost_per_1m, cache_write_cost_per_1m, other_prices, price_basis, quality_tier, quality_basis, speed_hint_tps, ttft_ms, release_date, knowledge_cutoff, lifecycle, deprecated_at, retires_at, replacement, open_weights, param_count, quantization, embedding_dims, observed_at, valid_from, valid_to) VALUES (OLD.model_id, OLD.resolver, OLD.max_context, OLD.max_input_tokens, OLD.max_output_tokens, OLD.served_context, OLD.supports_tools, OLD.supports_parallel_tools, OLD.supports_vision, OLD.supports_audio, OLD.supports_pdf, OLD.supports_json_mode, OLD.supports_structured_outputs, OLD.supports_streaming, OLD.supports_system_messages, OLD.supports_reasoning, OLD.supports_prompt_cache, OLD.known_params, OLD.unsupported_params, OLD.input_modalities, OLD.output_modalities, OLD.mode, OLD.input_cost_per_1m, OLD.output_cost_per_1m, OLD.cache_read_cost_per_1m, OLD.cache_write_cost_per_1m, OLD.other_prices, OLD.price_basis, OLD.quality_tier, OLD.quality_basis, OLD.speed_hint_tps, OLD.ttft_ms, OLD.release_date, OLD.knowledge_cutoff, OLD.lifecycle, OLD.deprecated_at, OLD.retires_at, OLD.replacement, OLD.open_weights, OLD.param_count, OLD.quantization, OLD.embedding_dims, OLD.observed_at, OLD.changed_at, CASE WHEN NEW.changed_at IS OLD.changed_at THEN strftime('%Y-%m-%dT%H:%M:%fZ', 'now') ELSE NEW.changed_at END);
  UPDATE capabilities SET changed_at = strftime('%Y-%m-%dT%H:%M:%fZ', 'now'),
    observed_at = CASE WHEN NEW.observed_at IS OLD.observed_at THEN strftime('%Y-%m-%dT%H:%M:%fZ', 'now')
      ELSE NEW.observed_at END
    WHERE model_id = NEW.model_id AND resolver = NEW.resolver AND NEW.changed_at IS OLD.changed_at;
  INSERT INTO pending (model_id) SELECT NEW.model_id WHERE NOT EXISTS (SELECT 1 FROM pending WHERE model_id = NEW.model_id);
END
;;
CREATE TRIGGER capabilities_deleted AFTER DELETE ON capabilities
BEGIN
  DELETE FROM replaced WHERE model_id = OLD.model_id AND resolver = OLD.resolver;
  INSERT INTO capability_history (model_id, resolver, max_context, max_input_tokens, max_output_tokens, served_context, supports_tools, supports_parallel_tools, supports_vision, supports_audio, supports_pdf, supports_json_mode, supports_structured_outputs, supports_streaming, supports_system_messages, supports_reasoning, supports_prompt_cache, known_params, unsupported_params, input_modalities, output_modalities, mode, input_cost_per_1m, output_cost_per_1m, cache_read_cost_per_1m, cache_write_cost_per_1m, other_prices, price_basis, quality_tier, quality_basis, speed_hint_tps, ttft_ms, release_date, knowledge_cutoff, lifecycle, deprecated_at, retires_at, replacement, open_weights, param_count, quantization, embedding_dims, observed_at, valid_from, valid_to) VALUES (OLD.model_id, OLD.resolver, OLD.max_context, OLD.max_input_tokens, OLD.max_output_tokens, OLD.served_context, OLD.supports_tools, OLD.supports_parallel_tools, OLD.supports_vision, OLD.supports_audio, OLD.supports_pdf, OLD.supports_json_mode, OLD.supports_structured_outputs, OLD.supports_streaming, OLD.supports_system_messages, OLD.supports_reasoning, OLD.supports_prompt_cache, OLD.known_params, OLD.unsupported_params, OLD.input_modalities, OLD.output_modalities, OLD.mode, OLD.input_cost_per_1m, OLD.output_cost_per_1m, OLD.cache_read_cost_per_1m, OLD.cache_write_cost_per_1m, OLD.other_prices, OLD.price_basis, OLD.quality_tier, OLD.quality_basis, OLD.speed_hint_tps, OLD.ttft_ms, OLD.release_date, OLD.knowledge_cutoff, OLD.lifecycle, OLD.deprecated_at, OLD.retires_at, OLD.replacement, OLD.open_weights, OLD.param_count, OLD.quantization, OLD.embedding_dims, OLD.observed_at, OLD.changed_at, strftime('%Y-%m-%dT%H:%M:%fZ', 'now'));
  INSERT INTO pending (model_id) SELECT OLD.model_id WHERE NOT EXISTS (SELECT 1 FROM pending WHERE model_id = OLD.model_id);
END
;;
CREATE TRIGGER models_id_is_taken BEFORE INSERT ON models WHEN EXISTS (SELECT 1 FROM models WHERE id = NEW.id AND (provider <> NEW.provider OR name <> NEW.name))
BEGIN SELECT RAISE(ABORT, 'another model has this id: leave the id out'); END
;;
CREATE TRIGGER models_known BEFORE INSERT ON models WHEN EXISTS (SELECT 1 FROM models WHERE provider = NEW.provider AND name = NEW.name)
BEGIN
  UPDATE models SET family = coalesce(NEW.family, family),
    display_name = coalesce(NEW.display_name, display_name)
    WHERE provider = NEW.provider AND name = NEW.name;
  SELECT RAISE(IGNORE);
END
;;
CREATE TRIGGER models_inserted AFTER INSERT ON models
BEGIN
  INSERT INTO pending (model_id) SELECT NEW.id WHERE NOT EXISTS (SELECT 1 FROM pending WHERE model_id = NEW.id);
END
;;
CREATE TRIGGER models_id_is_fixed BEFORE UPDATE OF id ON models WHEN NEW.id IS NOT OLD.id
BEGIN SELECT RAISE(ABORT, 'the id of a model never changes'); END
;;
CREATE TRIGGER models_name_is_taken BEFORE UPDATE OF provider, name ON models WHEN EXISTS (SELECT 1 FROM models WHERE provider = NEW.provider AND name = NEW.name AND id <> OLD.id)
BEGIN SELECT RAISE(ABORT, 'another model has this provider and name'); END
;;
CREATE TRIGGER models_updated AFTER UPDATE OF provider, name, family, display_name, retired_at ON models WHEN OLD.provider IS NOT NEW.provider OR OLD.name IS NOT NEW.name OR OLD.family IS NOT NEW.family OR OLD.display_name IS NOT NEW.display_name OR OLD.retired_at IS NOT NEW.retired_at
BEGIN
  INSERT INTO pending (model_id) SELECT NEW.id WHERE NOT EXISTS (SELECT 1 FROM pending WHERE model_id = NEW.id);
END
;;
CREATE TRIGGER models_has_opinions BEFORE DELETE ON models WHEN EXISTS (SELECT 1 FROM capabilities WHERE model_id = OLD.id)
BEGIN SELECT RAISE(ABORT, 'the model has opinions: delete those first, or set retired_at to hide it'); END
;;
CREATE TRIGGER models_deleted AFTER DELETE ON models
BEGIN
  DELETE FROM sightings WHERE model_id = OLD.id;
  DELETE FROM aliases WHERE model_id = OLD.id;
  DELETE FROM capability_history WHERE model_id = OLD.id;
  DELETE FROM model_history WHERE model_id = OLD.id;
  DELETE FROM acknowledged WHERE model_id = OLD.id;
  INSERT INTO pending (model_id) SELECT OLD.id WHERE NOT EXISTS (SELECT 1 FROM pending WHERE model_id = OLD.id);
END
;;
CREATE TRIGGER aliases_unknown_model BEFORE INSERT ON aliases WHEN NOT EXISTS (SELECT 1 FROM models WHERE id = NEW.model_id)
BEGIN SELECT RAISE(ABORT, 'unknown model: add it to models first'); END
;;
CREATE TRIGGER aliases_model_must_exist BEFORE UPDATE OF model_id ON aliases WHEN NOT EXISTS (SELECT 1 FROM models WHERE id = NEW.model_id)
BEGIN SELECT RAISE(ABORT, 'unknown model: add it to models first'); END
;;
CREATE TRIGGER sightings_unknown_model BEFORE INSERT ON sightings WHEN NOT EXISTS (SELECT 1 FROM models WHERE id = NEW.model_id)
BEGIN SELECT RAISE(ABORT, 'unknown model: add it to models first'); END
;;
CREATE TRIGGER sightings_unknown_source BEFORE INSERT ON sightings WHEN NOT EXISTS (SELECT 1 FROM sources WHERE name = NEW.source)
BEGIN SELECT RAISE(ABORT, 'unknown source: add it to sources first'); END
;;
CREATE TRIGGER sightings_key_is_fixed BEFORE UPDATE OF model_id, source ON sightings WHEN NEW.model_id IS NOT OLD.model_id OR NEW.source IS NOT OLD.source
BEGIN SELECT RAISE(ABORT, 'a sighting keeps its model and source: delete it and insert another'); END
;;
CREATE TRIGGER sightings_inserted AFTER INSERT ON sightings WHEN EXISTS (SELECT 1 FROM sources WHERE name = NEW.source AND kind = 'live')
BEGIN
  INSERT INTO pending (model_id) SELECT NEW.model_id WHERE NOT EXISTS (SELECT 1 FROM pending WHERE model_id = NEW.model_id);
END
;;
CREATE TRIGGER sightings_updated AFTER UPDATE OF missing_since ON sightings WHEN OLD.missing_since IS NOT NEW.missing_since AND EXISTS (SELECT 1 FROM sources WHERE name = NEW.source AND kind = 'live')
BEGIN
  INSERT INTO pending (model_id) SELECT NEW.model_id WHERE NOT EXISTS (SELECT 1 FROM pending WHERE model_id = NEW.model_id);
END
;;
CREATE TRIGGER sightings_deleted AFTER DELETE ON sightings
BEGIN
  INSERT INTO pending (model_id) SELECT OLD.model_id WHERE NOT EXISTS (SELECT 1 FROM pending WHERE model_id = OLD.model_id);
END
;;
CREATE TRIGGER sources_name_is_fixed BEFORE UPDATE OF name ON sources WHEN NEW.name IS NOT OLD.name
BEGIN SELECT RAISE(ABORT, 'the name of a source never changes'); END
;;
CREATE TRIGGER sources_has_sightings BEFORE DELETE ON sources WHEN EXISTS (SELECT 1 FROM sightings WHERE source = OLD.name)
BEGIN SELECT RAISE(ABORT, 'the source has sightings: delete those first'); END
;;
CREATE TRIGGER sources_inserted AFTER INSERT ON sources
BEGIN
  INSERT INTO pending (model_id) SELECT DISTINCT model_id FROM sightings WHERE source = NEW.name AND model_id NOT IN (SELECT model_id FROM pending);
END
;;
CREATE TRIGGER sources_updated AFTER UPDATE OF kind ON sources WHEN NEW.kind IS NOT OLD.kind
BEGIN
  INSERT INTO pending (model_id) SELECT DISTINCT model_id FROM sightings WHERE source = NEW.name AND model_id NOT IN (SELECT model_id FROM pending);
END
;;
CREATE TRIGGER resolvers_name_is_fixed BEFORE UPDATE OF name ON resolvers WHEN NEW.name IS NOT OLD.name
BEGIN SELECT RAISE(ABORT, 'the name of a resolver never changes'); END
;;
CREATE TRIGGER resolvers_has_opinions BEFORE DELETE ON resolvers WHEN EXISTS (SELECT 1 FROM capabilities WHERE resolver = OLD.name)
BEGIN SELECT RAISE(ABORT, 'the resolver has opinions: delete those first'); END
;;
CREATE TRIGGER resolvers_perf_lab_stays BEFORE DELETE ON resolvers WHEN OLD.name = 'perf_lab'
BEGIN SELECT RAISE(ABORT, 'measurements need the resolver perf_lab'); END
;;
CREATE TRIGGER resolvers_deleted AFTER DELETE ON resolvers
BEGIN
  INSERT INTO resolver_history (name, at, precedence) VALUES (OLD.name, strftime('%Y-%m-%dT%H:%M:%fZ', 'now'), NULL);
END
;;
CREATE TRIGGER resolvers_inserted AFTER INSERT ON resolvers
BEGIN
  UPDATE resolvers SET place = (SELECT count(*) FROM resolvers x WHERE x.precedence < resolvers.precedence
      OR (x.precedence = resolvers.precedence AND x.name > resolvers.name));
  INSERT INTO resolver_history (name, at, precedence) VALUES (NEW.name, strftime('%Y-%m-%dT%H:%M:%fZ', 'now'), NEW.precedence);
  INSERT INTO pending (model_id) SELECT DISTINCT model_id FROM capabilities WHERE resolver = NEW.name AND model_id NOT IN (SELECT model_id FROM pending);
END
;;
CREATE TRIGGER resolvers_updated AFTER UPDATE OF precedence ON resolvers WHEN NEW.precedence IS NOT OLD.precedence
BEGIN
  UPDATE resolvers SET place = (SELECT count(*) FROM resolvers x WHERE x.precedence < resolvers.precedence
      OR (x.precedence = resolvers.precedence AND x.name > resolvers.name));
  INSERT INTO resolver_history (name, at, precedence) VALUES (NEW.name, strftime('%Y-%m-%dT%H:%M:%fZ', 'now'), NEW.precedence);
  INSERT INTO pending (model_id) SELECT DISTINCT model_id FROM capabilities WHERE resolver = NEW.name AND model_id NOT IN (SELECT model_id FROM pending);
END
;;
CREATE TRIGGER resolvers_place_is_derived BEFORE UPDATE OF place ON resolvers WHEN NEW.place IS NOT (SELECT count(*) FROM resolvers x WHERE x.precedence < NEW.precedence
      OR (x.precedence = NEW.precedence AND x.name > NEW.name))
BEGIN SELECT RAISE(ABORT, 'place is derived: set precedence instead'); END
;;
CREATE TRIGGER measurements_id_is_taken BEFORE INSERT ON measurements WHEN EXISTS (SELECT 1 FROM measurements WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'measurements are append-only: leave the id out'); END
;;
CREATE TRIGGER measurements_are_append_only BEFORE UPDATE ON measurements WHEN 1
BEGIN SELECT RAISE(ABORT, 'measurements are append-only: insert another sample'); END
;;
CREATE TRIGGER measurements_are_not_of_the_future BEFORE INSERT ON measurements WHEN julianday(NEW.measured_at) > julianday('now', '+5 minutes')
BEGIN SELECT RAISE(ABORT, 'measured_at lies in the future'); END
;;
CREATE TRIGGER measurements_inserted AFTER INSERT ON measurements
BEGIN
  INSERT INTO pending_measurements (provider, name) SELECT NEW.provider, NEW.name
    WHERE NOT EXISTS (SELECT 1 FROM pending_measurements
    WHERE provider = NEW.provider AND name = NEW.name);
END
;;
CREATE TRIGGER pending_measurements_fold AFTER INSERT ON pending_measurements WHEN NOT EXISTS (SELECT 1 FROM deferral)
BEGIN
  INSERT INTO models (provider, name) SELECT p.provider, p.name
    FROM pending_measurements p WHERE NOT EXISTS
    (SELECT 1 FROM models m WHERE m.provider = p.provider AND m.name = p.name) AND EXISTS
    (SELECT 1 FROM measurements s WHERE s.provider = p.provider AND s.name = p.name);
  UPDATE capabilities SET (speed_hint_tps, ttft_ms, input_cost_per_1m, output_cost_per_1m, supports_tools, supports_vision, supports_json_mode, supports_structured_outputs, quality_tier, quality_basis, observed_at) =
    (SELECT v.speed_hint_tps, v.ttft_ms, v.input_cost_per_1m, v.output_cost_per_1m, v.supports_tools, v.supports_vision, v.supports_json_mode, v.supports_structured_outputs,
    CASE WHEN EXISTS (SELECT 1 FROM measurements s JOIN models m ON m.provider = s.provider AND m.name = s.name WHERE m.id = v.model_id AND s.quality_score IS NOT NULL) THEN v.quality_tier ELSE capabilities.quality_tier END,
    CASE WHEN EXISTS (SELECT 1 FROM measurements s JOIN models m ON m.provider = s.provider AND m.name = s.name WHERE m.id = v.model_id AND s.quality_score IS NOT NULL) THEN CASE WHEN v.quality_tier IS NOT NULL THEN 'measured' END ELSE capabilities.quality_basis END,
    coalesce(v.measured_at, capabilities.observed_at)
    FROM measured v WHERE v.model_id = capabilities.model_id)
    WHERE capabilities.resolver = 'perf_lab' AND capabilities.model_id IN
    (SELECT m.id FROM pending_measurements p
    CROSS JOIN models m ON m.provider = p.provider AND m.name = p.name);
  INSERT INTO capabilities (model_id, resolver, speed_hint_tps, ttft_ms, input_cost_per_1m, output_cost_per_1m, supports_tools, supports_vision, supports_json_mode, supports_structured_outputs, quality_tier, quality_basis, observed_at)
    SELECT v.model_id, 'perf_lab', v.speed_hint_tps, v.ttft_ms, v.input_cost_per_1m, v.output_cost_per_1m, v.supports_tools, v.supports_vision, v.supports_json_mode, v.supports_structured_outputs, v.quality_tier, CASE WHEN v.quality_tier IS NOT NULL THEN 'measured' END,
    v.measured_at FROM pending_measurements p
    CROSS JOIN models m ON m.provider = p.provider AND m.name = p.name
    CROSS JOIN measured v ON v.model_id = m.id WHERE v.measured_at IS NOT NULL AND NOT EXISTS
    (SELECT 1 FROM capabilities c WHERE c.model_id = v.model_id AND c.resolver = 'perf_lab');
  DELETE FROM pending_measurements;
END
;;
CREATE TRIGGER measurements_deleted AFTER DELETE ON measurements
BEGIN
  INSERT INTO pending_measurements (provider, name) SELECT OLD.provider, OLD.name
    WHERE NOT EXISTS (SELECT 1 FROM pending_measurements
    WHERE provider = OLD.provider AND name = OLD.name);
END
;;
CREATE TRIGGER measurements_last_score_deleted AFTER DELETE ON measurements WHEN OLD.quality_score IS NOT NULL AND NOT EXISTS (SELECT 1 FROM measurements
  WHERE provider = OLD.provider AND name = OLD.name AND quality_score IS NOT NULL)
BEGIN
  UPDATE capabilities SET quality_tier = NULL, quality_basis = NULL
    WHERE resolver = 'perf_lab' AND model_id =
    (SELECT id FROM models WHERE provider = OLD.provider AND name = OLD.name);
END
;;
CREATE TRIGGER quality_suites_added AFTER INSERT ON quality_suites
BEGIN
  INSERT INTO pending_measurements (provider, name)
    SELECT DISTINCT provider, name FROM measurements s
    WHERE s.quality_score IS NOT NULL AND s.quality_suite IN (NEW.name) AND NOT EXISTS
    (SELECT 1 FROM pending_measurements p WHERE p.provider = s.provider
    AND p.name = s.name);
END
;;
CREATE TRIGGER quality_suites_updated AFTER UPDATE ON quality_suites
BEGIN
  INSERT INTO pending_measurements (provider, name)
    SELECT DISTINCT provider, name FROM measurements s
    WHERE s.quality_score IS NOT NULL AND s.quality_suite IN (OLD.name, NEW.name) AND NOT EXISTS
    (SELECT 1 FROM pending_measurements p WHERE p.provider = s.provider
    AND p.name = s.name);
END
;;
CREATE TRIGGER quality_suites_deleted AFTER DELETE ON quality_suites
BEGIN
  INSERT INTO pending_measurements (provider, name)
    SELECT DISTINCT provider, name FROM measurements s
    WHERE s.quality_score IS NOT NULL AND s.quality_suite IN (OLD.name) AND NOT EXISTS
    (SELECT 1 FROM pending_measurements p WHERE p.provider = s.provider
    AND p.name = s.name);
END
;;
