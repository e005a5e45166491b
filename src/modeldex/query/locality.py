"""The condition that an offer is served on a machine of one's own."""

from modeldex.query.scope import Condition, Rule
from modeldex.storage.parameters import named_parameters
from modeldex.vocabulary.criterion import Criterion


def local(row: Criterion) -> Rule:
    """What `modeldex.vocabulary.providers.serves_locally` says, with classes of the catalog."""

    def rule(value: object, _criteria: object, _scope: object) -> Condition | None:
        if not value:
            return None
        from modeldex.vocabulary.providers import PROXY, own_classes

        own = own_classes()
        local, bound = named_parameters(
            "own", [key for key in own if own[key] == "local" and key != PROXY]
        )
        others, more = named_parameters("other", [*(own.keys() - bound.values()), PROXY])
        shipped = (
            "EXISTS (SELECT 1 FROM provider_classes k WHERE k.provider = c.provider "
            f"AND k.class = 'local' AND k.provider NOT IN ({others}))"
        )
        return Condition(
            row.name,
            "(coalesce(c.price_basis, '') = 'self_hosted' "
            "OR (coalesce(c.price_basis, '') <> 'subscription' "
            f"AND (coalesce(c.provider, '') IN ({local}) OR {shipped})))",
            {**bound, **more},
        )

    return rule
