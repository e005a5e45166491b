"""Asks a resolver about models: all at once where it can, else one by one."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from itertools import islice
from typing import Any

from modeldex.errors import SourceFailed
from modeldex.refresh.part import part_name
from modeldex.vocabulary.values import ModelSpec

CONCURRENCY = 8

ResolveOne = Callable[[Callable[[ModelSpec], Awaitable[Any]], ModelSpec], Awaitable[Any]]
"""Calls a resolver for one model. Returns its capabilities, or an exception with the reason."""


def is_list(answer: object) -> bool:
    """Whether an answer is a list of results: any sequence but a text."""
    return issubclass(type(answer), Sequence) and not issubclass(type(answer), str | bytes)


async def answers_of(
    resolver: Any,
    specs: Sequence[ModelSpec],
    resolve_one: ResolveOne,
    taken: Callable[[object], object] = lambda answer: answer,
) -> Sequence[object]:
    """One answer per spec, in order: by `resolve_many` if the resolver has it, else one by one.

    `taken` makes of each answer what is returned of it.
    """
    if not specs:
        return []
    many = getattr(resolver, "resolve_many", None)
    if many is not None:
        answers = _one_each(part_name(resolver), await many(specs), len(specs))
        return list(map(taken, answers))
    semaphore = asyncio.Semaphore(CONCURRENCY)

    async def ask(spec: ModelSpec) -> object:
        async with semaphore:
            return await resolve_one(resolver.get_capabilities, spec)

    return list(map(taken, await asyncio.gather(*map(ask, specs))))


def _one_each(name: str, given: Any, wanted: int) -> Sequence[object]:
    """As many answers as were wanted. Raises SourceFailed for more or fewer, or no list."""
    if not is_list(given):
        raise SourceFailed(name, "resolve_many() returned no list")
    answers = list(islice(iter(given), wanted + 1))
    if len(answers) != wanted:
        raise SourceFailed(name, f"resolve_many() returned {len(given)} items for {wanted} models")
    return answers
