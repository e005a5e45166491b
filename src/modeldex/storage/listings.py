"""Listings: what was asked of the APIs of providers, and what they listed.

Each is of one address and one key. A process binds those of its own keys and addresses; others it
neither uses nor ends.
"""

import time
from collections.abc import Iterable
from typing import NamedTuple

from modeldex.vocabulary import clock
from modeldex.vocabulary.asked import Asked

STALE_AFTER = 30 * 24 * 3600
"""Seconds after which a listing, which still decides, is called stale."""

READ = (
    "SELECT l.id, l.provider, l.address, l.variable, l.fingerprint, l.complete, l.read_at, "
    "l.problem, l.error, (SELECT count(*) FROM listed d WHERE d.listing_id = l.id "
    "AND d.until IS NULL) AS offers, (SELECT value FROM about WHERE key = 'catalog_id') "
    "FROM listings l ORDER BY l.provider, l.read_at, l.id"
)
"""SQL: all listings, as rows of Listing; of one provider, the one read last comes last."""


class Listing(NamedTuple):
    """One listing as it is stored; it has `offers` offers now. `salt` is that of the catalog."""

    id: int
    provider: str
    address: str
    variable: str | None
    fingerprint: int | None
    complete: bool
    read_at: str | None
    problem: str | None
    error: str | None
    offers: int
    salt: str

    def is_of(self, asked: Asked) -> bool:
        """Whether it is the one that this process asks for."""
        if (self.provider, self.address) != (asked.provider, asked.address):
            return False
        own = asked.fingerprint(self.salt)
        return self.fingerprint == own and (own is not None or self.variable == asked.variable)

    @property
    def is_stale(self) -> bool:
        """Whether it was read so long ago that this should be said."""
        return self.read_at is not None and self.read_at < recent()


def recent() -> str:
    """The time since when a listing is not stale, as text."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(clock.wall() - STALE_AFTER))


class Bound(NamedTuple):
    """How the offers of one configured provider are callable; `how` is one of columns.HOWS.

    `listing` decides it if there is one. With `only_listed`, offers that it lacks are not callable.
    `region` is that of a cloud which has a region in the names of some offers.
    """

    provider: str
    how: str
    listing: Listing | None = None
    only_listed: bool = False
    region: str | None = None

    @property
    def is_callable(self) -> bool:
        """Whether any offer is."""
        return self.how not in ("refused", "unread")


def bind(asked: Asked, listings: Iterable[Listing]) -> Bound:
    """What the listings of a provider say about what is callable where this is configured."""
    of_address = [each for each in listings if each.address == asked.address]
    own = next((each for each in of_address if each.is_of(asked)), None)
    if own is not None and own.problem == "key":
        return Bound(asked.provider, "refused", own)
    if own is not None and own.read_at is not None:
        how = "listed" if own.complete else "partial"
        return Bound(asked.provider, how, own, only_listed=own.complete)
    if not asked.local:
        return Bound(asked.provider, "presumed", own)
    # A server of one's own has no offers but those that it listed, if for another key.
    other = max((e for e in of_address if e.read_at), key=lambda e: str(e.read_at), default=None)
    return Bound(asked.provider, "presumed" if other else "unread", other, only_listed=True)
