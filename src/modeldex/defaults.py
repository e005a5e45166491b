"""The sources and resolvers of a registry that was not given its own, in order."""

from collections.abc import Mapping

from modeldex.resolvers import CapabilityResolver
from modeldex.resolvers.inferred import InferredResolver
from modeldex.resolvers.ollama import OllamaCapabilityResolver
from modeldex.resolvers.overrides import OverridesResolver
from modeldex.resolvers.snapshot import SnapshotResolver
from modeldex.resolvers.static import StaticCapabilityResolver
from modeldex.resolvers.tiers import TierResolver
from modeldex.snapshots import NAMES
from modeldex.sources import ModelSource
from modeldex.sources.env import EnvProviderSource
from modeldex.sources.ollama import OllamaSource
from modeldex.sources.overrides import OverridesSource
from modeldex.sources.snapshot import SnapshotSource


def default_sources(environ: Mapping[str, str] | None = None) -> list[ModelSource]:
    """Shipped data sets, key variables, Ollama, the user's overrides."""
    return [
        *(SnapshotSource(name) for name in NAMES),
        EnvProviderSource(environ=environ),
        OllamaSource(environ=environ),
        OverridesSource(),
        OverridesSource(own=True),
    ]


def default_resolvers(environ: Mapping[str, str] | None = None) -> list[CapabilityResolver]:
    """Low to high: shipped data sets, curated tables, Ollama, the user's overrides."""
    return [
        InferredResolver(),
        *(SnapshotResolver(name) for name in NAMES),
        StaticCapabilityResolver(),
        TierResolver(),
        OllamaCapabilityResolver(environ=environ),
        OverridesResolver(),
    ]
