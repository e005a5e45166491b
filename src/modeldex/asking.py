"""How sources and resolvers are asked, and what of their answers can stand."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from modeldex.claims import Dropped, Identity, claim, identity
from modeldex.errors import SourceFailed
from modeldex.fields import NAMES
from modeldex.parts import part_name
from modeldex.providers import canonical
from modeldex.refusals import retold
from modeldex.store import Key
from modeldex.values import ModelSpec

CONCURRENCY = 8

AskOne = Callable[[Callable[[ModelSpec], Awaitable[Any]], ModelSpec], Awaitable[Any]]
"""Asks one question; gives the answer, or an exception that says why there is none."""


class Listed(NamedTuple):
    """What a source sees: clean identities by key, what was dropped, and the source's note."""

    found: dict[Key, Identity]
    dropped: list[Dropped]
    note: str | None = None


class Opinions(NamedTuple):
    """What a resolver says: clean values by model, what was dropped, and the time of the facts.

    A model that could not be asked about is missing; one without an opinion has no values.
    """

    by_model: dict[Key, Mapping[str, Any]]
    dropped: list[Dropped]
    moment: str | None


def identities(specs: Iterable[object]) -> Listed:
    """Clean identities by key, provider aliases resolved, and what could not stand."""
    found: dict[Key, Identity] = {}
    dropped: list[Dropped] = []
    for spec in specs:
        clean, lost = identity(spec)
        dropped += lost
        if clean is not None:
            clean = clean._replace(provider=canonical(clean.provider))
            found.setdefault((clean.provider, clean.name), clean)
    return Listed(found, dropped)


def _is_list(answer: object) -> bool:
    return isinstance(answer, Sequence) and not isinstance(answer, str | bytes)


async def listed(source: Any) -> Listed:
    """The models a source sees. Raises SourceFailed for an answer that is no list of models."""
    specs = await source.discover()
    if not _is_list(specs):
        raise SourceFailed(part_name(source), "discover() gave no list of models")
    found, dropped, _ = identities(specs)
    if specs and not found:
        reason = f"none of its {len(specs)} answers is a model: {dropped[0].reason}"
        raise SourceFailed(part_name(source), reason)
    own = getattr(source, "dropped", None) or ()
    note = getattr(source, "note", None)
    return Listed(
        found,
        [*dropped, *(item for item in own if isinstance(item, Dropped))],
        note if isinstance(note, str) else None,
    )


def _moment(resolver: object) -> str | None:
    """The time of a resolver's facts, where it says one; a bare date is its first moment."""
    observed = getattr(resolver, "observed_at", None)
    if observed is None:
        return None
    told = datetime.fromisoformat(str(observed))
    utc = told.astimezone(UTC) if told.tzinfo else told.replace(tzinfo=UTC)
    return utc.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _fault(answer: object) -> str | None:
    """Why this is no answer; None where it is one, be it an empty one."""
    if isinstance(answer, Exception):
        named = f"{type(answer).__name__}: {answer}"
        return answer.reason if isinstance(answer, SourceFailed) else named
    if isinstance(answer, Mapping):
        speaks = not answer or any(name in answer for name in NAMES)
    else:
        speaks = answer is None or any(hasattr(answer, name) for name in NAMES)
    return None if speaks else f"expected capabilities, got {type(answer).__name__}"


async def said(resolver: Any, specs: Sequence[ModelSpec], ask_one: AskOne) -> Opinions:
    """What a resolver says of each model. Raises SourceFailed when no question was answered."""
    by_model: dict[Key, Mapping[str, Any]] = {}
    dropped: list[Dropped] = []
    answers = await _answers(resolver, specs, ask_one)
    for spec, answer in zip(specs, answers, strict=True):
        if fault := _fault(answer):
            dropped.append(Dropped(spec.id, "", fault))
            continue
        by_model[spec.provider, spec.name], lost = claim(spec.id, answer)
        dropped += lost
    if specs and not by_model:
        reason = f"every question failed, first {dropped[0].model}: {dropped[0].reason}"
        raise _as_the_first(answers[0], part_name(resolver), reason)
    try:
        moment = _moment(resolver)
    except (ValueError, OverflowError):
        dropped.append(Dropped("", "observed_at", "expected an ISO 8601 date or time"))
        moment = None
    return Opinions(by_model, dropped, moment)


def _as_the_first(answer: object, name: str, reason: str) -> SourceFailed:
    """What is said of many questions, of the kind of the first failure."""
    if isinstance(answer, Exception):
        return retold(answer, name, reason)
    return SourceFailed(name, reason)


async def _answers(resolver: Any, specs: Sequence[ModelSpec], ask_one: AskOne) -> Sequence[object]:
    """One answer per spec, in order, in one call where the resolver offers it."""
    if not specs:
        return []
    many = getattr(resolver, "resolve_many", None)
    if many is not None:
        given: Sequence[object] = await many(specs)
        if not _is_list(given):
            raise SourceFailed(part_name(resolver), "resolve_many() gave no list of answers")
        if len(given) != len(specs):
            raise SourceFailed(
                part_name(resolver), f"gave {len(given)} answers to {len(specs)} questions"
            )
        return given
    gate = asyncio.Semaphore(CONCURRENCY)

    async def ask(spec: ModelSpec) -> object:
        async with gate:
            return await ask_one(resolver.get_capabilities, spec)

    return await asyncio.gather(*map(ask, specs))
