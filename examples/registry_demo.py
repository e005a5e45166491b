"""The registry in one minute, offline and without keys: python examples/registry_demo.py.

It discovers models, resolves what they can do, asks for the best, and plugs in a source and
a resolver of its own. The catalog is a file in a temporary folder.
"""

import asyncio
import tempfile
from pathlib import Path

from modeldex import (
    ModelCapabilities,
    ModelQuery,
    ModelRegistry,
    ModelSpec,
    ModelWithCapabilities,
    QualityTier,
    StaticCapabilityResolver,
)


class TeamProxy:
    """A source says which models there are."""

    async def discover(self) -> list[ModelSpec]:
        """What our proxy offers, as its listing might say."""
        return [
            ModelSpec(provider="openai", name="gpt-4o-mini"),
            ModelSpec(provider="team_proxy", name="llama-tuned", family="llama"),
        ]


class TeamFacts:
    """A resolver says what a model can do, where it knows it."""

    async def get_capabilities(self, spec: ModelSpec) -> ModelCapabilities:
        """Facts about our own model; an empty answer is no opinion and overrides nothing."""
        if spec.provider != "team_proxy":
            return ModelCapabilities()
        return ModelCapabilities(
            max_context=100_000,
            supports_tools=True,
            input_cost_per_1m=0.0,
            output_cost_per_1m=0.0,
            price_basis="self_hosted",
            quality_tier=QualityTier.BALANCED,
        )


def show(title: str, model: ModelWithCapabilities | None) -> None:
    """One line per answer."""
    if model is None:
        print(f"{title}: none")
        return
    known = model.capabilities
    price = f"${known.input_cost_per_1m} / ${known.output_cost_per_1m} per 1M tokens"
    print(f"{title}: {model.spec.id}, {known.max_context} tokens, {price}")


async def ask_the_shipped_data(db: Path) -> None:
    """Everything that is known, whether or not it can be called from here."""
    async with ModelRegistry(db=db) as registry:
        print(f"known: {await registry.count(ModelQuery(available=False))} chat models")
        best = await registry.find_best(
            requires_vision=True, min_context=128_000, provider="anthropic", available=False
        )
        show("best with vision and a large window at Anthropic", best)
        cheap = await registry.find_best(
            requires_tools=True, cost_tier="cheap", provider="openai", available=False
        )
        show("best for little money at OpenAI", cheap)
        several = await registry.query(
            ModelQuery(
                requires_tools=True,
                requires_json_mode=True,
                max_cost_per_1m_input=1.0,
                providers=frozenset({"openai", "gemini", "groq"}),
                available=False,
                limit=3,
            )
        )
        print("three with tools and JSON mode:", ", ".join(m.spec.id for m in several))
        show("by name", await registry.find_model("google", "gemini-2.5-pro"))


async def ask_a_registry_of_our_own(db: Path) -> None:
    """Our source decides what is in scope; later resolvers override earlier ones."""
    async with ModelRegistry(
        sources=[TeamProxy()], resolvers=[StaticCapabilityResolver(), TeamFacts()], db=db
    ) as registry:
        for model in await registry.get_models():
            show("our proxy has", model)
        show("our best with tools", await registry.find_best(requires_tools=True))


async def main() -> None:
    """Both, on a catalog that is gone afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        await ask_the_shipped_data(Path(folder) / "catalog.db")
        await ask_a_registry_of_our_own(Path(folder) / "team.db")


if __name__ == "__main__":
    asyncio.run(main())
