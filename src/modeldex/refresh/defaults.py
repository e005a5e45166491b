"""The default sources and resolvers of a registry, in order of precedence."""

import os
from collections.abc import Mapping

from modeldex.measurements import perf_lab_file
from modeldex.refresh.part import Parts
from modeldex.resolvers import CapabilityResolver
from modeldex.resolvers.feed import FeedResolver
from modeldex.resolvers.inferred import FROM_DATA_SETS, OVERRULING, PRECEDENCE, InferredResolver
from modeldex.resolvers.listing import ListingResolver
from modeldex.resolvers.ollama import OllamaCapabilityResolver, OllamaListResolver
from modeldex.resolvers.overrides import OverridesResolver
from modeldex.resolvers.snapshot import SnapshotResolver
from modeldex.resolvers.static import StaticCapabilityResolver
from modeldex.resolvers.tiers import TierResolver
from modeldex.sources import ModelSource
from modeldex.sources.env import EnvProviderSource
from modeldex.sources.feed import FeedSource
from modeldex.sources.listing import ListingSource
from modeldex.sources.ollama import OllamaSource
from modeldex.sources.overrides import OverridesSource
from modeldex.sources.snapshot import SnapshotSource
from modeldex.upstream.datasets import FEEDS, Feed
from modeldex.upstream.outside import feeds_are_on
from modeldex.upstream.provider_api import ProviderListing, configured
from modeldex.upstream.snapshots import LISTED, NAMES


def default_parts(environ: Mapping[str, str] | None = None) -> Parts:
    """The default parts for an environment (default: that of this process).

    Shipped data sets and their feeds, key variables, the listings of providers with a key or
    server address, GGUF files in the folders of MODELDEX_GGUF, Ollama, the registries in
    MODELDEX_REGISTRIES, the user's overrides, and chuk-llm's perf.json if it exists.
    Resolvers are in order of precedence, lowest first.
    """
    known = os.environ if environ is None else environ
    feeds = [Feed(name, known) for name in FEEDS] if feeds_are_on(known) else []
    listings = [ProviderListing(provider, known) for provider in configured(known)]
    files = _gguf(known)
    remote = _remote(known)
    ollama = OllamaSource(environ=environ)
    sources: list[ModelSource] = [
        *map(SnapshotSource, LISTED),
        *map(FeedSource, feeds),
        EnvProviderSource(environ=environ),
        *map(ListingSource, listings),
        *files.sources,
        ollama,
        *remote.sources,
        OverridesSource(),
        OverridesSource(own=True),
    ]
    resolvers: list[CapabilityResolver] = [
        *map(InferredResolver, PRECEDENCE),
        *map(SnapshotResolver, NAMES),
        *map(FeedResolver, feeds),
        *map(InferredResolver, FROM_DATA_SETS),
        StaticCapabilityResolver(),
        TierResolver(),
        *map(InferredResolver, OVERRULING),
        *map(ListingResolver, listings),
        *files.resolvers,
        OllamaListResolver(ollama.installed),
        OllamaCapabilityResolver(environ=environ, installed=ollama.installed),
        *remote.resolvers,
        *_measured(),
        OverridesResolver(),
    ]
    return Parts(sources, resolvers)


# The functions below import a part only if it is configured, which keeps start-up fast.
def _gguf(environ: Mapping[str, str]) -> Parts:
    if not environ.get("MODELDEX_GGUF", "").strip():
        return Parts([], [])
    from modeldex.resolvers.gguf import GgufResolver
    from modeldex.sources.gguf import GgufSource

    return Parts([GgufSource(environ=environ)], [GgufResolver(environ=environ)])


def _remote(environ: Mapping[str, str]) -> Parts:
    if not environ.get("MODELDEX_REGISTRIES", "").strip():
        return Parts([], [])
    from modeldex.resolvers.remote import RemoteResolver
    from modeldex.sources.remote import MCPRegistrySource
    from modeldex.upstream.remote.config import registries

    found = registries(environ)
    return Parts(
        [MCPRegistrySource(entry.registry, live=entry.live) for entry in found],
        [RemoteResolver(entry.registry) for entry in found],
    )


def _measured() -> list[CapabilityResolver]:
    path = perf_lab_file.default_path()
    if path is None:
        return []
    from modeldex.resolvers.perf_lab import PerfLabResolver

    return [PerfLabResolver(path)]


def default_sources(environ: Mapping[str, str] | None = None) -> list[ModelSource]:
    """The sources of `default_parts`."""
    return default_parts(environ).sources


def default_resolvers(environ: Mapping[str, str] | None = None) -> list[CapabilityResolver]:
    """The resolvers of `default_parts`, lowest precedence first."""
    return default_parts(environ).resolvers
