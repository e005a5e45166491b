"""Windows that follow from prompt caps which other resolvers state."""

from pathlib import Path
from typing import Any

import pytest

from modeldex import ModelCapabilities, ModelSpec
from modeldex.refresh.run import refresh
from modeldex.resolvers import CapabilityResolver
from modeldex.resolvers.inferred import InferredResolver
from modeldex.storage.location import Place
from modeldex.version import __version__
from raw_catalog import bare

SPEC = ModelSpec(provider="proxy", name="gpt")
EFFECTIVE = "SELECT max_context FROM catalog WHERE provider = 'proxy' AND name = 'gpt'"
INFERRED = "SELECT max_context, observed_at FROM capabilities WHERE resolver = 'inferred'"


class Proxy:
    """A host that lists one model and states what it is told to."""

    name = "proxy"
    precedence = 400
    observed_at = "2026-05-04"

    def __init__(self, **facts: Any) -> None:
        self.facts = ModelCapabilities(**facts)

    async def discover(self) -> list[ModelSpec]:
        """The model."""
        return [SPEC]

    async def get_capabilities(self, _spec: ModelSpec) -> ModelCapabilities:
        """What it states."""
        return self.facts


async def refreshed(place: Place, *proxies: Proxy) -> tuple[object, list[tuple[object, ...]]]:
    """The effective window after a refresh, and the inferred opinions."""
    report = await refresh(place, [proxies[0]], [InferredResolver(), *proxies])
    assert report.status == "ok", report
    with bare(place) as connection:
        (effective,) = connection.execute(EFFECTIVE).fetchone()
        return effective, [tuple(row) for row in connection.execute(INFERRED).fetchall()]


async def test_a_prompt_cap_without_a_window_gives_the_smallest_window_it_can_have(
    catalog_path: Place,
) -> None:
    """Whoever states the cap, the window is at least that, and as old as the cap."""
    inferred = await refreshed(catalog_path, Proxy(max_input_tokens=100_000))
    assert inferred == (100_000, [(100_000, "2026-05-04T00:00:00.000Z")])


async def test_an_inferred_window_is_withdrawn_when_one_is_stated(catalog_path: Place) -> None:
    """As soon as a resolver states the window nothing is inferred about it, higher or lower."""
    await refreshed(catalog_path, Proxy(max_input_tokens=100_000))
    stated = await refreshed(catalog_path, Proxy(max_input_tokens=100_000, max_context=90_000))
    assert stated == (90_000, [])


async def test_a_changed_cap_changes_the_window(catalog_path: Place) -> None:
    """The inferred window follows the cap that wins."""
    await refreshed(catalog_path, Proxy(max_input_tokens=100_000))
    assert (await refreshed(catalog_path, Proxy(max_input_tokens=7_000)))[0] == 7_000


@pytest.mark.sqlite_only("reads shipped data through a registry")
async def test_shipped_caps_give_windows(shipped_catalog: Path) -> None:
    """No model of the shipped data has a prompt cap and no window."""
    with bare(shipped_catalog) as connection:
        (left,) = connection.execute(
            "SELECT count(*) FROM catalog WHERE max_context IS NULL AND max_input_tokens > 0"
        ).fetchone()
        (inferred,) = connection.execute(
            "SELECT count(*) FROM capabilities WHERE resolver = 'inferred'"
        ).fetchone()
    assert left == 0
    assert inferred > 0


async def test_it_states_nothing_without_a_catalog() -> None:
    """As a resolver it has the version of its rules, and no opinion of its own."""
    resolver = InferredResolver()
    assert isinstance(resolver, CapabilityResolver)
    assert (resolver.name, resolver.network) == ("inferred", False)
    assert resolver.version == __version__
    assert await resolver.get_capabilities(SPEC) == ModelCapabilities()
