"""Each criterion of a query as a condition in SQL. No I/O."""

from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from modeldex.errors import InvalidQuery
from modeldex.storage.parameters import Bound, named_parameters
from modeldex.vocabulary.criteria import BOUNDS, COST_TIERS, CRITERIA, REQUIRED_FLAGS
from modeldex.vocabulary.fields import BY_NAME, TIERS

# As an expression it bars the index on provider, so that SQLite walks the rank index instead of
# collecting and sorting all matches.
_PROVIDER = "coalesce(c.provider, '')"


class Scope(NamedTuple):
    """What is callable from here.

    `keyed` are the providers whose key is set in this process. With `sources`, only models
    that one of these sources lists now are callable. `today` is an ISO date.
    """

    today: str
    keyed: tuple[str, ...] = ()
    sources: tuple[str, ...] | None = None


class Condition(NamedTuple):
    """One requirement: its criterion, its SQL condition and the bound values."""

    criterion: str
    sql: str
    parameters: Bound


def _word(criterion: str, value: object, allowed: tuple[str, ...]) -> str:
    word = str(value)
    if word not in allowed:
        raise InvalidQuery(criterion, word, f"expected one of {', '.join(allowed)}")
    return word


def _flags(criteria: Mapping[str, object]) -> Iterable[Condition]:
    for criterion, column in REQUIRED_FLAGS.items():
        if criteria.get(criterion):
            yield Condition(criterion, f"c.{column} = 1", {})


def _limits(criteria: Mapping[str, object]) -> Iterable[Condition]:
    for criterion, (column, operator) in BOUNDS.items():
        value = criteria.get(criterion)
        if isinstance(value, int | float):
            yield Condition(criterion, f"c.{column} {operator} :{criterion}", {criterion: value})


def _params(criteria: Mapping[str, object]) -> Iterable[Condition]:
    wanted = criteria.get("requires_params")
    if not isinstance(wanted, Iterable):
        return
    # A set is stored as a,b,c: with commas around both, only whole words match.
    for i, word in enumerate(sorted(wanted)):
        if "," in word:
            raise InvalidQuery("requires_params", word, "expected words without commas")
        yield Condition(
            "requires_params",
            f"instr(',' || c.known_params || ',', :param_{i}) > 0",
            {f"param_{i}": f",{word},"},
        )


def _quality(criteria: Mapping[str, object]) -> Iterable[Condition]:
    # The index of a tier is its `rank_tier`.
    ranks = (*TIERS, "unknown")
    exact = criteria.get("quality_tier") or "any"
    if exact != "any":
        rank = ranks.index(_word("quality_tier", exact, ranks))
        yield Condition("quality_tier", "c.rank_tier = :tier", {"tier": rank})
    least = criteria.get("min_quality_tier")
    if least is not None:
        rank = ranks.index(_word("min_quality_tier", least, ranks))
        yield Condition("min_quality_tier", "c.rank_tier <= :min_tier", {"min_tier": rank})


def _cost(criteria: Mapping[str, object]) -> Iterable[Condition]:
    tier = criteria.get("cost_tier") or "any"
    if tier == "any":
        return
    if _word("cost_tier", tier, COST_TIERS) == "free":
        yield Condition("cost_tier", "c.blended_cost = 0", {})
        return
    cut = "(SELECT {} FROM cost_tiers WHERE name = :cost_tier)"
    yield Condition(
        "cost_tier",
        f"c.blended_cost > 0 AND c.blended_cost >= {cut.format('at_least')} "
        f"AND c.blended_cost < {cut.format('coalesce(below, 9e99)')}",
        {"cost_tier": str(tier)},
    )


def _identity(criteria: Mapping[str, object]) -> Iterable[Condition]:
    provider = criteria.get("provider")
    if provider is not None:
        yield Condition("provider", "c.provider = :provider", {"provider": str(provider)})
    several = criteria.get("providers")
    if several and isinstance(several, Iterable):
        names, bound = named_parameters("providers", sorted(several))
        yield Condition("providers", f"{_PROVIDER} IN ({names})", bound)
    family = criteria.get("family")
    if family is not None:
        yield Condition("family", "c.family = :family", {"family": str(family)})


def _mode(criteria: Mapping[str, object]) -> Iterable[Condition]:
    mode = criteria.get("mode", "chat") or "any"
    if mode == "chat":
        yield Condition("mode", "(c.mode IS NULL OR c.mode = 'chat')", {})
    elif mode != "any":
        word = _word("mode", mode, BY_NAME["mode"].choices)
        yield Condition("mode", "c.mode = :mode", {"mode": word})


def _price_basis(criteria: Mapping[str, object]) -> Iterable[Condition]:
    required = criteria.get("price_basis")
    if required is not None:
        word = _word("price_basis", required, (*BY_NAME["price_basis"].choices, "any"))
        if word != "any":
            yield Condition("price_basis", "c.price_basis = :basis", {"basis": word})
        return
    shown = "'metered', 'self_hosted'" + (", 'free'" if criteria.get("cost_tier") == "free" else "")
    yield Condition("price_basis", f"(c.price_basis IS NULL OR c.price_basis IN ({shown}))", {})


def _lifecycle(criteria: Mapping[str, object], today: str) -> Iterable[Condition]:
    if criteria.get("include_deprecated"):
        return
    # A live source proves that a model still answers after its announced retirement.
    yield Condition(
        "include_deprecated",
        "c.retired_at IS NULL AND (c.lifecycle IS NULL OR c.lifecycle IN ('active', 'preview')) "
        "AND (c.deprecated_at IS NULL OR c.deprecated_at > :today) "
        "AND (c.retires_at IS NULL OR c.retires_at > :today OR c.live = 1)",
        {"today": today},
    )


def _available(criteria: Mapping[str, object], scope: Scope) -> Iterable[Condition]:
    if not criteria.get("available", True):
        return
    if scope.sources is not None:
        names, bound = named_parameters("source", scope.sources)
        yield Condition(
            "available",
            "EXISTS (SELECT 1 FROM sightings s WHERE s.model_id = c.model_id "
            f"AND s.missing_since IS NULL AND s.source IN ({names}))",
            bound,
        )
        return
    names, bound = named_parameters("keyed", scope.keyed)
    yield Condition("available", f"(c.live = 1 OR {_PROVIDER} IN ({names}))", bound)


_RULES: tuple[Callable[[Mapping[str, object]], Iterable[Condition]], ...] = (
    _identity, _mode, _flags, _limits, _params, _quality, _cost, _price_basis,
)  # fmt: skip


def conditions(criteria: Mapping[str, object], scope: Scope) -> list[Condition]:
    """Return every requirement of the query, including defaults.

    Raises InvalidQuery for an unknown criterion or an unknown word as its value.
    """
    for criterion in criteria:
        if criterion not in CRITERIA:
            raise InvalidQuery(criterion, criteria[criterion], "unknown criterion")
    found = list(_available(criteria, scope))
    found += [condition for rule in _RULES for condition in rule(criteria)]
    found += _lifecycle(criteria, scope.today)
    return found
