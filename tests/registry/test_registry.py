"""The registry: discovery, layers, scope, memory, and its life in event loops."""

import asyncio
import enum
import gc
import os
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from pydantic import BaseModel

from child_processes import run
from custom_parts import BatchDictResolver, DictResolver, ListSource, caps, spec, specs, sql
from modeldex import (
    CapabilityResolver,
    CatalogDamaged,
    InvalidQuery,
    ModelCapabilities,
    ModelQuery,
    ModelRegistry,
    ModelSource,
    ModelSpec,
    ModelWithCapabilities,
    NotACatalog,
    QualityTier,
    StaticCapabilityResolver,
    get_registry,
)
from modeldex.query.typed import query_of
from modeldex.storage.location import Place
from modeldex.upstream.snapshots import NAMES, header
from modeldex.vocabulary.criteria import EVERYTHING as LIFTED
from modeldex.vocabulary.providers import providers

ANY = query_of(LIFTED)


@pytest.fixture
def catalog_path(blank_catalog: Place) -> Place:
    """An empty catalog."""
    return blank_catalog


@pytest.fixture(autouse=True)
def _no_ollama(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that may run on this machine is left alone: port 9 refuses."""
    monkeypatch.setenv("OLLAMA_HOST", "127.0.0.1:9")


def ids(models: Sequence[ModelWithCapabilities]) -> list[str]:
    """Provider and name of each."""
    return [model.spec.id for model in models]


async def best_id(registry: ModelRegistry, **criteria: Any) -> str | None:
    """Provider and name of the best, or None."""
    found = await registry.find_best(**criteria)
    return found.spec.id if found else None


def effective(path: Path, provider: str, name: str, column: str) -> Any:
    """One effective value, read from the file."""
    where = "WHERE provider = ? AND name = ?"
    return sql(path, f"SELECT {column} FROM catalog {where}", provider, name)[0][0]


# The two protocols.


class MyCustomSource:
    """As the seed writes it."""

    async def discover(self) -> list[ModelSpec]:
        """Two models."""
        return [ModelSpec(provider="my_provider", name="mine"), ModelSpec(provider="x", name="y")]


class MyCustomResolver:
    """As the seed writes it."""

    async def get_capabilities(self, spec: ModelSpec) -> ModelCapabilities:
        """An opinion on its own provider only."""
        if spec.provider != "my_provider":
            return ModelCapabilities()
        return ModelCapabilities(max_context=32_000, supports_tools=True)


async def test_custom_parts_by_the_protocols(catalog_path: Path) -> None:
    """A class with one method is a source or a resolver; its module and class are its name."""
    source, resolver = MyCustomSource(), MyCustomResolver()
    async with ModelRegistry([source], [resolver], db=catalog_path) as registry:
        found = await registry.find_best(requires_tools=True, min_context=32_000)
        every = await registry.get_models()
    assert isinstance(source, ModelSource)
    assert isinstance(resolver, CapabilityResolver)
    assert found is not None
    assert found.spec == ModelSpec(provider="my_provider", name="mine")
    assert found.capabilities == caps(max_context=32_000, supports_tools=True)
    assert sorted(ids(every)) == ["my_provider/mine", "x/y"]
    assert sql(catalog_path, "SELECT name, kind FROM sources") == [
        (f"{__name__}.MyCustomSource", "live")
    ]
    assert sql(catalog_path, "SELECT resolver FROM capabilities") == [
        (f"{__name__}.MyCustomResolver",)
    ]


class _Tier(str, enum.Enum):  # noqa: UP042 - chuk-llm's is this
    BALANCED = "balanced"
    UNKNOWN = "unknown"


class _TheirSpec(BaseModel):
    provider: str
    name: str
    family: str | None = None
    aliases: list[str] = []
    their_own: int = 1


class _TheirCapabilities(BaseModel):
    max_context: int | None = None
    supports_tools: bool | None = None
    known_params: set[str] = set()
    quality_tier: _Tier = _Tier.UNKNOWN
    their_own: int = 1


@dataclass
class _PlainSpec:
    provider: str
    name: str
    family: str | None = None
    aliases: list[str] = field(default_factory=list)


FACTS: dict[str, Any] = {
    "max_context": 8_192,
    "supports_tools": True,
    "known_params": {"seed", "stop"},
    "quality_tier": _Tier.BALANCED,
}
IDENTITY: dict[str, Any] = {
    "provider": "acme",
    "name": "m",
    "family": "line",
    "aliases": ["m-latest"],
}


@pytest.mark.parametrize("made", [ModelSpec, _TheirSpec, _PlainSpec, SimpleNamespace, dict])
async def test_foreign_specs(made: Any, catalog_path: Path) -> None:
    """Any object with a spec's attributes, or a mapping with its keys, is a spec."""
    async with ModelRegistry([ListSource([made(**IDENTITY)])], [], db=catalog_path) as registry:
        [model] = await registry.get_models()
    assert model.spec == ModelSpec(**IDENTITY)


@pytest.mark.parametrize(
    "made", [ModelCapabilities, _TheirCapabilities, SimpleNamespace, dict], ids=lambda m: m.__name__
)
@pytest.mark.parametrize("ask", [DictResolver, BatchDictResolver])
async def test_foreign_capabilities(made: Any, ask: type[DictResolver], catalog_path: Path) -> None:
    """Any object with capability attributes, or a mapping, is an answer, one by one or many."""
    facts = {**FACTS, "quality_tier": "balanced"} if made is ModelCapabilities else FACTS
    resolver = ask({"a": made(**facts), "b": made()})
    async with ModelRegistry([ListSource(specs("ab"))], [resolver], db=catalog_path) as registry:
        models = await registry.get_models()
    assert [model.capabilities for model in models] == [
        caps(**{**FACTS, "quality_tier": QualityTier.BALANCED}),
        caps(),
    ]


async def test_many_answers_may_be_of_any_kind(catalog_path: Path) -> None:
    """resolve_many may mix values, mappings, None and exceptions, each for its own model."""
    answers = {"a": caps(max_context=1), "b": {"max_context": 2}, "d": ValueError("not now")}
    resolver = BatchDictResolver(answers)
    async with ModelRegistry([ListSource(specs("abcd"))], [resolver], db=catalog_path) as registry:
        windows = {m.spec.name: m.capabilities.max_context for m in await registry.get_models()}
    assert windows == {"a": 1, "b": 2, "c": None, "d": None}
    assert sorted(resolver.requested) == ["a", "b", "c", "d"]


async def test_a_resolver_is_told_who_the_model_is(catalog_path: Path) -> None:
    """A resolver gets the identity with its provider's canonical id and its family."""
    heard: list[ModelSpec] = []

    class Listener:
        async def get_capabilities(self, spec: ModelSpec) -> ModelCapabilities:
            heard.append(spec)
            return caps()

    source = ListSource([ModelSpec(provider="Google", name="g", family="gem")])
    async with ModelRegistry([source], [Listener()], db=catalog_path) as registry:
        await registry.get_models()
    assert heard == [ModelSpec(provider="gemini", name="g", family="gem")]


@pytest.mark.sqlite_only("no file is made")
def test_two_parts_of_one_name_are_refused(tmp_path: Path) -> None:
    """Two sources, or two resolvers, of one name would undo each other's work."""
    catalog_path = tmp_path / "nothing.db"
    with pytest.raises(ValueError, match="two sources are named here"):
        ModelRegistry([ListSource(name="here"), ListSource(name="here")], [], db=catalog_path)
    with pytest.raises(ValueError, match=r"two resolvers are named \S*\.MyCustomResolver"):
        ModelRegistry([], [MyCustomResolver(), MyCustomResolver()], db=catalog_path)
    assert not catalog_path.exists()


# Layers.


async def test_later_resolvers_override_earlier_ones_field_by_field(catalog_path: Path) -> None:
    """Each field has the value of the last resolver in the list that has an opinion on it."""
    low = DictResolver({"m": caps(max_context=1, supports_tools=True, quality_tier="best")}, "low")
    middle = DictResolver({"m": caps(max_context=2, supports_tools=False)}, "middle")
    high = DictResolver({"m": caps(max_context=3)}, "high")
    sources = [ListSource([spec("m")])]
    async with ModelRegistry(sources, [low, middle, high], db=catalog_path) as registry:
        [model] = await registry.get_models()
    assert model.capabilities == caps(max_context=3, supports_tools=False, quality_tier="best")


async def test_a_list_of_ones_own_writes_its_order(catalog_path: Path) -> None:
    """The order of a registry's resolvers is in the catalog, for every process and the shell."""
    one, other = (
        DictResolver({"m": caps(max_context=1)}, "one"),
        DictResolver({"m": caps(max_context=2)}, "other"),
    )
    seen = []
    for order in ([one, other], [other, one]):
        async with ModelRegistry([ListSource([spec("m")])], order, db=catalog_path) as registry:
            await registry.refresh()
        seen.append(effective(catalog_path, "acme", "m", "max_context"))
        theirs = "SELECT name FROM resolvers WHERE name IN ('one', 'other') ORDER BY precedence"
        seen.append(sql(catalog_path, theirs))
    assert seen == [2, [("one",), ("other",)], 1, [("other",), ("one",)]]


async def test_opinions_of_others_still_count(catalog_path: Path) -> None:
    """A registry without some resolver still answers with what that one said before."""
    source = ListSource([spec("m")])
    teller = DictResolver({"m": caps(max_context=1)}, "teller")
    async with ModelRegistry([source], [teller], db=catalog_path) as registry:
        await registry.get_models()
    async with ModelRegistry([source], [], db=catalog_path) as registry:
        [model] = await registry.get_models()
    assert model.capabilities.max_context == 1


# What chuk-llm's registry got wrong (notes on its version 0.20.1).


@pytest.mark.parametrize(
    "silence",
    [caps(), caps(quality_tier="unknown"), _TheirCapabilities(), {}, {"quality_tier": "unknown"},
     {"quality_tier": ""}, {"known_params": []}, None],
    ids=repr,
)  # fmt: skip
async def test_silence_overrides_nothing(silence: object, catalog_path: Path) -> None:
    """An empty answer of a higher layer, tier UNKNOWN included, leaves a known tier alone."""
    facts = caps(quality_tier="best", known_params={"seed"}, supports_tools=False)
    resolvers = [DictResolver({"m": facts}, "low"), DictResolver({"m": silence}, "high")]
    async with ModelRegistry([ListSource([spec("m")])], resolvers, db=catalog_path) as registry:
        [model] = await registry.get_models()
    assert model.capabilities == facts
    assert sql(catalog_path, "SELECT resolver FROM capabilities") == [("low",)]


def test_nobody_guesses_that_something_is_missing(shipped_catalog: Path) -> None:
    """What was only inferred never states a flag: a guess of False looks like a fact."""
    flags = [name for name in ModelCapabilities.model_fields if name.startswith("supports_")]
    guessed = " + ".join(f"count({flag})" for flag in flags)
    [(guesses, rows)] = sql(
        shipped_catalog,
        f"SELECT {guessed}, count(*) FROM capabilities WHERE resolver = 'inferred'",
    )
    assert len(flags) >= 10
    assert (guesses, rows > 0) == (0, True)


async def test_a_failing_question_is_not_a_no(catalog_path: Path) -> None:
    """A resolver that times out or raises leaves flags unknown, never False."""
    resolver = DictResolver({"m": TimeoutError("too slow"), "n": caps(supports_tools=True)})
    async with ModelRegistry([ListSource(specs("mn"))], [resolver], db=catalog_path) as registry:
        tools = {m.spec.name: m.capabilities.supports_tools for m in await registry.get_models()}
    assert tools == {"m": None, "n": True}


def test_facts_keep_the_day_on_which_they_were_facts(shipped_catalog: Path) -> None:
    """observed_at is the day of the data, not the moment at which somebody read it."""
    days = sql(
        shipped_catalog,
        "SELECT resolver, min(observed_at), max(observed_at) FROM capabilities "
        "WHERE resolver IN ('litellm', 'models_dev', 'genai_prices', 'pi_ai') GROUP BY resolver",
    )
    expected = {name: f"{header(name)['as_of']}T00:00:00.000Z" for name in NAMES}
    assert {name: (low, high) for name, low, high in days} == {
        name: (day, day) for name, day in expected.items()
    }


async def test_cost_decides_within_a_tier(catalog_path: Path) -> None:
    """The cheaper of two models of one tier wins, not the one with the larger window."""
    answers = {
        "a": caps(
            quality_tier="best", input_cost_per_1m=9, output_cost_per_1m=9, max_context=10**6
        ),
        "b": caps(quality_tier="best", input_cost_per_1m=1, output_cost_per_1m=1, max_context=8),
        "c": caps(quality_tier="cheap", input_cost_per_1m=0.1, output_cost_per_1m=0.1),
        "d": caps(quality_tier="best", speed_hint_tps=1000),
    }
    async with ModelRegistry(
        [ListSource(specs("abcd"))], [DictResolver(answers)], db=catalog_path
    ) as registry:
        assert ids(await registry.query(ModelQuery())) == ["acme/b", "acme/a", "acme/d", "acme/c"]


async def test_unknown_speed_is_no_speed(catalog_path: Path) -> None:
    """A model whose speed nobody measured does not pass a demand for speed."""
    answers = {"fast": caps(speed_hint_tps=50), "cheap": caps(quality_tier="best")}
    sources = [ListSource([spec("fast"), spec("cheap")])]
    async with ModelRegistry(sources, [DictResolver(answers)], db=catalog_path) as registry:
        assert await best_id(registry) == "acme/cheap"
        assert await best_id(registry, min_speed_tps=0.1) == "acme/fast"


@pytest.mark.sqlite_only("a file")
@pytest.mark.parametrize("content", [b"not a database at all " * 50, b"SQLite format 3\0" * 300])
def test_a_broken_file_is_reported_and_kept(content: bytes, catalog_path: Path) -> None:
    """A file that cannot be read raises and stays as it is; it is never silently emptied."""
    catalog_path.write_bytes(content)
    with pytest.raises((NotACatalog, CatalogDamaged)):
        asyncio.run(ModelRegistry([], [], db=catalog_path).find_best())
    assert catalog_path.read_bytes() == content


async def test_times_are_utc_and_say_so(catalog_path: Path) -> None:
    """Every moment that a refresh writes ends in Z."""
    resolver = DictResolver({"m": caps(max_context=1)})
    async with ModelRegistry([ListSource([spec("m")])], [resolver], db=catalog_path) as registry:
        await registry.get_models()
    moments = sql(
        catalog_path,
        "SELECT observed_at FROM capabilities UNION ALL SELECT changed_at FROM capabilities "
        "UNION ALL SELECT first_seen FROM models UNION ALL SELECT first_seen FROM sightings "
        "UNION ALL SELECT started_at FROM runs UNION ALL SELECT finished_at FROM runs",
    )
    assert len(moments) >= 6
    assert [moment for (moment,) in moments if not str(moment).endswith("Z")] == []


# Scope.


async def test_own_sources_are_the_scope(catalog_path: Path) -> None:
    """A registry with its own sources answers from the models those see, and no others."""
    async with ModelRegistry([ListSource(specs("ab"), "first")], [], db=catalog_path) as registry:
        await registry.get_models()
    async with ModelRegistry([ListSource(specs("bc"), "second")], [], db=catalog_path) as registry:
        mine = ids(await registry.query(ModelQuery()))
        known = ids(await registry.query(ModelQuery(available=False)))
        other = await registry.find_model("acme", "a")
        count = await registry.count(ModelQuery())
    assert mine == ["acme/b", "acme/c"]
    assert known == ["acme/a", "acme/b", "acme/c"]
    assert other is not None
    assert count == 2


async def test_a_key_is_no_way_into_a_registry_with_sources(
    catalog_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A provider's key adds nothing to what a registry's own sources see."""
    monkeypatch.setenv("GROQ_API_KEY", "placeholder-key")
    async with ModelRegistry(
        [ListSource([spec("g", "groq")], "first")], [], db=catalog_path
    ) as registry:
        await registry.get_models()
    async with ModelRegistry([ListSource([], "second")], [], db=catalog_path) as registry:
        assert await registry.query(ModelQuery()) == []


async def test_a_model_that_its_source_lost_is_out_of_scope(catalog_path: Path) -> None:
    """What the next discovery no longer lists is no longer answered, but still known by name."""
    source = ListSource(specs("ab"))
    async with ModelRegistry([source], [], db=catalog_path) as registry:
        before = ids(await registry.get_models())
        source.specs = specs("b")
        after = ids(await registry.get_models(force_refresh=True))
        source.specs = specs("ab")
        again = ids(await registry.get_models(force_refresh=True))
        lost = await registry.find_model("acme", "a")
    assert (before, after, again) == (["acme/a", "acme/b"], ["acme/b"], ["acme/a", "acme/b"])
    assert lost is not None


async def test_keys_are_looked_at_when_a_question_is_asked(
    shipped_catalog: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Setting, blanking and unsetting a key each change the very next answer."""
    async with ModelRegistry(db=shipped_catalog) as registry:
        without = await registry.find_best()
        monkeypatch.setenv("GROQ_API_KEY", "placeholder-key")
        with_key = await registry.find_best()
        monkeypatch.setenv("GROQ_API_KEY", "  ")
        blank = await registry.find_best()
        monkeypatch.setenv("GROQ_API_KEY", "placeholder-key")
        monkeypatch.setenv("OPENAI_API_KEY", "placeholder-key")
        several = {m.spec.provider for m in await registry.query(ModelQuery())}
        monkeypatch.delenv("GROQ_API_KEY")
        one = {m.spec.provider for m in await registry.query(ModelQuery())}
    assert without is None
    assert with_key is not None
    assert with_key.spec.provider == "groq"
    assert blank is None
    assert (several, one) == ({"groq", "openai"}, {"openai"})


async def test_an_environment_of_ones_own(shipped_catalog: Path) -> None:
    """A registry told which environment to look at looks at that one, and again each time."""
    environ: dict[str, str] = {}
    async with ModelRegistry(db=shipped_catalog, environ=environ) as registry:
        before = await best_id(registry)
        environ["GROQ_API_KEY"] = "placeholder-key"
        after = await best_id(registry)
    assert before is None
    assert after is not None
    assert after.startswith("groq/")


async def test_what_a_live_source_sees_is_available(shipped_catalog: Path) -> None:
    """Without any key, a model that a live source sees now can be had; once lost it cannot."""
    key = sql(shipped_catalog, "SELECT id FROM models WHERE provider = 'groq' LIMIT 1")[0][0]
    async with ModelRegistry(db=shipped_catalog) as registry:
        before = await registry.query(ANY)
        sql(shipped_catalog, "INSERT INTO sources (name) VALUES ('proxy')")
        sql(shipped_catalog, "INSERT INTO sightings (model_id, source) VALUES (?, 'proxy')", key)
        during = await registry.query(ANY)
        sql(shipped_catalog, "UPDATE sightings SET missing_since = '2026-01-01T00:00:00Z' "
                             "WHERE source = 'proxy'")  # fmt: skip
        after = await registry.query(ANY)
    assert (len(before), [m.spec.provider for m in during], len(after)) == (0, ["groq"], 0)


async def test_everything_known_needs_no_key(shipped_catalog: Path) -> None:
    """available=False looks at the whole catalog; count agrees with the list."""
    wanted = ModelQuery(requires_tools=True, available=False)
    async with ModelRegistry(db=shipped_catalog) as registry:
        found = await registry.query(wanted)
        assert len(found) == await registry.count(wanted) > 1000


# Finding one.


async def test_a_provider_goes_by_any_of_its_names(shipped_catalog: Path) -> None:
    """Aliases of a provider, in any case, find the model and narrow a query."""
    async with ModelRegistry(db=shipped_catalog) as registry:
        found = [
            await registry.find_model(provider, "gemini-2.5-pro")
            for provider in ("gemini", "google", "GOOGLE", " Google ")
        ]
        narrowed = await best_id(registry, provider="google", available=False)
        several = await best_id(registry, providers={"google"}, available=False)
    assert [m and m.spec.id for m in found] == ["gemini/gemini-2.5-pro"] * 4
    assert narrowed == several
    assert str(narrowed).startswith("gemini/")


async def test_a_model_goes_by_its_aliases(shipped_catalog: Path) -> None:
    """Another name of the same provider finds the model and is listed by it."""
    [(provider, alias, name)] = sql(
        shipped_catalog,
        "SELECT a.provider, alias, name FROM aliases a JOIN models ON id = model_id "
        "WHERE a.provider = 'openai' ORDER BY alias LIMIT 1",
    )
    async with ModelRegistry(db=shipped_catalog) as registry:
        model = await registry.find_model(provider, alias)
    assert model is not None
    assert (model.spec.name, alias in model.spec.aliases) == (name, True)


async def test_no_model_is_found_by_likeness(shipped_catalog: Path) -> None:
    """A name that nearly fits finds nothing."""
    async with ModelRegistry(db=shipped_catalog) as registry:
        for name in ("gpt-4o-min", "gpt-4o-mini-turbo", "gpt-4o%", "", "x'y"):
            assert await registry.find_model("openai", name) is None, name


async def test_another_spelling_of_a_base_model_finds_its_offer(shipped_catalog: Path) -> None:
    """Letter case, separators and paths are no other model; the name is kept as its alias."""
    async with ModelRegistry(db=shipped_catalog) as registry:
        for provider, name, id_ in (
            ("openai", "GPT-4O-MINI", "openai/gpt-4o-mini"),
            ("anthropic", "claude-sonnet-4.5", "anthropic/claude-sonnet-4-5"),
            ("openrouter", "claude-4.5-sonnet", "openrouter/anthropic/claude-sonnet-4.5"),
        ):
            found = await registry.find_model(provider, name)
            assert found is not None
            assert (found.id, found.matched_alias) == (id_, name)


async def test_a_retired_model_is_found_by_name_only(shipped_catalog: Path) -> None:
    """A model that is out of use is hidden from queries and still found by its name."""
    retire = "UPDATE models SET retired_at = '2026-01-01T00:00:00Z' WHERE name = 'gpt-4o-mini'"
    known = ModelQuery(provider="openai", available=False)
    async with ModelRegistry(db=shipped_catalog) as registry:
        before = ids(await registry.query(known))
        sql(shipped_catalog, retire)
        after = ids(await registry.query(known))
        asked_for = ids(await registry.query(known.model_copy(update={"include_deprecated": True})))
        found = await registry.find_model("openai", "gpt-4o-mini")
        old = await registry.find_model("openai", "gpt-3.5-turbo")
    assert set(before) - set(after) == {"openai/gpt-4o-mini"}
    assert "openai/gpt-4o-mini" in asked_for
    assert found is not None
    assert old is not None
    assert old.capabilities.lifecycle in ("retired", "deprecated")
    assert "openai/gpt-3.5-turbo" not in before


# Discovering.


async def test_models_are_discovered_once_and_when_told(catalog_path: Path) -> None:
    """get_models discovers on a new catalog and with force_refresh, not in between."""
    source = ListSource(specs("a"), network=True)
    async with ModelRegistry([source], [], db=catalog_path) as registry:
        unasked = await registry.query(ModelQuery())
        before_any = source.calls
        first = ids(await registry.get_models())
        source.specs = specs("ab")
        same = ids(await registry.get_models())
        fresh = ids(await registry.get_models(force_refresh=True))
    assert (unasked, before_any) == ([], 0)
    assert (first, same, fresh) == (["acme/a"], ["acme/a"], ["acme/a", "acme/b"])
    assert source.calls == 2


async def test_a_catalog_is_discovered_once_for_all_processes(catalog_path: Path) -> None:
    """A second registry over the same sources and file answers without asking them."""
    async with ModelRegistry([ListSource(specs("a"))], [], db=catalog_path) as registry:
        await registry.get_models()
    later = ListSource(specs("ab"))
    async with ModelRegistry([later], [], db=catalog_path) as registry:
        assert ids(await registry.get_models()) == ["acme/a"]
    assert later.calls == 0


async def test_the_first_question_loads_what_needs_no_network(catalog_path: Path) -> None:
    """find_best on a new catalog asks the sources without network and leaves the others alone."""
    here, there = ListSource(specs("a"), "here"), ListSource(specs("b"), "there", network=True)
    local, remote = DictResolver(name="local"), DictResolver(name="remote", network=True)
    async with ModelRegistry([here, there], [local, remote], db=catalog_path) as registry:
        assert await best_id(registry) == "acme/a"
        assert await best_id(registry) == "acme/a"
    assert (here.calls, there.calls, local.requested, remote.requested) == (1, 0, ["a"], [])


async def test_get_models_gives_every_mode_and_lifecycle(catalog_path: Path) -> None:
    """get_models lists what find_best leaves out: other modes, retired ones, odd prices."""
    answers = {
        "a": caps(mode="embedding"), "b": caps(lifecycle="retired"),
        "c": caps(price_basis="subscription"), "d": caps(),
    }  # fmt: skip
    async with ModelRegistry(
        [ListSource(specs("abcd"))], [DictResolver(answers)], db=catalog_path
    ) as registry:
        every, chosen = await registry.get_models(), await registry.query(ModelQuery())
    assert sorted(ids(every)) == ["acme/a", "acme/b", "acme/c", "acme/d"]
    assert ids(chosen) == ["acme/d"]


async def test_an_answer_belongs_to_the_caller(catalog_path: Path) -> None:
    """Emptying a returned list changes no later answer."""
    async with ModelRegistry([ListSource(specs("ab"))], [], db=catalog_path) as registry:
        await registry.get_models()
        (await registry.query(ModelQuery())).clear()
        (await registry.get_models()).clear()
        assert ids(await registry.query(ModelQuery())) == ["acme/a", "acme/b"]
        assert ids(await registry.get_models()) == ["acme/a", "acme/b"]


@pytest.mark.parametrize(
    ("criteria", "named"),
    [
        ({"requires_telepathy": True}, "requires_telepathy"),
        ({"quality_tier": "superb"}, "quality_tier"),
        ({"cost_tier": "dear"}, "cost_tier"),
        ({"mode": "chatty"}, "mode"),
        ({"min_context": -1}, "min_context"),
        ({"min_context": 10**20}, "min_context"),
        ({"min_context": "many"}, "min_context"),
        ({"max_cost_per_1m_input": float("nan")}, "max_cost_per_1m_input"),
        ({"requires_params": "seed"}, "requires_params"),
    ],
)
async def test_a_query_without_meaning_is_refused(
    criteria: dict[str, Any], named: str, catalog_path: Path
) -> None:
    """find_best raises InvalidQuery, which names the criterion and its value."""
    async with ModelRegistry([], [], db=catalog_path) as registry:
        with pytest.raises(InvalidQuery) as caught:
            await registry.find_best(**criteria)
    assert caught.value.field == named
    assert repr(caught.value.value) == repr(criteria[named])


# Memory.


async def test_memory_is_never_stale(either_journal: Path) -> None:
    """Another connection's INSERT, UPDATE and DELETE are each seen by the very next question."""
    statements = [
        "INSERT INTO models (provider, name) VALUES ('acme', 'new')",
        "INSERT INTO capabilities (model_id, resolver, quality_tier) VALUES (1, 'user', 'best')",
        "UPDATE capabilities SET quality_tier = 'cheap'",
        "DELETE FROM capabilities",
        "UPDATE models SET retired_at = '2026-01-01T00:00:00Z'",
        "DELETE FROM models",
    ]
    answers: list[object] = []
    async with ModelRegistry([], [], db=either_journal) as registry:
        for statement in statements:
            await registry.find_best(available=False)
            await registry.find_best(available=False)
            sql(either_journal, statement)
            found = await registry.find_best(available=False)
            answers.append(found and found.capabilities.quality_tier.value)
    assert answers == ["unknown", "best", "cheap", "unknown", None, None]


async def test_a_refresh_of_another_registry_is_seen(either_journal: Path) -> None:
    """What one registry learns, an open one on the same file answers next."""
    source = ListSource(specs("a"))
    async with (
        ModelRegistry([source], [], db=either_journal) as open_one,
        ModelRegistry([source], [], db=either_journal) as other,
    ):
        before = ids(await open_one.get_models())
        source.specs = specs("abc")
        await other.refresh()
        after = ids(await open_one.query(ModelQuery()))
        found = await open_one.find_model("acme", "c")
    assert (before, after) == (["acme/a"], ["acme/a", "acme/b", "acme/c"])
    assert found is not None


@pytest.mark.sqlite_only("a file")
async def test_a_file_put_in_its_place_is_noticed(catalog_path: Path, tmp_path: Path) -> None:
    """A catalog replaced by another file is what answers, before long."""
    other = tmp_path / "other.db"
    for path, names in ((catalog_path, "a"), (other, "b")):
        async with ModelRegistry([ListSource(specs(names))], [], db=path) as registry:
            await registry.get_models()
    async with ModelRegistry([ListSource()], [], db=catalog_path) as registry:
        before = await best_id(registry)
        os.replace(other, catalog_path)  # noqa: PTH105
        while (after := await best_id(registry)) == before:
            await asyncio.sleep(0.05)
    assert (before, after) == ("acme/a", "acme/b")


# Tasks, loops, ends.


def handles(place: Place) -> int:
    """How many of this process's open files are the catalog or belong to it; all its sockets
    where that is on a server.
    """
    begin = str(place) if isinstance(place, Path) else "socket:"
    gc.collect()
    links = [Path(f"/proc/self/fd/{number}") for number in os.listdir("/proc/self/fd")]  # noqa: PTH208
    targets = [os.readlink(link) for link in links if link.is_symlink()]  # noqa: PTH115
    return sum(target.startswith(begin) for target in targets)


needs_proc = pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="needs /proc")


@needs_proc
async def test_many_tasks_share_one_registry(catalog_path: Place) -> None:
    """Twenty tasks at once load once, agree, and share one connection."""
    source = ListSource(specs("ab"))
    own = handles(catalog_path)
    registry = ModelRegistry([source], [], db=catalog_path)
    first = await asyncio.gather(*(best_id(registry) for _ in range(20)))
    opened = handles(catalog_path)
    await registry.aclose()
    closed = handles(catalog_path)
    again = await asyncio.gather(*(best_id(registry, family=None) for _ in range(20)))
    reopened, threads = handles(catalog_path), threading.active_count()
    await registry.aclose()
    await registry.aclose()
    assert set(first) == set(again) == {"acme/a"}
    assert source.calls == 1
    assert (opened - own, closed - own, reopened - own) == (1, 0, 1)
    assert handles(catalog_path) == own
    assert threading.active_count() <= threads


async def test_a_closed_registry_may_be_asked_again(catalog_path: Path) -> None:
    """Closing it twice does no harm, and the next question opens the file again."""
    async with ModelRegistry([ListSource(specs("a"))], [], db=catalog_path) as registry:
        first = await best_id(registry)
        await registry.aclose()
        await registry.aclose()
        second = await best_id(registry)
    async with registry:
        assert await best_id(registry) == first == second == "acme/a"


def test_one_registry_in_two_loops(catalog_path: Path) -> None:
    """A registry made outside any loop may be used in one loop after another, crowded or not."""
    registry = ModelRegistry([ListSource(specs("a"))], [], db=catalog_path)

    async def crowd() -> set[str | None]:
        return set(await asyncio.gather(*(best_id(registry) for _ in range(5))))

    async def close() -> None:
        await registry.aclose()

    answers = [asyncio.run(crowd()), asyncio.run(crowd())]
    asyncio.run(close())
    assert answers == [{"acme/a"}, {"acme/a"}]


def test_the_registry_of_a_loop(shipped_catalog: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """get_registry gives one registry per event loop, also after it was closed."""
    monkeypatch.setenv("MODELDEX_DB", str(shipped_catalog))

    async def two() -> tuple[ModelRegistry, ModelRegistry]:
        first = await get_registry()
        await first.find_model("openai", "gpt-4o-mini")
        await first.aclose()
        second = await get_registry()
        assert await second.find_model("openai", "gpt-4o-mini") is not None
        await second.aclose()
        return first, second

    here, again = asyncio.run(two())
    elsewhere, _ = asyncio.run(two())
    assert here is again
    assert here is not elsewhere
    assert here.path == shipped_catalog


async def test_the_registry_of_a_loop_follows_the_setting(
    shipped_catalog: Path, catalog_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another MODELDEX_DB gives another registry, on that file."""
    monkeypatch.setenv("MODELDEX_DB", str(shipped_catalog))
    first = await get_registry()
    monkeypatch.setenv("MODELDEX_DB", str(catalog_path))
    second = await get_registry()
    assert (first.path, second.path) == (shipped_catalog, catalog_path)


async def test_forcing_a_refresh_of_the_registry_of_a_loop(
    shipped_catalog: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """get_registry(force_refresh=True) runs a refresh, each time."""
    monkeypatch.setenv("MODELDEX_DB", str(shipped_catalog))
    runs = "SELECT count(*) FROM runs WHERE kind = 'refresh' AND finished_at IS NOT NULL"
    before = sql(shipped_catalog, runs)
    registry = await get_registry(force_refresh=True)
    once = sql(shipped_catalog, runs)
    same = await get_registry(force_refresh=True)
    twice = sql(shipped_catalog, runs)
    await registry.aclose()
    assert (before, once, twice) == ([(0,)], [(1,)], [(2,)])
    assert registry is same


FORGETFUL = """
import asyncio
from modeldex import ModelRegistry
async def main():
    asyncio.get_running_loop().slow_callback_duration = 60  # how slow is nothing to tell of here
    registry = ModelRegistry([], [], db=ARGS[0])
    say(await registry.find_best())
    ModelRegistry([], [], db=ARGS[0])
    other = ModelRegistry([], [], db=ARGS[0])
    say(await other.find_best())
asyncio.run(main())
"""


def test_a_forgotten_registry_does_not_hang(catalog_path: Path) -> None:
    """A program that never closes its registries ends at once, with no warning."""
    ended = run(FORGETFUL, catalog_path, flags=["-X", "dev", "-W", "error"])
    assert (ended.code, ended.said, ended.errors) == (0, [None, None], "")


REFUSED = """
import asyncio
from modeldex import CatalogError, ModelRegistry
async def main():
    try:
        await ModelRegistry([], [], db=ARGS[0]).find_best()
    except CatalogError as error:
        return str(error)
said = {asyncio.run(main()) for _ in range(30)}
say(len(said))
"""


def test_a_catalog_that_cannot_be_opened_leaves_no_traceback(catalog_path: Place) -> None:
    """However soon the loop ends after a failed opening, only the exception tells of it."""
    if isinstance(catalog_path, Path):
        catalog_path.write_bytes(b"no database at all" * 100)
    else:
        sql(catalog_path, "UPDATE about SET value = '99' WHERE key = 'schema'")
    ended = run(REFUSED, catalog_path)
    assert (ended.code, ended.said, ended.errors) == (0, [1], "")


async def test_the_shipped_resolvers_work_alone(catalog_path: Path) -> None:
    """A built-in resolver enriches what a custom source lists."""
    sources = [ListSource([spec("gpt-4o-mini", "openai"), spec("unheard-of", "openai")])]
    resolvers = [StaticCapabilityResolver()]
    async with ModelRegistry(sources, resolvers, db=catalog_path) as registry:
        found = await registry.query(ModelQuery(requires_tools=True))
    assert ids(found) == ["openai/gpt-4o-mini"]
    assert found[0].capabilities.max_context == 128_000


async def test_every_provider_key_opens_its_models(shipped_catalog: Path) -> None:
    """For each hosted provider with models in the catalog, its key alone gives its models."""
    known = dict(sql(shipped_catalog, "SELECT provider, count(*) FROM models GROUP BY provider"))
    environ: dict[str, str] = {}
    wrong: list[tuple[str, int]] = []
    checked = 0
    async with ModelRegistry(db=shipped_catalog, environ=environ) as registry:
        for provider in providers().values():
            if provider.local or not provider.keys or provider.id not in known:
                continue
            environ.clear()
            environ[provider.keys[-1]] = "placeholder-key"
            found = await registry.count(ANY.model_copy(update={"provider": provider.id}))
            checked += 1
            if found != known[provider.id]:
                wrong.append((provider.id, found))
    assert checked > 50
    assert wrong == []


async def test_find_model_takes_one_string(shipped_catalog: Path) -> None:
    """provider/name and provider:name name a model as the two arguments do."""
    async with ModelRegistry(db=shipped_catalog, environ={}) as registry:
        by_two = await registry.find_model("openai", "gpt-4o-mini")
        assert by_two is not None
        assert await registry.find_model("openai/gpt-4o-mini") == by_two
        assert await registry.find_model(str(by_two.spec)) == by_two
        assert await registry.find_model("groq/openai/gpt-oss-120b") is not None
        bare = await registry.find_model("gpt-4o-mini")
        assert bare is not None
        assert (bare.id, "azure_openai/gpt-4o-mini" in str(bare.remark)) == (by_two.id, True)
        assert await registry.find_model("nothing of this name") is None
