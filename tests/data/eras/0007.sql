-- What a catalog of schema 0007 may hold, typed as its users did. Frozen: never edit.
INSERT INTO models (provider, name, family, display_name, first_seen, last_seen) VALUES
  ('acme', 'alpha', 'al', 'Alpha', '2026-01-01T00:00:00.000Z', '2026-02-01T00:00:00.000Z'),
  ('acme', 'beta/2:free', NULL, 'Βeta «2»', '2026-01-02T00:00:00Z', '2026-02-01T00:00:00.123456Z'),
  ('globex', 'alpha', 'al', NULL, '2026-01-03T00:00:00.000Z', '2026-02-01T00:00:00.000Z'),
  ('globex', 'unseen', NULL, NULL, '2026-01-03T00:00:00.000Z', '2026-02-01T00:00:00.000Z');
UPDATE models SET retired_at = '2026-03-01T00:00:00.000Z' WHERE name = 'unseen';
INSERT INTO aliases (provider, alias, model_id) VALUES
  ('acme', 'alpha-latest', 1), ('acme', 'αλφα', 1), ('globex', 'a', 3);
INSERT INTO sources (name, kind) VALUES ('ollama', 'live'), ('models_dev', 'reference');
INSERT INTO sightings (model_id, source, first_seen, last_seen, missing_since) VALUES
  (1, 'ollama', '2026-01-01T00:00:00.000Z', '2026-02-01T00:00:00.000Z', NULL),
  (1, 'models_dev', '2026-01-01T00:00:00.000Z', '2026-02-01T00:00:00.000Z', NULL),
  (2, 'ollama', '2026-01-01T00:00:00.000Z', '2026-02-01T00:00:00.000Z', '2026-02-02T00:00:00.000Z'),
  (3, 'models_dev', '2026-01-01T00:00:00.000Z', '2026-02-01T00:00:00.000Z', NULL);
INSERT INTO resolvers (name, precedence) VALUES ('my_probe', 405), ('Mine Too', 405);
UPDATE resolvers SET precedence = 505 WHERE name = 'ollama';
INSERT INTO capabilities (
  model_id, resolver, max_context, max_input_tokens, max_output_tokens, served_context,
  supports_tools, supports_parallel_tools, supports_vision, supports_audio, supports_pdf,
  supports_json_mode, supports_structured_outputs, supports_streaming, supports_system_messages,
  supports_reasoning, supports_prompt_cache, known_params, unsupported_params, input_modalities,
  output_modalities, mode, input_cost_per_1m, output_cost_per_1m, cache_read_cost_per_1m,
  cache_write_cost_per_1m, price_basis, quality_tier, quality_basis, speed_hint_tps, ttft_ms,
  release_date, knowledge_cutoff, lifecycle, deprecated_at, retires_at, replacement, open_weights,
  param_count, quantization, embedding_dims, observed_at, changed_at
) VALUES (
  1, 'static', 1000000, 900000, 65536, 32768, 1, 0, 1, 0, 1, 1, 0, 1, 1, 0, 1,
  'seed,stop,top_p', 'logit_bias', 'image,text', 'text', 'chat', 0.15, 0.6, 0.075, 0.0,
  'metered', 'balanced', 'curated', 61.5, 420.25, '2026-01-15', '2025-10', 'active',
  '2027-01-01', '2027-06-30', 'alpha-2', 0, 1000000000000000, 'Q4_K_M', 4096,
  '2026-01-01T00:00:00.000Z', '2026-01-01T00:00:00.000Z'
);
INSERT INTO capabilities (model_id, resolver, max_context, supports_tools, observed_at, changed_at)
  VALUES (1, 'user', 2048, 0, '2026-01-05T00:00:00.000Z', '2026-01-05T00:00:00.000Z');
INSERT INTO capabilities (model_id, resolver, input_cost_per_1m, output_cost_per_1m, quality_tier)
  VALUES (2, 'my_probe', 0, 0, 'cheap'), (2, 'Mine Too', 1, 2, 'best'), (3, 'litellm', 3, 15, NULL);
INSERT INTO capabilities (model_id, resolver) VALUES (4, 'user');
UPDATE capabilities SET max_context = 4096, changed_at = '2026-01-06T00:00:00.000Z'
  WHERE model_id = 1 AND resolver = 'user';
INSERT OR REPLACE INTO capabilities (model_id, resolver, input_cost_per_1m)
  VALUES (3, 'litellm', 3.5);
DELETE FROM capabilities WHERE model_id = 2 AND resolver = 'Mine Too';
INSERT INTO measurements (provider, name, measured_at, tokens_per_second, ttft_ms, host, run_id)
  VALUES ('acme', 'alpha', '2026-01-07T00:00:00.000Z', 55.5, 300, 'lab-1', 'nightly'),
    ('acme', 'alpha', '2026-01-08T00:00:00.000Z', 57.5, NULL, 'lab-1', NULL),
    ('initech', 'new-one', '2026-01-08T00:00:00.000Z', NULL, 12.5, NULL, NULL);
INSERT INTO measurements (provider, name, measured_at, input_cost_per_1m, output_cost_per_1m)
  VALUES ('globex', 'alpha', '2026-01-09T00:00:00.000Z', 2.9, 14.5);
UPDATE cost_tiers SET below = 0.75 WHERE name = 'cheap';
UPDATE cost_tiers SET at_least = 0.75 WHERE name = 'standard';
INSERT INTO runs (id, kind, started_at, finished_at, status, version) VALUES
  (1, 'shipped', '2026-01-01T00:00:00.000Z', '2026-01-01T00:00:02.000Z', 'ok', '0.1.0'),
  (2, 'refresh', '2026-01-02T00:00:00.000Z', NULL, 'running', '0.1.0');
INSERT INTO run_steps (
  id, run_id, kind, name, status, started_at, fetch_ms, write_ms, chunks, seen, changed, dropped,
  token, error, detail
) VALUES
  (1, 1, 'source', 'models_dev', 'ok', '2026-01-01T00:00:00.000Z', 1.5, 20.25, 2, 900, 900, 3,
   '2026-01-01', NULL, '[{"model": "a/b", "field": "mode", "reason": "?"}]'),
  (2, 1, 'resolver', 'ollama', 'failed', '2026-01-01T00:00:01.000Z', 2000, 0, 0, 0, 0, 0,
   NULL, 'no answer within 2 s', NULL);
INSERT INTO quality_suites (name, version, balanced_at_least, best_at_least, min_samples)
  VALUES ('house', '3', 0.5, 0.8, 2), ('other', NULL, 40, 60, 30);
INSERT INTO measurements (provider, name, measured_at, supports_tools, supports_vision,
    supports_json_mode, supports_structured_outputs, samples, run_id)
  VALUES ('acme', 'alpha', '2026-01-10T00:00:00.000Z', 1, 0, 1, 0, 5, 'flags');
INSERT INTO measurements (provider, name, measured_at, quality_score, quality_suite, suite_version,
    samples)
  VALUES ('acme', 'alpha', '2026-01-10T00:00:01.000Z', 0.9, 'house', '3', 40);
INSERT INTO measurements (provider, name, measured_at, error)
  VALUES ('acme', 'beta/2:free', '2026-01-10T00:00:02.000Z', 'the host hung up');
UPDATE capabilities SET other_prices = 'input/batch:0.075,input>200000:0.3'
  WHERE model_id = 1 AND resolver = 'static';
INSERT INTO acknowledged (model_id, field, said, acknowledged_at)
  SELECT model_id, field, said, '2026-01-11T00:00:00.000Z' FROM drift WHERE field = 'max_context';
INSERT INTO bases (id, maker, line, version, released, open_weights, parent)
  VALUES ('acme/alpha-2', 'acme', 'alpha', '2', '2025-12-01', 1, 'acme/alpha-1');
INSERT INTO provider_classes (provider, class, maker) VALUES ('acme', 'lab', 'acme');
UPDATE capabilities SET base = 'acme/alpha-2', snapshot = '2025-12-01', variant = 'fp8'
  WHERE model_id = 1 AND resolver = 'static';
UPDATE capabilities SET target = 'acme/alpha', suspicious = 0
  WHERE model_id = 3 AND resolver = 'litellm';

INSERT INTO listings (provider, address, variable, fingerprint, complete, since, read_at, asked_at,
    problem, error)
  VALUES ('acme', 'https://api.acme.example/v1', 'ACME_API_KEY', 4711, 1,
    '2026-01-01T00:00:00.000Z', '2026-02-01T00:00:00.000Z', '2026-02-02T00:00:00.000Z', 'key',
    'the key was refused: check ACME_API_KEY');
INSERT INTO listed (listing_id, model_id, since, until) VALUES
  (1, 1, '2026-01-01T00:00:00.000Z', NULL),
  (1, 2, '2026-01-01T00:00:00.000Z', '2026-02-01T00:00:00.000Z');
INSERT INTO configured (provider, how, listing_id, at)
  VALUES ('acme', 'refused', 1, '2026-02-02T00:00:00.000Z');
INSERT INTO sources (name, kind, keyed, origin)
  VALUES ('acme', 'live', 1, '/etc/modeldex/providers.toml');
INSERT INTO notices (provider, name, deprecated_at, retires_at, replacement, source_url, read_at)
  VALUES ('acme', 'alpha', '2026-01-01', '2026-12', 'alpha-3', 'https://acme.test/ends',
    '2026-01-12');
INSERT INTO coverage (source, provider, mode, tools_only) VALUES ('litellm', 'acme', 'chat', 1);
UPDATE capabilities SET presumed_gone = '2026-01-12', source_url = 'https://acme.test/gone'
  WHERE model_id = 3 AND resolver = 'litellm';
INSERT INTO suites (name, family, task, zero_at, hundred_at, half_width) VALUES
  ('our/exam', 'our-exam', 'general', 0, 1, 0.05);
INSERT INTO benchmarks (base, suite, day, score, low, high, n, source, licence) VALUES
  ('acme/alpha', 'our/exam', '2026-01-12', 0.8, 0.75, 0.85, 40, 'https://acme.test/exam', NULL);
UPDATE quality_tiers SET above = 80 WHERE name = 'best';
UPDATE capabilities SET supports_video = 1, min_cacheable_tokens = 1024,
  endpoints = '/v1/responses', effort_levels = 'high,low', quality_score = 81.5,
  quality_low = 80, quality_high = 83, quality_families = 2, coding_score = 70.5,
  vision_score = 60, documents_score = 50.5, quality_basis = 'inferred'
  WHERE model_id = 3 AND resolver = 'litellm';
