"""Sources and resolvers of other people, behind objects that hold plain values only.

What a part says of itself (name, precedence, kind ...) is read once, when it is taken in, and
copied: it cannot rename itself, or raise, in the middle of a refresh. Its methods run in its
Place, and what they return is copied there.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from itertools import islice
from typing import Any, Protocol

from modeldex.errors import SourceFailed
from modeldex.http.failures import NotConfigured
from modeldex.refresh.answers import ResolveOne, answers_of, is_list
from modeldex.refresh.isolation import Failure, Reported, contained
from modeldex.refresh.part import class_name, part_name, supersedes, token_of
from modeldex.refresh.plain_values import (
    MAX_MODELS,
    plain,
    plain_answer,
    plain_asked,
    plain_dropped,
    plain_line,
    plain_spec,
)
from modeldex.resolvers import CapabilityResolver
from modeldex.sources import ModelSource
from modeldex.vocabulary.values import ModelCapabilities, ModelSpec

PATIENCE = 2.0
"""Seconds for which a cancelled part may go on, such as to close its connections."""

_Copies = Mapping[str, Callable[[Any], object]]

_TRAITS: _Copies = {
    **dict.fromkeys(
        ("kind", "network", "optional", "may_wait", "may_shrink", "live_only", "precedence"), plain
    ),
    **dict.fromkeys(("source", "origin"), plain_line),
    "asked": plain_asked,
}  # fmt: skip
"""What is read once, when a part is taken in, and how it is copied."""

_RESULTS: _Copies = {
    **dict.fromkeys(("note", "fault"), plain_line),
    **dict.fromkeys(("complete", "observed_at"), plain),
    "dropped": plain_dropped,
}
"""What is read after each call, and how it is copied."""


class Place(Protocol):
    """Where the code of a part runs."""

    async def run(self, function: Callable[..., Awaitable[Any]], *args: Any) -> Any:
        """The result of a coroutine function. Raises Reported for whatever it raises."""


class CallersLoop:
    """The event loop of the caller, for the parts that he himself has made."""

    async def run(self, function: Callable[..., Awaitable[Any]], *args: Any) -> Any:
        """The result of a coroutine function, in a task of its own.

        When cancelled this returns after PATIENCE seconds at most, even if the task goes on.
        """
        task = asyncio.ensure_future(reported(function, *args))
        try:
            return answer_of(await asyncio.shield(task))
        except asyncio.CancelledError:
            task.cancel()
            await asyncio.wait([task], timeout=PATIENCE)
            raise


async def reported(
    function: Callable[..., Awaitable[Any]], *args: Any
) -> tuple[Any, Failure | None]:
    """The result of third-party code, or how it failed. Never raises, unless it is cancelled.

    So it is safe as a task, which with a SystemExit would end its event loop.
    """
    answer: Any = None
    with contained() as block:
        answer = await function(*args)
    return answer, block.failure


def answer_of(outcome: tuple[Any, Failure | None]) -> Any:
    """The result in what `reported` returned. Raises Reported if it failed."""
    answer, failure = outcome
    if failure is not None:
        raise Reported(failure)
    return answer


class Held:
    """Holds the object of a part, until its place lets go of it."""

    def __init__(self, part: Any) -> None:
        self.part = part


class ForeignPart:
    """The traits of a source or resolver, and of its last call, as plain values.

    Those that it lacks are absent here, too, but for its name. Making one runs foreign code.
    """

    name: str
    version: object = None
    catalog_id = ""

    def __init__(self, part: Any, place: Place, default: str | None = None) -> None:
        self.held = Held(part)
        self._place = place
        self._take(_copied(part, _TRAITS))
        self.name = str(plain(getattr(part, "name", None)) or default or "")
        self.name = part_name(self, class_name(type(part)))
        self._supersedes = True

    def _take(self, traits: Mapping[str, object]) -> None:
        vars(self).update(traits)

    async def revalidate(self, token: str | None) -> None:
        """Read the version of the part's data, after its own `revalidate`."""
        read = _version_read, self.held, token, self.catalog_id
        self.version, self._supersedes = await self._place.run(*read)

    def read_version(self) -> None:
        """Read the version of its data at once; it is unknown if that fails."""
        self.version = None
        with contained():
            self.version = _text(token_of(self.held.part))

    def supersedes(self, _token: str | None) -> bool:
        """What the part said of the token at `revalidate`."""
        return self._supersedes

    async def _call(self, function: Callable[..., Awaitable[Any]], *args: Any) -> Any:
        answer, results = await self._place.run(_called, function, self.held, *args)
        for name in _RESULTS.keys() & vars(self).keys():
            delattr(self, name)
        self._take(results)
        return answer


class ForeignSource(ForeignPart):
    """A source of other people."""

    async def discover(self) -> Sequence[Any]:
        """Copies of the specs that it lists. Raises SourceFailed for more than MAX_MODELS."""
        listed: Sequence[Any] = await self._call(_discovered, self.name)
        return listed


class ForeignResolver(ForeignPart):
    """A resolver of other people."""

    async def answers(
        self, specs: Sequence[ModelSpec], resolve_one: ResolveOne
    ) -> Sequence[object]:
        """Copies of its answers, one per spec, in order."""
        # Copies of the specs, too: they are those of all resolvers.
        own = [spec.model_copy() for spec in specs]
        given: Sequence[object] = await self._call(_answered, own, resolve_one)
        return given

    async def get_capabilities(self, spec: ModelSpec) -> Any:
        """The copy of its answer about one model."""
        return await self._call(_capabilities, spec)


class FailedPart:
    """Replaces a part that could not be taken in: each call raises the reason."""

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


def taken_sources(sources: Sequence[ModelSource]) -> list[ModelSource]:
    """The caller's sources, each but those of modeldex behind a ForeignSource."""
    return [_taken_in(ForeignSource, source) for source in sources]


def taken_resolvers(resolvers: Sequence[CapabilityResolver]) -> list[CapabilityResolver]:
    """The caller's resolvers, each but those of modeldex behind a ForeignResolver."""
    return [_taken_in(ForeignResolver, resolver) for resolver in resolvers]


def _taken_in(kind: type[ForeignPart], part: Any) -> Any:
    if str(type(part).__module__).startswith("modeldex."):
        return part
    with contained() as block:
        return kind(part, CallersLoop())
    reason = block.failure.error if block.failure else ""
    return FailedPart(class_name(type(part)), reason)


def _copied(part: Any, copies: _Copies) -> dict[str, object]:
    """The attributes of a part that it has, copied."""
    found = {}
    for name, copy in copies.items():
        with suppress(AttributeError):
            found[name] = copy(getattr(part, name))
    return found


def _text(token: str | None) -> str | None:
    return None if token is None else str(plain(token))


async def _version_read(held: Held, token: str | None, catalog_id: str) -> tuple[str | None, bool]:
    part = held.part
    if hasattr(part, "catalog_id"):
        part.catalog_id = catalog_id
    revalidate = getattr(part, "revalidate", None)
    if revalidate is not None:
        await revalidate(token)
    version = _text(token_of(part))
    older = token is not None and version != token and not supersedes(part, token)
    return version, not older


async def _called(
    function: Callable[..., Awaitable[Any]], held: Held, *args: Any
) -> tuple[Any, dict[str, object]]:
    answer = await function(held.part, *args)
    return answer, _copied(held.part, _RESULTS)


async def _discovered(source: Any, name: str) -> list[dict[str, object]]:
    specs = await source.discover()
    if not is_list(specs):
        raise SourceFailed(name, "discover() returned no list of models")
    listed = list(islice(iter(specs), MAX_MODELS + 1))
    if len(listed) > MAX_MODELS:
        raise SourceFailed(name, f"discover() returned more than {MAX_MODELS:,} models")
    return [plain_spec(spec) for spec in listed]


async def _answered(
    resolver: Any, specs: Sequence[ModelSpec], resolve_one: ResolveOne
) -> Sequence[object]:
    return await answers_of(resolver, specs, resolve_one, plain_answer)


async def _capabilities(resolver: Any, spec: ModelSpec) -> object:
    return plain_answer(await resolver.get_capabilities(spec))
