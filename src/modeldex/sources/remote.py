"""The models that another registry knows."""

from modeldex.remote import OfRegistry, RemoteRegistry, registry_at
from modeldex.sources.feed import FeedSource


class MCPRegistrySource(OfRegistry, FeedSource):
    """What a registry lists, by `GET {registry_url}/models`, or by MCP where it speaks only that.

    A reference: what a team knows of is not what can be called from here; with `live` it is.
    The token is `token`, else MODELDEX_REGISTRY_TOKEN. Its name is `remote:` and `name`, by
    default the host. What came from this catalog in the first place is not taken. `dropped`
    tells what could not be read. Give a RemoteRegistry to share its answer with a
    RemoteResolver. Raises ValueError for what is no address.
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
        """By whom the models of the last answer came."""
        return self.registry.note
