ALTER TABLE capabilities RENAME TO old_capabilities
;;
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
INSERT INTO capabilities (model_id, resolver, max_context, max_input_tokens, max_output_tokens, served_context, supports_tools, supports_parallel_tools, supports_vision, supports_audio, supports_pdf, supports_json_mode, supports_structured_outputs, supports_streaming, supports_system_messages, supports_reasoning, supports_prompt_cache, known_params, unsupported_params, input_modalities, output_modalities, mode, input_cost_per_1m, output_cost_per_1m, cache_read_cost_per_1m, cache_write_cost_per_1m, price_basis, quality_tier, quality_basis, speed_hint_tps, ttft_ms, release_date, knowledge_cutoff, lifecycle, deprecated_at, retires_at, replacement, open_weights, param_count, quantization, embedding_dims, observed_at, changed_at) SELECT model_id, resolver, max_context, max_input_tokens, max_output_tokens, served_context, supports_tools, supports_parallel_tools, supports_vision, supports_audio, supports_pdf, supports_json_mode, supports_structured_outputs, supports_streaming, supports_system_messages, supports_reasoning, supports_prompt_cache, known_params, unsupported_params, input_modalities, output_modalities, mode, input_cost_per_1m, output_cost_per_1m, cache_read_cost_per_1m, cache_write_cost_per_1m, price_basis, quality_tier, quality_basis, speed_hint_tps, ttft_ms, release_date, knowledge_cutoff, lifecycle, deprecated_at, retires_at, replacement, open_weights, param_count, quantization, embedding_dims, observed_at, changed_at FROM old_capabilities
;;
DROP TABLE old_capabilities
;;
ALTER TABLE capability_history RENAME TO old_capability_history
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
INSERT INTO capability_history (id, model_id, resolver, max_context, max_input_tokens, max_output_tokens, served_context, supports_tools, supports_parallel_tools, supports_vision, supports_audio, supports_pdf, supports_json_mode, supports_structured_outputs, supports_streaming, supports_system_messages, supports_reasoning, supports_prompt_cache, known_params, unsupported_params, input_modalities, output_modalities, mode, input_cost_per_1m, output_cost_per_1m, cache_read_cost_per_1m, cache_write_cost_per_1m, price_basis, quality_tier, quality_basis, speed_hint_tps, ttft_ms, release_date, knowledge_cutoff, lifecycle, deprecated_at, retires_at, replacement, open_weights, param_count, quantization, embedding_dims, observed_at, valid_from, valid_to) SELECT id, model_id, resolver, max_context, max_input_tokens, max_output_tokens, served_context, supports_tools, supports_parallel_tools, supports_vision, supports_audio, supports_pdf, supports_json_mode, supports_structured_outputs, supports_streaming, supports_system_messages, supports_reasoning, supports_prompt_cache, known_params, unsupported_params, input_modalities, output_modalities, mode, input_cost_per_1m, output_cost_per_1m, cache_read_cost_per_1m, cache_write_cost_per_1m, price_basis, quality_tier, quality_basis, speed_hint_tps, ttft_ms, release_date, knowledge_cutoff, lifecycle, deprecated_at, retires_at, replacement, open_weights, param_count, quantization, embedding_dims, observed_at, valid_from, valid_to FROM old_capability_history
;;
DROP TABLE old_capability_history
;;
ALTER TABLE measurements RENAME TO old_measurements
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
INSERT INTO measurements (id, provider, name, measured_at, tokens_per_second, ttft_ms, input_cost_per_1m, output_cost_per_1m, host, run_id) SELECT id, provider, name, measured_at, tokens_per_second, ttft_ms, input_cost_per_1m, output_cost_per_1m, host, run_id FROM old_measurements
;;
DROP TABLE old_measurements
;;
ALTER TABLE run_steps RENAME TO old_run_steps
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
INSERT INTO run_steps (id, run_id, kind, name, status, started_at, fetch_ms, write_ms, chunks, seen, changed, dropped, token, error, detail) SELECT id, run_id, kind, name, status, started_at, fetch_ms, write_ms, chunks, seen, changed, dropped, token, error, detail FROM old_run_steps
;;
DROP TABLE old_run_steps
;;
ALTER TABLE replaced RENAME TO old_replaced
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
INSERT INTO replaced (model_id, resolver, max_context, max_input_tokens, max_output_tokens, served_context, supports_tools, supports_parallel_tools, supports_vision, supports_audio, supports_pdf, supports_json_mode, supports_structured_outputs, supports_streaming, supports_system_messages, supports_reasoning, supports_prompt_cache, known_params, unsupported_params, input_modalities, output_modalities, mode, input_cost_per_1m, output_cost_per_1m, cache_read_cost_per_1m, cache_write_cost_per_1m, price_basis, quality_tier, quality_basis, speed_hint_tps, ttft_ms, release_date, knowledge_cutoff, lifecycle, deprecated_at, retires_at, replacement, open_weights, param_count, quantization, embedding_dims, observed_at, changed_at) SELECT model_id, resolver, max_context, max_input_tokens, max_output_tokens, served_context, supports_tools, supports_parallel_tools, supports_vision, supports_audio, supports_pdf, supports_json_mode, supports_structured_outputs, supports_streaming, supports_system_messages, supports_reasoning, supports_prompt_cache, known_params, unsupported_params, input_modalities, output_modalities, mode, input_cost_per_1m, output_cost_per_1m, cache_read_cost_per_1m, cache_write_cost_per_1m, price_basis, quality_tier, quality_basis, speed_hint_tps, ttft_ms, release_date, knowledge_cutoff, lifecycle, deprecated_at, retires_at, replacement, open_weights, param_count, quantization, embedding_dims, observed_at, changed_at FROM old_replaced
;;
DROP TABLE old_replaced
;;
CREATE TABLE acknowledged ( -- disagreements that somebody has looked at; silent until one changes
  model_id INTEGER NOT NULL REFERENCES models (id) ON DELETE CASCADE,
  field TEXT NOT NULL,
  said TEXT NOT NULL, -- what was said then, as drift shows it
  acknowledged_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')) CONSTRAINT acknowledged_at_is_an_iso_8601_utc_time CHECK (acknowledged_at IS NULL OR (acknowledged_at GLOB '[0-9][0-9][0-9][0-9]-[0-1][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-5][0-9]*Z' AND datetime(acknowledged_at) IS NOT NULL)),
  PRIMARY KEY (model_id, field)
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
INSERT INTO about (key, value) VALUES ('catalog_id', lower(hex(randomblob(16))))
;;
INSERT INTO about (key, value) SELECT 'born_at', min(at) FROM (
  SELECT min(first_seen) AS at FROM models UNION ALL SELECT min(started_at) FROM runs
  UNION ALL SELECT strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))
;;
UPDATE about SET value = '0.2.0' WHERE key = 'needs_modeldex'
;;
INSERT INTO model_history
  (model_id, at, provider, name, family, display_name, retired_at, live)
  SELECT c.model_id, m.first_seen, c.provider, c.name, c.family, c.display_name,
  c.retired_at, c.live FROM catalog c JOIN models m ON m.id = c.model_id
;;
INSERT INTO resolver_history (name, at, precedence)
  SELECT name, '1970-01-01T00:00:00.000Z', precedence FROM resolvers ORDER BY precedence
;;
ALTER TABLE catalog RENAME TO old_catalog
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
INSERT INTO catalog (model_id, provider, name, family, display_name, retired_at, live, max_context, max_input_tokens, max_output_tokens, served_context, supports_tools, supports_parallel_tools, supports_vision, supports_audio, supports_pdf, supports_json_mode, supports_structured_outputs, supports_streaming, supports_system_messages, supports_reasoning, supports_prompt_cache, known_params, unsupported_params, input_modalities, output_modalities, mode, input_cost_per_1m, output_cost_per_1m, cache_read_cost_per_1m, cache_write_cost_per_1m, price_basis, quality_tier, quality_basis, speed_hint_tps, ttft_ms, release_date, knowledge_cutoff, lifecycle, deprecated_at, retires_at, replacement, open_weights, param_count, quantization, embedding_dims) SELECT model_id, provider, name, family, display_name, retired_at, live, max_context, max_input_tokens, max_output_tokens, served_context, supports_tools, supports_parallel_tools, supports_vision, supports_audio, supports_pdf, supports_json_mode, supports_structured_outputs, supports_streaming, supports_system_messages, supports_reasoning, supports_prompt_cache, known_params, unsupported_params, input_modalities, output_modalities, mode, input_cost_per_1m, output_cost_per_1m, cache_read_cost_per_1m, cache_write_cost_per_1m, price_basis, quality_tier, quality_basis, speed_hint_tps, ttft_ms, release_date, knowledge_cutoff, lifecycle, deprecated_at, retires_at, replacement, open_weights, param_count, quantization, embedding_dims FROM old_catalog
;;
DROP TABLE old_catalog
;;
PRAGMA user_version = 2
