"""What sources and resolvers say of themselves, read off any object that has it."""

from collections.abc import Collection, Sequence

from modeldex.claims import clean_name
from modeldex.errors import InvalidQuery
from modeldex.fields import printable

CUSTOM_PRECEDENCE = 350
"""Above the curated tables, below provider APIs."""

_BEYOND = 2**63
"""No database stores such an integer."""


def part_name(part: object) -> str:
    """The name of a source or resolver in the catalog; its class's where it has no usable one."""
    own = type(part).__name__[:64]
    try:
        return clean_name(getattr(part, "name", None) or own, 64)
    except ValueError:
        return own


def token_of(part: object) -> str | None:
    """The version of the data behind a source or resolver, where it has one that can be read.

    What is no line of text that can be printed is none.
    """
    try:
        token = getattr(part, "version", None)
    except OSError:
        return None
    return str(token) if token is not None and printable(str(token)) else None


def opens_sockets(part: object) -> bool:
    """Whether this part may run in a refresh only."""
    return bool(getattr(part, "network", False))


def check_names(kind: str, parts: Sequence[object]) -> None:
    """Refuse with ValueError two parts of one name: each would undo the other's work.

    What is shipped and the feed that it was cut from share a name: the newer of them counts.
    """
    names = [(part_name(part), opens_sockets(part)) for part in parts]
    for name, online in names:
        if names.count((name, online)) > 1:
            raise ValueError(f"two {kind} are named {name}: give each a `name` of its own")


def may_shrink(parts: Sequence[object]) -> set[str]:
    """The names under which a much shorter answer than before is nothing to doubt.

    Shipped data may shrink, the feed that shares its name may not.
    """
    names = {part_name(part) for part in parts if getattr(part, "may_shrink", False)}
    return names - {
        part_name(part)
        for part in parts
        if opens_sockets(part) and not getattr(part, "may_shrink", False)
    }


def precedence_of(part: object) -> int:
    """The place a resolver asks for when it is new to a catalog."""
    wanted = getattr(part, "precedence", None)
    if isinstance(wanted, int) and -_BEYOND <= wanted < _BEYOND:
        return wanted
    return CUSTOM_PRECEDENCE


def supersedes(part: object, token: str | None) -> bool:
    """Whether a part's data should replace what was stored under `token`."""
    judge = getattr(part, "supersedes", None)
    return True if judge is None else bool(judge(token))


def source_of(resolver: object) -> str:
    """The name of the source whose answer a resolver reads: its own name where it says none."""
    return str(getattr(resolver, "source", None) or part_name(resolver))


def may_join(resolver: object, sources: Collection[str]) -> bool:
    """Whether a resolver runs where only these sources are asked: it asks no other host."""
    return not opens_sockets(resolver) or source_of(resolver) in sources


def check_known(argument: str, names: Collection[str], parts: Sequence[object]) -> None:
    """Refuse with InvalidQuery a name that none of these parts has."""
    known = list(dict.fromkeys(map(part_name, parts)))
    for name in names:
        if name not in known:
            raise InvalidQuery(argument, name, f"no such name; there are {', '.join(known)}")


def is_reference(source: object) -> bool:
    """Whether a source only says that models exist; a live one says they can be called here."""
    return getattr(source, "kind", "live") == "reference"


def may_wait(part: object) -> bool:
    """Whether a part is left out of the first, short refresh."""
    return bool(getattr(part, "may_wait", False))


def live_only(resolver: object) -> bool:
    """Whether a resolver is to be asked only about models that a live source sees."""
    return bool(getattr(resolver, "live_only", False))
