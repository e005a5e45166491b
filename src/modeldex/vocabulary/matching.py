"""Whether a model in hand meets a query: the conditions of `modeldex.query.conditions` in Python.

What only a catalog knows is left out: `available`, `limit`, `offset` and edited cost tiers.
"""

from collections.abc import Callable, Mapping
from operator import ge, le
from typing import TYPE_CHECKING, Any

from modeldex.vocabulary import clock
from modeldex.vocabulary.criteria import COST_TIER_CUTS, RANKED_TIERS, TABLE
from modeldex.vocabulary.criterion import Criterion
from modeldex.vocabulary.ends import comparable, day_after
from modeldex.vocabulary.entry import usable_context, window
from modeldex.vocabulary.search import occurs

if TYPE_CHECKING:
    from modeldex.vocabulary.model_query import ModelQuery
    from modeldex.vocabulary.values import ModelCapabilities, ModelSpec

Known = Mapping[str, Any]
"""Values of a model by column; None is unknown."""

_COMPARE: Mapping[str, Callable[[float, float], bool]] = {">=": ge, "<=": le}


def meets(query: "ModelQuery", spec: "ModelSpec", facts: "ModelCapabilities") -> bool:
    """Whether known values meet every requirement of the query."""
    known = {**dict(facts), **dict(spec)}
    limits = (facts.served_context, facts.max_context, facts.max_input_tokens)
    known |= {"usable_context": usable_context(*limits), "blended_cost": blended_cost(facts)}
    return all(_SPECIAL.get(row.name, _is_met)(row, query, known) for row in TABLE)


def blended_cost(facts: "ModelCapabilities") -> float | None:
    """USD per 1M tokens, three of the prompt to one of the answer; None where one is unknown."""
    prompt, answer = facts.input_cost_per_1m, facts.output_cost_per_1m
    return None if prompt is None or answer is None else (3 * prompt + answer) / 4


def _is_met(row: Criterion, query: "ModelQuery", known: Known) -> bool:
    value, found = getattr(query, row.name), known.get(row.column)
    if value is None or value == row.lifted or (row.kind == "days" and found is None):
        return True
    return found is not None and _OF_KIND[row.kind](row, value, found)


def _is_at_tier(row: Criterion, value: str, found: str) -> bool:
    wanted, rank = RANKED_TIERS.index(value), RANKED_TIERS.index(found)
    return rank == wanted if row.sign == "=" else rank <= wanted


def _is_word(word: str, found: object) -> bool:
    return word in found if isinstance(found, frozenset) else found == word


_OF_KIND: Mapping[str, Callable[[Criterion, Any, Any], bool]] = {
    "flag": lambda _row, _value, found: bool(found),
    "tokens": lambda row, value, found: _COMPARE[row.sign](found, value),
    "number": lambda row, value, found: _COMPARE[row.sign](found, value),
    "days": lambda _row, value, found: (
        not value or comparable(found) >= day_after(clock.today().isoformat(), value)
    ),
    "word": lambda row, value, found: _is_word(row.spelling(value), found),
    "tier": _is_at_tier,
    "none_of": lambda row, value, found: found not in map(row.spelling, value),
    "words": lambda _row, value, found: bool(value <= found),
}


def _takes_prompt(_row: object, query: "ModelQuery", known: Known) -> bool:
    prompt, usable = query.min_input_tokens, known["usable_context"]
    if prompt is None:
        return True
    whole = window(known["served_context"], known["max_context"], known["max_input_tokens"])
    beside = query.min_output_tokens or 0
    return usable is not None and prompt <= usable and prompt + beside <= (whole or 0)


def _is_whose(row: Criterion, query: "ModelQuery", known: Known) -> bool:
    from modeldex.vocabulary.providers import canonical

    value = getattr(query, row.name)
    wanted = value if row.plural_of else [value] * (value is not None)
    return not wanted or canonical(known["provider"]) in map(canonical, wanted)


def _has_cost_tier(_row: object, query: "ModelQuery", known: Known) -> bool:
    tier, cost = query.cost_tier or "any", known["blended_cost"]
    if tier == "any":
        return True
    if cost is None or tier == "free":
        return bool(cost == 0)
    low, high = next((low, high) for name, low, high in COST_TIER_CUTS if name == tier)
    return cost > 0 and cost >= low and (high is None or cost < high)


def _is_of_mode(row: Criterion, query: "ModelQuery", known: Known) -> bool:
    return (query.mode == "chat" and known["mode"] is None) or _is_met(row, query, known)


def _has_price_basis(row: Criterion, query: "ModelQuery", known: Known) -> bool:
    if query.price_basis is not None:
        return _is_met(row, query, known)
    free = ["free"] if query.cost_tier == "free" else []
    return known["price_basis"] in (None, "metered", "self_hosted", *free)


def _is_current(_row: object, query: "ModelQuery", known: Known) -> bool:
    today = clock.today().isoformat()
    ends, gone, advised = (known[n] for n in ("retires_at", "presumed_gone", "deprecated_at"))
    if query.include_deprecated:
        return True
    if known["lifecycle"] == "retired" or (gone and gone <= today):
        return False
    if ends:
        return bool(comparable(ends) > today)
    return known["lifecycle"] != "deprecated" and not (advised and advised <= today)


def _is_of_class(row: Criterion, query: "ModelQuery", known: Known) -> bool:
    from modeldex.vocabulary.providers import provider_class

    return query.provider_class in (None, row.lifted, provider_class(known["provider"]))


def _is_of_no_class(_row: object, query: "ModelQuery", known: Known) -> bool:
    from modeldex.vocabulary.providers import provider_class

    return provider_class(known["provider"]) not in query.not_classes


def _is_of_base(_row: object, query: "ModelQuery", known: Known) -> bool:
    from modeldex.vocabulary.base_names import canonical_base

    return query.base is None or known["base"] == canonical_base(query.base)


def _is_local(_row: object, query: "ModelQuery", known: Known) -> bool:
    from modeldex.vocabulary.providers import serves_locally

    return not query.local_only or serves_locally(known["provider"], known["price_basis"])


def _is_named(_row: object, query: "ModelQuery", known: Known) -> bool:
    return query.search is None or occurs(query.search, known)


def _takes_task(_row: object, query: "ModelQuery", known: Known) -> bool:
    takes_images = bool(known["supports_vision"])
    needed = {"vision": takes_images, "documents": takes_images or bool(known["supports_pdf"])}
    return needed.get(query.task or "general", True)


_SPECIAL: Mapping[str, Callable[[Criterion, "ModelQuery", Known], bool]] = {
    "provider_class": _is_of_class, "not_classes": _is_of_no_class, "base": _is_of_base,
    "include_suspicious": lambda _row, query, known: query.include_suspicious
    or not known["suspicious"],
    "min_input_tokens": _takes_prompt, "local_only": _is_local,
    "provider": _is_whose, "providers": _is_whose, "cost_tier": _has_cost_tier,
    "task": _takes_task, "search": _is_named, "mode": _is_of_mode, "price_basis": _has_price_basis,
    "include_deprecated": _is_current,
    "available": lambda _row, _query, _known: True,
}  # fmt: skip
"""Criteria that need more than their own value and that of their column."""
