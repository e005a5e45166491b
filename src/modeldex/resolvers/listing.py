"""Resolver: the facts that a provider's API states in its model list."""

from collections.abc import Mapping, Sequence

from modeldex.upstream.formats.rows import facts_of, stated
from modeldex.upstream.provider_api import ProviderListing
from modeldex.vocabulary.values import ModelCapabilities, ModelSpec


class ListingResolver:
    """The facts in one provider's listing; one download serves any number of models.

    Shares the cached download with a ListingSource over the same ProviderListing.
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
        """True if the account may lack the right to list models, which is then no failure."""
        return self.listing.optional

    async def get_capabilities(self, spec: ModelSpec) -> ModelCapabilities:
        """Return the listed facts; empty for unlisted models and those of other providers."""
        [values] = await self.resolve_many([spec])
        return ModelCapabilities.model_validate(facts_of(values or {}))

    async def resolve_many(self, specs: Sequence[ModelSpec]) -> list[Mapping[str, object] | None]:
        """Return per spec a mapping of field values; None for unlisted and other providers' models.

        Raises SourceFailed if the listing cannot be fetched.
        """
        provider = self.listing.provider.id
        if not any(spec.provider == provider for spec in specs):
            return [None] * len(specs)
        facts = {
            row["name"]: stated(row)
            for row in (await self.listing.cached_or_fetch()).rows
            if row["provider"] == provider
        }
        return [facts.get(spec.name) if spec.provider == provider else None for spec in specs]


class OpenAICapabilityResolver(ListingResolver):
    """The facts in OpenAI's listing: lifecycle and retirement dates."""

    def __init__(self) -> None:
        super().__init__("openai")
