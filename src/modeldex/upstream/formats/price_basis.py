"""Determines `price_basis` of an offer, and which of its stated prices are stored.

Data sets write 0 for "paid by a subscription", "runs on your machine", "free for now" and
"not known". A zero is stored only if its reason is known; otherwise it is dropped and counted.
"""

import re
from collections import Counter
from collections.abc import Mapping
from decimal import Decimal
from functools import cache

from modeldex.vocabulary.providers import providers

INPUT = "input_cost_per_1m"
OUTPUT = "output_cost_per_1m"
CACHE_READ = "cache_read_cost_per_1m"
CACHE_WRITE = "cache_write_cost_per_1m"
PRICES = (INPUT, OUTPUT, CACHE_READ, CACHE_WRITE)
SELF_HOSTED = {INPUT: 0, OUTPUT: 0, "price_basis": "self_hosted"}

# Reviewed 2026-11-22. Plans are recognised by their id (_PLAN); these ids do not match it.
_SUBSCRIPTIONS = frozenset({
    "chatgpt", "firepass", "github_copilot", "gitlab", "kimi_for_coding",
    "microsoft_365_copilot", "ollama_cloud", "wafer_ai",
})  # fmt: skip
_PLAN = re.compile(r"[_.-](coding|token)[_.-]plan([_.-]|$)")
_TRIAL_HOSTS = frozenset({"github", "iflowcn", "llama", "modelscope", "nvidia", "publicai"})
_FREE_OFFERS = frozenset(
    (host, name) for host in ("zai", "zhipuai") for name in ("glm-4.5-flash", "glm-4.7-flash")
)
_FREE_NAME = re.compile(r"(^|[:/-])free$")
_STATED = frozenset({"free", "self_hosted"})
_ROUTERS = frozenset({
    "auto", "auto-model", "bodybuilder", "model-router", "model_router", "pareto-code",
})  # fmt: skip
_NOT_GENERATING = frozenset({"embedding", "rerank", "moderation"})


def exact(value: object) -> Decimal | None:
    """A finite JSON number as an exact decimal (by its shortest repr); None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return None
    number = Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
    return number if number.is_finite() else None


def settle(
    provider: str, name: str, facts: Mapping[str, object], left_out: Counter[str]
) -> dict[str, object]:
    """The facts with valid prices only, and their `price_basis`.

    Dropped prices are counted by reason in `left_out`. Prices that are not numbers pass, for
    `claim` to reject and count. A basis stated by the wire format itself (free, self_hosted)
    is final.
    """
    if facts.get("price_basis") in _STATED:
        return dict(facts)
    prices = {f: n for f in PRICES if (n := exact(facts.get(f))) is not None}
    rest = {key: value for key, value in facts.items() if key not in prices}
    basis, reason = _basis(provider, name, prices)
    if reason:
        left_out[f"price: {reason}"] += 1
    if basis is None:
        return rest
    if basis == "dynamic":
        prices = {}
    if basis == "metered":
        prices = _metered(prices, facts.get("mode"), left_out)
    return {**rest, **prices, "price_basis": basis}


def _basis(
    provider: str, name: str, prices: Mapping[str, Decimal]
) -> tuple[str | None, str | None]:
    """The price basis (None if unknown), and the reason if all prices are dropped."""
    if any(price < 0 for price in prices.values()):
        return "dynamic", "a negative number means that it varies"
    free = _FREE_NAME.search(name)
    if not free and _varies(name):
        return "dynamic", "that of a router or moving alias varies" if prices else None
    if any(prices.values()):
        return "metered", None
    basis = "free" if free else _zero_basis(provider, name)
    return basis, "zero without a reason" if prices and basis is None else None


def _varies(name: str) -> bool:
    """Whether the name is a router or a moving alias, whose model varies."""
    return name.startswith("~") or name.rpartition("/")[2] in _ROUTERS


def _zero_basis(provider: str, name: str) -> str | None:
    if provider in _local_servers():
        return "subscription" if name.endswith(("-cloud", ":cloud")) else "self_hosted"
    if provider in _SUBSCRIPTIONS or _PLAN.search(provider):
        return "subscription"
    if provider in _TRIAL_HOSTS or (provider, name) in _FREE_OFFERS:
        return "free"
    return None


def _metered(
    prices: Mapping[str, Decimal], mode: object, left_out: Counter[str]
) -> dict[str, Decimal]:
    """The prices of a metered offer; a zero next to a non-zero price is unknown, not free."""
    valid = {
        field: price
        for field, price in prices.items()
        if price or (field == OUTPUT and mode in _NOT_GENERATING)
    }
    for field in prices.keys() - valid.keys():
        left_out[f"{field}: zero beside a price"] += 1
    if CACHE_READ in valid and INPUT in valid and valid[CACHE_READ] > valid[INPUT]:
        del valid[CACHE_READ]
        left_out[f"{CACHE_READ}: above the input price"] += 1
    return valid


@cache
def _local_servers() -> frozenset[str]:
    return frozenset(p.id for p in providers().values() if p.local and p.id != "litellm_proxy")
