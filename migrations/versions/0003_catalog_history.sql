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
  valid_from TEXT NOT NULL, -- since when this row holds
  usable_context INTEGER AS (coalesce(served_context, max_context, max_input_tokens)) STORED,
  blended_cost REAL AS ((3 * input_cost_per_1m + output_cost_per_1m) / 4) STORED, -- USD per 1M
  rank_tier INTEGER NOT NULL AS (CASE quality_tier
    WHEN 'best' THEN 0 WHEN 'balanced' THEN 1 WHEN 'cheap' THEN 2 ELSE 3 END) STORED,
  rank_cost REAL NOT NULL AS (coalesce((3 * input_cost_per_1m + output_cost_per_1m) / 4, 9e99)) STORED,
  rank_context INTEGER NOT NULL AS (-coalesce(served_context, max_context, max_input_tokens, 0)) STORED,
  rank_release TEXT NOT NULL AS (coalesce(release_date, '')) STORED
) STRICT
;;
CREATE TABLE catalog_history ( -- rows of catalog that were replaced; written by triggers
  id INTEGER NOT NULL PRIMARY KEY,
  model_id INTEGER NOT NULL,
  provider TEXT NOT NULL,
  name TEXT NOT NULL,
  family TEXT,
  display_name TEXT,
  retired_at TEXT,
  live INTEGER NOT NULL,
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
  valid_from TEXT NOT NULL,
  valid_to TEXT NOT NULL,
  usable_context INTEGER AS (coalesce(served_context, max_context, max_input_tokens)) STORED,
  blended_cost REAL AS ((3 * input_cost_per_1m + output_cost_per_1m) / 4) STORED, -- USD per 1M
  rank_tier INTEGER NOT NULL AS (CASE quality_tier
    WHEN 'best' THEN 0 WHEN 'balanced' THEN 1 WHEN 'cheap' THEN 2 ELSE 3 END) STORED,
  rank_cost REAL NOT NULL AS (coalesce((3 * input_cost_per_1m + output_cost_per_1m) / 4, 9e99)) STORED,
  rank_context INTEGER NOT NULL AS (-coalesce(served_context, max_context, max_input_tokens, 0)) STORED,
  rank_release TEXT NOT NULL AS (coalesce(release_date, '')) STORED
) STRICT
;;
CREATE TABLE catalog_before ( -- internal: rows of catalog that a fold replaces
  model_id INTEGER NOT NULL PRIMARY KEY,
  provider TEXT NOT NULL,
  name TEXT NOT NULL,
  family TEXT,
  display_name TEXT,
  retired_at TEXT,
  live INTEGER NOT NULL,
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
  valid_from TEXT NOT NULL
) STRICT
;;
CREATE INDEX catalog_by_rank ON catalog (rank_tier, rank_cost, rank_context, rank_release DESC, provider, name, live, valid_from)
;;
CREATE INDEX catalog_shown ON catalog (rank_tier, rank_cost, rank_context, rank_release DESC, provider, name, live, valid_from) WHERE (mode IS NULL OR mode = 'chat') AND retired_at IS NULL AND (lifecycle IS NULL OR lifecycle IN ('active', 'preview')) AND (price_basis IS NULL OR price_basis IN ('metered', 'self_hosted'))
;;
CREATE INDEX catalog_by_provider ON catalog (provider, rank_tier, rank_cost, rank_context, rank_release DESC, name)
;;
CREATE UNIQUE INDEX catalog_by_name ON catalog (provider, name)
;;
CREATE INDEX catalog_by_bare_name ON catalog (name)
;;
CREATE INDEX catalog_history_shown ON catalog_history (rank_tier, rank_cost, rank_context, rank_release DESC, provider, name, live, valid_from, valid_to) WHERE (mode IS NULL OR mode = 'chat') AND retired_at IS NULL AND (lifecycle IS NULL OR lifecycle IN ('active', 'preview')) AND (price_basis IS NULL OR price_basis IN ('metered', 'self_hosted'))
;;
CREATE INDEX catalog_history_by_end ON catalog_history (valid_to, valid_from)
;;
CREATE INDEX catalog_history_by_model ON catalog_history (model_id)
;;
CREATE INDEX catalog_history_by_name ON catalog_history (name)
;;
CREATE TRIGGER pending_fold AFTER INSERT ON pending WHEN NOT EXISTS (SELECT 1 FROM deferral)
BEGIN
  INSERT INTO catalog_before (model_id, provider, name, family, display_name, retired_at, live, max_context, max_input_tokens, max_output_tokens, served_context, supports_tools, supports_parallel_tools, supports_vision, supports_audio, supports_pdf, supports_json_mode, supports_structured_outputs, supports_streaming, supports_system_messages, supports_reasoning, supports_prompt_cache, known_params, unsupported_params, input_modalities, output_modalities, mode, input_cost_per_1m, output_cost_per_1m, cache_read_cost_per_1m, cache_write_cost_per_1m, other_prices, price_basis, quality_tier, quality_basis, speed_hint_tps, ttft_ms, release_date, knowledge_cutoff, lifecycle, deprecated_at, retires_at, replacement, open_weights, param_count, quantization, embedding_dims, valid_from) SELECT c.model_id, c.provider, c.name, c.family, c.display_name, c.retired_at, c.live, c.max_context, c.max_input_tokens, c.max_output_tokens, c.served_context, c.supports_tools, c.supports_parallel_tools, c.supports_vision, c.supports_audio, c.supports_pdf, c.supports_json_mode, c.supports_structured_outputs, c.supports_streaming, c.supports_system_messages, c.supports_reasoning, c.supports_prompt_cache, c.known_params, c.unsupported_params, c.input_modalities, c.output_modalities, c.mode, c.input_cost_per_1m, c.output_cost_per_1m, c.cache_read_cost_per_1m, c.cache_write_cost_per_1m, c.other_prices, c.price_basis, c.quality_tier, c.quality_basis, c.speed_hint_tps, c.ttft_ms, c.release_date, c.knowledge_cutoff, c.lifecycle, c.deprecated_at, c.retires_at, c.replacement, c.open_weights, c.param_count, c.quantization, c.embedding_dims, c.valid_from
    FROM pending p CROSS JOIN catalog c ON c.model_id = p.model_id;
  DELETE FROM catalog WHERE model_id IN (SELECT model_id FROM pending);
  INSERT INTO catalog (model_id, provider, name, family, display_name, retired_at, live, max_context, max_input_tokens, max_output_tokens, served_context, supports_tools, supports_parallel_tools, supports_vision, supports_audio, supports_pdf, supports_json_mode, supports_structured_outputs, supports_streaming, supports_system_messages, supports_reasoning, supports_prompt_cache, known_params, unsupported_params, input_modalities, output_modalities, mode, input_cost_per_1m, output_cost_per_1m, cache_read_cost_per_1m, cache_write_cost_per_1m, other_prices, price_basis, quality_tier, quality_basis, speed_hint_tps, ttft_ms, release_date, knowledge_cutoff, lifecycle, deprecated_at, retires_at, replacement, open_weights, param_count, quantization, embedding_dims, valid_from) SELECT n.model_id, n.provider, n.name, n.family, n.display_name, n.retired_at, n.live, n.max_context, n.max_input_tokens, n.max_output_tokens, n.served_context, n.supports_tools, n.supports_parallel_tools, n.supports_vision, n.supports_audio, n.supports_pdf, n.supports_json_mode, n.supports_structured_outputs, n.supports_streaming, n.supports_system_messages, n.supports_reasoning, n.supports_prompt_cache, n.known_params, n.unsupported_params, n.input_modalities, n.output_modalities, n.mode, n.input_cost_per_1m, n.output_cost_per_1m, n.cache_read_cost_per_1m, n.cache_write_cost_per_1m, n.other_prices, n.price_basis, n.quality_tier, n.quality_basis, n.speed_hint_tps, n.ttft_ms, n.release_date, n.knowledge_cutoff, n.lifecycle, n.deprecated_at, n.retires_at, n.replacement, n.open_weights, n.param_count, n.quantization, n.embedding_dims,
    CASE WHEN (EXISTS (SELECT 1 FROM runs)
      AND NOT EXISTS (SELECT 1 FROM runs WHERE finished_at IS NOT NULL)) OR b.valid_from > (SELECT strftime('%Y-%m-%dT%H:%M:%fZ', 'now')) OR (b.model_id IS n.model_id AND b.provider IS n.provider AND b.name IS n.name AND b.family IS n.family AND b.display_name IS n.display_name AND b.retired_at IS n.retired_at AND b.live IS n.live AND b.max_context IS n.max_context AND b.max_input_tokens IS n.max_input_tokens AND b.max_output_tokens IS n.max_output_tokens AND b.served_context IS n.served_context AND b.supports_tools IS n.supports_tools AND b.supports_parallel_tools IS n.supports_parallel_tools AND b.supports_vision IS n.supports_vision AND b.supports_audio IS n.supports_audio AND b.supports_pdf IS n.supports_pdf AND b.supports_json_mode IS n.supports_json_mode AND b.supports_structured_outputs IS n.supports_structured_outputs AND b.supports_streaming IS n.supports_streaming AND b.supports_system_messages IS n.supports_system_messages AND b.supports_reasoning IS n.supports_reasoning AND b.supports_prompt_cache IS n.supports_prompt_cache AND b.known_params IS n.known_params AND b.unsupported_params IS n.unsupported_params AND b.input_modalities IS n.input_modalities AND b.output_modalities IS n.output_modalities AND b.mode IS n.mode AND b.input_cost_per_1m IS n.input_cost_per_1m AND b.output_cost_per_1m IS n.output_cost_per_1m AND b.cache_read_cost_per_1m IS n.cache_read_cost_per_1m AND b.cache_write_cost_per_1m IS n.cache_write_cost_per_1m AND b.other_prices IS n.other_prices AND b.price_basis IS n.price_basis AND b.quality_tier IS n.quality_tier AND b.quality_basis IS n.quality_basis AND b.speed_hint_tps IS n.speed_hint_tps AND b.ttft_ms IS n.ttft_ms AND b.release_date IS n.release_date AND b.knowledge_cutoff IS n.knowledge_cutoff AND b.lifecycle IS n.lifecycle AND b.deprecated_at IS n.deprecated_at AND b.retires_at IS n.retires_at AND b.replacement IS n.replacement AND b.open_weights IS n.open_weights AND b.param_count IS n.param_count AND b.quantization IS n.quantization AND b.embedding_dims IS n.embedding_dims)
      THEN coalesce(b.valid_from, (SELECT strftime('%Y-%m-%dT%H:%M:%fZ', 'now')))
      ELSE (SELECT strftime('%Y-%m-%dT%H:%M:%fZ', 'now')) END
    FROM pending_rows n LEFT JOIN catalog_before b ON b.model_id = n.model_id;
  INSERT INTO catalog_history (model_id, provider, name, family, display_name, retired_at, live, max_context, max_input_tokens, max_output_tokens, served_context, supports_tools, supports_parallel_tools, supports_vision, supports_audio, supports_pdf, supports_json_mode, supports_structured_outputs, supports_streaming, supports_system_messages, supports_reasoning, supports_prompt_cache, known_params, unsupported_params, input_modalities, output_modalities, mode, input_cost_per_1m, output_cost_per_1m, cache_read_cost_per_1m, cache_write_cost_per_1m, other_prices, price_basis, quality_tier, quality_basis, speed_hint_tps, ttft_ms, release_date, knowledge_cutoff, lifecycle, deprecated_at, retires_at, replacement, open_weights, param_count, quantization, embedding_dims, valid_from, valid_to)
    SELECT b.model_id, b.provider, b.name, b.family, b.display_name, b.retired_at, b.live, b.max_context, b.max_input_tokens, b.max_output_tokens, b.served_context, b.supports_tools, b.supports_parallel_tools, b.supports_vision, b.supports_audio, b.supports_pdf, b.supports_json_mode, b.supports_structured_outputs, b.supports_streaming, b.supports_system_messages, b.supports_reasoning, b.supports_prompt_cache, b.known_params, b.unsupported_params, b.input_modalities, b.output_modalities, b.mode, b.input_cost_per_1m, b.output_cost_per_1m, b.cache_read_cost_per_1m, b.cache_write_cost_per_1m, b.other_prices, b.price_basis, b.quality_tier, b.quality_basis, b.speed_hint_tps, b.ttft_ms, b.release_date, b.knowledge_cutoff, b.lifecycle, b.deprecated_at, b.retires_at, b.replacement, b.open_weights, b.param_count, b.quantization, b.embedding_dims, b.valid_from, c.valid_from
    FROM catalog_before b CROSS JOIN catalog c ON c.model_id = b.model_id
    WHERE c.valid_from > b.valid_from;
  DELETE FROM catalog_before;
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
CREATE TRIGGER catalog_update_refused BEFORE UPDATE ON catalog WHEN NOT EXISTS (SELECT 1 FROM pending WHERE model_id = OLD.model_id)
BEGIN SELECT RAISE(ABORT, 'catalog is derived: write to models or capabilities instead'); END
;;
CREATE TRIGGER catalog_delete_refused BEFORE DELETE ON catalog WHEN NOT EXISTS (SELECT 1 FROM pending WHERE model_id = OLD.model_id)
BEGIN SELECT RAISE(ABORT, 'catalog is derived: write to models or capabilities instead'); END
;;
CREATE TRIGGER models_deleted AFTER DELETE ON models
BEGIN
  DELETE FROM sightings WHERE model_id = OLD.id;
  DELETE FROM aliases WHERE model_id = OLD.id;
  DELETE FROM capability_history WHERE model_id = OLD.id;
  DELETE FROM model_history WHERE model_id = OLD.id;
  DELETE FROM catalog_history WHERE model_id = OLD.id;
  DELETE FROM acknowledged WHERE model_id = OLD.id;
  INSERT INTO pending (model_id) SELECT OLD.id WHERE NOT EXISTS (SELECT 1 FROM pending WHERE model_id = OLD.id);
  DELETE FROM catalog WHERE model_id = OLD.id;
END
