"""The best models of a registry: those that end soon only where nothing else meets the criteria."""

from collections.abc import Awaitable, Callable, Mapping

from modeldex.query.lasting import last_resort, lasting
from modeldex.query.typed import query_of
from modeldex.vocabulary.model_query import ModelQuery
from modeldex.vocabulary.notebook import ModelList
from modeldex.vocabulary.values import ModelWithCapabilities

Ask = Callable[[ModelQuery], Awaitable[list[ModelWithCapabilities]]]


async def best_models(
    ask: Ask, criteria: Mapping[str, object], n: int
) -> list[ModelWithCapabilities]:
    """Up to `n` models that meet the criteria; those of the last resort have a `remark`."""
    wanted = lasting(criteria)
    found = await ask(query_of(wanted, limit=n))
    if found or wanted is criteria or await ask(query_of(wanted, limit=1, offset=0)):
        return found
    return ModelList(
        model.model_copy(update={"remark": last_resort(model.ending)})
        for model in await ask(query_of(criteria, limit=n))
    )
