"""The models that a provider's own listing names: what this key can call."""

from modeldex.claims import Dropped
from modeldex.listing import ProviderListing
from modeldex.sources.snapshot import listed_in
from modeldex.values import ModelSpec


class ListingSource:
    """Names what one provider lists for this key. `dropped` tells what could not be read."""

    kind = "live"
    network = True

    def __init__(self, listing: ProviderListing | str) -> None:
        self.listing = ProviderListing(listing) if isinstance(listing, str) else listing
        self.name = self.listing.provider.id
        self.dropped: list[Dropped] = []

    @property
    def optional(self) -> bool:
        """Whether the account may well not list these models."""
        return self.listing.optional

    async def discover(self) -> list[ModelSpec]:
        """Every listed model, asked anew; SourceFailed when the listing cannot be had."""
        mapped = await self.listing.fetch()
        self.dropped = mapped.losses(self.name)
        return listed_in(mapped.rows)
