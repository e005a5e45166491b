"""What a query may require of a model: one row per criterion that is a flag or a bound."""

REQUIRED_FLAGS = {
    "requires_tools": "supports_tools",
    "requires_vision": "supports_vision",
    "requires_audio": "supports_audio",
    "requires_json_mode": "supports_json_mode",
    "requires_structured_outputs": "supports_structured_outputs",
    "requires_streaming": "supports_streaming",
    "requires_system_messages": "supports_system_messages",
    "requires_reasoning": "supports_reasoning",
}
"""Criteria that require a flag to be true, with the field each one reads."""

BOUNDS = {
    "min_context": ("usable_context", ">="),
    "max_context": ("usable_context", "<="),
    "min_output_tokens": ("max_output_tokens", ">="),
    "max_cost_per_1m_input": ("input_cost_per_1m", "<="),
    "max_cost_per_1m_output": ("output_cost_per_1m", "<="),
    "min_speed_tps": ("speed_hint_tps", ">="),
}
"""Criteria that bound a number: the column, and how its value compares with the bound.

`usable_context` is the served window where it is known, else the documented one, else the cap on
the prompt.
"""

COST_TIER_CUTS: tuple[tuple[str, float, float | None], ...] = (
    ("cheap", 0.0, 0.5),
    ("standard", 0.5, 2.0),
    ("premium", 2.0, None),
)
"""Name, lower bound and upper bound (excluded) of the blended cost, USD per 1M tokens.

These are what a new catalog starts with; table `cost_tiers` holds those in force. A blended cost
of 0 is the tier free.
"""

COST_TIERS = ("free", *(name for name, _, _ in COST_TIER_CUTS))
OTHER_CRITERIA = (
    "requires_params", "quality_tier", "min_quality_tier", "cost_tier", "provider", "providers",
    "family", "mode", "price_basis", "available", "include_deprecated", "limit", "offset",
)  # fmt: skip
CRITERIA = (*REQUIRED_FLAGS, *BOUNDS, *OTHER_CRITERIA)
