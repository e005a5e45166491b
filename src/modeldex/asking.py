"""What sources and resolvers answered, cleaned; and how a resolver is asked."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any

from modeldex import errors
from modeldex.claims import Dropped, Identity, claim, identity
from modeldex.parts import part_name
from modeldex.providers import canonical
from modeldex.redact import redact
from modeldex.store import Key
from modeldex.values import ModelSpec

CONCURRENCY = 8

Answers = tuple[dict[Key, Mapping[str, Any]], list[Dropped]]

AskOne = Callable[[Awaitable[Any]], Awaitable[tuple[Any, str | None]]]
"""Waits for one answer; gives it, or the reason why there is none."""


def identities(specs: Iterable[object]) -> tuple[dict[Key, Identity], list[Dropped]]:
    """Clean identities by key, provider aliases resolved, and what could not stand."""
    found: dict[Key, Identity] = {}
    dropped: list[Dropped] = []
    for spec in specs:
        clean, lost = identity(spec)
        dropped += lost
        if clean is not None:
            clean = clean._replace(provider=canonical(clean.provider))
            found.setdefault((clean.provider, clean.name), clean)
    return found, dropped


def moment_of(resolver: object) -> str | None:
    """The time of a resolver's facts, where it says one; a bare date is its first moment."""
    observed = getattr(resolver, "observed_at", None)
    if observed is None:
        return None
    return str(observed) if "T" in str(observed) else f"{observed}T00:00:00.000Z"


def claims(asked: Sequence[ModelSpec], given: Sequence[object]) -> Answers:
    """The clean opinions by model, and what was dropped; a failed question leaves none."""
    kept: dict[Key, Mapping[str, Any]] = {}
    dropped: list[Dropped] = []
    for spec, answer in zip(asked, given, strict=True):
        if isinstance(answer, Exception):
            dropped.append(Dropped(spec.id, "", redact(str(answer))))
            continue
        kept[spec.provider, spec.name], lost = claim(spec.id, answer)
        dropped += lost
    return kept, dropped


async def answers(resolver: Any, specs: Sequence[ModelSpec], ask_one: AskOne) -> Sequence[object]:
    """One answer per spec, in order, in one call where the resolver offers it."""
    if not specs:
        return []
    many = getattr(resolver, "resolve_many", None)
    if many is not None:
        given: Sequence[object] = await many(specs)
        if len(given) != len(specs):
            raise errors.SourceFailed(
                part_name(resolver), f"gave {len(given)} answers to {len(specs)} questions"
            )
        return given
    gate = asyncio.Semaphore(CONCURRENCY)

    async def ask(spec: ModelSpec) -> object:
        async with gate:
            answer, error = await ask_one(resolver.get_capabilities(spec))
        return errors.SourceFailed(spec.id, error) if error else answer

    each = await asyncio.gather(*map(ask, specs))
    if all(isinstance(answer, errors.SourceFailed) for answer in each):
        raise errors.SourceFailed(part_name(resolver), f"every question failed, first {each[0]}")
    return each
