"""Whether a model in hand meets a query: the conditions of `modeldex.query.conditions` in Python.

What only a catalog knows is left out: `available`, `limit`, `offset` and edited cost tiers.
"""

from collections.abc import Callable, Mapping
from operator import ge, le
from typing import TYPE_CHECKING

from modeldex.vocabulary import clock
from modeldex.vocabulary.criteria import BOUNDS, COST_TIER_CUTS, REQUIRED_FLAGS
from modeldex.vocabulary.fields import TIERS

if TYPE_CHECKING:
    from modeldex.vocabulary.values import ModelCapabilities, ModelQuery, ModelSpec

_COMPARE: Mapping[str, Callable[[float, float], bool]] = {">=": ge, "<=": le}
_RANKS = (*TIERS, "unknown")
_CURRENT = (None, "active", "preview")


def meets(query: "ModelQuery", spec: "ModelSpec", facts: "ModelCapabilities") -> bool:
    """Whether known values meet every requirement of the query."""
    return all(rule(query, spec, facts) for rule in _RULES)


def usable_context(facts: "ModelCapabilities") -> int | None:
    """The window that can be used, in tokens: served, else documented, else the prompt cap."""
    windows = (facts.served_context, facts.max_context, facts.max_input_tokens)
    return next((window for window in windows if window is not None), None)


def blended_cost(facts: "ModelCapabilities") -> float | None:
    """USD per 1M tokens, three of the prompt to one of the answer; None where one is unknown."""
    prompt, answer = facts.input_cost_per_1m, facts.output_cost_per_1m
    return None if prompt is None or answer is None else (3 * prompt + answer) / 4


def _is_whose(query: "ModelQuery", spec: "ModelSpec", _facts: object) -> bool:
    from modeldex.vocabulary.providers import canonical

    wanted = [{canonical(query.provider)}] if query.provider is not None else []
    wanted += [set(map(canonical, query.providers))] if query.providers else []
    return all(canonical(spec.provider) in each for each in wanted) and (
        query.family is None or query.family == spec.family
    )


def _has_flags(query: "ModelQuery", _spec: object, facts: "ModelCapabilities") -> bool:
    return query.requires_params <= facts.known_params and all(
        getattr(facts, field)
        for criterion, field in REQUIRED_FLAGS.items()
        if getattr(query, criterion)
    )


def _is_within_bounds(query: "ModelQuery", _spec: object, facts: "ModelCapabilities") -> bool:
    for criterion, (column, operator) in BOUNDS.items():
        bound = getattr(query, criterion)
        value = usable_context(facts) if column == "usable_context" else getattr(facts, column)
        if bound is not None and (value is None or not _COMPARE[operator](value, bound)):
            return False
    return True


def _has_tier(query: "ModelQuery", _spec: object, facts: "ModelCapabilities") -> bool:
    rank = _RANKS.index(facts.quality_tier)
    exact, least = query.quality_tier or "any", query.min_quality_tier
    return (exact == "any" or rank == _RANKS.index(exact)) and (
        least is None or rank <= _RANKS.index(least)
    )


def _has_cost_tier(query: "ModelQuery", _spec: object, facts: "ModelCapabilities") -> bool:
    tier, cost = query.cost_tier or "any", blended_cost(facts)
    if tier == "any":
        return True
    if cost is None or tier == "free":
        return cost == 0
    low, high = next((low, high) for name, low, high in COST_TIER_CUTS if name == tier)
    return cost > 0 and cost >= low and (high is None or cost < high)


def _is_of_kind(query: "ModelQuery", _spec: object, facts: "ModelCapabilities") -> bool:
    mode = query.mode or "any"
    modes = (None, "chat") if mode == "chat" else (mode,)
    bases: tuple[str | None, ...] = (query.price_basis,)
    if query.price_basis is None:
        bases = (None, "metered", "self_hosted", *(["free"] if query.cost_tier == "free" else []))
    return (mode == "any" or facts.mode in modes) and (
        query.price_basis == "any" or facts.price_basis in bases
    )


def _is_current(query: "ModelQuery", _spec: object, facts: "ModelCapabilities") -> bool:
    today = clock.today().isoformat()
    ends = (facts.deprecated_at, facts.retires_at)
    return query.include_deprecated or (
        facts.lifecycle in _CURRENT and all(end is None or end > today for end in ends)
    )


_RULES: tuple[Callable[["ModelQuery", "ModelSpec", "ModelCapabilities"], bool], ...] = (
    _is_whose, _has_flags, _is_within_bounds, _has_tier, _has_cost_tier, _is_of_kind, _is_current,
)  # fmt: skip
