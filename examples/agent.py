"""An agent that falls over to another provider and knows what it spent: python examples/agent.py.

`complete` stands for litellm.completion, so that this runs without a key and a network.
"""

import asyncio
from typing import Any

from modeldex import ModelRegistry, ModelWithCapabilities, NoMatch

NEEDS: dict[str, Any] = {
    "requires_tools": True,
    "min_context": "128k",
    "min_quality_tier": "balanced",
}


class Unavailable(Exception):
    """A provider does not answer."""


def complete(model: str, messages: list[dict[str, str]], *, down: str) -> dict[str, Any]:
    """Answer as an API does; the provider that is `down` does not."""
    if model.startswith(down):
        raise Unavailable(f"{model} does not answer")
    size = sum(len(each["content"]) for each in messages) // 4
    usage = {"prompt_tokens": size + 2_000, "completion_tokens": 300, "total_tokens": size + 2_300}
    return {"choices": [{"message": {"content": "Paris"}}], "usage": usage}


def answered(models: list[ModelWithCapabilities], question: str) -> None:
    """Ask one model after the other until one answers."""
    messages = [{"role": "user", "content": question}]
    down = models[0].id_for("litellm")
    for model in models:
        try:
            response = complete(model.id_for("litellm"), messages, down=down)
        except Unavailable as error:
            print(f"{error}, the next one is asked")
            continue
        cost = model.cost_of(response["usage"])
        spent = f"${cost.usd:.6f}" if cost.usd is not None else f"unknown: {cost.unknown}"
        print(f"{model.id}: {response['choices'][0]['message']['content']} ({spent})")
        return


async def main() -> None:
    """Ask the best models of three providers."""
    async with ModelRegistry() as registry:
        try:
            print("best with these keys:", (await registry.require(**NEEDS)).id)
        except NoMatch as error:
            print(error)
        models = await registry.find_best(
            n=3, distinct="provider", provider_class="lab", available=False, **NEEDS
        )
    answered(models, "What is the capital of France?")


if __name__ == "__main__":
    asyncio.run(main())
