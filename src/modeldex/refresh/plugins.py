"""Load sources and resolvers of other packages by entry point, in a refresh only.

    [project.entry-points."modeldex.sources"]
    team = "team_models:TeamSource"

An entry point names a class or a function that returns the source or resolver when called
without arguments. An exception in one is a failed step, not a failed refresh.
"""

import asyncio
import os
import sys
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple

from modeldex.http.failures import NotConfigured
from modeldex.refresh.isolation import described
from modeldex.refresh.part import part_name
from modeldex.resolvers import CapabilityResolver
from modeldex.sources import ModelSource
from modeldex.vocabulary.redaction import plain, redact
from modeldex.vocabulary.user_folders import here
from modeldex.vocabulary.values import ModelCapabilities, ModelSpec

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

GROUPS: Mapping[str, tuple[str, Any]] = {
    "source": ("modeldex.sources", ModelSource),
    "resolver": ("modeldex.resolvers", CapabilityResolver),
}
"""Entry-point group and protocol by kind."""

# A refresh reads these outside its error boundary; reading them here, inside the boundary of
# the loader, shows whether a property raises.
_UNGUARDED = (
    "kind",
    "network",
    "optional",
    "may_shrink",
    "precedence",
    "source",
    "asked",
    "complete",
)

OFF = "switched off by MODELDEX_PLUGINS"


class Plugin(NamedTuple):
    """One entry point: its package, and the loaded part or the error.

    `name` is the part's name in the catalog; without a part, the entry point's name.
    """

    kind: str
    name: str
    package: str | None
    version: str | None
    part: Any = None
    error: str | None = None

    @property
    def is_off(self) -> bool:
        """Whether MODELDEX_PLUGINS excludes it, so that it was not loaded."""
        return self.error == OFF


class FailedPlugin:
    """Replaces a plug-in that could not be loaded: each call raises the load error."""

    network = True
    optional = True  # whether it would contact a host is not known

    def __init__(self, name: str, reason: str) -> None:
        self.name = name
        self.failure = NotConfigured(name, reason)

    async def revalidate(self, _token: str | None) -> None:
        """Raise SourceFailed."""
        raise self.failure

    async def discover(self) -> Sequence[ModelSpec]:
        """Raise SourceFailed."""
        raise self.failure

    async def get_capabilities(self, _spec: ModelSpec) -> ModelCapabilities:
        """Raise SourceFailed."""
        raise self.failure

    async def resolve_many(self, _specs: Sequence[ModelSpec]) -> Sequence[ModelCapabilities]:
        """Raise SourceFailed."""
        raise self.failure


def allowed(name: str, environ: Mapping[str, str]) -> bool:
    """Whether MODELDEX_PLUGINS, a list of names, includes it; unset: all, `0` or empty: none."""
    names = environ.get("MODELDEX_PLUGINS")
    return names is None or name in {word.strip() for word in names.split(",")} - {"", "0"}


async def find(kind: str, taken: Collection[str], environ: Mapping[str, str]) -> list[Plugin]:
    """Return all installed plug-ins of a kind, sorted by name, loaded unless switched off.

    A plug-in whose name is in `taken`, or that of an earlier one, gets an error.
    """
    from importlib.metadata import entry_points

    used = set(taken)
    found = []
    for entry in sorted(entry_points(group=GROUPS[kind][0]), key=lambda e: (e.name, e.value)):
        plugin = await _plugin(kind, entry, used, environ)
        if not plugin.is_off:
            used.add(plugin.name)
        found.append(plugin)
    return found


async def with_plugins(
    kind: str, own: Sequence[Any], environ: Mapping[str, str] | None
) -> list[Any]:
    """Return `own` parts, then those of plug-ins; a failed plug-in becomes a FailedPlugin."""
    variables = os.environ if environ is None else environ
    found = await find(kind, {part_name(part) for part in own}, variables)
    loaded: list[Any] = [
        FailedPlugin(p.name, p.error) if p.error else p.part for p in found if not p.is_off
    ]
    for part in loaded:
        with suppress(AttributeError):  # an object may refuse attributes that it has not declared
            part.origin = here(sys.prefix)
    return [*own, *loaded]


async def _plugin(
    kind: str, entry: "EntryPoint", used: Collection[str], environ: Mapping[str, str]
) -> Plugin:
    package, version = _origin(entry)
    if not allowed(entry.name, environ):
        return Plugin(kind, entry.name, package, version, error=OFF)
    # With return_exceptions, anything the plug-in raises comes back as a value.
    [got] = await asyncio.gather(_load_part(kind, entry, used), return_exceptions=True)
    if not isinstance(got, BaseException):
        name, part = got
        return Plugin(kind, name, package, version, part)
    name = plain(f"{entry.name} of {package}" if entry.name in used else entry.name)[:64]
    reason = redact(redact(described(got)), environ)
    return Plugin(kind, name, package, version, error=reason)


def _origin(entry: "EntryPoint") -> tuple[str | None, str | None]:
    """Return name and version of the package; None if its metadata cannot be read."""
    try:
        return (entry.dist.name, entry.dist.version) if entry.dist else (None, None)
    except (LookupError, TypeError, AttributeError, OSError):
        return None, None


async def _load_part(kind: str, entry: "EntryPoint", used: Collection[str]) -> tuple[str, object]:
    """Return the name and the part of an entry point. Raises anything its code raises."""
    try:
        part: Any = entry.load()()
    except SystemExit as end:
        raise ImportError(f"it exits the program with code {end.code}") from end
    if not isinstance(part, GROUPS[kind][1]):
        raise TypeError(f"expected a {kind}, got an object of type {type(part).__name__}")
    if not getattr(part, "name", None):
        part.name = entry.name
    for attribute in _UNGUARDED:
        getattr(part, attribute, None)
    name = part_name(part)
    if name in used:
        raise ValueError(f"another {kind} is already named {name}")
    return name, part
