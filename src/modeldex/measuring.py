"""How the samples of a perf lab become its opinions, as SQL text."""

_PERF_LAB = (
    "speed_hint_tps = v.tokens_per_second, ttft_ms = v.ttft_ms, "
    "input_cost_per_1m = v.input_cost_per_1m, output_cost_per_1m = v.output_cost_per_1m, "
    "observed_at = coalesce(v.measured_at, capabilities.observed_at)"
)

FOLD_MEASURED = f"""INSERT INTO models (provider, name) SELECT p.provider, p.name
    FROM pending_measurements p WHERE NOT EXISTS
    (SELECT 1 FROM models m WHERE m.provider = p.provider AND m.name = p.name) AND EXISTS
    (SELECT 1 FROM measurements s WHERE s.provider = p.provider AND s.name = p.name);
  UPDATE capabilities SET {_PERF_LAB} FROM (SELECT v.* FROM pending_measurements p
    CROSS JOIN models m ON m.provider = p.provider AND m.name = p.name
    CROSS JOIN measured v ON v.model_id = m.id) v
    WHERE capabilities.resolver = 'perf_lab' AND capabilities.model_id = v.model_id;
  INSERT INTO capabilities (model_id, resolver, speed_hint_tps, ttft_ms, input_cost_per_1m,
    output_cost_per_1m, observed_at) SELECT v.model_id, 'perf_lab', v.tokens_per_second,
    v.ttft_ms, v.input_cost_per_1m, v.output_cost_per_1m, v.measured_at
    FROM pending_measurements p
    CROSS JOIN models m ON m.provider = p.provider AND m.name = p.name
    CROSS JOIN measured v ON v.model_id = m.id WHERE v.measured_at IS NOT NULL AND NOT EXISTS
    (SELECT 1 FROM capabilities c WHERE c.model_id = v.model_id AND c.resolver = 'perf_lab');
  DELETE FROM pending_measurements;"""
"""Folds the noted samples into the perf_lab opinions; three statements and a clean-up."""
