"""Source: the models that the current version of an open data set lists."""

from modeldex.sources.snapshot import listed_in
from modeldex.upstream import editions
from modeldex.upstream.datasets import Feed
from modeldex.vocabulary.normalize import Dropped
from modeldex.vocabulary.values import ModelSpec


class FeedSource:
    """The listed rows of one feed; it has the name of the snapshot made from the same data set.

    The kind is "reference", as a data set does not prove that a model can be called.
    `dropped` counts the rows and values that the last call of `discover` could not use.
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
        """Fetch the data set unless the stored version `token` is current. Raises SourceFailed."""
        self.version = None
        self.version = await self.feed.fetch(token)

    def supersedes(self, token: str | None) -> bool:
        """Whether this version is at least as recent as the stored one; an old mirror's is not."""
        return not editions.is_older(self.version, token)

    async def discover(self) -> list[ModelSpec]:
        """Return every model that the data set lists. Raises SourceFailed."""
        self.version, mapped = await self.feed.rows()
        self.dropped = mapped.losses(self.name)
        return listed_in(mapped.rows)
