"""The registry in one minute, offline and without keys: python examples/registry_demo.py.

It discovers models, resolves their capabilities, queries the best, and adds a custom source and
resolver. The catalog is a file in a temporary folder.
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
    """A source states which models exist."""

    async def discover(self) -> list[ModelSpec]:
        """Return the models of the team's proxy."""
        return [
            ModelSpec(provider="openai", name="gpt-4o-mini"),
            ModelSpec(provider="team_proxy", name="llama-tuned", family="llama"),
        ]


class TeamFacts:
    """A resolver states what a model can do."""

    async def get_capabilities(self, spec: ModelSpec) -> ModelCapabilities:
        """Return facts about the proxy's model; an empty value means no opinion."""
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
    """Print one line per model."""
    if model is None:
        print(f"{title}: none")
        return
    known = model.capabilities
    price = f"${known.input_cost_per_1m} / ${known.output_cost_per_1m} per 1M tokens"
    print(f"{title}: {model.spec.id}, {known.max_context} tokens, {price}")


async def query_the_shipped_data(db: Path) -> None:
    """Query all known models, whether or not they are callable from here."""
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


async def query_a_registry_of_our_own(db: Path) -> None:
    """Use a custom source, which decides the scope; later resolvers override earlier ones."""
    async with ModelRegistry(
        sources=[TeamProxy()], resolvers=[StaticCapabilityResolver(), TeamFacts()], db=db
    ) as registry:
        for model in await registry.get_models():
            show("our proxy has", model)
        show("our best with tools", await registry.find_best(requires_tools=True))


async def main() -> None:
    """Run both on temporary catalogs."""
    with tempfile.TemporaryDirectory() as folder:
        await query_the_shipped_data(Path(folder) / "catalog.db")
        await query_a_registry_of_our_own(Path(folder) / "team.db")


if __name__ == "__main__":
    asyncio.run(main())
