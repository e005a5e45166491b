"""Ten slips of the pen. Type checkers refuse each line that has one."""

from modeldex import ModelQuery, ModelRegistry, Workload, sync


async def asked(registry: ModelRegistry, blocking: sync.ModelRegistry) -> None:
    await registry.find_best(require_tools=True)  # 1
    await registry.require(quality_tier="balance")  # 2
    await registry.frontier(min_contxt=128_000)  # 3
    await registry.explain_query(cost_tier="low")  # 4
    ModelQuery(providers=["openai"], limt=5)  # 5
    blocking.find_best(n=3, sort="price")  # 6
    blocking.require(requires_tools="yes")  # 7
    sync.ModelRegistry(database="catalog.db")  # 8
    print(blocking.require().capabilities.max_contxt)  # 9
    Workload(input_tokens=20_000, output=1_000)  # 10
