"""The models that a provider's own listing names: what this key can call."""

from modeldex.claims import Dropped, Identity
from modeldex.listing import ProviderListing
from modeldex.listings.rows import identity_of


class ListingSource:
    """Names what one provider lists for this key. `dropped` tells what could not be read."""

    kind = "live"
    network = True

    def __init__(self, listing: ProviderListing | str) -> None:
        self.listing = ProviderListing(listing) if isinstance(listing, str) else listing
        self.name = self.listing.provider.id
        self.dropped: list[Dropped] = []

    async def discover(self) -> list[Identity]:
        """Every listed model, asked anew; SourceFailed when the listing cannot be had."""
        mapped = await self.listing.fetch()
        self.dropped = mapped.losses(self.name)
        return [identity_of(row) for row in mapped.rows if row.get("listed") is not False]
