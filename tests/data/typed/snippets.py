"""Twenty programs as users write them. They run, and type checkers have nothing to say of them."""

from modeldex import (
    Cost,
    InvalidQuery,
    Measurement,
    ModelCapabilities,
    ModelQuery,
    ModelRegistry,
    ModelSpec,
    ModelWithCapabilities,
    NoMatch,
    QualityTier,
    QueryExplanation,
    Workload,
    get_registry,
    sync,
)


async def best(registry: ModelRegistry) -> str:
    model = await registry.find_best(requires_tools=True, min_context="128k")
    return model.spec.name if model else "none"


async def best_of_a_tier(registry: ModelRegistry) -> None:
    word = await registry.find_best(quality_tier="balanced", cost_tier="cheap", provider="openai")
    member = await registry.find_best(quality_tier=QualityTier.BALANCED)
    assert word is None or word.capabilities.quality_tier is QualityTier.BALANCED
    assert member is None or member.capabilities.quality_tier == "balanced"


async def required(registry: ModelRegistry) -> ModelWithCapabilities:
    model: ModelWithCapabilities = await registry.require(requires_vision=True, task="vision")
    return model


async def why_not(registry: ModelRegistry) -> None:
    try:
        await registry.require(min_context="900M")
    except NoMatch as error:
        explanation: QueryExplanation = error.explanation
        print(error, error.criterion, [miss.lack.text for miss in explanation.nearest])


async def fail_over(registry: ModelRegistry) -> list[str]:
    three = await registry.find_best(n=3, distinct="provider", requires_tools=True)
    return [model.id for model in three]


async def asked_with_a_query(registry: ModelRegistry) -> float:
    query = ModelQuery(quality_tier="balanced", providers=["openai", "groq"], limit=5)
    found = await registry.query(query, sort="cost")
    return min((model.capabilities.input_cost_per_1m or 0.0 for model in found), default=0.0)


async def by_name(registry: ModelRegistry) -> int | None:
    model = await registry.find_model("openai/gpt-4o-mini")
    same = await registry.find_model("openai", "gpt-4o-mini")
    assert same is None or model is not None
    return model.capabilities.max_context if model else None


async def what_a_job_costs(registry: ModelRegistry) -> float:
    job = Workload(input_tokens=20_000, output_tokens=1_000, cached_fraction=0.8, batch=True)
    costs: list[Cost[ModelWithCapabilities]] = await registry.costs(ModelQuery(limit=3), job)
    known = [cost.usd for cost in costs if cost.usd is not None]
    return sum(known)


async def a_frontier(registry: ModelRegistry) -> dict[str, float | None]:
    models = await registry.frontier(requires_tools=True, provider_class="lab")
    return {model.id: model.capabilities.quality_score for model in models}


async def explained(registry: ModelRegistry) -> str:
    found = await registry.explain_query(requires_tools=True, min_days_left="60d")
    choice = await registry.why(requires_tools=True)
    return f"{found.headline()} {choice.text if choice else ''}"


async def one_model_explained(registry: ModelRegistry) -> str:
    facts = await registry.explain("openai", "gpt-4o-mini")
    known = facts.field("max_context")
    return ", ".join(opinion.resolver for opinion in known.opinions) if known else ""


async def news(registry: ModelRegistry) -> None:
    for change in await registry.changes("0h", kinds=["price"], providers=["openai"]):
        print(change.kind, change.old, change.new)
    for ending in await registry.expiring("90d"):
        print(ending.provider, ending.name)


async def measured(registry: ModelRegistry) -> int:
    await registry.record("openai", "gpt-4o-mini", tokens_per_second=91.5, ttft_ms=310)
    sample = Measurement("openai", "gpt-4o-mini", tokens_per_second=90)
    report = await registry.record_many([sample, {"provider": "openai", "name": "gpt-4o"}])
    return report.added


async def hosts(registry: ModelRegistry) -> list[str]:
    offers = await registry.offers("claude-sonnet-4.5")
    return [offer.id for offer in offers]


async def handed_to_another_library(registry: ModelRegistry) -> str:
    model = await registry.require(provider="openai")
    return model.id_for("litellm")


async def in_json(registry: ModelRegistry) -> str:
    model = await registry.require(provider="openai")
    return model.model_dump_json()


class Proxy:
    name = "proxy"

    async def discover(self) -> list[ModelSpec]:
        return [ModelSpec(provider="my_proxy", name="llama-3-custom")]


class Lab:
    name = "lab"

    async def get_capabilities(self, spec: ModelSpec) -> ModelCapabilities:
        return ModelCapabilities(max_context=100_000, supports_tools=spec.provider == "my_proxy")


async def parts_of_ones_own(registry: ModelRegistry) -> None:
    async with ModelRegistry([Proxy()], [Lab()], db=registry.path) as own:
        print(await own.count(ModelQuery(requires_tools=True)))


async def the_shared_one(registry: ModelRegistry) -> int:
    shared = await get_registry()
    number = len(await shared.bases())
    await shared.aclose()
    return number


async def without_asyncio(registry: ModelRegistry) -> None:
    with sync.ModelRegistry(db=registry.path, environ={"OPENAI_API_KEY": "sk"}) as blocking:
        model = blocking.find_best(requires_json_mode=True)
        three: list[ModelWithCapabilities] = blocking.find_best(n=3, sort="speed")
        sure = blocking.require(requires_tools=True, requires_params={"temperature"})
        print(model and model.id, len(three), sure.id, blocking.count(ModelQuery()))


async def mistakes_are_caught(registry: ModelRegistry) -> str:
    try:
        await registry.find_best(min_context="lots")
    except InvalidQuery as error:
        return f"{error.field}: {error.reason}"
    return ""
