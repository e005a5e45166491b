"""The models that a provider's own listing names: what this key can call."""

from modeldex.claims import Dropped, Identity
from modeldex.listing import ProviderListing


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
        losses = mapped.dropped + mapped.values
        self.dropped = [
            Dropped(self.name, reason, f"{count} times") for reason, count in losses.items()
        ]
        return [_identity(row) for row in mapped.rows if row.get("listed") is not False]


def _identity(row: dict[str, object]) -> Identity:
    aliases = row.get("aliases")
    return Identity(
        str(row["provider"]),
        str(row["name"]),
        _text(row.get("family")),
        _text(row.get("display_name")),
        tuple(map(str, aliases)) if isinstance(aliases, list) else (),
    )


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
