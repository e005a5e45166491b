"""What a refresh infers at its end: base models, facts of their weights, what is not plausible."""

from collections.abc import Callable

from modeldex import ModelCapabilities, ModelRegistry, ModelSpec
from modeldex.refresh.report import RefreshReport
from modeldex.refresh.run import refresh
from modeldex.resolvers.inferred import PRECEDENCE, InferredResolver
from modeldex.storage.location import Place
from raw_catalog import bare

New = Callable[[], Place]

PRICES = {"openai/gpt-4o": 4.0, "together/openai/gpt-4o": 4.2, "cheapo/gpt-4o-2024-08-06": 0.01}


class Registry:
    """A registry of other people: a source and a resolver of the offers above."""

    name = "registry"
    kind = "reference"
    precedence = 450

    def __init__(self, prices: dict[str, float]) -> None:
        self.prices = prices

    async def discover(self) -> list[ModelSpec]:
        """The offers."""
        pairs = (offer.split("/", 1) for offer in self.prices)
        return [ModelSpec(provider=provider, name=name) for provider, name in pairs]

    async def get_capabilities(self, spec: ModelSpec) -> ModelCapabilities:
        """The price of one, of which everything else would be liked."""
        price = self.prices[spec.id]
        return ModelCapabilities(
            input_cost_per_1m=price, output_cost_per_1m=price, price_basis="metered",
            quality_tier="best", supports_tools=True,
        )  # fmt: skip


async def refreshed(place: Place, prices: dict[str, float]) -> RefreshReport:
    """Refresh from such a registry, with all that is inferred."""
    registry = Registry(prices)
    resolvers = [registry, *map(InferredResolver, PRECEDENCE)]
    return await refresh(place, [registry], resolvers)


def effective(place: Place, *columns: str) -> dict[str, tuple[object, ...]]:
    """Columns of the catalog, by offer."""
    with bare(place) as connection:
        rows = connection.execute(
            f"SELECT provider || '/' || name, {', '.join(columns)} FROM catalog"
        ).fetchall()
    return {row[0]: tuple(row[1:]) for row in rows}


async def best(place: Place) -> str:
    """The best offer among those whose provider is named."""
    async with ModelRegistry([], [], db=place) as registry:
        found = await registry.find_best(
            requires_tools=True, available=False, providers=["openai", "together", "cheapo"]
        )
    assert found is not None
    return found.id


async def test_offers_get_their_base_and_the_facts_of_its_weights(
    new_catalog: Callable[[], Place],
) -> None:
    """Release, cutoff and weights travel from table `bases`, below what the offer itself states."""
    place = new_catalog()
    await refreshed(place, PRICES)
    facts = effective(place, "base", "snapshot", "release_date", "open_weights")
    assert facts == {
        "openai/gpt-4o": ("openai/gpt-4o", None, "2024-05-13", 0),
        "together/openai/gpt-4o": ("openai/gpt-4o", None, "2024-05-13", 0),
        "cheapo/gpt-4o-2024-08-06": ("openai/gpt-4o", "2024-08-06", "2024-08-06", 0),
    }
    with bare(place) as connection:
        stated = connection.execute(
            "SELECT DISTINCT field, resolver FROM provenance "
            "WHERE field IN ('base', 'release_date') ORDER BY field"
        ).fetchall()
    assert [tuple(row) for row in stated] == [("base", "inferred"), ("release_date", "base")]


async def test_an_implausible_row_of_a_registry_does_not_win(
    new_catalog: Callable[[], Place],
) -> None:
    """Far below the lab's price it is doubted, until it states a price that can be."""
    place = new_catalog()
    await refreshed(place, PRICES)
    assert effective(place, "suspicious")["cheapo/gpt-4o-2024-08-06"] == (1,)
    assert await best(place) == "openai/gpt-4o"
    again = await refreshed(place, PRICES)
    assert {step.status for step in again.steps if step.name in PRECEDENCE} == {"unchanged"}
    await refreshed(place, {**PRICES, "cheapo/gpt-4o-2024-08-06": 3.0})
    assert effective(place, "suspicious")["cheapo/gpt-4o-2024-08-06"] == (None,)
    assert await best(place) == "cheapo/gpt-4o-2024-08-06"


async def test_what_a_user_says_of_a_base_wins(new_catalog: New) -> None:
    """His word about an offer, and his row in table `bases`, which a later version leaves alone."""
    place = new_catalog()
    await refreshed(place, PRICES)
    with bare(place) as connection:
        connection.execute(
            "INSERT INTO capabilities (model_id, resolver, base) "
            "SELECT id, 'user', 'cheapo/own' FROM models WHERE provider = 'cheapo'"
        )
        connection.execute(
            "INSERT INTO bases (id, maker, released, open_weights) "
            "VALUES ('cheapo/own', 'cheapo', '2025-01-01', 1)"
        )
    await refreshed(place, PRICES)
    found = effective(place, "base", "release_date", "open_weights", "suspicious")
    assert found["cheapo/gpt-4o-2024-08-06"] == ("cheapo/own", "2024-08-06", 1, None)


async def test_who_infers_less_leaves_the_rest_to_others(new_catalog: New) -> None:
    """A refresh with one of these resolvers does not keep a later one from running the others."""
    place = new_catalog()
    registry = Registry(PRICES)
    await refresh(place, [registry], [registry, InferredResolver("inferred")])
    assert effective(place, "release_date")["openai/gpt-4o"] == (None,)
    await refreshed(place, PRICES)
    assert effective(place, "release_date")["openai/gpt-4o"] == ("2024-05-13",)
