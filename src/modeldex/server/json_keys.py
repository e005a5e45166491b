"""Finds a key that a JSON body gives twice, of which readers take one or the other."""

import json
from contextlib import suppress


def key_given_twice(body: bytes) -> str | None:
    """Return a key that an object of the body has twice; None for other JSON and for none."""
    twice = []

    def once(pairs: list[tuple[str, object]]) -> None:
        seen = set()
        for name, _ in pairs:
            if name in seen:
                twice.append(name)
            seen.add(name)

    with suppress(ValueError, RecursionError):
        json.loads(body, object_pairs_hook=once)
    return next(iter(twice), None)
