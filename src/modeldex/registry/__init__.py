"""ModelRegistry, and each name that the registry of chuk-llm has, loaded when it is first used.

    from modeldex.registry import get_registry

All of them are names of `modeldex`, too: its table says where each one is.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from modeldex import (
        CapabilityResolver,
        EnvProviderSource,
        MCPRegistrySource,
        ModelCapabilities,
        ModelQuery,
        ModelRegistry,
        ModelSource,
        ModelSpec,
        ModelWithCapabilities,
        OllamaCapabilityResolver,
        OllamaSource,
        OpenAICapabilityResolver,
        PerfLabResolver,
        QualityTier,
        StaticCapabilityResolver,
        get_registry,
    )

__all__ = [
    "CapabilityResolver",
    "EnvProviderSource",
    "MCPRegistrySource",
    "ModelCapabilities",
    "ModelQuery",
    "ModelRegistry",
    "ModelSource",
    "ModelSpec",
    "ModelWithCapabilities",
    "OllamaCapabilityResolver",
    "OllamaSource",
    "OpenAICapabilityResolver",
    "PerfLabResolver",
    "QualityTier",
    "StaticCapabilityResolver",
    "get_registry",
]


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module 'modeldex.registry' has no attribute {name!r}")
    import modeldex

    return getattr(modeldex, name)


def __dir__() -> list[str]:
    return [*__all__]
