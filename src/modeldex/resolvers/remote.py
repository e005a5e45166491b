"""What another registry knows of its models."""

from modeldex.remote import OfRegistry, RemoteRegistry, registry_at
from modeldex.resolvers.feed import FeedResolver


class RemoteResolver(OfRegistry, FeedResolver):
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
        self.registry = registry_at(registry, token, name)
        super().__init__(self.registry)
