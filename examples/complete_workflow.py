"""Select a model by its capabilities, then call it: python examples/complete_workflow.py.

Selecting needs a key in the environment, such as OPENAI_API_KEY, but no network. The call is made
by chuk-llm: pip install 'modeldex[ask]'.
"""

import asyncio
import sys

from modeldex import ModeldexError, ask, get_registry


async def main() -> None:
    """Send a question to the best balanced model with tools and a large window."""
    # 1. Get registry
    registry = await get_registry()

    # 2. Find best model for task
    model = await registry.find_best(
        requires_tools=True, min_context=128_000, quality_tier="balanced"
    )

    if not model:
        print("No suitable model found")
        return

    known = model.capabilities
    context = known.served_context or known.max_context or known.max_input_tokens
    print(f"Selected: {model.spec.provider}:{model.spec.name}")
    print(f"  Context: {context:,} tokens")
    print(f"  Cost: ${known.input_cost_per_1m}/1M")

    # 3. Use the model
    response = await ask(
        "What is the capital of France?",
        provider=model.spec.provider,
        model=model.spec.name,
    )

    print(f"\nResponse: {response}")


if __name__ == "__main__":
    try:
        asyncio.run(main())
    except ModeldexError as error:
        sys.exit(f"Error: {error}")
