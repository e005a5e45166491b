"""What another registry knows of its models."""

from modeldex.remote import RemoteRegistry
from modeldex.resolvers.feed import FeedResolver


class RemoteResolver(FeedResolver):
    """What a registry's own merge says of each model, as one opinion, `remote:<name>`.

    It counts for more than data sets, the curated table and listings of providers, and for less
    than what was measured here and the user's overrides. Shares its answer with an
    MCPRegistrySource over the same RemoteRegistry. Raises ValueError for what is no address.
    """

    may_wait = False
    precedence = 420

    def __init__(
        self,
        registry: str | RemoteRegistry,
        *,
        token: str | None = None,
        name: str | None = None,
    ) -> None:
        self.registry = (
            RemoteRegistry(registry, token=token, name=name)
            if isinstance(registry, str)
            else registry
        )
        super().__init__(self.registry)

    @property
    def catalog_id(self) -> str:
        """The catalog that asks."""
        return self.registry.catalog_id

    @catalog_id.setter
    def catalog_id(self, given: str) -> None:
        """Say which catalog asks."""
        self.registry.catalog_id = given
