"""Source: the models that a provider's API lists for the configured key."""

from modeldex.errors import SourceFailed
from modeldex.sources.snapshot import listed_in
from modeldex.upstream.provider_api import ProviderListing
from modeldex.vocabulary.asked import Asked
from modeldex.vocabulary.normalize import Dropped
from modeldex.vocabulary.user_folders import here
from modeldex.vocabulary.values import ModelSpec


class ListingSource:
    """Lists the models of one provider API; `dropped` counts the unusable rows and values.

    `note` says as JSON which paths answered, `complete` whether they listed all that there is.
    """

    kind = "live"
    network = True

    def __init__(self, listing: ProviderListing | str) -> None:
        self.listing = ProviderListing(listing) if isinstance(listing, str) else listing
        self.name = self.listing.provider.id
        self.dropped: list[Dropped] = []
        self.note: str | None = None
        self.complete = True

    @property
    def asked(self) -> Asked | None:
        """At which address it asks, and with which key."""
        return self.listing.asked

    @property
    def origin(self) -> str | None:
        """The user's file that has the provider, if it is not one that modeldex knows."""
        return here(file) if (file := self.listing.provider.file) else None

    @property
    def optional(self) -> bool:
        """True if the account may lack the right to list models, which is then no failure."""
        return self.listing.optional

    async def discover(self) -> list[ModelSpec]:
        """Fetch the listing, bypassing its cache, and return its models.

        Raises SourceFailed, also for an empty list of a provider that is no server of one's own.
        """
        mapped = await self.listing.fetch()
        if not mapped.rows and not self.listing.provider.local:
            raise SourceFailed(self.name, "lists no model, which no provider would: ignored")
        self.complete = mapped.complete
        self.dropped = mapped.losses(self.name)
        if self.listing.answered is not None:
            self.note = self.listing.answered.note
        return listed_in(mapped.rows)
