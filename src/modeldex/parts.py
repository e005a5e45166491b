"""What sources and resolvers say of themselves, read off any object that has it."""

from collections.abc import Sequence

from modeldex.claims import clean_name


def part_name(part: object) -> str:
    """The name of a source or resolver in the catalog."""
    return clean_name(getattr(part, "name", None) or type(part).__name__, 64)


def token_of(part: object) -> str | None:
    """The version of the data behind a source or resolver, where it has one and can be read."""
    try:
        token = getattr(part, "version", None)
    except OSError:
        return None
    return None if token is None else str(token)


def opens_sockets(part: object) -> bool:
    """Whether this part may run in a refresh only."""
    return bool(getattr(part, "network", False))


def check_names(kind: str, parts: Sequence[object]) -> None:
    """Refuse with ValueError two parts of one name: each would undo the other's work."""
    names = [part_name(part) for part in parts]
    for name in names:
        if names.count(name) > 1:
            raise ValueError(f"two {kind} are named {name}: give each a `name` of its own")
