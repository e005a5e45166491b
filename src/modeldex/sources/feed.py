"""The models that an open data set says exist, as of today."""

from modeldex import editions
from modeldex.claims import Dropped
from modeldex.feeds import Feed
from modeldex.sources.snapshot import listed_in
from modeldex.values import ModelSpec


class FeedSource:
    """The listed rows of one feed, under the name of the snapshot that was cut from it.

    It is a reference: a data set knows of a model, it cannot call it. `dropped` tells what
    could not be read.
    """

    kind = "reference"
    network = True
    may_wait = True

    def __init__(self, feed: Feed | str) -> None:
        self.feed = Feed(feed) if isinstance(feed, str) else feed
        self.name = self.feed.name
        self.version: str | None = None
        self.dropped: list[Dropped] = []

    async def revalidate(self, token: str | None) -> None:
        """Ask whether the edition `token` is still current. Raises SourceFailed."""
        self.version = None
        self.version = await self.feed.ask(token)

    def supersedes(self, token: str | None) -> bool:
        """Whether this edition counts beside the stored one: an old mirror does not."""
        return not editions.is_older(self.version, token)

    async def discover(self) -> list[ModelSpec]:
        """Every model that the data set lists; SourceFailed when it cannot be had."""
        self.version, mapped = await self.feed.rows()
        self.dropped = mapped.losses(self.name)
        return listed_in(mapped.rows)
