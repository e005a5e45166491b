"""Source: the models that a provider's API lists for the configured key."""

from modeldex.sources.snapshot import listed_in
from modeldex.upstream.provider_api import ProviderListing
from modeldex.vocabulary.normalize import Dropped
from modeldex.vocabulary.values import ModelSpec


class ListingSource:
    """Lists the models of one provider API; `dropped` counts the unusable rows and values.

    `note` says as JSON which paths answered.
    """

    kind = "live"
    network = True

    def __init__(self, listing: ProviderListing | str) -> None:
        self.listing = ProviderListing(listing) if isinstance(listing, str) else listing
        self.name = self.listing.provider.id
        self.dropped: list[Dropped] = []
        self.note: str | None = None

    @property
    def optional(self) -> bool:
        """True if the account may lack the right to list models, which is then no failure."""
        return self.listing.optional

    async def discover(self) -> list[ModelSpec]:
        """Fetch the listing, bypassing its cache, and return its models. Raises SourceFailed."""
        mapped = await self.listing.fetch()
        self.dropped = mapped.losses(self.name)
        if self.listing.answered is not None:
            self.note = self.listing.answered.note
        return listed_in(mapped.rows)
