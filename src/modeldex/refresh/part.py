"""The protocol of sources and resolvers: read their optional attributes, with defaults.

A "part" is a source or a resolver.
"""

import sys
from collections.abc import Collection, Sequence
from hashlib import blake2b
from pathlib import Path
from typing import NamedTuple

from modeldex.errors import InvalidQuery
from modeldex.resolvers import CapabilityResolver
from modeldex.sources import ModelSource
from modeldex.storage.record_listing import Answer
from modeldex.storage.sightings import Kind
from modeldex.vocabulary.asked import Asked
from modeldex.vocabulary.normalize import clean_name
from modeldex.vocabulary.text import printable

CUSTOM_PRECEDENCE = 350
"""Precedence of a resolver that states none: above curated tables, below provider APIs."""

_MAX_NAME = 64
"""Characters of a name that the tables `sources` and `resolvers` accept."""

_MAX_TOKEN = 1_000
"""Characters of a version."""

_INTEGER_LIMIT = 2**63
"""First integer beyond the 64-bit range of SQLite and PostgreSQL."""


class Parts(NamedTuple):
    """Sources and resolvers; the source and resolver of one feed or listing share its response."""

    sources: list[ModelSource]
    resolvers: list[CapabilityResolver]


def part_name(part: object, default: str | None = None) -> str:
    """Return the part's name in the catalog; module and class if it has no valid one."""
    own = default or class_name(type(part))
    try:
        return clean_name(getattr(part, "name", None) or own, _MAX_NAME)
    except ValueError:
        return own


def class_name(kind: type) -> str:
    """Return a class's module and qualified name; two classes of one name are then two parts.

    The module of every script is `__main__`; its file is used instead: `main-1a2b3c.MySource`.
    """
    module = kind.__module__
    if module == "__main__":
        file = getattr(sys.modules["__main__"], "__file__", None)
        module = f"{Path(file).stem}-{_digest(str(Path(file).resolve()))}" if file else module
    name = f"{module}.{kind.__qualname__}"
    if len(name) > _MAX_NAME:
        name = f"{kind.__name__[: _MAX_NAME - 7]}-{_digest(name)}"
    return name


def _digest(text: str) -> str:
    return blake2b(text.encode("utf-8", "surrogateescape"), digest_size=3).hexdigest()


def token_of(part: object) -> str | None:
    """Return the version of the part's data; None if it has none or it cannot be read.

    A version that is not one printable line of text, and not a long one, counts as none.
    """
    try:
        token = getattr(part, "version", None)
    # The version of a file that is missing: calling the part reports that error.
    except OSError:
        return None
    text = "" if token is None else str(token)
    return text if token is not None and len(text) <= _MAX_TOKEN and printable(text) else None


def fault_of(part: object) -> str | None:
    """What the part could not read, although it returned the rest; None if nothing."""
    fault = getattr(part, "fault", None)
    return fault if isinstance(fault, str) and fault else None


def opens_sockets(part: object) -> bool:
    """Whether the part opens sockets and may therefore run in a refresh only."""
    return bool(getattr(part, "network", False))


def must_answer(source: object) -> bool:
    """Whether an answer from outside is expected: not at an address that nobody configured."""
    return opens_sockets(source) and not getattr(source, "optional", False)


def check_names(kind: str, parts: Sequence[object]) -> None:
    """Raise ValueError if two parts have one name: each would overwrite the other's rows.

    A shipped snapshot and the feed of the same data set may share a name, as they write
    versions of the same data.
    """
    names = [(part_name(part), opens_sockets(part)) for part in parts]
    for name, online in names:
        if names.count((name, online)) > 1:
            raise ValueError(f"two {kind} are named {name}: give each a different `name`")


def may_shrink(parts: Sequence[object]) -> set[str]:
    """Return the names of parts whose data may shrink by more than half.

    A name that a snapshot shares with a feed is left out, as a feed's data may not shrink.
    """
    names = {part_name(part) for part in parts if getattr(part, "may_shrink", False)}
    return names - {
        part_name(part)
        for part in parts
        if opens_sockets(part) and not getattr(part, "may_shrink", False)
    }


def precedence_of(part: object) -> int:
    """Return the precedence of a resolver that is new to a catalog."""
    wanted = getattr(part, "precedence", None)
    if isinstance(wanted, int) and -_INTEGER_LIMIT <= wanted < _INTEGER_LIMIT:
        return wanted
    return CUSTOM_PRECEDENCE


def supersedes(part: object, token: str | None) -> bool:
    """Whether a part's data should replace the stored data of version `token`."""
    method = getattr(part, "supersedes", None)
    return True if method is None else bool(method(token))


def source_of(resolver: object) -> str:
    """Return the name of the source whose data a resolver reads; default: its own name."""
    return str(getattr(resolver, "source", None) or part_name(resolver))


def may_join(resolver: object, sources: Collection[str]) -> bool:
    """Whether a resolver may run in a refresh of only these sources: it contacts no other host."""
    return not opens_sockets(resolver) or source_of(resolver) in sources


def check_known(argument: str, names: Collection[str], parts: Sequence[object]) -> None:
    """Raise InvalidQuery for a name that none of these parts has."""
    known = list(dict.fromkeys(map(part_name, parts)))
    for name in names:
        if name not in known:
            raise InvalidQuery(argument, name, f"unknown name; expected one of {', '.join(known)}")


def is_reference(source: object) -> bool:
    """Whether a source only states that models exist; models of a live one are callable here."""
    return getattr(source, "kind", "live") == "reference"


def asked_of(source: object) -> Asked | None:
    """With which key at which address a source asks, if that decides what is callable."""
    asked = getattr(source, "asked", None)
    return asked if isinstance(asked, Asked) else None


def answer_of(source: object) -> Answer | None:
    """Which listing a source has just read, if it has one for each key and address."""
    asked = asked_of(source)
    return Answer(asked, bool(getattr(source, "complete", True))) if asked else None


def kind_of(source: object) -> Kind:
    """What is stored of a source itself; `origin` only if it is one printable line of text."""
    origin = getattr(source, "origin", None)
    known = isinstance(origin, str) and printable(origin)
    word = "reference" if is_reference(source) else "live"
    return Kind(word, int(asked_of(source) is not None), origin if known else None)


def may_wait(part: object) -> bool:
    """Whether a part is skipped in the first, short refresh."""
    return bool(getattr(part, "may_wait", False))


def live_only(resolver: object) -> bool:
    """Whether a resolver is called only for models that a live source lists."""
    return bool(getattr(resolver, "live_only", False))
