"""What an open data set says of a model, as of today."""

from collections.abc import Mapping, Sequence

from modeldex import editions
from modeldex.feeds import Feed
from modeldex.resolvers.snapshot import by_name, known_of
from modeldex.values import ModelCapabilities, ModelSpec


class FeedResolver:
    """The rows of one feed, under the name of the snapshot that was cut from it.

    Shares its answer with a FeedSource over the same Feed. Models are found as by
    SnapshotResolver.
    """

    network = True
    may_wait = True

    def __init__(self, feed: Feed | str) -> None:
        self.feed = Feed(feed) if isinstance(feed, str) else feed
        self.name = self.feed.name
        self.version: str | None = None

    @property
    def observed_at(self) -> str | None:
        """The day of the facts, once they were asked for."""
        edition = editions.read(self.version)
        return edition.day if edition else None

    async def revalidate(self, token: str | None) -> None:
        """Ask whether the edition `token` is still current. Raises SourceFailed."""
        self.version = None
        self.version = await self.feed.latest(token)

    def supersedes(self, token: str | None) -> bool:
        """Whether this edition counts beside the stored one: an old mirror does not."""
        return not editions.is_older(self.version, token)

    async def get_capabilities(self, spec: ModelSpec) -> ModelCapabilities:
        """What the data set knows of the model; an empty value where it knows nothing."""
        [facts] = await self.resolve_many([spec])
        return ModelCapabilities.model_validate(facts or {})

    async def resolve_many(self, specs: Sequence[ModelSpec]) -> list[Mapping[str, object] | None]:
        """The facts about each model by field, in order; None where there are none."""
        self.version, mapped = await self.feed.rows()
        rows = by_name(mapped.rows)
        return [known_of(rows, spec) for spec in specs]
