"""Copies of what third-party code returns, of Python's own types only.

A subclass of str or int may override any method, and an object of any class may raise, block or
change when it is read. So each value is read once, where its code may run, and what the catalog
works with is the copy.
"""

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from enum import Enum
from itertools import islice
from typing import Any

from modeldex.errors import SourceFailed
from modeldex.refresh.isolation import described
from modeldex.vocabulary import redaction
from modeldex.vocabulary.asked import Asked
from modeldex.vocabulary.fields import FIELDS, MAX_ITEMS
from modeldex.vocabulary.normalize import Dropped, Identity
from modeldex.vocabulary.pages import KEY
from modeldex.vocabulary.values import ModelCapabilities

MAX_MODELS = 100_000
"""Models that one source may list."""

MAX_FIELDS = 256
"""Keys in one answer of a resolver."""

# What is longer has no valid value in it; so much is read that the reason shows that.
_MAX_TEXT = 100_000
_MAX_LINE = 1_000
_MAX_WORDS = 10 * MAX_ITEMS

_MISSING = object()
_UNSAID = frozenset(
    map(id, (_MISSING, *(field.default for field in ModelCapabilities.model_fields.values())))
)
"""The ids of the objects that state nothing; comparing values would call their code."""

_FIELDS = (*(field.name for field in FIELDS), KEY)
_ATOMS = frozenset({type(None), bool, int, float, Decimal})
_COPIES: tuple[tuple[type, Callable[[Any], object]], ...] = (
    (str, lambda value: str.__str__(value)[:_MAX_TEXT]),
    (int, int.__int__),
    (float, float.__float__),
    (Decimal, Decimal),
    (Enum, lambda value: _atom(value.value)),
)


def plain(value: Any) -> object:
    """The copy of one value: text, a number, None, or a list of these.

    A date becomes its text. Anything else becomes an object without behaviour whose class has the
    same name, which names it in the reason for which it is dropped.
    """
    copy = _atom(value)
    if copy is not _MISSING:
        return copy
    kind = type(value)
    if issubclass(kind, Iterable) and not issubclass(kind, Mapping | bytes | bytearray):
        words = islice(iter(value), _MAX_WORDS + 1)
        return [_stand_in(object) if (word := _atom(each)) is _MISSING else word for each in words]
    return _stand_in(kind)


def _atom(value: Any) -> object:
    kind = type(value)
    if kind in _ATOMS:
        return value
    for base, copy in _COPIES:
        if issubclass(kind, base):
            return copy(value)
    return _atom(value.isoformat()) if hasattr(kind, "isoformat") else _MISSING


def _stand_in(kind: type) -> object:
    return type(kind.__name__[:100], (), {})()


def _get(given: Any, name: str) -> object:
    return given.get(name) if issubclass(type(given), Mapping) else getattr(given, name, None)


def plain_spec(spec: object) -> dict[str, object]:
    """The copy of a ModelSpec, or of anything like it."""
    return {name: plain(_get(spec, name)) for name in Identity._fields}


def plain_answer(answer: Any) -> object:
    """The copy of a resolver's answer about one model: None, a mapping or a SourceFailed.

    More than MAX_FIELDS keys are no answer.
    """
    kind = type(answer)
    if answer is None:
        return None
    if issubclass(kind, Exception):
        return _plain_failure(answer)
    if issubclass(kind, Mapping):
        items = list(islice(answer.items(), MAX_FIELDS + 1))
        if len(items) > MAX_FIELDS:
            return SourceFailed("resolver", f"more than {MAX_FIELDS} fields")
        return {_key(key): plain(value) for key, value in items}
    stated = {name: getattr(answer, name, _MISSING) for name in _FIELDS}
    if all(value is _MISSING for value in stated.values()):
        return _stand_in(kind)
    return {name: plain(value) for name, value in stated.items() if id(value) not in _UNSAID}


def _key(key: object) -> object:
    copy = plain(key)
    return copy if isinstance(copy, str) else repr(copy)[:_MAX_TEXT]


def _plain_failure(raised: BaseException) -> SourceFailed:
    failure = described(raised)
    own = issubclass(type(raised), SourceFailed)
    reason = plain(getattr(raised, "reason", None)) if own else failure.error
    failed = SourceFailed("resolver", str(reason))
    failed.problem, failed.retry_at = failure.problem, failure.retry_at
    return failed


def plain_asked(asked: Any) -> Asked | None:
    """The copy of an Asked; None of anything else."""
    if not issubclass(type(asked), Asked):
        return None
    provider, address, variable, key, local = map(plain, tuple.__iter__(asked))
    if not isinstance(provider, str) or not isinstance(address, str):
        return None
    return Asked(
        provider, address,
        variable if isinstance(variable, str) else None,
        key if isinstance(key, str) else None,
        local is True,
    )  # fmt: skip


def plain_dropped(dropped: Any) -> list[Dropped]:
    """The copies of the values that a part itself has dropped."""
    items = islice(iter(dropped or ()), MAX_MODELS)
    texts = [map(plain, tuple.__iter__(item)) for item in items if issubclass(type(item), Dropped)]
    return [Dropped(*(str(text)[:_MAX_LINE] for text in three)) for three in texts]


def plain_line(value: Any) -> str | None:
    """The copy of a text on one line, without control characters; None of anything else."""
    copy = plain(value)
    return redaction.plain(copy)[:_MAX_LINE] if isinstance(copy, str) else None
