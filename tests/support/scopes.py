"""What a test says can be called: providers with a key, with or without a listing."""

from modeldex.storage.listings import Bound, Listing

READ_AT = "2026-11-20T10:00:00.000Z"


def presumed(*providers: str) -> tuple[Bound, ...]:
    """Providers with a key for which nothing was listed yet."""
    return tuple(Bound(provider, "presumed") for provider in providers)


def listed(provider: str, listing: int, offers: int = 3, how: str = "listed") -> Bound:
    """A provider of which a key has this listing, of so many offers, or only a part of one."""
    row = Listing(
        id=listing, provider=provider, address=f"https://{provider}.example", variable="KEY",
        fingerprint=1, complete=how == "listed", read_at=READ_AT, problem=None,
        error=None, offers=offers, salt="salt",
    )  # fmt: skip
    return Bound(provider, how, row, only_listed=how == "listed")
