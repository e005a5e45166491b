DROP VIEW prices
;;
DROP TABLE catalog
;;
CREATE TABLE catalog ( -- what people SELECT from: effective values; derived, do not write
  model_id BIGINT NOT NULL PRIMARY KEY,
  provider TEXT COLLATE "C" NOT NULL,
  name TEXT COLLATE "C" NOT NULL,
  family TEXT COLLATE "C",
  display_name TEXT COLLATE "C",
  retired_at TEXT COLLATE "C",
  live BIGINT NOT NULL, -- 1: a live source sees it now
  max_context BIGINT, -- tokens: largest window, prompt plus output, that the offer documents
  max_input_tokens BIGINT, -- tokens: cap on the prompt alone, where it is smaller than the window
  max_output_tokens BIGINT, -- tokens: cap on generated tokens
  served_context BIGINT, -- tokens: window that a running local server really allocates
  supports_tools BIGINT, -- 0 or 1: accepts tool definitions
  supports_parallel_tools BIGINT, -- 0 or 1: may call several tools in one turn
  supports_vision BIGINT, -- 0 or 1: accepts images as input
  supports_audio BIGINT, -- 0 or 1: accepts audio as input
  supports_pdf BIGINT, -- 0 or 1: accepts PDF documents as input
  supports_json_mode BIGINT, -- 0 or 1: can be held to any valid JSON
  supports_structured_outputs BIGINT, -- 0 or 1: can be held to a given JSON Schema
  supports_streaming BIGINT, -- 0 or 1: sends its answer in pieces
  supports_system_messages BIGINT, -- 0 or 1: takes a system message
  supports_reasoning BIGINT, -- 0 or 1: can think before it answers
  supports_prompt_cache BIGINT, -- 0 or 1: charges less for a repeated prompt prefix
  known_params TEXT COLLATE "C", -- words separated by commas: request parameters that are accepted
  unsupported_params TEXT COLLATE "C", -- words separated by commas: request parameters that are refused
  input_modalities TEXT COLLATE "C", -- words separated by commas: kinds of input: text, image, audio, video, pdf
  output_modalities TEXT COLLATE "C", -- words separated by commas: kinds of output: text, image, audio, video, embedding
  mode TEXT COLLATE "C", -- word: what the model is for
  input_cost_per_1m DOUBLE PRECISION, -- USD per 1M tokens: prompt tokens: standard tier, text, smallest prompt size
  output_cost_per_1m DOUBLE PRECISION, -- USD per 1M tokens: generated tokens: standard tier, text, smallest prompt size
  cache_read_cost_per_1m DOUBLE PRECISION, -- USD per 1M tokens: prompt tokens served from the cache
  cache_write_cost_per_1m DOUBLE PRECISION, -- USD per 1M tokens: prompt tokens written to the cache, shortest lifetime
  other_prices TEXT COLLATE "C", -- USD per 1M tokens: what batches, long prompts and the like cost; words such as input>200000:2.5, output/batch:5, cache_write_1h:6
  price_basis TEXT COLLATE "C", -- word: why the price is what it is; a zero needs a reason
  quality_tier TEXT COLLATE "C", -- word: quality class, not a price
  quality_basis TEXT COLLATE "C", -- word: evidence behind quality_tier
  speed_hint_tps DOUBLE PRECISION, -- tokens per second: median decode rate
  ttft_ms DOUBLE PRECISION, -- milliseconds: median time to the first token
  release_date TEXT COLLATE "C", -- YYYY-MM-DD or YYYY-MM: day the model was released
  knowledge_cutoff TEXT COLLATE "C", -- YYYY-MM-DD or YYYY-MM: end of the training data
  lifecycle TEXT COLLATE "C", -- word: what its maker says of its state
  deprecated_at TEXT COLLATE "C", -- YYYY-MM-DD or YYYY-MM: day from which its maker advises against it
  retires_at TEXT COLLATE "C", -- YYYY-MM-DD or YYYY-MM: day on which it stops answering
  replacement TEXT COLLATE "C", -- model name: what its maker recommends instead
  open_weights BIGINT, -- 0 or 1: its weights can be downloaded
  param_count BIGINT, -- parameters: total number of weights
  quantization TEXT COLLATE "C", -- label: number format of the served weights
  embedding_dims BIGINT, -- dimensions: length of an embedding vector
  valid_from TEXT COLLATE "C" NOT NULL, -- since when this row holds
  usable_context BIGINT GENERATED ALWAYS AS (coalesce(served_context, max_context, max_input_tokens)) STORED,
  blended_cost DOUBLE PRECISION GENERATED ALWAYS AS ((3 * input_cost_per_1m + output_cost_per_1m) / 4) STORED, -- USD per 1M
  rank_tier BIGINT NOT NULL GENERATED ALWAYS AS (CASE quality_tier
    WHEN 'best' THEN 0 WHEN 'balanced' THEN 1 WHEN 'cheap' THEN 2 ELSE 3 END) STORED,
  rank_cost DOUBLE PRECISION NOT NULL GENERATED ALWAYS AS (coalesce((3 * input_cost_per_1m + output_cost_per_1m) / 4, 9e99)) STORED,
  rank_context BIGINT NOT NULL GENERATED ALWAYS AS (-coalesce(served_context, max_context, max_input_tokens, 0)) STORED,
  rank_release TEXT COLLATE "C" NOT NULL GENERATED ALWAYS AS (coalesce(release_date, '')) STORED
)
;;
INSERT INTO catalog (model_id, provider, name, family, display_name, retired_at, live, max_context, max_input_tokens, max_output_tokens, served_context, supports_tools, supports_parallel_tools, supports_vision, supports_audio, supports_pdf, supports_json_mode, supports_structured_outputs, supports_streaming, supports_system_messages, supports_reasoning, supports_prompt_cache, known_params, unsupported_params, input_modalities, output_modalities, mode, input_cost_per_1m, output_cost_per_1m, cache_read_cost_per_1m, cache_write_cost_per_1m, other_prices, price_basis, quality_tier, quality_basis, speed_hint_tps, ttft_ms, release_date, knowledge_cutoff, lifecycle, deprecated_at, retires_at, replacement, open_weights, param_count, quantization, embedding_dims, valid_from) SELECT model_id, provider, name, family, display_name, retired_at, live, max_context, max_input_tokens, max_output_tokens, served_context, supports_tools, supports_parallel_tools, supports_vision, supports_audio, supports_pdf, supports_json_mode, supports_structured_outputs, supports_streaming, supports_system_messages, supports_reasoning, supports_prompt_cache, known_params, unsupported_params, input_modalities, output_modalities, mode, input_cost_per_1m, output_cost_per_1m, cache_read_cost_per_1m, cache_write_cost_per_1m, other_prices, price_basis, quality_tier, quality_basis, speed_hint_tps, ttft_ms, release_date, knowledge_cutoff, lifecycle, deprecated_at, retires_at, replacement, open_weights, param_count, quantization, embedding_dims, '' FROM catalog_rows
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
  substr(what, 1, strpos(what || '/', '/') - 1) AS direction,
  CASE WHEN strpos(what, '/') > 0 THEN substr(what, strpos(what, '/') + 1) ELSE 'standard' END
    AS processing,
  CASE WHEN strpos(slice, '>') > 0 THEN CAST(substr(slice, strpos(slice, '>') + 1) AS BIGINT) ELSE 0
    END AS min_prompt_tokens,
  CAST(price AS DOUBLE PRECISION) AS usd_per_1m
FROM (SELECT model_id, provider, name, slice, price,
    substr(slice, 1, strpos(slice || '>', '>') - 1) AS what
  FROM (SELECT model_id, provider, name, substr(word, 1, strpos(word, ':') - 1) AS slice,
      substr(word, strpos(word, ':') + 1) AS price
    FROM (WITH RECURSIVE words (model_id, provider, name, word, rest) AS (
        SELECT model_id, provider, name, nullif(name, name), other_prices || ',' FROM catalog
          WHERE other_prices IS NOT NULL
        UNION ALL
        SELECT model_id, provider, name, substr(rest, 1, strpos(rest, ',') - 1),
          substr(rest, strpos(rest, ',') + 1) FROM words WHERE rest <> '')
      SELECT model_id, provider, name, word FROM words WHERE word IS NOT NULL) w) w) w
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
CREATE TRIGGER catalog_guard BEFORE INSERT OR UPDATE OR DELETE ON catalog FOR EACH ROW EXECUTE FUNCTION modeldex_catalog_guard()
;;
CREATE TABLE catalog_history ( -- rows of catalog that were replaced; written by triggers
  id BIGINT GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
  model_id BIGINT NOT NULL,
  provider TEXT COLLATE "C" NOT NULL,
  name TEXT COLLATE "C" NOT NULL,
  family TEXT COLLATE "C",
  display_name TEXT COLLATE "C",
  retired_at TEXT COLLATE "C",
  live BIGINT NOT NULL,
  max_context BIGINT, -- tokens: largest window, prompt plus output, that the offer documents
  max_input_tokens BIGINT, -- tokens: cap on the prompt alone, where it is smaller than the window
  max_output_tokens BIGINT, -- tokens: cap on generated tokens
  served_context BIGINT, -- tokens: window that a running local server really allocates
  supports_tools BIGINT, -- 0 or 1: accepts tool definitions
  supports_parallel_tools BIGINT, -- 0 or 1: may call several tools in one turn
  supports_vision BIGINT, -- 0 or 1: accepts images as input
  supports_audio BIGINT, -- 0 or 1: accepts audio as input
  supports_pdf BIGINT, -- 0 or 1: accepts PDF documents as input
  supports_json_mode BIGINT, -- 0 or 1: can be held to any valid JSON
  supports_structured_outputs BIGINT, -- 0 or 1: can be held to a given JSON Schema
  supports_streaming BIGINT, -- 0 or 1: sends its answer in pieces
  supports_system_messages BIGINT, -- 0 or 1: takes a system message
  supports_reasoning BIGINT, -- 0 or 1: can think before it answers
  supports_prompt_cache BIGINT, -- 0 or 1: charges less for a repeated prompt prefix
  known_params TEXT COLLATE "C", -- words separated by commas: request parameters that are accepted
  unsupported_params TEXT COLLATE "C", -- words separated by commas: request parameters that are refused
  input_modalities TEXT COLLATE "C", -- words separated by commas: kinds of input: text, image, audio, video, pdf
  output_modalities TEXT COLLATE "C", -- words separated by commas: kinds of output: text, image, audio, video, embedding
  mode TEXT COLLATE "C", -- word: what the model is for
  input_cost_per_1m DOUBLE PRECISION, -- USD per 1M tokens: prompt tokens: standard tier, text, smallest prompt size
  output_cost_per_1m DOUBLE PRECISION, -- USD per 1M tokens: generated tokens: standard tier, text, smallest prompt size
  cache_read_cost_per_1m DOUBLE PRECISION, -- USD per 1M tokens: prompt tokens served from the cache
  cache_write_cost_per_1m DOUBLE PRECISION, -- USD per 1M tokens: prompt tokens written to the cache, shortest lifetime
  other_prices TEXT COLLATE "C", -- USD per 1M tokens: what batches, long prompts and the like cost; words such as input>200000:2.5, output/batch:5, cache_write_1h:6
  price_basis TEXT COLLATE "C", -- word: why the price is what it is; a zero needs a reason
  quality_tier TEXT COLLATE "C", -- word: quality class, not a price
  quality_basis TEXT COLLATE "C", -- word: evidence behind quality_tier
  speed_hint_tps DOUBLE PRECISION, -- tokens per second: median decode rate
  ttft_ms DOUBLE PRECISION, -- milliseconds: median time to the first token
  release_date TEXT COLLATE "C", -- YYYY-MM-DD or YYYY-MM: day the model was released
  knowledge_cutoff TEXT COLLATE "C", -- YYYY-MM-DD or YYYY-MM: end of the training data
  lifecycle TEXT COLLATE "C", -- word: what its maker says of its state
  deprecated_at TEXT COLLATE "C", -- YYYY-MM-DD or YYYY-MM: day from which its maker advises against it
  retires_at TEXT COLLATE "C", -- YYYY-MM-DD or YYYY-MM: day on which it stops answering
  replacement TEXT COLLATE "C", -- model name: what its maker recommends instead
  open_weights BIGINT, -- 0 or 1: its weights can be downloaded
  param_count BIGINT, -- parameters: total number of weights
  quantization TEXT COLLATE "C", -- label: number format of the served weights
  embedding_dims BIGINT, -- dimensions: length of an embedding vector
  valid_from TEXT COLLATE "C" NOT NULL,
  valid_to TEXT COLLATE "C" NOT NULL,
  usable_context BIGINT GENERATED ALWAYS AS (coalesce(served_context, max_context, max_input_tokens)) STORED,
  blended_cost DOUBLE PRECISION GENERATED ALWAYS AS ((3 * input_cost_per_1m + output_cost_per_1m) / 4) STORED, -- USD per 1M
  rank_tier BIGINT NOT NULL GENERATED ALWAYS AS (CASE quality_tier
    WHEN 'best' THEN 0 WHEN 'balanced' THEN 1 WHEN 'cheap' THEN 2 ELSE 3 END) STORED,
  rank_cost DOUBLE PRECISION NOT NULL GENERATED ALWAYS AS (coalesce((3 * input_cost_per_1m + output_cost_per_1m) / 4, 9e99)) STORED,
  rank_context BIGINT NOT NULL GENERATED ALWAYS AS (-coalesce(served_context, max_context, max_input_tokens, 0)) STORED,
  rank_release TEXT COLLATE "C" NOT NULL GENERATED ALWAYS AS (coalesce(release_date, '')) STORED
)
;;
CREATE TABLE catalog_before ( -- internal: rows of catalog that a fold replaces
  model_id BIGINT NOT NULL PRIMARY KEY,
  provider TEXT COLLATE "C" NOT NULL,
  name TEXT COLLATE "C" NOT NULL,
  family TEXT COLLATE "C",
  display_name TEXT COLLATE "C",
  retired_at TEXT COLLATE "C",
  live BIGINT NOT NULL,
  max_context BIGINT, -- tokens: largest window, prompt plus output, that the offer documents
  max_input_tokens BIGINT, -- tokens: cap on the prompt alone, where it is smaller than the window
  max_output_tokens BIGINT, -- tokens: cap on generated tokens
  served_context BIGINT, -- tokens: window that a running local server really allocates
  supports_tools BIGINT, -- 0 or 1: accepts tool definitions
  supports_parallel_tools BIGINT, -- 0 or 1: may call several tools in one turn
  supports_vision BIGINT, -- 0 or 1: accepts images as input
  supports_audio BIGINT, -- 0 or 1: accepts audio as input
  supports_pdf BIGINT, -- 0 or 1: accepts PDF documents as input
  supports_json_mode BIGINT, -- 0 or 1: can be held to any valid JSON
  supports_structured_outputs BIGINT, -- 0 or 1: can be held to a given JSON Schema
  supports_streaming BIGINT, -- 0 or 1: sends its answer in pieces
  supports_system_messages BIGINT, -- 0 or 1: takes a system message
  supports_reasoning BIGINT, -- 0 or 1: can think before it answers
  supports_prompt_cache BIGINT, -- 0 or 1: charges less for a repeated prompt prefix
  known_params TEXT COLLATE "C", -- words separated by commas: request parameters that are accepted
  unsupported_params TEXT COLLATE "C", -- words separated by commas: request parameters that are refused
  input_modalities TEXT COLLATE "C", -- words separated by commas: kinds of input: text, image, audio, video, pdf
  output_modalities TEXT COLLATE "C", -- words separated by commas: kinds of output: text, image, audio, video, embedding
  mode TEXT COLLATE "C", -- word: what the model is for
  input_cost_per_1m DOUBLE PRECISION, -- USD per 1M tokens: prompt tokens: standard tier, text, smallest prompt size
  output_cost_per_1m DOUBLE PRECISION, -- USD per 1M tokens: generated tokens: standard tier, text, smallest prompt size
  cache_read_cost_per_1m DOUBLE PRECISION, -- USD per 1M tokens: prompt tokens served from the cache
  cache_write_cost_per_1m DOUBLE PRECISION, -- USD per 1M tokens: prompt tokens written to the cache, shortest lifetime
  other_prices TEXT COLLATE "C", -- USD per 1M tokens: what batches, long prompts and the like cost; words such as input>200000:2.5, output/batch:5, cache_write_1h:6
  price_basis TEXT COLLATE "C", -- word: why the price is what it is; a zero needs a reason
  quality_tier TEXT COLLATE "C", -- word: quality class, not a price
  quality_basis TEXT COLLATE "C", -- word: evidence behind quality_tier
  speed_hint_tps DOUBLE PRECISION, -- tokens per second: median decode rate
  ttft_ms DOUBLE PRECISION, -- milliseconds: median time to the first token
  release_date TEXT COLLATE "C", -- YYYY-MM-DD or YYYY-MM: day the model was released
  knowledge_cutoff TEXT COLLATE "C", -- YYYY-MM-DD or YYYY-MM: end of the training data
  lifecycle TEXT COLLATE "C", -- word: what its maker says of its state
  deprecated_at TEXT COLLATE "C", -- YYYY-MM-DD or YYYY-MM: day from which its maker advises against it
  retires_at TEXT COLLATE "C", -- YYYY-MM-DD or YYYY-MM: day on which it stops answering
  replacement TEXT COLLATE "C", -- model name: what its maker recommends instead
  open_weights BIGINT, -- 0 or 1: its weights can be downloaded
  param_count BIGINT, -- parameters: total number of weights
  quantization TEXT COLLATE "C", -- label: number format of the served weights
  embedding_dims BIGINT, -- dimensions: length of an embedding vector
  valid_from TEXT COLLATE "C" NOT NULL
)
;;
CREATE INDEX catalog_history_shown ON catalog_history (rank_tier, rank_cost, rank_context, rank_release DESC, provider, name, live, valid_from, valid_to) WHERE (mode IS NULL OR mode = 'chat') AND retired_at IS NULL AND (lifecycle IS NULL OR lifecycle IN ('active', 'preview')) AND (price_basis IS NULL OR price_basis IN ('metered', 'self_hosted'))
;;
CREATE INDEX catalog_history_by_end ON catalog_history (valid_to, valid_from)
;;
CREATE INDEX catalog_history_by_model ON catalog_history (model_id)
;;
CREATE INDEX catalog_history_by_name ON catalog_history (name)
;;
CREATE OR REPLACE FUNCTION modeldex_fold() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF coalesce(current_setting('modeldex.folding', TRUE), '') = '1' OR EXISTS (SELECT 1 FROM deferral) THEN RETURN NULL; END IF;
  PERFORM set_config('modeldex.folding', '1', TRUE);
  IF EXISTS (SELECT 1 FROM pending_measurements) THEN
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
    JOIN models m ON m.provider = p.provider AND m.name = p.name);
  INSERT INTO capabilities (model_id, resolver, speed_hint_tps, ttft_ms, input_cost_per_1m, output_cost_per_1m, supports_tools, supports_vision, supports_json_mode, supports_structured_outputs, quality_tier, quality_basis, observed_at)
    SELECT v.model_id, 'perf_lab', v.speed_hint_tps, v.ttft_ms, v.input_cost_per_1m, v.output_cost_per_1m, v.supports_tools, v.supports_vision, v.supports_json_mode, v.supports_structured_outputs, v.quality_tier, CASE WHEN v.quality_tier IS NOT NULL THEN 'measured' END,
    v.measured_at FROM pending_measurements p
    JOIN models m ON m.provider = p.provider AND m.name = p.name
    JOIN measured v ON v.model_id = m.id WHERE v.measured_at IS NOT NULL AND NOT EXISTS
    (SELECT 1 FROM capabilities c WHERE c.model_id = v.model_id AND c.resolver = 'perf_lab');
  DELETE FROM pending_measurements;
  END IF;
  IF EXISTS (SELECT 1 FROM pending) THEN
    INSERT INTO catalog_before (model_id, provider, name, family, display_name, retired_at, live, max_context, max_input_tokens, max_output_tokens, served_context, supports_tools, supports_parallel_tools, supports_vision, supports_audio, supports_pdf, supports_json_mode, supports_structured_outputs, supports_streaming, supports_system_messages, supports_reasoning, supports_prompt_cache, known_params, unsupported_params, input_modalities, output_modalities, mode, input_cost_per_1m, output_cost_per_1m, cache_read_cost_per_1m, cache_write_cost_per_1m, other_prices, price_basis, quality_tier, quality_basis, speed_hint_tps, ttft_ms, release_date, knowledge_cutoff, lifecycle, deprecated_at, retires_at, replacement, open_weights, param_count, quantization, embedding_dims, valid_from) SELECT c.model_id, c.provider, c.name, c.family, c.display_name, c.retired_at, c.live, c.max_context, c.max_input_tokens, c.max_output_tokens, c.served_context, c.supports_tools, c.supports_parallel_tools, c.supports_vision, c.supports_audio, c.supports_pdf, c.supports_json_mode, c.supports_structured_outputs, c.supports_streaming, c.supports_system_messages, c.supports_reasoning, c.supports_prompt_cache, c.known_params, c.unsupported_params, c.input_modalities, c.output_modalities, c.mode, c.input_cost_per_1m, c.output_cost_per_1m, c.cache_read_cost_per_1m, c.cache_write_cost_per_1m, c.other_prices, c.price_basis, c.quality_tier, c.quality_basis, c.speed_hint_tps, c.ttft_ms, c.release_date, c.knowledge_cutoff, c.lifecycle, c.deprecated_at, c.retires_at, c.replacement, c.open_weights, c.param_count, c.quantization, c.embedding_dims, c.valid_from
    FROM pending p JOIN catalog c ON c.model_id = p.model_id;DELETE FROM catalog WHERE model_id IN (SELECT model_id FROM pending);INSERT INTO catalog (model_id, provider, name, family, display_name, retired_at, live, max_context, max_input_tokens, max_output_tokens, served_context, supports_tools, supports_parallel_tools, supports_vision, supports_audio, supports_pdf, supports_json_mode, supports_structured_outputs, supports_streaming, supports_system_messages, supports_reasoning, supports_prompt_cache, known_params, unsupported_params, input_modalities, output_modalities, mode, input_cost_per_1m, output_cost_per_1m, cache_read_cost_per_1m, cache_write_cost_per_1m, other_prices, price_basis, quality_tier, quality_basis, speed_hint_tps, ttft_ms, release_date, knowledge_cutoff, lifecycle, deprecated_at, retires_at, replacement, open_weights, param_count, quantization, embedding_dims, valid_from) SELECT n.model_id, n.provider, n.name, n.family, n.display_name, n.retired_at, n.live, n.max_context, n.max_input_tokens, n.max_output_tokens, n.served_context, n.supports_tools, n.supports_parallel_tools, n.supports_vision, n.supports_audio, n.supports_pdf, n.supports_json_mode, n.supports_structured_outputs, n.supports_streaming, n.supports_system_messages, n.supports_reasoning, n.supports_prompt_cache, n.known_params, n.unsupported_params, n.input_modalities, n.output_modalities, n.mode, n.input_cost_per_1m, n.output_cost_per_1m, n.cache_read_cost_per_1m, n.cache_write_cost_per_1m, n.other_prices, n.price_basis, n.quality_tier, n.quality_basis, n.speed_hint_tps, n.ttft_ms, n.release_date, n.knowledge_cutoff, n.lifecycle, n.deprecated_at, n.retires_at, n.replacement, n.open_weights, n.param_count, n.quantization, n.embedding_dims,
    CASE WHEN (EXISTS (SELECT 1 FROM runs)
      AND NOT EXISTS (SELECT 1 FROM runs WHERE finished_at IS NOT NULL)) OR b.valid_from > (SELECT modeldex_now()) OR (b.model_id IS NOT DISTINCT FROM n.model_id AND b.provider IS NOT DISTINCT FROM n.provider AND b.name IS NOT DISTINCT FROM n.name AND b.family IS NOT DISTINCT FROM n.family AND b.display_name IS NOT DISTINCT FROM n.display_name AND b.retired_at IS NOT DISTINCT FROM n.retired_at AND b.live IS NOT DISTINCT FROM n.live AND b.max_context IS NOT DISTINCT FROM n.max_context AND b.max_input_tokens IS NOT DISTINCT FROM n.max_input_tokens AND b.max_output_tokens IS NOT DISTINCT FROM n.max_output_tokens AND b.served_context IS NOT DISTINCT FROM n.served_context AND b.supports_tools IS NOT DISTINCT FROM n.supports_tools AND b.supports_parallel_tools IS NOT DISTINCT FROM n.supports_parallel_tools AND b.supports_vision IS NOT DISTINCT FROM n.supports_vision AND b.supports_audio IS NOT DISTINCT FROM n.supports_audio AND b.supports_pdf IS NOT DISTINCT FROM n.supports_pdf AND b.supports_json_mode IS NOT DISTINCT FROM n.supports_json_mode AND b.supports_structured_outputs IS NOT DISTINCT FROM n.supports_structured_outputs AND b.supports_streaming IS NOT DISTINCT FROM n.supports_streaming AND b.supports_system_messages IS NOT DISTINCT FROM n.supports_system_messages AND b.supports_reasoning IS NOT DISTINCT FROM n.supports_reasoning AND b.supports_prompt_cache IS NOT DISTINCT FROM n.supports_prompt_cache AND b.known_params IS NOT DISTINCT FROM n.known_params AND b.unsupported_params IS NOT DISTINCT FROM n.unsupported_params AND b.input_modalities IS NOT DISTINCT FROM n.input_modalities AND b.output_modalities IS NOT DISTINCT FROM n.output_modalities AND b.mode IS NOT DISTINCT FROM n.mode AND b.input_cost_per_1m IS NOT DISTINCT FROM n.input_cost_per_1m AND b.output_cost_per_1m IS NOT DISTINCT FROM n.output_cost_per_1m AND b.cache_read_cost_per_1m IS NOT DISTINCT FROM n.cache_read_cost_per_1m AND b.cache_write_cost_per_1m IS NOT DISTINCT FROM n.cache_write_cost_per_1m AND b.other_prices IS NOT DISTINCT FROM n.other_prices AND b.price_basis IS NOT DISTINCT FROM n.price_basis AND b.quality_tier IS NOT DISTINCT FROM n.quality_tier AND b.quality_basis IS NOT DISTINCT FROM n.quality_basis AND b.speed_hint_tps IS NOT DISTINCT FROM n.speed_hint_tps AND b.ttft_ms IS NOT DISTINCT FROM n.ttft_ms AND b.release_date IS NOT DISTINCT FROM n.release_date AND b.knowledge_cutoff IS NOT DISTINCT FROM n.knowledge_cutoff AND b.lifecycle IS NOT DISTINCT FROM n.lifecycle AND b.deprecated_at IS NOT DISTINCT FROM n.deprecated_at AND b.retires_at IS NOT DISTINCT FROM n.retires_at AND b.replacement IS NOT DISTINCT FROM n.replacement AND b.open_weights IS NOT DISTINCT FROM n.open_weights AND b.param_count IS NOT DISTINCT FROM n.param_count AND b.quantization IS NOT DISTINCT FROM n.quantization AND b.embedding_dims IS NOT DISTINCT FROM n.embedding_dims)
      THEN coalesce(b.valid_from, (SELECT modeldex_now()))
      ELSE (SELECT modeldex_now()) END
    FROM pending_rows n LEFT JOIN catalog_before b ON b.model_id = n.model_id;INSERT INTO catalog_history (model_id, provider, name, family, display_name, retired_at, live, max_context, max_input_tokens, max_output_tokens, served_context, supports_tools, supports_parallel_tools, supports_vision, supports_audio, supports_pdf, supports_json_mode, supports_structured_outputs, supports_streaming, supports_system_messages, supports_reasoning, supports_prompt_cache, known_params, unsupported_params, input_modalities, output_modalities, mode, input_cost_per_1m, output_cost_per_1m, cache_read_cost_per_1m, cache_write_cost_per_1m, other_prices, price_basis, quality_tier, quality_basis, speed_hint_tps, ttft_ms, release_date, knowledge_cutoff, lifecycle, deprecated_at, retires_at, replacement, open_weights, param_count, quantization, embedding_dims, valid_from, valid_to)
    SELECT b.model_id, b.provider, b.name, b.family, b.display_name, b.retired_at, b.live, b.max_context, b.max_input_tokens, b.max_output_tokens, b.served_context, b.supports_tools, b.supports_parallel_tools, b.supports_vision, b.supports_audio, b.supports_pdf, b.supports_json_mode, b.supports_structured_outputs, b.supports_streaming, b.supports_system_messages, b.supports_reasoning, b.supports_prompt_cache, b.known_params, b.unsupported_params, b.input_modalities, b.output_modalities, b.mode, b.input_cost_per_1m, b.output_cost_per_1m, b.cache_read_cost_per_1m, b.cache_write_cost_per_1m, b.other_prices, b.price_basis, b.quality_tier, b.quality_basis, b.speed_hint_tps, b.ttft_ms, b.release_date, b.knowledge_cutoff, b.lifecycle, b.deprecated_at, b.retires_at, b.replacement, b.open_weights, b.param_count, b.quantization, b.embedding_dims, b.valid_from, c.valid_from
    FROM catalog_before b JOIN catalog c ON c.model_id = b.model_id
    WHERE c.valid_from > b.valid_from;DELETE FROM catalog_before;INSERT INTO model_history (model_id, at, provider, name, family, display_name, retired_at, live)
    SELECT c.model_id, modeldex_now(), c.provider, c.name, c.family, c.display_name, c.retired_at, c.live
    FROM pending p JOIN catalog c ON c.model_id = p.model_id
    WHERE NOT EXISTS (SELECT 1 FROM model_history h
      WHERE h.id = (SELECT max(id) FROM model_history WHERE model_id = c.model_id)
      AND h.provider IS NOT DISTINCT FROM c.provider AND h.name IS NOT DISTINCT FROM c.name AND h.family IS NOT DISTINCT FROM c.family AND h.display_name IS NOT DISTINCT FROM c.display_name AND h.retired_at IS NOT DISTINCT FROM c.retired_at AND h.live IS NOT DISTINCT FROM c.live);
    DELETE FROM pending;
  END IF;
  PERFORM set_config('modeldex.folding', '', TRUE);
  RETURN NULL;
END $$
;;
CREATE OR REPLACE FUNCTION modeldex_models_after() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN
    DELETE FROM capability_history WHERE model_id = OLD.id;
    DELETE FROM model_history WHERE model_id = OLD.id;
    DELETE FROM catalog_history WHERE model_id = OLD.id;
    INSERT INTO pending (model_id) VALUES (OLD.id) ON CONFLICT DO NOTHING;
  ELSIF TG_OP = 'INSERT' THEN
    INSERT INTO pending (model_id) VALUES (NEW.id) ON CONFLICT DO NOTHING;
  ELSIF OLD.provider IS DISTINCT FROM NEW.provider OR OLD.name IS DISTINCT FROM NEW.name OR OLD.family IS DISTINCT FROM NEW.family OR OLD.display_name IS DISTINCT FROM NEW.display_name OR OLD.retired_at IS DISTINCT FROM NEW.retired_at THEN
    INSERT INTO pending (model_id) VALUES (NEW.id) ON CONFLICT DO NOTHING;
  END IF;
  RETURN NULL;
END $$
;;
UPDATE about SET value = '0.3.0' WHERE key = 'needs_modeldex'
;;
UPDATE about SET value = '3' WHERE key = 'schema'
