"""Answers with places changed, and what the catalog would refuse of what is read from them."""

import copy
import random
from collections.abc import Iterator, Sequence
from typing import Any

from modeldex.vocabulary.fields import NAMES
from modeldex.vocabulary.normalize import identity, normalize_answer

JUNK: tuple[Any, ...] = (
    None, True, False, 0, 1, -1, 2**63, 10**40, -0.5, 1e308, "", "x", "-1", "9e999", "NaN",
    "\x00\x1b[31m", "\u202etxt", "\ud800", "a" * 5000, "2026-13-99", [], {}, [None], [[]],
    ["a b", 5], {"a": {"b": []}}, [{}, {}, {}], {"next": "http://[x"}, {"year": -1},
)  # fmt: skip


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every container in a JSON value with each of its keys."""
    keys = value if isinstance(value, dict) else range(len(value) if isinstance(value, list) else 0)
    for key in list(keys):
        yield value, key
        yield from places(value[key])


def damaged(payload: Any, chance: random.Random, junk: Sequence[Any] = JUNK) -> Any:
    """A copy with up to five places changed, removed, doubled or emptied."""
    whole = [copy.deepcopy(payload)]
    for _ in range(chance.randint(1, 5)):
        container, key = chance.choice(list(places(whole)))
        how = chance.choice(["junk", "junk", "remove", "double", "empty"])
        if how == "double" and isinstance(container, list):
            container.append(copy.deepcopy(container[key]))
        elif how == "remove" and container is not whole:
            del container[key]
        elif how == "empty" and isinstance(container[key], dict | list):
            container[key] = type(container[key])()
        else:
            container[key] = copy.deepcopy(chance.choice(junk))
    return whole[0]


def faults(rows: list[dict[str, object]], provider: str | None) -> list[object]:
    """What the catalog would refuse of some rows, and what in them says nothing."""
    found: list[object] = []
    for row in rows:
        who, lost = identity(row)
        facts = {field: row[field] for field in NAMES if field in row}
        found += [*lost, *normalize_answer("m", facts).dropped]
        blank = [field for field, value in row.items() if value is None or value == []]
        if who is None or provider not in (None, who.provider) or blank:
            found.append(row)
    return found
