"""ModelQuery.matches against the oracle of the query compiler, and what it leaves out."""

from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings

from modeldex import ModelCapabilities, ModelQuery, ModelSpec, ModelWithCapabilities
from modeldex.query.scope import Scope
from modeldex.vocabulary import clock
from query_oracle import OFFERS, QUERIES, TODAY, Offer, meets


@pytest.fixture(autouse=True)
def _today(monkeypatch: pytest.MonkeyPatch) -> None:
    moment = datetime.fromisoformat(TODAY).replace(tzinfo=UTC).timestamp()
    monkeypatch.setattr(clock, "wall", lambda: moment)


def model_of(offer: Offer) -> ModelWithCapabilities:
    """An offer as a registry returns it."""
    spec = ModelSpec(provider=offer.provider, name=offer.name, family=offer.family)
    return ModelWithCapabilities(spec=spec, capabilities=offer.can)


@settings(max_examples=400, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(offer=OFFERS, query=QUERIES)
def test_a_model_matches_where_a_catalog_would_find_it(offer: Offer, query: ModelQuery) -> None:
    """matches() decides as the compiled query does about everything that a model itself knows."""
    known = offer._replace(retired=False, seen=frozenset(), lost=frozenset())
    anywhere = query.model_copy(update={"available": False})
    assert query.matches(model_of(offer)) is meets(known, anywhere, Scope(TODAY))


def test_a_prompt_cap_is_the_window_where_no_other_is_known() -> None:
    """As in the catalog, min_context is met by the cap on the prompt where no window is stated."""
    facts = ModelCapabilities(max_input_tokens=128_000)
    model = ModelWithCapabilities(spec=ModelSpec(provider="a", name="b"), capabilities=facts)
    assert ModelQuery(min_context=128_000).matches(model)
    assert not ModelQuery(min_context=128_001).matches(model)
