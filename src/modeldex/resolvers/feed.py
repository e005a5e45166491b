"""Resolver: the facts of the current version of an open data set."""

from collections.abc import Mapping, Sequence

from modeldex.resolvers.snapshot import by_name, row_values
from modeldex.upstream import editions
from modeldex.upstream.datasets import Feed
from modeldex.upstream.formats.rows import facts_of
from modeldex.vocabulary.values import ModelCapabilities, ModelSpec


class FeedResolver:
    """The rows of one feed; it has the name of the snapshot made from the same data set.

    Shares the cached download with a FeedSource over the same Feed. Matches models as
    SnapshotResolver does.
    """

    network = True
    may_wait = True

    def __init__(self, feed: Feed | str) -> None:
        self.feed = Feed(feed) if isinstance(feed, str) else feed
        self.name = self.feed.name
        self.version: str | None = None

    @property
    def observed_at(self) -> str | None:
        """Date of the facts, YYYY-MM-DD; None before the first download."""
        edition = editions.parse(self.version)
        return edition.day if edition else None

    async def revalidate(self, token: str | None) -> None:
        """Fetch the data set unless the stored version `token` is current. Raises SourceFailed."""
        self.version = None
        self.version = await self.feed.cached_or_fetch(token)

    def supersedes(self, token: str | None) -> bool:
        """Whether this version is at least as recent as the stored one; an old mirror's is not."""
        return not editions.is_older(self.version, token)

    async def get_capabilities(self, spec: ModelSpec) -> ModelCapabilities:
        """Return the facts of the model's row; empty without a row."""
        [facts] = await self.resolve_many([spec])
        return ModelCapabilities.model_validate(facts_of(facts or {}))

    async def resolve_many(self, specs: Sequence[ModelSpec]) -> list[Mapping[str, object] | None]:
        """Return one mapping of field values per spec, in order; None without a row."""
        self.version, mapped = await self.feed.rows()
        rows = by_name(mapped.rows)
        return [row_values(rows, spec) for spec in specs]
