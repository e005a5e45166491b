"""A perf lab that measures every night: python examples/nightly_perf_lab.py, from cron.

`measured` stands for a real request, so that this runs without a key and a network.
"""

import asyncio
from datetime import UTC, datetime

from modeldex import Measurement, ModelRegistry, ModelWithCapabilities

TARGETS = ("openai/gpt-4o-mini", "groq/openai/gpt-oss-120b", "anthropic/claude-haiku-4-5")
SAMPLES = 5


def measured(model: ModelWithCapabilities, number: int) -> Measurement:
    """One sample: the time to the first token, and the rate after it."""
    night = datetime.now(UTC).date()
    return Measurement(
        model.spec.provider, model.spec.name, host="lab-1", run_id=f"nightly-{night}-{number}",
        ttft_ms=300 + 10 * number, tokens_per_second=100 - 2 * number,
    )  # fmt: skip


async def main() -> None:
    """Store the samples of a night in one call, and print the medians that now count."""
    async with ModelRegistry() as registry:
        found = [await registry.find_model(target) for target in TARGETS]
        models = [model for model in found if model]
        samples = [measured(model, n) for model in models for n in range(SAMPLES)]
        report = await registry.record_many(samples, new_models=0)
        print(f"{report.added} samples stored, {report.refused_rows} refused")
        for model in models:
            known = await registry.find_model(model.id)
            if known:
                print(f"{known.id}: {known.capabilities.speed_hint_tps:.0f} tokens per second")
        fastest = await registry.find_best(min_speed_tps=50, sort="speed", available=False)
        print("fastest of those measured:", fastest and fastest.id)


if __name__ == "__main__":
    asyncio.run(main())
