"""Tests of a program that chooses models: pytest examples/test_choice.py.

The fixtures come with modeldex: registries on copies of the shipped catalog, without keys.
"""

from collections.abc import Mapping

import pytest

from modeldex import NoMatch
from modeldex.sync import ModelRegistry


def choose(registry: ModelRegistry, budget: float) -> str:
    """The program: the best model with tools that this budget pays for, in USD per 1M tokens."""
    return registry.require(requires_tools=True, max_cost_per_1m_input=budget).id


@pytest.fixture
def modeldex_environ() -> Mapping[str, str]:
    """What can be called is what this key opens."""
    return {"OPENAI_API_KEY": "placeholder"}


def test_the_budget_is_kept(modeldex_sync_registry: ModelRegistry) -> None:
    """The choice costs at most the budget."""
    model = modeldex_sync_registry.find_model(choose(modeldex_sync_registry, 1.0))
    assert model is not None
    assert model.spec.provider == "openai"
    assert (model.capabilities.input_cost_per_1m or 0) <= 1


def test_a_budget_of_nothing_says_what_to_relax(modeldex_sync_registry: ModelRegistry) -> None:
    """The error names the budget."""
    with pytest.raises(NoMatch, match="max_cost_per_1m_input"):
        choose(modeldex_sync_registry, 0.0)
