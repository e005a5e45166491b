"""What tests of chuk-llm's registry rely on holds with the import line changed."""

from pathlib import Path

import pytest

from modeldex.registry import (
    CapabilityResolver,
    EnvProviderSource,
    ModelCapabilities,
    ModelQuery,
    ModelRegistry,
    ModelSource,
    ModelSpec,
    ModelWithCapabilities,
    QualityTier,
    get_registry,
)

pytestmark = pytest.mark.sqlite_only("the default catalog is a file")


class Two(ModelSource):
    """Two models."""

    async def discover(self) -> list[ModelSpec]:
        """Both of them."""
        return [ModelSpec(provider="test", name=f"model-{number}") for number in (1, 2)]


class Broken(ModelSource):
    """A source that raises."""

    async def discover(self) -> list[ModelSpec]:
        """Nothing."""
        raise RuntimeError("broken")


class Windows(CapabilityResolver):
    """One window for every model."""

    async def get_capabilities(self, spec: ModelSpec) -> ModelCapabilities:
        """That window."""
        return ModelCapabilities(max_context=100_000)


class Failing(CapabilityResolver):
    """A resolver that raises."""

    async def get_capabilities(self, spec: ModelSpec) -> ModelCapabilities:
        """No opinion."""
        raise RuntimeError(spec.name)


def model(**facts: object) -> ModelWithCapabilities:
    """A model with these capabilities."""
    spec = ModelSpec(provider="openai", name="gpt-4o-mini", family="gpt-4o")
    return ModelWithCapabilities(spec=spec, capabilities=ModelCapabilities.model_validate(facts))


@pytest.mark.parametrize(
    ("criteria", "good", "bad"),
    [
        ({"requires_audio": True}, {"supports_audio": True}, {"supports_audio": False}),
        ({"requires_json_mode": True}, {"supports_json_mode": True}, {}),
        ({"min_context": 100_000}, {"max_context": 128_000}, {"max_context": 50_000}),
        ({"max_context": 100_000}, {"max_context": 50_000}, {"max_context": 150_000}),
        ({"min_speed_tps": 50.0}, {"tokens_per_second": 100.0}, {"tokens_per_second": 30.0}),
    ],
)
def test_a_query_matches_by_known_values(
    criteria: dict[str, object], good: dict[str, object], bad: dict[str, object]
) -> None:
    """matches() is True where the requirement is met and False where it is not."""
    query = ModelQuery.model_validate(criteria)
    assert query.matches(model(**good)) is True
    assert query.matches(model(**bad)) is False


def test_a_family_matches() -> None:
    """Another family does not match, whatever is known."""
    assert ModelQuery(family="gpt-4o").matches(model()) is True
    assert ModelQuery(family="gpt-3.5").matches(model()) is False


def test_specs_are_values() -> None:
    """Equal specs are one in a set, and read provider:name."""
    one, same = (ModelSpec(provider="openai", name="gpt-4o") for _ in range(2))
    assert len({one, same, ModelSpec(provider="openai", name="gpt-4o-mini")}) == 2
    assert str(one) == "openai:gpt-4o"


def test_a_model_reads_as_its_abilities() -> None:
    """Str names tools, vision and the window in thousands."""
    line = str(model(supports_tools=True, supports_vision=True, max_context=200_000))
    assert [word for word in ("tools", "vision", "200k ctx") if word not in line] == []


def test_capabilities_merge() -> None:
    """The values of the other win, unknown ones do not; a set is one value, so it is replaced."""
    low = ModelCapabilities(max_context=100_000, supports_tools=False, known_params={"a", "b"})
    merged = low.merge(ModelCapabilities(supports_tools=True, known_params={"c"}))
    assert merged == ModelCapabilities(max_context=100_000, supports_tools=True, known_params={"c"})
    assert low.merge(ModelCapabilities(max_context=None, supports_vision=True)).max_context


async def test_parts_that_raise_block_nobody(tmp_path: Path) -> None:
    """Models come from the sources that work, capabilities from the resolvers that work."""
    async with ModelRegistry(
        [Broken(), Two()], [Failing(), Windows()], db=tmp_path / "catalog.db"
    ) as registry:
        models = await registry.get_models()
    assert [each.spec.name for each in models] == ["model-1", "model-2"]
    assert {each.capabilities.max_context for each in models} == {100_000}


@pytest.mark.parametrize("resolvers", [[], [Failing()]])
async def test_without_an_opinion_nothing_is_known(
    tmp_path: Path, resolvers: list[CapabilityResolver]
) -> None:
    """No resolver, or none that works: the models are there, without capabilities."""
    async with ModelRegistry([Two()], resolvers, db=tmp_path / "catalog.db") as registry:
        models = await registry.get_models()
    assert [each.capabilities for each in models] == [ModelCapabilities()] * 2


async def test_the_global_registry_answers(
    shipped_catalog: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """get_registry returns one object, whose answers meet the criteria; None is no match."""
    monkeypatch.setenv("MODELDEX_DB", str(shipped_catalog))
    registry = await get_registry()
    assert registry is await get_registry()
    assert isinstance(registry, ModelRegistry)
    assert await registry.find_model("nonexistent", "fake-model") is None
    impossible = {"requires_vision": True, "min_context": 1_000_000_000}
    assert await registry.find_best(**impossible, available=False) is None
    best = await registry.query(
        ModelQuery(requires_tools=True, quality_tier=QualityTier.BEST, available=False, limit=9)
    )
    assert len(best) == 9
    assert {(m.capabilities.supports_tools, m.capabilities.quality_tier) for m in best} == {
        (True, QualityTier.BEST)
    }
    await registry.aclose()


async def test_the_environment_source_lists_models() -> None:
    """EnvProviderSource(include_ollama=False).discover() is a list of specs."""
    specs = await EnvProviderSource(include_ollama=False).discover()
    assert isinstance(specs, list)
