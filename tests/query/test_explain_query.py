"""`explain_query`: every known model is accounted for, and what is said of it is true."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from command_line import (
    MODELS,
    CommandResult,
    on_terminal,
    run_command,
    small_catalog,
    unstyled,
    write,
)
from modeldex import InvalidQuery, ModelQuery, ModelRegistry, QueryExplanation
from modeldex.query.catalog import Catalog
from modeldex.query.explain_query import Miss, Requirement, explain_query
from modeldex.query.requirement_texts import Lack
from modeldex.query.requirement_verdicts import ORDER
from modeldex.query.scope import Scope
from modeldex.storage.location import Place
from modeldex.vocabulary.criteria import CRITERIA
from modeldex.vocabulary.workloads import Workload
from query_oracle import (
    OFFERS,
    QUERIES,
    REQUIRED_FLAGS,
    SCOPES,
    Offer,
    callable_here,
    dump,
    holding,
    made,
    meets,
    rank,
    takes_prompt,
)
from random_history import age
from raw_catalog import bare
from scopes import presumed

TODAY = "2026-11-22"
EVERYWHERE = Scope(TODAY)
LIFTED: dict[str, Any] = {
    "mode": "any", "price_basis": "any", "available": False, "include_deprecated": True,
    "provider_class": "any", "include_suspicious": True,
}  # fmt: skip
"""The value of a criterion that requires something even where nobody set it."""


@pytest.fixture(scope="module")
def empty(new_place: Callable[[], Place]) -> Iterator[Catalog]:
    """A catalog without models, for use with `holding`."""
    path = new_place()
    with closing(made(path)) as connection:
        yield Catalog(path, connection, EVERYWHERE)


@pytest.fixture
def shipped(shipped_catalog: Path) -> Iterator[Catalog]:
    """The shipped data, asked with the keys of two providers."""
    with bare(shipped_catalog) as connection:
        yield Catalog(shipped_catalog, connection, Scope(TODAY, presumed("groq", "openai")))


def facts(**known: Any) -> Offer:
    """A live model of acme of which this is known."""
    from modeldex import ModelCapabilities

    return Offer("acme", "alpha", can=ModelCapabilities(**known))


def explained(empty: Catalog, offers: list[Offer], **criteria: Any) -> QueryExplanation:
    """The explanation of a query over these models."""
    with holding(empty.connection, offers):
        return explain_query(empty, criteria)


def by_criterion(found: QueryExplanation) -> dict[str, Requirement]:
    """The requirements by name."""
    return {requirement.criterion: requirement for requirement in found.requirements}


# The counts add up.


def without(query: ModelQuery, criterion: str) -> ModelQuery:
    """The same query, one criterion lifted."""
    default = ModelQuery.model_fields[criterion].get_default(call_default_factory=True)
    return query.model_copy(update={criterion: LIFTED.get(criterion, default)})


def alone(query: ModelQuery, criterion: str) -> ModelQuery:
    """A query that requires this one thing; what is free may be shown counts to it."""
    kept = {criterion, "cost_tier"} if criterion == "price_basis" else {criterion}
    return ModelQuery(**{**LIFTED, **{name: getattr(query, name) for name in kept}})


def is_unknown(offer: Offer, criterion: str) -> bool:
    """Whether nothing is known that the criterion could be judged by."""
    can = offer.can
    values = {
        **{flag: getattr(can, field) for flag, field in REQUIRED_FLAGS.items()},
        "min_context": offer.window,
        "max_context": offer.window,
        "min_input_tokens": offer.window,
        "min_output_tokens": can.max_output_tokens,
        "max_cost_per_1m_input": can.input_cost_per_1m,
        "max_cost_per_1m_output": can.output_cost_per_1m,
        "min_speed_tps": can.speed_hint_tps,
        "requires_params": can.known_params or None,
        "requires_endpoint": can.endpoints or None,
        "requires_effort": can.effort_levels or None,
        "quality_tier": None if rank(can.quality_tier) == rank("unknown") else can.quality_tier,
        "min_quality_tier": None if rank(can.quality_tier) == rank("unknown") else True,
        "cost_tier": offer.cost,
        "family": offer.family,
        "base": can.base,
        "mode": can.mode,
        "price_basis": can.price_basis,
    }
    return criterion in values and values[criterion] is None


def is_untold(offer: Offer, task: str | None) -> bool:
    """Whether one of the kinds of input that would do for a task is unknown."""
    images, pages = offer.can.supports_vision, offer.can.supports_pdf
    return images is None or (task == "documents" and pages is None)


def verdicts(offer: Offer, query: ModelQuery, scope: Scope, names: list[str]) -> list[str]:
    """What each requirement says of a model, by the oracle of the query."""
    said = []
    for name in names:
        only = alone(query, name)
        if name == "price_basis":
            met = meets(offer, only.model_copy(update={"cost_tier": None}), scope) or (
                query.cost_tier == "free" and query.price_basis is None
                and offer.can.price_basis == "free"
            )  # fmt: skip
        elif name == "available":  # of providers that are named, an account counts
            met = callable_here(offer, query, scope)
        elif name == "min_input_tokens":
            met = takes_prompt(offer, query)
        else:
            met = meets(offer, only, scope)
        unknown = is_unknown(offer, name) or (name == "task" and is_untold(offer, query.task))
        said.append("met" if met else "unknown" if unknown else "failed")
    return said


def counted(offers: list[Offer], query: ModelQuery, scope: Scope, names: list[str]) -> Any:
    """What the counts of each requirement must be: the oracle."""
    every = [verdicts(offer, query, scope, names) for offer in offers]
    fates = [
        next(((v.index(word), word) for word in ("failed", "unknown") if word in v), None)
        for v in every
    ]
    return [
        (
            fates.count((place, "failed")),
            fates.count((place, "unknown")),
            sum(v[place] == "failed" for v in every),
            sum(v[place] == "unknown" for v in every),
            sum([i for i, word in enumerate(v) if word != "met"] == [place] for v in every),
        )
        for place in range(len(names))
    ]


class Account(NamedTuple):
    """An account of every model: known, matches, those that fell, and each requirement's counts."""

    known: int
    matches: int
    fallen: int
    counts: list[tuple[Any, ...]]


def accounts(
    offers: list[Offer], query: ModelQuery, scope: Scope, empty: Catalog
) -> tuple[Account, Account]:
    """The account that is given, and that of the oracle, in which all adds up."""
    with holding(empty.connection, offers):
        found = explain_query(empty._replace(scope=scope), dump(query))
    names = [requirement.criterion for requirement in found.requirements]
    fallen = sum(each.fell + each.fell_unknown for each in found.requirements)
    given = [tuple(each[2:]) for each in found.requirements]
    matches = sum(meets(offer, query, scope) for offer in offers)
    return (
        Account(found.known, found.matches, fallen, given),
        Account(len(offers), matches, len(offers) - matches, counted(offers, query, scope, names)),
    )


CATALOGS = st.lists(OFFERS, max_size=6, unique_by=lambda offer: offer.id)


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(offers=CATALOGS, query=QUERIES, scope=SCOPES)
def test_every_model_is_a_match_or_counts_once(
    offers: list[Offer], query: ModelQuery, scope: Scope, empty: Catalog
) -> None:
    """Over any catalog and any query the counts are those of an oracle, and add up."""
    given, right = accounts(offers, query, scope, empty)
    assert given == right


@pytest.mark.nightly
@settings(max_examples=5000, deadline=None, suppress_health_check=list(HealthCheck))
@given(offers=CATALOGS, query=QUERIES, scope=SCOPES)
def test_every_model_counts_once_in_more_catalogs(
    offers: list[Offer], query: ModelQuery, scope: Scope, empty: Catalog
) -> None:
    """The same with larger numbers."""
    given, right = accounts(offers, query, scope, empty)
    assert given == right


ASKED: list[dict[str, Any]] = [
    {},
    {"available": False},
    {"requires_tools": True, "min_context": 128_000, "quality_tier": "best"},
    {"requires_tools": True, "requires_params": {"seed", "top_p"}, "max_cost_per_1m_input": 0.1},
    {"min_speed_tps": 100, "provider": "openai"},
    {"min_context": 9_000_000, "available": False},
    {"cost_tier": "free", "providers": {"groq", "gemini"}, "min_quality_tier": "balanced"},
    {"mode": "any", "price_basis": "any", "include_deprecated": True, "available": False},
]


def test_the_shipped_models_are_accounted_for(shipped: Catalog) -> None:
    """Matches and what fell are all rows; `only` is what lifting the requirement adds."""
    for criteria in ASKED:
        found = explain_query(shipped, criteria)
        [(known,)] = shipped.rows("SELECT count(*) FROM catalog")
        fallen = sum(each.fell + each.fell_unknown for each in found.requirements)
        assert found.known == known == found.matches + fallen, criteria
        assert found.matches == shipped.count(criteria), criteria
        query = ModelQuery(**criteria)
        added = {
            each.criterion: shipped.count(dump(without(query, each.criterion))) - found.matches
            for each in found.requirements
            if (each.criterion, query.cost_tier) != ("cost_tier", "free")
        }
        assert {name: by_criterion(found)[name].only for name in added} == added, criteria


def test_a_nearest_miss_matches_once_its_requirement_is_lifted(shipped: Catalog) -> None:
    """What is said to be the only lack is the only one."""
    for criteria in ASKED[2:6]:
        found = explain_query(shipped, criteria, nearest=8)
        query = ModelQuery(**criteria)
        matching = {
            criterion: {model.id for model in shipped.entries(dump(without(query, criterion)))}
            for criterion in {miss.lack.criterion for miss in found.nearest}
        }
        missing = [m for m in found.nearest if m.id not in matching[m.lack.criterion]]
        assert (missing, len(found.nearest)) == ([], 8), criteria


@pytest.mark.sqlite_only("counts what the driver traces")
def test_a_query_is_explained_in_few_statements(shipped: Catalog) -> None:
    """However many criteria there are, the catalog is asked five times at most."""
    asked: list[str] = []
    shipped.connection.set_trace_callback(asked.append)
    explain_query(shipped, {**ASKED[3], **ASKED[2]})
    assert 1 < len(asked) <= 5


# Where a model counts.


FALLS: list[tuple[dict[str, Any], dict[str, tuple[int, int]]]] = [
    ({}, {"requires_tools": (0, 1), "min_context": (0, 0)}),
    ({"supports_tools": False}, {"requires_tools": (1, 0), "min_context": (0, 0)}),
    ({"max_context": 5}, {"requires_tools": (0, 0), "min_context": (1, 0)}),
    ({"supports_tools": True}, {"requires_tools": (0, 0), "min_context": (0, 1)}),
    ({"supports_tools": False, "max_context": 5},
     {"requires_tools": (1, 0), "min_context": (0, 0)}),
    ({"supports_tools": True, "max_context": 9000},
     {"requires_tools": (0, 0), "min_context": (0, 0)}),
]  # fmt: skip


def test_what_fails_comes_before_what_is_unknown(empty: Catalog) -> None:
    """A model counts at the first requirement it fails, else at the first unknown one."""
    for known, counts in FALLS:
        found = by_criterion(
            explained(empty, [facts(**known)], requires_tools=True, min_context=9000)
        )
        assert {name: (found[name].fell, found[name].fell_unknown) for name in counts} == counts, (
            known
        )


def test_the_order_of_requirements_is_fixed(empty: Catalog) -> None:
    """It does not depend on how the question was put."""
    asked = {"quality_tier": "best", "min_context": 5, "requires_tools": True, "provider": "acme"}
    backwards = dict(reversed(asked.items()))
    names = [each.criterion for each in explained(empty, [], **asked).requirements]
    assert names == [
        "provider", "mode", "include_deprecated", "requires_tools", "min_context", "quality_tier",
        "price_basis", "include_suspicious", "available",
    ]  # fmt: skip
    assert names == [each.criterion for each in explained(empty, [], **backwards).requirements]
    assert sorted(ORDER) == sorted([*CRITERIA, "workload"])


def test_what_is_only_unknown_is_told_apart(empty: Catalog) -> None:
    """`only_unknown` counts the models that fail nothing."""
    offers = [
        facts()._replace(name="a"),
        facts(max_context=5)._replace(name="b"),
        facts(supports_tools=True)._replace(name="c"),
    ]
    found = explained(empty, offers, requires_tools=True, min_context=9000)
    assert (found.known, found.matches, found.only_unknown) == (3, 0, 2)


# In words.

LACKS: list[tuple[dict[str, Any], dict[str, Any], str]] = [
    ({"max_context": 64_000}, {"min_context": 128_000}, "context 64,000 < 128,000"),
    ({"max_context": 64_000}, {"max_context": 8_000}, "context 64,000 > 8,000"),
    ({}, {"min_context": 128_000}, "context unknown"),
    ({"max_output_tokens": 1}, {"min_output_tokens": 2}, "output 1 < 2"),
    ({"max_context": 64_000, "max_input_tokens": 32_000}, {"min_context": 48_000},
     "context 32,000 < 48,000"),
    ({"max_context": 64_000, "max_input_tokens": 32_000}, {"min_input_tokens": 48_000},
     "prompt of 48,000 exceeds its cap of 32,000"),
    ({"max_context": 64_000, "max_output_tokens": 9_000},
     {"min_input_tokens": 60_000, "min_output_tokens": 8_000},
     "prompt of 60,000 and output of 8,000 exceed the window of 64,000"),
    ({}, {"min_input_tokens": 48_000}, "prompt unknown"),
    ({"price_basis": "metered"}, {"local_only": True}, "not served on a machine of one's own"),
    ({"speed_hint_tps": 99.5}, {"min_speed_tps": 100.0}, "speed 99.5 < 100"),
    ({"input_cost_per_1m": 2.5}, {"max_cost_per_1m_input": 1}, "input price $2.50 > $1"),
    ({"output_cost_per_1m": 1.0049}, {"max_cost_per_1m_output": 1.001},
     "output price $1.0049 > $1.001"),
    ({"supports_tools": False}, {"requires_tools": True}, "no tools"),
    ({}, {"requires_structured_outputs": True}, "structured outputs unknown"),
    ({"known_params": {"seed"}}, {"requires_params": {"seed", "top_p", "stop"}}, "no stop, top_p"),
    ({}, {"requires_params": {"seed"}}, "parameters unknown"),
    ({"quality_tier": "cheap"}, {"quality_tier": "best"}, "tier cheap, not best"),
    ({}, {"quality_tier": "best"}, "tier unknown"),
    ({"quality_tier": "cheap"}, {"min_quality_tier": "balanced"}, "tier cheap, below balanced"),
    ({}, {"min_quality_tier": "balanced"}, "tier unknown"),
    ({"input_cost_per_1m": 1, "output_cost_per_1m": 4}, {"cost_tier": "cheap"},
     "blended price $1.75, not cheap"),
    ({"input_cost_per_1m": 1}, {"cost_tier": "free"}, "blended price unknown"),
    ({}, {"provider": "groq"}, "provider acme, not groq"),
    ({}, {"providers": {"openai", "groq"}}, "provider acme, not groq or openai"),
    ({}, {"family": "gpt"}, "family unknown"),
    ({"mode": "embedding"}, {}, "mode embedding, not chat"),
    ({}, {"mode": "embedding"}, "mode unknown"),
    ({"price_basis": "free"}, {}, "price basis free, excluded by default"),
    ({"price_basis": "free"}, {"price_basis": "metered"}, "price basis free, not metered"),
    ({"lifecycle": "deprecated"}, {}, "lifecycle deprecated"),
    ({"deprecated_at": "2026-11-22"}, {}, "deprecated since 2026-11-22"),
]  # fmt: skip


def test_a_lack_is_put_in_words(empty: Catalog) -> None:
    """What the model has, and what was asked for; or that nobody knows."""
    for known, criteria, text in LACKS:
        [miss] = explained(empty, [facts(**known)], **criteria).nearest
        assert (miss.id, miss.lack.text) == ("acme/alpha", text), (known, criteria)
        assert miss.lack.unknown == text.endswith(" unknown"), (known, criteria)


TO_DO: list[tuple[Offer, str]] = [
    (Offer("groq", "x", seen=frozenset()), "not available: set GROQ_API_KEY"),
    (Offer("ollama", "x", seen=frozenset()),
     "not available: start Ollama and run modeldex refresh"),
    (Offer("acme", "x", seen=frozenset()),
     "not available: no key variable is known for acme; add `keys` to it in providers.toml"),
    (Offer("acme", "x", retired=True), "retired since 2026-01-01"),
]  # fmt: skip


def test_who_cannot_be_called_comes_with_what_to_do(empty: Catalog) -> None:
    """The key variable of a hosted provider, the server of a local one."""
    for offer, text in TO_DO:
        [miss] = explained(empty, [offer]).nearest
        assert miss.lack.text == text, offer


def test_a_passed_day_counts_only_for_what_nobody_sees(empty: Catalog) -> None:
    """A model that still answers is still in use."""
    gone = facts(retires_at="2026-11-21")._replace(provider="groq")
    reference = gone._replace(name="beta", seen=frozenset({"dataset"}))
    with holding(empty.connection, [gone, reference]):
        found = explain_query(empty, {"available": False})
    assert (found.matches, [miss.lack.text for miss in found.nearest]) == (
        1, ["was to retire on 2026-11-21"],
    )  # fmt: skip


def test_a_registry_with_sources_of_its_own_names_them(empty: Catalog) -> None:
    """No key would help there."""
    scoped = empty._replace(scope=Scope(TODAY, presumed("acme"), sources=("lively", "dataset")))
    with holding(empty.connection, [facts()._replace(provider="groq")]):
        found = explain_query(scoped, {})
    assert found.nearest == (
        Miss("groq/alpha", Lack("available", False, "not listed by dataset or lively")),  # noqa: FBT003
    )  # fmt: skip
    assert by_criterion(found)["available"].wants == "listed by dataset or lively"


WISHES: list[tuple[dict[str, Any], str]] = [
    *(({flag: True}, column.removeprefix("supports_").replace("_", " "))
      for flag, column in REQUIRED_FLAGS.items()),
    ({"min_context": 128_000}, "context >= 128,000"),
    ({"max_context": 128_000}, "context <= 128,000"),
    ({"min_output_tokens": 0}, "output >= 0"),
    ({"min_input_tokens": 9_000}, "prompt >= 9,000"),
    ({"local_only": True}, "served on a machine of one's own"),
    ({"max_cost_per_1m_input": 0.5}, "input price <= $0.50"),
    ({"max_cost_per_1m_output": 0}, "output price <= $0"),
    ({"min_speed_tps": 10.5}, "speed >= 10.5"),
    ({"requires_params": {"b", "a"}}, "parameters a, b"),
    ({"quality_tier": "unknown"}, "tier unknown"),
    ({"task": "vision"}, "what the task vision needs"),
    ({"requires_endpoint": "responses"}, "endpoint /v1/responses"),
    ({"requires_effort": "high"}, "effort high"),
    ({"min_quality_tier": "cheap"}, "tier cheap or better"),
    ({"cost_tier": "free"}, "cost tier free"),
    ({"provider": "acme"}, "provider acme"),
    ({"providers": {"b", "a"}}, "provider a or b"),
    ({"family": "gpt"}, "family gpt"),
    ({"mode": "chat"}, "mode chat or unknown"),
    ({"mode": "ocr"}, "mode ocr"),
    ({"price_basis": "free"}, "price basis free"),
    ({"price_basis": None}, "price basis metered, self_hosted or unknown"),
    ({"include_deprecated": False}, "still in use"),
    ({"include_suspicious": False}, "plausible facts"),
    ({"min_days_left": 30}, "days left >= 30"),
    ({"base": "acme/alpha-2"}, "base acme/alpha-2"),
    ({"search": "alpha 2"}, "named alpha 2"),
    ({"provider_class": None}, "provider class lab, cloud, host or gateway"),
    ({"provider_class": "host"}, "provider class host"),
    ({"not_providers": {"groq", "google"}}, "not of gemini or groq"),
    ({"not_classes": {"plan"}}, "not of a plan"),
    ({"available": True}, "available"),
]  # fmt: skip


def test_a_requirement_is_put_in_words(empty: Catalog) -> None:
    """What it asks for."""
    for criteria, text in WISHES:
        [name] = criteria
        assert by_criterion(explained(empty, [], **criteria))[name].wants == text, criteria


def test_every_criterion_that_requires_something_has_words() -> None:
    """A new one cannot be forgotten above."""
    assert {name for criteria, _ in WISHES for name in criteria} == {*CRITERIA} - {
        "limit",
        "offset",
    }


# The ranking.

FIRST: dict[str, Any] = {
    "quality_tier": "best", "input_cost_per_1m": 1.0, "output_cost_per_1m": 4.0,
    "max_context": 200_000, "release_date": "2026-05-01", "quality_score": 83.0,
    "coding_score": 82.0,
}  # fmt: skip


BEHIND: list[tuple[dict[str, Any], str | None, str]] = [
    ({"quality_tier": "balanced"}, "quality_tier", "tier balanced, behind best"),
    ({"quality_tier": "unknown"}, "quality_tier", "tier unknown, behind best"),
    ({"input_cost_per_1m": 2.0}, "blended_cost", "blended price $2.50 > $1.75"),
    ({"input_cost_per_1m": 1.002}, "blended_cost", "blended price $1.7515 > $1.75"),
    ({"quality_score": 79.5}, "quality_score", "score 79.5, in a band behind 83.0"),
    ({"quality_score": None}, "quality_score", "score unknown"),
    ({"quality_score": 80.5}, None, "equal rank, later by name"),
    ({"input_cost_per_1m": 1.0000004}, None, "equal rank, later by name"),
    ({"output_cost_per_1m": None}, "blended_cost", "blended price unknown"),
    ({"max_context": 8_000}, "usable_context", "context 8,000 < 200,000"),
    ({"max_context": None}, "usable_context", "context unknown"),
    ({"release_date": "2025-05-01"}, "release_date", "release 2025-05-01 < 2026-05-01"),
    ({"release_date": None}, "release_date", "release unknown"),
    ({}, None, "equal rank, later by name"),
]


def test_a_runner_up_is_behind_by_the_first_difference(empty: Catalog) -> None:
    """Tier, then band of the score, then price, then window, then release, then name."""
    for other, differs_in, text in BEHIND:
        second = facts(**{**FIRST, **other})._replace(name="beta")
        first, runner_up = explained(empty, [second, facts(**FIRST)]).ranked
        assert (first.id, first.differs_in, first.text) == ("acme/alpha", None, None), other
        assert (runner_up.place, runner_up.id) == (2, "acme/beta"), other
        assert (runner_up.differs_in, runner_up.text) == (differs_in, text), other


def test_for_a_task_its_own_score_decides(empty: Catalog) -> None:
    """A better tier does not help one whose score for the task is of a lower band, or unknown."""
    for score, text in (
        (71.0, "score for the task 71.0, in a band behind 82.0"),
        (None, "score for the task unknown"),
    ):
        second = facts(**{**FIRST, "coding_score": score})._replace(name="aaa")
        first = facts(**{**FIRST, "quality_tier": "cheap"})
        found = explained(empty, [second, first], task="coding").ranked
        assert [each.id for each in found] == ["acme/alpha", "acme/aaa"], score
        assert (found[1].differs_in, found[1].text) == ("task_score", text), score


def test_at_the_same_price_the_lab_is_first(empty: Catalog) -> None:
    """The class of the provider decides before the window does."""
    lab = facts(**FIRST, base="acme/alpha")
    host = facts(**{**FIRST, "max_context": 900_000}, base="acme/alpha")._replace(provider="aaa")
    with holding(empty.connection, [host, lab]):
        empty.connection.execute(
            "INSERT INTO provider_classes (provider, class, maker) "
            "VALUES ('acme', 'lab', 'acme'), ('aaa', 'host', NULL)"
        )
        first, second = explain_query(empty, {}).ranked
    assert (first.id, second.differs_in) == ("acme/alpha", "provider_class")
    assert second.text == "same price, but not known as its maker's own offer (host)"


def test_the_choice_says_what_else_the_price_would_buy(empty: Catalog) -> None:
    """The best of another provider for the same money, and the cheapest that is as good."""
    offers = [
        facts(**FIRST),
        facts(**{**FIRST, "input_cost_per_1m": 2.0})._replace(provider="dear"),
        facts(**{**FIRST, "quality_score": 72.0})._replace(provider="worse"),
        facts(**{**FIRST, "quality_tier": "cheap", "input_cost_per_1m": 0.1})._replace(
            provider="cheap", name="unknown"
        ),
    ]
    choice = explained(empty, offers).choice
    assert choice is not None
    assert (choice.id, choice.runner_up, choice.decided_by) == (
        "acme/alpha", "dear/alpha", "blended_cost",
    )  # fmt: skip
    beside = [each and each.id for each in (choice.same_money, choice.same_quality)]
    assert beside == ["worse/alpha", "cheap/unknown"]
    assert choice.text == (
        "acme/alpha stands before dear/alpha (blended price $2.50 > $1.75); for the same money "
        "elsewhere: worse/alpha (tier best, score 72.0, $1.75 blended); as good elsewhere, the "
        "cheapest: cheap/unknown (tier cheap, score 83.0, $1.07 blended)"
    )


def test_a_choice_without_facts_says_that_they_are_unknown(empty: Catalog) -> None:
    """Nothing is said of a price or a score that nobody knows."""
    choice = explained(empty, [facts()]).choice
    assert choice is not None
    assert (choice.runner_up, choice.same_money, choice.same_quality) == (None, None, None)
    assert choice.text == (
        "acme/alpha is the only model that matches; its price is unknown, so is what the same "
        "money would buy; its score is unknown, so is what else is as good"
    )


def test_a_workload_ranks_by_what_it_costs(empty: Catalog) -> None:
    """The dearer answers come second where the answers are long; what would be refused, nowhere."""
    large = {**FIRST, "max_context": 3_000_000}
    short = facts(**{**large, "input_cost_per_1m": 2.0, "output_cost_per_1m": 2.0})
    small = facts(**FIRST)._replace(name="gamma")
    with holding(empty.connection, [facts(**large), short._replace(name="beta"), small]):
        found = explain_query(empty, {}, Workload(1_000_000, 1_000_000))
    assert [(each.id, each.workload_cost, each.text) for each in found.ranked] == [
        ("acme/beta", 4.0, None), ("acme/alpha", 5.0, "workload $5 > $4"),
    ]  # fmt: skip
    fits = by_criterion(found)["workload"]
    assert (fits.wants, fits.failed) == (
        "takes a prompt of 1,000,000 and an output of 1,000,000", 1,
    )  # fmt: skip
    [miss] = found.nearest
    assert (miss.id, miss.lack.text) == (
        "acme/gamma", "prompt of 1,000,000 exceeds the window of 200,000",
    )  # fmt: skip


def test_the_ranked_are_the_first_of_the_query(shipped: Catalog) -> None:
    """Place by place, with the values that decide."""
    found = explain_query(shipped, {"requires_tools": True}, runners_up=9)
    best = shipped.entries({"requires_tools": True, "limit": 10})
    assert [each.id for each in found.ranked] == [model.id for model in best]
    decisive = [
        "quality_tier", "quality_score", "blended_cost", "provider_class", "usable_context",
        "release_date",
    ]  # fmt: skip
    assert [[getattr(each, column) for column in decisive] for each in found.ranked] == [
        [model.value(column) for column in decisive] for model in best
    ]


def test_nearest_misses_are_of_each_kind_first(empty: Catalog) -> None:
    """The best of each lack, then the second best of each."""
    lacking = {"a": False, "b": False, "c": None, "d": None, "e": None}
    offers = [facts(supports_tools=tools)._replace(name=name) for name, tools in lacking.items()]
    found = explained(empty, offers, requires_tools=True)
    assert [(miss.id[-1], miss.lack.text) for miss in found.nearest] == [
        ("a", "no tools"), ("c", "tools unknown"), ("b", "no tools"), ("d", "tools unknown"),
        ("e", "tools unknown"),
    ]  # fmt: skip


# From a registry.


async def test_nothing_found_is_one_call_away_from_knowing_why(shipped_catalog: Path) -> None:
    """The same criteria, or a query, give the explanation; as text it is a fact per line."""
    async with ModelRegistry(db=shipped_catalog, environ={}) as registry:
        assert await registry.find_best(requires_tools=True, provider="google") is None
        found = await registry.explain_query(requires_tools=True, provider="google")
        query = ModelQuery(requires_tools=True, provider="gemini")
        assert await registry.explain_query(query) == found
    assert (found.matches, found.ranked) == (0, ())
    assert {miss.lack.text for miss in found.nearest} == {"not available: set GEMINI_API_KEY"}
    lines = str(found).splitlines()
    assert lines[0] == f"0 of {found.known:,} known models match"
    assert len(lines) == 1 + len(found.requirements) + len(found.nearest)


async def test_a_limit_does_not_matter(shipped_catalog: Path) -> None:
    """What became of every model is not a matter of pages."""
    async with ModelRegistry(db=shipped_catalog, environ={"OPENAI_API_KEY": "x"}) as registry:
        paged = await registry.explain_query(ModelQuery(limit=1, offset=7))
        assert paged == await registry.explain_query()
    assert len(paged.ranked) > 1


async def test_a_criterion_without_meaning_is_refused(shipped_catalog: Path) -> None:
    """As in any query."""
    async with ModelRegistry(db=shipped_catalog, environ={}) as registry:
        with pytest.raises(InvalidQuery, match="min_contxt"):
            await registry.explain_query(min_contxt=5)


async def test_the_past_is_explained_by_what_was_known_then(catalog_path: Path) -> None:
    """With `as_of` the counts are those of the moment."""
    small_catalog(catalog_path, {"acme/one": {"supports_tools": True}})
    age(catalog_path, 9)
    with write(catalog_path) as connection:
        connection.execute("INSERT INTO models (provider, name) VALUES ('acme', 'two')")
        connection.execute("UPDATE capabilities SET supports_tools = 0, retires_at = '2026-02-01'")
    asked: dict[str, Any] = {"requires_tools": True, "available": False}
    async with ModelRegistry(db=catalog_path, environ={}) as registry:
        now = await registry.explain_query(**asked)
        past = await registry.explain_query(**asked, as_of="5d")
    assert (now.known, now.matches, past.known, past.matches) == (2, 0, 1, 1)


# From the command line.


@pytest.fixture
def small(catalog_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small catalog, and the key of openai."""
    monkeypatch.setenv("OPENAI_API_KEY", "placeholder-key")
    return small_catalog(catalog_path, MODELS)


def total(explanation: Mapping[str, Any]) -> int:
    """Matches and everything that fell."""
    fallen = sum(each["fell"] + each["fell_unknown"] for each in explanation["requirements"])
    return int(explanation["matches"]) + int(fallen)


def test_why_in_a_pipe_is_plain_lines(small: Path) -> None:
    """The first line is still the model alone."""
    done = run_command(small, "best", "--tools", "--why")
    assert done.code == 0
    assert done.out.splitlines() == [
        "openai/flagship",
        "openai/flagship ranks first of 2 matching models",
        "2. openai/older: same price, but not known as its maker's own offer (lab)",
        (
            "openai/flagship stands before openai/older (same price, but not known as its maker's "
            "own offer (lab)); for the same money elsewhere: nothing; its score is unknown, so is "
            "what else is as good"
        ),
        "2 of 6 known models match",
        (
            "mode chat or unknown: 1 excluded here, 0 more as unknown; "
            "of all models 1 fail it, 0 are unknown; 0 fail only this"
        ),
        (
            "still in use: 0 excluded here, 0 more as unknown; "
            "of all models 0 fail it, 0 are unknown; 0 fail only this"
        ),
        (
            "days left >= 30: 0 excluded here, 0 more as unknown; "
            "of all models 0 fail it, 0 are unknown; 0 fail only this"
        ),
        (
            "tools: 1 excluded here, 0 more as unknown; "
            "of all models 1 fail it, 2 are unknown; 1 fail only this"
        ),
        (
            "price basis metered, self_hosted or unknown: 0 excluded here, 0 more as unknown; "
            "of all models 0 fail it, 0 are unknown; 0 fail only this"
        ),
        (
            "plausible facts: 0 excluded here, 0 more as unknown; "
            "of all models 0 fail it, 0 are unknown; 0 fail only this"
        ),
        (
            "provider class lab, cloud, host or gateway: 0 excluded here, 0 more as unknown; "
            "of all models 0 fail it, 0 are unknown; 0 fail only this"
        ),
        (
            "available: 2 excluded here, 0 more as unknown; "
            "of all models 3 fail it, 0 are unknown; 1 fail only this"
        ),
        "groq/shared fails only one requirement: not available: set GROQ_API_KEY",
        "openai/small fails only one requirement: no tools",
    ]


def test_why_as_json_is_an_object_beside_the_model(small: Path) -> None:
    """Named tuples become objects, and the counts still add up."""
    found = run_command(small, "best", "--tools", "--why", "--json").json
    explanation = found["explanation"]
    assert (found["model"]["id"], total(explanation)) == ("openai/flagship", 6)
    assert explanation["nearest"][0] == {
        "id": "groq/shared",
        "lack": {
            "criterion": "available", "unknown": False, "text": "not available: set GROQ_API_KEY",
        },
    }  # fmt: skip
    assert [each["id"] for each in explanation["ranked"]] == ["openai/flagship", "openai/older"]


def test_why_nothing_matches(small: Path) -> None:
    """Exit code 3: the explanation on stdout, the error on stderr."""
    plain = run_command(small, "best", "--tools", "--min-context", "9m", "--known", "--why")
    assert (plain.code, plain.out.splitlines()[0]) == (
        3,
        "0 of 6 known models match; 2 more fail nothing, but have unknown values",
    )
    assert "without --min-context" in plain.err
    as_json: CommandResult = run_command(
        small, "best", "--tools", "--min-context", "9m", "--why", "--json"
    )
    assert (as_json.code, list(as_json.json), total(as_json.json["explanation"])) == (
        3, ["explanation"], 6,
    )  # fmt: skip
    assert as_json.error["code"] == "no_match"


def test_why_on_a_terminal_is_tables(small: Path) -> None:
    """After the model, its runners-up, the requirements and the nearest misses."""
    done = on_terminal("--db", str(small), "best", "--tools", "--why")
    lines = [" ".join(line.split()) for line in unstyled(done.out).splitlines()]
    assert done.code == 0
    assert lines[0] == "openai/flagship"
    assert any(line.startswith("2 openai/older same price, but not known as") for line in lines)
    assert "2 of 6 known models match" in lines
    assert "tools 1 0 1 2 1" in lines
    assert "groq/shared not available: set GROQ_API_KEY" in lines


def test_several_and_a_workload_are_explained_too(small: Path) -> None:
    """--why goes with -n and with a workload."""
    done = run_command(
        small, "best", "-n", "2", "--input-tokens", "10k", "--output-tokens", "10k", "--why"
    )
    assert done.out.splitlines()[:4] == [
        "openai/flagship", "openai/older", "openai/flagship ranks first of 3 matching models",
        "2. openai/older: same price, but not known as its maker's own offer (lab)",
    ]  # fmt: skip
