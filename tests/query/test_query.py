"""The query compiler against a Python oracle, with unknown values everywhere."""

import random
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from modeldex import InvalidQuery, ModelCapabilities, ModelQuery, ModelRegistry
from modeldex.query.compile import (
    COLUMNS,
    compile_count,
    compile_find,
    compile_query,
    compile_walk,
)
from modeldex.query.conditions import conditions
from modeldex.query.rows import entry_of
from modeldex.query.scope import Scope
from modeldex.storage.location import Place
from modeldex.storage.open import open_catalog
from modeldex.vocabulary import clock
from modeldex.vocabulary.criteria import COST_TIERS, CRITERIA
from modeldex.vocabulary.fields import LIFECYCLES, MODES, PRICE_BASES, TIERS
from modeldex.vocabulary.json_shape import encoded
from modeldex.vocabulary.suites import TASKS
from query_oracle import (
    BASES,
    CRITERION,
    DAYS,
    FLAGS,
    LEVELS,
    LIVE,
    OFFERS,
    PARAMS,
    PATHS,
    POINTS,
    PRICES,
    PROVIDERS,
    QUERIES,
    REFERENCE,
    REQUIRED_FLAGS,
    SCOPES,
    SCORES,
    TODAY,
    WINDOWS,
    Offer,
    dump,
    holding,
    known,
    made,
    meets,
    only_presumed,
    place,
    provider_rank,
    write,
)
from raw_catalog import bare
from scopes import presumed


def oracle(offers: list[Offer], query: ModelQuery, scope: Scope) -> list[str]:
    """Filter and sort: tier, band, listed, cost, kind of provider, window, release, name."""
    found = sorted(o for o in offers if meets(o, query, scope))
    found.sort(key=lambda o: o.can.release_date or "", reverse=True)
    found.sort(
        key=lambda o: (
            *place(o, query.task),
            only_presumed(o, query, scope),
            9e99 if o.cost is None else o.cost,
            provider_rank(o),
            -(o.window or 0),
        )
    )
    last = None if query.limit is None else query.offset + query.limit
    return [offer.id for offer in found][query.offset : last]


EVERYTHING = Scope(TODAY, presumed(*PROVIDERS))


def ask(connection: Any, criteria: Mapping[str, Any], scope: Scope) -> list[str]:
    """The ids that the compiled query selects, in its order."""
    statement = compile_query(criteria, scope)
    return [f"{row[0]}/{row[1]}" for row in connection.execute(*statement)]


@pytest.fixture(scope="module")
def empty(new_place: Callable[[], Place]) -> Iterator[Any]:
    """A catalog without models, for use with `holding`."""
    with closing(made(new_place())) as connection:
        yield connection


def drawn(choose: random.Random, number: int) -> Offer:
    """One offer of the large population: like those of OFFERS, drawn by a seeded dice."""

    def pick(*values: Any) -> Any:
        return choose.choice((None, *values))

    scored = random.Random(number)  # noqa: S311
    facts: dict[str, Any] = {flag: pick(*(True, True, False)) for flag in FLAGS}
    facts |= {
        name: pick(*WINDOWS) for name in ("max_context", "max_input_tokens", "max_output_tokens")
    }
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
        "base": pick(*BASES),
        "suspicious": choose.choice((*[None] * 8, False, True)),
        "endpoints": frozenset(scored.sample(PATHS, scored.randrange(3))),
        "effort_levels": frozenset(scored.sample(LEVELS, scored.randrange(4))),
        **{name: scored.choice((None, *POINTS)) for name in SCORES},
        "newer_versions": scored.choice((None, None, None, 1, 2, 5)),
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
        can=known(**facts),
    )


class Population(list[Offer]):
    """Many offers, which Hypothesis does not write out."""

    def __repr__(self) -> str:
        return f"<{len(self)} offers>"


@pytest.fixture(scope="module")
def offers() -> list[Offer]:
    """Four hundred random offers, the same ones each time."""
    choose = random.Random(20261122)  # noqa: S311
    return Population(drawn(choose, number) for number in range(400))


@pytest.fixture(scope="module")
def populated(offers: list[Offer], new_place: Callable[[], Place]) -> Place:
    """A catalog that holds those offers."""
    path = new_place()
    with closing(made(path)) as connection:
        connection.execute("BEGIN")
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
    *(("min_input_tokens", n) for n in (1, 8_192, 8_193)),
    *(("min_output_tokens", n) for n in (0, 128_000)),
    ("local_only", True),
    *(("max_cost_per_1m_input", price) for price in (0.0, 0.1, 0.7)),
    *(("max_cost_per_1m_output", price) for price in (0.0, 2.0)),
    *(("min_speed_tps", rate) for rate in (0.0, 10.0, 11.0)),
    *(("requires_params", words) for words in ({"top"}, {"100%", "seed"}, {"a_b"})),
    *(("requires_endpoint", path) for path in (*PATHS, "responses", "v1/chat/completions/")),
    *(("requires_effort", level) for level in LEVELS),
    *(("quality_tier", tier) for tier in (*TIERS, "unknown")),
    *(("min_quality_tier", tier) for tier in TIERS),
    *(("cost_tier", tier) for tier in COST_TIERS),
    *(("provider", provider) for provider in PROVIDERS),
    *(("providers", several) for several in ({"groq"}, {"z", "o'ne"})),
    *(("family", family) for family in ("gpt", "claude")),
    *(("base", base) for base in BASES),
    *(("search", text) for text in ("a", "GPT", "openai", "a?pha*", "alpha-2")),
    *(("not_providers", words) for words in ({"groq"}, {"groq", "nobody"})),
    *(("not_classes", words) for words in ({"lab"}, {"lab", "unclassed"})),
    *(("provider_class", word) for word in ("lab", "host", "local", "unclassed", "any")),
    ("include_suspicious", True),
    *(("task", task) for task in TASKS),
    *(("mode", mode) for mode in MODES),
    *(("price_basis", basis) for basis in (*PRICE_BASES, "any")),
    ("mode", "any"),
    ("include_deprecated", True),
    *(("min_days_left", days) for days in (1, 9, 40)),
    ("limit", 1),
    ("limit", 10),
    ("offset", 3),
]


def test_each_criterion_alone(connection: Any, offers: list[Offer]) -> None:
    """One criterion finds the offers that the oracle finds, in its order: some, not all."""
    for criterion, value in ALONE:
        query = ModelQuery(**{criterion: value})
        expected = oracle(offers, query, EVERYTHING)
        assert ask(connection, dump(query), EVERYTHING) == expected, (criterion, value)
        assert 0 < len(expected) < len(offers), (criterion, value)


def test_no_criterion_is_left_out() -> None:
    """Every criterion of a query is one that the tests above and below try."""
    tried = {criterion for criterion, _ in ALONE} | {"available"}
    assert tried == set(CRITERIA) == set(CRITERION)


def test_the_criteria_are_the_fields_of_a_query() -> None:
    """The compiler knows exactly what ModelQuery can say."""
    assert sorted(CRITERIA) == sorted(ModelQuery.model_fields)


def test_each_scope(connection: Any, offers: list[Offer]) -> None:
    """Keys, live sources and own sources narrow to what the oracle says is available."""
    for scope in (
        Scope(TODAY),
        Scope(TODAY, presumed("groq")),
        Scope(TODAY, presumed("groq", "o'ne", "nobody")),
        Scope(TODAY, sources=("alive",)),
        Scope(TODAY, sources=("dataset", "lively", "unheard_of")),
        Scope(TODAY, presumed("groq"), sources=("listing",)),
    ):
        expected = oracle(offers, ModelQuery(), scope)
        assert ask(connection, {}, scope) == expected, scope
        everywhere = oracle(offers, ModelQuery(available=False), scope)
        assert 0 < len(expected) < len(everywhere), scope


def test_a_registry_that_has_no_source_sees_nothing(connection: Any) -> None:
    """An empty list of sources is a scope without models, not one without limits."""
    assert ask(connection, {}, Scope(TODAY, presumed(*PROVIDERS), sources=())) == []


@given(query=QUERIES, scope=SCOPES)
def any_criteria_over_many_offers(
    query: ModelQuery, scope: Scope, populated: Path, offers: list[Offer]
) -> None:
    """Ask for some criteria and compare with the oracle."""
    expected = oracle(offers, query, scope)
    with bare(populated) as connection:
        assert ask(connection, dump(query), scope) == expected
        one_walk = compile_query(dump(query), scope, past=True)
        assert [f"{r[0]}/{r[1]}" for r in connection.execute(*one_walk)] == expected
        walked = connection.execute(*compile_walk("c.model_id", dump(query), scope)).fetchall()
        last = None if query.limit is None else query.offset + query.limit
        ids = [f"{row[-3]}/{row[-2]}" for row, _same in groupby(walked)]
        assert ids[query.offset : last] == expected
        (count,) = connection.execute(*compile_count(dump(query), scope)).fetchone()
    assert count == len(
        oracle(offers, query.model_copy(update={"limit": None, "offset": 0}), scope)
    )


@pytest.mark.parametrize("examples", [80, pytest.param(250, marks=pytest.mark.nightly)])
def test_any_criteria_over_many_offers(populated: Path, offers: list[Offer], examples: int) -> None:
    """Any criteria in any scope give the oracle's answer and count, by one walk or many."""
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
    ("min_context", 1, {"max_input_tokens": 1}),
    ("min_input_tokens", 1, {"max_input_tokens": 1}),
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


def test_unknown_never_passes(empty: Any) -> None:
    """A requirement is met by the offer that knows, and not by the one that does not."""
    silent = Offer("groq", "silent")
    for criterion, value, facts in DEMANDS:
        knowing = Offer("groq", "knowing", can=ModelCapabilities(**facts))
        with holding(empty, [silent, knowing]):
            both = ask(empty, {"mode": "any", "price_basis": "any"}, EVERYTHING)
            found = ask(empty, {criterion: value}, EVERYTHING)
        assert sorted(both) == ["groq/knowing", "groq/silent"], (criterion, value)
        assert found == ["groq/knowing"], (criterion, value)


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


@settings(max_examples=40, deadline=None)
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
        keyed = compile_query(criteria, Scope(TODAY, presumed(words[4])))
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


UNHEARD: list[tuple[str, object]] = [
    ("requires_telepathy", True),
    ("limit; DROP TABLE models", 1),
    ("quality_tier", "superb"),
    ("min_quality_tier", "any"),
    ("cost_tier", "dear"),
    ("mode", "chat' OR '1"),
    ("price_basis", "gratis"),
]


def test_unknown_words_are_refused() -> None:
    """A criterion or word that does not exist raises InvalidQuery, which names it."""
    for criterion, value in UNHEARD:
        with pytest.raises(InvalidQuery) as caught:
            conditions({criterion: value}, EVERYTHING)
        assert (caught.value.field, caught.value.value) == (criterion, value)


DEFAULTS = {"available", "include_deprecated", "include_suspicious", "mode", "price_basis"}


def test_conditions_name_their_criterion() -> None:
    """Each condition says which criterion it stands for; those of the defaults are named too."""
    for criterion, value in (pair for pair in ALONE if pair[0] not in ("limit", "offset")):
        if criterion == "task" and value in ("general", "coding"):  # they need nothing
            continue
        named = {condition.criterion for condition in conditions({criterion: value}, EVERYTHING)}
        words = ["mode", "price_basis", "provider_class"] if value == "any" else []
        lifted = {"include_deprecated", "include_suspicious", *words}
        assert named == (DEFAULTS | {criterion}) - (lifted & {criterion}), (criterion, value)


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


async def test_entries_and_values_tell_the_same(populated: Path, offers: list[Offer]) -> None:
    """A row is as an entry what a registry gives, and their JSON is equal: what was written."""
    query = ModelQuery(
        available=False, mode="any", price_basis="any", include_deprecated=True,
        include_suspicious=True, provider_class="any",
    )  # fmt: skip
    async with ModelRegistry([], [], db=populated) as registry:
        values = await registry.query(query)
    with bare(populated) as connection:
        rows = connection.execute(*compile_query(dump(query), EVERYTHING)).fetchall()
    entries = [entry_of(row, clock.day()) for row in rows]
    written = {offer.id: offer for offer in offers}
    assert {v.id: v.capabilities for v in values} == {o.id: o.can for o in offers}
    assert [encoded(e) for e in entries] == [v.model_dump(mode="json") for v in values]
    assert [e.live for e in entries] == [written[v.id].live for v in values]
    assert [v.blended_cost for v in values] == [written[v.id].cost for v in values]
    assert [v.usable_context for v in values] == [written[v.id].window for v in values]


def test_an_entry_is_plain_json() -> None:
    """Flags become true or false, sets and aliases sorted lists; what is unknown is absent."""
    given = dict.fromkeys(COLUMNS) | {
        "provider": "z", "name": "n", "live": 1, "supports_tools": 0, "supports_vision": 1,
        "known_params": "b,a", "max_context": 5, "aliases": "y\nx",
    }  # fmt: skip
    assert encoded(entry_of(tuple(given.values()), TODAY)) == {
        "id": "z/n",
        "spec": {"provider": "z", "name": "n", "aliases": ["x", "y"]},
        "capabilities": {
            "supports_tools": False, "supports_vision": True, "known_params": ["a", "b"],
            "max_context": 5,
        },
        "live": True,
    }  # fmt: skip
