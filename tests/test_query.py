"""The query compiler against a Python oracle, with unknown values everywhere."""

import random
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from modeldex import InvalidQuery, ModelCapabilities, ModelQuery, ModelRegistry
from modeldex.claims import claim
from modeldex.fields import LIFECYCLES, MODES, NAMES, PRICE_BASES, TIERS
from modeldex.opening import open_catalog
from modeldex.places import Place
from modeldex.search import (
    COLUMNS,
    COST_TIERS,
    CRITERIA,
    REQUIRED_FLAGS,
    Scope,
    compile_count,
    compile_find,
    compile_query,
    conditions,
    record,
)
from storage import bare, folded_once, is_file, migrated, plain

TODAY = "2026-11-22"
LIVE, REFERENCE = ("alive", "lively"), ("dataset", "listing")
PROVIDERS = ("openai", "groq", "o'ne", "ollama", "z")
CUTS = {"cheap": (0.0, 0.5), "standard": (0.5, 2.0), "premium": (2.0, 9e99)}
DAYS = ("2026-11-21", TODAY, "2026-11-23", "2026-11", "2026-12", "2025-06")
WINDOWS = (1, 8_192, 128_000, 1_000_000)
PRICES = (0.0, 0.1, 0.5, 1.0, 2.0, 30.0)
PARAMS = ("seed", "top_p", "top", "stop", "100%", "a_b")
FLAGS = tuple(REQUIRED_FLAGS.values())


def spelled(value: object) -> str:
    """A text that is the same in every process: sets have no fixed order."""
    return str(sorted(value)) if isinstance(value, set | frozenset) else str(value)


class Offer(NamedTuple):
    """One model as a test writes it: `seen` and `lost` are the sources that (once) saw it."""

    provider: str
    name: str
    family: str | None = None
    retired: bool = False
    seen: frozenset[str] = frozenset({"alive"})
    lost: frozenset[str] = frozenset()
    can: ModelCapabilities = ModelCapabilities()

    @property
    def id(self) -> str:
        """Provider and name."""
        return f"{self.provider}/{self.name}"

    @property
    def window(self) -> int | None:
        """The window that can be used."""
        return self.can.served_context or self.can.max_context

    @property
    def cost(self) -> float | None:
        """Three parts of the prompt's price and one of the answer's; None where one is unknown."""
        given, made = self.can.input_cost_per_1m, self.can.output_cost_per_1m
        return None if given is None or made is None else (3 * given + made) / 4

    @property
    def live(self) -> bool:
        """Whether a live source sees it now."""
        return bool(self.seen & set(LIVE))


# The oracle.


def least(value: float | None, bound: float | None) -> bool:
    """Whether a known value reaches a bound; without a bound anything does."""
    return bound is None or (value is not None and value >= bound)


def most(value: float | None, bound: float | None) -> bool:
    """Whether a known value stays within a bound; without a bound anything does."""
    return bound is None or (value is not None and value <= bound)


def rank(tier: object) -> int:
    """Best is 0, not known is 3."""
    return (*TIERS, "unknown").index(str(tier))


def affordable(offer: Offer, tier: str | None) -> bool:
    """Whether the blended price is known and inside the tier's cut-points."""
    if tier in (None, "any"):
        return True
    if tier == "free" or not offer.cost:
        return tier == "free" and offer.cost == 0
    low, high = CUTS[str(tier)]
    return low <= offer.cost < high


def callable_here(offer: Offer, query: ModelQuery, scope: Scope) -> bool:
    """Whether one of the scope's sources sees it, or it is live or its provider keyed."""
    if not query.available:
        return True
    if scope.sources is not None:
        return not offer.seen.isdisjoint(scope.sources)
    return offer.live or offer.provider in scope.keyed


def current(offer: Offer) -> bool:
    """Whether no date and no word says that it is out of use; a month begins on its first day."""
    facts = offer.can
    gone = facts.retires_at is not None and facts.retires_at <= TODAY and not offer.live
    advised_against = facts.deprecated_at is not None and facts.deprecated_at <= TODAY
    return not (
        offer.retired or gone or advised_against or facts.lifecycle in ("deprecated", "retired")
    )


def meets(offer: Offer, query: ModelQuery, scope: Scope) -> bool:
    """Whether the offer meets every criterion by a known value."""
    facts = offer.can
    shown = {None, "metered", "self_hosted"} | ({"free"} if query.cost_tier == "free" else set())
    return (
        callable_here(offer, query, scope)
        and (query.include_deprecated or current(offer))
        and all(getattr(facts, f) for c, f in REQUIRED_FLAGS.items() if getattr(query, c))
        and least(offer.window, query.min_context)
        and most(offer.window, query.max_context)
        and least(facts.max_output_tokens, query.min_output_tokens)
        and least(facts.speed_hint_tps, query.min_speed_tps)
        and most(facts.input_cost_per_1m, query.max_cost_per_1m_input)
        and most(facts.output_cost_per_1m, query.max_cost_per_1m_output)
        and query.requires_params <= facts.known_params
        and query.quality_tier in (None, "any", facts.quality_tier)
        and rank(facts.quality_tier) <= rank(query.min_quality_tier or "unknown")
        and affordable(offer, query.cost_tier)
        and query.provider in (None, offer.provider)
        and (not query.providers or offer.provider in query.providers)
        and query.family in (None, offer.family)
        and (query.mode in (None, "any", facts.mode) or (query.mode, facts.mode) == ("chat", None))
        and (query.price_basis in ("any", facts.price_basis) or query.price_basis is None)
        and (query.price_basis is not None or facts.price_basis in shown)
    )


def oracle(offers: list[Offer], query: ModelQuery, scope: Scope) -> list[str]:
    """Filter and sort: tier, blended cost, window, release, provider, name."""
    found = sorted(o for o in offers if meets(o, query, scope))
    found.sort(key=lambda o: o.can.release_date or "", reverse=True)
    found.sort(
        key=lambda o: (
            rank(o.can.quality_tier),
            9e99 if o.cost is None else o.cost,
            -(o.window or 0),
        )
    )
    last = None if query.limit is None else query.offset + query.limit
    return [offer.id for offer in found][query.offset : last]


# Random offers, criteria and scopes; each value is unknown half of the time.


def maybe(values: tuple[Any, ...]) -> st.SearchStrategy[Any]:
    """One of the values, or as often nothing."""
    return st.none() | st.sampled_from(values)


FACTS: dict[str, st.SearchStrategy[Any]] = {
    **dict.fromkeys(FLAGS, maybe((True, False))),
    **dict.fromkeys(("max_context", "served_context", "max_output_tokens"), maybe(WINDOWS)),
    **dict.fromkeys(("input_cost_per_1m", "output_cost_per_1m"), maybe(PRICES)),
    **dict.fromkeys(("deprecated_at", "retires_at"), st.none() | maybe(DAYS)),
    "release_date": maybe(DAYS),
    "speed_hint_tps": maybe((0.0, 10.0, 99.5)),
    "known_params": st.just(frozenset()) | st.frozensets(st.sampled_from(PARAMS)),
    "mode": st.none() | st.just("chat") | st.sampled_from(MODES),
    "price_basis": st.none() | st.just("metered") | st.sampled_from(PRICE_BASES),
    "lifecycle": st.none() | maybe(LIFECYCLES),
    "quality_tier": st.sampled_from((*TIERS, "unknown")),
}
OFFERS = st.builds(
    Offer,
    provider=st.sampled_from(PROVIDERS),
    name=st.sampled_from(("a", "b", "c/d:e", "é", "Z")),
    family=maybe(("gpt", "claude")),
    retired=st.sampled_from((False, False, False, True)),
    seen=st.frozensets(st.sampled_from((*LIVE, *REFERENCE)), max_size=2),
    lost=st.frozensets(st.sampled_from((*LIVE, *REFERENCE)), max_size=1),
    can=st.fixed_dictionaries(FACTS).map(lambda facts: ModelCapabilities(**facts)),
).map(lambda offer: offer._replace(lost=offer.lost - offer.seen))
CRITERION: dict[str, st.SearchStrategy[Any]] = {
    **dict.fromkeys(REQUIRED_FLAGS, st.booleans()),
    **dict.fromkeys(("min_context", "max_context", "min_output_tokens"), maybe((0, *WINDOWS))),
    **dict.fromkeys(("max_cost_per_1m_input", "max_cost_per_1m_output"), maybe(PRICES)),
    "min_speed_tps": maybe((0.0, 10.0, 10.5)),
    "requires_params": st.frozensets(st.sampled_from((*PARAMS, "to", "%")), max_size=2),
    "quality_tier": st.sampled_from((*TIERS, "unknown", "any", None)),
    "min_quality_tier": st.sampled_from((*TIERS, "unknown", None)),
    "cost_tier": st.sampled_from((*COST_TIERS, "any", None)),
    "provider": maybe((*PROVIDERS, "nobody")),
    "providers": st.frozensets(st.sampled_from(PROVIDERS), max_size=3),
    "family": maybe(("gpt", "claude", "")),
    "mode": st.sampled_from((*MODES, "any", None)),
    "price_basis": st.sampled_from((*PRICE_BASES, "any", None)),
    "available": st.booleans(),
    "include_deprecated": st.booleans(),
    "limit": st.none() | st.integers(1, 5),
    "offset": st.integers(0, 5),
}
QUERIES = (
    st.lists(st.sampled_from(sorted(CRITERION)), unique=True, max_size=4)
    .flatmap(lambda names: st.fixed_dictionaries({name: CRITERION[name] for name in names}))
    .map(lambda criteria: ModelQuery(**criteria))
)
SCOPES = st.builds(
    Scope,
    today=st.just(TODAY),
    keyed=st.lists(st.sampled_from(PROVIDERS), unique=True).map(tuple),
    sources=st.none() | st.lists(st.sampled_from((*LIVE, *REFERENCE)), unique=True).map(tuple),
)
EVERYTHING = Scope(TODAY, PROVIDERS)


def write(connection: Any, offers: list[Offer]) -> None:
    """Put the offers into the tables, as a person at the shell would."""
    run = connection.execute
    for offer in offers:
        moment = "2026-01-01T00:00:00Z"
        (key,) = run(
            "INSERT INTO models (provider, name, family, retired_at) VALUES (?, ?, ?, ?) "
            "RETURNING id",
            (offer.provider, offer.name, offer.family, moment if offer.retired else None),
        ).fetchone()
        sightings = [(key, s, None) for s in offer.seen] + [(key, s, moment) for s in offer.lost]
        connection.executemany(
            "INSERT INTO sightings (model_id, source, missing_since) VALUES (?, ?, ?)", sightings
        )
        known = claim(offer.id, offer.can).values
        columns = ", ".join(("model_id", "resolver", *known))
        marks = ", ".join("?" * (2 + len(known)))
        run(
            f"INSERT INTO capabilities ({columns}) VALUES ({marks})",
            (key, "user", *known.values()),
        )


@contextmanager
def holding(connection: Any, offers: list[Offer]) -> Iterator[None]:
    """Inside the block the catalog holds these offers, afterwards none."""
    connection.execute("BEGIN")
    try:
        write(connection, offers)
        yield
    finally:
        connection.execute("ROLLBACK")


def ask(connection: Any, criteria: Mapping[str, Any], scope: Scope) -> list[str]:
    """The ids that the compiled query selects, in its order."""
    statement = compile_query(criteria, scope)
    return [f"{row[0]}/{row[1]}" for row in connection.execute(*statement)]


def dump(query: ModelQuery) -> dict[str, Any]:
    """The criteria of a query by name."""
    return {name: getattr(query, name) for name in ModelQuery.model_fields}


def made(place: Place) -> Any:
    """A new catalog that knows the tests' sources and takes odd provider ids."""
    connection = plain(migrated(place))
    if is_file(connection):
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("PRAGMA ignore_check_constraints = ON")
    else:
        connection.execute("ALTER TABLE models DROP CONSTRAINT provider_is_a_lower_case_id")
    kinds = [(name, "live") for name in LIVE] + [(name, "reference") for name in REFERENCE]
    connection.executemany("INSERT INTO sources (name, kind) VALUES (?, ?)", kinds)
    return connection


@pytest.fixture(scope="module")
def empty(new_place: Callable[[], Place]) -> Iterator[Any]:
    """A catalog without models, for use with `holding`."""
    with closing(made(new_place())) as connection:
        yield connection


def drawn(choose: random.Random, number: int) -> Offer:
    """One offer of the large population: like those of OFFERS, drawn by a seeded dice."""

    def pick(*values: Any) -> Any:
        return choose.choice((None, *values))

    facts: dict[str, Any] = {flag: pick(*(True, True, False)) for flag in FLAGS}
    facts |= {name: pick(*WINDOWS) for name in ("max_context", "max_output_tokens")}
    facts |= {name: pick(*PRICES) for name in ("input_cost_per_1m", "output_cost_per_1m")}
    facts |= {
        "served_context": choose.choice((None, None, *WINDOWS)),
        "release_date": pick(*DAYS),
        "deprecated_at": choose.choice((*[None] * 9, *DAYS)),
        "retires_at": choose.choice((*[None] * 9, *DAYS)),
        "lifecycle": choose.choice((*[None] * 9, *LIFECYCLES)),
        "speed_hint_tps": pick(0.0, 10.0, 99.5),
        "known_params": frozenset(choose.sample(PARAMS, choose.randrange(5))),
        "mode": choose.choice((None, *["chat"] * 9, *MODES)),
        "price_basis": choose.choice((None, *["metered"] * 9, *PRICE_BASES)),
        "quality_tier": choose.choice((*TIERS, "unknown")),
    }
    sources = (*LIVE, *REFERENCE)
    seen = frozenset(choose.sample(sources, choose.randrange(3)))
    return Offer(
        provider=choose.choice(PROVIDERS),
        name=f"m{number}",
        family=pick("gpt", "claude"),
        retired=choose.random() < 0.1,
        seen=seen,
        lost=frozenset(choose.sample(sources, choose.randrange(2))) - seen,
        can=ModelCapabilities(**facts),
    )


@pytest.fixture(scope="module")
def offers() -> list[Offer]:
    """A thousand random offers, the same ones each time."""
    choose = random.Random(20261122)  # noqa: S311
    return [drawn(choose, number) for number in range(1000)]


@pytest.fixture(scope="module")
def populated(offers: list[Offer], new_place: Callable[[], Place]) -> Place:
    """A catalog that holds those offers."""
    path = new_place()
    with closing(made(path)) as connection:
        connection.execute("BEGIN")
        with folded_once(connection):
            write(connection, offers)
        connection.execute("COMMIT")
    return path


@pytest.fixture
def connection(populated: Place) -> Iterator[Any]:
    """A connection to that catalog."""
    with bare(populated) as opened:
        yield opened


# The oracle's word.

ALONE: list[tuple[str, Any]] = [
    *((flag, True) for flag in REQUIRED_FLAGS),
    *(("min_context", n) for n in (1, 8_192, 8_193)),
    *(("max_context", n) for n in (1, 8_192, 8_193)),
    *(("min_output_tokens", n) for n in (0, 128_000)),
    *(("max_cost_per_1m_input", price) for price in (0.0, 0.1, 0.7)),
    *(("max_cost_per_1m_output", price) for price in (0.0, 2.0)),
    *(("min_speed_tps", rate) for rate in (0.0, 10.0, 11.0)),
    *(("requires_params", words) for words in ({"top"}, {"100%", "seed"}, {"a_b"})),
    *(("quality_tier", tier) for tier in (*TIERS, "unknown")),
    *(("min_quality_tier", tier) for tier in TIERS),
    *(("cost_tier", tier) for tier in COST_TIERS),
    *(("provider", provider) for provider in PROVIDERS),
    *(("providers", several) for several in ({"groq"}, {"z", "o'ne"})),
    *(("family", family) for family in ("gpt", "claude")),
    *(("mode", mode) for mode in MODES),
    *(("price_basis", basis) for basis in (*PRICE_BASES, "any")),
    ("mode", "any"),
    ("include_deprecated", True),
    ("limit", 1),
    ("limit", 10),
    ("offset", 3),
]


@pytest.mark.parametrize(("criterion", "value"), ALONE, ids=lambda v: spelled(v)[:30])
def test_each_criterion_alone(
    criterion: str, value: Any, connection: Any, offers: list[Offer]
) -> None:
    """One criterion finds the offers that the oracle finds, in its order: some, not all."""
    query = ModelQuery(**{criterion: value})
    expected = oracle(offers, query, EVERYTHING)
    assert ask(connection, dump(query), EVERYTHING) == expected
    assert 0 < len(expected) < len(offers)


def test_no_criterion_is_left_out() -> None:
    """Every criterion of a query is one that the tests above and below try."""
    tried = {criterion for criterion, _ in ALONE} | {"available"}
    assert tried == set(CRITERIA) == set(CRITERION)


def test_the_criteria_are_the_fields_of_a_query() -> None:
    """The compiler knows exactly what ModelQuery can say."""
    assert sorted(CRITERIA) == sorted(ModelQuery.model_fields)


@pytest.mark.parametrize(
    "scope",
    [
        Scope(TODAY),
        Scope(TODAY, ("groq",)),
        Scope(TODAY, ("groq", "o'ne", "nobody")),
        Scope(TODAY, sources=("alive",)),
        Scope(TODAY, sources=("dataset", "lively", "unheard_of")),
        Scope(TODAY, ("groq",), sources=("listing",)),
    ],
    ids=str,
)
def test_each_scope(scope: Scope, connection: Any, offers: list[Offer]) -> None:
    """Keys, live sources and own sources narrow to what the oracle says is available."""
    expected = oracle(offers, ModelQuery(), scope)
    assert ask(connection, {}, scope) == expected
    assert 0 < len(expected) < len(oracle(offers, ModelQuery(available=False), scope))


def test_a_registry_that_has_no_source_sees_nothing(connection: Any) -> None:
    """An empty list of sources is a scope without models, not one without limits."""
    assert ask(connection, {}, Scope(TODAY, PROVIDERS, sources=())) == []


@given(query=QUERIES, scope=SCOPES)
def any_criteria_over_many_offers(
    query: ModelQuery, scope: Scope, populated: Path, offers: list[Offer]
) -> None:
    """Ask for some criteria and compare with the oracle."""
    expected = oracle(offers, query, scope)
    with bare(populated) as connection:
        assert ask(connection, dump(query), scope) == expected
        (count,) = connection.execute(*compile_count(dump(query), scope)).fetchone()
    assert count == len(
        oracle(offers, query.model_copy(update={"limit": None, "offset": 0}), scope)
    )


@pytest.mark.parametrize("examples", [80, pytest.param(250, marks=pytest.mark.nightly)])
def test_any_criteria_over_many_offers(populated: Path, offers: list[Offer], examples: int) -> None:
    """Any mix of criteria in any scope gives the oracle's answer, and counts it right."""
    searched = settings(max_examples=examples)(any_criteria_over_many_offers)
    searched(populated=populated, offers=offers)


@given(
    offers=st.lists(OFFERS, max_size=5, unique_by=lambda offer: offer.id),
    query=QUERIES,
    scope=SCOPES,
)
def any_criteria_over_any_offers(
    offers: list[Offer], query: ModelQuery, scope: Scope, empty: Any
) -> None:
    """Ask for some criteria over some offers and compare with the oracle."""
    with holding(empty, offers):
        assert ask(empty, dump(query), scope) == oracle(offers, query, scope)


@pytest.mark.parametrize("examples", [60, pytest.param(150, marks=pytest.mark.nightly)])
def test_any_criteria_over_any_offers(empty: Any, examples: int) -> None:
    """Whatever is known of whatever offers, the compiled query and the oracle agree."""
    searched = settings(max_examples=examples, suppress_health_check=list(HealthCheck))
    searched(any_criteria_over_any_offers)(empty=empty)


def priced(name: str, given: float | None, made: float | None) -> Offer:
    """An offer of which two prices are known at most."""
    return Offer(
        "groq", name, can=ModelCapabilities(input_cost_per_1m=given, output_cost_per_1m=made)
    )


def test_the_cut_points_of_cost_are_those_of_the_table(empty: Any) -> None:
    """Whoever moves a cut-point in cost_tiers moves what is cheap, from the next question on."""
    prices = {"nil": 0.0, "low": 0.49, "edge": 0.5, "high": 2.0}
    with holding(empty, [priced(name, price, price) for name, price in prices.items()]):
        before = [ask(empty, {"cost_tier": tier}, EVERYTHING) for tier in COST_TIERS]
        empty.execute("UPDATE cost_tiers SET below = 0.1 WHERE name = 'cheap'")
        empty.execute("UPDATE cost_tiers SET at_least = 0.1 WHERE name = 'standard'")
        after = [ask(empty, {"cost_tier": tier}, EVERYTHING) for tier in COST_TIERS]
    assert before == [["groq/nil"], ["groq/low"], ["groq/edge"], ["groq/high"]]
    assert after == [["groq/nil"], [], ["groq/low", "groq/edge"], ["groq/high"]]


# Unknown never passes.

DEMANDS: list[tuple[str, Any, dict[str, Any]]] = [
    *((criterion, True, {flag: True}) for criterion, flag in REQUIRED_FLAGS.items()),
    ("min_context", 1, {"max_context": 1}),
    ("min_context", 0, {"served_context": 1}),
    ("max_context", 1_000_000_000, {"max_context": 1}),
    ("min_output_tokens", 0, {"max_output_tokens": 1}),
    ("max_cost_per_1m_input", 1_000_000, {"input_cost_per_1m": 0.0}),
    ("max_cost_per_1m_output", 1_000_000, {"output_cost_per_1m": 0.0}),
    ("min_speed_tps", 0.0, {"speed_hint_tps": 0.0}),
    ("requires_params", {"seed"}, {"known_params": {"seed"}}),
    ("quality_tier", "cheap", {"quality_tier": "cheap"}),
    ("min_quality_tier", "cheap", {"quality_tier": "cheap"}),
    ("cost_tier", "free", {"input_cost_per_1m": 0.0, "output_cost_per_1m": 0.0}),
    ("cost_tier", "cheap", {"input_cost_per_1m": 0.1, "output_cost_per_1m": 0.1}),
    ("price_basis", "metered", {"price_basis": "metered"}),
    ("mode", "embedding", {"mode": "embedding"}),
]


@pytest.mark.parametrize(("criterion", "value", "facts"), DEMANDS, ids=lambda v: spelled(v)[:40])
def test_unknown_never_passes(
    criterion: str, value: Any, facts: dict[str, Any], empty: Any
) -> None:
    """A requirement is met by the offer that knows, and not by the one that does not."""
    silent = Offer("groq", "silent")
    knowing = Offer("groq", "knowing", can=ModelCapabilities(**facts))
    with holding(empty, [silent, knowing]):
        both = ask(empty, {"mode": "any", "price_basis": "any"}, EVERYTHING)
        found = ask(empty, {criterion: value}, EVERYTHING)
    assert sorted(both) == ["groq/knowing", "groq/silent"]
    assert found == ["groq/knowing"]


@pytest.mark.parametrize("half", [priced("half", 0.0, None), priced("half", None, 0.0)])
def test_half_a_price_is_no_price(half: Offer, empty: Any) -> None:
    """With one of its two prices unknown a model is neither free nor cheap, and ranks last."""
    with holding(empty, [half, priced("whole", 30.0, 30.0)]):
        tiers = [ask(empty, {"cost_tier": tier}, EVERYTHING) for tier in ("free", "cheap")]
        ranked = ask(empty, {}, EVERYTHING)
    assert tiers == [[], []]
    assert ranked == ["groq/whole", "groq/half"]


# Values are bound, words are known.

HOSTILE = st.text(min_size=1) | st.sampled_from(
    ("'; DROP TABLE models; --", 'a"b', "a%", ":provider", "a\nb", "a,b", "?", "\x00", "{0}")
)


@settings(max_examples=80, deadline=None)
@given(texts=st.lists(HOSTILE, min_size=5, max_size=5, unique=True))
def test_foreign_text_is_bound(texts: list[str], populated: Path) -> None:
    """Provider, family, parameter, key and source names never become part of the SQL."""
    harmless = [f"word{number}" for number in range(5)]

    def compiled(words: list[str]) -> tuple[str, list[object]]:
        criteria = {
            "provider": words[0], "family": words[1],
            "requires_params": {words[2].replace(",", "")}, "providers": {words[3]},
        }  # fmt: skip
        own = compile_query(criteria, Scope(TODAY, sources=(words[4],)))
        keyed = compile_query(criteria, Scope(TODAY, keyed=(words[4],)))
        return own.sql + keyed.sql, [*own.parameters.values(), *keyed.parameters.values()]

    text, values = compiled(texts)
    assert text == compiled(harmless)[0]
    assert {texts[0], texts[1], f",{texts[2].replace(',', '')},", texts[3], texts[4]} <= set(values)
    with closing(open_catalog(populated)) as connection:
        assert ask(connection, {"family": texts[1]}, EVERYTHING) == []


def test_a_parameter_with_a_comma_is_refused() -> None:
    """Parameters glued by a comma, which would match their neighbourhood, raise InvalidQuery."""
    with pytest.raises(InvalidQuery) as caught:
        conditions({"requires_params": {"seed", "a_b,top"}}, EVERYTHING)
    assert (caught.value.field, caught.value.value) == ("requires_params", "a_b,top")


@pytest.mark.parametrize(
    ("criterion", "value"),
    [
        ("requires_telepathy", True),
        ("limit; DROP TABLE models", 1),
        ("quality_tier", "superb"),
        ("min_quality_tier", "any"),
        ("cost_tier", "dear"),
        ("mode", "chat' OR '1"),
        ("price_basis", "gratis"),
    ],
)
def test_unknown_words_are_refused(criterion: str, value: object) -> None:
    """A criterion or word that does not exist raises InvalidQuery, which names it."""
    with pytest.raises(InvalidQuery) as caught:
        conditions({criterion: value}, EVERYTHING)
    assert (caught.value.field, caught.value.value) == (criterion, value)


DEFAULTS = {"available", "include_deprecated", "mode", "price_basis"}


@pytest.mark.parametrize(
    ("criterion", "value"), [pair for pair in ALONE if pair[0] not in ("limit", "offset")]
)
def test_conditions_name_their_criterion(criterion: str, value: Any) -> None:
    """Each condition says which criterion it stands for; those of the defaults are named too."""
    named = {condition.criterion for condition in conditions({criterion: value}, EVERYTHING)}
    lifted = {"include_deprecated", *(["mode", "price_basis"] if value == "any" else [])}
    assert named == (DEFAULTS | {criterion}) - (lifted & {criterion})


def test_conditions_are_the_whole_query(connection: Any) -> None:
    """Joined by AND, the conditions select what the compiled query selects."""
    query = dump(ModelQuery(requires_tools=True, min_context=8_192, cost_tier="cheap"))
    parts = conditions(query, EVERYTHING)
    where = " AND ".join(f"({part.sql})" for part in parts)
    bound = {name: value for part in parts for name, value in part.parameters.items()}
    sql = f"SELECT c.provider || '/' || c.name FROM catalog c WHERE {where}"
    selected = {row[0] for row in connection.execute(sql, bound)}
    assert selected == set(ask(connection, query, EVERYTHING)) != set()


# Names and rows.


def find(connection: Any, provider: str | None, name: str) -> list[str]:
    """The ids of this name or alias."""
    return [f"{row[0]}/{row[1]}" for row in connection.execute(*compile_find(provider, name))]


def test_a_model_is_found_by_name_before_alias(empty: Any) -> None:
    """An exact name hides the alias of the same spelling; without a provider all hosts count."""
    models = [("groq", "x"), ("groq", "y"), ("z", "x"), ("z", "w")]
    other_names = [("x", "groq", "y"), ("new", "groq", "y"), ("new", "z", "w"), ("%", "z", "w")]
    asked = [("groq", "x"), ("groq", "new"), ("groq", "w"), (None, "x"), (None, "new"),
             ("z", "%"), ("groq", "%"), ("groq", "ne%")]  # fmt: skip
    with holding(empty, [Offer(*model, retired=True) for model in models]):
        empty.executemany(
            "INSERT INTO aliases (provider, alias, model_id) "
            "SELECT provider, ?, id FROM models WHERE provider = ? AND name = ?",
            other_names,
        )
        answers = [find(empty, *question) for question in asked]
    assert answers == [
        ["groq/x"], ["groq/y"], [], ["groq/x", "z/x"], ["groq/y", "z/w"], ["z/w"], [], [],
    ]  # fmt: skip


async def test_records_and_values_tell_the_same(populated: Path, offers: list[Offer]) -> None:
    """record() gives as plain JSON what a registry gives as values, which is what was written."""
    query = ModelQuery(available=False, mode="any", price_basis="any", include_deprecated=True)
    async with ModelRegistry([], [], db=populated) as registry:
        values = await registry.query(query)
    with bare(populated) as connection:
        rows = connection.execute(*compile_query(dump(query), EVERYTHING)).fetchall()
    records = [record(row) for row in rows]
    written = {offer.id: offer for offer in offers}
    assert {v.spec.id: v.capabilities for v in values} == {o.id: o.can for o in offers}
    assert [ModelCapabilities(**facts(r)) for r in records] == [v.capabilities for v in values]
    assert [r["provider"] for r in records] == [v.spec.provider for v in values]
    assert [r["live"] for r in records] == [written[v.spec.id].live for v in values]
    assert [r["blended_cost"] for r in records] == [written[v.spec.id].cost for v in values]
    assert [r["usable_context"] for r in records] == [written[v.spec.id].window for v in values]


def facts(row: Mapping[str, Any]) -> dict[str, Any]:
    """The capability fields of a row that are known."""
    return {name: row[name] for name in NAMES if row[name] is not None}


def test_a_record_is_plain_json() -> None:
    """Flags become true or false, sets sorted lists, aliases a list; unknown stays null."""
    given = dict.fromkeys(COLUMNS) | {
        "provider": "z", "name": "n", "live": 1, "supports_tools": 0, "supports_vision": 1,
        "known_params": "a,b", "max_context": 5, "aliases": "y\nx",
    }  # fmt: skip
    plain = record(tuple(given.values()))
    assert {name: value for name, value in plain.items() if value is not None} == {
        "provider": "z", "name": "n", "live": True, "supports_tools": False,
        "supports_vision": True, "known_params": ["a", "b"], "max_context": 5,
        "aliases": ["x", "y"],
    }  # fmt: skip
    assert record(tuple(dict.fromkeys(COLUMNS, None).values()))["aliases"] == []
