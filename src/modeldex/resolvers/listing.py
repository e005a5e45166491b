"""What a provider's own listing states of its models."""

from collections.abc import Mapping, Sequence

from modeldex.listing import ProviderListing
from modeldex.listings.rows import facts_of
from modeldex.values import ModelCapabilities, ModelSpec


class ListingResolver:
    """States what one provider's listing says; one request serves any number of models.

    Shares its answer with a ListingSource over the same ProviderListing.
    """

    network = True
    live_only = True
    precedence = 400

    def __init__(self, listing: ProviderListing | str) -> None:
        self.listing = ProviderListing(listing) if isinstance(listing, str) else listing
        self.source = self.listing.provider.id
        self.name = f"{self.source}_api"

    @property
    def optional(self) -> bool:
        """Whether the account may well not list these models."""
        return self.listing.optional

    async def get_capabilities(self, spec: ModelSpec) -> ModelCapabilities:
        """The provider's word on one of its models; empty for models of others."""
        [answer] = await self.resolve_many([spec])
        return ModelCapabilities.model_validate(answer or {})

    async def resolve_many(self, specs: Sequence[ModelSpec]) -> list[Mapping[str, object] | None]:
        """Per spec the facts by field; None for models of others and for unlisted ones.

        Raises SourceFailed when the listing cannot be had.
        """
        mine = self.listing.provider.id
        if not any(spec.provider == mine for spec in specs):
            return [None] * len(specs)
        facts = {
            row["name"]: facts_of(row)
            for row in (await self.listing.latest()).rows
            if row["provider"] == mine
        }
        return [facts.get(spec.name) if spec.provider == mine else None for spec in specs]


class OpenAICapabilityResolver(ListingResolver):
    """What OpenAI's own listing states: which models exist and when one shuts down."""

    def __init__(self) -> None:
        super().__init__("openai")
