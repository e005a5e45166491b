"""modeldex: a persistent catalog of language models, with the origin of every fact.

    from modeldex import get_registry

    registry = await get_registry()
    model = await registry.find_best(requires_tools=True, min_context=128_000)

Importing is cheap: the module of each name is imported when the name is first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from modeldex.version import __version__ as __version__

if TYPE_CHECKING:
    from modeldex.errors import (
        AmbiguousName,
        CatalogDamaged,
        CatalogError,
        CatalogFull,
        CatalogLocked,
        CatalogReadOnly,
        CatalogTooNew,
        InvalidMeasurements,
        InvalidOverrides,
        InvalidProviders,
        InvalidQuery,
        InvalidStatement,
        ModeldexError,
        ModelNotFound,
        NoHome,
        NoIdFor,
        NoMatch,
        NotACatalog,
        NotInstalled,
        SourceFailed,
        StatementStopped,
    )
    from modeldex.history.changes import CatalogChange
    from modeldex.history.expiring import Expiring
    from modeldex.history.timeline import Spell
    from modeldex.measurements.record import RecordReport
    from modeldex.measurements.sample import Measurement, RefusedSample
    from modeldex.query.explain_choice import Choice
    from modeldex.query.explain_model import Explanation
    from modeldex.query.explain_query import QueryExplanation
    from modeldex.refresh.report import RefreshReport, StepReport
    from modeldex.registry.ask import ask
    from modeldex.registry.registry import ModelRegistry
    from modeldex.registry.shared import get_registry, shared_registry
    from modeldex.resolvers import CapabilityResolver
    from modeldex.resolvers.feed import FeedResolver
    from modeldex.resolvers.gguf import GgufResolver
    from modeldex.resolvers.listing import ListingResolver, OpenAICapabilityResolver
    from modeldex.resolvers.ollama import OllamaCapabilityResolver
    from modeldex.resolvers.overrides import OverridesResolver
    from modeldex.resolvers.perf_lab import PerfLabResolver
    from modeldex.resolvers.remote import RemoteResolver
    from modeldex.resolvers.snapshot import SnapshotResolver
    from modeldex.resolvers.static import StaticCapabilityResolver
    from modeldex.resolvers.tiers import TierResolver
    from modeldex.sources import ModelSource
    from modeldex.sources.env import EnvProviderSource
    from modeldex.sources.feed import FeedSource
    from modeldex.sources.gguf import GgufSource
    from modeldex.sources.listing import ListingSource
    from modeldex.sources.ollama import OllamaSource
    from modeldex.sources.overrides import OverridesSource
    from modeldex.sources.remote import MCPRegistrySource
    from modeldex.sources.snapshot import SnapshotSource
    from modeldex.upstream.import_benchmarks import BenchmarkReport
    from modeldex.upstream.remote.registry import RemoteRegistry
    from modeldex.vocabulary.capability_fields import QualityTier
    from modeldex.vocabulary.model_query import ModelQuery
    from modeldex.vocabulary.values import (
        ModelCapabilities,
        ModelSpec,
        ModelWithCapabilities,
    )
    from modeldex.vocabulary.workloads import Charge, Cost, Workload


# Imported by __getattr__ on first use, so that `import modeldex` loads no dependency.
_HOMES = {
    "errors": (
        "AmbiguousName", "CatalogDamaged", "CatalogError", "CatalogFull", "CatalogLocked",
        "CatalogReadOnly", "CatalogTooNew", "InvalidMeasurements", "InvalidOverrides",
        "InvalidProviders", "InvalidQuery", "InvalidStatement", "ModelNotFound", "ModeldexError",
        "NoHome", "NoIdFor", "NoMatch",
        "NotACatalog", "NotInstalled", "SourceFailed", "StatementStopped",
    ),
    "history.changes": ("CatalogChange",),
    "registry.ask": ("ask",),
    "history.expiring": ("Expiring",),
    "history.timeline": ("Spell",),
    "measurements.record": ("RecordReport",),
    "query.explain_choice": ("Choice",),
    "query.explain_model": ("Explanation",),
    "query.explain_query": ("QueryExplanation",),
    "registry.registry": ("ModelRegistry",),
    "registry.shared": ("get_registry", "shared_registry"),
    "refresh.report": ("RefreshReport", "StepReport"),
    "resolvers": ("CapabilityResolver",),
    "resolvers.ollama": ("OllamaCapabilityResolver",),
    "resolvers.overrides": ("OverridesResolver",),
    "resolvers.perf_lab": ("PerfLabResolver",),
    "resolvers.snapshot": ("SnapshotResolver",),
    "resolvers.static": ("StaticCapabilityResolver",),
    "resolvers.tiers": ("TierResolver",),
    "measurements.sample": ("Measurement", "RefusedSample"),
    "sources": ("ModelSource",),
    "sources.env": ("EnvProviderSource",),
    "sources.ollama": ("OllamaSource",),
    "sources.overrides": ("OverridesSource",),
    "sources.snapshot": ("SnapshotSource",),
    "resolvers.feed": ("FeedResolver",),
    "resolvers.gguf": ("GgufResolver",),
    "resolvers.listing": ("ListingResolver", "OpenAICapabilityResolver"),
    "upstream.import_benchmarks": ("BenchmarkReport",),
    "upstream.remote.registry": ("RemoteRegistry",),
    "resolvers.remote": ("RemoteResolver",),
    "sources.feed": ("FeedSource",),
    "sources.gguf": ("GgufSource",),
    "sources.listing": ("ListingSource",),
    "sources.remote": ("MCPRegistrySource",),
    "vocabulary.model_query": ("ModelQuery",),
    "vocabulary.capability_fields": ("QualityTier",),
    "vocabulary.values": ("ModelCapabilities", "ModelSpec", "ModelWithCapabilities"),
    "vocabulary.workloads": ("Charge", "Cost", "Workload"),
}  # fmt: skip
_HOME = {name: f"modeldex.{module}" for module, names in _HOMES.items() for name in names}

__all__ = [
    "AmbiguousName",
    "BenchmarkReport",
    "CapabilityResolver",
    "CatalogChange",
    "CatalogDamaged",
    "CatalogError",
    "CatalogFull",
    "CatalogLocked",
    "CatalogReadOnly",
    "CatalogTooNew",
    "Charge",
    "Choice",
    "Cost",
    "EnvProviderSource",
    "Expiring",
    "Explanation",
    "FeedResolver",
    "FeedSource",
    "GgufResolver",
    "GgufSource",
    "InvalidMeasurements",
    "InvalidOverrides",
    "InvalidProviders",
    "InvalidQuery",
    "InvalidStatement",
    "ListingResolver",
    "ListingSource",
    "MCPRegistrySource",
    "Measurement",
    "ModelCapabilities",
    "ModelNotFound",
    "ModelQuery",
    "ModelRegistry",
    "ModelSource",
    "ModelSpec",
    "ModelWithCapabilities",
    "ModeldexError",
    "NoHome",
    "NoIdFor",
    "NoMatch",
    "NotACatalog",
    "NotInstalled",
    "OllamaCapabilityResolver",
    "OllamaSource",
    "OpenAICapabilityResolver",
    "OverridesResolver",
    "OverridesSource",
    "PerfLabResolver",
    "QualityTier",
    "QueryExplanation",
    "RecordReport",
    "RefreshReport",
    "RefusedSample",
    "RemoteRegistry",
    "RemoteResolver",
    "SnapshotResolver",
    "SnapshotSource",
    "SourceFailed",
    "Spell",
    "StatementStopped",
    "StaticCapabilityResolver",
    "StepReport",
    "TierResolver",
    "Workload",
    "ask",
    "get_registry",
    "shared_registry",
]


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module 'modeldex' has no attribute {name!r}")
    return getattr(import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
