"""Models of which nearly everything is stated."""

from command_line import MODELS

RICH: dict[str, dict[str, object]] = {
    **MODELS,
    "acme/vision<script>": {
        "input_cost_per_1m": 2.0, "output_cost_per_1m": 8.0, "cache_read_cost_per_1m": 0.5,
        "other_prices": {"input>200000:4", "output>200000:12"}, "supports_vision": True,
        "supports_tools": True, "supports_structured_outputs": False, "supports_reasoning": True,
        "max_context": 1_000_000, "max_output_tokens": 64_000, "mode": "chat",
        "input_modalities": {"text", "image"}, "output_modalities": {"text"},
        "known_params": {"temperature"}, "lifecycle": "preview", "knowledge_cutoff": "2025-06",
        "release_date": "2026-02-01", "open_weights": False, "retires_at": "2030-01-01",
    },
    "together/meta-llama/Llama-3": {"supports_tools": True, "retires_at": "2026-01-01"},
}  # fmt: skip
