"""Resolver: the effective values of another modeldex registry."""

from modeldex.resolvers.feed import FeedResolver
from modeldex.upstream.remote.registry import RegistryPart, RemoteRegistry, registry_at


class RemoteResolver(RegistryPart, FeedResolver):
    """The merged values of a registry's models, as the opinion of one resolver `remote:<name>`.

    Its precedence is above data sets, curated tables and provider APIs, below local
    measurements and the user's overrides. Shares the cached response with an MCPRegistrySource
    over the same RemoteRegistry. Raises ValueError for an invalid address.
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
