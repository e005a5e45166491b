"""Windows that follow from the shipped data without anybody stating them."""

from modeldex import ModelSpec
from modeldex.resolvers import CapabilityResolver
from modeldex.resolvers.inferred import InferredResolver
from modeldex.upstream import snapshots


async def test_a_prompt_cap_without_a_window_gives_the_smallest_window_it_can_have() -> None:
    """Where only the cap on the prompt is documented, the window is at least that."""
    stated = {
        (row["provider"], row["name"])
        for name in snapshots.NAMES
        for row in snapshots.load(name).rows
        if "max_context" in row
    }
    row = next(
        row
        for row in snapshots.load("litellm").rows
        if "max_input_tokens" in row and (row["provider"], row["name"]) not in stated
    )
    spec = ModelSpec(provider=row["provider"], name=row["name"])
    known = await InferredResolver().get_capabilities(spec)
    assert known.max_context == row["max_input_tokens"]
    assert known.model_fields_set == {"max_context"}


async def test_a_stated_window_is_left_to_who_states_it() -> None:
    """No answer where a data set documents the window; None stands for that in bulk."""
    spec = ModelSpec(provider="openai", name="gpt-4o-mini")
    assert await InferredResolver().resolve_many([spec]) == [None]
    assert (await InferredResolver().get_capabilities(spec)).max_context is None


def test_it_is_a_dated_resolver_without_network() -> None:
    """The answer changes with any snapshot, and is as old as the data it follows from."""
    resolver = InferredResolver()
    assert isinstance(resolver, CapabilityResolver)
    assert (resolver.name, resolver.network) == ("inferred", False)
    assert all(snapshots.version(name) in resolver.version for name in snapshots.NAMES)
    assert resolver.observed_at == snapshots.header("litellm")["as_of"]
