"""Source: the models of another modeldex registry."""

from modeldex.sources.feed import FeedSource
from modeldex.upstream.remote.registry import RegistryPart, RemoteRegistry, registry_at


class MCPRegistrySource(RegistryPart, FeedSource):
    """Lists a registry's models from `GET {registry_url}/models`, else from its MCP tools.

    The kind is "reference", or "live" with `live`: then its models count as callable from
    here. The bearer token is `token`, else MODELDEX_REGISTRY_TOKEN. The source is named
    `remote:<name>`, by default after the host. Models that originate in this catalog are
    ignored. `dropped` counts unusable rows and values. Pass a RemoteRegistry to share its cached
    response with a RemoteResolver. Raises ValueError for an invalid address.
    """

    may_wait = False

    def __init__(
        self,
        registry_url: str | RemoteRegistry,
        *,
        token: str | None = None,
        name: str | None = None,
        live: bool = False,
    ) -> None:
        self.registry = registry_at(registry_url, token, name)
        self.kind = "live" if live else "reference"
        super().__init__(self.registry)

    @property
    def note(self) -> str | None:
        """The catalogs that relayed the models of the last response, as text."""
        return self.registry.note
