"""Each criterion of a query as a condition in SQL. No I/O."""

from collections.abc import Callable, Collection, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, cast

from modeldex.errors import InvalidQuery
from modeldex.query.callable import callable_here, in_use
from modeldex.query.locality import local
from modeldex.query.name_match import names_match
from modeldex.query.scope import Condition, Rule, Scope, Walk
from modeldex.storage.listings import Bound
from modeldex.storage.parameters import Bound as Parameters
from modeldex.storage.parameters import named_parameters
from modeldex.vocabulary.criteria import (
    BY_CRITERION,
    CRITERIA,
    LAST_DAY,
    RANKED_TIERS,
    TABLE,
    WORKLOAD,
)
from modeldex.vocabulary.criterion import Criterion
from modeldex.vocabulary.ends import day_after

if TYPE_CHECKING:
    from modeldex.vocabulary.workloads import Workload


def _flag(row: Criterion) -> Rule:
    lifted, dated = bool(row.lifted), ":today" in row.sql

    @lru_cache(maxsize=2)
    def on(today: str) -> Condition:
        return Condition(row.name, row.sql, {"today": today} if dated else {})

    def rule(value: object, _criteria: object, scope: Scope) -> Condition | None:
        return None if bool(value) is lifted else on(scope.today)

    return rule


def _bound(row: Criterion) -> Rule:
    name, sql = row.name, row.sql or f"c.{row.column} {row.sign} :{row.name}"

    def rule(value: object, _criteria: object, scope: Scope) -> Condition | None:
        if not isinstance(value, int | float):
            return None
        parameters: Parameters = {name: value}
        if ":today" in sql:
            parameters["today"] = scope.today
        return Condition(name, sql, parameters)

    return rule


def _days(row: Criterion) -> Rule:
    """The date lies so many days ahead, or is unknown: an end that nobody announced is no end."""
    date = f"c.{row.column}"
    sql = f"({date} IS NULL OR {LAST_DAY.format(date)} >= :{row.name})"

    @lru_cache(maxsize=8)
    def on(today: str, days: int) -> Condition:
        return Condition(row.name, sql, {row.name: day_after(today, days)})

    def rule(value: object, _criteria: object, scope: Scope) -> Condition | None:
        return on(scope.today, value) if isinstance(value, int) and value else None

    return rule


def _word(row: Criterion) -> Rule:
    name, ranked = row.name, row.kind == "tier"
    sql = f"c.rank_tier {row.sign} :{name}" if ranked else row.sql or f"c.{row.column} = :{name}"
    exceptions = {word: Condition(name, text, {}) for word, text in row.exceptions.items()}

    def rule(value: object, _criteria: object, _scope: object) -> Condition | None:
        if value is None or value == row.lifted:
            return None
        word = str(value)
        if row.words and word not in row.words:
            raise InvalidQuery(name, word, f"expected one of {', '.join(row.words)}")
        bound = RANKED_TIERS.index(word) if ranked else row.spelling(word)
        if word and bound == "":
            raise InvalidQuery(name, word, f"expected {row.meaning.partition(', ')[2] or 'a word'}")
        return exceptions.get(word) or Condition(name, sql, {name: bound})

    return rule


def _task(row: Criterion) -> Rule:
    """What a task needs; most need nothing, and only change the rank."""
    exact = _word(row)

    def rule(value: object, criteria: Mapping[str, object], scope: Scope) -> Condition | None:
        needed = exact(value, criteria, scope)
        return needed if str(value) in row.exceptions else None

    return rule


def _words(row: Criterion) -> Rule:
    # A set is stored as a,b,c: with commas around both, only whole words match.
    holds = f"instr(',' || c.{row.column} || ',', :{{}}) > 0"

    def rule(value: object, _criteria: object, _scope: object) -> Condition | None:
        if not value or not isinstance(value, Collection):
            return None
        for word in sorted(value):
            if "," in word:
                raise InvalidQuery(row.name, word, "expected words without commas")
        _, bound = named_parameters(row.name, (f",{word}," for word in sorted(value)))
        return Condition(row.name, " AND ".join(map(holds.format, bound)), bound)

    return rule


def _one_of(row: Criterion) -> Rule:
    def rule(value: object, _criteria: object, _scope: object) -> Condition | None:
        if not value or not isinstance(value, Collection):
            return None
        names, bound = named_parameters(row.name, sorted(value))
        walks = tuple(Walk(f"c.{row.column} = :{name}") for name in bound)
        # As an expression it bars the index on the column, so that SQLite walks the rank index
        # instead of collecting and sorting all matches.
        return Condition(row.name, f"coalesce(c.{row.column}, '') IN ({names})", bound, walks)

    return rule


def _none_of(row: Criterion) -> Rule:
    found = row.sql or f"coalesce(c.{row.column}, '')"

    def rule(value: object, _criteria: object, _scope: object) -> Condition | None:
        if not value or not isinstance(value, Collection):
            return None
        for word in set(value) - set(row.words) if row.words else ():
            raise InvalidQuery(row.name, word, f"expected one of {', '.join(row.words)}")
        names, bound = named_parameters(row.name, sorted(set(map(row.spelling, value))))
        return Condition(row.name, f"{found} NOT IN ({names})", bound)

    return rule


def _price_basis(row: Criterion) -> Rule:
    exact, usual = _word(row), "(c.price_basis IS NULL OR c.price_basis IN ({}))"
    metered = Condition(row.name, usual.format("'metered', 'self_hosted'"), {})
    free_too = Condition(row.name, usual.format("'metered', 'self_hosted', 'free'"), {})

    def rule(value: object, criteria: Mapping[str, object], scope: Scope) -> Condition | None:
        if value is not None:
            return exact(value, criteria, scope)
        return free_too if criteria.get("cost_tier") == "free" else metered

    return rule


def _available(row: Criterion) -> Rule:
    @lru_cache(maxsize=8)
    def seen_by(sources: tuple[str, ...]) -> Condition:
        names, bound = named_parameters("source", sources)
        return Condition(
            row.name,
            "EXISTS (SELECT 1 FROM sightings s WHERE s.model_id = c.model_id "
            f"AND s.missing_since IS NULL AND s.source IN ({names}))",
            bound,
        )

    @lru_cache(maxsize=8)
    def callable_by(bound: tuple[Bound, ...], named: frozenset[str]) -> Condition:
        return callable_here(row.name, in_use(bound, named), named)

    def rule(value: object, criteria: Mapping[str, object], scope: Scope) -> Condition | None:
        if not value:
            return None
        if scope.sources is not None:
            return seen_by(scope.sources)
        return callable_by(scope.bound, frozenset(named_providers(criteria)))

    return rule


def named_providers(criteria: Mapping[str, object]) -> Collection[str]:
    """The providers that the criteria name; empty if any will do."""
    if isinstance(one := criteria.get("provider"), str):
        return (one,)
    several = criteria.get("providers")
    return several if isinstance(several, Collection) else ()


_VETTED = (
    "EXISTS (SELECT 1 FROM provider_classes k WHERE k.provider = c.provider "
    "AND k.class IN ('lab', 'cloud', 'host', 'gateway'))"
)
# What somebody has entered by hand is meant to be found, whoever the provider is.
_BY_HAND = "NOT EXISTS (SELECT 1 FROM sightings s WHERE s.model_id = c.model_id)"


def _provider_class(row: Criterion) -> Rule:
    """Where more is asked for than what can be called, unvetted providers must be named."""
    exact, can_be_called = _word(row), _available(BY_CRITERION["available"])

    def rule(value: object, criteria: Mapping[str, object], scope: Scope) -> Condition | None:
        if value is not None:
            return exact(value, criteria, scope)
        if criteria.get("available", True) or criteria.get("provider") or criteria.get("providers"):
            return None
        own = can_be_called(1, criteria, scope)
        assert own is not None  # noqa: S101 - for the type checker
        return Condition(
            row.name, f"({_VETTED} OR c.live = 1 OR {own.sql} OR {_BY_HAND})", own.parameters
        )

    return rule


_WINDOW = "coalesce(c.served_context, c.max_context, c.max_input_tokens)"


def _prompt(row: Criterion) -> Rule:
    """A prompt that is at most the usable window, and leaves room for the output required."""
    exact = _bound(row)
    beside = f" AND {_WINDOW} >= :prompt_and_output"

    def rule(value: object, criteria: Mapping[str, object], scope: Scope) -> Condition | None:
        condition, output = exact(value, criteria, scope), criteria.get("min_output_tokens")
        if condition is None or not isinstance(value, int) or not isinstance(output, int):
            return condition
        both = {**condition.parameters, "prompt_and_output": value + output}
        return Condition(row.name, condition.sql + beside, both)

    return rule


def _workload(_row: Criterion) -> Rule:
    """No known limit of the model that a request of the workload exceeds."""
    fits = f"c.usable_context >= :load_input AND {_WINDOW} >= :load_tokens"

    def rule(value: object, _criteria: object, _scope: object) -> Condition:
        load = cast("Workload", value)
        both = load.input_tokens + load.output_tokens
        tokens: Parameters = {"load_input": load.input_tokens, "load_tokens": both}
        return Condition(WORKLOAD.name, f"(c.usable_context IS NULL OR ({fits}))", tokens)

    return rule


def _base(row: Criterion) -> Rule:
    exact = _word(row)

    def rule(value: object, criteria: Mapping[str, object], scope: Scope) -> Condition | None:
        if isinstance(value, str) and "/" not in value:
            from modeldex.vocabulary.base_names import canonical_base

            value = canonical_base(value)
        return exact(value, criteria, scope)

    return rule


_OF_KIND: Mapping[str, Callable[[Criterion], Rule]] = {
    "flag": _flag, "tokens": _bound, "number": _bound, "days": _days, "word": _word,
    "tier": _word, "words": _words, "none_of": _none_of,
}  # fmt: skip
_SPECIAL: Mapping[str, Callable[[Criterion], Rule]] = {
    "available": _available, "price_basis": _price_basis, "provider_class": _provider_class,
    "base": _base, "task": _task, "local_only": local, "min_input_tokens": _prompt,
    "workload": _workload, "search": names_match,
}  # fmt: skip
"""Criteria whose condition depends on more than their own value and column."""


def _rule(row: Criterion) -> Rule:
    kind = _one_of if row.plural_of else _OF_KIND[row.kind]
    return _SPECIAL.get(row.name, kind)(row)


_KNOWN = frozenset((*CRITERIA, WORKLOAD.name))
_RULES = tuple((row.name, row.default, row.lifted, _rule(row)) for row in (*TABLE, WORKLOAD))


def conditions(criteria: Mapping[str, object], scope: Scope) -> list[Condition]:
    """Return every requirement of the query, including defaults.

    A Workload under `workload` requires that its prompt fits.
    Raises InvalidQuery for an unknown criterion or an unknown word as its value.
    """
    for criterion in criteria.keys() - _KNOWN:
        raise InvalidQuery(criterion, criteria[criterion], "unknown criterion")
    return [
        condition
        for name, default, lifted, rule in _RULES
        # Most criteria of most queries are lifted: skip those without a call.
        if (value := criteria.get(name, default)) is not lifted
        and (condition := rule(value, criteria, scope))
    ]
