"""Load sources and resolvers of other packages by entry point, in a refresh only.

    [project.entry-points."modeldex.sources"]
    team = "team_models:TeamSource"

An entry point names a class or a function that returns the source or resolver when called
without arguments. The code of each package runs in a thread of its own
(`modeldex.refresh.plugin_thread`): whatever it does is a failed step, not a failed refresh.
"""

import asyncio
import sys
from collections.abc import AsyncIterator, Collection, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

from modeldex.refresh.foreign_part import FailedPart, ForeignPart, ForeignResolver, ForeignSource
from modeldex.refresh.isolation import Deadline, run_isolated
from modeldex.resolvers import CapabilityResolver
from modeldex.sources import ModelSource
from modeldex.vocabulary.redaction import plain, redact
from modeldex.vocabulary.user_folders import here

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

    from modeldex.refresh.plugin_thread import PluginThread

    _Entry = tuple[str, EntryPoint]

GROUPS: Mapping[str, tuple[str, Any, type[ForeignPart]]] = {
    "source": ("modeldex.sources", ModelSource, ForeignSource),
    "resolver": ("modeldex.resolvers", CapabilityResolver, ForeignResolver),
}
"""Entry-point group, protocol, and the class behind which a part is taken in, by kind."""

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


def allowed(name: str, environ: Mapping[str, str]) -> bool:
    """Whether MODELDEX_PLUGINS, a list of names, includes it; unset: all, `0` or empty: none."""
    names = environ.get("MODELDEX_PLUGINS")
    return names is None or name in {word.strip() for word in names.split(",")} - {"", "0"}


@asynccontextmanager
async def loaded(
    taken: Mapping[str, Collection[str]], environ: Mapping[str, str], seconds: float
) -> AsyncIterator[list[Plugin]]:
    """All installed plug-ins of the kinds of `taken`, sorted by name, until the block ends.

    They are loaded side by side unless switched off, within `seconds`. A plug-in whose name is
    in `taken` of its kind, or that of an earlier one, has an error.
    """
    entries = [(kind, entry) for kind in taken for entry in _entry_points(kind)]
    threads: dict[str, PluginThread] = {}
    deadline = Deadline.after(seconds)
    try:
        found = await asyncio.gather(
            *(_loaded(kind, entry, threads, deadline, environ) for kind, entry in entries)
        )
        yield list(_named_apart(entries, found, taken))
    finally:
        await asyncio.gather(*(thread.end() for thread in threads.values()))


def parts_of(kind: str, plugins: Iterable[Plugin]) -> list[Any]:
    """The parts of plug-ins of a kind; in place of one that failed, one that tells the reason."""
    return [
        FailedPart(plugin.name, plugin.error) if plugin.error else plugin.part
        for plugin in plugins
        if plugin.kind == kind and not plugin.is_off
    ]


def _entry_points(kind: str) -> list["EntryPoint"]:
    from importlib.metadata import entry_points

    found = entry_points(group=GROUPS[kind][0])
    return sorted(found, key=lambda entry: (entry.name, entry.value))


def _origin(entry: "EntryPoint") -> tuple[str | None, str | None]:
    """Return name and version of the package; None if its metadata cannot be read."""
    try:
        return (entry.dist.name, entry.dist.version) if entry.dist else (None, None)
    except (LookupError, TypeError, AttributeError, OSError):
        return None, None


async def _loaded(
    kind: str,
    entry: "EntryPoint",
    threads: dict[str, "PluginThread"],
    deadline: Deadline,
    environ: Mapping[str, str],
) -> Plugin:
    package, version = _origin(entry)
    plugin = Plugin(kind, entry.name, package, version)
    if not allowed(entry.name, environ):
        return plugin._replace(error=OFF)
    load = run_isolated(deadline, _load, threads, package or entry.value, kind, entry)
    part, error, *_ = await load
    if error is not None:
        return plugin._replace(name=_short(entry.name), error=redact(redact(error), environ))
    part.origin = here(sys.prefix)
    return plugin._replace(name=part.name, part=part)


async def _load(
    threads: dict[str, "PluginThread"], package: str, kind: str, entry: "EntryPoint"
) -> ForeignPart:
    """The part of an entry point. Raises Reported for anything its code raises."""
    from modeldex.refresh.plugin_thread import thread_of

    if package not in threads:
        threads[package] = thread_of(package)
    part: ForeignPart = await threads[package].run(_made, threads[package], kind, entry)
    return part


async def _made(thread: "PluginThread", kind: str, entry: "EntryPoint") -> ForeignPart:
    """Make the part of an entry point, in its thread. Raises anything its code raises."""
    try:
        part: Any = entry.load()()
    except SystemExit as end:
        raise ImportError(f"it exits the program with code {end.code}") from end
    _, protocol, behind = GROUPS[kind]
    if not isinstance(part, protocol):
        raise TypeError(f"expected a {kind}, got an object of type {type(part).__name__}")
    taken_in: ForeignPart = behind(part, thread, entry.name)
    thread.hold(taken_in.held)
    return taken_in


def _named_apart(
    entries: Iterable["_Entry"], plugins: Iterable[Plugin], taken: Mapping[str, Collection[str]]
) -> Iterator[Plugin]:
    """The plug-ins, each under a name of its own; one whose part has a taken name has failed."""
    used = {kind: {*names, *_reserved(kind)} for kind, names in taken.items()}
    for (kind, entry), found in zip(entries, plugins, strict=True):
        plugin, names = found, used[kind]
        if plugin.part is not None and plugin.name in names:
            error = f"ValueError: another {kind} is already named {plugin.name}"
            plugin = plugin._replace(name=_short(entry.name), part=None, error=error)
        if not plugin.is_off and plugin.name in names:
            plugin = plugin._replace(name=_short(f"{entry.name} of {plugin.package}"))
        if not plugin.is_off:
            names.add(plugin.name)
        yield plugin


def _reserved(kind: str) -> Collection[str]:
    """Names with a precedence of their own, whether or not a part of modeldex bears them now."""
    from modeldex.storage.schema.first_rows import DEFAULT_PRECEDENCE  # imports SQLAlchemy

    return dict(DEFAULT_PRECEDENCE) if kind == "resolver" else ()


def _short(name: str) -> str:
    return plain(name)[:64]
