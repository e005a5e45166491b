"""The alternative without a catalog: a list of models, a filter and min()."""

from collections.abc import Sequence

import stretched
from questions import today

from modeldex import ModelWithCapabilities

CALLABLE = {*stretched.KEYED, stretched.LOCAL}
_TIERS = ("best", "balanced", "cheap", "unknown")


def find_best(
    models: Sequence[ModelWithCapabilities], *, requires_tools: bool, min_context: int
) -> ModelWithCapabilities | None:
    """Return the best callable, active chat model with these capabilities."""
    day = today()
    fits = (
        model
        for model in models
        if (known := model.capabilities).supports_tools is requires_tools
        and (known.served_context or known.max_context or 0) >= min_context
        and model.spec.provider in CALLABLE
        and known.mode in (None, "chat")
        and known.price_basis in (None, "metered", "self_hosted")
        and known.lifecycle in (None, "active", "preview")
        and (known.deprecated_at or "9") > day
        and ((known.retires_at or "9") > day or model.spec.provider == stretched.LOCAL)
    )
    return min(fits, key=_rank, default=None)


def find_model(
    models: Sequence[ModelWithCapabilities], provider: str, name: str
) -> ModelWithCapabilities | None:
    """Return the model with this provider and name."""
    return next((m for m in models if m.spec.provider == provider and m.spec.name == name), None)


def _rank(model: ModelWithCapabilities) -> tuple[object, ...]:
    known, spec = model.capabilities, model.spec
    prompt, output = known.input_cost_per_1m, known.output_cost_per_1m
    cost = 9e99 if prompt is None or output is None else (3 * prompt + output) / 4
    window = known.served_context or known.max_context or 0
    # Sorts newer dates first; the 0 at the end sorts prefixes and unknown dates last.
    older = [-ord(letter) for letter in known.release_date or ""] + [0]
    return _TIERS.index(known.quality_tier), cost, -window, older, spec.provider, spec.name
